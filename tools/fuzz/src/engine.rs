// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Tries inputs on all processors.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use fastrand::Rng;

use crate::guard::{self, Panic};
use crate::report::{Failure, Outcome, Report};
use crate::shrink::shrink;
use crate::{Target, mutate, outcome};

mod slot;

pub use slot::{Slot, read as read_slot};

/// How many cases one corpus grows through.
const LANE: u64 = 20_000;
/// How many inputs a lane keeps beside the right ones.
const KEPT: usize = 400;
/// In how many places a target may fail until it has failed enough.
const PLACES: usize = 20;

/// How much is tried.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many inputs for each target.
    pub cases: u64,
    /// What the numbers begin with.
    pub seed: u64,
    /// For how long each target is tried, if not for all cases.
    pub time: Option<Duration>,
    /// How long one input may take.
    pub patience: Duration,
    /// How many at a time.
    pub jobs: usize,
    /// Where inputs that fail are written to.
    pub out: PathBuf,
}

/// What is known of a target while it is tried.
#[derive(Debug, Default)]
struct Progress {
    seeds: OnceLock<Vec<Vec<u8>>>,
    began: OnceLock<Instant>,
    cases: AtomicU64,
    busy: Mutex<Duration>,
    outcomes: Mutex<HashSet<u64>>,
    failures: Mutex<Vec<Failure>>,
    lanes_left: AtomicU64,
}

struct Run<'a> {
    targets: &'a [Target],
    options: &'a Options,
    progress: Vec<Progress>,
    /// Which target, and which of its lanes.
    jobs: Vec<(usize, u64)>,
    next: AtomicUsize,
    over: AtomicBool,
}

