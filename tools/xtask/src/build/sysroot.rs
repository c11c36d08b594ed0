// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `core` and `compiler_builtins`, built with the kernel's flags.
//!
//! rustc itself builds them, from the rust-src of the same version: no registry, no unstable part
//! of cargo. Kernels whose flags agree share one sysroot.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::flags;
use super::stamp::{Inputs, Stamp};
use crate::ctx::Ctx;
use crate::kernels::Arch;
use crate::run;

/// A sysroot that holds `core` and nothing else.
#[derive(Debug, Clone)]
pub struct Sysroot {
    /// What `--sysroot` takes.
    pub path: PathBuf,
}

/// Makes the sysroot for these flags, if it is not there yet.
///
/// # Errors
///
/// The compiler fails on `core`, or the directory cannot be written.
pub fn make(ctx: &Ctx, rust_src: &Path, arch: Arch, rust_flags: &[String]) -> Result<Sysroot> {
    let version = run::output(flags::rustc().arg("-vV"))?;
    let inputs = || {
        let mut inputs = Inputs::new().value(&version).value(flags::triple_dir(arch));
        for flag in rust_flags
            .iter()
            .map(String::as_str)
            .chain(CORE_FLAGS.iter().copied())
            .chain(BUILTINS_CFGS.iter().copied())
        {
            inputs = inputs.value(flag);
        }
        inputs
    };
    let path = ctx.out.join("sysroots").join(inputs().digest());
    let libs = path
        .join("lib/rustlib")
        .join(flags::triple_dir(arch))
        .join("lib");
    let core = libs.join("libcore.rlib");
    let builtins = libs.join("libcompiler_builtins.rlib");
    let stamp = Stamp::new(&path, "sysroot", inputs());
    if stamp.is_fresh(&[&core, &builtins]) {
        return Ok(Sysroot { path });
    }
    std::fs::create_dir_all(&libs).with_context(|| format!("cannot create {}", libs.display()))?;
    let step = ctx
        .ui
        .step(format!("building core for {}", flags::triple_dir(arch)));
    let compile = |name: &str, source: &str| -> Command {
        let triple = flags::triple(&ctx.root, arch);
        let mut command = flags::rustc();
        command.args(["--crate-type=rlib", "--edition=2024", "--crate-name", name]);
        command
            .arg(rust_src.join(source))
            .args(["--target", &triple])
            .args(flags::json_spec(&triple));
        command
            .args(rust_flags)
            .args(CORE_FLAGS)
            .arg("--out-dir")
            .arg(&libs);
        command
    };
    // Not with the cfg `no_fp_fmt_parse`: zerocopy's types for floats implement `Display`. What
    // nobody calls is not linked.
    run::quiet(&mut compile("core", "core/src/lib.rs")).context("building core failed")?;
    let mut command = compile(
        "compiler_builtins",
        "compiler-builtins/compiler-builtins/src/lib.rs",
    );
    for cfg in BUILTINS_CFGS {
        command.args(["--cfg", cfg]);
    }
    run::quiet(
        command
            .arg("--extern")
            .arg(format!("core={}", core.display())),
    )
    .context("building compiler_builtins failed")?;
    step.finish_and_clear();
    stamp.set()?;
    Ok(Sysroot { path })
}

/// How `core` is compiled. Overflow checks are off in here: generic code takes them from the crate
/// that instantiates it.
const CORE_FLAGS: &[&str] = &[
    "-Copt-level=2",
    "-Ccodegen-units=1",
    "-Cdebuginfo=0",
    "-Zforce-unstable-if-unmarked",
    "--cap-lints=allow",
];

/// What the crate's build script says for these targets, less its own memcpy and friends: the
/// kernel has better ones.
const BUILTINS_CFGS: &[&str] = &[
    "feature=\"compiler-builtins\"",
    "feature=\"mem-unaligned\"",
    "feature=\"unstable-intrinsics\"",
    "arch_enabled",
    "intrinsics_enabled",
    "optimizations_enabled",
];
