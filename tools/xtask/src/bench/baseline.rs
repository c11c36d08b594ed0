// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The committed results, and whether new ones are worse.
//!
//! Ratios are compared wherever a case is in both. Counts depend on compilers and on the kernel, so
//! they are compared only where those are the same.

use std::collections::BTreeMap;
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
    /// What the Rust costs.
    own: f64,
    inclusive: f64,
    /// Compared with what.
    ratios: BTreeMap<String, Ratio>,
}

impl Entry {
    fn new(case: &Case) -> Option<Self> {
        let rust = case.sides.get(RUST)?;
        let ratios = case
            .others()
            .filter_map(|side| Some((side.to_owned(), case.ratio(side)?)));
        Some(Self {
            own: rust.own,
            inclusive: rust.inclusive,
            ratios: ratios.collect(),
        })
    }
}

fn key(case: &Case) -> String {
    format!("{} {}", case.kernel, case.name)
}

fn read(ctx: &Ctx) -> Result<Baseline> {
    let path = ctx.root.join(FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {FILE}"))?;
    serde_json::from_str(&text).with_context(|| format!("{FILE} is damaged"))
}

/// Writes the cases of this run into the file, and leaves those of others of the same compiler.
pub(super) fn save(ctx: &Ctx, results: &Results) -> Result<()> {
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
    let entries = results.cases.iter();
    let entries = entries.filter_map(|case| Some((key(case), Entry::new(case)?)));
    baseline.cases.extend(entries);
    let values = results.values.iter();
    baseline
        .values
        .extend(values.map(|value| (format!("{} {}", value.kernel, value.name), value.number)));
    let text = serde_json::to_string_pretty(&baseline)? + "\n";
    fs::write(ctx.root.join(FILE), text).with_context(|| format!("cannot write {FILE}"))?;
    ctx.ui.line(format!("written to {FILE}"));
    Ok(())
}

/// What is worse than the committed results, one line each.
pub(super) fn compare(ctx: &Ctx, results: &Results) -> Result<Vec<String>> {
    Ok(worse(&read(ctx)?, results))
}

fn worse(baseline: &Baseline, results: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    let compare = |lines: &mut Vec<String>, key: &str, what: &str, was: f64, is: f64| {
        // A number that is none is worse, too.
        if is.is_nan() || is > was * (1.0 + TOLERANCE) {
            lines.push(format!("{key}: {what} was {was:.3} and is {is:.3}"));
        }
    };
    let is_same = |kernel: &str| {
        baseline.rustc == results.environment.rustc
            && baseline.kernels.get(kernel) == results.kernels.get(kernel)
    };
    for case in &results.cases {
        let key = key(case);
        let Some(new) = Entry::new(case) else {
            continue;
        };
        let Some(old) = baseline.cases.get(&key) else {
            if baseline.kernels.contains_key(&case.kernel) {
                lines.push(format!("{key}: nothing is committed to compare it with"));
            }
            continue;
        };
        for (side, ratio) in &new.ratios {
            if let Some(was) = old.ratios.get(side) {
                let (own, all) = (format!("own, rust/{side},"), format!("all, rust/{side},"));
                compare(&mut lines, &key, &own, was.own, ratio.own);
                compare(&mut lines, &key, &all, was.inclusive, ratio.inclusive);
            }
        }
        if is_same(&case.kernel) {
            let (was, is) = (old.inclusive, new.inclusive);
            compare(&mut lines, &key, "own instructions", old.own, new.own);
            compare(&mut lines, &key, "all instructions", was, is);
        }
    }
    for value in &results.values {
        let key = format!("{} {}", value.kernel, value.name);
        match baseline.values.get(&key) {
            Some(was) if is_same(&value.kernel) => {
                let is = value.number - value.slack();
                compare(&mut lines, &key, &value.unit, *was, is);
            }
            None if baseline.kernels.contains_key(&value.kernel) => {
                lines.push(format!("{key}: nothing is committed to compare it with"));
            }
            _ => {}
        }
    }
    lines
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
                Entry::new(&results.cases[0]).unwrap(),
            )]
            .into(),
            values: [("k nova/accesses".into(), 100.0)].into(),
        }
    }

    #[test]
    fn a_worse_value_is_told_where_all_is_the_same() {
        let told = |note: &str, compiler| {
            let mut new = results(90.0, 100.0, compiler);
            new.values.extend(Value::parse("k", note).unwrap());
            worse(&baseline(), &new).len()
        };
        assert_eq!(told("value nova/accesses 101 accesses", "gcc 1"), 0);
        assert_eq!(told("value nova/accesses 102 accesses", "gcc 1"), 1);
        assert_eq!(told("value nova/accesses 101.05 us", "gcc 1"), 0);
        assert_eq!(told("value nova/accesses 101.2 us", "gcc 1"), 1);
        assert_eq!(told("value nova/accesses 102 accesses", "gcc 2"), 0);
        assert_eq!(told("value nova/others 1 accesses", "gcc 1"), 1);
    }

    #[test]
    fn a_worse_ratio_is_told() {
        let told = |rust, c, compiler| worse(&baseline(), &results(rust, c, compiler)).len();
        assert_eq!(told(90.0, 100.0, "gcc 1"), 0);
        assert_eq!(told(90.8, 100.0, "gcc 1"), 0);
        assert_eq!(told(92.0, 100.0, "gcc 2"), 2);
        // Both became slower: that is the compiler's doing, unless the compiler is the same.
        assert_eq!(told(180.0, 200.0, "gcc 2"), 0);
        assert_eq!(told(180.0, 200.0, "gcc 1"), 2);
        assert_eq!(told(45.0, 50.0, "gcc 1"), 0);
    }

    #[test]
    fn a_case_that_is_not_committed_is_told() {
        let mut new = results(90.0, 100.0, "gcc 1");
        "rnull/write".clone_into(&mut new.cases[0].name);
        assert_eq!(
            worse(&baseline(), &new),
            ["k rnull/write: nothing is committed to compare it with"]
        );
        // Of a kernel nothing of which is committed nothing can be said.
        "other".clone_into(&mut new.cases[0].kernel);
        assert!(worse(&baseline(), &new).is_empty());
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let text = serde_json::to_string_pretty(&baseline()).unwrap();
        let read: Baseline = serde_json::from_str(&text).unwrap();
        assert!(worse(&read, &results(90.0, 100.0, "gcc 1")).is_empty());
        assert_eq!(worse(&read, &results(95.0, 100.0, "gcc 1")).len(), 4);
    }
}
