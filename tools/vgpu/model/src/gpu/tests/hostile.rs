// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a guest did that once ended the model: each was found by `cargo xtask fuzz` or by reading for it.

use super::booter::{LIBOS, LOGS, META, boot, put64, ready};
use super::gsp::{Driver, log, running};
use super::*;
use crate::synth::firmware::booter::Kind;

/// Memory in which a word changes after so many reads.
struct Changing<'a> {
    guest: &'a Guest,
    reads: RefCell<u32>,
    change: (u32, u64, u64),
}

impl Memory for Changing<'_> {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), NoMemory> {
        let (before, at, value) = self.change;
        *self.reads.borrow_mut() += 1;
        if *self.reads.borrow() == before {
            self.guest.write(at, &value.to_le_bytes())?;
        }
        self.guest.read(address, into)
    }

    fn write(&self, address: u64, from: &[u8]) -> Result<(), NoMemory> {
        self.guest.write(address, from)
    }
}

#[test]
fn a_layout_that_leaves_a_driver_no_memory() {
    let mut card = ready("ga102");
    card.gpu.config_write(0x10, &0xf000_0000_u32.to_le_bytes());
    let start = u64::from_le_bytes(
        card.guest.0.borrow()[META as usize + 0x70..][..8]
            .try_into()
            .unwrap(),
    );
    for (at, value) in [(0x58, 0), (0x60, 0), (0x68, start)] {
        put64(&card, META + at, value);
    }
    assert_eq!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
    let mut driver = Driver::new(card);
    driver.tell();
    let (_, sequence) = driver.receive().unwrap();
    driver.run(&sequence);
    assert_eq!(driver.receive().unwrap().0, 0x1001);
    driver.send(65, &[0; 1656]);
    let (_, info) = driver.receive().unwrap();
    let word = |at: usize| u64::from_le_bytes(info[at..at + 8].try_into().unwrap());
    // One region, which is the firmware's, from the start to the end.
    assert_eq!(word(0x158), 1);
    assert_eq!((word(0x160), word(0x168) + 1), (0, word(0x4c8)));
}

#[test]
pub(super) fn arguments_that_change_after_they_were_checked() {
    // Whichever read it is that sees the change: the place of a log that cannot be.
    for before in (1..200).chain((200..700).step_by(7)) {
        let mut card = ready("ga102");
        let memory = Changing {
            guest: &card.guest,
            reads: RefCell::new(0),
            change: (before, LIBOS + 8, !0),
        };
        card.gpu.rm_start(&R570, LIBOS, 1 << 30, &memory);
        put64(&card, LIBOS + 8, LOGS);
    }
}

#[test]
fn settings_that_share_a_long_name() {
    let mut driver = running("ga102");
    let mut settings: Vec<u8> = [0, 1000_u32]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    for _ in 0..1000 {
        settings.extend([16008, 1, 1, 0_u32].into_iter().flat_map(u32::to_le_bytes));
    }
    settings.resize(0xf000, b'x');
    settings.push(0);
    let size = settings.len() as u32;
    settings[..4].copy_from_slice(&size.to_le_bytes());
    driver.send(73, &settings);
    let log = log(&mut driver);
    assert!(log.contains("xxx=0x1"), "{log}");
    assert!(log.len() < 200_000, "{} bytes", log.len());
}

#[test]
fn places_far_behind_the_end_of_a_bar() {
    let mut card = Card::new("ga102");
    let mut nobody = Guest(RefCell::default());
    for bar in [0, 1, 3, 5] {
        for place in [u64::MAX, u64::MAX - 4, 1 << 63, u64::from(BAR0_SIZE) - 2] {
            let mut bytes = [0; 16];
            card.gpu.bar_read(bar, place, &mut bytes);
            card.gpu
                .bar_write(bar, place, &bytes, &card.guest, &mut nobody);
        }
    }
    for place in [4090, 4096, usize::MAX - 3] {
        card.gpu.config_read(place, &mut [0; 8]);
        card.gpu.config_write(place, &[0xff; 8]);
        card.arm("all-ones");
        card.gpu.config_read(place, &mut [0; 8]);
        card.gpu.clear_faults();
    }
}
