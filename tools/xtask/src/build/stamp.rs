// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Stamps: what a step was made from, so that a step whose inputs did not change is not run again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// Collects the inputs of a step.
#[derive(Debug, Default)]
pub struct Inputs(Sha256);

impl Inputs {
    /// Starts empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    #[must_use]
    pub fn value(mut self, value: impl AsRef<[u8]>) -> Self {
        let bytes = value.as_ref();
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds a file's contents.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn contents(self, path: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(self.value(bytes))
    }

    /// Adds a file's size and time of change: for large files that a tool has written.
    ///
    /// # Errors
    ///
    /// The file is not there.
    pub fn identity(self, path: &Path) -> Result<Self> {
        let meta =
            std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let time = meta
            .modified()?
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Ok(self.value(path.to_string_lossy().as_bytes()).value(format!(
            "{} {}",
            meta.len(),
            time.as_nanos()
        )))
    }

    /// The inputs as a short text.
    #[must_use]
    pub fn digest(self) -> String {
        self.0
            .finalize()
            .iter()
            .take(16)
            .fold(String::new(), |mut text, byte| {
                // Writing to a string does not fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

/// A file beside a step's output that says what it was made from.
#[derive(Debug)]
pub struct Stamp {
    path: PathBuf,
    digest: String,
}

impl Stamp {
    /// The stamp of the step called `name`, whose outputs lie in `dir`.
    #[must_use]
    pub fn new(dir: &Path, name: &str, inputs: Inputs) -> Self {
        Self {
            path: dir.join(format!(".{name}.stamp")),
            digest: inputs.digest(),
        }
    }

    /// Whether the step ran to its end with the same inputs, and all its outputs are still there.
    #[must_use]
    pub fn is_fresh(&self, outputs: &[&Path]) -> bool {
        std::fs::read_to_string(&self.path).is_ok_and(|old| old == self.digest)
            && outputs.iter().all(|output| output.exists())
    }

    /// Says that the step has run to its end.
    ///
    /// # Errors
    ///
    /// The stamp cannot be written.
    pub fn set(&self) -> Result<()> {
        std::fs::write(&self.path, &self.digest)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::Inputs;

    #[test]
    fn borders_between_values_count() {
        let one = Inputs::new().value("ab").value("c").digest();
        let two = Inputs::new().value("a").value("bc").digest();
        assert_ne!(one, two);
        assert_eq!(one, Inputs::new().value("ab").value("c").digest());
    }
}
