// SPDX-License-Identifier: GPL-2.0-only

//! The driver `qt2025` once more, in C: what ours does to the chip, and what it costs, is compared
//! with it where the distribution has no such driver.

#![no_std]

use core::ffi::c_int;

use kernel::error::to_result;
use kernel::prelude::*;

module! {
    type: Twin,
    name: "qt2025_twin",
    authors: ["The Ferrite developers"],
    description: "The driver of the QT2025, in C, to compare with",
    license: "GPL",
}

// SAFETY: the declarations are those of twin.c, which takes no pointers.
unsafe extern "C" {
    safe fn qt2025_twin_register() -> c_int;
    safe fn qt2025_twin_unregister();
}

/// The driver is in the system.
struct Twin;

impl Module for Twin {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        to_result(qt2025_twin_register())?;
        Ok(Self)
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        qt2025_twin_unregister();
    }
}
