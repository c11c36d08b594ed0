// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the guest did, and what the model thinks of it.

use std::collections::BTreeMap;

use vgpu_facts::register;

/// So many reads of one value are worth a line; then ten times as many, and so on.
const POLLS: u32 = 250;

/// How many lines are kept until somebody fetches them.
const LINES: usize = 10_000;

/// By which the GSP is told of a command: the first word of its falcon's queue pointers.
const NV_PGSP_QUEUE_HEAD: u32 = 0x11_0c00;

#[cfg(test)]
thread_local! {
    /// All that was complained of in this thread.
    pub(crate) static COMPLAINTS: std::cell::RefCell<std::collections::BTreeSet<String>> = const {
        std::cell::RefCell::new(std::collections::BTreeSet::new())
    };
}

/// How often a register was accessed that the model does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// What was written last.
    pub last: u32,
}

/// What happened so far.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    lines: Vec<String>,
    traced: bool,
    missing: BTreeMap<u32, Missing>,
    /// What else a driver has asked for that is not there, and how often.
    lacking: BTreeMap<String, u64>,
    polls: BTreeMap<u32, (u32, u32)>,
    /// The access before, and how often it was repeated.
    before: Option<(String, u32)>,
    /// How many accesses there were until the GSP was last told of a command.
    before_command: u64,
    /// How many reads there were.
    pub reads: u64,
    /// How many writes there were.
    pub writes: u64,
    /// How many complaints there were: things that a right driver does not do.
    pub complaints: u64,
}

impl Journal {
    /// Has a line for each access from now on.
    pub fn trace(&mut self) {
        self.traced = true;
    }

    /// Says something.
    pub fn say(&mut self, text: impl Into<String>) {
        self.flush();
        self.push(text.into());
    }

    /// Says what a right driver would not have done.
    pub fn complain(&mut self, text: impl AsRef<str>) {
        self.complaints += 1;
        #[cfg(test)]
        COMPLAINTS.with_borrow_mut(|all| all.insert(text.as_ref().to_owned()));
        self.say(format!("wrong: {}", text.as_ref()));
    }

    /// The lines since this was last asked.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// The registers that the guest touched and that are not there.
    #[must_use]
    pub fn missing(&self) -> &BTreeMap<u32, Missing> {
        &self.missing
    }

    /// A read of a register.
    pub fn read(&mut self, offset: u32, value: u32) {
        self.reads += 1;
        let poll = self.polls.entry(offset).or_insert((value, 0));
        poll.1 = if poll.0 == value {
            poll.1.saturating_add(1)
        } else {
            1
        };
        poll.0 = value;
        let count = poll.1;
        if count >= POLLS && is_power_of_ten(count, POLLS) {
            let name = register::name(offset);
            self.say(format!(
                "the guest has read {name} ({offset:#x}) {count} times as {value:#x}"
            ));
        }
        if self.traced {
            self.trace_line(format!(
                "read  {offset:06x} {value:08x} {}",
                register::name(offset)
            ));
        }
    }

    /// How many accesses of registers there have been since the GSP was last told of a command, that one
    /// included.
    #[must_use]
    pub fn since_command(&self) -> u64 {
        self.reads + self.writes - self.before_command
    }

