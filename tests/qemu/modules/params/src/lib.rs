// SPDX-License-Identifier: GPL-2.0-only

//! A parameter of each type, readable and writable, one with a rule of its own.

#![no_std]
#![forbid(unsafe_code)]

use kernel::prelude::*;

module! {
    type: Params,
    name: "params",
    authors: ["The Ferrite developers"],
    description: "A parameter of each type",
    license: "GPL",
    params: {
        a_u8: u8 { default: 8, permissions: 0o644, description: "A u8" },
        an_i8: i8 { default: -8, permissions: 0o644, description: "An i8" },
        a_u16: u16 { default: 16, permissions: 0o644, description: "A u16" },
        an_i16: i16 { default: -16, permissions: 0o644, description: "An i16" },
        a_u32: u32 { default: 32, permissions: 0o644, description: "A u32" },
        an_i32: i32 { default: -32, permissions: 0o644, description: "An i32" },
        a_u64: u64 { default: 64, permissions: 0o644, description: "A u64" },
        an_i64: i64 { default: -64, permissions: 0o644, description: "An i64" },
        a_bool: bool { default: false, permissions: 0o644, description: "A bool" },
        even: u32 { default: 2, permissions: 0o644, description: "An even number", validate: even },
        fixed: u32 { default: 7, permissions: 0o444, description: "Not writable" },
        hidden: u32 { default: 9, permissions: 0, description: "Not in sysfs" },
    },
}

fn even(value: &u32) -> Result {
    if value.is_multiple_of(2) {
        Ok(())
    } else {
        Err(EDOM)
    }
}

struct Params;

impl Module for Params {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        use module_parameters as given;
        pr_info!(
            "even {} fixed {} hidden {}",
            given::even.get(),
            given::fixed.get(),
            given::hidden.get()
        );
        Ok(Self)
    }
}

impl Drop for Params {
    fn drop(&mut self) {
        use module_parameters as given;
        pr_info!(
            "at the end: a_u64 {:#x}, an_i64 {}, even {}",
            given::a_u64.get(),
            given::an_i64.get(),
            given::even.get()
        );
    }
}
