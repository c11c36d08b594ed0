// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Builds and runs `tools/fuzz`, with optimisation and with all checks.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::ctx::Ctx;

/// What `cargo xtask fuzz` understands.
#[derive(Debug, Args)]
pub struct Options {
    /// Targets with one of these in their names [default: all]
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
    /// How many inputs each target is given [default: 100000]
    #[arg(long, value_name = "N")]
    pub cases: Option<u64>,
    /// What the numbers begin with: the same, and the inputs are the same [default: 1]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// End each target after so many seconds, even before all cases
    #[arg(long, value_name = "T")]
    pub seconds: Option<f64>,
    /// How long one input may take, in seconds [default: 20]
    #[arg(long, value_name = "T")]
    pub patience: Option<f64>,
    /// How many at a time [default: processors]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// List the targets
    #[arg(long)]
    pub list: bool,
    /// Try this input alone, on each of the targets
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// Write what came out to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Beginnings of targets that need nothing of xtask, which takes minutes to be optimised.
const WITHOUT_XTASK: &[&str] = &["nova/", "vgpu/", "ring/", "vfio-user/"];

impl Options {
    fn needs_xtask(&self) -> bool {
        let is_other = |filter: &String| !WITHOUT_XTASK.iter().any(|name| filter.starts_with(name));
        self.filters.is_empty() || self.filters.iter().any(is_other)
    }

    /// As the program wants it.
    fn arguments(&self) -> Vec<String> {
        let path = |path: &PathBuf| path.display().to_string();
        let with_values = [
            ("--cases", self.cases.map(|n| n.to_string())),
            ("--seed", self.seed.map(|n| n.to_string())),
            ("--seconds", self.seconds.map(|n| n.to_string())),
            ("--patience", self.patience.map(|n| n.to_string())),
            ("--jobs", self.jobs.map(|n| n.to_string())),
            ("--replay", self.replay.as_ref().map(path)),
            ("--json", self.json.as_ref().map(path)),
        ];
        let mut all = self.filters.clone();
        for (name, value) in with_values {
            all.extend(value.map(|value| format!("{name}={value}")));
        }
        all.extend(self.list.then(|| "--list".to_owned()));
        all
    }
}

/// Builds the program and runs it.
///
/// # Errors
///
/// cargo cannot be run. An input that fails is no error, but the exit code 1.
pub fn run(ctx: &Ctx, options: &Options) -> Result<ExitCode> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .args(["run", "--quiet", "--profile", "fuzz", "--package", "fuzz"])
        .arg("--manifest-path")
        .arg(ctx.root.join("Cargo.toml"));
    if !options.needs_xtask() {
        command.arg("--no-default-features");
    }
    command.arg("--").args(options.arguments());
    command.arg("--out").arg(ctx.out.join("fuzz"));
    let status = command.status().context("cannot run cargo")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(2)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn options_are_passed_on() {
        let words = [
            "x",
            "nova/",
            "vgpu/queue",
            "--cases",
            "1000",
            "--json",
            "a b",
        ];
        let options = Line::parse_from(words).options;
        assert!(!options.needs_xtask());
        let expected = ["nova/", "vgpu/queue", "--cases=1000", "--json=a b"];
        assert_eq!(options.arguments(), expected);
    }

    #[test]
    fn only_some_targets_need_xtask() {
        let needs = |words: &[&str]| {
            let words = ["x"].iter().chain(words);
            Line::parse_from(words).options.needs_xtask()
        };
        assert!(needs(&[]) && needs(&["ktap"]) && needs(&["nova/", "xtask/"]));
        assert!(!needs(&["vfio-user/message"]) && !needs(&["ring/"]));
    }
}
