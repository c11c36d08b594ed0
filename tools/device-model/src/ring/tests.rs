// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A driver in a few lines, on a guest that is a piece of memory. It has its own numbers, from
//! Documentation/ring-device.md, not those of the model.

use std::cell::RefCell;

use super::*;
use crate::NoMemory;
use proptest::prelude::*;

const RING: u64 = 0x1000;
const DONE: u64 = 0x4000;
const DATA: u64 = 0x10000;

struct Guest {
    memory: RefCell<Vec<u8>>,
    heard: Vec<Line>,
}

impl Memory for Guest {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), NoMemory> {
        let memory = self.memory.borrow();
        let from = usize::try_from(address)
            .ok()
            .and_then(|at| memory.get(at..));
        let from = from.and_then(|from| from.get(..into.len()));
        into.copy_from_slice(from.ok_or(NoMemory(address))?);
        Ok(())
    }

    fn write(&self, address: u64, from: &[u8]) -> Result<(), NoMemory> {
        let mut memory = self.memory.borrow_mut();
        let to = usize::try_from(address)
            .ok()
            .and_then(|at| memory.get_mut(at..));
        let to = to.and_then(|to| to.get_mut(..from.len()));
        to.ok_or(NoMemory(address))?.copy_from_slice(from);
        Ok(())
    }
}

#[derive(Default)]
struct Heard(Vec<Line>);

impl Interrupts for Heard {
    fn raise(&mut self, line: Line) {
        self.0.push(line);
    }
}

impl Guest {
    fn new() -> Self {
        Self {
            memory: RefCell::new(vec![0; 0x4_0000]),
            heard: Vec::new(),
        }
    }

    fn set(&mut self, ring: &mut Ring, offset: u32, value: u32) {
        let mut heard = Heard::default();
        ring.bar_write(offset, &value.to_le_bytes(), &mut heard);
        self.heard.extend(heard.0);
    }

    fn get(&self, ring: &mut Ring, offset: u32) -> u32 {
        let mut bytes = [0; 4];
        ring.bar_read(offset, &mut bytes, &mut Heard::default());
        u32::from_le_bytes(bytes)
    }

    /// Ready for `size` descriptors, with MSI-X.
    fn start(&mut self, ring: &mut Ring, size: u32) {
        ring.config_write(4, &[0x06, 0]);
        let msix = capability(ring, 0x11);
        ring.config_write(msix + 2, &[0, 0x80]);
        for (offset, value) in [
            (0x20, RING as u32),
            (0x28, DONE as u32),
            (0x30, size),
            (0x18, 3),
            (0x0c, 1),
        ] {
            self.set(ring, offset, value);
        }
    }

    fn put(&self, index: u64, words: [u32; 8]) {
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.write(RING + 32 * index, &bytes).unwrap();
    }

    /// Asks for a block to be copied, under a number.
    fn copy(&self, index: u64, id: u32, length: u32) {
        let from = DATA as u32 + 0x100 * id;
        self.put(
            index,
            [from, 0, from + 0x8000, 0, length, id << 16 | 1, 0, 0],
        );
    }

    fn run(&mut self, ring: &mut Ring) {
        let mut heard = Heard::default();
        while ring.step(self, &mut heard) {}
        self.heard.extend(heard.0);
    }

    /// (id, status, phase, length, sum)
    fn done(&self, index: u64) -> (u32, u32, u32, u32, u32) {
        let mut bytes = [0; 16];
        self.read(DONE + 16 * index, &mut bytes).unwrap();
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let last = word(12);
        (last >> 16, last >> 1 & 0x7fff, last & 1, word(0), word(4))
    }
}

fn capability(ring: &mut Ring, id: u8) -> usize {
    let mut byte = [0];
    ring.config_read(0x34, &mut byte);
    loop {
        let at = usize::from(byte[0]);
        assert_ne!(at, 0, "no capability {id:#x}");
        ring.config_read(at, &mut byte);
        if byte[0] == id {
            return at;
        }
        ring.config_read(at + 1, &mut byte);
    }
}

fn arm(ring: &mut Ring, words: &str) {
    ring.arm(words.parse().unwrap());
}

#[test]
fn it_says_what_it_is() {
    let (guest, mut ring) = (Guest::new(), Ring::new());
    assert_eq!(guest.get(&mut ring, 0), u32::from_le_bytes(*b"RING"));
    assert_eq!(guest.get(&mut ring, 4), 1);
    let caps = guest.get(&mut ring, 8);
    assert_eq!((caps & 0xfff, caps >> 12 & 0xf, caps >> 16), (256, 4, 16));
    assert_eq!(guest.get(&mut ring, 0x10), 1);
    let mut ids = [0; 4];
    ring.config_read(0, &mut ids);
    assert_eq!(ids, [0xf4, 0x1a, 0xf0, 0x10]);
}

