// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Measures what the Rust costs, beside the same in C, in executed instructions.
//!
//! A *benchmark* is a script of `tests/qemu/bench`, which loads a Rust module and its twin in C into
//! one guest and does the same with both; a *case* of it is one operation with one setting. [`guest`]
//! boots, `tools/insn-count` counts, [`count`] says whose the instructions were, [`results`] holds
//! what came out, for people ([`table`], [`page`]) and for machines.
//!
//! Seconds are nowhere in it, but for how long registers take to compile: the number of instructions
//! does not depend on what else the host does.

mod baseline;
pub mod count;
mod guest;
mod page;
mod programs;
pub mod registers;
pub mod results;
mod size;
pub mod symbols;
pub mod table;
mod twins;
pub mod values;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};

use crate::ctx::Ctx;
use crate::harness::scenario::{self, Scenario};
use crate::harness::{Builder, run};
use crate::kernels::{self, KERNELS, KernelSpec};
use results::{Case, Environment, Results};

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Only benchmarks of these names (dma, io, nova, phy, phy-stock-c, phy-stock-rust, registers, rnull, size), or cases whose names contain one of these
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
    /// Only on this kernel (may be given again) [default: all; with --quick, the newest of amd64 that
    /// is tested most, and i386]
    #[arg(long = "kernel", value_name = "ID", value_parser = kernels::find)]
    pub kernels: Vec<&'static KernelSpec>,
    /// Fewer cases, on two kernels
    #[arg(long)]
    pub quick: bool,
    /// Fail if a ratio is worse than the committed one by more than one per cent, or one of both is missing
    #[arg(long)]
    pub gate: bool,
    /// Write what came out as the one to be committed, for the cases that were run
    #[arg(long, conflicts_with = "gate")]
    pub save: bool,
    /// Show which functions make the difference where it is above the target
    #[arg(long)]
    pub why: bool,
    /// Write everything as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a page with plots
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Print the QEMU command of each boot
    #[arg(long)]
    pub show_qemu: bool,
    /// Multiply every time-out, for a slow host
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub timeout_scale: f64,
}

impl Options {
    fn kernels(&self) -> Vec<&'static KernelSpec> {
        if !self.kernels.is_empty() {
            self.kernels.clone()
        } else if self.quick {
            KERNELS[..2].iter().collect()
        } else {
            KERNELS.iter().collect()
        }
    }

    /// Whether a benchmark of this name is wanted, given the names of all.
    fn wants(&self, name: &str, all: &[&str]) -> bool {
        let head = |word: &str| word.split('/').next().unwrap_or_default().to_owned();
        self.filter.is_empty()
            || self.filter.iter().any(|word| {
                let head = head(word);
                head == name || !all.contains(&head.as_str())
            })
    }
}

/// `xtask bench`: measures, prints and writes.
///
/// # Errors
///
/// Something could not be fetched, built or run to its end.
pub fn bench(ctx: &Ctx, options: &Options, build: Builder<'_>) -> Result<ExitCode> {
    let benchmarks = scenario::load(&ctx.root.join("tests/qemu/bench"))?;
    let mut names: Vec<_> = benchmarks.iter().map(|b| b.name.as_str()).collect();
    names.extend([size::NAME, registers::NAME]);
    let wanted: Vec<&Scenario> = benchmarks
        .iter()
        .filter(|b| options.wants(&b.name, &names))
        .collect();
    let kernels = options.kernels();
    let ids: Vec<_> = kernels.iter().map(|spec| spec.id).collect();
    let logs = run::log_dir(ctx, "bench", &ids)?;
    let mut results = Results::new(Environment::ask(ctx)?);
    for spec in kernels {
        results.add_kernel(ctx, spec)?;
        for benchmark in wanted.iter().filter(|b| b.runs_on(spec)) {
            let dir = logs.join(spec.id).join(&benchmark.name);
            let (measured, values) = guest::measure(ctx, spec, benchmark, options, &dir, build)
                .with_context(|| format!("{} on {}", benchmark.name, spec.id))?;
            let mut cases: BTreeMap<String, Case> = BTreeMap::new();
            results.values.extend(values);
            for one in measured {
                let case = cases.entry(one.case.clone());
                let case = case.or_insert_with(|| Case::new(spec.id, &one.case));
                case.sides.insert(one.side, one.cost);
            }
            results.cases.extend(cases.into_values());
        }
        if options.wants(size::NAME, &names) {
            results.sizes.extend(size::measure(ctx, spec, build)?);
        }
    }
    if options.wants(registers::NAME, &names) {
        results.compile_time = Some(registers::measure(ctx)?);
    }
    ensure!(!results.is_empty(), "no case matches");
    print!("{}", table::text(&results));
    if options.why {
        print!("{}", table::why(&results));
    }
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&results)?;
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &options.page {
        let html = page::html(&results)?;
        fs::write(path, html).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let asked = baseline::Asked {
        quick: options.quick,
        filter: &options.filter,
    };
    if options.save {
        baseline::save(ctx, &results, &asked)?;
    }
    if options.gate {
        let worse = baseline::compare(ctx, &results, &asked)?;
        for line in &worse {
            println!("{line}");
        }
        if !worse.is_empty() {
            println!(
                "bench result: FAILED. {} are worse than what is committed, or not to be compared with it",
                worse.len()
            );
            return Ok(ExitCode::FAILURE);
        }
        println!("bench result: ok. No ratio is worse than the committed one");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn a_word_names_a_benchmark_or_cases_of_all() {
        let wants = |line: &str, name: &str| {
            let options = Line::parse_from(line.split(' ')).options;
            options.wants(name, &["io", "rnull", "size"])
        };
        assert!(wants("bench", "io") && wants("bench", "size"));
        assert!(wants("bench rnull", "rnull") && !wants("bench rnull", "io"));
        assert!(wants("bench rnull/read", "rnull") && !wants("bench rnull/read", "io"));
        assert!(wants("bench depth=1", "rnull") && wants("bench depth=1", "io"));
    }
}
