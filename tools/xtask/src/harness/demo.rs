// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `xtask run` and `xtask shell`: guests for people rather than for verdicts.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::guest::{Lab, Mission};
use super::judge::{Record, Verdict};
use super::report::{self, TestResult};
use super::scenario::{self, Scenario};
use super::{Builder, Outcome, Scope, boot, device, qemu, run};
use crate::ctx::Ctx;
use crate::kernels::KernelSpec;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    kernel: String,
    what: String,
    did: String,
    took: Duration,
}

/// What `xtask run` does.
pub(super) fn run_demo(
    ctx: &Ctx,
    kernels: &[&'static KernelSpec],
    show_qemu: bool,
    build: Builder<'_>,
) -> Result<Outcome> {
    let scenarios = scenario::load(&ctx.root.join("tests/qemu/demo"))?;
    let ids: Vec<_> = kernels.iter().map(|spec| spec.id).collect();
    let logs = run::log_dir(ctx, "run", &ids)?;
    let mut rows = Vec::new();
    let mut results = Vec::new();
    for spec in kernels {
        let lab = Lab::fetch(ctx, spec)?;
        let built = build(ctx, spec, Scope::default())?;
        let chosen: Vec<&Scenario> = scenarios.iter().filter(|s| s.runs_on(spec)).collect();
        let dir = logs.join(spec.id);
        let console = dir.join("console.log");
        let mission = Mission {
            lab: &lab,
            built: &built,
            boot: boot::DEFAULT,
            scenarios: &chosen,
            dir: &dir,
            devices: &[],
            unit_filter: "",
        };
        let step = ctx.ui.step(format!("booting {}", spec.id));
        let mut ran = Vec::new();
        let run = mission.run(ctx, show_qemu, 1.0, &mut |index, record| {
            step.set_message(format!("{}: {}", spec.id, chosen[index].description));
            rows.push(Row::new(spec, chosen[index], &record));
            let id = format!("{}/{}", spec.id, chosen[index].description);
            ran.push(TestResult::new(id, record, &chosen[index].expect, &console));
        })?;
        step.finish_and_clear();
        let place = rows.len() - ran.len();
        rows.insert(place, Row::boot(spec, &lab.kernel.release, run.init));
        if let Some(result) = ran.iter_mut().find(|r| r.verdict == Verdict::NotRun) {
            result.detail = report::tail(&console, 40);
        }
        results.extend(ran);
    }
    print!("{}", table(&rows));
    if report::worst(&results) != Outcome::Passed {
        print!("{}", report::failures(&results));
    }
    Ok(report::worst(&results))
}

impl Row {
    fn new(spec: &KernelSpec, scenario: &Scenario, record: &Record) -> Self {
        let did = match record.verdict {
            Verdict::Passed => record.notes.join("; "),
            Verdict::Skipped => format!("skipped: {}", record.detail.join("; ")),
            Verdict::NotRun => "not reached".to_owned(),
            other => format!("{other:?}").to_uppercase(),
        };
        Self {
            kernel: spec.id.to_owned(),
            what: scenario.description.clone(),
            did,
            took: record.took,
        }
    }

    fn boot(spec: &KernelSpec, release: &str, init: Option<Duration>) -> Self {
        Self {
            kernel: spec.id.to_owned(),
            what: "stock kernel".to_owned(),
            did: match init {
                Some(_) => format!("Linux {release} booted to its init"),
                None => format!("Linux {release} DID NOT BOOT"),
            },
            took: init.unwrap_or_default(),
        }
    }
}

fn table(rows: &[Row]) -> String {
    let width = |cell: fn(&Row) -> &str, head: &str| {
        let widest = rows.iter().map(|row| cell(row).chars().count()).max();
        widest.unwrap_or(0).max(head.len())
    };
    let kernel = width(|r| &r.kernel, "KERNEL");
    let what = width(|r| &r.what, "WHAT");
    let did = width(|r| &r.did, "DID");
    let mut text = format!(
        "\n{:kernel$}  {:what$}  {:did$}     TOOK\n",
        "KERNEL", "WHAT", "DID"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "{:kernel$}  {:what$}  {:did$}  {:5.1} s",
            row.kernel,
            row.what,
            row.did,
            row.took.as_secs_f64()
        );
    }
    text
}

/// What `xtask shell` does.
pub(super) fn shell(
    ctx: &Ctx,
    spec: &'static KernelSpec,
    devices: &str,
    show_qemu: bool,
    build: Builder<'_>,
) -> Result<Outcome> {
    let devices = device::parse(devices)?;
    let lab = Lab::fetch(ctx, spec)?;
    let built = build(ctx, spec, Scope::default())?;
    let dir = run::log_dir(ctx, "shell", &[spec.id])?.join(spec.id);
    let mission = Mission {
        lab: &lab,
        built: &built,
        boot: boot::DEFAULT,
        scenarios: &[],
        dir: &dir,
        devices: &devices,
        unit_filter: "",
    };
    let servers = mission.servers(ctx)?;
    let mut command = mission.machine(ctx, &servers)?.command(&lab.qemu);
    if show_qemu {
        ctx.ui.line(qemu::as_shell(&command));
    }
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(status.success(), "QEMU ended with {status}");
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let row = |kernel: &str, did: &str, seconds| Row {
            kernel: kernel.into(),
            what: "w".into(),
            did: did.into(),
            took: Duration::from_secs(seconds),
        };
        let text = table(&[row("short", "something", 1), row("a longer one", "x", 12)]);
        assert_eq!(
            text,
            "\nKERNEL        WHAT  DID           TOOK\n\
             short         w     something    1.0 s\n\
             a longer one  w     x           12.0 s\n"
        );
    }
}
