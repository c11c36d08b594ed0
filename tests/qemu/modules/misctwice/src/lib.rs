// SPDX-License-Identifier: GPL-2.0-only

//! Registers a misc device under a name that is taken. The kernel refuses that with a stack trace in
//! its log, so this is no unit test.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::fs::File;
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::sync::Arc;

module! {
    type: Twice,
    name: "misctwice",
    authors: ["The Ferrite developers"],
    description: "Registers a misc device under a name that is taken",
    license: "GPL",
    params: {
        again: bool { default: false, permissions: 0o444, description: "Try the name a second time" },
    },
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = ();
    type Data = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        Ok(())
    }
}

type Registration = Pin<KBox<MiscDeviceRegistration<Device>>>;

fn register(data: &Arc<()>) -> Result<Registration> {
    let options = MiscDeviceOptions {
        name: c"ferrite-twice",
        mode: 0,
    };
    KBox::pin_init(
        MiscDeviceRegistration::register(options, data.clone()),
        GFP_KERNEL,
    )
}

struct Twice {
    _first: Registration,
}

impl Module for Twice {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let data = Arc::new((), GFP_KERNEL)?;
        let first = register(&data)?;
        if module_parameters::again.get() {
            match register(&data) {
                Ok(_) => pr_err!("the second one was taken"),
                Err(error) => pr_info!("the second one: {}", error),
            }
        }
        Ok(Self { _first: first })
    }
}
