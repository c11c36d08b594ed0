// SPDX-License-Identifier: GPL-2.0-only

//! Memory that a device shares, mappings and interrupts, each many times over, to be counted.
//! `twin.c` does the same in C.
//!
//! A number that is written to `bench_dma/run` in debugfs says which. The interrupt is QEMU's
//! `edu`'s, which sends one when it is asked to; the mappings are for a device that is not there.

#![no_std]
#![forbid(unsafe_code)]

use core::hint::black_box;
use core::pin::Pin;

use kernel::attribute::Input;
use kernel::debugfs::Scope;
use kernel::device::{self, Bound, Core};
use kernel::devres::Devres;
use kernel::dma::{Coherent, DmaMask, Mapping, SGTable, ToDevice};
use kernel::driver::Registration;
use kernel::io::{Io as _, Register as _, register};
use kernel::irq::{self, Flags, Handler, IrqReturn};
use kernel::page::PAGE_SIZE;
use kernel::pci::{Adapter, Bar, Device, DeviceId, Driver, Enabled, IdTable, VectorTypes};
use kernel::prelude::*;
use kernel::sync::barrier::{dma_rmb, dma_wmb};
use kernel::sync::{Arc, Completion, Mutex};
use kernel::{dma_project, dma_read, dma_write, faux, new_mutex, pci_device_table};
use zerocopy::{FromBytes, IntoBytes};

module! {
    type: Bench,
    name: "bench_dma",
    authors: ["The Ferrite developers"],
    description: "Memory that a device shares, mappings and interrupts, to be counted",
    license: "GPL",
}

register! {
    PENDING(u32, ro) @ 0x24 { 31:0 reasons; }
    RAISE(u32, wo) @ 0x60 { 31:0 reasons; }
    ACKNOWLEDGE(u32, wo) @ 0x64 { 31:0 reasons; }
}

/// How much of the device's memory there has to be.
const SIZE: usize = 0x80;

/// How often each is done for each number.
const ACCESSES: u32 = 50_000;
const MAPPINGS: u32 = 2_000;
const TABLES: u32 = 500;
const LONG_TABLES: u32 = 100;
const INTERRUPTS: u32 = 500;

const SLOTS: usize = 64;
/// The slot is the other side's.
const OWNED: u32 = 1 << 31;

#[derive(FromBytes, IntoBytes)]
#[repr(C)]
struct Descriptor {
    address: u64,
    len: u32,
    flags: u32,
}

#[derive(FromBytes, IntoBytes)]
#[repr(C)]
struct Ring {
    head: u32,
    tail: u32,
    slots: [Descriptor; SLOTS],
}

/// How many accesses are made in a row, so that what the loop itself costs, which is the
/// compiler's, does not count. `twin.c` has the same.
const ROW: u32 = 4;

/// A field is written, and another is read.
fn coherent(ring: &Coherent<'_, Ring>) -> u32 {
    let mut sum = 0_u32;
    for row in 0..ACCESSES / ROW {
        for index in 0..ROW {
            dma_write!(ring, .tail, row.wrapping_add(index));
            sum = sum.wrapping_add(dma_read!(ring, .head));
        }
    }
    sum
}

fn produce(ring: &Coherent<'_, Ring>, number: u32) -> Result {
    let slot = dma_project!(ring, .slots[number as usize % SLOTS]?);
    dma_write!(slot, .address, u64::from(number) << 12);
    dma_write!(slot, .len, number);
    dma_wmb();
    dma_write!(slot, .flags, OWNED);
    dma_write!(ring, .tail, number.wrapping_add(1));
    Ok(())
}

fn consume(ring: &Coherent<'_, Ring>, number: u32) -> Result<u32> {
    let slot = dma_project!(ring, .slots[number as usize % SLOTS]?);
    if dma_read!(slot, .flags) & OWNED == 0 {
        return Err(EAGAIN);
    }
    dma_rmb();
    let len = dma_read!(slot, .len);
    dma_write!(slot, .flags, 0);
    dma_write!(ring, .head, number.wrapping_add(1));
    Ok(len)
}

/// A descriptor is put into the ring, and taken out.
fn ring(ring: &Coherent<'_, Ring>) -> Result<u32> {
    let mut sum = 0_u32;
    for number in 0..ACCESSES {
        produce(ring, number)?;
        sum = sum.wrapping_add(consume(ring, number)?);
    }
    Ok(sum)
}

/// What is mapped. It is filled once, by a run that is not counted.
#[derive(Default)]
struct Buffers {
    page: Option<KVec<u8>>,
    pages: Option<VVec<u8>>,
}

impl Buffers {
    fn stream(&mut self, device: &device::Device<Bound>) -> Result<u32> {
        let mut buffer = match self.page.take() {
            Some(buffer) => buffer,
            None => KVec::from_elem(0_u8, PAGE_SIZE, GFP_KERNEL)?,
        };
        let mut sum = 0_u32;
        for _ in 0..MAPPINGS {
            let mapping = Mapping::<_, ToDevice>::new(device, buffer)?;
            sum = sum.wrapping_add(mapping.dma_address() as u32);
            buffer = mapping.unmap();
        }
        self.page = Some(buffer);
        Ok(sum)
    }

