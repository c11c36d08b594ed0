// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `xtask new`: the start of a driver.
//!
//! A new driver is a sample under another name: there are no templates beside the samples, so none
//! can fall behind. A *kind* is a directory of `samples/`; what it shows is the description in its
//! manifest. The scenario comes along, so that the driver has a test from its first minute.

mod name;
mod rename;

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

pub use name::check as check_name;
use rename::{Names, manifest};

/// Where scenarios lie.
const SCENARIOS: &str = "tests/qemu/scenarios";

/// A kind of driver to start from.
#[derive(Debug, Clone)]
pub struct Kind {
    /// The sample's directory below `samples/`.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// The name of the sample's module.
    module: String,
    /// The sample's directory, from the top of the tree.
    dir: PathBuf,
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    description: String,
    #[serde(default)]
    metadata: Metadata,
}

/// `[package.metadata.new]`: with `kind = false` the sample is no kind, being for one device alone.
#[derive(Default, Deserialize)]
struct Metadata {
    new: Option<New>,
}

#[derive(Deserialize)]
struct New {
    kind: bool,
}

/// Every kind, by name.
///
/// # Errors
///
/// A sample's manifest cannot be read.
pub fn kinds(root: &Path) -> Result<Vec<Kind>> {
    let samples = root.join("samples");
    let entries =
        fs::read_dir(&samples).with_context(|| format!("cannot read {}", samples.display()))?;
    let mut kinds = Vec::new();
    for entry in entries {
        let path = entry?.path().join("Cargo.toml");
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let manifest: Manifest =
            toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        if manifest.package.metadata.new.is_some_and(|new| !new.kind) {
            continue;
        }
        let dir = path.parent().unwrap_or(root).strip_prefix(root)?.to_owned();
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        kinds.push(Kind {
            name: name.into_owned(),
            description: manifest.package.description,
            module: manifest.package.name.replace('-', "_"),
            dir,
        });
    }
    kinds.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(kinds)
}

/// The kinds as a list for people.
#[must_use]
pub fn list(kinds: &[Kind]) -> String {
    let width = kinds.iter().map(|k| k.name.len()).max().unwrap_or(0);
    kinds
        .iter()
        .map(|kind| format!("{:width$}  {}\n", kind.name, kind.description))
        .collect()
}

/// What there will be.
#[derive(Debug)]
pub struct Plan {
    /// Each new file, from the top of the tree, and what stands in it.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// The top-level manifest, if it has to name the new package.
    pub workspace: Option<String>,
}

impl Plan {
    /// What is written.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let workspace = self.workspace.as_ref().map(|_| Path::new("Cargo.toml"));
        self.files.iter().map(|(p, _)| p.as_path()).chain(workspace)
    }

    /// What would be written, for people.
    #[must_use]
    pub fn dry(&self) -> String {
        let mut text = String::new();
        for (path, bytes) in &self.files {
            text += &format!(
                "==> {} <==\n{}\n",
                path.display(),
                String::from_utf8_lossy(bytes)
            );
        }
        if self.workspace.is_some() {
            text += "Cargo.toml would name the new package in `members` and `default-members`.\n";
        }
        text
    }
}

