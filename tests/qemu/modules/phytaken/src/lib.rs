// SPDX-License-Identifier: GPL-2.0-only

//! Takes the names of drivers of PHYs, so that those cannot be registered. It is for no PHY that there is.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;

use kernel::net::phy::{DeviceId, Driver, DriverVTable, Registration};
use kernel::prelude::*;

module! {
    type: Taken,
    name: "phytaken",
    authors: ["The Ferrite developers"],
    description: "Takes the names of drivers of PHYs",
    license: "GPL",
    params: {
        forget: bool { default: false, permissions: 0, description: "Forget the drivers" },
    },
}

struct Taken {
    _drivers: Option<Registration>,
}

impl Module for Taken {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let drivers =
            Registration::new(&[DriverVTable::of::<Qt2025>(), DriverVTable::of::<Ax88772c>()])?;
        if module_parameters::forget.get() {
            core::mem::forget(drivers);
            return Ok(Self { _drivers: None });
        }
        Ok(Self {
            _drivers: Some(drivers),
        })
    }
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
