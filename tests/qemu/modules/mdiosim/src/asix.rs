// SPDX-License-Identifier: GPL-2.0-only

//! A model of the PHYs in ASIX's chips.
//!
//! What is peculiar about them, as their driver knows: the reset bit works only when all of `BMCR` was
//! clear before, and what the partner can do is learnt at the beginning of a negotiation only, and
//! then kept, whoever is at the other end.

use kernel::net::phy::reg::{C22, bits};

/// What every one of them can do: 10BASE-T and 100BASE-TX, both ways, by negotiation.
const ABILITIES: u16 = 0x7809;
/// `BMCR` after a reset.
const AFTER_RESET: u16 = bits::BMCR_ANENABLE | bits::BMCR_SPEED100;

pub(crate) struct Asix {
    id: u32,
    /// What the partner that is asked next can do; 0 is one that does not say.
    pub(crate) partner: u16,
    /// What it comes to with a partner does not stand in `BMCR`.
    pub(crate) is_mute: bool,
    control: u16,
    advertised: u16,
    /// What the partner has said, if it was asked.
    learnt: Option<u16>,
    has_link: bool,
    /// There was no link since the status was last read.
    was_lost: bool,
    /// So often the reset bit is still seen.
    in_reset: u8,
}

impl Asix {
    pub(crate) fn new(id: u32) -> Self {
        Self {
            id,
            partner: 0x45e1,
            is_mute: false,
            control: AFTER_RESET,
            advertised: 0x01e1,
            learnt: None,
            has_link: false,
            was_lost: true,
            in_reset: 0,
        }
    }

    /// It is as it comes from the factory.
    pub(crate) fn power(&mut self) {
        *self = Self {
            partner: self.partner,
            is_mute: self.is_mute,
            has_link: self.has_link,
            ..Self::new(self.id)
        };
    }

    pub(crate) fn set_link(&mut self, is_up: bool) {
        if self.has_link && !is_up {
            self.was_lost = true;
        }
        self.has_link = is_up;
        self.negotiate(false);
    }

    pub(crate) fn read(&mut self, register: C22) -> u16 {
        match register {
            C22::BMCR => self.read_control(),
            C22::BMSR => self.status(),
            C22::PHYSID1 => (self.id >> 16) as u16,
            C22::PHYSID2 => (self.id & 0xffff) as u16,
            C22::ADVERTISE => self.advertised,
            C22::LPA => self.learnt.unwrap_or(0),
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, register: C22, value: u16) {
        match register {
            C22::BMCR => self.write_control(value),
            C22::ADVERTISE => self.advertised = value,
            _ => {}
        }
    }

    fn read_control(&mut self) -> u16 {
        if self.in_reset > 0 {
            self.in_reset = self.in_reset.saturating_sub(1);
            if self.in_reset == 0 {
                self.end_reset();
            }
        }
        self.control
    }

    fn end_reset(&mut self) {
        self.in_reset = 0;
        self.control = AFTER_RESET;
        self.negotiate(true);
    }

    fn write_control(&mut self, value: u16) {
        // It does not last until somebody comes back who was interrupted.
        if self.in_reset > 0 {
            self.end_reset();
        }
        if value & bits::BMCR_RESET != 0 {
            let works = self.control == 0;
            self.control |= bits::BMCR_RESET;
            if works {
                self.in_reset = 2;
                self.learnt = None;
                self.advertised = 0x01e1;
            }
            return;
        }
        self.control = value & !bits::BMCR_ANRESTART;
        if value & bits::BMCR_ANRESTART != 0 {
            self.learnt = None;
        }
        self.negotiate(value & bits::BMCR_ANRESTART != 0);
    }

    /// Comes to terms with the partner, if there is one and it is not forbidden. Known partners are
    /// not asked again.
    fn negotiate(&mut self, is_new: bool) {
        if !self.can_link() || self.control & bits::BMCR_ANENABLE == 0 {
            return;
        }
        if is_new || self.learnt.is_none() {
            self.learnt = Some(self.partner);
        }
        if self.is_mute {
            return;
        }
        let common = match self.learnt {
            // It does not say, and takes what it is offered.
            None | Some(0) => self.advertised,
            Some(learnt) => learnt & self.advertised,
        };
        self.control &= !(bits::BMCR_SPEED100 | bits::BMCR_FULLDPLX);
        // 100BASE-TX; full duplex of either.
        if common & 0x0180 != 0 {
            self.control |= bits::BMCR_SPEED100;
        }
        if common & 0x0100 != 0 || common & 0x00c0 == 0x0040 {
            self.control |= bits::BMCR_FULLDPLX;
        }
    }

    fn can_link(&self) -> bool {
        self.has_link && self.control & (bits::BMCR_RESET | bits::BMCR_PDOWN) == 0
    }

    fn status(&mut self) -> u16 {
        let was_lost = core::mem::replace(&mut self.was_lost, false);
        let mut status = ABILITIES;
        if self.can_link() {
            if !was_lost {
                status |= bits::BMSR_LSTATUS;
            }
            if self.learnt.is_some() && self.control & bits::BMCR_ANENABLE != 0 {
                status |= bits::BMSR_ANEGCOMPLETE;
            }
        }
        status
    }
}
