// SPDX-License-Identifier: GPL-2.0-only

//! A PHY that is registers and little else, for the tests of this module and of `phy`.

use core::ffi::CStr;
use core::pin::Pin;

use super::{Bus, Operations};
use crate::error::to_result;
use crate::net::phy::reg::{C22, C45, bits};
use crate::new_mutex;
use crate::prelude::*;
use crate::sync::Mutex;
use crate::sync::atomic::{Atomic, Relaxed};

/// The registers of all addresses at once.
#[pin_data]
pub(crate) struct Fake {
    #[pin]
    c22: Mutex<[u16; 32]>,
    #[pin]
    c45: Mutex<KVec<(C45, u16)>>,
    /// Nothing answers.
    fails: Atomic<bool>,
}

impl Fake {
    /// A bus with one of clause 22, that says it can do 100BASE-TX, and has `id`.
    pub(crate) fn c22(name: &CStr, id: u32) -> Result<Bus<Self>> {
        let mut registers = [0; 32];
        let parts = [
            (C22::BMSR, 0x4008),
            (C22::PHYSID1, (id >> 16) as u16),
            (C22::PHYSID2, (id & 0xffff) as u16),
        ];
        for (register, value) in parts {
            if let Some(place) = registers.get_mut(usize::from(register.number())) {
                *place = value;
            }
        }
        Self::bus(name, registers, KVec::new())
    }

    /// A bus with one of clause 45, that has these registers.
    pub(crate) fn c45(name: &CStr, registers: &[(C45, u16)]) -> Result<Bus<Self>> {
        let mut c45 = KVec::with_capacity(registers.len(), GFP_KERNEL)?;
        for register in registers {
            c45.push(*register, GFP_KERNEL)?;
        }
        Self::bus(name, [0; 32], c45)
    }

    fn bus(name: &CStr, c22: [u16; 32], c45: KVec<(C45, u16)>) -> Result<Bus<Self>> {
        Bus::new::<Error>(
            name,
            try_pin_init!(Self {
                c22 <- new_mutex!(c22),
                c45 <- new_mutex!(c45),
                fails: Atomic::new(false),
            }? Error),
        )
    }

    /// From now on every access fails with `EIO`, or none.
    pub(crate) fn set_fails(self: Pin<&Self>, fails: bool) {
        self.fails.store(fails, Relaxed);
    }

    /// What a register holds.
    pub(crate) fn get(self: Pin<&Self>, register: C22) -> u16 {
        let number = usize::from(register.number());
        self.c22.lock().get(number).copied().unwrap_or(0)
    }

    /// The PHY changes a register.
    pub(crate) fn set(self: Pin<&Self>, register: C22, value: u16) {
        if let Some(place) = self.c22.lock().get_mut(usize::from(register.number())) {
            *place = value;
        }
    }

    fn answer(&self) -> Result {
        if self.fails.load(Relaxed) {
            return Err(EIO);
        }
        Ok(())
    }
}

impl Operations for Fake {
    fn read(&self, _: u8, register: C22) -> Result<u16> {
        self.answer()?;
        let number = usize::from(register.number());
        self.c22.lock().get(number).copied().ok_or(EINVAL)
    }

    fn write(&self, _: u8, register: C22, value: u16) -> Result {
        self.answer()?;
        // A reset is over at once, and so is the beginning of a negotiation.
        let value = match register {
            C22::BMCR => value & !(bits::BMCR_RESET | bits::BMCR_ANRESTART),
            _ => value,
        };
        let mut registers = self.c22.lock();
        *registers
            .get_mut(usize::from(register.number()))
            .ok_or(EINVAL)? = value;
        Ok(())
    }

    fn read_c45(&self, _: u8, register: C45) -> Result<u16> {
        self.answer()?;
        let registers = self.c45.lock();
        let is_there = registers
            .iter()
            .any(|(other, _)| other.mmd() == register.mmd());
        let found = registers.iter().find(|(other, _)| *other == register);
        Ok(found.map_or(if is_there { 0 } else { 0xffff }, |(_, value)| *value))
    }

    fn write_c45(&self, _: u8, register: C45, value: u16) -> Result {
        self.answer()?;
        let mut registers = self.c45.lock();
        match registers.iter_mut().find(|(other, _)| *other == register) {
            Some((_, old)) => *old = value,
            None => registers.push((register, value), GFP_KERNEL)?,
        }
        Ok(())
    }
}

impl<T: Operations> Bus<T> {
    /// What `ip link set up` does.
    pub(crate) fn up(&self, address: u8) -> Result {
        let netdev = self.netdev(address)?;
        // SAFETY: the network device is registered; tests do not remove it meanwhile.
        to_result(unsafe { bindings::ferrite_mdio_ktest_open(netdev) })
    }

    /// What `ip link set down` does.
    pub(crate) fn down(&self, address: u8) -> Result {
        let netdev = self.netdev(address)?;
        // SAFETY: as above.
        unsafe { bindings::ferrite_mdio_ktest_close(netdev) };
        Ok(())
    }

    /// Whether the network device has a link.
    pub(crate) fn has_carrier(&self, address: u8) -> Result<bool> {
        let netdev = self.netdev(address)?;
        // SAFETY: as above.
        Ok(unsafe { bindings::ferrite_mdio_ktest_carrier(netdev) })
    }

    /// The PHY, for what tests ask of C. It is there until it is removed.
    pub(crate) fn raw(&self, address: u8) -> Result<*mut bindings::phy_device> {
        self.at(address, |phy| phy)
    }

    fn netdev(&self, address: u8) -> Result<*mut bindings::net_device> {
        let slots = self.inner().slots.lock();
        let slot = slots.iter().find(|slot| slot.address == address);
        let netdev = slot.and_then(|slot| slot.netdev).ok_or(ENODEV)?;
        Ok(netdev.as_ptr())
    }
}
