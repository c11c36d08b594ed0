// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What lies in a guest's memory when the booter starts, and what is sent to the GSP then.

use vgpu_facts::chip::CHIPS;
use vgpu_facts::falcon::{GSP, SEC2, SIZE};

use super::driver::{Driver, LEVELS, LIBOS, LOGS, META, RMARGS, SHARED, settings};
use super::{fault, told};
use crate::targets::bits::{Bits, counted};
use crate::targets::memory::Change;

/// Where changes go, and how much of it there is.
const PLACES: [(u64, u64); 6] = [
    (META, 256),
    (LIBOS, 256),
    (LEVELS, 0x4000),
    (LOGS, 0x3_0000),
    (RMARGS, 0x60),
    (SHARED, 0x8_1000),
];

/// Drivers that have come so far, for each chip.
struct Points {
    /// The booter is loaded.
    loaded: Vec<Driver>,
    /// The GSP runs, and knows of nothing.
    running: Vec<Driver>,
    /// It answers.
    ready: Vec<Driver>,
}

thread_local! {
    // For each thread, as long as the process.
    static POINTS: &'static Points = Box::leak(Box::new(Points::new()));
}

fn points() -> &'static Points {
    POINTS.with(|points| *points)
}

impl Points {
    fn new() -> Self {
        let all = |go: fn(&mut Driver)| -> Vec<Driver> {
            let drivers = CHIPS.iter().map(|chip| Driver::of(chip.name).clone());
            drivers
                .map(|mut driver| {
                    driver.frts();
                    driver.load_booter();
                    go(&mut driver);
                    driver.done.clear();
                    driver.settle();
                    driver
                })
                .collect()
        };
        Self {
            loaded: all(|_| ()),
            running: all(|driver| {
                driver.start_booter();
            }),
            ready: all(|driver| {
                driver.start_booter();
                driver.tell();
                driver.sequence();
            }),
        }
    }
}

/// Before which read, where, what: twelve bytes.
fn change(before: u8, place: u8, offset: u16, value: u64) -> Vec<u8> {
    let mut bytes = vec![before, place];
    bytes.extend(offset.to_le_bytes());
    bytes.extend(value.to_le_bytes());
    bytes
}

/// A right one for each chip; then each word that is checked, changed a little; then what is unusual.
pub(super) fn setups() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..CHIPS.len()).map(|chip| vec![chip as u8]).collect();
    for word in 0..32_u16 {
        all.push([vec![3], change(0, 0, 8 * word, 1)].concat());
    }
    for word in 0..16 {
        all.push([vec![3], change(0, 1, 8 * word, 0x1000)].concat());
    }
    let start = Driver::of(CHIPS[0].name).start();
    // The heap that is not protected is all that there is before the region.
    let heap = [
        change(0, 0, 0x58, 0),
        change(0, 0, 0x60, 0),
        change(0, 0, 0x68, start),
    ];
    all.push([vec![0], heap.concat()].concat());
    // Something is changed after it was checked.
    all.push([vec![3], change(200, 1, 8, !0xfff)].concat());
    all
}

pub(super) fn setup(input: &[u8]) -> u64 {
    let mut bits = Bits(input);
    let chip = usize::from(bits.u8()) % CHIPS.len();
    let mut driver = points().loaded[chip].clone();
    while !bits.is_empty() {
        let (before, place, offset) = (bits.u8(), bits.u8(), bits.u16());
        let (base, size) = PLACES[usize::from(place) % PLACES.len()];
        // Offsets of far places are multiples of eight.
        let offset = match size {
            0..=0x1_0000 => u64::from(offset) % size,
            _ => 8 * u64::from(offset) % size,
        };
        let (at, value) = (base + offset, bits.u64());
        if before == 0 {
            driver.guest.put(at, &value.to_le_bytes());
        } else {
            // What is read after the image, which takes many reads, is far behind.
            let before = u32::from(before);
            let before = if before < 128 {
                before
            } else {
                (before - 128) * 16
            };
            driver.guest.changes.push(Change { before, at, value });
        }
    }
    driver.start_booter();
    driver.tell();
    driver.sequence();
    driver.send(65, &[0; 1656]);
    driver.send(47, &[0; 8]);
    told(&mut driver.gpu)
}

const SEALED: u8 = 0;
const BYTES: u8 = 1;
const MEMORY: u8 = 2;
const REGISTER: u8 = 3;
const FAULT: u8 = 4;
const RECEIVE: u8 = 5;

fn one(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut all = vec![kind];
    counted(&mut all, bytes);
    all
}

fn sealed(function: u16, payload: &[u8]) -> Vec<u8> {
    one(SEALED, &[&function.to_le_bytes(), payload].concat())
}

pub(super) fn commands() -> Vec<Vec<u8>> {
    let info = Driver::of(CHIPS[0].name).system_info();
    let told = [sealed(72, &info), sealed(73, &settings())].concat();
    let register =
        |at: u32, value: u32| one(REGISTER, &[at.to_le_bytes(), value.to_le_bytes()].concat());
    let pointer =
        |at: u32, value: u32| one(MEMORY, &[at.to_le_bytes(), value.to_le_bytes()].concat());
    let mut header = vec![0; 80];
    header[0x30..0x38].copy_from_slice(b"\0\0\0\x03VRPC");
    header[0x38] = 32;
    let mut many = vec![0xff; 0x400];
    many[..8].copy_from_slice(&[0, 4, 0, 0, 60, 0, 0, 0]);
    [
        (0, [told.clone(), one(RECEIVE, &[])].concat()),
        (
            0,
            [
                told,
                register(0x3c0, 1),
                register(0x3c0, 0),
                register(0x8000 | 0x100, 2),
            ]
            .concat(),
        ),
        (1, sealed(65, &[0; 1656])),
        (
            1,
            [sealed(47, &[0; 8]), register(0x3c0, 1), register(0x3c0, 0)].concat(),
        ),
        (
            1,
            [one(FAULT, &[30, 0, 0, 0]), sealed(65, &[0; 1656])].concat(),
        ),
        (0, one(BYTES, &header)),
        (0, sealed(73, &many)),
        (
            1,
            [pointer(0x1010, 62), pointer(0x1020, 62), sealed(65, &[])].concat(),
        ),
        (1, pointer(0x1010, 63)),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (state, rest))| {
        let mut input = vec![state, index as u8];
        input.extend(rest);
        input
    })
    .collect()
}

pub(super) fn command(input: &[u8]) -> u64 {
    let mut bits = Bits(input);
    let (state, chip) = (bits.u8(), usize::from(bits.u8()) % CHIPS.len());
    let mut driver = match state % 2 {
        0 => points().running[chip].clone(),
        _ => points().ready[chip].clone(),
    };
    while !bits.is_empty() {
        let kind = bits.u8();
        let mut bytes = Bits(bits.counted());
        match kind % 6 {
            SEALED => {
                let function = bytes.u16();
                driver.send(function.into(), bytes.0);
            }
            BYTES => driver.send_bytes(bytes.0),
            MEMORY => {
                let at = u64::from(bytes.u32()) % 0x8_1000;
                driver.guest.put(SHARED + at, bytes.0);
                driver.ring();
            }
            REGISTER => {
                let (at, value) = (bytes.u32(), bytes.u32());
                let base = if at & 0x8000 == 0 { GSP } else { SEC2 }.base;
                driver.set(base + (((at & 0x7fff) % SIZE) & !3), value);
            }
            FAULT => driver.gpu.arm(fault(bytes.u32())),
            _ => driver.receive(),
        }
    }
    told(&mut driver.gpu)
}
