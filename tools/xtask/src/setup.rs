// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Fetches stock kernels and tools into the cache. Nothing is installed on the host.
//!
//! Everything comes from the Debian archive, through apt itself in a private directory: apt checks
//! signatures and hashes and resolves dependencies, and we keep no opinion of our own about either.
//! What is wanted together is a *set*: one kernel, QEMU, libclang. A set is pinned in
//! `packages.lock`, unpacked without maintainer scripts into the cache, and carries a stamp, so
//! that a second run reads one small file and is done.
//!
//! Each function here fetches only what it returns: a build never waits for QEMU.
//!
//! The environment can say otherwise than the host's configuration and `packages.lock`:
//!
//! | variable | meaning |
//! |---|---|
//! | `FERRITE_CACHE` | the cache directory |
//! | `FERRITE_DEBIAN_MIRROR` | base address of a Debian mirror |
//! | `FERRITE_DEBIAN_SECURITY_MIRROR` | the same of Debian's security archive |
//! | `FERRITE_DEBIAN_KEYRING` | keyring file of the Debian archive |
//! | `FERRITE_PACKAGES_LOCK` | another lock file |
//! | `FERRITE_TOOLCHAIN` | `host` or `private`: which C toolchain, whatever fits |
//! | `FERRITE_PRIVATE_TOOLS` | when set, kmod and e2fsprogs are not the host's |

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::ctx::Ctx;
use crate::kernels::{Arch, KERNELS, Kernel, KernelSpec};
use store::{Policy, Store};

mod apt;
mod clang;
pub mod doctor;
mod elf;
mod guest;
mod kernel;
mod lock;
mod program;
mod qemu;
mod rust_src;
mod sources;
mod store;
mod toolchain;
mod tools;
mod unpack;
mod vendor;

pub use program::Program;
pub use toolchain::Toolchain;

/// libclang, for bindgen.
#[derive(Debug, Clone)]
pub struct Libclang {
    /// The directory for `LIBCLANG_PATH`; it holds `libclang.so`.
    pub dir: PathBuf,
    /// Where its dependencies are, for the `LD_LIBRARY_PATH` of *another* process that loads it.
    /// This process has loaded them when [`libclang`] returns.
    pub lib_dirs: Vec<PathBuf>,
}

/// The programs that handle kernel modules.
#[derive(Debug, Clone)]
pub struct Kmod {
    /// `depmod`.
    pub depmod: Program,
    /// `modinfo`.
    pub modinfo: Program,
}

/// The programs that handle ext4 images.
#[derive(Debug, Clone)]
pub struct E2fs {
    /// `mke2fs`.
    pub mke2fs: Program,
    /// `debugfs`.
    pub debugfs: Program,
    /// `e2fsck`.
    pub e2fsck: Program,
}

/// What a guest needs beside its kernel and our modules.
#[derive(Debug, Clone)]
pub struct GuestTools {
    /// A read-only ext4 image with the tools and the libraries that they need, laid out as a
    /// root file system: programs in `/usr/bin` and `/usr/sbin`, libraries where the loader looks.
    pub disk: PathBuf,
    /// A static busybox, for the initramfs.
    pub busybox: PathBuf,
    /// Where the dynamic loader has to be in the guest for the programs on the disk to start, and
    /// where it is on the disk: `/lib64/ld-linux-x86-64.so.2`.
    pub loader: PathBuf,
}

/// One kernel: image, modules, headers and kbuild of one version, unpacked in the cache.
///
/// # Errors
///
/// It is not in the cache and cannot be fetched or unpacked; the message says what to do.
pub fn kernel(ctx: &Ctx, spec: &KernelSpec) -> Result<Kernel> {
    kernel::get(&Store::open(ctx, Policy::Pinned)?, spec)
}

/// The `library` directory of the rust-src that belongs to the rustc in use.
///
/// # Errors
///
/// As [`kernel()`]; the message then holds the command that installs it another way.
pub fn rust_src(ctx: &Ctx) -> Result<PathBuf> {
    rust_src::get(&Store::open(ctx, Policy::Pinned)?)
}

/// A libclang that this process can load.
///
/// # Errors
///
/// As [`kernel()`].
pub fn libclang(ctx: &Ctx) -> Result<Libclang> {
    clang::get(&Store::open(ctx, Policy::Pinned)?)
}

/// `qemu-system-x86_64`, which runs 32-bit guests too.
///
/// # Errors
///
/// As [`kernel()`].
pub fn qemu(ctx: &Ctx) -> Result<Program> {
    qemu::get(&Store::open(ctx, Policy::Pinned)?)
}

