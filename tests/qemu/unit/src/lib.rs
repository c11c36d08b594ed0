// SPDX-License-Identifier: GPL-2.0-only

//! Runs the tests of the `kernel` crate, and the examples of its documentation, when it is loaded.

#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "ktest")]
#[allow(
    unused,
    unsafe_code,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    missing_docs,
    reason = "an example shows one thing"
)]
mod examples {
    use kernel::prelude::*;

    include!(env!("FERRITE_EXAMPLES"));
}

use kernel::prelude::*;

module! {
    type: Unit,
    name: "unit",
    authors: ["The Ferrite developers"],
    description: "Runs the kernel crate's tests",
    license: "GPL",
}

struct Unit;

impl Module for Unit {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // Only in a build that was not asked for tests.
        Err(ENODEV)
    }
}
