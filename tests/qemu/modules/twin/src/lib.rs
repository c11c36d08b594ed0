// SPDX-License-Identifier: GPL-2.0-only

//! The device table of the module `tables`, in C: this module has to have the same aliases.

#![no_std]
#![forbid(unsafe_code)]

use kernel::prelude::*;

module! {
    type: Twin,
    name: "twin",
    authors: ["The Ferrite developers"],
    description: "The device table of the module tables, in C",
    license: "GPL",
}

struct Twin;

impl Module for Twin {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
