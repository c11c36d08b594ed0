// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The kernel's own build, run once for all modules: shims, link, objtool, modpost, `.ko`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use super::cargo::Flavour;
use super::stamp::{Inputs, Stamp};
use super::target::{Built, Module, Prepared, Target};
use crate::ctx::Ctx;
use crate::{link, run};

/// Runs Kbuild on the static libraries, unless nothing has changed since it last did.
///
/// # Errors
///
/// The shims do not compile, a link check fails, or modpost or objtool has something to say.
pub fn run(
    ctx: &Ctx,
    target: &Target,
    prepared: &Prepared,
    flavour: Flavour,
    modules: &[Module],
    libraries: &[PathBuf],
) -> Result<Built> {
    let dir = flavour.kbuild_dir(ctx, target);
    let mut inputs = Inputs::new()
        .identity(&std::env::current_exe()?)?
        .contents(&ctx.root.join("Kbuild"))?
        .contents(&prepared.answers.header)?
        .identity(&target.kdir.join("Module.symvers"))?;
    for (module, library) in modules.iter().zip(libraries) {
        inputs = inputs.value(format!("{module:?}")).identity(library)?;
    }
    for source in sources(&ctx.root)? {
        inputs = inputs.contents(&source)?;
    }
    for file in modules.iter().flat_map(|module| &module.c) {
        inputs = inputs.contents(&ctx.root.join(file))?;
    }
    let stamp = Stamp::new(&dir, "kbuild", inputs);
    let built = Built {
        modules: modules
            .iter()
            .map(|m| (m.clone(), dir.join(format!("{}.ko", m.name))))
            .collect(),
        kbuild: dir.clone(),
    };
    let outputs: Vec<&Path> = built.modules.iter().map(|(_, ko)| ko.as_path()).collect();
    if stamp.is_fresh(&outputs) {
        return Ok(built);
    }
    place(prepared, flavour, modules, libraries, &dir.join(".ferrite"))?;
    fs::write(dir.join("Kbuild"), "include $(FERRITE_SRC)/Kbuild\n")?;
    let mut command = target.make(&dir);
    command
        .arg(format!("FERRITE_SRC={}", ctx.root.display()))
        .arg(format!(
            "FERRITE_XTASK={}",
            std::env::current_exe()?.display()
        ))
        .arg(format!(
            "-j{}",
            std::thread::available_parallelism().map_or(1, usize::from)
        ))
        .arg("modules");
    let log = dir.join("kbuild.log");
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("cannot run make")?;
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    fs::write(&log, &text)?;
    let text = String::from_utf8_lossy(&text);
    if !output.status.success() {
        bail!(
            "{text}\nKbuild failed; the command was: {}",
            run::describe(&command)
        );
    }
    let warnings: Vec<_> = text.lines().filter(|line| is_warning(line)).collect();
    if !warnings.is_empty() {
        bail!(
            "Kbuild warned, and a warning here is a crash later:\n{}\nthe whole log: {}",
            warnings.join("\n"),
            log.display()
        );
    }
    for line in text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("ferrite: "))
    {
        ctx.ui.line(format!("  {line}"));
    }
    for ko in outputs {
        strip(target, ko)?;
        let module = fs::read(ko).with_context(|| format!("cannot read {}", ko.display()))?;
        link::nops::verify(&module).with_context(|| format!("in {}", ko.display()))?;
    }
    stamp.set()?;
    Ok(built)
}

/// Takes debug information out of a module: there is none but that of the stub which Kbuild adds.
/// A signature goes, too.
///
/// # Errors
///
/// The toolchain has no `strip`, or it fails.
pub fn strip(target: &Target, ko: &Path) -> Result<()> {
    let dir = ko.parent().unwrap_or(ko);
    run::quiet(
        target
            .toolchain
            .command("strip", dir)
            .arg("--strip-debug")
            .arg(ko),
    )
}