#[test]
fn data_move_both_ways() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 4);
    guest.write(DATA, b"abcd").unwrap();
    guest.copy(0, 0, 4);
    guest.put(
        1,
        [DATA as u32, 0, 0x2_0000, 0, 4, 7 << 16 | 2, 0x0101_0101, 0],
    );
    guest.put(2, [DATA as u32, 0, 0, 0, 4, 9 << 16 | 3, 0, 0]);
    guest.set(&mut ring, 0x34, 3);
    guest.run(&mut ring);
    let mut data = [0; 4];
    guest.read(DATA + 0x8000, &mut data).unwrap();
    assert_eq!(&data, b"abcd");
    guest.read(0x2_0000, &mut data).unwrap();
    assert_eq!(&data, b"`cbe");
    // FNV-1a of "abcd".
    assert_eq!(guest.done(0), (0, 0, 1, 4, 0xce34_79bd));
    assert_eq!(guest.done(1).0, 7);
    assert_eq!(guest.done(2), (9, 0, 1, 4, 0xce34_79bd));
    assert_eq!(guest.heard, [Line::MsiX(0); 3]);
    assert_eq!(guest.get(&mut ring, 0x38), 3);
    assert_eq!(guest.get(&mut ring, 0x1c), 3);
    assert_eq!(guest.get(&mut ring, 0x1c), 0);
}

#[test]
fn events_are_cleared_by_ones() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 4);
    guest.copy(0, 0, 4);
    guest.set(&mut ring, 0x34, 1);
    guest.run(&mut ring);
    guest.set(&mut ring, 0x34, 99);
    assert_eq!(guest.get(&mut ring, 0x14), 3);
    assert_eq!(guest.heard, [Line::MsiX(0), Line::MsiX(1)]);
    guest.set(&mut ring, 0x14, 1);
    assert_eq!(guest.get(&mut ring, 0x14), 2);
    assert_eq!(guest.get(&mut ring, 0x40), 2);
    guest.set(&mut ring, 0x14, 2);
    assert_eq!(guest.get(&mut ring, 0x14), 0);
}

#[test]
fn a_reset_takes_its_time_and_ends_by_itself() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 4);
    guest.set(&mut ring, 0x44, 5);
    guest.set(&mut ring, 0x0c, 2);
    guest.set(&mut ring, 0x44, 6);
    assert_eq!(guest.get(&mut ring, 0x10), 0);
    assert_eq!(guest.get(&mut ring, 0x0c), 2);
    assert_eq!(guest.get(&mut ring, 0x0c), 2);
    assert_eq!(guest.get(&mut ring, 0x0c), 0);
    assert_eq!(guest.get(&mut ring, 0x10), 1);
    assert_eq!(guest.get(&mut ring, 0x44), 0);
    guest.set(&mut ring, 0x44, 7);
    let express = capability(&mut ring, 0x10);
    ring.config_write(express + 8, &[0, 0x80]);
    assert_eq!(guest.get(&mut ring, 0x44), 0);
    assert_eq!(guest.get(&mut ring, 0x0c), 0);
}

#[test]
fn a_ring_of_the_wrong_make_does_not_run() {
    for (offset, value) in [(0x30, 3), (0x30, 512), (0x30, 0), (0x20, 0x1008)] {
        let (mut guest, mut ring) = (Guest::new(), Ring::new());
        guest.set(&mut ring, 0x30, 4);
        guest.set(&mut ring, offset, value);
        guest.set(&mut ring, 0x0c, 1);
        assert_eq!(guest.get(&mut ring, 0x10), 1);
        assert_eq!(guest.get(&mut ring, 0x40), 1);
        guest.set(&mut ring, 0x34, 1);
        assert_eq!(guest.get(&mut ring, 0x40), 2);
        assert!(!ring.has_work());
    }
}

