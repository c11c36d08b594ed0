// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Where things are, and how to talk to the person who waits.

use std::fs::File;
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

    /// Makes a directory this xtask's alone, until what this returns is dropped. Waits for another one
    /// that has it; `what` says what that is doing there.
    ///
    /// # Errors
    ///
    /// The directory cannot be made or written to.
    pub fn exclusive(&self, dir: &Path, what: &str) -> Result<File> {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let path = dir.join("lock");
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        if file.try_lock().is_err() {
            let step = self
                .ui
                .step(format!("another xtask {what}; waiting for it"));
            file.lock()
                .with_context(|| format!("cannot lock {}", path.display()))?;
            step.finish_and_clear();
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::time::Duration;

    use super::Ctx;
    use crate::ui::Ui;

    #[test]
    fn a_directory_is_one_holder_s_at_a_time() {
        let place = tempfile::tempdir().expect("there is room for a directory");
        let dir = place.path().join("not/there/yet");
        let ctx = || Ctx {
            root: place.path().to_owned(),
            cache: place.path().to_owned(),
            out: place.path().to_owned(),
            ui: Ui::default(),
        };
        let first = ctx().exclusive(&dir, "builds").expect("nobody has it");
        let (told, hears) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let second = ctx().exclusive(&dir, "builds").expect("it comes to it");
                told.send(()).expect("somebody listens");
                drop(second);
            });
            let early = hears.recv_timeout(Duration::from_millis(200));
            assert_eq!(early, Err(RecvTimeoutError::Timeout));
            drop(first);
            assert_eq!(hears.recv_timeout(Duration::from_secs(60)), Ok(()));
        });
    }
}
