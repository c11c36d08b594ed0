// SPDX-License-Identifier: GPL-2.0-only

//! The PHYs inside of ASIX's chips: AX88772A and AX88772C (USB), AX88796B.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;

use kernel::module_phy_driver;
use kernel::net::phy::reg::C22;
use kernel::net::phy::{Device, DeviceId, DeviceState, Driver, Power, flags};
use kernel::prelude::*;

module_phy_driver! {
    drivers: [Ax88772a, Ax88772c, Ax88796b],
    table: ASIX_PHYS,
    name: "ax88796b",
    authors: ["The Ferrite developers"],
    description: "PHYs of ASIX chips",
    license: "GPL",
}

/// A PHY of these is reset only if the bit for it was clear before: that of the X-Surf 100 keeps it
/// set.
fn soft_reset(phy: &mut Device) -> Result {
    phy.write(C22::BMCR, 0)?;
    phy.genphy_soft_reset()
}

/// With some switches at the other end, it does not say what they can do, although it has negotiated
/// with them. What it has come to with them then stands in its control register.
struct Ax88772a;

#[vtable]
impl Driver for Ax88772a {
    const FLAGS: u32 = flags::IS_INTERNAL;
    const NAME: &'static CStr = c"Asix Electronics AX88772A";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x003b_1861);
    const POWER: Power = Power::Clause22;

    fn read_status(phy: &mut Device) -> Result {
        // The standard's way leaves the speed unknown where there is no link, or where the partners
        // have nothing in common that it knows of.
        phy.genphy_read_status::<C22>()?;
        if phy.speed().is_none() && phy.is_link_up() {
            phy.genphy_read_status_fixed()?;
        }
        Ok(())
    }

    fn soft_reset(phy: &mut Device) -> Result {
        soft_reset(phy)
    }

    /// What the last partner could do would be taken for what the next one can.
    fn link_change_notify(phy: &mut Device) {
        if phy.state() != DeviceState::NoLink {
            return;
        }
        let reset = phy.init_hw();
        // Even if that has failed: it begins by clearing what allows the PHY to negotiate.
        let restart = phy.start_aneg();
        if let Err(error) = reset.and(restart) {
            dev_err!(phy, "not ready for another link: {}", error);
        }
    }
}

struct Ax88772c;

#[vtable]
impl Driver for Ax88772c {
    const FLAGS: u32 = flags::IS_INTERNAL;
    const NAME: &'static CStr = c"Asix Electronics AX88772C";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x003b_1881);
    const POWER: Power = Power::Clause22;

    fn soft_reset(phy: &mut Device) -> Result {
        soft_reset(phy)
    }
}

struct Ax88796b;

#[vtable]
impl Driver for Ax88796b {
    const NAME: &'static CStr = c"Asix Electronics AX88796B";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_model_mask(0x003b_1841);

    fn soft_reset(phy: &mut Device) -> Result {
        soft_reset(phy)
    }
}