/// Tries all targets; `tick` hears how many cases were done, `done` of each target that has ended.
///
/// # Errors
///
/// An input that failed cannot be written.
pub fn run(
    targets: &[Target],
    options: &Options,
    tick: &(dyn Fn(u64) + Sync),
    done: &(dyn Fn(&Report) + Sync),
) -> Result<Outcome> {
    let lanes = options.cases.div_ceil(LANE);
    let run = Run {
        targets,
        options,
        progress: targets
            .iter()
            .map(|_| Progress {
                lanes_left: lanes.into(),
                ..Progress::default()
            })
            .collect(),
        jobs: (0..targets.len())
            .flat_map(|target| (0..lanes).map(move |lane| (target, lane)))
            .collect(),
        next: AtomicUsize::new(0),
        over: AtomicBool::new(false),
    };
    let begin = Instant::now();
    let slots: Vec<_> = (0..options.jobs.max(1))
        .map(|number| Slot::new(&options.out, number))
        .collect::<Result<_>>()?;
    let late = std::thread::scope(|scope| {
        let workers: Vec<_> = slots
            .iter()
            .map(|slot| scope.spawn(|| run.work(slot, tick, done)))
            .collect();
        // An input that does not end cannot be interrupted: the process ends with it.
        while !workers.iter().all(|worker| worker.is_finished()) {
            if let Some(slot) = slots.iter().find(|slot| slot.is_late(options.patience)) {
                run.hang(slot, &slots);
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .collect::<Result<Vec<_>>>()
    });
    late?;
    for slot in &slots {
        slot.close();
    }
    Ok(Outcome {
        seed: options.seed,
        seconds: begin.elapsed().as_secs_f64(),
        targets: (0..targets.len()).map(|index| run.report(index)).collect(),
    })
}

impl Run<'_> {
    fn work(
        &self,
        slot: &Slot,
        tick: &(dyn Fn(u64) + Sync),
        done: &(dyn Fn(&Report) + Sync),
    ) -> Result<()> {
        while let Some((index, lane)) = self.job() {
            let begin = Instant::now();
            let result = self.lane(index, lane, slot, tick);
            let progress = &self.progress[index];
            if let Ok(mut busy) = progress.busy.lock() {
                *busy += begin.elapsed();
            }
            if result.is_err() {
                self.over.store(true, Ordering::Relaxed);
            }
            result?;
            if progress.lanes_left.fetch_sub(1, Ordering::AcqRel) == 1 {
                done(&self.report(index));
            }
        }
        Ok(())
    }

    fn job(&self) -> Option<(usize, u64)> {
        if self.over.load(Ordering::Relaxed) {
            return None;
        }
        self.jobs
            .get(self.next.fetch_add(1, Ordering::Relaxed))
            .copied()
    }

    fn lane(
        &self,
        index: usize,
        lane: u64,
        slot: &Slot,
        tick: &(dyn Fn(u64) + Sync),
    ) -> Result<()> {
        let (target, progress) = (&self.targets[index], &self.progress[index]);
        let seeds = progress.seeds.get_or_init(target.seeds);
        let began = *progress.began.get_or_init(Instant::now);
        let mut rng = Rng::with_seed(outcome((target.name, self.options.seed, lane)));
        let (mut corpus, mut seen) = (seeds.clone(), HashSet::new());
        let cases = LANE.min(self.options.cases - lane * LANE);
        let mut untold = 0;
        for case in 0..cases {
            if untold == 256 || self.options.time.is_some() {
                tick(untold);
                untold = 0;
                let is_late = self.options.time.is_some_and(|most| began.elapsed() > most);
                if is_late || self.over.load(Ordering::Relaxed) {
                    break;
                }
            }
            let input = usize::try_from(case)
                .ok()
                .and_then(|case| seeds.get(case).cloned());
            let input = input.unwrap_or_else(|| next(target, &corpus, &mut rng));
            slot.begin(target.name, &input)?;
            let result = guard::run(target, &input);
            slot.end();
            match result {
                Ok(number) if seen.insert(number) && corpus.len() < seeds.len() + KEPT => {
                    corpus.push(input);
                }
                Ok(_) => {}
                Err(panic) if self.is_new(index, &panic) => {
                    self.fail(index, lane, case, &input, panic)?;
                }
                Err(_) => {}
            }
            untold += 1;
            progress.cases.fetch_add(1, Ordering::Relaxed);
        }
        tick(untold);
        if let Ok(mut outcomes) = progress.outcomes.lock() {
            outcomes.extend(seen);
        }
        Ok(())
    }

    fn is_new(&self, index: usize, panic: &Panic) -> bool {
        self.progress[index]
            .failures
            .lock()
            .is_ok_and(|all| all.len() < PLACES && all.iter().all(|f| f.panic.place != panic.place))
    }

    fn fail(&self, index: usize, lane: u64, case: u64, input: &[u8], panic: Panic) -> Result<()> {
        let target = &self.targets[index];
        let small = shrink(target, input, &panic);
        // In the same place, but with other numbers.
        let panic = guard::run(target, &small).err().unwrap_or(panic);
        let failure = Failure::new(target, &self.options.out, &small, panic)?;
        let failure = failure.at(self.options.seed, lane, case);
        if let Ok(mut failures) = self.progress[index].failures.lock()
            // Another thread may have found it meanwhile.
            && failures.iter().all(|f| f.panic.place != failure.panic.place)
        {
            failures.push(failure);
        }
        Ok(())
    }

    /// Says which input does not end, and ends.
    fn hang(&self, slot: &Slot, slots: &[Slot]) -> ! {
        let seconds = self.options.patience.as_secs_f64();
        let text = slot
            .content()
            .and_then(|(name, input)| {
                let target = self.targets.iter().find(|target| target.name == name);
                let panic = Panic {
                    place: "?".to_owned(),
                    message: format!("it took more than {seconds} s"),
                };
                let target = target.context("an unknown target")?;
                let failure = Failure::new(target, &self.options.out, &input, panic)?;
                Ok(failure.text(target.name))
            })
            .unwrap_or_else(|error| format!("an input took more than {seconds} s, and {error:#}"));
        for slot in slots {
            slot.close();
        }
        eprintln!("\n{text}\n  with --seed {}", self.options.seed);
        std::process::exit(1);
    }

    fn report(&self, index: usize) -> Report {
        let progress = &self.progress[index];
        let failures = progress.failures.lock();
        Report {
            name: self.targets[index].name.to_owned(),
            cases: progress.cases.load(Ordering::Relaxed),
            seconds: progress.busy.lock().map_or(0.0, |busy| busy.as_secs_f64()),
            outcomes: progress.outcomes.lock().map_or(0, |all| all.len()),
            failures: failures.map_or_else(|_| Vec::new(), |all| all.clone()),
        }
    }
}

/// The next wrong input.
fn next(target: &Target, corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    if corpus.is_empty() {
        let size = rng.usize(0..=target.longest.min(256));
        return std::iter::repeat_with(|| rng.u8(..)).take(size).collect();
    }
    let mut input = corpus[rng.usize(0..corpus.len())].clone();
    let other = &corpus[rng.usize(0..corpus.len())];
    mutate::change(&mut input, other, target.words, target.longest, rng);
    input
}
