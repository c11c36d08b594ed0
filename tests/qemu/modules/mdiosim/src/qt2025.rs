// SPDX-License-Identifier: GPL-2.0-only

//! A model of the QT2025, as far as its driver and phylib can tell.
//!
//! The 8051 goes from one state to the next by the writes that the driver owes it, in that order:
//!
//! ```text
//! any ─ 1.c300 = 0 ─▶ held in reset ─ 1.c300 = 2 ─▶ released ─ 3.e854 = c0 ─▶ boot ROM ─ 3.e854 = 40 ─▶ runs
//!                       (takes its setup)                                     (takes firmware)
//! ```
//!
//! A write that comes in another state is lost. It hangs if it is released with a setup that is not
//! complete, or sent to memory that has no firmware, or one with a hole.

use kernel::net::phy::reg::{C45, Mmd};
use kernel::prelude::*;

/// The memory for firmware, in two devices.
const LOWER: usize = 16 * 1024;
const WHOLE: usize = 24 * 1024;
const MEMORY: u16 = 0x8000;

/// What the chip wants before it is released.
const SETUP: [(u8, u16, u16); 8] = [
    (1, 0xc302, 0x0004),
    (1, 0xc319, 0x0038),
    (1, 0xc31a, 0x0098),
    (3, 0x0026, 0x0e00),
    (3, 0x0027, 0x0893),
    (3, 0x0028, 0xa528),
    (3, 0x0029, 0x0003),
    (1, 0xa30a, 0x06e1),
];

/// What the 8051 does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Off,
    Reset,
    Released,
    Rom,
    Runs,
    Hangs,
}

pub(crate) struct Qt2025 {
    /// What 1.d001 says.
    pub(crate) revision: u16,
    /// The firmware starts, and gets no further.
    pub(crate) is_stuck: bool,
    state: State,
    /// Which of `SETUP` it has.
    setup: [bool; SETUP.len()],
    memory: KVVec<u8>,
    /// How many bytes of firmware there are, if there are no holes in front of them.
    firmware: usize,
    has_hole: bool,
    /// How often the counter was read.
    beats: u16,
    has_link: bool,
    /// Which of the three devices have not told yet that there was no link: it stays until it is
    /// read.
    lost: [bool; 3],
    /// 1.0 and 1.7, which hold what was written.
    control: [u16; 2],
}

impl Qt2025 {
    pub(crate) fn new() -> Result<Self> {
        let mut memory = KVVec::with_capacity(WHOLE, GFP_KERNEL)?;
        for _ in 0..WHOLE {
            memory.push(0, GFP_KERNEL)?;
        }
        Ok(Self {
            revision: 0xb301,
            is_stuck: false,
            state: State::Off,
            setup: [false; SETUP.len()],
            memory,
            firmware: 0,
            has_hole: false,
            beats: 0,
            has_link: false,
            lost: [true; 3],
            control: [0x2040, 0x0007],
        })
    }

    /// It is as it comes from the factory.
    pub(crate) fn power(&mut self) {
        self.enter_reset();
        self.state = State::Off;
        self.control = [0x2040, 0x0007];
    }

    pub(crate) fn set_link(&mut self, is_up: bool) {
        if self.has_link && !is_up {
            self.lost = [true; 3];
        }
        self.has_link = is_up;
    }

