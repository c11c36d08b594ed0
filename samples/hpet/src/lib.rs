// SPDX-License-Identifier: GPL-2.0-only

//! A driver of the HPET, a clock that PCs have: a platform device that firmware tells of.
//!
//! Nothing is matched by its name: user space gives the device to the driver (`driver_override` in
//! sysfs). The driver maps the clock's memory, says what the clock can do, and has a file in the device's
//! directory, `counter`, for where it is (its lower 32 bits). The kernel uses the clock as well, so nothing
//! is written to it, but for saying that an interrupt has come: if firmware gives it a line.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::attribute::Output;
use kernel::device::{self, Bound, Core};
use kernel::devres::Devres;
use kernel::driver;
use kernel::io::{Io, IoMem, Register, ResourceKind, register};
use kernel::irq::{self, Flags, Handler, IrqReturn};
use kernel::platform::{Adapter, Device, Driver, IdTable};
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::sysfs::DeviceFiles;

module! {
    type: HpetSample,
    name: "hpet_sample",
    authors: ["The Ferrite developers"],
    description: "A driver of the HPET, as a platform device",
    license: "GPL",
}

/// How much of the memory the driver uses.
const SIZE: usize = 0xf4;

register! {
    /// What the clock can do.
    CAPABILITIES(u32, ro) @ 0x00 {
        31:16 vendor;
        /// The number of the last timer.
        12:8 last;
        7:0 revision;
    }
    /// How many femtoseconds a tick takes.
    PERIOD(u32, ro) @ 0x04 { 31:0 femtoseconds; }
    /// Which timers have sent an interrupt.
    STATUS(u32, w1c) @ 0x20 { 31:0 timers; }
    /// Where it is.
    COUNTER(u32, ro) @ 0xf0 { 31:0 ticks; }
}

/// The clock's memory, which goes with the binding: a handler may outlive that.
struct Clock(Devres<IoMem<'static, SIZE>>);

impl Clock {
    fn show(this: &Arc<Self>, page: &mut Output<'_>) -> Result {
        let counter = this.0.try_access_with(|io| io.read(COUNTER));
        page.integer(counter.ok_or(ENODEV)?.ticks()).text("\n");
        Ok(())
    }
}

struct Interrupt(Arc<Clock>);

impl Handler for Interrupt {
    fn handle(&self, device: &device::Device<Bound>) -> IrqReturn {
        let Ok(io) = self.0.0.access(device) else {
            return IrqReturn::None;
        };
        let sent = io.read(STATUS);
        if sent.into_word() == 0 {
            return IrqReturn::None;
        }
        io.clear(STATUS, sent);
        IrqReturn::Handled
    }
}

/// What the driver keeps for a clock.
struct Hpet<'bound> {
    _counter: DeviceFiles<Arc<Clock>>,
    _interrupt: Option<irq::Registration<'bound, Interrupt>>,
}

struct HpetDriver;

impl Driver for HpetDriver {
    type IdInfo = ();
    type Data<'bound> = Hpet<'bound>;
    const ID_TABLE: Option<&'static IdTable<()>> = None;

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<Hpet<'bound>, Error>> {
        let device: &'bound Device<Bound> = device;
        let memory: IoMem<'_, SIZE> = device
            .iomap_by_index(0, c"hpet_sample")
            .inspect_err(|error| dev_err!(device, "its memory cannot be used: {}", *error))?;
        let place = device.resource_by_index(ResourceKind::Memory, 0);
        let what = memory.read(CAPABILITIES);
        dev_info!(
            device,
            "at {:x}: {} timers of vendor {:x}, a tick takes {} fs",
            place.ok_or(ENODEV)?.start,
            u32::from(what.last()).saturating_add(1),
            what.vendor(),
            memory.read(PERIOD).femtoseconds()
        );
        let clock = Arc::new(Clock(memory.into_devres()?), GFP_KERNEL)?;
        let interrupt = match device.optional_irq_by_index(0)? {
            Some(line) => {
                let handler = Interrupt(clock.clone());
                let listening =
                    irq::Registration::new(line, Flags::SHARED, c"hpet_sample", handler)?;
                Some(listening)
            }
            None => {
                dev_info!(device, "it has no line");
                None
            }
        };
        let counter = DeviceFiles::new(device.generic(), None, clock, |clock, files| {
            files.read_callback_file(c"counter", clock, Clock::show)
        })?;
        Ok(Ok(Hpet {
            _counter: counter,
            _interrupt: interrupt,
        }))
    }
}

struct HpetSample {
    _driver: Pin<KBox<driver::Registration<Adapter<HpetDriver>>>>,
}

impl Module for HpetSample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let driver = driver::Registration::new(c"ferrite-hpet");
        Ok(Self {
            _driver: KBox::pin_init(driver, GFP_KERNEL)?,
        })
    }
}
