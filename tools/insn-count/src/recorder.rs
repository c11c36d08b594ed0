// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which counter belongs to which block, and what a section adds to each.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::marker::Marker;

/// The counters by the addresses of blocks, and the section that is under way.
///
/// # Invariants
///
/// `addresses[slot]` is the address whose slot is `slot`; slot 0 is that of all addresses below
/// `kernel`, and has the address 0.
#[derive(Debug)]
pub struct Recorder {
    kernel: u64,
    slots: HashMap<u64, usize>,
    addresses: Vec<u64>,
    section: Option<Section>,
}

/// A section that has begun.
#[derive(Debug)]
struct Section {
    id: u16,
    /// What the counters said when it began; a counter that is not there was 0.
    before: Vec<u64>,
}

impl Recorder {
    /// A recorder that counts what lies below `kernel` as one.
    #[must_use]
    pub fn new(kernel: u64) -> Self {
        Self {
            kernel,
            slots: HashMap::new(),
            addresses: vec![0],
            section: None,
        }
    }

    /// The counter of the block at this address: the same one when it is translated again.
    pub fn slot(&mut self, address: u64) -> usize {
        if address < self.kernel {
            return 0;
        }
        *self.slots.entry(address).or_insert_with(|| {
            self.addresses.push(address);
            self.addresses.len() - 1
        })
    }

    /// How many counters there are.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.addresses.len()
    }

    /// A marker has been executed. `read` says what the counter of a slot says now. At the end of a
    /// section there is a line for the report:
    /// `{"section":3,"user":7,"blocks":[[18446744071562067968,12]]}`.
    ///
    /// A marker where it cannot be gives the line `{"error":"…"}`.
    pub fn marker(&mut self, marker: Marker, read: impl Fn(usize) -> u64) -> Option<String> {
        match (marker, self.section.take()) {
            (Marker::Start(id), None) => {
                let before = (0..self.slots()).map(read).collect();
                self.section = Some(Section { id, before });
                None
            }
            (Marker::Stop(id), Some(section)) if section.id == id => {
                Some(self.line(&section, read))
            }
            (marker, section) => {
                let during = section.map(|section| section.id);
                Some(error(&format!("{marker:?} came during {during:?}")))
            }
        }
    }

    fn line(&self, section: &Section, read: impl Fn(usize) -> u64) -> String {
        let count = |slot: usize| {
            let before = section.before.get(slot).copied().unwrap_or(0);
            read(slot).wrapping_sub(before)
        };
        let mut line = format!(
            "{{\"section\":{},\"user\":{},\"blocks\":[",
            section.id,
            count(0)
        );
        let mut comma = "";
        for (slot, address) in self.addresses.iter().enumerate().skip(1) {
            let count = count(slot);
            if count != 0 {
                // Writing to a string does not fail.
                let _ = write!(line, "{comma}[{address},{count}]");
                comma = ",";
            }
        }
        line.push_str("]}");
        line
    }
}

/// A line of the report that says what went wrong.
#[must_use]
pub fn error(text: &str) -> String {
    format!("{{\"error\":\"{}\"}}", text.escape_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_what_came_between() {
        let mut recorder = Recorder::new(0x1000);
        assert_eq!(recorder.slot(0x10), 0);
        assert_eq!(recorder.slot(0xfff), 0);
        assert_eq!(recorder.slot(0x1000), 1);
        assert_eq!(recorder.slot(0x2000), 2);
        assert_eq!(recorder.slot(0x1000), 1);
        let before = [5, 10, 20];
        let start = recorder.marker(Marker::Start(9), |slot| before[slot]);
        assert_eq!(start, None);
        // This one is translated while the section is under way.
        assert_eq!(recorder.slot(0x3000), 3);
        let after = [6, 13, 20, 4];
        assert_eq!(
            recorder
                .marker(Marker::Stop(9), |slot| after[slot])
                .unwrap(),
            r#"{"section":9,"user":1,"blocks":[[4096,3],[12288,4]]}"#
        );
        // The same again begins anew.
        recorder.marker(Marker::Start(9), |slot| after[slot]);
        assert_eq!(
            recorder
                .marker(Marker::Stop(9), |slot| after[slot])
                .unwrap(),
            r#"{"section":9,"user":0,"blocks":[]}"#
        );
    }

    #[test]
    fn markers_in_the_wrong_order_are_told() {
        let wrong = |markers: &[Marker]| {
            let mut recorder = Recorder::new(0);
            let lines: Vec<_> = markers
                .iter()
                .filter_map(|marker| recorder.marker(*marker, |_| 0))
                .collect();
            lines.len() == 1 && lines[0].starts_with("{\"error\":\"")
        };
        assert!(wrong(&[Marker::Stop(1)]));
        assert!(wrong(&[Marker::Start(1), Marker::Start(2)]));
        assert!(wrong(&[Marker::Start(1), Marker::Stop(2)]));
    }

    #[test]
    fn an_error_is_json() {
        assert_eq!(error("a \"b\"\n"), r#"{"error":"a \"b\"\n"}"#);
    }
}
