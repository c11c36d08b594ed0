// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Programs of ours that run in a guest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};

use crate::build::Target;
use crate::ctx::Ctx;
use crate::kernels::{Arch, Kernel};
use crate::run;

/// What [`compile_for`] makes, once while xtask runs: all guests of a kernel have the same.
///
/// # Errors
///
/// It does not compile, or cannot be read.
pub fn compiled(
    ctx: &Ctx,
    kernel: &Kernel,
    arch: Arch,
    name: &str,
    directory: &Path,
) -> Result<Vec<u8>> {
    type Which = (PathBuf, &'static str, &'static str, String);
    static COMPILED: Mutex<BTreeMap<Which, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let option = option(arch);
    let which = (ctx.root.clone(), kernel.spec.id, option, name.to_owned());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = compiled.get(&which) {
        return Ok(program.clone());
    }
    let path = compile_for(ctx, kernel, arch, name, directory)?;
    let program =
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    compiled.insert(which, program.clone());
    Ok(program)
}

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
fn compile_for(
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
        .arg(option(arch))
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding"])
        .args(["-static", "-nostdlib", "-fno-pie", "-no-pie"])
        .args(["-fno-stack-protector", "-fomit-frame-pointer", "-o"])
        .args([&program, &source]);
    run::quiet(&mut command)
        .with_context(|| format!("cannot compile the guest's program {name}"))?;
    Ok(program)
}

fn option(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "-m64",
        Arch::I386 => "-m32",
    }
}
