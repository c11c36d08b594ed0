// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A sample's text under another name.

/// The sample's name and the driver's, in each spelling.
#[derive(Debug)]
pub(super) struct Names {
    /// `module_name`, `MODULE_NAME`, `ModuleName`: the old one and the new one.
    pairs: Vec<(String, String)>,
}

impl Names {
    /// `library` is the sample's `lib.rs`: its type is renamed only if it is called as the module is.
    pub(super) fn new(old: &str, new: &str, library: &str) -> Self {
        let spell = |f: fn(&str) -> String| (f(old), f(new));
        let mut pairs = vec![spell(str::to_owned), spell(str::to_uppercase)];
        if library.contains(&format!("type: {},", camel(old))) {
            pairs.push(spell(camel));
        }
        Self { pairs }
    }

    /// The text, with the driver's name wherever the sample's stood as a word.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut before = None;
        while let Some(c) = rest.chars().next() {
            // A part of a path names something else: `kernel::workqueue`, `workqueue::system`.
            let begins = !before.is_some_and(is_word) && !out.ends_with("::");
            let hit = self.pairs.iter().find(|(old, _)| {
                begins
                    && rest.strip_prefix(old.as_str()).is_some_and(|tail| {
                        // Behind a type's name stand its functions.
                        let is_type = old.starts_with(char::is_uppercase);
                        !tail.starts_with(goes_on) && (is_type || !tail.starts_with("::"))
                    })
            });
            if let Some((old, new)) = hit {
                out.push_str(new);
                before = old.chars().last();
                rest = &rest[old.len()..];
            } else {
                out.push(c);
                before = Some(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Digits may follow a name: devices are numbered.
fn goes_on(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// `my_driver` as the name of a type.
fn camel(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .collect()
}

/// Manifests.
pub(super) mod manifest {
    use std::path::{Path, PathBuf};

    use anyhow::{Context as _, Result};
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Top {
        workspace: Workspace,
    }

    #[derive(Deserialize)]
    struct Workspace {
        members: Vec<String>,
    }

    /// A package's manifest as it is in another directory: what it names relative to its own place
    /// still means the same.
    pub(crate) fn moved(text: &str, from: &Path, to: &Path) -> String {
        let up: PathBuf = to.components().map(|_| "..").collect();
        let line = |line: &str| {
            let Some((head, rest)) = line.split_once("path = \"../") else {
                return line.to_owned();
            };
            let (path, tail) = rest.split_once('"').unwrap_or((rest, ""));
            let mut top = from.to_owned();
            top.pop();
            let mut target = top;
            for part in Path::new(path).components() {
                if part.as_os_str() == ".." {
                    target.pop();
                } else {
                    target.push(part);
                }
            }
            format!("{head}path = \"{}\"{tail}", up.join(target).display())
        };
        text.lines().map(|text| line(text) + "\n").collect()
    }

    /// The top-level manifest with the package in it, unless it is in already.
    pub(crate) fn with_member(text: &str, place: &Path) -> Result<Option<String>> {
        let top: Top = toml::from_str(text).context("in Cargo.toml")?;
        let covers = |member: &String| {
            let member = Path::new(member);
            member == place || (member.ends_with("*") && member.parent() == place.parent())
        };
        if top.workspace.members.iter().any(covers) {
            return Ok(None);
        }
        let place = place.display().to_string();
        let line = |line: &str| {
            let Some((head, list)) = line.split_once(" = [") else {
                return line.to_owned();
            };
            if !matches!(head, "members" | "default-members") {
                return line.to_owned();
            }
            let list = list.trim_end().trim_end_matches(']');
            let mut all: Vec<&str> = list
                .split(',')
                .map(|member| member.trim().trim_matches('"'))
                .collect();
            all.push(&place);
            all.sort_unstable();
            format!("{head} = [\"{}\"]", all.join("\", \""))
        };
        let new: String = text.lines().map(|text| line(text) + "\n").collect();
        let check: Top = toml::from_str(&new).context("in the new Cargo.toml")?;
        if check.workspace.members.len() != top.workspace.members.len() + 1 {
            anyhow::bail!(
                "cannot add '{place}' to Cargo.toml: write `members` and `default-members` in one line each, or add it by hand"
            );
        }
        Ok(Some(new))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn paths_still_lead_to_the_same_place() {
            let text = "a = { path = \"../../rust/kernel\" }\nb = { path = \"../other\", x = 1 }\nc = \"1\"\n";
            let moved = moved(text, Path::new("samples/x"), Path::new("drivers/net/phy/y"));
            assert_eq!(
                moved,
                "a = { path = \"../../../../rust/kernel\" }\nb = { path = \"../../../../samples/other\", x = 1 }\nc = \"1\"\n"
            );
        }

        #[test]
        fn the_workspace_gets_a_member_where_no_glob_has_it() {
            let text = "[workspace]\nmembers = [\"a/b\", \"samples/*\"]\ndefault-members = [\"a/b\", \"samples/*\"]\n# kept\n";
            assert_eq!(with_member(text, Path::new("samples/x")).unwrap(), None);
            assert_eq!(with_member(text, Path::new("a/b")).unwrap(), None);
            let new = with_member(text, Path::new("drivers/x")).unwrap().unwrap();
            assert_eq!(
                new,
                "[workspace]\nmembers = [\"a/b\", \"drivers/x\", \"samples/*\"]\ndefault-members = [\"a/b\", \"drivers/x\", \"samples/*\"]\n# kept\n"
            );
            let folded = "[workspace]\nmembers = [\n\"a\",\n]\n";
            assert!(with_member(folded, Path::new("b")).is_err());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_renamed_and_parts_of_words_are_not() {
        let names = Names::new("ram_disk", "my_dev", "type: RamDisk,");
        assert_eq!(
            names.apply(
                "ram_disk: RamDisk, /dev/ram_disk0, RAM_DISK; ram_disks xram_disk ram_disk_x a::ram_disk ram_disk::b"
            ),
            "my_dev: MyDev, /dev/my_dev0, MY_DEV; ram_disks xram_disk ram_disk_x a::ram_disk ram_disk::b"
        );
        let names = Names::new("ram_disk", "my_dev", "type: Sample,");
        assert_eq!(names.apply("use a::b::{RamDisk}"), "use a::b::{RamDisk}");
    }

    proptest! {
        #[test]
        fn there_and_back(text in "(AbC |AB_C |ab_c|[ .:/0x]|\\PC){0,60}") {
            prop_assume!(!text.contains("q_z") && !text.contains("QZ") && !text.contains("Q_Z") && !text.contains("Qz"));
            let there = Names::new("ab_c", "q_z", "type: AbC,").apply(&text);
            prop_assert_eq!(Names::new("q_z", "ab_c", "type: QZ,").apply(&there), text);
        }
    }
}
