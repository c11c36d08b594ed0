// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which mirror of the Debian archive this host uses, and with which keys.
//!
//! From the host's apt configuration we take base addresses and keyrings of the Debian archive and
//! nothing else: the suites are ours, and third-party entries are none of our business. Environment
//! variables come first, for hosts that are not Debian or have no such configuration.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// The base address of a Debian mirror.
pub(super) const MIRROR_VAR: &str = "FERRITE_DEBIAN_MIRROR";
/// The base address of a mirror of Debian's security archive.
pub(super) const SECURITY_VAR: &str = "FERRITE_DEBIAN_SECURITY_MIRROR";
/// A keyring that holds the keys of the Debian archive.
pub(super) const KEYRING_VAR: &str = "FERRITE_DEBIAN_KEYRING";

/// Where packages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Archive {
    /// The main archive.
    pub(super) main: String,
    /// The security archive; without one its suites are left out.
    pub(super) security: Option<String>,
    /// What signs both.
    pub(super) keys: Keys,
    /// Where this was found, for a person.
    pub(super) origin: String,
}

/// The keys that sign an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keys {
    /// Keyring files.
    Files(Vec<PathBuf>),
    /// The key itself, as it stands in a deb822 entry.
    Inline(String),
}

/// One entry of the host's configuration: one address with its suites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    uri: String,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: Option<Keys>,
}

/// Finds the archive for this host.
///
/// # Errors
///
/// There is no Debian entry in the host's configuration and no environment variable, or no keyring.
pub(super) fn archive() -> Result<Archive> {
    let entries = host_entries(Path::new("/etc/apt"));
    let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    choose(
        &entries,
        var(MIRROR_VAR),
        var(SECURITY_VAR),
        var(KEYRING_VAR).map(PathBuf::from),
        &well_known_keyrings(),
    )
}

fn choose(
    entries: &[Entry],
    mirror: Option<String>,
    security: Option<String>,
    keyring: Option<PathBuf>,
    keyrings: &[PathBuf],
) -> Result<Archive> {
    let main_entry = best(entries, Role::Main);
    let security_entry = best(entries, Role::Security);
    let (main, origin) = match (mirror, main_entry) {
        (Some(mirror), _) => (mirror, MIRROR_VAR.to_owned()),
        (None, Some(entry)) => (entry.uri.clone(), "the host's apt configuration".to_owned()),
        (None, None) => bail!(
            "the host's apt configuration names no Debian archive; set {MIRROR_VAR} to the base \
             address of a Debian mirror (the directory that holds 'dists')"
        ),
    };
    let from_host = |entry: Option<&Entry>| entry.and_then(|e| e.signed_by.clone());
    let keys = if let Some(file) = keyring {
        Keys::Files(vec![file])
    } else if let Some(keys) = from_host(main_entry).or_else(|| from_host(security_entry)) {
        keys
    } else if !keyrings.is_empty() {
        Keys::Files(keyrings.to_vec())
    } else {
        bail!(
            "there is no keyring of the Debian archive on this host; install the package \
             debian-archive-keyring, or set {KEYRING_VAR} to its debian-archive-keyring.gpg"
        )
    };
    // A mirror of one's own choice is not mixed with another host's security archive unless named.
    let security = if origin == MIRROR_VAR {
        security
    } else {
        security.or_else(|| security_entry.map(|e| e.uri.clone()))
    };
    Ok(Archive {
        main,
        security,
        keys,
        origin,
    })
}

/// The full keyring where it is, else the parts that lie in apt's own directory.
fn well_known_keyrings() -> Vec<PathBuf> {
    for name in ["gpg", "pgp"] {
        let path = PathBuf::from(format!("/usr/share/keyrings/debian-archive-keyring.{name}"));
        if path.exists() {
            return vec![path];
        }
    }
    let mut parts: Vec<_> = ["/etc/apt/trusted.gpg.d", "/usr/share/keyrings"]
        .iter()
        .filter_map(|dir| std::fs::read_dir(dir).ok())
        .flat_map(|dir| dir.flatten().map(|entry| entry.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("debian-archive-") && !name.contains("removed")
        })
        .collect();
    parts.sort();
    parts
}

fn host_entries(etc: &Path) -> Vec<Entry> {
    let mut files = vec![etc.join("sources.list")];
    if let Ok(dir) = std::fs::read_dir(etc.join("sources.list.d")) {
        let mut parts: Vec<_> = dir.flatten().map(|entry| entry.path()).collect();
        parts.sort();
        files.extend(parts);
    }
    let mut entries = Vec::new();
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        match file.extension().and_then(|e| e.to_str()) {
            Some("list") => entries.extend(parse_list(&text)),
            Some("sources") => entries.extend(parse_deb822(&text)),
            _ => {}
        }
    }
    entries
}

