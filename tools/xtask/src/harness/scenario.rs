// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Scenarios: shell scripts with a header that says where and how they run.
//!
//! The header is the run of comment lines at the top; `# key: value` is metadata, any other
//! comment is prose. An unknown key is an error, so that a misspelt one cannot silently change
//! where a test runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::boot;
use super::device::{self, Device};
use super::judge::Verdict;
use crate::kernels::{Arch, KernelSpec};

/// How long a test may take where its header does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// What should come out of a scenario: `pass`, or for the harness's tests of itself something
/// else, with words that the report must hold: `panic: sysrq triggered crash`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Verdict,
    /// What the report must contain; empty if anything will do.
    pub words: String,
}

impl Expectation {
    fn parse(text: &str) -> Result<Self> {
        let (kind, words) = text.split_once(':').unwrap_or((text, ""));
        let verdict = match kind.trim() {
            "pass" => Verdict::Passed,
            "fail" => Verdict::Failed,
            "warn" => Verdict::Complained,
            "panic" => Verdict::Panicked,
            "timeout" => Verdict::TimedOut,
            other => {
                bail!("'{other}' is no outcome; one of pass, fail, warn, panic, timeout is wanted")
            }
        };
        Ok(Self {
            verdict,
            words: words.trim().to_owned(),
        })
    }

    /// Whether the guest dies of it when all goes as expected.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self.verdict, Verdict::Panicked | Verdict::TimedOut)
    }
}

/// One scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file's name without `.sh`.
    pub name: String,
    /// The script.
    pub path: PathBuf,
    /// One line for people.
    pub description: String,
    /// Ids of kernels, architectures, or `all`.
    pub kernels: Vec<String>,
    /// The boot configurations it runs in.
    pub boots: Vec<&'static boot::Config>,
    /// How long it may take under TCG.
    pub timeout: Duration,
    /// Modules of ours that it uses, without `.ko`.
    pub modules: Vec<String>,
    /// Modules of the distribution's kernel that it uses.
    pub stock: Vec<String>,
    /// Modules of the distribution's kernel that it finds in its guest, and loads itself.
    pub brings: Vec<String>,
    /// Whether it needs the modules that run their own tests.
    pub unit: bool,
    /// Whether it needs the disk with the guest tools.
    pub tools: bool,
    /// The devices that its guest must have.
    pub devices: Vec<&'static Device>,
    /// Whether one CPU will do in the default boot: see [`Scenario::cpus`].
    pub one_cpu: bool,
    /// Whether it has a guest to itself, as what it does to its devices lasts.
    pub alone: bool,
    /// Complaints of the kernel that contain one of these are provoked and fail nothing.
    pub allow: Vec<String>,
    /// What the kernel says on its way down, where it is the scenario that powers the guest off.
    pub farewell: Option<String>,
    /// What should come out.
    pub expect: Expectation,
}

impl Scenario {
    /// Reads a scenario's header.
    ///
    /// # Errors
    ///
    /// The header has no description, an unknown key or a wrong value.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let name = path.file_stem().and_then(|s| s.to_str());
        let mut scenario = Self {
            name: name.context("the file's name is not UTF-8")?.to_owned(),
            path: path.to_owned(),
            description: String::new(),
            kernels: vec!["all".into()],
            boots: vec![boot::DEFAULT],
            timeout: DEFAULT_TIMEOUT,
            modules: Vec::new(),
            stock: Vec::new(),
            brings: Vec::new(),
            unit: false,
            tools: false,
            devices: Vec::new(),
            one_cpu: false,
            alone: false,
            allow: Vec::new(),
            farewell: None,
            expect: Expectation::parse("pass")?,
        };
        for (number, line) in text.lines().enumerate() {
            let Some(comment) = line.strip_prefix('#') else {
                break;
            };
            let Some((key, value)) = metadata(comment) else {
                continue;
            };
            scenario
                .set(key, value)
                .with_context(|| format!("{}:{}", path.display(), number + 1))?;
        }
        ensure!(
            !scenario.description.is_empty(),
            "{}: the header has no '# description: …' line",
            path.display()
        );
        Ok(scenario)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let words = || value.split_whitespace().map(str::to_owned).collect();
        match key {
            "description" => self.description = value.to_owned(),
            "kernels" => self.kernels = words(),
            "boot" => {
                self.boots = value
                    .split_whitespace()
                    .map(boot::find)
                    .collect::<Result<_>>()?;
            }
            "timeout" => {
                let seconds = value.parse().ok().filter(|s| (1..=3600).contains(s));
                self.timeout = Duration::from_secs(
                    seconds.context("a time-out is a number of seconds from 1 to 3600")?,
                );
            }
            "modules" => self.modules = words(),
            "stock" => self.stock = words(),
            "brings" => self.brings = words(),
            "unit" => self.unit = yes_or_no(key, value)?,
            "tools" => self.tools = yes_or_no(key, value)?,
            "cpus" => {
                ensure!(
                    matches!(value, "1" | "2"),
                    "'cpus' is 1 or 2, not '{value}'"
                );
                self.one_cpu = value == "1";
            }
            "alone" => self.alone = yes_or_no(key, value)?,
            "device" => self.devices = device::parse(value)?,
            "allow" => {
                ensure!(value.len() >= 8, "'{value}' would allow too much");
                self.allow.push(value.to_owned());
            }
            "farewell" => {
                self.farewell = Some(value.to_owned());
                // Nothing comes after it.
                self.alone = true;
            }
            "expect" => self.expect = Expectation::parse(value)?,
            _ => bail!("there is no key '{key}' in a scenario's header"),
        }
        Ok(())
    }

    /// Devices that are as no other scenario's are, unless that says the same.
    #[must_use]
    pub fn special(&self) -> Vec<&'static Device> {
        let special = self.devices.iter().filter(|device| !device.is_plain());
        special.copied().collect()
    }

    /// How many CPUs its guest has in this boot. Two emulated ones wait for each other for much of the time, so what
    /// is not about two has one in the default boot. All other boots have two.
    #[must_use]
    pub fn cpus(&self, boot: &boot::Config) -> &'static str {
        if self.one_cpu && boot == boot::DEFAULT {
            "1"
        } else {
            "2"
        }
    }

    /// Whether it runs on this kernel.
    #[must_use]
    pub fn runs_on(&self, kernel: &KernelSpec) -> bool {
        self.kernels.iter().any(|wanted| {
            wanted == "all"
                || wanted == kernel.id
                || match kernel.arch {
                    Arch::X86_64 => wanted == "amd64",
                    Arch::I386 => wanted == "i386",
                }
        })
    }
}