/// Puts what Kbuild needs from us where it looks for it, leaving alone what has not changed.
///
/// # Errors
///
/// A file cannot be written.
pub fn place(
    prepared: &Prepared,
    flavour: Flavour,
    modules: &[Module],
    libraries: &[PathBuf],
    output: &Path,
) -> Result<()> {
    let rust = output.join("rust");
    fs::create_dir_all(&rust).with_context(|| format!("cannot create {}", rust.display()))?;
    for (module, library) in modules.iter().zip(libraries) {
        link_if_new(library, &rust.join(format!("{}.a", module.name)))?;
    }
    let trace = output.join("trace");
    fs::create_dir_all(&trace).with_context(|| format!("cannot create {}", trace.display()))?;
    for module in modules {
        if let Some(files) = &module.trace {
            write_if_new(
                &trace.join(format!("{}_trace.h", module.name)),
                &files.header,
            )?;
            write_if_new(
                &trace.join(format!("{}_trace.c", module.name)),
                &files.source,
            )?;
        }
    }
    link_if_new(&prepared.answers.header, &output.join("ferrite_probes.h"))?;
    write_if_new(&output.join("modules.mk"), &modules_mk(flavour, modules))
}

/// What Kbuild has to know of the modules, as a makefile.
fn modules_mk(flavour: Flavour, modules: &[Module]) -> String {
    let names: Vec<_> = modules.iter().map(|m| m.name.as_str()).collect();
    let mut text = format!(
        "# What the modules' manifests say: generated.\nFERRITE_MODULES := {}\n",
        names.join(" ")
    );
    for module in modules {
        let name = &module.name;
        // Writing to a string does not fail.
        let limit = module.panic_sites.filter(|_| flavour == Flavour::Plain);
        let mut link: Vec<_> = limit
            .map(|limit| format!("--panic-sites={limit}"))
            .into_iter()
            .collect();
        link.extend(module.ktest.iter().map(|name| format!("--ktest={name}")));
        if flavour == Flavour::Counted {
            link.push("--counted".to_owned());
        }
        if !link.is_empty() {
            let _ = writeln!(text, "FERRITE_LINK_{name} := {}", link.join(" "));
        }
        if !module.c.is_empty() {
            let _ = writeln!(text, "FERRITE_C_{name} := {}", module.c.join(" "));
        }
        if module.trace.is_some() {
            let _ = writeln!(text, "FERRITE_TRACE_{name} := y");
        }
    }
    text
}

/// Writes a file, unless that is what it says already.
///
/// # Errors
///
/// It cannot be written.
pub fn write_if_new(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// What objtool, modpost, ld or the compiler say when something is wrong with a module.
fn is_warning(line: &str) -> bool {
    let harmless = [
        "forcing --link",
        "Skipping BTF generation",
        "the compiler differs",
        "was built by",
        "You are using",
    ];
    (line.contains("warning:") || line.contains("WARNING:"))
        && !harmless.iter().any(|text| line.contains(text))
}

/// Gives `from` a second name, if it is another file than what has that name now: Kbuild goes by
/// times, and an unchanged library must keep its own.
pub(super) fn link_if_new(from: &Path, to: &Path) -> Result<()> {
    let source = fs::metadata(from).with_context(|| format!("cargo made no {}", from.display()))?;
    if let Ok(old) = fs::metadata(to)
        && old.len() == source.len()
        && old.modified()? == source.modified()?
    {
        return Ok(());
    }
    let _ = fs::remove_file(to);
    fs::hard_link(from, to)
        .or_else(|_| fs::copy(from, to).map(drop))
        .with_context(|| format!("cannot write {}", to.display()))
}

/// The shims and their headers.
fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let dir = root.join("rust/shims");
    let entries = fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "c" || e == "h"));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{Flavour, Module, is_warning, modules_mk};

    #[test]
    fn the_makefile_holds_what_the_manifests_say() {
        let module = |name: &str, panic_sites, c: &[&str]| Module {
            package: name.to_owned(),
            name: name.to_owned(),
            test_only: false,
            panic_sites,
            ktest: Vec::new(),
            library: String::new(),
            dir: String::new(),
            c: c.iter().map(|&file| file.to_owned()).collect(),
            trace: None,
        };
        let modules = [module("a", Some(3), &[]), module("b", None, &["x/b.c"])];
        let text = modules_mk(Flavour::Plain, &modules);
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "FERRITE_MODULES := a b",
                "FERRITE_LINK_a := --panic-sites=3",
                "FERRITE_C_b := x/b.c",
            ]
        );
    }

    #[test]
    fn warnings_and_what_only_looks_like_one() {
        assert!(is_warning("x.o: warning: objtool: f() falls through"));
        assert!(is_warning("WARNING: modpost: missing MODULE_DESCRIPTION()"));
        assert!(!is_warning(
            "warning: the compiler differs from the one used to build the kernel"
        ));
        assert!(!is_warning("  CC [M]  warning.o"));
    }
}