    /// Memory that lies anywhere is mapped, and the device told of each piece.
    fn scatter(&mut self, device: &device::Device<Bound>, pages: usize, count: u32) -> Result<u32> {
        let bytes = pages.saturating_mul(PAGE_SIZE);
        let mut buffer = match self.pages.take().filter(|pages| pages.len() == bytes) {
            Some(buffer) => buffer,
            None => VVec::from_elem(0_u8, bytes, GFP_KERNEL)?,
        };
        let mut sum = 0_u32;
        for _ in 0..count {
            let table = SGTable::<_, ToDevice>::new(device, buffer, GFP_KERNEL)?;
            for entry in &table {
                sum = sum
                    .wrapping_add(entry.dma_address() as u32)
                    .wrapping_add(entry.dma_len());
            }
            buffer = table.unmap();
        }
        self.pages = Some(buffer);
        Ok(sum)
    }
}

/// What the handler and who waits for it share.
#[pin_data]
struct Shared {
    memory: Devres<Bar<'static, SIZE>>,
    #[pin]
    interrupted: Completion,
}

struct Interrupt(Arc<Shared>);

impl Handler for Interrupt {
    fn handle(&self, device: &device::Device<Bound>) -> IrqReturn {
        let Ok(io) = self.0.memory.access(device) else {
            return IrqReturn::None;
        };
        let pending = io.read(PENDING).into_word();
        if pending == 0 {
            return IrqReturn::None;
        }
        io.write(ACKNOWLEDGE, ACKNOWLEDGE::from_word(pending));
        self.0.interrupted.complete();
        IrqReturn::Handled
    }
}

/// What the files of the directory are about.
#[pin_data]
struct Operations {
    shared: Arc<Shared>,
    device: faux::Registration,
    #[pin]
    buffers: Mutex<Buffers>,
}

impl Operations {
    fn interrupt(&self) -> Result<u32> {
        // It sleeps meanwhile.
        let io = self.shared.memory.try_hold().ok_or(ENXIO)?;
        let interrupted = &self.shared.interrupted;
        for _ in 0..INTERRUPTS {
            io.write(RAISE, RAISE::zeroed().with_reasons(1));
            interrupted.wait_for_completion();
        }
        Ok(0)
    }

    fn run(&self, input: Input<'_>) -> Result {
        let device = self.device.device();
        let memory = || Coherent::<Ring>::zeroed(device, GFP_KERNEL);
        let sum = match input.parse::<u8>()? {
            0 => coherent(&memory()?),
            1 => ring(&memory()?)?,
            2 => self.buffers.lock().stream(device)?,
            3 => self.buffers.lock().scatter(device, 1, TABLES)?,
            4 => self.buffers.lock().scatter(device, 16, TABLES)?,
            5 => self.buffers.lock().scatter(device, 256, LONG_TABLES)?,
            6 => self.interrupt()?,
            _ => return Err(EINVAL),
        };
        // No access is for nothing.
        black_box(sum);
        Ok(())
    }
}

pci_device_table! {
    static DEVICES: () = [(DeviceId::new(0x1234, 0x11e8), ())];
}

/// What there is while the device is bound. What is first goes first.
struct Data<'bound> {
    _files: Pin<KBox<Scope<Operations>>>,
    _interrupt: irq::Registration<'bound, Interrupt>,
    _enabled: Enabled<'bound>,
}

struct BenchDriver;

#[vtable]
impl Driver for BenchDriver {
    type IdInfo = ();
    type Data<'bound> = Data<'bound>;
    const ID_TABLE: &'static IdTable<()> = &DEVICES;

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        _info: Option<&'static ()>,
    ) -> Result<impl PinInit<Data<'bound>, Error>> {
        let device: &'bound Device<Bound> = device;
        let enabled = device.enable_mem()?;
        // Message interrupts are writes of the device's.
        enabled.set_master();
        let memory = device.map_bar(0, c"bench_dma")?.into_devres()?;
        let init = pin_init!(Shared {
            memory,
            interrupted <- Completion::new(),
        });
        let shared = Arc::pin_init(init, GFP_KERNEL)?;
        let line = device.irq_vectors(1..=1, VectorTypes::MSI)?.line(0)?;
        let handler = Interrupt(shared.clone());
        let interrupt = irq::Registration::new(line, Flags::NONE, c"bench_dma", handler)?;
        let nobody = faux::Registration::new(c"bench_dma", None)?;
        nobody
            .device()
            .dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
        // Each page is a piece: which of them lie side by side is chance. Where such a device keeps no
        // limit, the pages of the memory join.
        match nobody.device().dma_set_max_seg_size(PAGE_SIZE as u32) {
            Ok(()) | Err(EIO) => {}
            Err(error) => return Err(error),
        }
        let operations = pin_init!(Operations {
            shared,
            device: nobody,
            buffers <- new_mutex!(Buffers::default()),
        });
        let files = Scope::new(c"bench_dma", operations, |operations, dir| {
            dir.write_only_callback_file(c"run", operations, Operations::run)
        });
        Ok(Ok(Data {
            _files: KBox::pin_init(files, GFP_KERNEL)?,
            _interrupt: interrupt,
            _enabled: enabled,
        }))
    }
}

struct Bench {
    _registration: Pin<KBox<Registration<Adapter<BenchDriver>>>>,
}

impl Module for Bench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let registration = Registration::new(c"bench_dma");
        Ok(Self {
            _registration: KBox::pin_init(registration, GFP_KERNEL)?,
        })
    }
}
