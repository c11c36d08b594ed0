// SPDX-License-Identifier: GPL-2.0-only

//! A model of the PHY of `samples/phy`, which was made up: it has what the others do not.
//!
//! Beyond the standard's registers: 10 enables what 11 shows and forgets when it is read (1: the link
//! has changed, 2: the cable was tested); 12 and 13 count; 14 and 15 test the cable; 16 keeps what is
//! written.

use kernel::net::phy::reg::{C22, bits};

const ID: u32 = 0x7fff_1013;
/// 10BASE-T and 100BASE-TX, both ways, by negotiation.
const ABILITIES: u16 = 0x7809;

const LINK: u16 = 1;
const TESTED: u16 = 2;
const BUSY: u16 = 0x8000;

pub(crate) struct Sample {
    control: u16,
    advertised: u16,
    has_link: bool,
    was_lost: bool,
    enabled: u16,
    events: u16,
    errors: u16,
    losses: u16,
    is_testing: bool,
    /// What a test finds: of two pairs, what is the matter, and how far away.
    pub(crate) faults: [u16; 2],
    attempts: u16,
}

impl Sample {
    pub(crate) fn new() -> Self {
        Self {
            control: bits::BMCR_ANENABLE,
            advertised: 0x01e1,
            has_link: false,
            was_lost: true,
            enabled: 0,
            events: 0,
            errors: 0,
            losses: 0,
            is_testing: false,
            faults: [0; 2],
            attempts: 3,
        }
    }

    /// It is as it comes from the factory.
    pub(crate) fn power(&mut self) {
        *self = Self {
            has_link: self.has_link,
            faults: self.faults,
            ..Self::new()
        };
    }

    /// Says whether the line is raised, as all that follow.
    pub(crate) fn set_link(&mut self, is_up: bool) -> bool {
        if self.has_link == is_up {
            return false;
        }
        if !is_up {
            self.was_lost = true;
            self.losses = self.losses.saturating_add(1);
        }
        self.has_link = is_up;
        self.event(LINK)
    }

    /// It hears what is no symbol; nobody is told.
    pub(crate) fn disturb(&mut self, count: u16) {
        self.errors = self.errors.saturating_add(count);
    }

    /// The test is over.
    pub(crate) fn end_test(&mut self) -> bool {
        core::mem::replace(&mut self.is_testing, false) && self.event(TESTED)
    }

    fn event(&mut self, event: u16) -> bool {
        self.events |= event;
        self.events & self.enabled != 0
    }

    pub(crate) fn read(&mut self, register: C22) -> u16 {
        match register.number() {
            0 => self.control,
            1 => self.status(),
            2 => (ID >> 16) as u16,
            3 => (ID & 0xffff) as u16,
            4 => self.advertised,
            5 if self.has_link => 0x45e1,
            0x10 => self.enabled,
            0x11 => core::mem::replace(&mut self.events, 0),
            0x12 => self.errors,
            0x13 => self.losses,
            0x14 if self.is_testing => BUSY,
            0x14 => self.faults[0],
            0x15 => self.faults[1],
            0x16 => self.attempts,
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, register: C22, value: u16) {
        match register.number() {
            // A reset is over at once, and so is negotiation.
            0 => self.control = value & !(bits::BMCR_RESET | bits::BMCR_ANRESTART),
            4 => self.advertised = value,
            0x10 => self.enabled = value,
            0x14 => self.is_testing = value & BUSY != 0,
            0x16 => self.attempts = value,
            _ => {}
        }
    }

    fn status(&mut self) -> u16 {
        let was_lost = core::mem::replace(&mut self.was_lost, false);
        match self.has_link && !self.is_testing && self.control & bits::BMCR_PDOWN == 0 {
            true if was_lost => ABILITIES,
            true => ABILITIES | bits::BMSR_LSTATUS | bits::BMSR_ANEGCOMPLETE,
            false => ABILITIES,
        }
    }
}
