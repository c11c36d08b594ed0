// SPDX-License-Identifier: GPL-2.0-only

//! A driver of the ring device, tools/ring-device: it has the device move data at depth when it is
//! bound, and believes nothing that the device says. With `load` the device goes on until it is
//! unbound: the thread of the interrupt handler fills the ring again each time.
//!
//! The device is described in Documentation/ring-device.md. Whatever goes wrong is an error of the
//! binding: `ENODEV` for a device that is not there or not any more, `ETIMEDOUT` for one that does
//! not come to an end or does not say so, `EIO` for one that says what cannot be, `EBADMSG` for data
//! that are not those that were wanted.

#![no_std]
#![forbid(unsafe_code)]

mod files;
mod in_place;
mod load;
mod pieces;
mod queue;
mod registers;

use core::pin::Pin;

use kernel::device::{Bound, Core};
use kernel::devres::Devres;
use kernel::dma::{Coherent, DmaMask, FromDevice, Mapping, ToDevice};
use kernel::driver::Registration;
use kernel::io::Io;
use kernel::irq::{Flags, IrqReturn, ThreadedHandler, ThreadedIrqReturn, ThreadedRegistration};
use kernel::pci::{self, Adapter, Bar, ChannelState, DeviceId, IdTable, Recovery, VectorTypes};
use kernel::prelude::*;
use kernel::sync::{Arc, Completion, Mutex};
use kernel::{device, new_mutex, pci_device_table};

use crate::files::{Files, Top};
use crate::load::Load;
use crate::queue::{BLOCK, DEPTH, Descriptor, Done, Queue};
use crate::registers::{EVENTS, SPAN};

module! {
    type: RingSample,
    name: "ring_sample",
    authors: ["The Ferrite developers"],
    description: "A driver of the ring device",
    license: "GPL",
    params: {
        rounds: u32 {
            default: 8, permissions: 0o644, description: "How often all descriptors are used when a device is bound",
        },
        timeout_ms: u32 {
            default: 20000, permissions: 0o644, description: "How long one round may take, in milliseconds",
        },
        address_bits: u32 {
            default: 64, permissions: 0o644, description: "How many bits of an address the device is taken to have",
        },
        msix: bool {
            default: true, permissions: 0o644, description: "Use MSI-X where there is both MSI and MSI-X",
        },
        pieces: bool {
            default: false, permissions: 0o644, description: "Have each block in a piece of memory of its own, from a pool",
        },
        in_place: bool {
            default: false, permissions: 0o644, description: "Have each block changed where it lies",
        },
        load: bool {
            default: false, permissions: 0o644, description: "Go on moving data for as long as a device is bound",
        },
    },
}

pci_device_table! {
    static RINGS: () = [(DeviceId::new(0x1af4, 0x10f0), ())];
}

/// What the driver and its interrupt handlers share. These may outlive the binding, so what is the
/// device's is taken away at its end.
#[pin_data]
pub(crate) struct Shared {
    pub(crate) registers: Devres<Bar<'static, SPAN>>,
    pub(crate) ring: Devres<Coherent<'static, [Descriptor; DEPTH]>>,
    pub(crate) done: Devres<Coherent<'static, [Done; DEPTH]>>,
    #[pin]
    pub(crate) heard: Completion,
    #[pin]
    pub(crate) load: Mutex<Option<Load>>,
}

impl Shared {
    fn new(device: &pci::Device<Bound>) -> Result<Arc<Self>> {
        let generic = device.generic();
        let registers: Bar<'_, SPAN> = device
            .map_bar(0, c"ferrite-ring")
            .inspect_err(|error| dev_err!(device, "its memory cannot be used: {}", *error))?;
        let ring = Coherent::<[Descriptor; DEPTH]>::zeroed(generic, GFP_KERNEL)?;
        let done = Coherent::<[Done; DEPTH]>::zeroed(generic, GFP_KERNEL)?;
        let (registers, ring, done) = (
            registers.into_devres()?,
            ring.into_devres()?,
            done.into_devres()?,
        );
        let init = pin_init!(Self {
            registers,
            ring,
            done,
            heard <- Completion::new(),
            load <- new_mutex!(None),
        });
        Arc::pin_init(init, GFP_KERNEL)
    }
}

struct Listener(Arc<Shared>);

