// SPDX-License-Identifier: GPL-2.0-only

//! The power of a PHY whose driver leaves that to phylib, or has it stay.

use core::ffi::CStr;

use super::{LEAN, drivers};
use crate::net::mdio::testing::Fake;
use crate::net::mdio::{Clause, Interface};
use crate::net::phy::reg::{C22, bits};
use crate::net::phy::{DeviceId, Driver, DriverVTable, Power, Registration};
use crate::prelude::*;

const SLEEPY: u32 = 0x7ffe_0501;

/// Is powered down as the standard has it.
struct Sleepy;

#[vtable]
impl Driver for Sleepy {
    const NAME: &'static CStr = c"Ferrite test, sleepy";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(SLEEPY);
    const POWER: Power = Power::Clause22;
}

/// Whether a PHY of that id is powered down when its network device is up, and when it is down.
fn is_down(id: u32) -> Result<(bool, bool)> {
    let bus = Fake::c22(c"ferrite-power", id)?;
    bus.add_phy(0, Clause::C22)?;
    bus.add_netdev(0, c"ferrite%d", Interface::Mii)?;
    let is_down = || bus.operations().get(C22::BMCR) & bits::BMCR_PDOWN != 0;
    bus.up(0)?;
    bus.down(0)?;
    let down = is_down();
    bus.up(0)?;
    let up = is_down();
    bus.remove(0)?;
    Ok((up, down))
}

#[kernel_test]
fn a_driver_leaves_the_power_to_phylib() -> Result {
    let _lean = drivers()?;
    let _sleepy = Registration::new(&[DriverVTable::of::<Sleepy>()])?;
    assert_eq!(is_down(SLEEPY)?, (false, true));
    assert_eq!(is_down(LEAN)?, (false, false));
    Ok(())
}
