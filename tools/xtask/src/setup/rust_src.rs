// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The source of `core`, in the version of the rustc in use.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::apt::Universe;
use super::store::{Recipe, Resolved, Store};
use crate::kernels::{Arch, Release};

const LAYOUT: u32 = 1;

/// The rustc that a build would use: its version and its sysroot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rustc {
    /// `1.95.0`, with `-nightly` and its like where they are.
    pub(super) version: String,
    /// Where its libraries are.
    pub(super) sysroot: PathBuf,
}

/// Asks rustc.
///
/// # Errors
///
/// There is none.
pub(super) fn rustc() -> Result<Rustc> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let ask = |args: &[&str]| crate::run::output(Command::new(&program).args(args));
    let version = ask(&["--version"]).context("there is no rustc; install Rust from rustup.rs")?;
    let version = version.split_whitespace().nth(1).unwrap_or_default();
    Ok(Rustc {
        version: version.to_owned(),
        sysroot: ask(&["--print", "sysroot"])?.trim().into(),
    })
}

/// The source beside the compiler, if its component is installed.
pub(super) fn in_sysroot(rustc: &Rustc) -> Option<PathBuf> {
    let library = rustc.sysroot.join("lib/rustlib/src/rust/library");
    library.join("core/src/lib.rs").exists().then_some(library)
}

pub(super) fn set_name(rustc: &Rustc) -> String {
    format!("rust-src-{}", rustc.version)
}

/// Where the set's source is.
fn library(dir: &Path, rustc: &Rustc) -> PathBuf {
    dir.join(format!("usr/src/rustc-{}/library", rustc.version))
}

/// The source that an earlier set-up has fetched.
pub(super) fn in_cache(store: &Store<'_>, rustc: &Rustc) -> Option<PathBuf> {
    let set = store.present(&set_name(rustc), LAYOUT)?;
    Some(library(&set.dir, rustc))
}

pub(super) fn get(store: &Store<'_>) -> Result<PathBuf> {
    let rustc = rustc()?;
    // The lock file is for every host, with or without the component.
    if !store.renews(&set_name(&rustc))
        && let Some(library) = in_sysroot(&rustc)
    {
        return Ok(library);
    }
    let set = store
        .ensure(&Recipe {
            name: &set_name(&rustc),
            layout: LAYOUT,
            // The compiler and its tools make up nine tenths of the package.
            only: &[format!("./usr/src/rustc-{}/library", rustc.version)],
            newest: &|store| newest(store, &rustc),
            finish: &|tree| {
                let library = library(&tree.root, &rustc);
                anyhow::ensure!(
                    library.join("core/src/lib.rs").exists(),
                    "the package holds no source of core"
                );
                Ok(None)
            },
        })
        .with_context(|| {
            format!(
                "the source of rustc {} is needed to build core; add it with `rustup component add \
                 rust-src`",
                rustc.version
            )
        })?;
    Ok(library(&set.dir, &rustc))
}

/// Debian's package of the same version, from whichever release has it.
fn newest(store: &Store<'_>, rustc: &Rustc) -> Result<Resolved> {
    let mut seen = Vec::new();
    let mut hint = String::new();
    for release in [Release::Trixie, Release::Bookworm] {
        let universe = Universe::new(release, Arch::X86_64);
        let apt = store.fresh_apt(universe)?;
        let versions = apt.versions("rust-src")?;
        if let Some(version) = versions.iter().find(|v| is_of(v, &rustc.version)) {
            let debs = apt.locate(&[format!("rust-src={version}")])?;
            return Ok(vec![(universe, debs)]);
        }
        hint += &apt.hint();
        seen.extend(versions);
    }
    anyhow::bail!(
        "Debian has no rust-src of version {}; it has {}{hint}",
        rustc.version,
        seen.join(", ")
    )
}

/// Whether a Debian version (`1.95.0+dfsg1-2~bpo13+1`) is of this upstream version.
fn is_of(debian: &str, upstream: &str) -> bool {
    let rest = debian.strip_prefix(upstream);
    rest.is_some_and(|rest| rest.starts_with(['+', '-', '~']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_match_whole() {
        assert!(is_of("1.95.0+dfsg1-2~bpo13+1", "1.95.0"));
        assert!(!is_of("1.95.01-1", "1.95.0"));
        assert!(!is_of("1.85.1+dfsg1-1", "1.95.0"));
        assert!(!is_of("1.95.0+dfsg1-2", "1.95.0-nightly"));
    }
}
