// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the ring device takes from a guest: registers, configuration space, descriptors; and commands.

use device_model::fault::Wanted;
use device_model::ring::Ring;

use super::bits::{Bits, counted, words};
use super::memory::{Guest, Heard};
use crate::{Target, outcome};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "ring/accesses",
        about: "accesses to registers and configuration space, with descriptors in memory",
        seeds: accesses,
        run: access,
        longest: 0x1000,
        words: &[],
    },
    Target {
        name: "ring/fault",
        about: "words that ask for a fault",
        seeds: || vec![b"stall after=3 count=1".to_vec(), b"all-ones".to_vec()],
        run: |input| {
            let text = String::from_utf8_lossy(input);
            match text.parse::<Wanted>() {
                Ok(wanted) => {
                    let again = wanted.to_string().parse::<Wanted>();
                    assert_eq!(again.ok(), Some(wanted));
                    outcome(wanted.fault.name())
                }
                Err(error) => u64::from(error.to_string().is_empty()),
            }
        },
        longest: 200,
        words: &["after=", "count=", "stall", "storm", "death", "4294967295"],
    },
];

const MEMORY: usize = 0x4_0000;
/// No more steps are taken for an access.
const STEPS: u32 = 300;

/// What an access is: its first byte.
const WRITE: u8 = 0;
const READ: u8 = 1;
const CONFIG_WRITE: u8 = 2;
const CONFIG_READ: u8 = 3;
const MEMORY_WRITE: u8 = 4;
const STEP: u8 = 5;
const KINDS: u8 = 6;

fn one(kind: u8, at: u32, bytes: &[u8]) -> Vec<u8> {
    let mut all = vec![kind];
    all.extend(at.to_le_bytes());
    counted(&mut all, bytes);
    all
}

fn write(at: u32, value: u32) -> Vec<u8> {
    one(WRITE, at, &value.to_le_bytes())
}

/// A driver that has some descriptors worked off, with and without messages.
fn accesses() -> Vec<Vec<u8>> {
    const RING: u32 = 0x1000;
    const DONE: u32 = 0x2000;
    let descriptor =
        |operation: u32, id: u32| words(&[0x3000, 0, 0x5000, 0, 0x200, operation | id << 16, 7, 0]);
    let descriptors: Vec<u8> = (1..5).flat_map(|n| descriptor(n % 4, n)).collect();
    let start = [
        one(CONFIG_WRITE, 4, &[6, 0]),
        one(MEMORY_WRITE, RING, &descriptors),
        write(0x20, RING),
        write(0x28, DONE),
        write(0x30, 8),
        write(0x18, 3),
        write(0x0c, 1),
        write(0x34, 4),
        one(STEP, 4, &[]),
        one(READ, 0x14, &[0; 4]),
        write(0x14, 3),
        one(READ, 0x38, &[0; 4]),
        one(READ, 0x1c, &[0; 4]),
    ]
    .concat();
    let reset = [
        write(0x0c, 2),
        one(READ, 0x0c, &[0; 4]),
        one(READ, 0x10, &[0; 8]),
    ]
    .concat();
    let knobs = |fault: u32| one(CONFIG_WRITE, 0x9c, &fault.to_le_bytes());
    vec![
        start.clone(),
        [start.clone(), reset.clone(), start.clone()].concat(),
        [knobs(3), start.clone()].concat(),
        [
            one(READ, 0x2000, &[0; 16]),
            one(WRITE, 0x2ffc, &[1; 8]),
            reset,
        ]
        .concat(),
        [
            one(CONFIG_READ, 0, &[0; 64]),
            one(CONFIG_WRITE, 0x10, &[0xff; 8]),
            start,
        ]
        .concat(),
    ]
}

fn access(input: &[u8]) -> u64 {
    let mut bits = Bits(input);
    let (guest, mut heard, mut ring) = (Guest::new(MEMORY), Heard::default(), Ring::new());
    while !bits.is_empty() {
        let (kind, at) = (bits.u8(), bits.u32());
        let bytes = bits.counted();
        match kind % KINDS {
            WRITE => ring.bar_write(at, bytes, &mut heard),
            READ => ring.bar_read(at, &mut bytes.to_vec(), &mut heard),
            CONFIG_WRITE => ring.config_write(at as usize, bytes),
            CONFIG_READ => ring.config_read(at as usize, &mut bytes.to_vec()),
            MEMORY_WRITE => guest.put(at.into(), bytes),
            _ => {
                for _ in 0..at.min(STEPS) {
                    if !ring.step(&guest, &mut heard) {
                        break;
                    }
                }
                ring.pin_unmasked(&mut heard);
            }
        }
    }
    let done = ring.statistics();
    let faults = ring.faults();
    outcome((
        done.descriptors.min(10),
        done.resets.min(3),
        done.bytes > 0,
        heard.0.min(10),
        faults.armed().len(),
        faults.struck().min(3),
        ring.is_dead(),
    ))
}
