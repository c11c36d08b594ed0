// SPDX-License-Identifier: GPL-2.0-only

//! Takes the names of drivers of PHYs, so that those cannot be registered. It is for no PHY that there is.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;

use kernel::module_phy_driver;
use kernel::net::phy::{DeviceId, Driver};
use kernel::prelude::*;

module_phy_driver! {
    drivers: [Qt2025, Ax88772c],
    table: TAKEN_PHYS,
    name: "phytaken",
    authors: ["The Ferrite developers"],
    description: "Takes the names of drivers of PHYs",
    license: "GPL",
}

struct Qt2025;

#[vtable]
impl Driver for Qt2025 {
    const NAME: &'static CStr = c"QT2025 10Gpbs SFP+";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x7fff_2001);
}

/// In its module it stands between two others.
struct Ax88772c;

#[vtable]
impl Driver for Ax88772c {
    const NAME: &'static CStr = c"Asix Electronics AX88772C";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x7fff_2002);
}
