// SPDX-License-Identifier: GPL-2.0-only

//! Forgets what it has registered with the kernel, so that its drop never runs: safe code may.

#![no_std]
#![forbid(unsafe_code)]

use kernel::attribute::Output;
use kernel::configfs::{AttributeOperations, Item, ItemType, Subsystem};
use kernel::configfs_attrs;
use kernel::faux;
use kernel::prelude::*;

module! {
    type: Forgetful,
    name: "forgetful",
    authors: ["The Ferrite developers"],
    description: "Forgets what it has registered",
    license: "GPL",
    params: {
        device: bool { default: false, permissions: 0, description: "Forget a device" },
        configfs: bool { default: false, permissions: 0, description: "Forget a directory in configfs" },
        fail: bool { default: false, permissions: 0, description: "Fail to load then, with EIO" },
    },
}

struct Directory {}

impl Item for Directory {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Directory,
        attributes: [answer: 0],
    };
}

#[vtable]
impl AttributeOperations<0> for Directory {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.text("42\n");
        Ok(())
    }
}

struct Forgetful;

impl Module for Forgetful {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        if module_parameters::configfs.get() {
            let one = Subsystem::new(c"forgetful", init!(Directory {}))?;
            let two = Subsystem::new(c"forgetful2", init!(Directory {}))?;
            core::mem::forget(one);
            let _ = KBox::leak(KBox::new(two, GFP_KERNEL)?);
        }
        if module_parameters::device.get() {
            core::mem::forget(faux::Registration::new(c"forgetful", None)?);
        }
        if module_parameters::fail.get() {
            return Err(EIO);
        }
        Ok(Self)
    }
}
