// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! One counted guest: a kernel, a benchmark of `tests/qemu/bench`, and what came out.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::count::{self, Announced, Cost};
use super::symbols::Symbols;
use super::values::Value;
use super::{Options, programs, twins};
use crate::ctx::Ctx;
use crate::harness::archive::Archive;
use crate::harness::guest::{Lab, Mission};
use crate::harness::judge::Verdict;
use crate::harness::qemu::Counting;
use crate::harness::scenario::Scenario;
use crate::harness::{Builder, Scope, boot, program, report};
use crate::kernels::{Arch, Kernel, KernelSpec};

/// One case, as one of those that are compared.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) case: String,
    pub(super) side: String,
    pub(super) cost: Cost,
}

/// Room for the names of all code.
const DISK: u64 = 64 << 20;

/// A guest that counts is slower than the time-outs are made for.
const SCALE: f64 = 4.0;

/// How much of the console of a failed guest is shown.
const TAIL: usize = 20;

/// Boots a kernel and runs one benchmark there.
pub(super) fn measure(
    ctx: &Ctx,
    spec: &'static KernelSpec,
    benchmark: &Scenario,
    options: &Options,
    dir: &Path,
    build: Builder<'_>,
) -> Result<(Vec<Measured>, Vec<Value>)> {
    let lab = Lab::fetch(ctx, spec)?;
    let scope = Scope {
        used: Some(benchmark.modules.iter().cloned().collect()),
        ..Scope::default()
    };
    let built = build(ctx, spec, scope)?;
    let scenarios = [benchmark];
    let mission = Mission {
        lab: &lab,
        built: &built,
        boot: boot::COUNTED,
        scenarios: &scenarios,
        unit_filter: "",
        devices: &[],
        dir,
    };
    let servers = mission.servers(ctx)?;
    let mut machine = mission.machine(ctx, &servers)?;
    let bytes = files(ctx, &lab.kernel, benchmark, options)?;
    OpenOptions::new()
        .append(true)
        .open(&machine.initrd)
        .and_then(|mut file| file.write_all(&bytes))
        .with_context(|| format!("cannot write {}", machine.initrd.display()))?;
    let counting = Counting {
        plugin: programs::plugin(ctx)?,
        report: dir.join("counts.json"),
        kernel: match spec.arch {
            Arch::X86_64 => 0xffff_8000_0000_0000,
            Arch::I386 => 0xc000_0000,
        },
        symbols: dir.join("symbols"),
    };
    File::create(&counting.symbols)?.set_len(DISK)?;
    let (report, symbols) = (counting.report.clone(), counting.symbols.clone());
    machine.counting = Some(counting);
    machine.cpus = "1";

    let mut records = Vec::new();
    let step = ctx.ui.step(format!("{}: {}", spec.id, benchmark.name));
    let scale = SCALE * options.timeout_scale;
    let run = mission.run_machine(ctx, &machine, options.show_qemu, scale, &mut |_, record| {
        records.push(record);
    })?;
    step.finish_and_clear();
    let Some(record) = records.first().filter(|r| r.verdict == Verdict::Passed) else {
        let mut text: Vec<_> = records.into_iter().flat_map(|r| r.detail).collect();
        text.extend(run.stray);
        text.extend(report::tail(&run.console, TAIL));
        bail!("the benchmark did not run to its end:\n{}", text.join("\n"));
    };
    let announced = Announced::all(record.notes.iter().map(String::as_str))?;
    let values = record
        .notes
        .iter()
        .filter_map(|note| Value::parse(spec.id, note).transpose())
        .collect::<Result<_>>()?;
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let symbols = Symbols::all(&read(&symbols)?)?;
    let report = read(&report)?;
    let costs = count::evaluate(&announced, &String::from_utf8_lossy(&report), &symbols)?;
    let measured = announced
        .into_iter()
        .zip(costs)
        .map(|(section, cost)| Measured {
            case: section.case,
            side: section.side,
            cost,
        })
        .collect();
    Ok((measured, values))
}

/// The third archive of the guest: what only benchmarks need.
fn files(ctx: &Ctx, kernel: &Kernel, benchmark: &Scenario, options: &Options) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    let directory = ctx.out.join("bench").join(kernel.spec.id);
    let repeater = program::compile(ctx, kernel, "bench", &directory)?;
    archive.program("ferrite/bench", &fs::read(repeater)?)?;
    let words = ctx.root.join("tests/qemu/guest/bench.sh");
    let words = fs::read(&words).with_context(|| format!("cannot read {}", words.display()))?;
    archive.file("ferrite/bench.sh", &words)?;
    for twin in twins::build(ctx, kernel, &benchmark.name)? {
        let name = twin.file_name().unwrap_or_default().to_string_lossy();
        archive.file(&format!("ferrite/twins/{name}"), &fs::read(&twin)?)?;
    }
    let quick = if options.quick { "yes" } else { "no" };
    let env = format!(
        "BENCH_QUICK={quick}\nBENCH_FILTER='{}'\n",
        options.filter.join(" ").replace('\'', "")
    );
    archive.file("ferrite/bench.env", env.as_bytes())?;
    archive.finish()
}
