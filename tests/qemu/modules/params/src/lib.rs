// SPDX-License-Identifier: GPL-2.0-only

//! A parameter of each type, readable and writable, some with a rule of their own. twin.c declares
//! the same parameters as C does, for a comparison.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;

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
        list: [u16; 4] {
            default: [1, 2],
            permissions: 0o644,
            description: "Up to four numbers, none of them 13",
            validate: lucky,
            changed: listed,
        },
        flags: [bool; 2] { default: [], permissions: 0o444, description: "Up to two flags" },
        label: String<16> {
            default: "none",
            permissions: 0o644,
            description: "A text of up to 15 bytes",
            validate: no_slash,
            changed: labelled,
        },
        watched: u64 {
            default: 0,
            permissions: 0o644,
            description: "Changes are told",
            changed: watched,
        },
    },
}

fn even(value: &u32) -> Result {
    if value.is_multiple_of(2) {
        Ok(())
    } else {
        Err(EDOM)
    }
}

fn lucky(values: &[u16]) -> Result {
    if values.contains(&13) {
        Err(EDOM)
    } else {
        Ok(())
    }
}

fn listed(values: &[u16]) {
    let sum = values
        .iter()
        .fold(0_u32, |sum, value| sum.wrapping_add(u32::from(*value)));
    pr_info!("the list has {} values, {} together", values.len(), sum);
}

fn no_slash(text: &CStr) -> Result {
    if text.to_bytes().contains(&b'/') {
        Err(EINVAL)
    } else {
        Ok(())
    }
}

fn labelled(text: &CStr) {
    pr_info!("the label is '{}'", text.to_str().unwrap_or("(not text)"));
}

fn watched(value: &u64) {
    pr_info!("watched became {}", *value);
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
        pr_info!(
            "{} values, the second is {}",
            given::list.count(),
            given::list.get(1).unwrap_or(0)
        );
        let yes = given::flags.read(|flags| {
            flags
                .iter()
                .fold(0_u8, |yes, flag| yes.wrapping_add(u8::from(*flag)))
        });
        given::label.read(|label| {
            pr_info!("{} flags, label '{}'", yes, label.to_str().unwrap_or("?"));
        });
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
