// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a counted guest needs that is compiled here: the plugin for QEMU, the program inside.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::build::Target;
use crate::ctx::Ctx;
use crate::kernels::{Arch, Kernel};
use crate::run;

/// The plugin that counts: `tools/insn-count`.
///
/// # Errors
///
/// It does not compile.
pub(super) fn plugin(ctx: &Ctx) -> Result<PathBuf> {
    let directory = ctx.out.join("plugin");
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .current_dir(&ctx.root)
        .args(["build", "--quiet", "--release", "--package", "insn-count"])
        .arg("--target-dir")
        .arg(&directory);
    run::quiet(&mut command).context("cannot build the plugin for QEMU")?;
    let library = directory.join("release/libinsn_count.so");
    ensure!(library.exists(), "cargo made no {}", library.display());
    Ok(library)
}

/// The program that repeats things in the guest, `tests/qemu/guest/bench.c`, for a kernel's
/// architecture.
///
/// # Errors
///
/// It does not compile.
pub(super) fn repeater(ctx: &Ctx, kernel: &Kernel) -> Result<PathBuf> {
    let target = Target::stock(ctx, kernel)?;
    let directory = target.dir(ctx).join("bench");
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let program = directory.join("bench");
    let source = ctx.root.join("tests/qemu/guest/bench.c");
    let mut command = target.toolchain.command(&target.toolchain.cc, &directory);
    command
        .arg(match kernel.spec.arch {
            Arch::X86_64 => "-m64",
            Arch::I386 => "-m32",
        })
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding"])
        .args(["-static", "-nostdlib", "-fno-pie", "-no-pie"])
        .args(["-fno-stack-protector", "-fomit-frame-pointer", "-o"])
        .args([&program, &source]);
    run::quiet(&mut command).context("cannot compile the program of the benchmarks")?;
    Ok(program)
}
