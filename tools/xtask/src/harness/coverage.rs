// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which public items of the `kernel` crate the tests of a kernel have run, and which not.
//!
//! A function has run if one of its counters has counted, in a module of a test or in one that a
//! scenario used. What leaves no code behind to count in (a constant, a macro, a type or a trait
//! without functions, a function that only the compiler calls) has been used if its name stands in
//! a test or in an example that ran, or in the sources of a module that a scenario used.
//!
//! In a run of all tests an item that did not run is a failure of that kernel, unless it is listed
//! among those that no test can run; and a listed one that ran, or that is not there, is one, too.
//!
//! Of drivers it says how much of each function has run ([`drivers`]).

mod drivers;
mod homes;
mod not_run;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use self::drivers::Drivers;
use self::not_run::NotRun;
use super::judge::{Point, Verdict};
use super::report::TestResult;
use super::{Built, CountedModule, Outcome};
use crate::ctx::Ctx;
use crate::docs::examples;
use crate::docs::source::{self, Crate, Entry, Kind};
use crate::link::coverage::{self, Counted};

/// Who ran what, on one kernel.
#[derive(Debug, Default)]
struct Ran {
    /// Functions, by their paths without parameters, with the test that ran each first.
    functions: BTreeMap<String, String>,
    /// Names in the sources of tests and examples that ran, with one of these.
    names: BTreeMap<String, String>,
}

/// The functions of one module that counts.
#[derive(Debug)]
struct Functions {
    list: Vec<Counted>,
    /// Every name in its sources, if it is a module to be used.
    names: BTreeSet<String>,
}

impl Functions {
    fn read(module: &CountedModule) -> Result<Self> {
        let text = fs::read_to_string(&module.counters)
            .with_context(|| format!("cannot read {}", module.counters.display()))?;
        let mut names = BTreeSet::new();
        if let Some(dir) = &module.sources {
            names_below(dir, &mut names)?;
        }
        Ok(Self {
            list: coverage::parse(&text)?,
            names,
        })
    }
}

/// Every name in the sources below a directory.
fn names_below(dir: &Path, names: &mut BTreeSet<String>) -> Result<()> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            names_below(&path, names)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            names.extend(words(&fs::read_to_string(&path)?).map(str::to_owned));
        }
    }
    Ok(())
}

/// The public items, and who ran them.
#[derive(Debug)]
pub struct Coverage {
    items: Vec<Entry>,
    /// The methods whose paths in the sources are not those by which the compiler knows them.
    elsewhere: BTreeMap<String, String>,
    kernels: BTreeMap<String, Ran>,
    drivers: Drivers,
    not_run: NotRun,
    console: PathBuf,
}

/// Looks up what the counters of these results mean.
///
/// # Errors
///
/// The sources, the lists of counters or the list of what no test can run cannot be read.
pub fn of<'a>(
    ctx: &Ctx,
    kernels: impl Iterator<Item = (&'static str, &'a Built)>,
    results: &[TestResult],
) -> Result<Coverage> {
    let source = source::read(&ctx.root, Path::new("rust/kernel/src/lib.rs"), "kernel")?;
    let mut coverage = Coverage {
        items: Vec::new(),
        elsewhere: homes::elsewhere(&source),
        kernels: BTreeMap::new(),
        drivers: Drivers::default(),
        not_run: NotRun::read(&ctx.root)?,
        console: ctx.out.join("coverage.md"),
    };
    for (kernel, built) in kernels {
        let mut counters = BTreeMap::new();
        for module in &built.counters {
            let functions = Functions::read(module)?;
            let drivers = &mut coverage.drivers;
            drivers.add(&ctx.root, kernel, module, &functions, results);
            counters.insert(module.name.as_str(), functions);
        }
        let ran = Ran::gather(kernel, results, &counters, &source);
        coverage.kernels.insert(kernel.to_owned(), ran);
    }
    let public = |entry: &Entry| entry.public && entry.kind != Kind::Module;
    coverage.items = source.entries.into_iter().filter(public).collect();
    Ok(coverage)
}

