// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Runs the selected tests: fetches and builds what they need, starts guests, collects results.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;

use super::guest::{Lab, Mission, Run};
use super::judge::{Record, Verdict};
use super::plan::{self, LogNames, Test};
use super::report::{self, TestResult};
use super::scenario::Scenario;
use super::{Builder, Built, Options, Outcome, coverage, scenario};
use crate::ctx::Ctx;
use crate::kernels::KernelSpec;

/// How much of the console of a failed boot is shown.
const TAIL: usize = 40;

/// Kernels with their modules, by the kernel's id.
type Ready = BTreeMap<&'static str, (Lab, Built)>;

/// A test that waits for its turn, with its place in the list of results.
type Waiting<'a> = (usize, Test<'a>);

/// Where guests of one kind keep their logs; what the last run left of these kernels is removed.
///
/// # Errors
///
/// It cannot be removed.
pub fn log_dir(ctx: &Ctx, kind: &str, kernels: &[&str]) -> Result<PathBuf> {
    let logs = ctx.out.join("logs").join(kind);
    for kernel in kernels {
        let dir = logs.join(kernel);
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("cannot remove {}", dir.display()))?;
        }
    }
    Ok(logs)
}

/// Provides what one kernel's guests are made of: [`Lab::fetch`], or a trial's own.
pub type Fetch<'a> = &'a dyn Fn(&Ctx, &KernelSpec) -> Result<Lab>;

/// What `xtask test` does.
///
/// # Errors
///
/// The harness is broken.
pub fn test(ctx: &Ctx, options: &Options, fetch: Fetch<'_>, build: Builder<'_>) -> Result<Outcome> {
    let scenarios = scenario::load(&ctx.root.join("tests/qemu/scenarios"))?;
    let tests = plan::select(&scenarios, options);
    if options.list {
        for test in &tests {
            println!("{}: {}", test.id(), test.scenario.description);
        }
        return Ok(Outcome::Passed);
    }
    anyhow::ensure!(
        !tests.is_empty(),
        "no test matches; 'cargo xtask test --list' shows those that there are"
    );
    let mut ready = Ready::new();
    for test in &tests {
        if !ready.contains_key(test.kernel.id) {
            let lab = fetch(ctx, test.kernel)?;
            let scope = plan::scope(&tests, test.kernel, options);
            ready.insert(test.kernel.id, (lab, build(ctx, test.kernel, scope)?));
        }
    }
    let start = Instant::now();
    let mut results = run(ctx, options, &tests, &ready)?;
    if options.counts() {
        let built = ready.iter().map(|(kernel, (_, built))| (*kernel, built));
        let coverage = coverage::of(ctx, built, &results)?;
        ctx.ui.line(coverage.write(ctx)?);
        if options.is_whole() {
            for result in coverage.results() {
                ctx.ui.line(result.line());
                results.push(result);
            }
        }
    }
    if let Some(path) = &options.json {
        report::write_json(path, &results)?;
    }
    if let Some(path) = &options.junit {
        report::write_junit(path, &results)?;
    }
    print!("{}", report::summary(&results, start.elapsed()));
    Ok(report::worst(&results))
}

fn run(ctx: &Ctx, options: &Options, tests: &[Test<'_>], ready: &Ready) -> Result<Vec<TestResult>> {
    let session = Session {
        ctx,
        options,
        ready,
        logs: log_dir(ctx, "test", &ready.keys().copied().collect::<Vec<_>>())?,
        queue: Mutex::new(plan::longest_first(plan::group(tests))),
        names: Mutex::default(),
        results: Mutex::new(tests.iter().map(|_| None).collect()),
        bar: ctx.ui.count("tests", tests.len() as u64),
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs.unwrap_or_else(default_jobs))
            .map(|_| scope.spawn(|| session.work()))
            .collect();
        for worker in workers {
            worker.join().expect("a worker does not panic")?;
        }
        anyhow::Ok(())
    })?;
    session.bar.finish_and_clear();
    let results = session
        .results
        .into_inner()
        .expect("no worker has panicked");
    Ok(results.into_iter().flatten().collect())
}

/// A guest uses about half a CPU of the host, and waits for the rest of its time.
fn default_jobs() -> u32 {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from((cpus * 2).min(8)).unwrap_or(1)
}

struct Session<'a> {
    ctx: &'a Ctx,
    options: &'a Options,
    ready: &'a Ready,
    logs: PathBuf,
    queue: Mutex<Vec<Vec<Waiting<'a>>>>,
    names: Mutex<LogNames>,
    results: Mutex<Vec<Option<TestResult>>>,
    bar: ProgressBar,
}

