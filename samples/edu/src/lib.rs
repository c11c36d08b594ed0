// SPDX-License-Identifier: GPL-2.0-only

//! A driver for `edu`, QEMU's device for lessons.
//!
//! A number that is written to `/dev/edu` goes to the device, which computes its factorial (modulo
//! 2³²) and sends an interrupt; a read gives the last result. The device may go while files are
//! open: they get `ENODEV` from then on.

#![no_std]
#![forbid(unsafe_code)]

mod registers;

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};

use kernel::device::{Bound, Core};
use kernel::devres::Devres;
use kernel::driver::Registration;
use kernel::fs::{File, Kiocb};
use kernel::io::poll::read_poll_timeout;
use kernel::io::{Io, Register};
use kernel::iov::{IovIterDest, IovIterSource};
use kernel::irq::{self, Flags, Handler, IrqReturn};
use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use kernel::pci::{Adapter, Bar, Device, DeviceId, Driver, Enabled, IdTable, VectorTypes};
use kernel::prelude::*;
use kernel::str::{Formatter, parse_bytes};
use kernel::sync::{Arc, Completion, Mutex};
use kernel::time::{Delta, msecs_to_jiffies};
use kernel::{device, new_mutex, pci_device_table};

use crate::registers::{
    ACKNOWLEDGE, FACTORIAL, IDENTIFICATION, LIVENESS, PENDING, SIGNATURE, SIZE, STATUS,
};

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

/// What the driver, the handler and open files share. It may outlive the binding, so the device's
/// memory is taken away at its end.
#[pin_data]
struct Shared {
    memory: Devres<Bar<'static, SIZE>>,
    /// The last result. The lock is held while the device computes.
    #[pin]
    result: Mutex<u32>,
    #[pin]
    interrupted: Completion,
    is_gone: AtomicBool,
}

impl Shared {
    fn new(memory: Devres<Bar<'static, SIZE>>) -> Result<Arc<Self>> {
        let init = pin_init!(Self {
            memory,
            result <- new_mutex!(1),
            interrupted <- Completion::new(),
            is_gone: AtomicBool::new(false),
        });
        Arc::pin_init(init, GFP_KERNEL)
    }

    fn with<R>(&self, access: impl FnOnce(&Bar<'static, SIZE>) -> R) -> Result<R> {
        self.memory.try_access_with(access).ok_or(ENODEV)
    }

    /// What the device is doing; all ones is what nobody answers.
    fn status(&self) -> Result<STATUS> {
        let status = self.with(|io| io.read(STATUS))?;
        if status.into_word() == u32::MAX {
            return Err(ENODEV);
        }
        Ok(status)
    }

    fn factorial(&self, number: u32) -> Result {
        let mut result = self.result.lock();
        self.interrupted.reinit();
        // Looked at after `reinit`: who sets it completes afterwards.
        if self.is_gone.load(Ordering::SeqCst) {
            return Err(ENODEV);
        }
        self.status()?;
        self.with(|io| {
            io.write(STATUS, STATUS::zeroed().with_interrupt(true));
            io.write(FACTORIAL, FACTORIAL::zeroed().with_value(number));
        })?;
        let answer = self
            .interrupted
            .wait_for_completion_timeout(msecs_to_jiffies(10_000));
        if self.is_gone.load(Ordering::SeqCst) {
            return Err(ENODEV);
        }
        // A device that was pulled out does not answer either.
        self.status()?;
        answer?;
        let tick = Delta::from_micros(100);
        let idle = |status: &STATUS| !status.busy();
        read_poll_timeout(|| self.status(), idle, tick, Delta::from_secs(10))?;
        *result = self.with(|io| io.read(FACTORIAL))?.value();
        Ok(())
    }

    /// Ends what waits for the device.
    fn leave(&self) {
        self.is_gone.store(true, Ordering::SeqCst);
        self.interrupted.complete_all();
    }
}

/// What comes when the device has computed.
struct Interrupt(Arc<Shared>);

impl Handler for Interrupt {
    fn handle(&self, device: &device::Device<Bound>) -> IrqReturn {
        let Ok(io) = self.0.memory.access(device) else {
            return IrqReturn::None;
        };
        let pending = io.read(PENDING).into_word();
        if pending == 0 || pending == u32::MAX {
            return IrqReturn::None;
        }
        io.write(ACKNOWLEDGE, ACKNOWLEDGE::from_word(pending));
        self.0.interrupted.complete();
        IrqReturn::Handled
    }
}

struct Node;

#[vtable]
impl MiscDevice for Node {
    type Ptr = Arc<Shared>;
    type Data = Shared;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Arc<Shared>> {
        Ok(misc.data().to_arc())
    }

    fn read_iter(mut kiocb: Kiocb<'_, Arc<Shared>>, to: &mut IovIterDest<'_>) -> Result<usize> {
        let result = *kiocb.file().result.lock();
        let mut line = [0; 16];
        let mut text = Formatter::new(&mut line);
        write_text!(&mut text, "{}\n", result);
        let text = text.finish()?;
        to.simple_read_from_buffer(kiocb.ki_pos_mut(), text.as_bytes())
    }

    fn write_iter(kiocb: Kiocb<'_, Arc<Shared>>, from: &mut IovIterSource<'_>) -> Result<usize> {
        let mut number = [0; 16];
        let len = from.len();
        let number = number.get_mut(..len).ok_or(EINVAL)?;
        if from.copy_from_iter(number) != len {
            return Err(EFAULT);
        }
        kiocb.file().factorial(parse_bytes(number)?)?;
        Ok(len)
    }
}

/// What the driver keeps for a device. What is first goes first.
#[pin_data]
struct EduData<'bound> {
    #[pin]
    node: MiscDeviceRegistration<Node>,
    interrupt: irq::Registration<'bound, Interrupt>,
    shared: Arc<Shared>,
    _enabled: Enabled<'bound>,
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
        // Message interrupts are writes of the device's.
        enabled.set_master();
        let memory = device
            .map_bar(0, c"edu")
            .inspect_err(|error| dev_err!(device, "its memory cannot be used: {}", *error))?;
        identify(device, &memory)?;
        let shared = Shared::new(memory.into_devres()?)?;
        let types = VectorTypes::MSI | VectorTypes::INTX;
        let line = device.irq_vectors(1..=1, types)?.line(0)?;
        let handler = Interrupt(shared.clone());
        let interrupt = irq::Registration::new(line, Flags::SHARED, c"edu", handler)?;
        let options = MiscDeviceOptions {
            name: c"edu",
            mode: 0o600,
        };
        Ok(try_pin_init!(EduData {
            node <- MiscDeviceRegistration::register(options, shared.clone()),
            interrupt,
            shared,
            _enabled: enabled,
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

    fn shutdown<'bound>(_: &'bound Device<Core<'_>>, data: Pin<&EduData<'bound>>) {
        data.shared.leave();
        data.interrupt.synchronize();
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