fn yes_or_no(key: &str, value: &str) -> Result<bool> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => bail!("'{key}' is yes or no, not '{value}'"),
    }
}

/// `key: value`, where the key is one lower-case word; other comments are prose.
fn metadata(comment: &str) -> Option<(&str, &str)> {
    let (key, value) = comment.strip_prefix(' ')?.split_once(": ")?;
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase());
    is_key.then(|| (key, value.trim()))
}

/// Reads every scenario in a directory, in the order of their names.
///
/// # Errors
///
/// The directory or a file cannot be read, or a header is wrong.
pub fn load(dir: &Path) -> Result<Vec<Scenario>> {
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "sh") {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Scenario::parse(path, &text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Scenario> {
        Scenario::parse(Path::new("x/rnull-fs.sh"), text)
    }

    #[test]
    fn a_whole_header() {
        let s = parse(
            "# SPDX-License-Identifier: GPL-2.0-only\n#\n# description: a file system on rnull\n\
             # It says: nothing.\n# kernels: i386 debian-6.12-amd64\n# boot: default debug\n\
             # timeout: 120\n# modules: rnull\n# brings: nouveau\n# tools: yes\n# device: edu\n# alone: yes\n# expect: panic: sysrq triggered\n\
             # allow: I/O error, dev rnullb0\n\
             set -x\n# timeout: 1\n",
        )
        .unwrap();
        assert_eq!(s.name, "rnull-fs");
        assert_eq!(s.description, "a file system on rnull");
        assert_eq!(
            s.boots.iter().map(|b| b.name).collect::<Vec<_>>(),
            ["default", "debug"]
        );
        assert_eq!(s.timeout, Duration::from_secs(120));
        assert_eq!(s.modules, ["rnull"]);
        assert_eq!(
            (s.stock.len(), &s.brings[..]),
            (0, &["nouveau".to_owned()][..])
        );
        assert!(s.tools && s.alone && s.expect.is_fatal());
        assert_eq!(s.devices, [device::find("edu").unwrap()]);
        assert_eq!(s.expect.words, "sysrq triggered");
        assert_eq!(s.allow, ["I/O error, dev rnullb0"]);
        let on = kernels::KERNELS.iter().filter(|k| s.runs_on(k));
        assert_eq!(
            on.map(|k| k.id).collect::<Vec<_>>(),
            ["debian-6.12-amd64", "debian-6.1-i386"]
        );
    }

    #[test]
    fn nothing_comes_after_a_farewell() {
        let s = parse("# description: x\n# farewell: it is silent\n").unwrap();
        assert!(s.alone && s.farewell.as_deref() == Some("it is silent"));
    }

    #[test]
    fn kernels_are_chosen() {
        let s = parse("# description: x\n# kernels: i386\n").unwrap();
        for kernel in kernels::KERNELS {
            assert_eq!(
                s.runs_on(kernel),
                kernel.arch == Arch::I386,
                "{}",
                kernel.id
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("", "no '# description"),
            ("# description: x\n# kernel: i386\n", "no key 'kernel'"),
            ("# description: x\n# timeout: soon\n", "number of seconds"),
            (
                "# description: x\n# boot: fast\n",
                "no boot configuration 'fast'",
            ),
            ("# description: x\n# expect: luck\n", "no outcome"),
            ("# description: x\n# device: gpu\n", "no device 'gpu'"),
            ("# description: x\n# cpus: 3\n", "'cpus' is 1 or 2"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn ours_are_all_well_formed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/qemu");
        assert!(!load(&root.join("scenarios")).unwrap().is_empty());
        assert!(!load(&root.join("demo")).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,300}") {
            let _ = parse(&text);
        }
    }
}
