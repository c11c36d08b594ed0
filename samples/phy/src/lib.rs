// SPDX-License-Identifier: GPL-2.0-only

//! A driver of a PHY that has interrupts, counters, a test of its cable, and something to tune.
//!
//! The chip is made up: `tests/qemu/modules/mdiosim` has it (`echo sample plug`). What its registers
//! beyond the standard's are stands here, as it would in its manual.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;

use kernel::irq::IrqReturn;
use kernel::module_phy_driver;
use kernel::net::phy::reg::C22;
use kernel::net::phy::{CablePair, CableResult, CableTest, Device, DeviceId, DeviceState, Driver};
use kernel::prelude::*;

module_phy_driver! {
    drivers: [Sample],
    table: SAMPLE_PHYS,
    name: "phy_sample",
    authors: ["The Ferrite developers"],
    description: "A sample driver of a PHY",
    license: "GPL",
}

/// By which events the PHY raises its line.
const ENABLED: C22 = C22::vendor_specific::<0x10>();
/// Which have come. All are cleared when it is read.
const EVENTS: C22 = C22::vendor_specific::<0x11>();
/// The link has come or gone; the cable was tested.
const LINK: u16 = 1 << 0;
const TESTED: u16 = 1 << 1;

/// Symbols that were wrong, and links that were lost.
const COUNTERS: [C22; 2] = [
    C22::vendor_specific::<0x12>(),
    C22::vendor_specific::<0x13>(),
];

/// What is the matter with a pair, and metres to that. The first of them starts the test, and says
/// when it is over.
const PAIRS: [(CablePair, C22); 2] = [
    (CablePair::A, C22::vendor_specific::<0x14>()),
    (CablePair::B, C22::vendor_specific::<0x15>()),
];
const BUSY: u16 = 1 << 15;

/// After so many attempts it takes a lower speed; 0 is never. 15 at the most.
const ATTEMPTS: C22 = C22::vendor_specific::<0x16>();

struct Sample;

#[vtable]
impl Driver for Sample {
    const NAME: &'static CStr = c"Ferrite sample PHY";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_model_mask(0x7fff_1010);
    const COUNTERS: &'static [&'static CStr] = &[c"symbol_errors", c"link_losses"];

    fn config_intr(phy: &mut Device) -> Result {
        if phy.interrupts_enabled() {
            // What has come before is old.
            phy.read(EVENTS)?;
            return phy.write(ENABLED, LINK | TESTED);
        }
        phy.write(ENABLED, 0)?;
        phy.read(EVENTS).map(|_| ())
    }

    fn handle_interrupt(phy: &mut Device) -> Result<IrqReturn> {
        if phy.read(EVENTS)? & (LINK | TESTED) == 0 {
            return Ok(IrqReturn::None);
        }
        phy.trigger_machine();
        Ok(IrqReturn::Handled)
    }

    fn get_stats(phy: &mut Device, values: &mut [u64]) {
        for (value, register) in values.iter_mut().zip(COUNTERS) {
            // One that cannot be read shows as what no register holds.
            *value = phy.read(register).map_or(u64::MAX, u64::from);
        }
    }

    fn cable_test_start(phy: &mut Device) -> Result {
        let [(_, first), _] = PAIRS;
        phy.write(first, BUSY)
    }

    fn cable_test_get_status(test: &mut CableTest<'_>) -> Result<bool> {
        let [(_, first), _] = PAIRS;
        if test.read(first)? & BUSY != 0 {
            return Ok(false);
        }
        for (pair, register) in PAIRS {
            let found = test.read(register)?;
            let result = match (found >> 8) & 7 {
                0 => CableResult::Ok,
                1 => CableResult::Open,
                2 => CableResult::SameShort,
                3 => CableResult::CrossShort,
                _ => CableResult::Unspecified,
            };
            test.result(pair, result)?;
            if result != CableResult::Ok {
                test.fault_length(pair, u32::from(found & 0xff) * 100)?;
            }
        }
        Ok(true)
    }

    fn get_downshift(phy: &mut Device) -> Result<u8> {
        Ok((phy.read(ATTEMPTS)? & 0xf) as u8)
    }

    fn set_downshift(phy: &mut Device, count: u8) -> Result {
        match count {
            0..=15 => phy.write(ATTEMPTS, count.into()),
            // The number is to be the PHY's own choice.
            0xff => phy.write(ATTEMPTS, 3),
            _ => Err(EINVAL),
        }
    }

    fn link_change_notify(phy: &mut Device) {
        if phy.state() == DeviceState::NoLink {
            dev_info!(phy, "the link is gone");
        }
    }
}