impl Session<'_> {
    fn work(&self) -> Result<()> {
        loop {
            let mut queue = self.queue.lock().expect("no worker has panicked");
            if queue.is_empty() {
                return Ok(());
            }
            let group = queue.remove(0);
            drop(queue);
            if let Err(error) = self.run_group(group) {
                // The harness is broken: no more guests are started only to have their results thrown away.
                self.queue.lock().expect("no worker has panicked").clear();
                return Err(error);
            }
        }
    }

    /// Runs tests that share a guest; those that a dead guest leaves over get another one.
    ///
    /// So does a guest whose kernel stands still or ends before its init, once: nothing of ours has run
    /// by then, and an emulated machine has been seen to stop where its CPUs change their clock together,
    /// and to meet a breakpoint that one CPU had just taken out of the kernel again while it patched itself.
    fn run_group(&self, mut waiting: Vec<Waiting<'_>>) -> Result<()> {
        let mut may_stand_still = true;
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting = self.run_guest(&waiting, may_stand_still)?;
            may_stand_still = waiting.len() < before;
        }
        Ok(())
    }

    fn run_guest<'t>(
        &self,
        waiting: &[Waiting<'t>],
        may_stand_still: bool,
    ) -> Result<Vec<Waiting<'t>>> {
        let first = &waiting[0].1;
        let (lab, built) = &self.ready[first.kernel.id];
        let scenarios: Vec<&Scenario> = waiting.iter().map(|(_, test)| test.scenario).collect();
        let dir = self.directory(first);
        let unit_filter = if self.options.unit {
            self.options.filter.join(",")
        } else {
            String::new()
        };
        let mission = Mission {
            lab,
            built,
            boot: first.boot,
            scenarios: &scenarios,
            dir: &dir,
            devices: &[],
            unit_filter: &unit_filter,
        };
        let console = dir.join("console.log");
        let mut left = Vec::new();
        let mut settled = |index: usize, record: Record| {
            let (place, test) = &waiting[index];
            if record.verdict == Verdict::NotRun {
                left.push((*place, test.clone()));
            } else {
                let expect = &test.scenario.expect;
                let mut result = TestResult::new(test.id(), record, expect, &console);
                result.unit = test.scenario.unit;
                if self.options.unit {
                    self.each_point(test, &result);
                }
                self.report(*place, result);
            }
        };
        let options = self.options;
        let run = mission
            .run(
                self.ctx,
                options.show_qemu,
                options.timeout_scale,
                &mut settled,
            )
            .with_context(|| format!("cannot run the guest of {}", dir.display()))?;
        if left.len() < waiting.len() {
            self.remark(first, &run);
            return Ok(left);
        }
        if may_stand_still && run.is_stillborn() {
            let guest = format!("{} ({} boot)", first.kernel.id, first.boot.name);
            let log = run.console.display();
            self.ctx.ui.line(format!(
                "{guest}: the kernel did not come to its init and is booted again; it said last: {log}"
            ));
            return Ok(left);
        }
        for (nth, (place, test)) in left.iter().enumerate() {
            let mut result = self.unreached(test, &run.stray, console.clone());
            if nth > 0 {
                result.detail = vec![format!("not run: see {}", left[0].1.id())];
            }
            self.report(*place, result);
        }
        Ok(Vec::new())
    }

    /// Where the next guest for such a test keeps its things.
    fn directory(&self, test: &Test<'_>) -> PathBuf {
        let mut names = self.names.lock().expect("no worker has panicked");
        self.logs.join(test.kernel.id).join(names.next(test))
    }

    /// The result of a test whose guest never came to any test.
    fn unreached(&self, test: &Test<'_>, stray: &[String], console: PathBuf) -> TestResult {
        let mut detail = vec!["the guest did not come to its first test; it said last:".to_owned()];
        detail.extend_from_slice(stray);
        detail.extend(report::tail(&console, TAIL));
        TestResult {
            id: test.id(),
            verdict: Verdict::NotRun,
            outcome: Outcome::Broken,
            detail,
            points: Vec::new(),
            notes: Vec::new(),
            unit: false,
            ran: Vec::new(),
            took: std::time::Duration::ZERO,
            console,
        }
    }

    /// Says how the boot went. What the kernel complained about before the first test is nobody's
    /// fault but its own, and yet worth knowing.
    fn remark(&self, test: &Test<'_>, run: &Run) {
        let guest = format!("{} ({} boot)", test.kernel.id, test.boot.name);
        if let Some(init) = run.init {
            let seconds = init.as_secs_f64();
            self.ctx.ui.line(format!("{guest}: {seconds:.1} s to init"));
        }
        if let Some(first) = run.stray.first() {
            self.ctx
                .ui
                .line(format!("{guest}: outside any test: {first}"));
        }
    }

    /// Reports each test of a module that runs its own.
    fn each_point(&self, test: &Test<'_>, result: &TestResult) {
        for point in &result.points {
            self.ctx
                .ui
                .line(format!("test {}/{}", test.kernel.id, point.line()));
        }
    }

    fn report(&self, place: usize, result: TestResult) {
        self.ctx.ui.line(result.line());
        self.bar.inc(1);
        self.results.lock().expect("no worker has panicked")[place] = Some(result);
    }
}