impl ThreadedHandler for Listener {
    fn handle(&self, device: &device::Device<Bound>) -> ThreadedIrqReturn {
        let Ok(registers) = self.0.registers.access(device) else {
            return ThreadedIrqReturn::None;
        };
        let events = registers.read(EVENTS);
        // Somebody else's, on a line that is shared; and a device that is gone sends none.
        if !(events.completion() || events.error()) || registers::is_gone(events) {
            return ThreadedIrqReturn::None;
        }
        registers.clear(EVENTS, events);
        self.0.heard.complete();
        ThreadedIrqReturn::WakeThread
    }

    fn handle_threaded(&self, device: &device::Device<Bound>) -> IrqReturn {
        let queue = Queue {
            device,
            shared: &self.0,
        };
        queue.go_on();
        IrqReturn::Handled
    }
}

type Line<'bound> = ThreadedRegistration<'bound, Listener>;

/// What there is for a device. It goes in this order, and the memory that the device was told of last.
struct Ring<'bound> {
    device: &'bound pci::Device<Bound>,
    _files: Option<Files>,
    _lines: [Option<Line<'bound>>; 2],
    enabled: pci::Enabled<'bound>,
    shared: Arc<Shared>,
}

impl Ring<'_> {
    fn queue(&self) -> Queue<'_> {
        Queue {
            device: self.device.generic(),
            shared: &self.shared,
        }
    }

    fn stop(&self) {
        self.queue().stop(&self.enabled);
    }

    /// After a reset, or when the machine wakes up: the device has forgotten everything.
    fn begin_anew(&self) -> Result {
        // It was taken from a device that could not be stopped.
        self.enabled.set_master();
        let begun = self.queue().begin_anew();
        match begun {
            Ok(()) => dev_info!(self.device, "it begins anew"),
            Err(error) => {
                dev_err!(self.device, "it cannot begin anew: {}", error);
                self.stop();
            }
        }
        begun
    }
}

impl Drop for Ring<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}

struct RingDriver;

#[vtable]
impl pci::Driver for RingDriver {
    type IdInfo = ();
    type Data<'bound> = Ring<'bound>;
    const ID_TABLE: &'static IdTable<()> = &RINGS;

    fn probe<'bound>(
        device: &'bound pci::Device<Core<'_>>,
        _info: Option<&'static ()>,
    ) -> Result<impl PinInit<Ring<'bound>, Error>> {
        let core = device;
        let device: &'bound pci::Device<Bound> = device;
        let enabled = device.enable_mem()?;
        enabled.set_master();
        let generic = device.generic();
        let bits = module_parameters::address_bits.get();
        DmaMask::try_new(bits)
            .and_then(|mask| generic.dma_set_mask_and_coherent(mask))
            .inspect_err(|error| {
                dev_err!(device, "addresses of {} bits: {}", bits, *error);
            })?;
        let shared = Shared::new(device)?;
        let queue = Queue {
            device: generic,
            shared: &shared,
        };
        // So that it has nothing to say when somebody begins to listen.
        queue.reset().or_else(|error| reset_function(core, error))?;
        queue.identify()?;
        let ring = Ring {
            device,
            _files: Files::new(device, shared.clone()),
            _lines: listen(device, &shared)?,
            enabled,
            shared,
        };
        ring.queue().start()?;
        let rounds = if module_parameters::pieces.get() {
            pieces::move_data(device, &ring)?
        } else if module_parameters::in_place.get() {
            in_place::move_data(device, &ring)?
        } else {
            move_data(device, &ring)?
        };
        let bytes = u64::from(rounds).saturating_mul(SIZE as u64);
        dev_info!(device, "{} bytes moved, {} at once", bytes, DEPTH);
        if module_parameters::load.get() {
            ring.queue().set_out(rounds)?;
        }
        Ok(Ok(ring))
    }

    fn reset_prepare<'bound>(_: &'bound pci::Device<Core<'_>>, ring: Pin<&Ring<'bound>>) {
        ring.stop();
    }

    fn reset_done<'bound>(_: &'bound pci::Device<Core<'_>>, ring: Pin<&Ring<'bound>>) {
        // It was said, and nobody wants to know.
        let _ = ring.begin_anew();
    }

    /// Where the bus is frozen nothing answers, and the device loses the bus until it is reset.
    fn error_detected<'bound>(
        device: &'bound pci::Device<Core<'_>>,
        ring: Pin<&Ring<'bound>>,
        state: ChannelState,
    ) -> Recovery {
        dev_warn!(device, "the bus has had an error");
        ring.stop();
        match state {
            ChannelState::Normal | ChannelState::Frozen => Recovery::NeedReset,
            ChannelState::Dead => Recovery::Disconnect,
        }
    }

    /// Nothing begins before all devices of the bus have been reset.
    fn slot_reset<'bound>(
        device: &'bound pci::Device<Core<'_>>,
        ring: Pin<&Ring<'bound>>,
    ) -> Recovery {
        let queue = ring.queue();
        match queue.reset().and_then(|()| queue.identify()) {
            Ok(()) => {
                dev_info!(device, "it was reset");
                Recovery::Recovered
            }
            // It was said why.
            Err(_) => Recovery::Disconnect,
        }
    }

    fn error_resume<'bound>(_: &'bound pci::Device<Core<'_>>, ring: Pin<&Ring<'bound>>) {
        // It was said, and nobody wants to know.
        let _ = ring.begin_anew();
    }

    fn suspend<'bound>(_: &'bound pci::Device<Core<'_>>, ring: Pin<&Ring<'bound>>) -> Result {
        ring.stop();
        Ok(())
    }

    fn resume<'bound>(_: &'bound pci::Device<Core<'_>>, ring: Pin<&Ring<'bound>>) -> Result {
        ring.begin_anew()
    }
}

