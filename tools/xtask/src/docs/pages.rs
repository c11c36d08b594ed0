// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! rustdoc for the tree, as it is compiled for one kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::headers;
use crate::build::{self, Target, cargo, flags};
use crate::ctx::Ctx;

/// Makes the pages, and returns the first one's path.
///
/// # Errors
///
/// The build's preparation failed, or rustdoc has something to say about the documentation.
pub fn make(ctx: &Ctx, target: &Target) -> Result<PathBuf> {
    let prepared = build::target::prepare(ctx, target)?;
    let step = ctx
        .ui
        .step(format!("documenting the tree for {}", target.id));
    document(ctx, target, &prepared)?;
    let made = cargo::environment(ctx, target, &prepared, cargo::Flavour::Plain)
        .into_iter()
        .find_map(|(name, value)| (name == "CARGO_TARGET_DIR").then(|| PathBuf::from(value)))
        .context("cargo has no target directory")?
        .join(flags::triple_dir(target.arch))
        .join("doc");
    let pages = ctx.out.join("docs");
    if pages.exists() {
        fs::remove_dir_all(&pages).with_context(|| format!("cannot remove {}", pages.display()))?;
    }
    copy(&made, &pages, &headers::tag(&target.release))?;
    step.finish_and_clear();
    Ok(pages.join("index.html"))
}

/// Whether the documentation of the `kernel` crate, drivers and samples is in order: every link leads
/// somewhere.
///
/// # Errors
///
/// As [`make`].
pub fn check(ctx: &Ctx, target: &Target) -> Result<()> {
    let prepared = build::target::prepare(ctx, target)?;
    document(ctx, target, &prepared)
}

/// Documents all of it.
fn document(ctx: &Ctx, target: &Target, prepared: &build::target::Prepared) -> Result<()> {
    rustdoc(ctx, target, prepared, &["--package", "kernel"], &[])?;
    // What a module has is private to it; its documentation is for who reads its code.
    let mut modules = vec!["--document-private-items".to_owned()];
    for module in cargo::modules(ctx)? {
        if !module.test_only {
            modules.extend(["--package".to_owned(), module.package]);
        }
    }
    let modules: Vec<_> = modules.iter().map(String::as_str).collect();
    // So its page may lead there.
    let private = ["-Arustdoc::private_intra_doc_links"];
    rustdoc(ctx, target, prepared, &modules, &private)
}

fn rustdoc(
    ctx: &Ctx,
    target: &Target,
    prepared: &build::target::Prepared,
    what: &[&str],
    flags: &[&str],
) -> Result<()> {
    let mut command = cargo::command(ctx, target, prepared, cargo::Flavour::Plain, "doc");
    command.args(["--quiet", "--no-deps", "--profile", "module"]);
    command.args(what);
    // rustdoc needs to know all that the compiler is told.
    let environment = cargo::environment(ctx, target, prepared, cargo::Flavour::Plain);
    let mut all = environment
        .into_iter()
        .find_map(|(name, value)| (name == "CARGO_ENCODED_RUSTFLAGS").then_some(value))
        .unwrap_or_default();
    for flag in [
        "-Dwarnings",
        "-Zunstable-options",
        "--enable-index-page",
        // rustdoc takes the flag, and does not count it among those that it compares.
        "-Cunsafe-allow-abi-mismatch=retpoline",
    ]
    .iter()
    .chain(flags)
    {
        all.push("\x1f");
        all.push(flag);
    }
    command
        .env("CARGO_ENCODED_RUSTDOCFLAGS", all)
        .env_remove("RUSTDOCFLAGS");
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("cannot run cargo doc")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Copies the pages, with links to the kernel's files in them.
fn copy(from: &Path, to: &Path, tag: &str) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&source, &target, tag)?;
        } else if source.extension().is_some_and(|e| e == "html") {
            let html = fs::read_to_string(&source)
                .with_context(|| format!("cannot read {}", source.display()))?;
            fs::write(&target, headers::linked(&html, tag))
                .with_context(|| format!("cannot write {}", target.display()))?;
        } else {
            fs::copy(&source, &target)
                .with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}

/// Shows a page in the person's browser.
///
/// # Errors
///
/// There is no program for that.
pub fn open(page: &Path) -> Result<()> {
    let status = Command::new("xdg-open")
        .arg(page)
        .status()
        .context("cannot run xdg-open: open the page by hand, or install xdg-utils")?;
    if !status.success() {
        bail!(
            "xdg-open failed ({status}): open {} by hand",
            page.display()
        );
    }
    Ok(())
}
