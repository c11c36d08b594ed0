// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The twins in C of our own bench modules: `tests/qemu/bench/<name>/twin.c`, compiled twice by the
//! kernel's own build.
//!
//! `bench_<name>_stock` is compiled as every module of the kernel. `bench_<name>_c` is compiled as
//! the Rust is: without an entry for tracing in each function, and without stack protector. Else the
//! Rust would be better for doing less.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::build::Target;
use crate::build::kbuild;
use crate::ctx::Ctx;
use crate::kernels::Kernel;
use crate::run;

/// Builds both; nothing if a benchmark has no twin of its own.
pub(super) fn build(ctx: &Ctx, kernel: &Kernel, benchmark: &str) -> Result<Vec<PathBuf>> {
    let source = ctx
        .root
        .join("tests/qemu/bench")
        .join(benchmark)
        .join("twin.c");
    if !source.exists() {
        return Ok(Vec::new());
    }
    let target = Target::stock(ctx, kernel)?;
    let dir = target.dir(ctx).join("bench").join(benchmark);
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let names = [
        format!("bench_{benchmark}_c"),
        format!("bench_{benchmark}_stock"),
    ];
    for name in &names {
        let text = format!("#include \"{}\"\n", source.display());
        kbuild::write_if_new(&dir.join(format!("{name}.c")), &text)?;
    }
    kbuild::write_if_new(&dir.join("Kbuild"), &makefile(&names))?;
    run::quiet(target.make(&dir).arg("modules"))
        .with_context(|| format!("cannot compile {}", source.display()))?;
    names
        .iter()
        .map(|name| {
            let ko = dir.join(format!("{name}.ko"));
            kbuild::strip(&target, &ko)?;
            Ok(ko)
        })
        .collect()
}

fn makefile([ours, stock]: &[String; 2]) -> String {
    format!(
        "obj-m := {ours}.o {stock}.o\n\
         CFLAGS_{ours}.o := -fno-stack-protector -foptimize-sibling-calls -momit-leaf-frame-pointer\n\
         CFLAGS_REMOVE_{ours}.o := $(CC_FLAGS_FTRACE)\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_them_is_compiled_as_the_rust_is() {
        let text = makefile(&["a_c".into(), "a_stock".into()]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "obj-m := a_c.o a_stock.o",
                "CFLAGS_a_c.o := -fno-stack-protector -foptimize-sibling-calls -momit-leaf-frame-pointer",
                "CFLAGS_REMOVE_a_c.o := $(CC_FLAGS_FTRACE)",
            ]
        );
    }
}
