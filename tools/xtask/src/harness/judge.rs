// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Reads a guest's console, line by line, and says what became of each test.
//!
//! This is a pure state machine: it starts no guest and reads no clock, so that its own tests are
//! logs. The one rule that it rests on: a line belongs to the test that was last started, until the
//! next one starts. What the kernel complains about just after a test has ended (a timer that it
//! left behind fires) is therefore still that test's.

use std::time::Duration;

use super::console::Line;
use super::dmesg::{self, Gravity};
use super::ktap::{Event, Status};

/// How many lines of the log a complaint quotes at most.
const LONGEST_QUOTE: usize = 48;

/// What became of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every point was ok, and the kernel had nothing to complain about.
    Passed,
    /// It did not apply here, for the reason that it gave.
    Skipped,
    /// A point was not ok.
    Failed,
    /// The kernel complained while it ran.
    Complained,
    /// The guest died.
    Panicked,
    /// It did not end in its time.
    TimedOut,
    /// The guest was gone before its turn came.
    NotRun,
}

/// A point of a test.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// Whether it was ok (or skipped).
    pub ok: bool,
    /// Why it was skipped, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

impl Point {
    /// `NAME ... ok`
    #[must_use]
    pub fn line(&self) -> String {
        match (&self.skipped, self.ok) {
            (Some(reason), _) => format!("{} ... ignored, {reason}", self.name),
            (None, true) => format!("{} ... ok", self.name),
            (None, false) => format!("{} ... FAILED", self.name),
        }
    }
}

/// Counters that began to count in a test, or in a point of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The point, if one was under way that has a name of its own.
    pub point: Option<String>,
    /// The module that they are in.
    pub module: String,
    /// Their numbers.
    pub counters: Vec<u64>,
}

impl Ran {
    fn parse(point: Option<String>, text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let module = words.next()?.to_owned();
        let counters: Option<_> = words.map(|w| u64::from_str_radix(w, 16).ok()).collect();
        Some(Self {
            point,
            module,
            counters: counters?,
        })
    }
}

/// What is known about one test.
#[derive(Debug, Clone)]
pub struct Record {
    /// The name that the guest announced it by.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Its points, as far as it came.
    pub points: Vec<Point>,
    /// Why: the reason of a skip, the diagnostics of a failure, what the kernel said.
    pub detail: Vec<String>,
    /// What the test itself says that it did.
    pub notes: Vec<String>,
    /// Which counters began to count.
    pub ran: Vec<Ran>,
    /// How long it took by the guest's clock.
    pub took: Duration,
}

/// What the reader of the console has to know at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The guest's init runs.
    Init,
    /// The test with this index has begun.
    Started(usize),
    /// The test with this index has ended.
    Ended(usize),
    /// All tests have ended, the guest goes down by itself.
    Finished,
    /// The kernel has panicked.
    Dead,
}

/// How the guest came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// QEMU exited.
    Exited,
    /// The harness killed it because it made no progress.
    Killed,
}

/// What may be complained about in a test without failing it.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The test's name.
    pub name: String,
    /// Complaints with one of these in them are provoked.
    pub allow: Vec<String>,
    /// The test powers the guest off, and has passed if the kernel says this on its way down.
    pub farewell: Option<String>,
}

#[derive(Debug, Default)]
struct Running {
    began: Option<Duration>,
    last: Option<Duration>,
    points: Vec<Point>,
    /// The point that is under way, where points announce themselves.
    doing: Option<String>,
    diags: Vec<String>,
    notes: Vec<String>,
    ran: Vec<Ran>,
    complaints: Vec<String>,
    status: Option<Status>,
}

/// The state machine.
#[derive(Debug)]
pub struct Judge {
    expected: Vec<Expected>,
    runs: Vec<Option<Running>>,
    current: Option<usize>,
    quote_left: usize,
    dead: bool,
    init: bool,
    stray: Vec<String>,
}

impl Judge {
    /// Waits for these tests, in this order.
    #[must_use]
    pub fn new(expected: Vec<Expected>) -> Self {
        let runs = expected.iter().map(|_| None).collect();
        Self {
            expected,
            runs,
            current: None,
            quote_left: 0,
            dead: false,
            init: false,
            stray: Vec::new(),
        }
    }

    /// Takes the next line.
    pub fn feed(&mut self, line: &Line) -> Option<Progress> {
        if let Some(time) = line.time
            && let Some(run) = self.running()
            && run.status.is_none()
        {
            run.began.get_or_insert(time);
            run.last = Some(time);
        }
        match Event::parse(&line.text) {
            Some(event) => {
                self.quote_left = 0;
                self.hear(event, line.time)
            }
            None => self.read_kernel(&line.text),
        }
    }

    fn hear(&mut self, event: Event, time: Option<Duration>) -> Option<Progress> {
        match event {
            Event::Version => {
                // The guest has one init; a second greeting is a test's output.
                return (!std::mem::replace(&mut self.init, true)).then_some(Progress::Init);
            }
            // The plan of a test comes after its points and adds nothing to them.
            Event::Plan { .. } => {}
            Event::Start(name) => {
                // A test may be listed more than once (--repeat): the first that has not run.
                let index = (0..self.runs.len())
                    .find(|&i| self.expected[i].name == name && self.runs[i].is_none())?;
                self.runs[index] = Some(Running {
                    began: time,
                    last: time,
                    ..Running::default()
                });
                self.current = Some(index);
                return Some(Progress::Started(index));
            }
            Event::Point {
                depth: 0,
                name,
                status,
                ..
            } => {
                let index = self.current?;
                let run = self.runs[index].as_mut()?;
                if self.expected[index].name != name || run.status.is_some() {
                    return None;
                }
                run.status = Some(status);
                return Some(Progress::Ended(index));
            }
            Event::Point { name, status, .. } => {
                let ok = status != Status::NotOk;
                let skipped = match status {
                    Status::Skip(reason) => Some(reason),
                    _ => None,
                };
                if let Some(run) = self.running() {
                    run.doing = None;
                    run.points.push(Point { name, ok, skipped });
                }
            }
            Event::Diag { depth: 0, text } if text == "finished" => {
                return Some(Progress::Finished);
            }
            Event::Diag { text, .. } => match self.running() {
                Some(run) => run.diagnose(text),
                None => self.stray.push(text),
            },
            Event::Bail(reason) => self.stray.push(format!("the guest gave up: {reason}")),
        }
        None
    }

