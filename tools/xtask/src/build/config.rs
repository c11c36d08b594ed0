// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A kernel's configuration.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The `CONFIG_*` values of one kernel.
#[derive(Debug, Clone, Default)]
pub struct KConfig(BTreeMap<String, String>);

impl KConfig {
    /// Reads a `.config` or an `auto.conf`.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read {}; is this a prepared kernel build directory?",
                path.display()
            )
        })?;
        Ok(Self::parse(&text))
    }

    /// Takes every `CONFIG_X=value` line; comments ("is not set") mean absence.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("CONFIG_")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('"').to_owned()))
        });
        Self(pairs.collect())
    }

    /// Whether an option is `y`; `name` comes without `CONFIG_`.
    #[must_use]
    pub fn yes(&self, name: &str) -> bool {
        self.get(name) == Some("y")
    }

    /// An option's value, without quotes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::KConfig;

    #[test]
    fn values_comments_and_quotes() {
        let config =
            KConfig::parse("# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=\"x86\"\nCONFIG_D=16\n\n");
        assert!(!config.yes("A"));
        assert!(config.yes("B"));
        assert_eq!(config.get("C"), Some("x86"));
        assert_eq!(config.get("D"), Some("16"));
    }
}
