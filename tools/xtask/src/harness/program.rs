// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Programs of ours that run in a guest.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::build::Target;
use crate::ctx::Ctx;
use crate::kernels::{Arch, Kernel};
use crate::run;

/// Compiles `tests/qemu/guest/NAME.c` for a kernel, into `directory`, which no one else uses.
///
/// # Errors
///
/// It does not compile.
pub fn compile(ctx: &Ctx, kernel: &Kernel, name: &str, directory: &Path) -> Result<PathBuf> {
    compile_for(ctx, kernel, kernel.spec.arch, name, directory)
}

/// As [`compile`], for an architecture whose programs the kernel runs: an amd64 kernel has those of
/// i386, too.
///
/// # Errors
///
/// It does not compile.
pub fn compile_for(
    ctx: &Ctx,
    kernel: &Kernel,
    arch: Arch,
    name: &str,
    directory: &Path,
) -> Result<PathBuf> {
    let target = Target::stock(ctx, kernel)?;
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let program = directory.join(name);
    let source = ctx.root.join(format!("tests/qemu/guest/{name}.c"));
    let mut command = target.toolchain.command(&target.toolchain.cc, directory);
    command
        .arg(match arch {
            Arch::X86_64 => "-m64",
            Arch::I386 => "-m32",
        })
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding"])
        .args(["-static", "-nostdlib", "-fno-pie", "-no-pie"])
        .args(["-fno-stack-protector", "-fomit-frame-pointer", "-o"])
        .args([&program, &source]);
    run::quiet(&mut command)
        .with_context(|| format!("cannot compile the guest's program {name}"))?;
    Ok(program)
}
