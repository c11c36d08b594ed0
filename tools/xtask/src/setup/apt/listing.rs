// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What apt's programs print, as data.

use anyhow::{Result, bail};

use crate::setup::lock::Pin;

/// A package file in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::setup) struct Deb {
    /// Which package it is, with the hash that the signed index names.
    pub(in crate::setup) pin: Pin,
    /// The file's name once downloaded.
    pub(in crate::setup) file: String,
    /// Its size.
    pub(in crate::setup) size: u64,
}

/// Parses `--print-uris`: one `'uri' file size SHA256:hash` a line, among other output.
pub(super) fn uris(text: &str) -> Result<Vec<Deb>> {
    let lines = text.lines().filter(|line| line.starts_with('\''));
    lines.map(uri).collect()
}

fn uri(line: &str) -> Result<Deb> {
    let words: Vec<_> = line.split_whitespace().collect();
    let parsed = match words[..] {
        [_, file, size, hash] => parse(file, size, hash),
        _ => None,
    };
    match parsed {
        Some(deb) => Ok(deb),
        None => bail!("apt printed a package that this program cannot read: {line}"),
    }
}

/// The packages of the same output as `name=version`.
pub(super) fn specs(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.starts_with('\''));
    let files = lines.filter_map(|line| line.split_whitespace().nth(1));
    files
        .filter_map(name_and_version)
        .map(|(name, version)| format!("{name}={version}"))
        .collect()
}

fn name_and_version(file: &str) -> Option<(&str, String)> {
    let mut parts = file.strip_suffix(".deb")?.split('_');
    let (name, version) = (parts.next()?, parts.next()?);
    // The file name has the colon of an epoch, and only that, escaped.
    Some((name, version.replace("%3a", ":")))
}

fn parse(file: &str, size: &str, hash: &str) -> Option<Deb> {
    let (name, version) = name_and_version(file)?;
    let sha256 = hash.strip_prefix("SHA256:")?;
    Some(Deb {
        pin: format!("{name}={version}={sha256}").parse().ok()?,
        file: file.to_owned(),
        size: size.parse().ok()?,
    })
}

/// Parses `madison`: `package | version | where` a line.
pub(super) fn madison(text: &str) -> Vec<String> {
    let versions = text.lines().filter_map(|line| line.split('|').nth(1));
    let mut versions: Vec<_> = versions.map(|v| v.trim().to_owned()).collect();
    versions.dedup();
    versions
}

/// The indexes that `update` could not fetch, with apt's reasons.
pub(super) fn failures(stderr: &str) -> Vec<String> {
    let lines = stderr.lines().filter_map(|line| {
        line.strip_prefix("E: ")
            .or_else(|| line.strip_prefix("W: "))
    });
    lines
        .filter(|line| {
            line.starts_with("Failed to fetch")
                || line.starts_with("GPG error")
                || line.starts_with("The repository")
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_uri_line_is_taken_apart() {
        let hash = "ab".repeat(32);
        let text = format!(
            "Reading…\n'http://mirror.example/q_11%2bds.deb' q_1%3a11+ds-1~bpo_amd64.deb 42 SHA256:{hash}\n"
        );
        let debs = uris(&text).unwrap();
        assert_eq!(debs.len(), 1);
        assert_eq!(debs[0].pin.to_string(), format!("q=1:11+ds-1~bpo={hash}"));
        assert_eq!(debs[0].file, "q_1%3a11+ds-1~bpo_amd64.deb");
        assert_eq!(debs[0].size, 42);
        assert_eq!(specs(&text), ["q=1:11+ds-1~bpo"]);
        assert!(uris("'http://mirror.example/x' x.deb 1 MD5Sum:0").is_err());
    }

    #[test]
    fn versions_come_in_order() {
        let text = " rust-src | 1.96.1-2 | http://m.example x\n rust-src | 1.95.0-1 | y\n";
        assert_eq!(madison(text), ["1.96.1-2", "1.95.0-1"]);
    }

    #[test]
    fn a_failed_index_is_noticed_as_error_or_warning() {
        let text = "W: Failed to fetch a  Could not connect\nE: Failed to fetch b  sync\nE: Some index files failed\n";
        assert_eq!(failures(text).len(), 2);
    }

    proptest! {
        #[test]
        fn no_output_panics(text in "(?s).{0,200}", line in "'.{0,80}") {
            let _ = uris(&text);
            let _ = uris(&line);
            let _ = (madison(&text), failures(&text), specs(&line));
        }
    }
}
