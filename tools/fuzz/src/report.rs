// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What came out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::guard::Panic;
use crate::{Target, outcome};

/// An input that fails.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// What it said, and where.
    pub panic: Panic,
    /// The file with the input.
    pub file: PathBuf,
    /// How long that is, in bytes.
    pub size: usize,
    /// The numbers by which it was found, if that is known: seed, lane, case in the lane.
    pub found: Option<(u64, u64, u64)>,
}

impl Failure {
    /// Writes the input to a file.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn new(target: &Target, out: &Path, input: &[u8], panic: Panic) -> Result<Self> {
        fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
        let name = target.name.replace('/', "-");
        let file = out.join(format!("{name}-{:08x}.bin", outcome(input) as u32));
        fs::write(&file, input).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self {
            panic,
            file,
            size: input.len(),
            found: None,
        })
    }

    /// With the numbers by which it was found.
    #[must_use]
    pub fn at(mut self, seed: u64, lane: u64, case: u64) -> Self {
        self.found = Some((seed, lane, case));
        self
    }

    /// For the person who looks.
    #[must_use]
    pub fn text(&self, target: &str) -> String {
        let found = self.found.map_or_else(String::new, |(seed, lane, case)| {
            format!(", found with --seed {seed} (lane {lane}, case {case})")
        });
        format!(
            "{target}: {}\n  in {}\n  with {} bytes{found}\n  again: cargo xtask fuzz {target} --replay {}",
            self.panic.message,
            self.panic.place,
            self.size,
            self.file.display()
        )
    }
}

/// What came out of a target.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Which.
    pub name: String,
    /// How many inputs it was given.
    pub cases: u64,
    /// How long that took, on one processor.
    pub seconds: f64,
    /// How many outcomes there were that can be told apart.
    pub outcomes: usize,
    /// Inputs that failed, one for each place.
    pub failures: Vec<Failure>,
}

impl Report {
    /// `nova/vbios ... ok, 1000 cases in 0.1 s, 12 outcomes`
    #[must_use]
    pub fn line(&self) -> String {
        let Self {
            name,
            cases,
            seconds,
            outcomes,
            failures,
        } = self;
        let verdict = if failures.is_empty() { "ok" } else { "FAILED" };
        let mut text =
            format!("{name} ... {verdict}, {cases} cases in {seconds:.1} s, {outcomes} outcomes");
        for failure in failures {
            text.push('\n');
            text.push_str(&failure.text(name));
        }
        text
    }
}

/// What came out of all.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// What the numbers began with.
    pub seed: u64,
    /// How long it took.
    pub seconds: f64,
    /// Each target.
    pub targets: Vec<Report>,
}

impl Outcome {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.targets.iter().all(|target| target.failures.is_empty())
    }

    /// The last lines.
    #[must_use]
    pub fn summary(&self) -> String {
        let failed = |t: &&Report| !t.failures.is_empty();
        let failed = self.targets.iter().filter(failed).count();
        let cases: u64 = self.targets.iter().map(|target| target.cases).sum();
        format!(
            "{cases} cases of {} targets in {:.1} s, seed {}\n{} passed, {failed} failed",
            self.targets.len(),
            self.seconds,
            self.seed,
            self.targets.len() - failed
        )
    }
}
