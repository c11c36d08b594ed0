// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! One kernel to build for, and the build as a whole.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::cargo::Flavour;
use super::config::KConfig;
use super::kernel_cc::KernelCc;
use super::trace::Trace;
use super::{bindings, cargo, flags, kbuild, probes, sysroot};
use crate::ctx::Ctx;
use crate::docs;
use crate::kernels::{Arch, Kernel};
use crate::setup::{self, Toolchain};

/// A kernel to build for: a stock one from the cache, or the one whose build directory was named.
#[derive(Debug, Clone)]
pub struct Target {
    /// Names the directory of everything that is built for it.
    pub id: String,
    /// The machine it runs on.
    pub arch: Arch,
    /// The prepared build directory, as `make -C` takes it.
    pub kdir: PathBuf,
    /// `uname -r`.
    pub release: String,
    /// Its configuration.
    pub config: KConfig,
    /// Where its compiler and make come from.
    pub toolchain: Toolchain,
}

impl Target {
    /// A stock kernel.
    ///
    /// # Errors
    ///
    /// Its headers are incomplete, or no toolchain fits it.
    pub fn stock(ctx: &Ctx, kernel: &Kernel) -> Result<Self> {
        Ok(Self {
            id: kernel.spec.id.to_owned(),
            arch: kernel.spec.arch,
            kdir: kernel.kdir.clone(),
            release: kernel.release.clone(),
            config: KConfig::read(&kernel.config)?,
            toolchain: setup::toolchain(ctx, kernel)?,
        })
    }

    /// The kernel whose build directory is `kdir`, compiled by the host's own toolchain.
    ///
    /// # Errors
    ///
    /// The directory is not a prepared build directory, or its architecture is not one of ours.
    pub fn kdir(kdir: &Path) -> Result<Self> {
        let kdir = kdir.canonicalize().with_context(|| {
            format!(
                "{} is not there; install the headers of that kernel (linux-headers-…)",
                kdir.display()
            )
        })?;
        let config = KConfig::read(&kdir.join("include/config/auto.conf"))?;
        let arch = if config.yes("X86_64") {
            Arch::X86_64
        } else if config.yes("X86_32") {
            Arch::I386
        } else {
            bail!(
                "{} is not an x86 kernel; Ferrite builds for x86_64 and 32-bit x86",
                kdir.display()
            )
        };
        // What vermagic is made of; distributions override what include/config/kernel.release says.
        let header = kdir.join("include/generated/utsrelease.h");
        let text = std::fs::read_to_string(&header).with_context(|| {
            format!("cannot read {}; run `make prepare` there", header.display())
        })?;
        let release = text
            .split('"')
            .nth(1)
            .context("utsrelease.h names no release")?
            .to_owned();
        Ok(Self {
            id: format!("kdir-{release}"),
            arch,
            kdir,
            release,
            config,
            toolchain: Toolchain::host(),
        })
    }