/// The bus's way to reset a device that does not come to the end of its own: nothing of it is in use.
fn reset_function(device: &pci::Device<Core<'_>>, error: Error) -> Result {
    if error != ETIMEDOUT {
        return Err(error);
    }
    let reset = device.reset_function();
    if let Err(reset) = reset {
        dev_err!(device, "its function cannot be reset: {}", reset);
        return Err(error);
    }
    dev_info!(device, "its function was reset instead");
    Ok(())
}

/// One line for completions and one for errors, or one for both.
fn listen<'bound>(
    device: &'bound pci::Device<Bound>,
    shared: &Arc<Shared>,
) -> Result<[Option<Line<'bound>>; 2]> {
    let types = if module_parameters::msix.get() {
        VectorTypes::ALL
    } else {
        VectorTypes::MSI | VectorTypes::INTX
    };
    let vectors = device.irq_vectors(1..=2, types)?;
    let line = |index| {
        let listener = Listener(shared.clone());
        Line::new(
            vectors.line(index)?,
            Flags::SHARED,
            c"ferrite-ring",
            listener,
        )
    };
    let errors = if vectors.count() > 1 {
        Some(line(1)?)
    } else {
        None
    };
    Ok([Some(line(0)?), errors])
}

/// How many bytes a full ring moves.
const SIZE: usize = DEPTH * BLOCK;

/// What is moved in a round.
fn make_noise(round: u32, bytes: &mut [u8]) {
    for (at, byte) in (0..SIZE).zip(bytes) {
        let noise = round.wrapping_add(at as u32).wrapping_mul(0x9e37_79b1);
        *byte = (noise >> 24) as u8;
    }
}

/// Fills the ring again and again, and looks at what comes out. Returns how often.
fn move_data(device: &pci::Device<Bound>, ring: &Ring<'_>) -> Result<u32> {
    let queue = ring.queue();
    let buffer = || KVec::from_elem(0_u8, SIZE, GFP_KERNEL);
    let mut source = Mapping::<_, ToDevice>::new(device.generic(), buffer()?)?;
    let mut target = Mapping::<_, FromDevice>::new(device.generic(), buffer()?)?;
    let mut round = 0_u32;
    // Asked each time, so that it can be told to come to an end.
    while round < module_parameters::rounds.get() {
        let mut filled = source.sync_for_cpu();
        make_noise(round, &mut filled);
        source = filled.sync_for_device();
        queue
            .round(round, source.dma_address(), target.dma_address())
            // The device may be anywhere, and the memory goes next.
            .inspect_err(|_| ring.stop())?;
        let (sent, got) = (source.sync_for_cpu(), target.sync_for_cpu());
        queue
            .compare(round, &sent, &got)
            .inspect_err(|_| ring.stop())?;
        round = round.wrapping_add(1);
        (source, target) = (sent.sync_for_device(), got.sync_for_device());
    }
    Ok(round)
}

/// The driver goes first.
struct RingSample {
    _driver: Pin<KBox<Registration<Adapter<RingDriver>>>>,
    _top: Top,
}

impl Module for RingSample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // Before it, a device has no place for its files.
        let top = Top::new()?;
        let driver = KBox::pin_init(Registration::new(c"ferrite-ring"), GFP_KERNEL)?;
        Ok(Self {
            _driver: driver,
            _top: top,
        })
    }
}
