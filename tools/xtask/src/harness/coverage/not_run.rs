// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The public items that no test can run, with their reasons. The list is short, and made to stay so.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Where they are listed: a line `"path" = "reason"` for each.
pub(super) const FILE: &str = "tests/qemu/unit/not-run.toml";

/// Items, by their paths, and the reason of each.
#[derive(Debug)]
pub(super) struct NotRun(BTreeMap<String, String>);

impl NotRun {
    /// Reads the list.
    ///
    /// # Errors
    ///
    /// There is none, or it is not well formed, or an item has no reason.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(FILE))
            .with_context(|| format!("cannot read {FILE}"))?;
        let list: BTreeMap<String, String> =
            toml::from_str(&text).with_context(|| format!("in {FILE}"))?;
        for (path, reason) in &list {
            ensure!(!reason.trim().is_empty(), "{FILE}: {path} has no reason");
        }
        Ok(Self(list))
    }

    /// Whether no test can run this item.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Why no test can run this item.
    pub(super) fn reason(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// What is listed and should not be. `by` says of a public item which test ran it, and of
    /// anything else nothing.
    pub(super) fn in_vain<'a>(
        &'a self,
        by: impl Fn(&str) -> Option<Option<&'a str>>,
    ) -> impl Iterator<Item = String> {
        self.0.keys().filter_map(move |path| match by(path) {
            None => Some(format!(
                "{FILE} lists {path}, and there is no such public item"
            )),
            Some(Some(test)) => Some(format!("{FILE} lists {path}, and {test} ran it")),
            Some(None) => None,
        })
    }
}
