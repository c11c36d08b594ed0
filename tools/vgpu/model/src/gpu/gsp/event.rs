// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the GSP says unasked, while it runs: `event os-error-log count=3` has it said.

use std::collections::VecDeque;

use device_model::Memory;

use super::super::Gpu;
use super::State;
use crate::fault::Fault;

/// The events that there are, by name, with their numbers; 0 where those are the release's.
const EVENTS: &[(&str, u32)] = &[
    ("post-event", 0x1003),
    ("rc-triggered", 0x1004),
    ("mmu-fault-queued", 0x1005),
    ("os-error-log", 0x1006),
    ("libos-print", 0x100c),
    ("lockdown-notice", 0),
    ("nocat-record", 0),
    // A reply that nobody has asked for, and numbers that nobody knows.
    ("free", 10),
    ("run-cpu-sequencer", 0x1002),
    ("unknown", 0x1fff),
];

/// No event is said more often at once.
const MOST: u32 = 1_000_000;

/// How much text is more than an element holds.
const HUGE: usize = 100_000;

/// What is still to be said: events, and how often each.
pub(super) type Events = VecDeque<(u32, u32)>;

impl Gpu {
    /// Has the GSP say something. It says it as soon as there is room in the queue.
    ///
    /// # Errors
    ///
    /// There is no such event, or the GSP does not run.
    pub fn event(&mut self, text: &str) -> Result<(), String> {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let number = EVENTS.iter().find(|(known, _)| *known == name);
        let count = match rest.trim().strip_prefix("count=") {
            Some(count) => count.parse().ok(),
            None => rest.trim().is_empty().then_some(1),
        };
        let count = count.filter(|count| (1..=MOST).contains(count));
        let (Some((_, number)), Some(count)) = (number, count) else {
            let names: Vec<_> = EVENTS.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "'{text}' is no event: wanted is NAME [count=N], with one of the names {}",
                names.join(", ")
            ));
        };
        if self.rm.state != State::Ready {
            return Err("the GSP does not run".to_owned());
        }
        let release = self.rm.release;
        let number = match name {
            "lockdown-notice" => Some(release.events.lockdown_notice),
            "nocat-record" => release.events.nocat_record,
            _ => Some(*number),
        };
        let number = number.ok_or_else(|| format!("{} has no {name}", release.name))?;
        self.rm.events.push_back((number, count));
        Ok(())
    }

    /// Says what there is to be said and room for.
    pub(in crate::gpu) fn rm_say(&mut self, memory: &impl Memory) {
        while self.rm.state == State::Ready
            && self.config.may_master()
            && let Some((number, count)) = self.rm.events.pop_front()
        {
            let payload = self.payload(number);
            if !self.rm.queue.has_room(payload.len(), memory) {
                self.rm.events.push_front((number, count));
                return;
            }
            if count > 1 {
                self.rm.events.push_front((number, count - 1));
            }
            self.rm_send(number, &payload, memory);
        }
    }

    fn payload(&self, number: u32) -> Vec<u8> {
        // What a size in an event says.
        let size = |size: u32| {
            if self.faults.is(Fault::EventLong) {
                u32::MAX
            } else {
                size
            }
        };
        let release = self.rm.release;
        let mut payload = match number {
            // Client, event, index, data, info16, status, size; whether it is for a list, and three bytes.
            0x1003 => {
                let mut payload = words(&[0xc1d0_0001, 0xe1, 5, 7, 0, 0, size(3), 0x0302_0100]);
                payload.extend([0; 3]);
                payload
            }
            // Engine, channel, gfid, level, Xid, scope; of a fault at 1_0000_2000.
            0x1004 if release.events.rc_triggered == 48 => {
                words(&[1, 9, 0, 0, 31, 2, 0, 0x2000, 1, 0, 0, 0])
            }
            // The same without gfid and level, and without the fault.
            0x1004 => words(&[1, 9, 31, 2, 0]),
            // Xid, runlist, channel, and the text.
            0x1006 => {
                let mut payload = words(&[79, 1, 2]);
                payload.extend(b"GPU has fallen off the bus\nnot a line of the kernel's\0");
                if self.faults.is(Fault::EventLong) {
                    // It does not end.
                    payload.resize(268, b'A');
                }
                payload.resize(release.events.os_error_log, 0);
                payload
            }
            // Engine, and the text with its size.
            0x100c => {
                let text = if self.faults.is(Fault::EventHuge) {
                    vec![b'x'; HUGE]
                } else {
                    b"hello".to_vec()
                };
                let mut payload = words(&[1, size(text.len() as u32)]);
                payload.extend(text);
                payload
            }
            _ if number == release.events.lockdown_notice => words(&[1]),
            _ if Some(number) == release.events.nocat_record => vec![0; 0x40],
            // A list with nothing in it.
            0x1002 => vec![0; 40],
            _ => Vec::new(),
        };
        if self.faults.is(Fault::EventTruncated) {
            payload.truncate(4);
        }
        payload
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
