// SPDX-License-Identifier: GPL-2.0-only

//! The smallest module: it says hello, and goodbye.

#![no_std]
#![forbid(unsafe_code)]

use kernel::prelude::*;

module! {
    type: Minimal,
    name: "minimal",
    authors: ["The Ferrite developers"],
    description: "The smallest Rust module",
    license: "GPL",
}

struct Minimal;

impl Module for Minimal {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("hello from Rust");
        Ok(Self)
    }
}

impl Drop for Minimal {
    fn drop(&mut self) {
        pr_info!("goodbye");
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = Minimal::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }
}
