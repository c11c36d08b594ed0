// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What `register!` costs: the time that its registers take to compile, and the instructions that
//! they become.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::ctx::Ctx;
use crate::run;

/// What a person calls this benchmark.
pub(super) const NAME: &str = "registers";

/// How many are declared. A chip's list is about as long.
const COUNT: usize = 500;

/// How many stand in one use of the macro.
const TOGETHER: usize = 50;

/// How often each is compiled: the fastest counts.
const REPEATS: usize = 3;

/// `USER_HZ`, which is the same on every x86.
const TICKS: f64 = 100.0;

/// How long the registers take to compile, and how long they may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompileTime {
    /// How many registers.
    pub registers: usize,
    /// What they take of a CPU, beyond an empty crate.
    pub seconds: f64,
}

impl CompileTime {
    /// The most that it may be.
    pub const TARGET: f64 = 2.0;

    /// Whether it is more.
    #[must_use]
    pub fn is_above_target(&self) -> bool {
        self.seconds > Self::TARGET
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mark = if self.is_above_target() { " !" } else { "" };
        let Self { registers, seconds } = self;
        format!("{registers} registers take {seconds:.2} s to compile{mark}")
    }
}

/// The crate `registers`, as it is compiled for modules, but for the host.
#[derive(Debug)]
pub struct Library {
    file: PathBuf,
    rustc: PathBuf,
}

impl Library {
    /// Builds it.
    ///
    /// # Errors
    ///
    /// It does not compile.
    pub fn build(ctx: &Ctx) -> Result<Self> {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        command
            .current_dir(&ctx.root)
            .args(["build", "--quiet", "--package", "registers"])
            .args(["--profile", "module", "--message-format", "json"])
            .arg("--target-dir")
            .arg(ctx.out.join("registers"))
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET");
        let messages = run::output(&mut command).context("cannot build the crate registers")?;
        let file = messages
            .lines()
            .find_map(library)
            .context("cargo made no library of the crate registers")?;
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Ok(Self {
            file,
            rustc: rustc.into(),
        })
    }

    /// Compiles a crate that uses it, as code that goes into a module is compiled.
    fn compile(&self, dir: &Path, source: &str, emit: &str) -> Result<PathBuf> {
        let (from, to) = (dir.join("lib.rs"), dir.join("lib.out"));
        fs::write(&from, source).with_context(|| format!("cannot write {}", from.display()))?;
        let deps = self.file.parent().unwrap_or(dir).join("deps");
        let mut command = Command::new(&self.rustc);
        command
            .args(["--edition", "2024", "--crate-type", "lib"])
            .args(["-Copt-level=2", "-Ccodegen-units=1", "-Cpanic=abort"])
            .args(["-Coverflow-checks=yes", "-Cdebuginfo=0"])
            .args(["-Cllvm-args=-x86-asm-syntax=intel"])
            .arg("--emit")
            .arg(format!("{emit}={}", to.display()))
            .arg(format!("--extern=registers={}", self.file.display()))
            .arg(format!("-Ldependency={}", deps.display()))
            .arg(&from);
        run::quiet(&mut command)?;
        Ok(to)
    }

    /// The instructions of each function that the crate `source` gives a name without mangling.
    ///
    /// # Errors
    ///
    /// It does not compile.
    pub fn assembly(&self, source: &str, function: &str) -> Result<Vec<String>> {
        let dir = tempfile::tempdir()?;
        let file = self.compile(dir.path(), source, "asm")?;
        let text = fs::read_to_string(file)?;
        Ok(instructions(&text, function))
    }

    fn seconds(&self, source: &str) -> Result<f64> {
        let dir = tempfile::tempdir()?;
        let mut least = u64::MAX;
        for _ in 0..REPEATS {
            let start = ticks_of_children()?;
            self.compile(dir.path(), source, "obj")?;
            least = least.min(ticks_of_children()?.saturating_sub(start));
        }
        Ok(least as f64 / TICKS)
    }
}

/// How much of a CPU the programs had that were run and are over: what else the host does makes them
/// take longer, but does not count.
fn ticks_of_children() -> Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    ticks(&stat).context("/proc/self/stat is not what it should be")
}