impl Ran {
    fn gather(
        kernel: &str,
        results: &[TestResult],
        counters: &BTreeMap<&str, Functions>,
        source: &Crate,
    ) -> Self {
        let mut ran = Self::default();
        let of_kernel = |r: &&TestResult| r.id.split_once('/').is_some_and(|(id, _)| id == kernel);
        let examples = examples::all(&source.entries);
        for result in results.iter().filter(of_kernel) {
            let scenario = result.id.split_once('/').map_or("", |(_, name)| name);
            for group in &result.ran {
                let by = group.point.as_deref().unwrap_or(scenario);
                let Some(functions) = counters.get(group.module.as_str()) else {
                    continue;
                };
                for name in &functions.names {
                    ran.name(name, by);
                }
                for counted in &functions.list {
                    if group.counters.iter().any(|c| counted.range.contains(c)) {
                        for path in paths(&counted.function) {
                            ran.functions.entry(path).or_insert_with(|| by.to_owned());
                        }
                    }
                }
            }
            let points = result.points.iter().filter(|p| p.ok && p.skipped.is_none());
            for point in points {
                ran.read(point, &examples, source);
            }
        }
        ran
    }

    /// Notes the names in the source of a test that ran.
    fn read(&mut self, point: &Point, examples: &[examples::Example], source: &Crate) {
        let mut note = |name: &str| self.name(name, &point.name);
        if let Some(example) = examples.iter().find(|e| e.name() == point.name) {
            words(&example.code).for_each(&mut note);
        }
        for tests in &source.tests {
            if point.name.starts_with(&format!("{}::", tests.path)) {
                tests.names.iter().map(String::as_str).for_each(&mut note);
            }
        }
    }

    fn name(&mut self, name: &str, by: &str) {
        if !self.names.contains_key(name) {
            self.names.insert(name.to_owned(), by.to_owned());
        }
    }

    /// The test that ran an item.
    fn by(&self, item: &Entry) -> Option<&str> {
        let named = || {
            let name = item.path.rsplit("::").next().unwrap_or_default();
            self.names.get(name).map(String::as_str)
        };
        let inside = || {
            let start = format!("{}::", item.path);
            let (path, by) = self.functions.range(start.clone()..).next()?;
            path.starts_with(&start).then_some(by.as_str())
        };
        match item.kind {
            Kind::Function | Kind::Method => {
                let by = self.functions.get(&item.path).map(String::as_str);
                if item.constant { by.or_else(named) } else { by }
            }
            Kind::Type | Kind::Trait => inside().or_else(named),
            Kind::Constant | Kind::Macro | Kind::Module => named(),
        }
    }
}

/// The identifiers in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

impl Coverage {
    /// Of each kernel: whether every public item ran that a test can run.
    #[must_use]
    pub fn results(&self) -> Vec<TestResult> {
        let result = |(kernel, ran): (&String, &Ran)| {
            let wrong = self.wrong(ran);
            let (verdict, outcome) = if wrong.is_empty() {
                (Verdict::Passed, Outcome::Passed)
            } else {
                (Verdict::Failed, Outcome::Failed)
            };
            TestResult {
                id: format!("{kernel}/coverage"),
                verdict,
                outcome,
                detail: wrong,
                points: Vec::new(),
                notes: Vec::new(),
                unit: false,
                ran: Vec::new(),
                took: Duration::ZERO,
                console: self.console.clone(),
            }
        };
        self.kernels.iter().map(result).collect()
    }

    /// The test that ran an item on a kernel.
    fn by<'a>(&'a self, ran: &'a Ran, item: &Entry) -> Option<&'a str> {
        ran.by(item).or_else(|| {
            let path = self.elsewhere.get(&item.path)?;
            ran.functions.get(path).map(String::as_str)
        })
    }