/// Parses the one-line format: `deb [option=value …] uri suite component…`.
pub(super) fn parse_list(text: &str) -> Vec<Entry> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Entry> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let rest = line
        .strip_prefix("deb")
        .filter(|r| r.starts_with([' ', '\t', '[']))?;
    let rest = rest.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let signed_by = options
        .split_whitespace()
        .find_map(|option| option.strip_prefix("signed-by="))
        .map(|files| Keys::Files(files.split(',').map(PathBuf::from).collect()));
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Entry {
        uri: words.next()?,
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by,
    })
}

/// Parses the deb822 format: stanzas of `Field: value`, continued by lines that start with a space.
pub(super) fn parse_deb822(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut stanza: Vec<(String, String)> = Vec::new();
    for line in text.lines().chain(std::iter::once("")) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            entries.extend(stanza_entries(&stanza));
            stanza.clear();
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = stanza.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((field, value)) = line.split_once(':') {
            stanza.push((field.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    entries
}

fn stanza_entries(stanza: &[(String, String)]) -> Vec<Entry> {
    let get = |name: &str| {
        let field = stanza.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let words =
        |name: &str| -> Vec<String> { get(name).split_whitespace().map(str::to_owned).collect() };
    let enabled = !matches!(
        get("enabled").to_ascii_lowercase().as_str(),
        "no" | "false" | "off" | "0"
    );
    if !enabled || !words("types").iter().any(|kind| kind == "deb") {
        return Vec::new();
    }
    let signed_by = match get("signed-by") {
        "" => None,
        inline if inline.contains("BEGIN PGP") => Some(Keys::Inline(dearmour_indent(inline))),
        files => Some(Keys::Files(
            files
                .split([',', ' ', '\n'])
                .filter(|f| !f.is_empty())
                .map(PathBuf::from)
                .collect(),
        )),
    };
    words("uris")
        .into_iter()
        .map(|uri| Entry {
            uri,
            suites: words("suites"),
            components: words("components"),
            signed_by: signed_by.clone(),
        })
        .collect()
}

/// A key inside a deb822 field is indented, and its empty lines are dots.
fn dearmour_indent(value: &str) -> String {
    let mut key = String::new();
    for line in value.lines() {
        let line = line.trim();
        if line.is_empty() && key.is_empty() {
            continue;
        }
        key.push_str(if line == "." { "" } else { line });
        key.push('\n');
    }
    key
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Main,
    Security,
}

const CODENAMES: &[&str] = &[
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "stable",
    "oldstable",
    "testing",
    "unstable",
];

fn role(suite: &str) -> Option<Role> {
    let suite = suite.trim_end_matches('/');
    for code in CODENAMES {
        match suite.strip_prefix(code) {
            Some("" | "-updates" | "-backports" | "-backports-sloppy" | "-proposed-updates") => {
                return Some(Role::Main);
            }
            Some("-security" | "/updates") => return Some(Role::Security),
            _ => {}
        }
    }
    None
}

/// The entry that is most certainly the Debian archive's.
///
/// A vendor's repository may well say `bookworm main` too. What tells it apart is its key, or where
/// no key is named, an address whose last part does not speak of Debian. A wrong guess is caught
/// later: the signature would not be Debian's.
fn best(entries: &[Entry], wanted: Role) -> Option<&Entry> {
    let certainty = |entry: &Entry| -> u32 {
        let in_role = entry.suites.iter().any(|s| role(s) == Some(wanted));
        let main = entry.components.iter().any(|c| c == "main");
        if !in_role || !main || entry.uri.starts_with("cdrom:") {
            return 0;
        }
        match &entry.signed_by {
            Some(Keys::Files(files)) => {
                let debians = files
                    .iter()
                    .any(|file| file.to_string_lossy().contains("debian-archive"));
                if debians { 3 } else { 0 }
            }
            Some(Keys::Inline(_)) | None => {
                let last = entry.uri.trim_end_matches('/').rsplit('/').next();
                u32::from(last.is_some_and(|last| last.contains("debian")))
            }
        }
    };
    let mut best = None;
    for entry in entries {
        let score = certainty(entry);
        if score > best.map_or(0, |(score, _)| score) {
            best = Some((score, entry));
        }
    }
    best.map(|(_, entry)| entry)
}

#[cfg(test)]
mod tests;