    /// A write to a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        if offset == NV_PGSP_QUEUE_HEAD {
            self.before_command = self.reads + self.writes;
        }
        self.writes += 1;
        if self.traced {
            self.trace_line(format!(
                "write {offset:06x} {value:08x} {}",
                register::name(offset)
            ));
        }
    }

    /// A read of a register that is not there.
    pub fn missed_read(&mut self, offset: u32) {
        self.missing.entry(offset).or_default().reads += 1;
    }

    /// A write to one.
    pub fn missed_write(&mut self, offset: u32, value: u32) {
        let missing = self.missing.entry(offset).or_default();
        missing.writes += 1;
        missing.last = value;
    }

    /// A driver asks for something that the model does not have, and that a card may have.
    pub fn lack(&mut self, what: String) {
        self.say(format!("the model has no {what}"));
        *self.lacking.entry(what).or_default() += 1;
    }

    /// What else a driver has asked for that is not there, and how often.
    #[must_use]
    pub fn lacking(&self) -> &BTreeMap<String, u64> {
        &self.lacking
    }

    /// What is to be said at the end.
    #[must_use]
    pub fn summary(&mut self) -> Vec<String> {
        self.flush();
        let mut lines = self.take();
        lines.push(format!(
            "{} reads and {} writes of BAR 0; {} complaints; {} registers touched that are not there",
            self.reads,
            self.writes,
            self.complaints,
            self.missing.len()
        ));
        for (offset, missing) in &self.missing {
            let Missing {
                reads,
                writes,
                last,
            } = missing;
            let name = register::name(*offset);
            lines.push(format!(
                "not there: {name} ({offset:#x}): {reads} reads, {writes} writes (last {last:#x})"
            ));
        }
        for (what, count) in &self.lacking {
            lines.push(format!("not there: {what}: asked for {count} times"));
        }
        lines
    }

    /// A line like the one before it is only counted.
    fn trace_line(&mut self, line: String) {
        match &mut self.before {
            Some((before, count)) if *before == line => *count += 1,
            _ => {
                self.flush();
                self.before = Some((line, 1));
            }
        }
    }

    fn flush(&mut self) {
        match self.before.take() {
            Some((line, 1)) => self.push(line),
            Some((line, count)) => self.push(format!("{line} ({count} times)")),
            None => {}
        }
    }

    fn push(&mut self, line: String) {
        if self.lines.len() < LINES {
            self.lines.push(line);
        }
    }
}

/// Whether a count is `unit`, or that times 10, 100 and so on.
fn is_power_of_ten(count: u32, unit: u32) -> bool {
    let mut wanted = unit;
    while wanted < count {
        let Some(next) = wanted.checked_mul(10) else {
            return false;
        };
        wanted = next;
    }
    wanted == count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_waits_is_reported_by_the_registers_name() {
        let mut journal = Journal::default();
        for _ in 0..2500 {
            journal.read(0x11_8234, 0x80);
            journal.read(0x11_8128, 1);
        }
        let lines = journal.take();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[0].contains("AON_SECURE_SCRATCH_GROUP_05_0 (0x118234) 250 times as 0x80"));
    }

    #[test]
    fn one_who_waits_for_hours_is_survived() {
        let mut journal = Journal::default();
        journal.polls.insert(0x9400, (5, u32::MAX));
        journal.read(0x9400, 5);
        assert_eq!(journal.reads, 1);
    }

    #[test]
    fn a_value_that_changes_is_no_wait() {
        let mut journal = Journal::default();
        for time in 0..1000 {
            journal.read(0x9400, time);
        }
        assert!(journal.take().is_empty());
    }

    #[test]
    fn what_is_missing_is_listed() {
        let mut journal = Journal::default();
        journal.missed_read(0x4);
        journal.missed_write(0x12_3458, 7);
        let summary = journal.summary().join("\n");
        assert!(
            summary.contains("NV_PMC_BOOT_1 (0x4): 1 reads"),
            "{summary}"
        );
        assert!(summary.contains("0x123458 (0x123458): 0 reads, 1 writes (last 0x7)"));
    }

    #[test]
    fn a_trace_counts_what_repeats() {
        let mut journal = Journal::default();
        journal.trace();
        journal.read(0, 5);
        journal.read(0, 5);
        journal.write(0x1700, 1);
        journal.say("done");
        let lines = journal.take();
        assert_eq!(lines[0], "read  000000 00000005 NV_PMC_BOOT_0 (2 times)");
        assert_eq!(lines[1], "write 001700 00000001 NV_PBUS_BAR0_WINDOW");
        assert_eq!(lines[2], "done");
    }
}
