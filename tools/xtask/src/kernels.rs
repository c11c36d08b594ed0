// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The kernels that Ferrite is built for and tested on. A new one is one entry in [`KERNELS`].

use std::path::PathBuf;

use anyhow::{Result, bail};

/// The machine that a kernel runs on, by the kernel's own name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86.
    I386,
}

impl Arch {
    /// Debian's name.
    #[must_use]
    pub fn debian(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::I386 => "i386",
        }
    }
}

/// A Debian release with its updates and backports: one apt resolution never mixes two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Release {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
}

/// A stock kernel, as a person names it.
#[derive(Debug, Clone, Copy)]
pub struct KernelSpec {
    /// The name used on the command line: `debian-6.12-amd64`.
    pub id: &'static str,
    /// The machine it runs on.
    pub arch: Arch,
    /// The Debian release (with updates, security and backports) that ships it.
    pub release: Release,
    /// The upstream series, which a new point release may not leave: `6.12.`.
    pub series: &'static str,
    /// The flavour, the last part of the package names: `amd64`, `686-pae`.
    pub flavour: &'static str,
}

/// Every kernel, the default one first.
pub const KERNELS: &[KernelSpec] = &[
    KernelSpec {
        id: "debian-6.12-amd64",
        arch: Arch::X86_64,
        release: Release::Bookworm,
        series: "6.12.",
        flavour: "amd64",
    },
    KernelSpec {
        id: "debian-6.1-i386",
        arch: Arch::I386,
        release: Release::Bookworm,
        series: "6.1.",
        flavour: "686-pae",
    },
    KernelSpec {
        id: "debian-6.1-amd64",
        arch: Arch::X86_64,
        release: Release::Bookworm,
        series: "6.1.",
        flavour: "amd64",
    },
    KernelSpec {
        id: "debian-7.3-amd64",
        arch: Arch::X86_64,
        release: Release::Trixie,
        series: "7.3.",
        flavour: "amd64",
    },
];

/// Finds a kernel by its id.
///
/// # Errors
///
/// There is none of that name; the message lists those that there are.
pub fn find(id: &str) -> Result<&'static KernelSpec> {
    match KERNELS.iter().find(|k| k.id == id) {
        Some(kernel) => Ok(kernel),
        None => {
            let known: Vec<_> = KERNELS.iter().map(|k| k.id).collect();
            bail!(
                "there is no kernel '{id}'; the known ones are: {}",
                known.join(", ")
            )
        }
    }
}

/// A stock kernel that lies unpacked in the cache, ready to be built against and booted.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// Which one it is.
    pub spec: KernelSpec,
    /// What `uname -r` says in it: `6.12.95+deb12-amd64`.
    pub release: String,
    /// Debian's version of the image package.
    pub version: String,
    /// The bootable image.
    pub image: PathBuf,
    /// The directory that holds `lib/modules/<release>` with the kernel's own modules and the
    /// `modules.dep` that depmod made.
    pub modules_root: PathBuf,
    /// What `make -C` takes: the unpacked headers, with absolute paths adjusted.
    pub kdir: PathBuf,
    /// The kernel's `.config`.
    pub config: PathBuf,
}