    /// What did not run on a kernel and should have, and what is listed in vain.
    fn wrong(&self, ran: &Ran) -> Vec<String> {
        let missing = |item: &&Entry| self.by(ran, item).is_none() && !self.not_run.has(&item.path);
        let missing = self.items.iter().filter(missing).map(|item| {
            let (file, line) = (item.file.display(), item.line);
            format!("no test and no example ran {} ({file}:{line})", item.path)
        });
        let by = |path: &str| -> Option<Option<&str>> {
            let mut items = self.items.iter().filter(|item| item.path == path);
            let first = items.next()?;
            let by = |item| self.by(ran, item);
            Some(by(first).or_else(|| items.find_map(by)))
        };
        missing.chain(self.not_run.in_vain(by)).collect()
    }

    /// Writes the page; says where.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, ctx: &Ctx) -> Result<String> {
        let path = ctx.out.join("coverage.md");
        fs::write(&path, self.page())
            .with_context(|| format!("cannot write {}", path.display()))?;
        let count = self.items.len();
        let ran: Vec<_> = self
            .kernels
            .iter()
            .map(|(kernel, ran)| {
                let ran = self.items.iter().filter(|i| self.by(ran, i).is_some());
                format!("{} on {kernel}", ran.count())
            })
            .collect();
        Ok(format!(
            "of {count} public items ran: {}; {} says which",
            ran.join(", "),
            path.display()
        ))
    }

    fn page(&self) -> String {
        let mut text = "# What the tests run\n\n\
             Generated by `cargo xtask test`: every public item of the `kernel` crate, with the test or the example\n\
             that was the first to run it, on each kernel.\n\n"
            .to_owned();
        // Writing to a string does not fail.
        let kernels: Vec<_> = self.kernels.keys().map(String::as_str).collect();
        let _ = writeln!(text, "| item | {} |", kernels.join(" | "));
        let _ = writeln!(text, "|---|{}", "---|".repeat(kernels.len()));
        for item in &self.items {
            let _ = write!(text, "| `{}` |", item.path);
            for ran in self.kernels.values() {
                let by = match (self.by(ran, item), self.not_run.reason(&item.path)) {
                    (Some(by), _) => by.to_owned(),
                    (None, Some(reason)) => format!("nothing can: {reason}"),
                    (None, None) => "**nothing**".to_owned(),
                };
                let _ = write!(text, " {by} |");
            }
            text.push('\n');
        }
        text.push_str(&self.drivers.page());
        text
    }
}

/// The paths by which a function can be looked for: `<a::T<u8> as b::R>::f` is `a::T::f` and
/// `b::R::f`.
fn paths(function: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let Some(rest) = function.strip_prefix('<') else {
        paths.insert(path_of(function));
        return paths;
    };
    let Some(end) = closing(rest) else {
        return paths;
    };
    let (inner, method) = (&rest[..end], &rest[end + 1..]);
    let method = path_of(method.trim_start_matches("::"));
    let method = method.split("::").next().unwrap_or_default();
    for part in halves(inner) {
        paths.insert(format!("{}::{method}", path_of(part)));
    }
    paths
}

/// Both sides of ` as `, or the whole.
fn halves(inner: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' if !inner[..at].ends_with('-') => depth = depth.saturating_sub(1),
            ')' | ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && inner[at..].starts_with(" as ") => {
                return vec![&inner[..at], &inner[at + 4..]];
            }
            _ => {}
        }
    }
    vec![inner]
}

/// Where the bracket closes that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if !text[..at].ends_with('-') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// A path without parameters, references and closures.
fn path_of(text: &str) -> String {
    let text = text.trim_start_matches(['&', '*', '(']);
    let text = ["mut ", "const ", "dyn "]
        .iter()
        .fold(text, |text, word| text.strip_prefix(word).unwrap_or(text));
    let mut path = String::new();
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if !text[..at].ends_with('-') => depth = depth.saturating_sub(1),
            _ if depth == 0 => path.push(c),
            _ => {}
        }
    }
    let parts = path
        .split("::")
        .take_while(|part| !part.starts_with('{'))
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("::")
}

#[cfg(test)]
mod tests;
