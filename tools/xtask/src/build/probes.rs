// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Asks the kernel's headers what they offer.
//!
//! The questions stand in `rust/shims/probes/*.toml`, a file a subsystem, in terms of the macros in
//! `rust/shims/probes.h`. All of them are compiled in one run: each has a line marker of its own,
//! so that an error names the probe that it belongs to. The answers become `HAVE_*` macros that
//! only the C shims see.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::kernel_cc::KernelCc;
use super::stamp::{Inputs, Stamp};
use super::target::Target;

/// One question.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The file that it stands in, without `.toml`.
    #[serde(skip_deserializing)]
    pub subsystem: String,
    /// The macro that answers it, without `HAVE_`.
    pub name: String,
    /// What compiles if the answer is yes.
    pub c: String,
    /// What differs, for the reader of the table.
    pub why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    probe: Vec<Probe>,
}

/// The answers for one kernel.
#[derive(Debug, Clone)]
pub struct Answers {
    /// Every probe with its verdict, in the order of the table.
    pub verdicts: Vec<(Probe, bool)>,
    /// The header that the shims include.
    pub header: PathBuf,
}

/// Reads the tables of all subsystems.
///
/// # Errors
///
/// One is not well formed, or a name stands twice.
pub fn table(root: &Path) -> Result<Vec<Probe>> {
    let dir = root.join("rust/shims/probes");
    let entries = std::fs::read_dir(&dir);
    let entries = entries.with_context(|| format!("cannot read {}", dir.display()))?;
    let paths: Result<BTreeSet<_>, _> = entries.map(|entry| entry.map(|e| e.path())).collect();
    let mut seen = BTreeSet::new();
    let mut probes = Vec::new();
    for path in paths?
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
    {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let table: Table =
            toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        let stem = path.file_stem().unwrap_or_default();
        for mut probe in table.probe {
            probe.subsystem = stem.to_string_lossy().into_owned();
            if !seen.insert(probe.name.clone()) {
                bail!(
                    "the probe {} stands twice, again in {}",
                    probe.name,
                    path.display()
                );
            }
            probes.push(probe);
        }
    }
    Ok(probes)
}

/// The C file that asks all questions at once.
fn source(preamble: &Path, probes: &[Probe]) -> String {
    let mut text = format!("#include \"{}\"\n", preamble.display());
    for probe in probes {
        let marker = format!("#line 1 \"{MARK}{}\"\n", probe.name);
        let macro_name = probe
            .c
            .strip_prefix("MAC(")
            .and_then(|rest| rest.strip_suffix(')'));
        // Writing to a string does not fail.
        let _ = if let Some(name) = macro_name {
            write!(text, "#ifndef {name}\n{marker}#error not defined\n#endif\n")
        } else if probe.c.starts_with("INL(") {
            writeln!(text, "{marker}{};", probe.c)
        } else {
            writeln!(
                text,
                "{marker}static void __maybe_unused probe_{}(void) {{ {}; }}",
                probe.name, probe.c
            )
        };
    }
    text
}

/// Begins the file name in a probe's line marker.
const MARK: &str = "probe:";

/// The probes that the compiler's messages blame; an error outside of all probes is ours.
fn blamed(messages: &str) -> Result<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    for line in messages.lines().filter(|line| line.contains("error:")) {
        match line
            .strip_prefix(MARK)
            .and_then(|rest| rest.split(':').next())
        {
            Some(name) => {
                names.insert(name);
            }
            None => bail!("the probes do not compile: {line}"),
        }
    }
    Ok(names)
}

/// Asks all questions, or reads the answers of last time.
///
/// # Errors
///
/// The table is wrong, or the compiler cannot be run.
pub fn ask(root: &Path, target: &Target, cc: &KernelCc, dir: &Path) -> Result<Answers> {
    let preamble = root.join("rust/shims/probes.h");
    let probes = table(root)?;
    let source = source(&preamble, &probes);
    let header = dir.join("ferrite_probes.h");
    let inputs = Inputs::new()
        .value(&source)
        .contents(&preamble)?
        .value(cc.flags.join(" "))
        .identity(&target.kdir.join("include/config/auto.conf"))?;
    let stamp = Stamp::new(dir, "probes", inputs);
    if !stamp.is_fresh(&[&header]) {
        let file = dir.join("probes.c");
        std::fs::write(&file, &source)?;
        let mut command = cc.command(target);
        command
            .args([
                "-w",
                "-fmax-errors=0",
                "-ftrack-macro-expansion=0",
                "-fsyntax-only",
            ])
            .arg(&file);
        let output = command.output().context("cannot run the C compiler")?;
        let messages = String::from_utf8_lossy(&output.stderr);
        let blamed = blamed(&messages)?;
        if !output.status.success() && blamed.is_empty() {
            bail!("the probes do not compile:\n{messages}");
        }
        let mut text =
            "/* What this kernel's headers offer: generated, see rust/shims/probes. */\n"
                .to_owned();
        for probe in &probes {
            if !blamed.contains(probe.name.as_str()) {
                let _ = writeln!(text, "#define HAVE_{} 1", probe.name);
            }
        }
        std::fs::write(&header, text)?;
        stamp.set()?;
    }
    let text = std::fs::read_to_string(&header)?;
    let yes: BTreeSet<_> = text
        .lines()
        .filter_map(|l| l.strip_prefix("#define HAVE_")?.strip_suffix(" 1"))
        .collect();
    let verdicts = probes.into_iter().map(|probe| {
        let verdict = yes.contains(probe.name.as_str());
        (probe, verdict)
    });
    Ok(Answers {
        verdicts: verdicts.collect(),
        header,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_probe() {
        let text = "In file included from x.h:1:\nprobe:A: In function 'probe_A':\nprobe:A:1:40: error: 'x' undeclared\n";
        assert_eq!(blamed(text).unwrap().into_iter().collect::<Vec<_>>(), ["A"]);
        assert!(blamed("x.h:3:1: error: no such file\n").is_err());
        assert!(blamed("").unwrap().is_empty());
    }

    #[test]
    fn each_kind_of_probe_has_its_scope() {
        let probe = |c: &str| Probe {
            subsystem: String::new(),
            name: "P".to_owned(),
            c: c.to_owned(),
            why: String::new(),
        };
        let text = source(
            Path::new("p.h"),
            &[probe("MAC(X)"), probe("INL(f)"), probe("FN(g)")],
        );
        assert!(text.contains("#ifndef X\n#line 1 \"probe:P\"\n#error"));
        assert!(text.contains("\nINL(f);\n"));
        assert!(text.contains("probe_P(void) { FN(g); }"));
    }
}
