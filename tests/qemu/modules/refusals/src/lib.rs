// SPDX-License-Identifier: GPL-2.0-only

//! Asks for what the kernel refuses with a trace in its log, or only while a module goes, or only to another
//! module: so these are no unit tests.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::auxiliary::{self, DeviceId};
use kernel::auxiliary_device_table;
use kernel::device::{Bound, Core};
use kernel::driver::Registration;
use kernel::faux;
use kernel::firmware::Firmware;
use kernel::fs::File;
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::platform;
use kernel::prelude::*;
use kernel::sync::Arc;

module! {
    type: Refusals,
    name: "refusals",
    authors: ["The Ferrite developers"],
    description: "Asks for what the kernel refuses",
    license: "GPL",
    params: {
        again: bool { default: false, permissions: 0o444, description: "Try each name a second time" },
        late: bool { default: false, permissions: 0o444, description: "Ask for a file while the module goes" },
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

auxiliary_device_table! {
    /// Devices of another module.
    static LAMPS: () = [(DeviceId::new(c"auxiliary_sample", c"lamp"), ())];
}

struct Stranger;

impl auxiliary::Driver for Stranger {
    type IdInfo = ();
    type Data<'bound> = ();
    const ID_TABLE: &'static auxiliary::IdTable<()> = &LAMPS;

    fn probe(
        device: &auxiliary::Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<(), Error>> {
        let device: &auxiliary::Device<Bound> = device;
        device.registration_data::<()>()?;
        Ok(Ok(()))
    }
}

type Misc = Pin<KBox<MiscDeviceRegistration<Device>>>;

fn misc(data: &Arc<()>) -> Result<Misc> {
    let options = MiscDeviceOptions {
        name: c"ferrite-twice",
        mode: 0,
    };
    let device = MiscDeviceRegistration::register(options, data.clone());
    KBox::pin_init(device, GFP_KERNEL)
}

/// With a file of a name that every device has.
fn misc_with_uevent(data: &Arc<()>) -> Result<Misc> {
    let options = MiscDeviceOptions {
        name: c"ferrite-file",
        mode: 0,
    };
    let device =
        MiscDeviceRegistration::register_with_files(options, data.clone(), |data, files| {
            files.read_callback_file(c"uevent", data, |(), _| Ok(()))
        });
    KBox::pin_init(device, GFP_KERNEL)
}

fn platform() -> Result<platform::DeviceRegistration> {
    platform::DeviceRegistration::new(c"ferrite-twice", platform::Id::None, None)
}

fn faux() -> Result<faux::Registration> {
    faux::Registration::new(c"ferrite-twice.faux", None)
}

fn tell<T>(what: &str, result: Result<T>) {
    match result {
        Ok(_) => pr_err!("{} was not refused", what),
        Err(error) => pr_info!("{}: {}", what, error),
    }
}

struct Refusals {
    _misc: Misc,
    _platform: platform::DeviceRegistration,
    faux: faux::Registration,
    _driver: Pin<KBox<Registration<auxiliary::Adapter<Stranger>>>>,
}

impl Module for Refusals {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let data = Arc::new((), GFP_KERNEL)?;
        let this = Self {
            _misc: misc(&data)?,
            _platform: platform()?,
            faux: faux()?,
            _driver: KBox::pin_init(Registration::new(c"stranger"), GFP_KERNEL)?,
        };
        if module_parameters::again.get() {
            let part = || auxiliary::Registration::new(this.faux.device(), c"part", 0, ());
            let _first = part()?;
            tell("a part", part());
            tell("a misc device", misc(&data));
            tell("a misc device with uevent", misc_with_uevent(&data));
            tell("a platform device", platform());
            tell("a faux device", faux());
        }
        Ok(this)
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        if module_parameters::late.get() {
            let (name, device) = (c"ferrite/late.bin", self.faux.device());
            tell("a file", Firmware::request_nowait(name, device, |_| ()));
        }
    }
}