    fn read_kernel(&mut self, text: &str) -> Option<Progress> {
        let gravity = dmesg::classify(text);
        let allowed = gravity == Some(Gravity::Complaint)
            && self.current.is_some_and(|index| {
                let allow = &self.expected[index].allow;
                allow.iter().any(|words| text.contains(words))
            });
        if gravity.is_some() && !allowed && self.quote_left == 0 {
            self.quote_left = LONGEST_QUOTE;
        }
        if self.quote_left > 0 {
            self.quote_left -= 1;
            match self.running() {
                Some(run) => run.complain(text),
                None => self.stray.push(text.to_owned()),
            }
        }
        if dmesg::ends_report(text) {
            self.quote_left = 0;
        }
        if gravity == Some(Gravity::Death) && !self.dead {
            self.dead = true;
            return Some(Progress::Dead);
        }
        let index = self.current?;
        let farewell = self.expected[index].farewell.as_ref()?;
        let run = self.runs[index].as_mut()?;
        if run.status.is_some() || !text.contains(farewell) {
            return None;
        }
        run.status = Some(Status::Ok);
        Some(Progress::Ended(index))
    }

    fn running(&mut self) -> Option<&mut Running> {
        self.runs.get_mut(self.current?)?.as_mut()
    }

    /// Whether the guest got as far as its init.
    #[must_use]
    pub fn reached_init(&self) -> bool {
        self.init
    }

    /// What was said outside any test: complaints during the boot, trouble of the guest's init.
    #[must_use]
    pub fn stray(&self) -> &[String] {
        &self.stray
    }

    /// What became of the test with this index. Once a later one has started, or the guest is
    /// gone, this is final.
    ///
    /// # Panics
    ///
    /// There is no such test.
    #[must_use]
    pub fn record(&self, index: usize, end: End) -> Record {
        let name = self.expected[index].name.clone();
        match &self.runs[index] {
            Some(run) => run.record(name, self.dead && self.current == Some(index), end),
            None => Record {
                name,
                verdict: Verdict::NotRun,
                points: Vec::new(),
                detail: Vec::new(),
                notes: Vec::new(),
                ran: Vec::new(),
                took: Duration::ZERO,
            },
        }
    }
}

impl Running {
    fn diagnose(&mut self, text: String) {
        if let Some(name) = text.strip_prefix("begin: ") {
            self.doing = Some(name.to_owned());
        } else if let Some(ran) = text.strip_prefix("ran: ") {
            // A line that was cut off is worth nothing.
            self.ran.extend(Ran::parse(self.doing.clone(), ran));
        } else if let Some(note) = text.strip_prefix("note: ") {
            self.notes.push(note.to_owned());
        } else if let Some(doing) = &self.doing {
            self.diags.push(format!("{doing}: {text}"));
        } else {
            self.diags.push(text);
        }
    }

    /// What the kernel said is wrong with the test, and if one is under way, with its point.
    fn complain(&mut self, text: &str) {
        if let Some(doing) = &self.doing {
            let during = format!("during {doing}:");
            if !self.complaints.contains(&during) {
                self.complaints.push(during);
            }
        }
        self.complaints.push(text.to_owned());
    }

    fn record(&self, name: String, died: bool, end: End) -> Record {
        let took = match (self.began, self.last) {
            (Some(began), Some(last)) => last.saturating_sub(began),
            _ => Duration::ZERO,
        };
        let (verdict, mut detail) = self.verdict(died, end);
        detail.extend(self.complaints.iter().cloned());
        if !matches!(verdict, Verdict::Passed | Verdict::Skipped) {
            let failed = self.points.iter().filter(|p| !p.ok);
            detail.extend(failed.map(|p| format!("not ok: {}", p.name)));
            detail.extend(self.doing.iter().map(|name| format!("under way: {name}")));
            detail.extend(self.diags.iter().cloned());
        }
        Record {
            name,
            verdict,
            points: self.points.clone(),
            detail,
            notes: self.notes.clone(),
            ran: self.ran.clone(),
            took,
        }
    }

    fn verdict(&self, died: bool, end: End) -> (Verdict, Vec<String>) {
        let because = |verdict, why: &str| (verdict, vec![why.to_owned()]);
        match &self.status {
            _ if died => (Verdict::Panicked, Vec::new()),
            // It ended, and the guest then hung on its way down: that is this test's doing only
            // if the kernel says so.
            Some(_) if !self.complaints.is_empty() => (Verdict::Complained, Vec::new()),
            Some(Status::Ok) if self.points.iter().all(|p| p.ok) => (Verdict::Passed, Vec::new()),
            Some(Status::Skip(reason)) if reason.is_empty() => {
                because(Verdict::Failed, "it skipped itself without a reason")
            }
            Some(Status::Skip(reason)) => because(Verdict::Skipped, reason),
            Some(_) => (Verdict::Failed, Vec::new()),
            None if end == End::Killed => because(Verdict::TimedOut, "it did not end in its time"),
            None => because(Verdict::Panicked, "QEMU exited in the middle of it"),
        }
    }
}

#[cfg(test)]
mod tests;