/// `depmod` and `modinfo`.
///
/// # Errors
///
/// As [`kernel()`].
pub fn kmod(ctx: &Ctx) -> Result<Kmod> {
    tools::kmod(&Store::open(ctx, Policy::Pinned)?)
}

/// `mke2fs` and its family.
///
/// # Errors
///
/// As [`kernel()`].
pub fn e2fs(ctx: &Ctx) -> Result<E2fs> {
    tools::e2fs(&Store::open(ctx, Policy::Pinned)?)
}

/// The tools that run inside a guest.
///
/// # Errors
///
/// As [`kernel()`].
pub fn guest_tools(ctx: &Ctx, arch: Arch) -> Result<GuestTools> {
    guest::get(&Store::open(ctx, Policy::Pinned)?, arch)
}

/// How to run the C side of the build for this kernel.
///
/// # Errors
///
/// As [`kernel()`]; or no way into a private toolchain is open to this user.
pub fn toolchain(ctx: &Ctx, kernel: &Kernel) -> Result<Toolchain> {
    toolchain::choose(ctx, &Store::open(ctx, Policy::Pinned)?, kernel)
}

/// The variable that tells tests where NVIDIA's own firmware is.
pub const FIRMWARE_VAR: &str = "NOVA_FIRMWARE";

/// The directory with NVIDIA's own firmware: what `xtask setup --vendor-firmware` fetches, and nothing else does.
/// With `renew`, the newest package, which is pinned in the lock file.
///
/// # Errors
///
/// As [`kernel()`]; or the lock file cannot be written.
pub fn vendor_firmware(ctx: &Ctx, renew: bool) -> Result<PathBuf> {
    if !renew {
        return vendor::get(&Store::open(ctx, Policy::Pinned)?);
    }
    let store = Store::open(ctx, Policy::NewestOf([vendor::SET.to_owned()].into()))?;
    let directory = vendor::get(&store)?;
    store.save_lock()?;
    Ok(directory)
}

/// The same, if it was fetched before.
#[must_use]
pub fn vendor_firmware_in_cache(ctx: &Ctx) -> Option<PathBuf> {
    vendor::in_cache(&Store::open(ctx, Policy::Pinned).ok()?)
}

/// Everything for these kernels: what `xtask setup` does.
///
/// # Errors
///
/// As [`kernel()`].
pub fn all(ctx: &Ctx, kernels: &[&KernelSpec]) -> Result<()> {
    each(&Store::open(ctx, Policy::Pinned)?, kernels)?;
    for spec in kernels {
        toolchain(ctx, &kernel(ctx, spec)?)?;
    }
    Ok(())
}

/// Resolves sets anew and writes `packages.lock`: what `xtask setup --update-lock` does. Given some
/// kernels, it renews those alone, and pins what else they need and the file does not have yet.
///
/// # Errors
///
/// As [`kernel()`]; or the lock file cannot be written.
pub fn update_lock(ctx: &Ctx, kernels: &[&KernelSpec]) -> Result<()> {
    let policy = if kernels.is_empty() {
        Policy::Newest
    } else {
        Policy::NewestOf(kernels.iter().map(|spec| spec.id.to_owned()).collect())
    };
    let all: Vec<_> = KERNELS.iter().collect();
    let kernels = if kernels.is_empty() { &all } else { kernels };
    let store = Store::open(ctx, policy)?;
    each(&store, kernels)?;
    // What this host may not need, and another host will.
    tools::pahole(&store)?;
    for spec in kernels {
        let config = std::fs::read_to_string(kernel::get(&store, spec)?.config)?;
        if let Some(major) = toolchain::gcc_major(&config) {
            toolchain::root::fetch(&store, major)?;
        }
    }
    store.save_lock()
}

fn each(store: &Store<'_>, kernels: &[&KernelSpec]) -> Result<()> {
    rust_src::get(store)?;
    clang::get(store)?;
    tools::kmod(store)?;
    tools::e2fs(store)?;
    for spec in kernels {
        kernel::get(store, spec)?;
    }
    for arch in [Arch::X86_64, Arch::I386] {
        if kernels.iter().any(|spec| spec.arch == arch) {
            guest::get(store, arch)?;
        }
    }
    qemu::get(store)?;
    Ok(())
}

/// The SHA-256 of a file, in hexadecimal.
fn sha256(path: &Path) -> Result<String> {
    let mut file =
        std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&block[..read]);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
