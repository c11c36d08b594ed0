// SPDX-License-Identifier: GPL-2.0-only

//! nova: a driver for NVIDIA's GPUs that have a GSP, from Turing on.
//!
//! The way of a card through the driver is a list of steps, each with a name ([`boot::Step`]): the
//! log says which one failed, debugfs how long each took. The layers, from the bottom:
//!
//! - [`registers`]: what is where, and nothing else;
//! - [`falcon`]: the card's small processors, and how each family's are loaded;
//! - [`fb`]: the card's memory; [`vbios`]: its ROM; [`firmware`]: files;
//! - [`wpr`]: the protected part of the memory, and the programs that set it up and take it away;
//! - [`gsp`]: the processor that does nearly everything: how it is started, told, asked and ended;
//! - [`gpu`]: what a card is, and the steps in their order;
//! - [`report`]: what people can look at; [`wait`]: how often the card is looked at.
//!
//! What the card says is a claim of the card's: no value of a register or of the ROM is computed
//! with unchecked. Everything that was written to the card is taken back when it is unbound, and when
//! a step fails: each change is a value, whose end undoes it.
//!
//! The module has no aliases. Nothing loads it but who asks for it by name, and then it takes those
//! cards that nobody else uses: Documentation/gpu/nova/card.md.

#![no_std]
#![forbid(unsafe_code)]

mod boot;
mod falcon;
mod fb;
mod firmware;
mod gpu;
mod gsp;
mod registers;
mod report;
mod vbios;
mod wait;
mod wpr;

use core::pin::Pin;

use kernel::device::{Bound, Core};
use kernel::device_id::RawIdTable;
use kernel::devres::Held;
use kernel::driver::Registration;
use kernel::pci::{
    Adapter, Bar, Claim, Device, DeviceId, Driver, Enabled, IdTable, Resource, ResourceKind,
};
use kernel::prelude::*;
use kernel::sync::Arc;

use crate::boot::{Boot, Fault, Step};
use crate::gpu::Gpu;
use crate::registers::{BAR, Bar0, SIZE};
use crate::report::Files;

module! {
    type: Nova,
    name: "nova",
    authors: ["The Ferrite developers"],
    description: "A driver for NVIDIA's GPUs that have a GSP",
    license: "GPL",
}

const NVIDIA: u32 = 0x10de;
/// A display controller that a VGA monitor can be on, and one of another kind.
const CLASSES: [u32; 2] = [0x03_0000, 0x03_0200];
/// Class and subclass.
const CLASS_MASK: u32 = 0xff_ff00;

/// Not by `pci_device_table!`, which would make aliases of it: by these udev would load the module
/// wherever there is such a card.
static IDS: RawIdTable<DeviceId, 2> = RawIdTable::new([
    DeviceId::new(NVIDIA, DeviceId::ANY).with_class(CLASSES[0], CLASS_MASK),
    DeviceId::new(NVIDIA, DeviceId::ANY).with_class(CLASSES[1], CLASS_MASK),
]);
static CARDS: IdTable<()> = IdTable::new(&IDS, &[(), ()]);

/// What is kept for a card. What is first goes first.
struct NovaData<'bound> {
    _files: Option<Files>,
    _gpu: Gpu<'bound>,
    _others: Others<'bound>,
    _enabled: Arc<Enabled<'bound>>,
}

/// The card's memory but for the registers, which is claimed so that nobody else has it: neither a
/// frame buffer of the firmware's nor a driver of another kind.
struct Others<'bound>([Option<Claim<'bound>>; 5]);

impl<'bound> Others<'bound> {
    fn new(device: &'bound Device<Bound>) -> Result<Self, Fault> {
        let mut claims = [const { None }; 5];
        for (bar, claim) in (1..=5).zip(&mut claims) {
            let is_memory = |it: Resource| it.kind == ResourceKind::Memory;
            if device.resource(bar).is_some_and(is_memory) {
                *claim = Some(device.claim_bar(bar, c"nova").map_err(Fault::in_use)?);
            }
        }
        Ok(Self(claims))
    }

    fn count(&self) -> usize {
        self.0.iter().flatten().count()
    }
}

struct NovaDriver;

#[vtable]
impl Driver for NovaDriver {
    type IdInfo = ();
    type Data<'bound> = NovaData<'bound>;
    const ID_TABLE: &'static IdTable<()> = &CARDS;

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<NovaData<'bound>, Error>> {
        let device: &'bound Device<Bound> = device;
        let mut boot = Boot::new(device);
        let (others, enabled, bar) = boot.step(Step::Claim, || {
            if device.has_text_console() {
                return Err(Fault::Text("a console in text mode is on the card", EBUSY));
            }
            let others = Others::new(device)?;
            let enabled = Arc::new(device.enable_mem()?, GFP_KERNEL)?;
            let bar: Bar<'bound, SIZE> = device.map_bar(BAR, c"nova").map_err(Fault::in_use)?;
            let bar = Arc::new(bar.into_devres()?, GFP_KERNEL)?;
            let bar: Bar0<'bound> = Held::new(bar, device.generic())?;
            Ok((others, enabled, bar))
        })?;
        dev_dbg!(device, "{} further BARs are ours", others.count());
        let (gpu, report) = Gpu::new(device, &enabled, bar, boot)?;
        Ok(Ok(NovaData {
            _files: Files::new(device, report),
            _gpu: gpu,
            _others: others,
            _enabled: enabled,
        }))
    }
}

struct Nova {
    _driver: Pin<KBox<Registration<Adapter<NovaDriver>>>>,
    _top: report::Top,
}

impl Module for Nova {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let top = report::Top::new()?;
        Ok(Self {
            _driver: KBox::pin_init(Registration::new(c"nova"), GFP_KERNEL)?,
            _top: top,
        })
    }
}
