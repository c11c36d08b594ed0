// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Builds the modules' crates as static libraries.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{CrateType, MetadataCommand};
use serde::Deserialize;

use super::target::{Module, Prepared, Target};
use super::{flags, kbuild};
use crate::ctx::Ctx;
use crate::run;

/// What a module's manifest says below `[package.metadata.ferrite]`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Ferrite {
    panic_sites: Option<u64>,
    c: Vec<String>,
    ktest: Vec<String>,
}

/// All modules of the workspace: the packages that are built as static libraries. One of them may
/// be there twice: as itself, and, with `ktest` set, as the module that runs its tests.
///
/// # Errors
///
/// The workspace is not well formed.
pub fn modules(ctx: &Ctx) -> Result<Vec<Module>> {
    let metadata = MetadataCommand::new()
        .manifest_path(ctx.root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace")?;
    let mut modules = Vec::new();
    for package in &metadata.packages {
        let is_module =
            |target: &&cargo_metadata::Target| target.crate_types.contains(&CrateType::StaticLib);
        let Some(library) = package.targets.iter().find(is_module) else {
            continue;
        };
        let ferrite: Ferrite = match package.metadata.get("ferrite") {
            Some(value) => serde_json::from_value(value.clone())
                .with_context(|| format!("[package.metadata.ferrite] of {}", package.name))?,
            None => Ferrite::default(),
        };
        let name = library.name.replace('-', "_");
        let sources = library.src_path.parent().unwrap_or(&library.src_path);
        let trace = |module: &str| super::trace::find(sources.as_std_path(), module);
        let module = Module {
            package: package.name.to_string(),
            library: format!("lib{name}.a"),
            dir: package_dir(package, &metadata.workspace_root)?.to_string(),
            test_only: package
                .manifest_path
                .strip_prefix(&metadata.workspace_root)
                .is_ok_and(|p| p.starts_with("tests")),
            panic_sites: ferrite.panic_sites,
            c: c_sources(package, &metadata.workspace_root, ferrite.c)?,
            ktest: ferrite.ktest,
            trace: trace(&name)?,
            name,
        };
        if package.features.contains_key("ktest") && module.ktest.is_empty() {
            modules.push(Module {
                name: format!("{}_ktest", module.name),
                test_only: true,
                panic_sites: None,
                ktest: vec![module.name.clone()],
                trace: trace(&format!("{}_ktest", module.name))?,
                ..module.clone()
            });
        }
        modules.push(module);
    }
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(modules)
}

/// The directory of a package, below the top of the tree.
fn package_dir<'a>(
    package: &'a cargo_metadata::Package,
    root: &'a Utf8Path,
) -> Result<&'a Utf8Path> {
    let dir = package.manifest_path.parent().unwrap_or(root);
    dir.strip_prefix(root)
        .context("a package outside of the workspace")
}

/// The paths of a module's own C files, below the top of the tree.
fn c_sources(
    package: &cargo_metadata::Package,
    root: &Utf8Path,
    files: Vec<String>,
) -> Result<Vec<String>> {
    let dir = package_dir(package, root)?;
    Ok(files
        .into_iter()
        .map(|file| dir.join(file).into_string())
        .collect())
}

/// What modules are built for. Each has directories of its own, so that neither makes cargo or
/// Kbuild build the other again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// To be used.
    Plain,
    /// To count which functions run: the same modules, and those that run their own tests.
    Counted,
}

impl Flavour {
    fn dir(self, ctx: &Ctx, target: &Target) -> PathBuf {
        target.dir(ctx).join(match self {
            Self::Plain => "cargo",
            Self::Counted => "cargo-counted",
        })
    }

    /// Where Kbuild works.
    #[must_use]
    pub fn kbuild_dir(self, ctx: &Ctx, target: &Target) -> PathBuf {
        target.dir(ctx).join(match self {
            Self::Plain => "kbuild",
            Self::Counted => "kbuild-counted",
        })
    }
}

/// What makes rustc count which functions run; what reads the counters is ours. The `kernel` crate with
/// its tests goes into several objects: counters make more sections of it than one should have (see
/// [`crate::link`]).
const COVERAGE: &[&str] = &[
    "-Cinstrument-coverage",
    "-Zno-profiler-runtime",
    "-Ccodegen-units=4",
];

