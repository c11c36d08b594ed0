// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `packages.lock`: which package versions a set is made of.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::apt::Universe;

/// One package, exactly: `name=version=sha256`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Pin {
    /// Debian's name of the binary package.
    pub(super) name: String,
    /// Its full version, with the epoch.
    pub(super) version: String,
    /// Of the `.deb` file, in hexadecimal.
    pub(super) sha256: String,
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}={}", self.name, self.version, self.sha256)
    }
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split('=').collect();
        let [name, version, sha256] = parts[..] else {
            return Err(format!("'{text}' is not name=version=sha256"));
        };
        let hex = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        if name.is_empty() || version.is_empty() || !hex {
            return Err(format!("'{text}' is not name=version=sha256"));
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            sha256: sha256.to_ascii_lowercase(),
        })
    }
}

impl TryFrom<String> for Pin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.to_string()
    }
}

/// The packages of one set, by the universe that each comes from.
pub(super) type Pins = BTreeMap<Universe, Vec<Pin>>;

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    /// Each set by its name.
    #[serde(default)]
    pub(super) set: BTreeMap<String, Pins>,
}

const HEAD: &str = "\
# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# Written by `cargo xtask setup --update-lock`: the Debian packages that each set is made of.

";

impl Lock {
    /// Reads the file; a tree without one has an empty lock.
    ///
    /// # Errors
    ///
    /// It is there and is not what [`Lock::save`] writes.
    pub(super) fn load(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let text = format!("{HEAD}{}", toml::to_string_pretty(self)?);
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// A short name for what a set is pinned to, to tell when it has changed.
pub(super) fn fingerprint(pins: Option<&Pins>) -> String {
    let Some(pins) = pins else {
        return "unpinned".to_owned();
    };
    let mut hash = Sha256::new();
    for (universe, pins) in pins {
        for pin in pins {
            hash.update(format!("{universe} {pin}\n"));
        }
    }
    super::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernels::{Arch, Release};

    fn lock(pins: Vec<Pin>) -> Lock {
        let universe = Universe::new(Release::Trixie, Arch::I386);
        let pins = BTreeMap::from([(universe, pins)]);
        Lock {
            set: BTreeMap::from([("debian-6.12-amd64".to_owned(), pins)]),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            pins in proptest::collection::vec(
                ("[a-z][a-z0-9+.-]{0,20}", "([0-9]:)?[0-9][a-z0-9.+~-]{0,20}", "[0-9a-f]{64}"), 0..5)
        ) {
            let pins = pins.into_iter().map(|(name, version, sha256)| Pin { name, version, sha256 });
            let lock = lock(pins.collect());
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("packages.lock");
            lock.save(&path).unwrap();
            prop_assert_eq!(Lock::load(&path).unwrap(), lock);
        }

        #[test]
        fn no_text_panics(text in "(?s).{0,100}") {
            let _ = text.parse::<Pin>();
        }
    }

    #[test]
    fn a_lock_that_is_wrong_says_where() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("packages.lock");
        std::fs::write(&path, "[set.qemu]\ntrixie-amd64 = [\"qemu=1\"]\n").unwrap();
        let error = format!("{:#}", Lock::load(&path).unwrap_err());
        assert!(error.contains("name=version=sha256"), "{error}");
        assert_eq!(
            Lock::load(&dir.path().join("none")).unwrap(),
            Lock::default()
        );
    }

    #[test]
    fn the_fingerprint_follows_the_pins() {
        let pin: Pin = format!("a=1={}", "0".repeat(64)).parse().unwrap();
        let one = lock(vec![pin.clone()]);
        let two = lock(vec![pin.clone(), pin]);
        let of = |lock: &Lock| fingerprint(lock.set.values().next());
        assert_ne!(of(&one), of(&two));
        assert_eq!(of(&one), of(&one.clone()));
        assert_eq!(fingerprint(None), "unpinned");
    }
}
