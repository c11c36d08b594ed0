// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What goes into a `.ko` must be usable under GPL-2.0-only; host tools may add Apache-2.0. Every
//! source file says under what licence it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{CrateType, DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use spdx::{Expression, LicenseReq};

use crate::ctx::Ctx;
use crate::run;

/// What may be combined with GPL-2.0-only in one work.
const IN_MODULES: &[&str] = &[
    "GPL-2.0-only",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
];

/// What host tools may use beyond that.
const IN_TOOLS: &[&str] = &[
    "Apache-2.0",
    "Unicode-3.0",
    "MPL-2.0",
    "CC0-1.0",
    "Apache-2.0 WITH LLVM-exception",
];

/// Checks both dependency graphs and all files.
///
/// # Errors
///
/// Something has no licence, or one that does not fit: everything wrong is in the message.
pub fn check(ctx: &Ctx) -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(ctx.root.join("Cargo.toml"))
        .exec()
        .context("cannot read the workspace")?;
    let mut wrong = Vec::new();
    let (modules, tools): (Vec<_>, Vec<_>) = metadata
        .workspace_packages()
        .into_iter()
        .partition(|p| in_a_module(p));
    let in_modules: Vec<&str> = IN_MODULES.to_vec();
    let in_tools: Vec<&str> = IN_MODULES.iter().chain(IN_TOOLS).copied().collect();
    graph(&metadata, &modules, &in_modules, "in a module", &mut wrong)?;
    graph(&metadata, &tools, &in_tools, "in a tool", &mut wrong)?;
    files(&ctx.root, &mut wrong)?;
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{}", wrong.join("\n"))
}

/// Modules, and the crates that only modules are made of.
fn in_a_module(package: &Package) -> bool {
    let is_module = package
        .targets
        .iter()
        .any(|target| target.crate_types.contains(&CrateType::StaticLib));
    is_module || matches!(package.name.as_str(), "kernel" | "bindings")
}

/// Checks what `roots` are linked with. A procedural macro runs on the host: it counts as a tool.
fn graph(
    metadata: &Metadata,
    roots: &[&Package],
    allowed: &[&str],
    place: &str,
    wrong: &mut Vec<String>,
) -> Result<()> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("cargo resolved no dependencies")?;
    let edges: BTreeMap<&PackageId, Vec<&PackageId>> = resolve
        .nodes
        .iter()
        .map(|node| {
            let linked = |dep: &&cargo_metadata::NodeDep| {
                dep.dep_kinds
                    .iter()
                    .any(|k| k.kind == DependencyKind::Normal)
            };
            (
                &node.id,
                node.deps
                    .iter()
                    .filter(linked)
                    .map(|dep| &dep.pkg)
                    .collect(),
            )
        })
        .collect();
    let in_tool = place == "in a tool";
    let mut seen = BTreeSet::new();
    let mut open: Vec<&PackageId> = roots.iter().map(|package| &package.id).collect();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let package = &metadata[id];
        let is_macro = package
            .targets
            .iter()
            .any(|target| target.crate_types.contains(&CrateType::ProcMacro));
        if is_macro && !in_tool {
            continue;
        }
        let licence = package.license.clone().unwrap_or_default();
        if !fits(&licence, allowed) {
            wrong.push(format!(
                "{} {} ({place}): '{licence}' does not fit",
                package.name, package.version
            ));
        }
        open.extend(edges.get(id).into_iter().flatten().copied());
    }
    Ok(())
}

/// Whether a licence expression can be met with the allowed licences.
fn fits(expression: &str, allowed: &[&str]) -> bool {
    // Some old packages write `MIT/Apache-2.0`.
    let expression = expression.replace('/', " OR ");
    let Ok(expression) = Expression::parse(&expression) else {
        return false;
    };
    expression
        .evaluate(|wanted: &LicenseReq| allowed.iter().any(|name| wanted.to_string() == *name))
}

/// Every source file names its licence in its first lines.
fn files(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let list = run::output(std::process::Command::new("git").arg("-C").arg(root).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    for name in list.lines().filter(|name| needs_licence(name)) {
        let Ok(text) = fs::read_to_string(root.join(name)) else {
            continue;
        };
        if !text
            .lines()
            .take(3)
            .any(|line| line.contains("SPDX-License-Identifier: "))
        {
            wrong.push(format!("{name}: no SPDX-License-Identifier"));
        }
    }
    Ok(())
}

fn needs_licence(name: &str) -> bool {
    let file = Path::new(name);
    let by_ending = file.extension().is_some_and(|e| {
        ["rs", "c", "h", "toml", "sh", "S", "py"]
            .iter()
            .any(|known| e == *known)
    });
    by_ending
        || matches!(
            file.file_name().and_then(|n| n.to_str()),
            Some("Makefile" | "Kbuild" | "run" | "init")
        )
}

#[cfg(test)]
mod tests {
    use super::{IN_MODULES, fits, needs_licence};

    #[test]
    fn what_may_be_in_a_module() {
        assert!(fits("MIT OR Apache-2.0", IN_MODULES));
        assert!(fits("MIT/Apache-2.0", IN_MODULES));
        assert!(fits("BSD-2-Clause OR Apache-2.0 OR MIT", IN_MODULES));
        assert!(!fits("Apache-2.0", IN_MODULES));
        assert!(!fits("MIT AND Apache-2.0", IN_MODULES));
        assert!(!fits("MPL-2.0", IN_MODULES));
        assert!(!fits("", IN_MODULES));
    }

    #[test]
    fn which_files_name_a_licence() {
        assert!(needs_licence("rust/kernel/src/lib.rs"));
        assert!(needs_licence("Kbuild"));
        assert!(!needs_licence("README.md"));
    }
}
