// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The input that a thread tries just now: in a file, so that it is there after the process has died of
//! it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// Room for the name; then comes the length, then the input.
const NAME: usize = 56;
const HEAD: usize = NAME + 8;

/// What one thread tries.
#[derive(Debug)]
pub struct Slot {
    file: File,
    path: PathBuf,
    base: Instant,
    /// When it began, in milliseconds from `base` and one more; zero, while nothing is tried.
    began: AtomicU64,
}

impl Slot {
    /// Of the thread with this number.
    ///
    /// # Errors
    ///
    /// The file cannot be made.
    pub fn new(out: &Path, number: usize) -> Result<Self> {
        fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
        let path = out.join(format!("running.{}.{number}", std::process::id()));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self {
            file,
            path,
            base: Instant::now(),
            began: AtomicU64::new(0),
        })
    }

    pub(super) fn begin(&self, name: &str, input: &[u8]) -> Result<()> {
        let mut bytes = vec![0; HEAD + input.len()];
        let name = &name.as_bytes()[..name.len().min(NAME)];
        bytes[..name.len()].copy_from_slice(name);
        bytes[NAME..HEAD].copy_from_slice(&(input.len() as u64).to_le_bytes());
        bytes[HEAD..].copy_from_slice(input);
        self.file
            .write_all_at(&bytes, 0)
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        self.began.store(self.now() + 1, Ordering::Release);
        Ok(())
    }

    pub(super) fn end(&self) {
        self.began.store(0, Ordering::Release);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }

    pub(super) fn is_late(&self, patience: Duration) -> bool {
        let began = self.began.load(Ordering::Acquire);
        let most = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        began != 0 && self.now().saturating_sub(began) > most
    }

    pub(super) fn content(&self) -> Result<(String, Vec<u8>)> {
        read(&self.path)
    }

    /// Nothing is tried any more.
    pub(super) fn close(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// What a thread of a process that has died has tried last.
///
/// # Errors
///
/// The file cannot be read, or nothing was tried.
pub fn read(path: &Path) -> Result<(String, Vec<u8>)> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (name, rest) = bytes
        .split_at_checked(NAME)
        .context("nothing was tried there")?;
    let (length, rest) = rest.split_first_chunk().context("no length")?;
    let length = usize::try_from(u64::from_le_bytes(*length))?;
    let input = rest.get(..length).context("half an input")?;
    let name = String::from_utf8_lossy(name);
    Ok((name.trim_end_matches('\0').to_owned(), input.to_vec()))
}
