// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The device as a driver without a kernel sees it.

use std::cell::RefCell;

use device_model::{Interrupts, Line, Memory, NoMemory};
use proptest::prelude::*;
use vgpu_facts::chip::CHIPS;
use vgpu_facts::falcon;
use vgpu_facts::release::{R570, Release};

use super::*;

mod booter;
mod checks;
mod fwsec;
mod gsp;
mod hostile;
mod interrupts;
mod objects;
mod slips;
mod tables;

/// A guest of 4 MiB.
struct Guest(RefCell<Vec<u8>>);

impl Default for Guest {
    fn default() -> Self {
        Self(RefCell::new(vec![0; 4 << 20]))
    }
}

impl Memory for Guest {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), NoMemory> {
        let memory = self.0.borrow();
        let at = usize::try_from(address).map_err(|_| NoMemory(address))?;
        let from = memory.get(at..).and_then(|left| left.get(..into.len()));
        into.copy_from_slice(from.ok_or(NoMemory(address))?);
        Ok(())
    }

    fn write(&self, address: u64, from: &[u8]) -> Result<(), NoMemory> {
        let mut memory = self.0.borrow_mut();
        let at = usize::try_from(address).map_err(|_| NoMemory(address))?;
        let into = memory
            .get_mut(at..)
            .and_then(|left| left.get_mut(..from.len()));
        into.ok_or(NoMemory(address))?.copy_from_slice(from);
        Ok(())
    }
}

impl Interrupts for Guest {
    fn raise(&mut self, _: Line) {}
}

/// What was raised.
#[derive(Default)]
struct Lines(Vec<Line>);

impl Interrupts for Lines {
    fn raise(&mut self, line: Line) {
        self.0.push(line);
    }
}

struct Card {
    gpu: Gpu,
    guest: Guest,
    lines: Lines,
    /// Which release of the firmware its driver has.
    release: &'static Release,
}

impl Card {
    fn new(chip: &str) -> Self {
        Self {
            gpu: Gpu::new(Chip::find(chip).unwrap()),
            guest: Guest::default(),
            lines: Lines::default(),
            release: &R570,
        }
    }

