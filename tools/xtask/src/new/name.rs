// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which names a module may have.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

/// The kernel keeps 56 bytes of a module's name on 64-bit machines, with its end; the module that
/// runs the driver's tests is called `<name>_ktest`.
const LONGEST: usize = 56 - 1 - "_ktest".len();

/// Names of libraries that every crate sees.
const RUSTS_OWN: &[&str] = &["alloc", "core", "proc_macro", "std", "test"];

/// Names that the build gives to things of its own.
const BUILDS_OWN: &[&str] = &["build", "modules", "scripts", "source", "vmlinux"];

/// Whether a driver may be called that.
///
/// # Errors
///
/// It may not; the message says why, and what to take instead.
pub fn check(root: &Path, name: &str) -> Result<()> {
    let Some(first) = name.bytes().next() else {
        bail!("the name is empty: a driver needs one, such as 'demo'");
    };
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !name.bytes().all(good) || !first.is_ascii_lowercase() {
        bail!(
            "'{name}' cannot name a module: a name is made of lower-case letters, digits and \
             underscores, and begins with a letter{}",
            suggestion(name)
        );
    }
    ensure!(
        name.len() <= LONGEST,
        "'{name}' is too long for a module: take at most {LONGEST} bytes"
    );
    ensure!(
        !name.ends_with("_ktest"),
        "'{name}' ends as the names of test modules do: leave out '_ktest'"
    );
    if syn::parse_str::<syn::Ident>(name).is_err() {
        bail!("'{name}' is a word of Rust's, and a crate cannot have it: take another name");
    }
    if RUSTS_OWN.contains(&name) || BUILDS_OWN.contains(&name) {
        bail!("'{name}' means something else to the compiler or the build: take another name");
    }
    let lock = root.join("Cargo.lock");
    let lock =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let taken = |line: &str| {
        line.strip_prefix("name = \"")
            .and_then(|rest| rest.strip_suffix('"'))
            .is_some_and(|package| package.replace('-', "_") == name)
    };
    ensure!(
        !lock.lines().any(taken),
        "'{name}' is the name of a package of this tree, or of one that it uses (Cargo.lock): take another name"
    );
    Ok(())
}

/// The nearest name that would do, if there is one.
fn suggestion(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let mut near: String = lower
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    near = near
        .trim_start_matches(|c: char| !c.is_ascii_lowercase())
        .to_owned();
    if near.is_empty() {
        String::new()
    } else {
        format!(": take '{near}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("Cargo.lock"),
            "[[package]]\nname = \"my-thing\"\n",
        )
        .unwrap();
        dir
    }

    fn error(name: &str) -> String {
        check(tree().path(), name).unwrap_err().to_string()
    }

    #[test]
    fn good_names() {
        for name in ["demo", "a", "snd_hda2", "thing"] {
            check(tree().path(), name).unwrap();
        }
    }

    #[test]
    fn each_bad_name_has_its_reason_and_a_cure() {
        for (name, words) in [
            ("", "'demo'"),
            ("my-driver", "take 'my_driver'"),
            ("Demo", "take 'demo'"),
            ("9p", "take 'p'"),
            ("a/b", "take 'a_b'"),
            ("..", "begins with a letter"),
            ("größe", "take 'gr__e'"),
            ("match", "word of Rust's"),
            ("yield", "word of Rust's"),
            ("core", "something else"),
            ("vmlinux", "something else"),
            ("my_thing", "Cargo.lock"),
            ("demo_ktest", "leave out"),
        ] {
            let error = error(name);
            assert!(error.contains(words), "{name}: {error}");
        }
        assert!(error(&"x".repeat(LONGEST + 1)).contains("at most 49"));
        check(tree().path(), &"x".repeat(LONGEST)).unwrap();
    }

    proptest! {
        /// What is taken can stand where a name of Rust's, of make's and of a file must stand.
        #[test]
        fn what_is_taken_is_a_plain_word(name in "\\PC{0,60}") {
            if check(tree().path(), &name).is_ok() {
                prop_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
                prop_assert!(syn::parse_str::<syn::Ident>(&name).is_ok());
            }
        }
    }
}