#[test]
fn descriptors_that_ask_for_nonsense() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 8);
    let data = DATA as u32;
    for (index, words, status) in [
        (0, [data, 0, data, 0, 4, 9, 0, 0], 1),
        (1, [data, 0, data, 0, 0, 1, 0, 0], 2),
        (2, [data, 0, data, 0, 0x1_0001, 1, 0, 0], 2),
        (3, [data, 1, data, 0, 4, 1, 0, 0], 3),
        (4, [data, 0, !0, !0, 4, 1, 0, 0], 3),
        (5, [data, 0, data, 0, 4, 0x0101, 0, 0], 4),
        (6, [data, 0, data, 0, 4, 1, 0, 1], 4),
    ] {
        guest.put(index, words);
        guest.set(&mut ring, 0x34, index as u32 + 1);
        guest.run(&mut ring);
        assert_eq!(guest.done(index), (0, status, 1, 0, 0), "{words:x?}");
    }
}

#[test]
fn a_ring_that_is_not_there_halts_it() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 4);
    guest.copy(0, 0, 4);
    // Bus mastering is off.
    ring.config_write(4, &[0x02, 0]);
    guest.set(&mut ring, 0x34, 1);
    guest.run(&mut ring);
    assert_eq!(guest.get(&mut ring, 0x10), 7);
    assert_eq!(guest.get(&mut ring, 0x40), 3);
    assert_eq!(guest.heard, [Line::MsiX(1)]);

    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.set(&mut ring, 0x2c, 1);
    guest.start(&mut ring, 4);
    guest.copy(0, 0, 4);
    guest.set(&mut ring, 0x34, 1);
    guest.run(&mut ring);
    assert_eq!(guest.get(&mut ring, 0x40), 4);
}

#[test]
fn interrupts_are_put_together() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 16);
    guest.set(&mut ring, 0x3c, 4);
    for index in 0..10 {
        guest.copy(index, index as u32, 4);
    }
    guest.set(&mut ring, 0x34, 10);
    guest.run(&mut ring);
    // After the fourth, the eighth and the last.
    assert_eq!(guest.heard.len(), 3);
    guest.set(&mut ring, 0x18, 0);
    guest.copy(10, 0, 4);
    guest.set(&mut ring, 0x34, 11);
    guest.run(&mut ring);
    assert_eq!(guest.heard.len(), 3);
}

#[test]
fn the_pin_stays_up_until_the_events_are_gone() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 4);
    let msix = capability(&mut ring, 0x11);
    ring.config_write(msix + 2, &[0, 0]);
    guest.copy(0, 0, 4);
    guest.set(&mut ring, 0x34, 1);
    guest.run(&mut ring);
    assert_eq!(guest.heard, [Line::Pin]);
    let mut status = [0];
    ring.config_read(6, &mut status);
    assert_eq!(status[0] & 8, 8);
    let mut again = Heard::default();
    ring.pin_unmasked(&mut again);
    assert_eq!(again.0, [Line::Pin]);
    guest.set(&mut ring, 0x14, 3);
    ring.config_read(6, &mut status);
    assert_eq!(status[0] & 8, 0);
    let mut again = Heard::default();
    ring.pin_unmasked(&mut again);
    assert_eq!(again.0, []);
}

#[test]
fn odd_accesses_do_nothing() {
    let (guest, mut ring) = (Guest::new(), Ring::new());
    let mut heard = Heard::default();
    ring.bar_write(0x44, &[1, 2], &mut heard);
    ring.bar_write(0x45, &[1, 2, 3, 4], &mut heard);
    assert_eq!(guest.get(&mut ring, 0x44), 0);
    let mut bytes = [0; 2];
    ring.bar_read(0x44, &mut bytes, &mut heard);
    assert_eq!(bytes, [0xff; 2]);
    assert_eq!(ring.statistics().odd, 3);
    // Two registers at once are two.
    ring.bar_write(0x40, &[1, 0, 0, 0, 2, 0, 0, 0], &mut heard);
    assert_eq!(guest.get(&mut ring, 0x44), 2);
    // The tables of MSI-X are memory.
    ring.bar_write(0x2003, &[7], &mut heard);
    ring.bar_read(0x2002, &mut bytes, &mut heard);
    assert_eq!(bytes, [0, 7]);
    ring.bar_read(0x3fff, &mut bytes, &mut heard);
    assert_eq!(bytes, [0, 0xff]);
}

