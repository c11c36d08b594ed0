// SPDX-License-Identifier: GPL-2.0-only

//! A driver for `edu`, QEMU's device for lessons.
//!
//! A number that is written to `/dev/edu` goes to the device, which computes its factorial (modulo
//! 2³²) and sends an interrupt; a read gives the last result. What is written to `/dev/edu-memory`
//! is in the device's own 4096 bytes from then on: they go there and come back by DMA. The device
//! may go while files are open: they get `ENODEV` from then on.

#![no_std]
#![forbid(unsafe_code)]

mod nodes;
mod registers;
mod shared;

use core::pin::Pin;

use kernel::device::{Bound, Core};
use kernel::dma::DmaMask;
use kernel::driver::Registration;
use kernel::io::{Io, Register};
use kernel::irq::{self, Flags, Handler, IrqReturn};
use kernel::miscdevice::{MiscDeviceOptions, MiscDeviceRegistration};
use kernel::pci::{Adapter, Bar, Device, DeviceId, Driver, Enabled, IdTable, VectorTypes};
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::{device, pci_device_table};

use crate::nodes::{Memory, Numbers};
use crate::registers::{IDENTIFICATION, LIVENESS, SIGNATURE, SIZE};
use crate::shared::{Shared, Window};

module! {
    type: Edu,
    name: "edu",
    authors: ["The Ferrite developers"],
    description: "A driver for QEMU's device for lessons",
    license: "GPL",
}

pci_device_table! {
    static EDUS: () = [(DeviceId::new(0x1234, 0x11e8), ())];
}

/// What comes when the device has computed, or moved bytes.
struct Interrupt(Arc<Shared>);

impl Handler for Interrupt {
    fn handle(&self, device: &device::Device<Bound>) -> IrqReturn {
        let Ok(io) = self.0.memory.access(device) else {
            return IrqReturn::None;
        };
        if self.0.interrupt(io) {
            IrqReturn::Handled
        } else {
            IrqReturn::None
        }
    }
}

/// What the driver keeps for a device. What is first goes first.
#[pin_data]
struct EduData<'bound> {
    #[pin]
    numbers: MiscDeviceRegistration<Numbers>,
    #[pin]
    memory: MiscDeviceRegistration<Memory>,
    interrupt: irq::Registration<'bound, Interrupt>,
    /// Before the memory that the device writes to.
    _enabled: Enabled<'bound>,
    shared: Arc<Shared>,
}

/// That this is the device, and that it answers.
fn identify(device: &Device<Bound>, io: &Bar<'_, SIZE>) -> Result {
    let id = io.read(IDENTIFICATION);
    if id.signature() != SIGNATURE {
        dev_err!(device, "this is no edu: {:x}", id.into_word());
        return Err(ENODEV);
    }
    io.write(LIVENESS, LIVENESS::zeroed().with_value(0x1234_5678));
    let answer = io.read(LIVENESS).value();
    if answer != !0x1234_5678 {
        dev_err!(device, "it does not answer as it should: {:x}", answer);
        return Err(EIO);
    }
    dev_info!(device, "edu {}.{}", id.major(), id.minor());
    Ok(())
}

struct EduDriver;

#[vtable]
impl Driver for EduDriver {
    type IdInfo = ();
    type Data<'bound> = EduData<'bound>;
    const ID_TABLE: &'static IdTable<()> = &EDUS;

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<EduData<'bound>, Error>> {
        let device: &'bound Device<Bound> = device;
        let enabled = device.enable_mem()?;
        // Message interrupts are writes of the device's, too.
        enabled.set_master();
        let memory = device
            .map_bar(0, c"edu")
            .inspect_err(|error| dev_err!(device, "its memory cannot be used: {}", *error))?;
        identify(device, &memory)?;
        device
            .generic()
            .dma_set_mask_and_coherent(DmaMask::new::<28>())?;
        let window = Window::zeroed(device.generic(), GFP_KERNEL)?;
        let shared = Shared::new(memory, window)?;
        let types = VectorTypes::MSI | VectorTypes::INTX;
        let line = device.irq_vectors(1..=1, types)?.line(0)?;
        let handler = Interrupt(shared.clone());
        let interrupt = irq::Registration::new(line, Flags::SHARED, c"edu", handler)?;
        let node = |name| MiscDeviceOptions { name, mode: 0o600 };
        Ok(try_pin_init!(EduData {
            numbers <- MiscDeviceRegistration::register(node(c"edu"), shared.clone()),
            memory <- MiscDeviceRegistration::register(node(c"edu-memory"), shared.clone()),
            interrupt,
            _enabled: enabled,
            shared,
        }? Error))
    }

    fn unbind<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&EduData<'bound>>) {
        data.shared.leave();
        dev_info!(
            device,
            "line {} is given back",
            data.interrupt.line().number()
        );
    }

    fn shutdown<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&EduData<'bound>>) {
        data.shared.leave();
        data.interrupt.synchronize();
        dev_info!(device, "it is silent");
    }
}

struct Edu {
    _driver: Pin<KBox<Registration<Adapter<EduDriver>>>>,
}

impl Module for Edu {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _driver: KBox::pin_init(Registration::new(c"ferrite-edu"), GFP_KERNEL)?,
        })
    }
}
