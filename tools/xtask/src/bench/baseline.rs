// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The committed results, and whether new ones are worse.
//!
//! Ratios are compared wherever a case is in both, and what is in one of them alone is told: a case
//! that is no longer counted would never become worse. Counts depend on compilers and on the kernel,
//! so they are compared only where those are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::results::{Case, KernelFacts, RUST, Ratio, Results};
use crate::ctx::Ctx;

/// Where it lies.
const FILE: &str = "tests/qemu/bench/baseline.json";

/// How much worse than it anything may be.
const TOLERANCE: f64 = 0.01;

/// What is committed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Baseline {
    rustc: String,
    kernels: BTreeMap<String, KernelFacts>,
    /// By kernel and case.
    cases: BTreeMap<String, Entry>,
    /// What benchmarks have counted themselves, by kernel and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// Whether a quick run has it.
    #[serde(default)]
    quick: bool,
    /// What the Rust costs.
    own: f64,
    inclusive: f64,
    /// Compared with what.
    ratios: BTreeMap<String, Ratio>,
}

/// Which cases a run was asked for.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    /// Those of quick runs alone.
    pub(super) quick: bool,
    /// Those alone whose names hold one of these words, if there are any.
    pub(super) filter: &'a [String],
}

impl Asked<'_> {
    fn has(&self, name: &str, entry: &Entry) -> bool {
        let is_named = self.filter.is_empty() || self.filter.iter().any(|word| name.contains(word));
        is_named && (entry.quick || !self.quick)
    }
}

impl Entry {
    fn new(case: &Case, quick: bool) -> Option<Self> {
        let rust = case.sides.get(RUST)?;
        let ratios = case
            .others()
            .filter_map(|side| Some((side.to_owned(), case.ratio(side)?)));
        Some(Self {
            quick,
            own: rust.own,
            inclusive: rust.inclusive,
            ratios: ratios.collect(),
        })
    }
}

fn key(case: &Case) -> String {
    format!("{} {}", case.kernel, case.name)
}

/// The kernel and the benchmark of a case, as both are in its key.
fn benchmark(key: &str) -> &str {
    key.split('/').next().unwrap_or(key)
}

