// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! How much of each driver the tests of a kernel have run.
//!
//! rustc counts a function in *parts*: one counter at its beginning, and further ones where it branches, as many as
//! it takes to know how often each branch was taken. A part has run if its counter has counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::{Functions, paths};
use crate::harness::CountedModule;
use crate::harness::report::TestResult;

/// The numbers of a function's parts: those that ran, and all.
type Parts = (usize, usize);

/// The functions of drivers that a test has used, by driver and function, with their parts on each kernel.
#[derive(Debug, Default)]
pub(super) struct Drivers(BTreeMap<(String, String), BTreeMap<String, Parts>>);

impl Drivers {
    /// Adds what ran of a module on a kernel, if it is a driver's and something did.
    pub(super) fn add(
        &mut self,
        root: &Path,
        kernel: &str,
        module: &CountedModule,
        functions: &Functions,
        results: &[TestResult],
    ) {
        let is_driver = |sources: &std::path::PathBuf| sources.starts_with(root.join("drivers"));
        if !module.sources.as_ref().is_some_and(is_driver) {
            return;
        }
        let of_kernel = |r: &&TestResult| r.id.split_once('/').is_some_and(|(id, _)| id == kernel);
        let groups = results.iter().filter(of_kernel).flat_map(|r| &r.ran);
        let ran: BTreeSet<u64> = groups
            .filter(|group| group.module == module.name)
            .flat_map(|group| group.counters.iter().copied())
            .collect();
        if ran.is_empty() {
            return;
        }
        let own = format!("{}::", module.name);
        for counted in &functions.list {
            if !paths(&counted.function)
                .iter()
                .any(|path| path.starts_with(&own))
            {
                continue;
            }
            let key = (module.name.clone(), counted.function.clone());
            let parts = self.0.entry(key).or_default();
            let parts = parts.entry(kernel.to_owned()).or_default();
            parts.0 += ran.range(counted.range.clone()).count();
            parts.1 += counted.range.clone().count();
        }
    }

    /// The page's part about them; nothing if no driver was used.
    pub(super) fn page(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let mut text = "\n# How much of the drivers the tests run\n\n\
             Of the functions in a driver's own sources: the parts that ran, of all, on each kernel. rustc counts a\n\
             function in parts, where it branches. Functions are named below a driver if some part has not run.\n\n"
            .to_owned();
        let kernels: BTreeSet<_> = self.0.values().flat_map(BTreeMap::keys).collect();
        let mut drivers: BTreeMap<_, BTreeMap<_, Parts>> = BTreeMap::new();
        for ((driver, _), parts) in &self.0 {
            let sums = drivers.entry(driver).or_default();
            for (kernel, (ran, all)) in parts {
                let sum = sums.entry(kernel.clone()).or_default();
                sum.0 += ran;
                sum.1 += all;
            }
        }
        // Writing to a string does not fail.
        let _ = write!(text, "| driver |");
        for kernel in &kernels {
            let _ = write!(text, " {kernel} |");
        }
        let _ = writeln!(text, "\n|---|{}", "---|".repeat(kernels.len()));
        let mut row = |name: &str, parts: &BTreeMap<String, Parts>| {
            let _ = write!(text, "| {name} |");
            for kernel in &kernels {
                let _ = match parts.get(*kernel) {
                    Some((ran, all)) => write!(text, " {ran} of {all} |"),
                    None => write!(text, " - |"),
                };
            }
            text.push('\n');
        };
        for (driver, sums) in drivers {
            row(&format!("**{driver}**"), &sums);
            let functions = self.0.iter().filter(|((of, _), _)| of == driver);
            for ((_, function), parts) in functions {
                if parts.values().any(|(ran, all)| ran < all) {
                    row(&format!("`{function}`"), parts);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::harness::Outcome;
    use crate::harness::judge::{Ran, Verdict};
    use crate::link::coverage;

    fn result(kernel: &str, counters: &[u64]) -> TestResult {
        TestResult {
            id: format!("{kernel}/scenario"),
            verdict: Verdict::Passed,
            outcome: Outcome::Passed,
            detail: Vec::new(),
            points: Vec::new(),
            notes: Vec::new(),
            unit: false,
            ran: vec![Ran {
                point: None,
                module: "chip".to_owned(),
                counters: counters.to_vec(),
            }],
            took: Duration::ZERO,
            console: PathBuf::new(),
        }
    }

    fn page(sources: &str, results: &[TestResult]) -> String {
        let module = CountedModule {
            name: "chip".to_owned(),
            counters: PathBuf::new(),
            sources: Some(PathBuf::from(sources)),
        };
        let functions = Functions {
            list: coverage::parse("0 3 chip::start\n3 1 chip::stop\n4 2 kernel::other\n").unwrap(),
            names: BTreeSet::new(),
        };
        let mut drivers = Drivers::default();
        for kernel in ["a", "b"] {
            drivers.add(Path::new("/tree"), kernel, &module, &functions, results);
        }
        drivers.page()
    }

    #[test]
    fn parts_that_did_not_run_are_named() {
        let dir = "/tree/drivers/chip";
        let results = [
            result("a", &[0, 3]),
            result("a", &[1, 2]),
            result("b", &[0, 2]),
        ];
        let page = page(dir, &results);
        let is_row = |line: &&str| line.starts_with('|') && line.contains(" of ");
        let rows: Vec<_> = page.lines().filter(is_row).collect();
        assert_eq!(
            rows,
            [
                "| **chip** | 4 of 4 | 2 of 4 |",
                "| `chip::start` | 3 of 3 | 2 of 3 |",
                "| `chip::stop` | 1 of 1 | 0 of 1 |",
            ],
            "{page}"
        );
    }

    #[test]
    fn what_is_no_driver_or_was_not_used_is_not_there() {
        let results = [result("a", &[0])];
        assert_eq!(page("/tree/samples/chip", &results), "");
        let page = page("/tree/drivers/chip", &results);
        assert!(page.contains("| **chip** | 1 of 4 |\n"), "{page}");
        assert!(!page.contains("other"));
    }
}