    /// `make` in the kernel's build directory, for an external module in `dir`.
    #[must_use]
    pub fn make(&self, dir: &Path) -> Command {
        let mut command = self.toolchain.command("make", &self.kdir);
        // A kernel's build above us exports all it knows, and a user may have variables that Kbuild
        // takes for its own.
        for (name, _) in std::env::vars_os() {
            if !kept(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        command
            .arg("-C")
            .arg(&self.kdir)
            .arg(format!("M={}", dir.display()));
        command.arg(match self.arch {
            Arch::X86_64 => "ARCH=x86_64",
            Arch::I386 => "ARCH=i386",
        });
        // BTF is made from debug information, which our modules do not carry, by a pahole that the
        // host need not have.
        command.arg("CONFIG_DEBUG_INFO_BTF_MODULES=");
        command
    }

    /// Where everything built for this kernel lies.
    #[must_use]
    pub fn dir(&self, ctx: &Ctx) -> PathBuf {
        ctx.out.join("kernels").join(&self.id)
    }
}

/// Whether a variable of the environment means the same inside a kernel's build as outside.
fn kept(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "HOME",
        "PATH",
        "USER",
        "LOGNAME",
        "SHELL",
        "TERM",
        "LANG",
        "LANGUAGE",
        "TMPDIR",
        "SOURCE_DATE_EPOCH",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
    ];
    const PREFIXES: &[&str] = &["LC_", "FERRITE_", "CCACHE_", "DEBIAN_KERNEL_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A loadable module of this tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The package that cargo builds.
    pub package: String,
    /// The module's name: `<name>.ko`.
    pub name: String,
    /// Whether only the regression suite wants it.
    pub test_only: bool,
    /// The most panic sites it may have: a figure that may only fall.
    pub panic_sites: Option<u64>,
    /// The crates whose tests it runs when it is loaded; none if it is a module to be used.
    pub ktest: Vec<String>,
    /// The directory of its package, below the top of the tree.
    pub dir: String,
    /// The static library that cargo makes of it.
    pub library: String,
    /// C files that only this module is linked with, below the top of the tree.
    pub c: Vec<String>,
    /// The C side of its trace events.
    pub trace: Option<Trace>,
}

/// What a build made.
#[derive(Debug, Clone)]
pub struct Built {
    /// Each module and its `.ko`.
    pub modules: Vec<(Module, PathBuf)>,
    /// The directory that Kbuild worked in, for `modules_install`.
    pub kbuild: PathBuf,
}

/// What is prepared for one kernel before any of our code is compiled.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The probes' answers.
    pub answers: probes::Answers,
    /// The generated bindings.
    pub bindings: PathBuf,
    /// rustc's flags, without the sysroot.
    pub rust_flags: Vec<String>,
    /// `core` for those flags.
    pub sysroot: sysroot::Sysroot,
    /// The examples of the documentation, as tests.
    pub examples: PathBuf,
}

/// The compiler of this kernel's modules, and the probes' answers.
///
/// # Errors
///
/// The kernel's build directory does not work, or the table of probes is wrong.
pub fn ask(ctx: &Ctx, target: &Target) -> Result<(KernelCc, probes::Answers)> {
    let generated = target.dir(ctx).join("generated");
    std::fs::create_dir_all(&generated)
        .with_context(|| format!("cannot create {}", generated.display()))?;
    let cc = KernelCc::ask(target, &target.dir(ctx).join("cc"))?;
    let answers = probes::ask(&ctx.root, target, &cc, &generated)?;
    Ok((cc, answers))
}

/// Probes, bindings, `core` and examples: what any compilation for this kernel needs.
///
/// # Errors
///
/// A tool is missing or a step failed; the message says which.
pub fn prepare(ctx: &Ctx, target: &Target) -> Result<Prepared> {
    // `core` is the same for all kernels of an architecture, and so are the examples.
    let _alone = ctx.exclusive(&ctx.out, "makes what all kernels need")?;
    let (cc, answers) = ask(ctx, target)?;
    let libclang = setup::libclang(ctx)?;
    let bindings = bindings::make(
        &ctx.root,
        target,
        &cc,
        &answers.header,
        &libclang.dir,
        &target.dir(ctx).join("generated"),
    )?;
    let rust_flags = flags::for_kernel(&ctx.root, target.arch, &target.config)?;
    let sysroot = sysroot::make(ctx, &setup::rust_src(ctx)?, target.arch, &rust_flags)?;
    let examples = ctx.out.join("examples.rs");
    docs::examples::write(&ctx.root, &examples)?;
    Ok(Prepared {
        answers,
        bindings,
        rust_flags,
        sysroot,
        examples,
    })
}

/// Builds the given modules for one kernel.
///
/// # Errors
///
/// A step failed; the message says which, with what the tools printed.
pub fn build(ctx: &Ctx, target: &Target, flavour: Flavour, modules: &[Module]) -> Result<Built> {
    let start = Instant::now();
    // Two of the kernel's builds in one directory take each other's objects away.
    let _alone = ctx.exclusive(&target.dir(ctx), "builds for this kernel")?;
    let prepared = prepare(ctx, target)?;
    let step = ctx.ui.step(format!(
        "building {} modules for {}",
        modules.len(),
        target.id
    ));
    let libraries = cargo::build(ctx, target, &prepared, flavour, modules)?;
    let built = kbuild::run(ctx, target, &prepared, flavour, modules, &libraries)?;
    step.finish_and_clear();
    ctx.ui.line(format!(
        "built {} modules for {} in {:.1} s",
        modules.len(),
        target.id,
        start.elapsed().as_secs_f64()
    ));
    Ok(built)
}

/// Builds only the Rust libraries, for a Kbuild run that is under way, and puts into `output` what
/// that needs: the libraries, the probes' answers, `modules.mk`, and this program for the link.
///
/// # Errors
///
/// As [`build`].
pub fn rust_only(ctx: &Ctx, target: &Target, modules: &[Module], output: &Path) -> Result<()> {
    let _alone = ctx.exclusive(&target.dir(ctx), "builds for this kernel")?;
    let prepared = prepare(ctx, target)?;
    let libraries = cargo::build(ctx, target, &prepared, Flavour::Plain, modules)?;
    kbuild::place(&prepared, Flavour::Plain, modules, &libraries, output)?;
    let program = output.join("xtask");
    let this = std::env::current_exe()?;
    if std::fs::read_link(&program).ok().as_ref() != Some(&this) {
        let _ = std::fs::remove_file(&program);
        std::os::unix::fs::symlink(&this, &program)
            .with_context(|| format!("cannot write {}", program.display()))?;
    }
    Ok(())
}