    fn read(&mut self, at: u32) -> u32 {
        let mut bytes = [0; 4];
        self.gpu.bar_read(0, at.into(), &mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn write(&mut self, at: u32, value: u32) {
        let bytes = value.to_le_bytes();
        self.gpu
            .bar_write(0, at.into(), &bytes, &self.guest, &mut self.lines);
    }

    /// A command from outside.
    fn obey(&mut self, line: &str) -> String {
        let answer = crate::command::obey(&mut self.gpu, line);
        self.gpu.work(&self.guest, &mut self.lines);
        answer
    }

    fn arm(&mut self, text: &str) {
        self.gpu.arm(text.parse().unwrap());
    }
}

#[test]
fn each_chip_says_what_it_is() {
    for chip in CHIPS {
        let mut card = Card::new(chip.name);
        assert_eq!(card.read(0), chip.code << 20 | 0xa1);
        assert_eq!(card.read(0xa00) >> 20, chip.code);
        let mut id = [0; 4];
        card.gpu.config_read(0, &mut id);
        assert_eq!(
            u32::from_le_bytes(id),
            u32::from(chip.device) << 16 | 0x10de
        );
        // And once more, among the registers.
        assert_eq!(card.read(0x8_8000), u32::from_le_bytes(id));
    }
}

#[test]
fn memory_is_as_large_as_the_cards() {
    for chip in CHIPS {
        let mut card = Card::new(chip.name);
        let size = if chip.has_brom() {
            card.read(0x11_83a4)
        } else {
            let range = card.read(0x10_0ce0);
            (range >> 4 & 0x3f) << (range & 0xf)
        };
        assert_eq!(size, chip.memory, "{}", chip.name);
    }
}

#[test]
fn the_firmware_boots_while_a_driver_looks() {
    let mut card = Card::new("ga102");
    assert_eq!(card.read(0x11_8234), 0xbadf_5620);
    assert_eq!(card.gpu.journal().complaints, 1);
    let looks = (0..).take_while(|_| card.read(0x11_8128) & 1 == 0).count();
    let polls = (0..).take_while(|_| card.read(0x11_8234) != 0xff).count();
    assert_eq!((looks, polls), (1, 2));
    card.gpu.reset();
    assert_eq!(card.read(0x11_8128), 0);
    card.arm("gfw-stuck");
    for _ in 0..1000 {
        card.read(0x11_8128);
        assert_ne!(card.read(0x11_8234), 0xff);
    }
    let lines = card.gpu.journal_mut().take().join("\n");
    assert!(lines.contains("AON_SECURE_SCRATCH_GROUP_05_0"), "{lines}");
    card.gpu.clear_faults();
    assert_eq!(card.read(0x11_8234), 0xff);
}

#[test]
fn a_guest_finds_how_many_accesses_there_were() {
    let mut card = Card::new("ga102");
    let counts = |card: &mut Card| [20, 24].map(|at| fwsec::word_for_guest(card, at));
    assert_eq!(counts(&mut card), [0, 0]);
    card.read(0);
    // Not a register, but a part of BAR 0.
    card.read(0x30_0000);
    assert_eq!(counts(&mut card), [2, 1]);
    card.write(0x11_0c00, 0);
    assert_eq!(counts(&mut card), [3, 1]);
    card.read(0);
    card.write(0x1400, 0);
    assert_eq!(counts(&mut card), [5, 3]);
    card.write(0x11_0c00, 0);
    assert_eq!(counts(&mut card), [6, 1]);
}

#[test]
fn time_goes_on_by_itself_and_always_alike() {
    let times = || {
        let mut card = Card::new("tu102");
        let mut times = Vec::new();
        for _ in 0..100 {
            let high = u64::from(card.read(0x9410));
            times.push(high << 32 | u64::from(card.read(0x9400)));
        }
        assert!(times.is_sorted() && times[0] < times[99]);
        times
    };
    assert_eq!(times(), times());
}

#[test]
fn a_driver_sets_the_time() {
    let mut card = Card::new("tu102");
    card.write(0x9410, 5);
    card.write(0x9400, 0x1234_0000);
    assert_eq!(card.read(0x9410), 5);
    let low = card.read(0x9400);
    assert!((0x1234_0000..0x1240_0000).contains(&low), "{low:#x}");
    card.write(0x9400, !0);
    assert_eq!((card.read(0x9410), card.gpu.journal().complaints), (6, 0));
}

#[test]
fn the_windows_show_memory_and_the_rom() {
    let mut card = Card::new("ga104");
    let at = (8192 << 20) - 0x10_0000_u64;
    card.write(0x1700, (at >> 16) as u32);
    card.write(0x70_0010, 0x1234_5678);
    let mut bytes = [0; 4];
    card.gpu.vram().read(at + 0x10, &mut bytes);
    assert_eq!(bytes, [0x78, 0x56, 0x34, 0x12]);
    assert_eq!(card.read(0x70_0010), 0x1234_5678);
    // The end of memory is behind BAR 3.
    card.gpu
        .bar_read(3, BAR3_SIZE - 0x10_0000 + 0x10, &mut bytes);
    assert_eq!(bytes, [0x78, 0x56, 0x34, 0x12]);
    assert_eq!(card.read(0x30_0000) & 0xffff, 0xaa55);
    assert_eq!(card.read(0x3f_fffc), !0);
    card.arm("rom-absent");
    assert_eq!(card.read(0x30_0000), !0);
    card.arm("rom-zero");
    card.gpu.clear_faults();
    assert_eq!(card.read(0x30_0000) & 0xffff, 0xaa55);
    assert_eq!(Card::new("ga100").read(0x30_0000), 0x4947_564e);
}

#[test]
fn fuses_and_the_flush_page() {
    let mut card = Card::new("ga102");
    assert_eq!(card.read(0x82_41c0 + 4 * 8), 3);
    assert_eq!(card.read(0x82_4140 + 4 * 2), 1);
    card.write(0x82_41c0, 7);
    assert_eq!(
        (card.read(0x82_41c0), card.gpu.journal().complaints),
        (0, 1)
    );
    card.write(0x10_0c10, 0x1234);
    card.write(0x10_0c40, 1);
    assert_eq!((card.read(0x10_0c10), card.read(0x10_0c40)), (0x1234, 1));
    card.arm("flush-lost");
    card.write(0x10_0c10, 0);
    assert_eq!(card.read(0x10_0c10), 0x1234);
    // Turing has no second one.
    let mut card = Card::new("tu102");
    card.write(0x10_0c40, 1);
    assert_eq!(card.read(0x10_0c40), 0);
    assert!(card.gpu.journal().missing().contains_key(&0x10_0c40));
}

#[test]
fn sizes_go_wrong() {
    for (chip, at) in [("ga102", 0x11_83a4), ("tu102", 0x10_0ce0)] {
        let mut card = Card::new(chip);
        card.arm("fb-zero");
        assert_eq!(card.read(at), 0);
        card.gpu.clear_faults();
        card.arm("fb-huge");
        assert!(card.read(at) >= 0x3ff);
    }
    let mut card = Card::new("ad102");
    card.arm("chip-unknown");
    assert_eq!(card.read(0xa00) >> 20, 0x1ef);
    card.arm("chip-old");
    assert_eq!(card.read(0), 0x0500_00a2);
    card.gpu.clear_faults();
    card.arm("stuck register=a00 clear=f0000000");
    assert_eq!(card.read(0xa00), 0x092a_1000);
}

#[test]
fn a_card_that_was_pulled_comes_back() {
    let mut card = Card::new("ga102");
    card.arm("all-ones after=2");
    assert_ne!(card.read(0), !0);
    assert_eq!(card.read(0), 0x1720_00a1);
    assert_eq!(card.read(0), !0);
    card.gpu.clear_faults();
    assert_eq!(card.read(0), 0x1720_00a1);
}

#[test]
fn a_guest_asks_for_faults_by_name() {
    let mut card = Card::new("ga102");
    let mut at = [0];
    card.gpu.config_read(0x34, &mut at);
    let mut word = [0; 4];
    loop {
        card.gpu.config_read(at[0].into(), &mut word);
        if word[0] == 9 {
            break;
        }
        at[0] = word[1];
    }
    let text = usize::from(at[0]) + 4;
    let mut say = |card: &mut Card, line: &str| {
        for piece in line.as_bytes().chunks(4) {
            let mut bytes = [0; 4];
            bytes[..piece.len()].copy_from_slice(piece);
            card.gpu.config_write(text, &bytes);
        }
        card.gpu.config_read(text + 4, &mut word);
        u32::from_le_bytes(word)
    };
    assert_eq!(say(&mut card, "fault all-ones\n"), 1);
    assert_eq!(card.read(0), !0);
    assert_eq!(say(&mut card, "fault all-twos\n"), 2);
    assert_eq!(say(&mut card, "clear\n"), 1);
    assert_eq!(card.read(0), 0x1720_00a1);
}

#[test]
fn the_display_takes_bytes() {
    let mut card = Card::new("ga102");
    let mut nobody = Guest(RefCell::default());
    card.gpu
        .bar_write(0, 0x60_13d4, &[0x1f], &card.guest, &mut nobody);
    card.gpu
        .bar_write(0, 0x60_13d5, &[0x57], &card.guest, &mut nobody);
    let mut byte = [0];
    card.gpu.bar_read(0, 0x60_13d5, &mut byte);
    assert_eq!((byte[0], card.read(0x60_13d4)), (0x57, 0x571f));
    assert_eq!(card.gpu.journal().complaints, 0);
    card.gpu
        .bar_write(0, 0x1401, &[1, 2], &card.guest, &mut nobody);
    assert_eq!(card.gpu.journal().complaints, 1);
}

proptest! {
    /// Whatever a guest does, the model goes on.
    #[test]
    fn any_accesses_are_survived(
        chip in 0..CHIPS.len(),
        accesses in prop::collection::vec(
            (
                prop_oneof![
                    0..0x10_0000_u32,
                    0..BAR0_SIZE,
                    falcon::GSP.base..falcon::GSP.base + falcon::SIZE,
                    falcon::SEC2.base..falcon::SEC2.base + falcon::SIZE,
                ],
                1..9_usize,
                any::<Option<u64>>(),
                prop_oneof![Just(0_u32), Just(1), Just(3), Just(7)],
            ),
            0..200,
        ),
    ) {
        let mut card = Card::new(CHIPS[chip].name);
        let mut nobody = Guest(RefCell::default());
        for (at, count, write, bar) in accesses {
            let at = u64::from(at);
            match (bar, write) {
                (7, Some(value)) => {
                    card.gpu.config_write(at as usize % 4096, &value.to_le_bytes()[..count]);
                }
                (7, None) => card.gpu.config_read(at as usize % 4096, &mut [0; 8][..count]),
                (bar, Some(value)) => card.gpu.bar_write(
                    bar,
                    at,
                    &value.to_le_bytes()[..count],
                    &card.guest,
                    &mut nobody,
                ),
                (bar, None) => card.gpu.bar_read(bar, at, &mut [0; 8][..count]),
            }
        }
    }
}