fn read(ctx: &Ctx) -> Result<Baseline> {
    let path = ctx.root.join(FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {FILE}"))?;
    serde_json::from_str(&text).with_context(|| format!("{FILE} is damaged"))
}

/// Writes the cases of this run into the file, and leaves those of others of the same compiler.
pub(super) fn save(ctx: &Ctx, results: &Results, asked: &Asked<'_>) -> Result<()> {
    let mut baseline = read(ctx).unwrap_or_default();
    if baseline.rustc != results.environment.rustc {
        baseline = Baseline::default();
    }
    baseline.rustc.clone_from(&results.environment.rustc);
    for (id, facts) in &results.kernels {
        if baseline.kernels.insert(id.clone(), facts.clone()).as_ref() != Some(facts) {
            let is_others = |key: &String| !key.starts_with(&format!("{id} "));
            baseline.cases.retain(|key, _| is_others(key));
            baseline.values.retain(|key, _| is_others(key));
        }
    }
    for case in &results.cases {
        let key = key(case);
        let quick = asked.quick || baseline.cases.get(&key).is_some_and(|old| old.quick);
        baseline
            .cases
            .extend(Entry::new(case, quick).map(|entry| (key, entry)));
    }
    for value in &results.values {
        let key = format!("{} {}", value.kernel, value.name);
        if value.is_gated() {
            baseline.values.insert(key, value.number);
        } else {
            baseline.values.remove(&key);
        }
    }
    let text = serde_json::to_string_pretty(&baseline)? + "\n";
    fs::write(ctx.root.join(FILE), text).with_context(|| format!("cannot write {FILE}"))?;
    ctx.ui.line(format!("written to {FILE}"));
    Ok(())
}

/// What is worse than the committed results, or cannot be compared with them, one line each.
pub(super) fn compare(ctx: &Ctx, results: &Results, asked: &Asked<'_>) -> Result<Vec<String>> {
    Ok(worse(&read(ctx)?, results, asked))
}

fn worse(baseline: &Baseline, results: &Results, asked: &Asked<'_>) -> Vec<String> {
    let is_same = |kernel: &str| {
        baseline.rustc == results.environment.rustc
            && baseline.kernels.get(kernel) == results.kernels.get(kernel)
    };
    let mut lines = missing(baseline, results, asked);
    for case in &results.cases {
        if let Some(old) = baseline.cases.get(&key(case)) {
            worse_case(&mut lines, case, old, is_same(&case.kernel));
        }
    }
    for value in results.values.iter().filter(|value| value.is_gated()) {
        let key = format!("{} {}", value.kernel, value.name);
        match baseline.values.get(&key) {
            Some(was) if is_same(&value.kernel) => {
                let is = value.number;
                if is > was * (1.0 + TOLERANCE) {
                    let unit = &value.unit;
                    lines.push(format!("{key}: {unit} was {was:.3} and is {is:.3}"));
                }
            }
            None if baseline.kernels.contains_key(&value.kernel) => {
                lines.push(format!("{key}: nothing is committed to compare it with"));
            }
            _ => {}
        }
    }
    lines
}

/// What is in the run or in the committed results alone, of the kernels and benchmarks that were run.
fn missing(baseline: &Baseline, results: &Results, asked: &Asked<'_>) -> Vec<String> {
    let run: BTreeSet<_> = results.cases.iter().map(key).collect();
    let benchmarks: BTreeSet<_> = run.iter().map(|key| benchmark(key)).collect();
    let known: BTreeSet<_> = baseline.cases.keys().map(|key| benchmark(key)).collect();
    let mut lines = Vec::new();
    for name in benchmarks.difference(&known) {
        lines.push(format!("{name}: nothing of it is committed"));
    }
    for key in &run {
        if known.contains(benchmark(key)) && !baseline.cases.contains_key(key) {
            lines.push(format!("{key}: nothing is committed to compare it with"));
        }
    }
    for (key, entry) in &baseline.cases {
        let name = key.split_once(' ').map_or("", |(_, name)| name);
        if benchmarks.contains(benchmark(key)) && !run.contains(key) && asked.has(name, entry) {
            lines.push(format!("{key}: it is committed, and was not counted"));
        }
    }
    lines
}

/// What of a case is worse than it was. `is_same`: compilers and kernel are, so that counts can be
/// compared.
fn worse_case(lines: &mut Vec<String>, case: &Case, old: &Entry, is_same: bool) {
    let key = key(case);
    let Some(new) = Entry::new(case, old.quick) else {
        lines.push(format!("{key}: rust was not counted"));
        return;
    };
    let mut absent = Vec::new();
    let mut compare = |what: &str, was: f64, is: f64| {
        // A number that is none is worse, too.
        if is.is_nan() || is > was * (1.0 + TOLERANCE) {
            lines.push(format!("{key}: {what} was {was:.3} and is {is:.3}"));
        }
    };
    for (side, was) in &old.ratios {
        let Some(is) = new.ratios.get(side) else {
            absent.push(format!("{key}: {side} was not counted"));
            continue;
        };
        compare(&format!("own, rust/{side},"), was.own, is.own);
        compare(&format!("all, rust/{side},"), was.inclusive, is.inclusive);
    }
    if is_same {
        compare("own instructions", old.own, new.own);
        compare("all instructions", old.inclusive, new.inclusive);
    }
    lines.append(&mut absent);
    for side in new
        .ratios
        .keys()
        .filter(|side| !old.ratios.contains_key(*side))
    {
        lines.push(format!("{key}: nothing is committed of rust/{side}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::count::Cost;
    use crate::bench::results::{Environment, TWIN};
    use crate::bench::values::Value;

    fn results(rust: f64, c: f64, compiler: &str) -> Results {
        let cost = |count: f64| Cost {
            module: "m".into(),
            own: count,
            inclusive: count * 10.0,
            range: (0.0, 0.0),
            symbols: Vec::new(),
        };
        let mut case = Case::new("k", "rnull/read");
        case.sides.insert(RUST.into(), cost(rust));
        case.sides.insert(TWIN.into(), cost(c));
        let mut results = Results::new(Environment {
            command: String::new(),
            commit: String::new(),
            rustc: "rustc 1".into(),
            qemu: String::new(),
        });
        let facts = KernelFacts {
            version: "1".into(),
            compiler: compiler.into(),
        };
        results.kernels.insert("k".into(), facts);
        results.cases.push(case);
        results
    }

    fn baseline() -> Baseline {
        let results = results(90.0, 100.0, "gcc 1");
        Baseline {
            rustc: "rustc 1".into(),
            kernels: results.kernels.clone(),
            cases: [(
                "k rnull/read".into(),
                Entry::new(&results.cases[0], true).unwrap(),
            )]
            .into(),
            values: [("k nova/accesses".into(), 100.0)].into(),
        }
    }

    fn told(baseline: &Baseline, results: &Results) -> Vec<String> {
        worse(baseline, results, &Asked::default())
    }

    #[test]
    fn a_worse_value_is_told_where_all_is_the_same() {
        let told = |note: &str, compiler| {
            let mut new = results(90.0, 100.0, compiler);
            new.values.extend(Value::parse("k", note).unwrap());
            worse(&baseline(), &new, &Asked::default()).len()
        };
        assert_eq!(told("value nova/accesses 101 accesses", "gcc 1"), 0);
        assert_eq!(told("value nova/accesses 102 accesses", "gcc 1"), 1);
        assert_eq!(told("value nova/accesses 200 us", "gcc 1"), 0);
        assert_eq!(told("value nova/step 200 us", "gcc 1"), 0);
        assert_eq!(told("value nova/accesses 102 accesses", "gcc 2"), 0);
        assert_eq!(told("value nova/others 1 accesses", "gcc 1"), 1);
    }

    #[test]
    fn a_worse_ratio_is_told() {
        let count = |rust, c, compiler| told(&baseline(), &results(rust, c, compiler)).len();
        assert_eq!(count(90.0, 100.0, "gcc 1"), 0);
        assert_eq!(count(90.8, 100.0, "gcc 1"), 0);
        assert_eq!(count(92.0, 100.0, "gcc 2"), 2);
        // Both became slower: that is the compiler's doing, unless the compiler is the same.
        assert_eq!(count(180.0, 200.0, "gcc 2"), 0);
        assert_eq!(count(180.0, 200.0, "gcc 1"), 2);
        assert_eq!(count(45.0, 50.0, "gcc 1"), 0);
    }

    #[test]
    fn a_case_that_is_not_committed_is_told() {
        let mut new = results(90.0, 100.0, "gcc 1");
        let mut case = new.cases[0].clone();
        "rnull/write".clone_into(&mut case.name);
        new.cases.push(case);
        assert_eq!(
            told(&baseline(), &new),
            ["k rnull/write: nothing is committed to compare it with"]
        );
    }

    #[test]
    fn a_benchmark_of_which_nothing_is_committed_is_told_once() {
        let mut new = results(90.0, 100.0, "gcc 1");
        for name in ["io/read", "io/write"] {
            let mut case = new.cases[0].clone();
            name.clone_into(&mut case.name);
            new.cases.push(case);
        }
        let lines = told(&baseline(), &new);
        assert_eq!(lines, ["k io: nothing of it is committed"]);
        let mut new = results(90.0, 100.0, "gcc 1");
        "other".clone_into(&mut new.cases[0].kernel);
        let lines = told(&baseline(), &new);
        assert_eq!(lines, ["other rnull: nothing of it is committed"]);
    }

    #[test]
    fn a_case_that_was_not_counted_is_told() {
        let mut old = baseline();
        let entry = old.cases["k rnull/read"].clone();
        let mut add = |key: &str, quick| {
            let entry = Entry {
                quick,
                ..entry.clone()
            };
            old.cases.insert(key.into(), entry);
        };
        add("k rnull/write", true);
        add("k rnull/long", false);
        // What was not run: another benchmark, another kernel.
        add("k io/read", true);
        add("other rnull/read", true);
        let new = results(90.0, 100.0, "gcc 1");
        let line = |case| format!("k rnull/{case}: it is committed, and was not counted");
        assert_eq!(told(&old, &new), [line("long"), line("write")]);
        let quick = Asked {
            quick: true,
            filter: &[],
        };
        assert_eq!(worse(&old, &new, &quick), [line("write")]);
        let asked = |word: &str| {
            let filter = [word.to_owned()];
            let asked = Asked {
                quick: false,
                filter: &filter,
            };
            worse(&old, &new, &asked).len()
        };
        assert_eq!((asked("rnull/read"), asked("rnull/w")), (0, 1));
        assert_eq!(asked("rnull"), 2);
    }

    #[test]
    fn a_side_that_is_missing_is_told() {
        let mut new = results(90.0, 100.0, "gcc 2");
        let twin = new.cases[0].sides.remove(TWIN).unwrap();
        let lines = told(&baseline(), &new);
        assert_eq!(lines, ["k rnull/read: c was not counted"]);
        new.cases[0].sides.insert("c-stock".into(), twin.clone());
        let lines = told(&baseline(), &new);
        assert_eq!(
            lines[1..],
            ["k rnull/read: nothing is committed of rust/c-stock"]
        );
        new.cases[0].sides.clear();
        new.cases[0].sides.insert(TWIN.into(), twin);
        let lines = told(&baseline(), &new);
        assert_eq!(lines, ["k rnull/read: rust was not counted"]);
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let text = serde_json::to_string_pretty(&baseline()).unwrap();
        let read: Baseline = serde_json::from_str(&text).unwrap();
        assert!(told(&read, &results(90.0, 100.0, "gcc 1")).is_empty());
        assert_eq!(told(&read, &results(95.0, 100.0, "gcc 1")).len(), 4);
    }
}
