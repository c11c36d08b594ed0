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

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::ctx::Ctx;
use crate::kernels::{Arch, Kernel, KernelSpec};

pub mod doctor;
mod program;
mod toolchain;

pub use program::Program;
pub use toolchain::Toolchain;

/// libclang, for bindgen.
#[derive(Debug, Clone)]
pub struct Libclang {
    /// The directory for `LIBCLANG_PATH`; it holds `libclang.so`.
    pub dir: PathBuf,
    /// Directories for `LD_LIBRARY_PATH` of the process that loads it; empty when the library
    /// finds its dependencies by itself.
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
    let _ = (ctx, spec);
    bail!("setup::kernel is not there yet")
}

/// The `library` directory of the rust-src that belongs to the rustc in use.
///
/// # Errors
///
/// As [`kernel`].
pub fn rust_src(ctx: &Ctx) -> Result<PathBuf> {
    let _ = ctx;
    bail!("setup::rust_src is not there yet")
}

/// A libclang that this process can load.
///
/// # Errors
///
/// As [`kernel`].
pub fn libclang(ctx: &Ctx) -> Result<Libclang> {
    let _ = ctx;
    bail!("setup::libclang is not there yet")
}

/// `qemu-system-x86_64`, which runs 32-bit guests too.
///
/// # Errors
///
/// As [`kernel`].
pub fn qemu(ctx: &Ctx) -> Result<Program> {
    let _ = ctx;
    bail!("setup::qemu is not there yet")
}

/// `depmod` and `modinfo`.
///
/// # Errors
///
/// As [`kernel`].
pub fn kmod(ctx: &Ctx) -> Result<Kmod> {
    let _ = ctx;
    bail!("setup::kmod is not there yet")
}

/// `mke2fs` and its family.
///
/// # Errors
///
/// As [`kernel`].
pub fn e2fs(ctx: &Ctx) -> Result<E2fs> {
    let _ = ctx;
    bail!("setup::e2fs is not there yet")
}

/// The tools that run inside a guest.
///
/// # Errors
///
/// As [`kernel`].
pub fn guest_tools(ctx: &Ctx, arch: Arch) -> Result<GuestTools> {
    let _ = (ctx, arch);
    bail!("setup::guest_tools is not there yet")
}

/// How to run the C side of the build for this kernel.
///
/// # Errors
///
/// As [`kernel`]; or no way into a private toolchain is open to this user.
pub fn toolchain(ctx: &Ctx, kernel: &Kernel) -> Result<Toolchain> {
    toolchain::choose(ctx, kernel)
}

/// Everything for these kernels: what `xtask setup` does.
///
/// # Errors
///
/// As [`kernel`].
pub fn all(ctx: &Ctx, kernels: &[&KernelSpec]) -> Result<()> {
    rust_src(ctx)?;
    libclang(ctx)?;
    kmod(ctx)?;
    e2fs(ctx)?;
    for spec in kernels {
        let kernel = kernel(ctx, spec)?;
        toolchain(ctx, &kernel)?;
        guest_tools(ctx, spec.arch)?;
    }
    qemu(ctx)?;
    Ok(())
}

/// Resolves every set anew and writes `packages.lock`: what `xtask setup --update-lock` does.
///
/// # Errors
///
/// As [`kernel`]; or the lock file cannot be written.
pub fn update_lock(ctx: &Ctx, kernels: &[&KernelSpec]) -> Result<()> {
    let _ = (ctx, kernels);
    bail!("setup::update_lock is not there yet")
}