#[test]
fn faults_of_a_descriptor() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 8);
    arm(&mut ring, "corrupt-descriptor");
    arm(&mut ring, "corrupt-id after=1");
    arm(&mut ring, "corrupt-length after=2");
    arm(&mut ring, "corrupt-data after=3");
    arm(&mut ring, "corrupt-address after=5");
    for index in 0..6 {
        guest.write(DATA + 0x100 * index, b"abcd").unwrap();
        guest.copy(index, index as u32, 4);
    }
    guest.set(&mut ring, 0x34, 6);
    guest.run(&mut ring);
    assert_eq!(guest.done(0), (0, 1, 1, 0, 0));
    assert_eq!(guest.done(1), (0x8001, 0, 1, 4, 0xce34_79bd));
    assert_eq!(guest.done(2), (2, 0, 1, 0x1004, 0xce34_79bd));
    assert_eq!(guest.done(3), (3, 0, 1, 4, 0xce34_79bd));
    let mut data = [0; 4];
    guest.read(DATA + 0x8300, &mut data).unwrap();
    assert_eq!(&data, b"absd");
    assert_eq!(guest.done(4), (4, 0, 1, 4, 0xce34_79bd));
    assert_eq!(guest.done(5), (5, 3, 1, 0, 0));
    assert_eq!(ring.faults().struck(), 5);
}

#[test]
fn a_lost_interrupt_is_there_as_an_event() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 8);
    arm(&mut ring, "lost-interrupt after=1");
    for index in 0..3 {
        guest.copy(index, 0, 4);
        guest.set(&mut ring, 0x34, index as u32 + 1);
        guest.run(&mut ring);
    }
    assert_eq!(guest.heard.len(), 2);
    assert_eq!(guest.get(&mut ring, 0x14), 1);
}

#[test]
fn a_stall_ends_with_a_reset() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 8);
    arm(&mut ring, "stall after=1");
    guest.copy(0, 0, 4);
    guest.copy(1, 1, 4);
    guest.set(&mut ring, 0x34, 2);
    guest.run(&mut ring);
    assert_eq!(guest.get(&mut ring, 0x38), 1);
    assert_eq!(guest.get(&mut ring, 0x10), 3);
    guest.set(&mut ring, 0x0c, 2);
    while guest.get(&mut ring, 0x0c) != 0 {}
    guest.start(&mut ring, 8);
    guest.set(&mut ring, 0x34, 2);
    guest.run(&mut ring);
    assert_eq!(guest.get(&mut ring, 0x38), 2);
}

#[test]
fn an_endless_reset_ends_from_outside() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    let knobs = capability(&mut ring, 0x09);
    ring.config_write(knobs + 4, &10_u32.to_le_bytes());
    for _ in 0..2 {
        guest.set(&mut ring, 0x0c, 2);
        for _ in 0..100 {
            assert_eq!(guest.get(&mut ring, 0x0c), 2);
            assert_eq!(guest.get(&mut ring, 0x10), 0);
        }
    }
    ring.config_write(knobs + 4, &0_u32.to_le_bytes());
    while guest.get(&mut ring, 0x0c) != 0 {}
    assert_eq!(guest.get(&mut ring, 0x10), 1);
}

#[test]
fn a_storm_tells_of_nothing_until_a_reset() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    guest.start(&mut ring, 8);
    arm(&mut ring, "storm after=1");
    guest.copy(0, 0, 4);
    guest.copy(1, 1, 4);
    guest.set(&mut ring, 0x34, 2);
    guest.run(&mut ring);
    let head = |ring: &mut Ring| {
        let (mut bytes, mut heard) = ([0; 4], Heard::default());
        ring.bar_read(0x38, &mut bytes, &mut heard);
        (u32::from_le_bytes(bytes), heard.0)
    };
    guest.set(&mut ring, 0x14, 1);
    // Again and again, although it was heard of: twice for each look.
    for _ in 0..3 {
        assert_eq!(head(&mut ring), (1, vec![Line::MsiX(0)]));
        guest.heard.clear();
        for heard in [1, 1] {
            assert_eq!(guest.get(&mut ring, 0x14), 1);
            guest.set(&mut ring, 0x14, 1);
            assert_eq!(guest.heard.len(), heard);
        }
        assert_eq!(guest.get(&mut ring, 0x14), 0);
    }
    assert!(!ring.has_work());
    guest.set(&mut ring, 0x18, 0);
    assert_eq!(head(&mut ring), (1, vec![]));
    guest.set(&mut ring, 0x0c, 2);
    while guest.get(&mut ring, 0x0c) != 0 {}
    assert_eq!(head(&mut ring), (0, vec![]));
    assert_eq!(ring.faults().struck(), 1);
    guest.start(&mut ring, 8);
    guest.set(&mut ring, 0x34, 2);
    guest.run(&mut ring);
    assert_eq!(head(&mut ring), (2, vec![]));
}