/// cargo, set up for this kernel's target.
#[must_use]
pub fn command(
    ctx: &Ctx,
    target: &Target,
    prepared: &Prepared,
    flavour: Flavour,
    subcommand: &str,
) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    let triple = flags::triple(&ctx.root, target.arch);
    command
        .current_dir(&ctx.root)
        .arg(subcommand)
        .args(["--target", &triple]);
    if flags::json_spec(&triple).is_some() {
        command.arg("-Zjson-target-spec");
    }
    for (name, value) in environment(ctx, target, prepared, flavour) {
        command.env(name, value);
    }
    command
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    for name in [
        "MAKEFLAGS",
        "MFLAGS",
        "CARGO_MAKEFLAGS",
        "__CARGO_TEST_LAST_MODIFIED",
    ] {
        command.env_remove(name);
    }
    command
}

/// The environment that makes cargo, or a language server, build for this kernel.
#[must_use]
pub fn environment(
    ctx: &Ctx,
    target: &Target,
    prepared: &Prepared,
    flavour: Flavour,
) -> Vec<(&'static str, OsString)> {
    let mut rust_flags = prepared.rust_flags.clone();
    rust_flags.push(format!("--sysroot={}", prepared.sysroot.path.display()));
    if flags::json_spec(&flags::triple(&ctx.root, target.arch)).is_some() {
        rust_flags.push("-Zunstable-options".to_owned());
    }
    if flavour == Flavour::Counted {
        rust_flags.extend(COVERAGE.iter().map(|&flag| flag.to_owned()));
    }
    vec![
        ("RUSTC_BOOTSTRAP", "1".into()),
        ("CARGO_ENCODED_RUSTFLAGS", rust_flags.join("\x1f").into()),
        ("CARGO_TARGET_DIR", flavour.dir(ctx, target).into()),
        ("FERRITE_BINDINGS", prepared.bindings.clone().into()),
        ("FERRITE_EXAMPLES", prepared.examples.clone().into()),
    ]
}

/// Builds every module's static library; returns them in the order of `modules`.
///
/// # Errors
///
/// The compiler found an error: its messages are in the error.
pub fn build(
    ctx: &Ctx,
    target: &Target,
    prepared: &Prepared,
    flavour: Flavour,
    modules: &[Module],
) -> Result<Vec<PathBuf>> {
    // cargo gives a crate the features that anything asks for that is built with it.
    let (used, tests): (Vec<_>, Vec<_>) = modules.iter().partition(|m| m.ktest.is_empty());
    if !tests.is_empty() {
        build_some(ctx, target, prepared, flavour, &tests)?;
    }
    let dir = flavour
        .dir(ctx, target)
        .join(flags::triple_dir(target.arch))
        .join("module");
    let mut libraries = Vec::new();
    for module in modules {
        libraries.push(if module.ktest.is_empty() {
            dir.join(&module.library)
        } else {
            // It may have the name of one that is built next.
            let kept = dir.join(format!("{}.tests.a", module.name));
            kbuild::link_if_new(&dir.join(&module.library), &kept)?;
            kept
        });
    }
    if !used.is_empty() {
        build_some(ctx, target, prepared, flavour, &used)?;
    }
    Ok(libraries)
}

/// Has cargo work on this module.
pub fn select(command: &mut Command, module: &Module, flavour: Flavour) {
    command.args(["--package", &module.package]);
    if !module.ktest.is_empty() {
        command.args(["--features", &format!("{}/ktest", module.package)]);
    } else if flavour == Flavour::Counted {
        command.args(["--features", "kernel/coverage"]);
    }
}

fn build_some(
    ctx: &Ctx,
    target: &Target,
    prepared: &Prepared,
    flavour: Flavour,
    modules: &[&Module],
) -> Result<()> {
    let mut command = command(ctx, target, prepared, flavour, "build");
    command.args(["--profile", "module"]);
    for module in modules {
        select(&mut command, module, flavour);
    }
    command.args([
        "--color",
        if ctx.ui.is_terminal() {
            "always"
        } else {
            "never"
        },
    ]);
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("cannot run cargo")?;
    let messages = without_llvm_features(&String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        bail!(
            "{}\ncargo failed; to see it alone: {}",
            messages,
            run::describe(&command)
        );
    }
    let is_news = |line: &&str| line.contains("warning:") && !line.contains(" generated ");
    for line in messages.lines().filter(is_news) {
        ctx.ui.line(line);
    }
    Ok(())
}

/// Takes out what rustc says, for each crate, about two features that LLVM knows and it does not.
fn without_llvm_features(messages: &str) -> String {
    let paragraphs = messages
        .split("\n\n")
        .filter(|text| !text.contains("`harden-sls-"));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::without_llvm_features;

    #[test]
    fn only_the_two_features_go() {
        let text = "warning: unknown `-Ctarget-feature`: `harden-sls-ret`\n  = note: x\n\nerror: real\n --> a.rs";
        assert_eq!(without_llvm_features(text), "error: real\n --> a.rs");
    }
}
