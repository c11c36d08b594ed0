// SPDX-License-Identifier: GPL-2.0-only

//! What inline assembly and macros put into tables, and the link must keep: a static key and a
//! device table. (A warning's entry is tested with `misbehave`.)
//!
//! Loading the module runs the checks. It fails to load, with `EPROTO`, if one comes out wrong.

#![no_std]
#![forbid(unsafe_code)]

use kernel::jump_label::StaticKey;
use kernel::pci::DeviceId;
use kernel::prelude::*;
use kernel::{pci_device_table, static_branch_unlikely};

module! {
    type: Tables,
    name: "tables",
    authors: ["The Ferrite developers"],
    description: "Static keys and device tables",
    license: "GPL",
}

pci_device_table! {
    /// The same ids as in the module `twin`, in C.
    static IDS: () = [
        (DeviceId::new(0x1b36, 0x0005), ()),
        (DeviceId::new(0x1234, 0x11e8), ()),
        (DeviceId::class(0x03_0000, 0xff_0000), ()),
        (DeviceId::new(0x10de, DeviceId::ANY).subsystem(0x1043, 0x0001), ()),
    ];
}

static KEY: StaticKey = StaticKey::new();

#[inline(never)]
fn branch() -> u32 {
    if static_branch_unlikely!(KEY) { 2 } else { 1 }
}

fn check(what: &'static str, wanted: u32, got: u32) -> Result {
    if wanted == got {
        return Ok(());
    }
    pr_err!("{}: wanted {}, got {}", what, wanted, got);
    Err(EPROTO)
}

struct Tables;

impl Module for Tables {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        for _ in 0..3 {
            check("the branch, off", 1, branch())?;
            KEY.enable();
            check("the branch, on", 2, branch())?;
            KEY.disable();
        }
        check("entries in the device table", 4, IDS.len() as u32)?;
        pr_info!("the static key turns");
        Ok(Self)
    }
}