#[test]
fn all_ones_until_the_knob_is_turned_back() {
    let (mut guest, mut ring) = (Guest::new(), Ring::new());
    let knobs = capability(&mut ring, 0x09);
    guest.start(&mut ring, 8);
    guest.set(&mut ring, 0x34, 1);
    assert!(ring.has_work());
    ring.config_write(knobs + 12, &0_u32.to_le_bytes());
    ring.config_write(knobs + 4, &7_u32.to_le_bytes());
    assert_eq!(guest.get(&mut ring, 0x00), !0);
    guest.set(&mut ring, 0x0c, 2);
    guest.set(&mut ring, 0x34, 1);
    assert!(!ring.has_work());
    let mut word = [0; 4];
    ring.config_read(0, &mut word);
    assert_eq!(word, [0xff; 4]);
    ring.config_write(knobs + 4, &0_u32.to_le_bytes());
    // What it was to do may be in memory that is somebody else's by now.
    assert!(!ring.has_work());
    assert_eq!(guest.get(&mut ring, 0x0c), 0);
    ring.config_read(knobs + 16, &mut word);
    assert_eq!(u32::from_le_bytes(word), 1);
}

#[test]
fn the_knobs_can_be_read() {
    let mut ring = Ring::new();
    let knobs = capability(&mut ring, 0x09);
    for (place, value) in [(8, 3_u32), (12, 2), (4, 6), (4, 1), (4, 99)] {
        ring.config_write(knobs + place, &value.to_le_bytes());
    }
    let mut bytes = [0; 20];
    ring.config_read(knobs, &mut bytes);
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((bytes[0], bytes[2]), (0x09, 20));
    assert_eq!(
        (word(4), word(8), word(12), word(16)),
        (1 << 6 | 1 << 1, 3, 2, 0)
    );
    assert!(!ring.is_dead());
    ring.config_write(knobs + 8, &[0; 4]);
    ring.config_write(knobs + 4, &8_u32.to_le_bytes());
    assert!(ring.is_dead());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Over many passes, at any depth, each descriptor is completed once, in order and with the phase
    /// of its pass.
    #[test]
    fn every_descriptor_comes_back(exponent in 1_u32..8, bursts in prop::collection::vec(1_u32..200, 1..20)) {
        let size = 1 << exponent;
        let (mut guest, mut ring) = (Guest::new(), Ring::new());
        guest.start(&mut ring, size);
        let mut tail = 0_u32;
        for burst in bursts {
            let burst = burst.min(size);
            for n in tail..tail + burst {
                guest.put(u64::from(n % size), [DATA as u32, 0, 0, 0, 1 + n % 7, n << 16 | 3, 0, 0]);
            }
            let first = tail;
            tail += burst;
            guest.set(&mut ring, 0x34, tail & 0xffff);
            guest.run(&mut ring);
            for n in first..tail {
                let (id, status, phase, length, _) = guest.done(u64::from(n % size));
                prop_assert_eq!((id, status, length), (n & 0xffff, 0, 1 + n % 7));
                prop_assert_eq!(phase, 1 - n / size % 2);
            }
        }
        prop_assert_eq!(ring.statistics().descriptors, u64::from(tail));
    }

    /// Whatever a guest does, the model neither panics nor works for ever.
    #[test]
    fn any_guest(
        accesses in prop::collection::vec(
            (0_u8..6, 0_u32..0x60, any::<u32>(), prop::collection::vec(any::<u8>(), 0..12)), 0..60),
        fill in any::<u64>(),
    ) {
        let (mut guest, mut ring) = (Guest::new(), Ring::new());
        guest.memory.borrow_mut().iter_mut().zip(0_u64..).for_each(|(byte, at)| {
            *byte = (fill.wrapping_mul(at | 1) >> 56) as u8;
        });
        guest.start(&mut ring, 16);
        for (what, offset, value, bytes) in accesses {
            let mut heard = Heard::default();
            match what {
                0 => guest.set(&mut ring, offset & !3, value),
                1 => ring.bar_write(value, &bytes, &mut heard),
                2 => ring.config_write((value & 0x1fff) as usize, &bytes),
                3 => ring.bar_read(value, &mut bytes.clone(), &mut heard),
                4 => ring.config_read((value & 0x1fff) as usize, &mut bytes.clone()),
                _ => guest.set(&mut ring, 0x34, offset),
            }
            for _ in 0..300 {
                if !ring.step(&guest, &mut heard) {
                    break;
                }
            }
            prop_assert!(!ring.has_work());
        }
    }
}
