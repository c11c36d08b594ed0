// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a run has shown, for people and for machines.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::Outcome;
use super::judge::{Point, Ran, Record, Verdict};
use super::scenario::Expectation;

/// How many lines of a failure are shown; the rest is in the console's log.
const SHOWN: usize = 60;

/// The result of one test.
#[derive(Debug, Clone, Serialize)]
pub struct TestResult {
    /// Its id.
    pub id: String,
    /// What became of it, before expectations.
    pub verdict: Verdict,
    /// What that means for the run.
    #[serde(serialize_with = "as_word")]
    pub outcome: Outcome,
    /// Why.
    pub detail: Vec<String>,
    /// Its points.
    pub points: Vec<Point>,
    /// What it says that it did.
    pub notes: Vec<String>,
    /// Whether its points are tests of their own: those in the sources.
    #[serde(skip)]
    pub unit: bool,
    /// Which counters began to count.
    #[serde(skip)]
    pub ran: Vec<Ran>,
    /// How long it took, in seconds of the guest.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub took: Duration,
    /// The console of its guest.
    pub console: PathBuf,
}

fn as_seconds<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(took.as_secs_f64())
}

fn as_word<S: serde::Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.word())
}

impl Outcome {
    /// One word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED OUT",
            Self::Panicked => "PANICKED",
            Self::Broken => "BROKEN",
        }
    }
}

impl TestResult {
    /// Weighs what became of a test against what was expected.
    #[must_use]
    pub fn new(id: String, record: Record, expect: &Expectation, console: &Path) -> Self {
        let has_words =
            expect.words.is_empty() || record.detail.iter().any(|l| l.contains(&expect.words));
        let mut detail = record.detail;
        let outcome = match record.verdict {
            Verdict::NotRun => Outcome::Broken,
            Verdict::Skipped => Outcome::Passed,
            got if got == expect.verdict && has_words => {
                detail.clear();
                Outcome::Passed
            }
            got if expect.verdict != Verdict::Passed => {
                let wanted = expect.verdict;
                let words = &expect.words;
                detail.insert(
                    0,
                    format!("expected to end as {wanted:?} with '{words}', ended as {got:?}"),
                );
                Outcome::Failed
            }
            Verdict::Panicked => Outcome::Panicked,
            Verdict::TimedOut => Outcome::TimedOut,
            _ => Outcome::Failed,
        };
        Self {
            id,
            verdict: record.verdict,
            outcome,
            detail,
            points: record.points,
            notes: record.notes,
            unit: false,
            ran: record.ran,
            took: record.took,
            console: console.to_owned(),
        }
    }

    /// Whether it did not apply.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.verdict == Verdict::Skipped
    }

    /// `test ID ... ok (1.2 s)`
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("test {} ... ", self.id);
        if self.is_skipped() {
            let _ = write!(line, "ignored, {}", self.detail.join("; "));
        } else {
            let seconds = self.took.as_secs_f64();
            let _ = write!(line, "{} ({seconds:.1} s", self.outcome.word());
            if self.unit {
                let skipped = self.points.iter().filter(|p| p.skipped.is_some()).count();
                let _ = write!(
                    line,
                    "; {} tests, {skipped} of them skipped",
                    self.points.len()
                );
            }
            line.push(')');
        }
        line
    }

    fn explanation(&self) -> String {
        let mut text = format!("---- {} ----\n", self.id);
        for line in self.detail.iter().take(SHOWN) {
            let _ = writeln!(text, "  {line}");
        }
        if self.detail.len() > SHOWN {
            let _ = writeln!(text, "  … {} more lines", self.detail.len() - SHOWN);
        }
        let _ = writeln!(text, "  console: {}", self.console.display());
        text
    }
}

/// How many tests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// As they should.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not at all, for a reason.
    pub skipped: usize,
}

impl Tally {
    /// Counts.
    #[must_use]
    pub fn of(results: &[TestResult]) -> Self {
        let mut tally = Self::default();
        for result in results {
            match result.outcome {
                _ if result.is_skipped() => tally.skipped += 1,
                Outcome::Passed => tally.passed += 1,
                _ => tally.failed += 1,
            }
        }
        tally
    }
}

/// The worst of the outcomes.
#[must_use]
pub fn worst(results: &[TestResult]) -> Outcome {
    let outcomes = results.iter().map(|r| r.outcome);
    outcomes.max().unwrap_or(Outcome::Passed)
}

/// Every failure, explained; nothing if there is none.
#[must_use]
pub fn failures(results: &[TestResult]) -> String {
    let failed = results.iter().filter(|r| r.outcome != Outcome::Passed);
    let failures: Vec<_> = failed.map(TestResult::explanation).collect();
    if failures.is_empty() {
        return String::new();
    }
    format!("\nfailures:\n\n{}", failures.join("\n"))
}

/// What stands at the end: the failures, and the closing lines.
#[must_use]
pub fn summary(results: &[TestResult], took: Duration) -> String {
    let mut text = failures(results);
    let Tally {
        passed,
        failed,
        skipped,
    } = Tally::of(results);
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let _ = writeln!(
        text,
        "\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored; finished in {:.1}s\n\
         {passed} passed, {failed} failed, {skipped} skipped",
        took.as_secs_f64()
    );
    text
}

/// Writes one JSON object a line.
///
/// # Errors
///
/// The file cannot be written.
pub fn write_json(path: &Path, results: &[TestResult]) -> Result<()> {
    let write = || -> Result<()> {
        let mut file = std::io::BufWriter::new(File::create(path)?);
        for result in results {
            serde_json::to_writer(&mut file, result)?;
            writeln!(file)?;
        }
        serde_json::to_writer(&mut file, &Tally::of(results))?;
        writeln!(file)?;
        Ok(file.flush()?)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a JUnit report, one suite for each kernel.
///
/// # Errors
///
/// The file cannot be written.
pub fn write_junit(path: &Path, results: &[TestResult]) -> Result<()> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for result in results {
        let (kernel, name) = result.id.split_once('/').unwrap_or(("", &result.id));
        let text = result.detail.join("\n");
        let mut status = match result.outcome {
            _ if result.is_skipped() => TestCaseStatus::skipped(),
            Outcome::Passed => TestCaseStatus::success(),
            Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            _ => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        if !text.is_empty() {
            status.set_message(result.detail[0].clone());
            status.set_description(text);
        }
        let mut case = TestCase::new(name, status);
        case.set_classname(kernel).set_time(result.took);
        match suites.iter_mut().find(|s| s.name.as_str() == kernel) {
            Some(suite) => {
                suite.add_test_case(case);
            }
            None => {
                let mut suite = TestSuite::new(kernel);
                suite.add_test_case(case);
                suites.push(suite);
            }
        }
    }
    // Only now: a report counts a suite's cases when it takes it.
    let mut report = quick_junit::Report::new("ferrite");
    report.add_test_suites(suites);
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    report
        .serialize(file)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The last lines of a console, for a guest that died before its tests began.
#[must_use]
pub fn tail(console: &Path, lines: usize) -> Vec<String> {
    let bytes = std::fs::read(console).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<_> = text.lines().collect();
    let skip = all.len().saturating_sub(lines);
    all[skip..]
        .iter()
        .map(|l| l.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