/// From proc(5): the 16th and the 17th word, counted from the program's name, which may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, words) = stat.rsplit_once(')')?;
    let mut words = words.split_whitespace().skip(13);
    let mut word = || words.next()?.parse::<u64>().ok();
    word()?.checked_add(word()?)
}

/// The library that a message of cargo's is about, if it is the one.
fn library(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != "registers" {
        return None;
    }
    let files = message["filenames"].as_array()?;
    let mut files = files.iter().filter_map(|file| file.as_str());
    files.find(|file| file.ends_with(".rlib")).map(Into::into)
}

/// What is between a function's label and its end, but for what is for the assembler.
fn instructions(assembly: &str, function: &str) -> Vec<String> {
    let label = format!("{function}:");
    assembly
        .lines()
        .skip_while(|line| *line != label)
        .skip(1)
        .take_while(|line| !line.starts_with(".Lfunc_end"))
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty() && !line.starts_with('.') && !line.ends_with(':'))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Compiles them, and an empty crate.
pub(super) fn measure(ctx: &Ctx) -> Result<CompileTime> {
    let step = ctx.ui.step(format!("{COUNT} registers"));
    let library = Library::build(ctx)?;
    let empty = library.seconds("#![no_std]\n")?;
    let full = library.seconds(&declarations(COUNT))?;
    step.finish_and_clear();
    Ok(CompileTime {
        registers: COUNT,
        seconds: (full - empty).max(0.0),
    })
}

/// A crate with so many registers, of the kinds that a chip has.
fn declarations(count: usize) -> String {
    let mut text = String::from("#![no_std]\n");
    for first in (0..count).step_by(TOGETHER) {
        text.push_str("registers::register! {\n");
        for index in first..count.min(first + TOGETHER) {
            let access = ["rw", "ro", "wo", "rw, reset = 0x10"][index % 4];
            let array = if index % 10 == 0 {
                "[4, stride = 8]"
            } else {
                ""
            };
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "    /// Number {index}.\n    pub R{index}(u32, {access}){array} @ {:#x} \
                 {{ 31 busy; 29:20 level; 15:8 count; 4 enabled; 3:0 mode; }}",
                index * 0x20
            );
        }
        text.push_str("}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_are_asked_for() {
        let text = declarations(COUNT);
        assert_eq!(text.matches("(u32, ").count(), COUNT);
        assert_eq!(text.matches("register! {").count(), COUNT / TOGETHER);
        assert!(text.contains("pub R499(u32, rw, reset = 0x10) @ 0x3e60"));
        assert!(text.contains("pub R10(u32, wo)[4, stride = 8] @ 0x140"));
    }

    #[test]
    fn a_function_is_its_instructions() {
        let text = "\
other:
\tnop
.Lfunc_end0:
read:
\t.cfi_startproc
\tmov\teax, dword ptr [rdi + 256]
.LBB0_1:
\tshr\teax, 8 # a remark

\tret
.Lfunc_end1:
\tnop
";
        assert_eq!(
            instructions(text, "read"),
            ["mov eax, dword ptr [rdi + 256]", "shr eax, 8", "ret"]
        );
        assert!(instructions(text, "write").is_empty());
    }

    #[test]
    fn the_library_is_found_among_what_cargo_says() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"registers"},"filenames":["/a/libregisters.rlib","/a/x.rmeta"]}"#;
        assert_eq!(library(line), Some("/a/libregisters.rlib".into()));
        assert_eq!(library(&line.replace("\"registers\"", "\"syn\"")), None);
        assert_eq!(library("{\"reason\":\"build-finished\"}"), None);
    }

    #[test]
    fn the_time_is_that_of_children() {
        let stat = "7 (a ) name) S 1 7 7 0 -1 4194560 21 3 0 0 11 12 13 14 20 0 1 0 9";
        assert_eq!(ticks(stat), Some(13 + 14));
        assert_eq!(ticks("7 (short) S 1"), None);
    }

    #[test]
    fn what_takes_too_long_is_marked() {
        let time = |seconds| CompileTime {
            registers: 500,
            seconds,
        };
        assert_eq!(time(1.5).text(), "500 registers take 1.50 s to compile");
        assert_eq!(time(2.5).text(), "500 registers take 2.50 s to compile !");
    }
}