    pub(crate) fn state(&self) -> &'static str {
        match self.state {
            State::Off => "off",
            State::Reset => "reset",
            State::Released => "released",
            State::Rom => "rom",
            State::Runs => "runs",
            State::Hangs => "hangs",
        }
    }

    /// The firmware that it has.
    pub(crate) fn image(&self) -> &[u8] {
        self.memory.get(..self.firmware).unwrap_or(&[])
    }

    pub(crate) fn read(&mut self, register: C45) -> u16 {
        let (mmd, number) = (register.mmd(), register.number());
        let place = match mmd {
            Mmd::PMAPMD => 0,
            Mmd::PCS => 1,
            Mmd::PHYXS => 2,
            // There is no such device: nobody drives the wire.
            _ => return 0xffff,
        };
        match (mmd.number(), number) {
            (_, 1) => self.status(place),
            (_, 2) => 0x0043,
            (_, 3) => 0xa400,
            (_, 5) => 0x001a,
            (1, 0) => self.control[0],
            (1, 7) => self.control[1],
            // It answers; 10GBASE-SR and -LR.
            (1, 8) => 0x80c0,
            (1, 0xd001) => self.revision,
            (3, 0) => 0x2040,
            (3, 8) => 0x8001,
            (3, 0xd7fd) => self.heartbeat(),
            (3 | 4, MEMORY..0xc000) => self.byte(place, number).map_or(0, |byte| (*byte).into()),
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, register: C45, value: u16) {
        let (mmd, number) = (register.mmd().number(), register.number());
        match (mmd, number, value) {
            (1, 0xc300, 0) => self.enter_reset(),
            (1, 0xc300, 2) => self.release(),
            (3, 0xe854, 0xc0) => self.go(State::Released, State::Rom),
            (3, 0xe854, 0x40) => self.run(),
            (1, 0, _) => self.control[0] = value,
            (1, 7, _) => self.control[1] = value,
            (3 | 4, MEMORY..0xc000, _) => self.load(if mmd == 3 { 1 } else { 2 }, number, value),
            _ => self.set_up(mmd, number, value),
        }
    }

    /// Whether there is a link, and was since this was last asked.
    fn status(&mut self, place: usize) -> u16 {
        let Some(lost) = self.lost.get_mut(place) else {
            return 0;
        };
        let was_lost = core::mem::replace(lost, false);
        let is_up = self.state == State::Runs && !self.is_stuck && self.has_link;
        if is_up && !was_lost { 0x0004 } else { 0 }
    }

    /// Nothing; starting; and then a counter that never shows either again.
    fn heartbeat(&mut self) -> u16 {
        if self.state != State::Runs {
            return 0;
        }
        self.beats = self.beats.saturating_add(1);
        match self.beats {
            0..3 => 0x00,
            3..6 => 0x10,
            _ if self.is_stuck => 0x10,
            beats => 0x20 | (beats & 0x0f),
        }
    }

    fn enter_reset(&mut self) {
        self.state = State::Reset;
        self.setup = [false; SETUP.len()];
        self.firmware = 0;
        self.has_hole = false;
        self.beats = 0;
        self.lost = [true; 3];
    }

    /// A state follows the one before it; from any other there is no way on.
    fn go(&mut self, from: State, to: State) {
        self.state = if self.state == from { to } else { State::Hangs };
    }

    fn release(&mut self) {
        let is_ready = self.setup.iter().all(|is_set| *is_set);
        self.go(
            State::Reset,
            if is_ready {
                State::Released
            } else {
                State::Hangs
            },
        );
    }

    fn run(&mut self) {
        let is_whole = self.firmware > 0 && !self.has_hole;
        self.go(
            State::Rom,
            if is_whole { State::Runs } else { State::Hangs },
        );
    }

    fn set_up(&mut self, mmd: u8, number: u16, value: u16) {
        if self.state != State::Reset {
            return;
        }
        for (entry, is_set) in SETUP.iter().zip(&mut self.setup) {
            if (entry.0, entry.1) == (mmd, number) {
                *is_set = entry.2 == value;
            }
        }
    }

    /// Where in its memory a register's byte is: the upper part is in the third device.
    fn offset(place: usize, number: u16) -> usize {
        let offset = usize::from(number.wrapping_sub(MEMORY));
        match place {
            1 => offset,
            _ => offset.saturating_add(LOWER),
        }
    }

    fn byte(&mut self, place: usize, number: u16) -> Option<&mut u8> {
        self.memory.get_mut(Self::offset(place, number))
    }

    fn load(&mut self, place: usize, number: u16, value: u16) {
        if self.state != State::Rom {
            return;
        }
        let offset = Self::offset(place, number);
        let Some(byte) = self.memory.get_mut(offset) else {
            self.has_hole = true;
            return;
        };
        // A register has eight bits of memory behind it.
        *byte = (value & 0xff) as u8;
        if offset > self.firmware || value > 0xff {
            self.has_hole = true;
        }
        self.firmware = self.firmware.max(offset.saturating_add(1));
    }
}
