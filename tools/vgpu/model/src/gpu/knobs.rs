// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A port for commands, in a capability of the vendor's own: a test inside the guest has faults happen
//! by their names.
//!
//! At 4 the text of a command is written, four bytes at a time, and a newline ends it. At 8 is what
//! became of the last one: 1 done, 2 refused. At 12 is how many faults have come, at 16
//! how much of what the driver has done was wrong, at 20 how many accesses of BAR 0 there have been, and at 24
//! how many since the GSP was last told of a command, that one included, and at 28 how many registers
//! were touched that are not there.

use device_model::config::Capability;

use crate::command::MAX_LINE;

pub(super) const SIZE: u8 = 32;
const TEXT: usize = 4;
const RESULT: usize = 8;
const STRUCK: usize = 12;
const WRONG: usize = 16;
const ACCESSES: usize = 20;
const ANSWERED: usize = 24;
const MISSING: usize = 28;

/// What can be read beside what became of the last command.
pub(super) struct Counts {
    /// How many faults have come.
    pub(super) struck: u32,
    /// How much was wrong.
    pub(super) wrong: u64,
    /// How many accesses of BAR 0 there have been.
    pub(super) accesses: u64,
    /// How many since the GSP was last told of a command.
    pub(super) since_command: u64,
    /// How many registers were touched that are not there.
    pub(super) missing: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Knobs {
    place: Capability,
    text: Vec<u8>,
    result: u32,
}

impl Knobs {
    pub(super) fn new(place: Capability) -> Self {
        Self {
            place,
            text: Vec::new(),
            result: 0,
        }
    }

    /// Puts what can be read into what is read of the configuration space.
    pub(super) fn overlay(&self, counts: &Counts, offset: usize, into: &mut [u8]) {
        let word = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        for (place, value) in [
            (RESULT, self.result),
            (STRUCK, counts.struck),
            (WRONG, word(counts.wrong)),
            (ACCESSES, word(counts.accesses)),
            (ANSWERED, word(counts.since_command)),
            (MISSING, word(counts.missing as u64)),
        ] {
            let place = self.place.0 + place;
            for (byte, at) in value.to_le_bytes().into_iter().zip(place..) {
                if let Some(target) = at.checked_sub(offset).and_then(|at| into.get_mut(at)) {
                    *target = byte;
                }
            }
        }
    }

    /// Makes ones of all that does not belong to the knobs.
    pub(super) fn hide_others(&self, offset: usize, into: &mut [u8]) {
        let own = self.place.0 + TEXT..self.place.0 + usize::from(SIZE);
        for (byte, at) in into.iter_mut().zip(offset..=usize::MAX) {
            if !own.contains(&at) {
                *byte = 0xff;
            }
        }
    }

    /// Takes a piece of a command; returns one that has ended by it.
    pub(super) fn write(&mut self, offset: usize, from: &[u8]) -> Option<String> {
        if offset != self.place.0 + TEXT {
            return None;
        }
        for byte in from.iter().filter(|byte| **byte != 0) {
            if *byte == b'\n' {
                let text = std::mem::take(&mut self.text);
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
            if self.text.len() < MAX_LINE {
                self.text.push(*byte);
            }
        }
        None
    }

    pub(super) fn answer(&mut self, answer: &str) {
        self.result = if answer.starts_with("error") { 2 } else { 1 };
    }
}
