// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Where things are, and how to talk to the person who waits.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::ui::Ui;

/// What every command needs.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The top of the source tree.
    pub root: PathBuf,
    /// Everything that is fetched: survives `make clean`. `FERRITE_CACHE`, else `target/cache`.
    pub cache: PathBuf,
    /// Everything that is built: one directory a kernel below `kernels/`, logs below `logs/`.
    pub out: PathBuf,
    /// Progress bars on a terminal, plain lines elsewhere.
    pub ui: Ui,
}

impl Ctx {
    /// Finds the tree that this xtask was built from; or takes `FERRITE_ROOT`, a copy of it in
    /// which a test may write.
    ///
    /// # Errors
    ///
    /// The tree or the cache directory is not there and cannot be made.
    pub fn new(ui: Ui) -> Result<Self> {
        let root = std::env::var_os("FERRITE_ROOT")
            .map_or_else(
                || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
                PathBuf::from,
            )
            .canonicalize()
            .context("the source tree that xtask was built from has moved; build it again")?;
        let target = root.join("target");
        let cache =
            std::env::var_os("FERRITE_CACHE").map_or_else(|| target.join("cache"), PathBuf::from);
        let out = target.join("ferrite");
        for dir in [&cache, &out] {
            std::fs::create_dir_all(dir)
                .with_context(|| format!("cannot create {}", dir.display()))?;
        }
        Ok(Self {
            root,
            cache: cache.canonicalize()?,
            out,
            ui,
        })
    }
}
