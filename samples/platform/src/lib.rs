// SPDX-License-Identifier: GPL-2.0-only

//! A platform device and its driver: a dial, whose scale comes from a file.
//!
//! The module brings two dials into the system, which firmware tables would do for real ones. The
//! driver reads up to 64 bytes of scale from `ferrite/dial.bin`, does without if there is no such
//! file, and refuses the device if it cannot use it. It tells user space by an event what it has
//! found, and has the dial turned by the file `position` of the device.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::attribute::{Input, Output};
use kernel::device::{Action, Bound, Core};
use kernel::devres::{self, Devres};
use kernel::driver::Registration;
use kernel::firmware::Firmware;
use kernel::platform::{Adapter, Device, DeviceId, DeviceRegistration, Driver, Id, IdTable};
use kernel::platform_device_table;
use kernel::prelude::*;
use kernel::sync::ARef;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sysfs::DeviceFiles;

module! {
    type: PlatformSample,
    name: "platform_sample",
    authors: ["The Ferrite developers"],
    description: "A platform device and its driver",
    license: "GPL",
    firmware: ["ferrite/dial.bin", "ferrite/face.bin"],
}

/// What differs between the kinds of dials.
struct Kind {
    ticks: u32,
}

platform_device_table! {
    static DIALS: Kind = [
        (DeviceId::new(c"ferrite-dial"), Kind { ticks: 10 }),
        (DeviceId::new(c"ferrite-fine-dial"), Kind { ticks: 1000 }),
    ];
}

/// What the file says; nothing without one.
struct Scale {
    bytes: [u8; 64],
    len: usize,
}

impl Scale {
    fn read(device: &Device) -> Result<Self> {
        let mut scale = Self {
            bytes: [0; 64],
            len: 0,
        };
        let name = c"ferrite/dial.bin";
        match Firmware::request_into_buf(name, device.generic(), &mut scale.bytes) {
            Ok(len) => scale.len = len,
            Err(ENOENT) => {}
            Err(error) => return Err(error),
        }
        Ok(scale)
    }

    /// The marks on it: one for each byte that is not zero.
    fn marks(&self) -> usize {
        let used = self.bytes.iter().take(self.len);
        used.fold(0, |marks, byte| marks.wrapping_add(usize::from(*byte != 0)))
    }
}

/// Where the dial points to, for user space.
struct Hand {
    ticks: u32,
    position: Atomic<u32>,
}

impl Hand {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.integer(self.position.load(Relaxed)).text("\n");
        Ok(())
    }

    /// `EDOM` for what is beyond the last tick.
    fn turn(&self, input: Input<'_>) -> Result {
        let position = input.parse()?;
        if position >= self.ticks {
            return Err(EDOM);
        }
        self.position.store(position, Relaxed);
        Ok(())
    }
}

/// What the driver keeps for a dial.
struct Dial<'bound> {
    device: &'bound Device<Bound>,
    _hand: DeviceFiles<Hand>,
    ticks: u32,
    scale: Devres<Scale>,
}

impl Drop for Dial<'_> {
    fn drop(&mut self) {
        dev_info!(self.device, "the data go");
    }
}

/// The picture on the dial, of any size. Nobody waits for it, and it is not kept; it may come when the
/// device is unbound already.
fn show_face(device: &Device) -> Result {
    let dial: ARef<Device> = device.into();
    Firmware::request_nowait(
        c"ferrite/face.bin",
        device.generic(),
        move |face| match face {
            Some(face) => dev_info!(dial, "a face of {} bytes", face.data().len()),
            None => dev_info!(dial, "no face"),
        },
    )
}

struct DialDriver;

impl Driver for DialDriver {
    type IdInfo = Kind;
    type Data<'bound> = Dial<'bound>;
    const ID_TABLE: Option<&'static IdTable<Kind>> = Some(&DIALS);

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        kind: Option<&'static Kind>,
    ) -> Result<impl PinInit<Dial<'bound>, Error>> {
        let device: &'bound Device<Bound> = device;
        let kind = kind.ok_or(ENODEV)?;
        let scale = Scale::read(device)
            .inspect_err(|error| dev_err!(device, "the scale cannot be used: {}", *error))?;
        let marks = scale.marks();
        show_face(device)?;
        devres::on_unbind(device.generic(), || pr_info!("what is managed goes"))?;
        let scale = Devres::new(device.generic(), scale)?;
        let hand = Hand {
            ticks: kind.ticks,
            position: Atomic::new(0),
        };
        let hand = DeviceFiles::new(device.generic(), None, hand, |hand, files| {
            files.read_write_callback_file(c"position", hand, Hand::show, Hand::turn)
        })?;
        dev_info!(device, "{} ticks, {} marks", kind.ticks, marks);
        let found: &[_] = if marks > 0 {
            &[c"SCALE=file"]
        } else {
            &[c"SCALE=none"]
        };
        device.generic().uevent(Action::Change, found)?;
        Ok(Ok(Dial {
            device,
            _hand: hand,
            ticks: kind.ticks,
            scale,
        }))
    }

    fn unbind<'bound>(device: &'bound Device<Core<'_>>, dial: Pin<&Dial<'bound>>) {
        match dial.scale.access(device.generic()) {
            Ok(scale) => dev_info!(
                device,
                "unbound: {} ticks, {} marks",
                dial.ticks,
                scale.marks()
            ),
            Err(error) => dev_err!(device, "the scale went before the dial: {}", error),
        }
    }
}

/// The devices go before the driver.
struct PlatformSample {
    _dial: DeviceRegistration,
    _fine: DeviceRegistration,
    _driver: Pin<KBox<Registration<Adapter<DialDriver>>>>,
}

impl Module for PlatformSample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let driver = KBox::pin_init(Registration::new(c"ferrite-dial"), GFP_KERNEL)?;
        Ok(Self {
            _dial: DeviceRegistration::new(c"ferrite-dial", Id::None, None)?,
            _fine: DeviceRegistration::new(c"ferrite-fine-dial", Id::Number(2), None)?,
            _driver: driver,
        })
    }
}