/// Works out a driver of this name and kind, in `path` or where such drivers usually are.
///
/// # Errors
///
/// The name cannot be a module's or is taken, there is no such kind, or the place is not free or not in
/// the tree; the message says what to do.
pub fn plan(root: &Path, name: &str, kind: &str, path: Option<&Path>) -> Result<Plan> {
    name::check(root, name)?;
    let kinds = kinds(root)?;
    let Some(kind) = kinds.iter().find(|k| k.name == kind) else {
        bail!("there is no kind '{kind}'; there are:\n{}", list(&kinds));
    };
    let place = place(root, name, kind, path)?;
    let library = kind.dir.join("src/lib.rs");
    let library = fs::read_to_string(root.join(&library))
        .with_context(|| format!("cannot read {}", library.display()))?;
    let names = Names::new(&kind.module, name, &library);
    let mut files = Vec::new();
    copy(root, &kind.dir, &place, &names, &mut files)?;
    let scenario = scenario(root, kind)?;
    let target = Path::new(SCENARIOS).join(format!("{name}.sh"));
    let text = fs::read_to_string(root.join(&scenario))
        .with_context(|| format!("cannot read {}", scenario.display()))?;
    files.push((target, names.apply(&text).into_bytes()));
    for (path, _) in &files {
        ensure!(
            !root.join(path).exists(),
            "{} is there already: take another name, or remove it",
            path.display()
        );
    }
    Ok(Plan {
        files,
        workspace: manifest::with_member(&fs::read_to_string(root.join("Cargo.toml"))?, &place)?,
    })
}

/// Writes the plan's files.
///
/// # Errors
///
/// One is there already, or cannot be written.
pub fn write(root: &Path, plan: &Plan) -> Result<()> {
    for (path, text) in &plan.files {
        let path = root.join(path);
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        fs::File::create_new(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(text) = &plan.workspace {
        fs::write(root.join("Cargo.toml"), text).context("cannot write Cargo.toml")?;
    }
    Ok(())
}

/// The new package's directory, from the top of the tree.
fn place(root: &Path, name: &str, kind: &Kind, path: Option<&Path>) -> Result<PathBuf> {
    let place = match path {
        Some(path) => path.strip_prefix(root).unwrap_or(path).to_owned(),
        // Where the kernel has them.
        None if kind.name == "block" => Path::new("drivers/block").join(name),
        None => Path::new("drivers/misc").join(name),
    };
    ensure!(
        place.is_relative()
            && place
                .components()
                .all(|c| matches!(c, Component::Normal(_)))
            && place.components().count() > 0,
        "--path {}: a driver lies in this tree, such as in drivers/misc/{name}; the path is named from its top",
        place.display()
    );
    ensure!(
        !root.join(&place).exists(),
        "{} is there already: take another name or --path, or remove it",
        place.display()
    );
    Ok(place)
}

/// Copies the sample's files, under their new names.
fn copy(
    root: &Path,
    from: &Path,
    to: &Path,
    names: &Names,
    files: &mut Vec<(PathBuf, Vec<u8>)>,
) -> Result<()> {
    let dir = root.join(from);
    let entries = fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut entries: Vec<_> = entries.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let (source, target) = (from.join(&name), names.apply(&name.to_string_lossy()));
        let target = to.join(target);
        if entry.file_type()?.is_dir() {
            copy(root, &source, &target, names, files)?;
            continue;
        }
        let bytes = fs::read(root.join(&source))
            .with_context(|| format!("cannot read {}", source.display()))?;
        let bytes = match String::from_utf8(bytes) {
            Ok(text) if name == "Cargo.toml" => {
                manifest::moved(&names.apply(&text), from, to).into_bytes()
            }
            Ok(text) => names.apply(&text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        files.push((target, bytes));
    }
    Ok(())
}

/// The sample's scenario: the one of the module's name, or of the directory's, or else the first one
/// that loads the module.
fn scenario(root: &Path, kind: &Kind) -> Result<PathBuf> {
    let all = crate::harness::scenario::load(&root.join(SCENARIOS))?;
    let named = |name: &str| all.iter().find(|s| s.name == name);
    let found = named(&kind.module)
        .or_else(|| named(&kind.name))
        .or_else(|| all.iter().find(|s| s.modules.contains(&kind.module)));
    match found {
        Some(scenario) => Ok(scenario.path.strip_prefix(root)?.to_owned()),
        None => bail!(
            "the sample {} has no scenario: {SCENARIOS}/{}.sh",
            kind.name,
            kind.module
        ),
    }
}

#[cfg(test)]
mod tests;
