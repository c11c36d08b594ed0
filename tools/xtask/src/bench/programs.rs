// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a counted guest needs that is compiled here: the plugin for QEMU.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::ctx::Ctx;
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
