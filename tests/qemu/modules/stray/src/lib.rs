// SPDX-License-Identifier: GPL-2.0-only

//! A driver that has QEMU's `edu` go on with memory that is not mapped for it any more.
//!
//! It does so only if `go` is set: others load every module there is, where a device is and no IOMMU.
//! A device is bound if an IOMMU has stopped both a read and a write. The memory stays the driver's
//! in any case, so nothing is damaged where nobody stops it.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::device::{Bound, Core};
use kernel::dma::{DmaAddress, DmaMask, FromDevice, Mapping, ToDevice};
use kernel::driver::Registration;
use kernel::io::poll::read_poll_timeout;
use kernel::io::{Io, Register, register};
use kernel::pci::{Adapter, Bar, Device, DeviceId, Driver, Enabled, IdTable};
use kernel::pci_device_table;
use kernel::prelude::*;
use kernel::time::Delta;

module! {
    type: Stray,
    name: "stray",
    authors: ["The Ferrite developers"],
    description: "Has a device go on with memory that is not mapped any more",
    license: "GPL",
    params: {
        go: bool { default: false, permissions: 0, description: "Have devices go astray" },
    },
}

pci_device_table! {
    static EDUS: () = [(DeviceId::new(0x1234, 0x11e8), ())];
}

register! {
    SOURCE(u32) @ 0x80 { 31:0 address; }
    TARGET(u32) @ 0x88 { 31:0 address; }
    COUNT(u32) @ 0x90 { 31:0 bytes; }
    COMMAND(u32) @ 0x98 { 1 from_device; 0 run; }
}

/// The device's own memory.
const BUFFER: u32 = 0x4_0000;
const BYTES: usize = 64;

type Registers<'bound> = Bar<'bound, 0xa0>;

/// Moves bytes, and waits for the end of it.
fn transfer(io: &Registers<'_>, address: DmaAddress, from_device: bool) -> Result {
    let here = u32::try_from(address)?;
    let (source, target) = if from_device {
        (BUFFER, here)
    } else {
        (here, BUFFER)
    };
    io.write(SOURCE, SOURCE::zeroed().with_address(source));
    io.write(TARGET, TARGET::zeroed().with_address(target));
    io.write(COUNT, COUNT::zeroed().with_bytes(BYTES as u32));
    let command = COMMAND::zeroed().with_from_device(from_device);
    io.write(COMMAND, command.with_run(true));
    let (tick, limit) = (Delta::from_millis(1), Delta::from_secs(20));
    read_poll_timeout(
        || Ok(io.read(COMMAND)),
        |command| !command.run(),
        tick,
        limit,
    )?;
    Ok(())
}

fn buffer(byte: u8) -> Result<KVec<u8>> {
    KVec::from_elem(byte, BYTES, GFP_KERNEL)
}

/// What the device has in its memory, all of it the same.
fn device_has(device: &Device<Bound>, io: &Registers<'_>, byte: u8) -> Result<bool> {
    let mapping = Mapping::<_, FromDevice>::new(device.generic(), buffer(0)?)?;
    transfer(io, mapping.dma_address(), true)?;
    Ok(mapping.unmap().iter().all(|there| *there == byte))
}

fn stray(device: &Device<Bound>, io: &Registers<'_>) -> Result {
    let mapping = Mapping::<_, ToDevice>::new(device.generic(), buffer(0xaa)?)?;
    let address = mapping.dma_address();
    transfer(io, address, false)?;
    let mut mine = mapping.unmap();
    mine.iter_mut().for_each(|byte| *byte = 0x55);
    if !device_has(device, io, 0xaa)? {
        dev_err!(device, "a transfer has not come through");
        return Err(EIO);
    }
    // Here it goes astray. Nothing else has been mapped at this address meanwhile that is still.
    transfer(io, address, false)?;
    if device_has(device, io, 0x55)? {
        dev_err!(device, "it has read what is not mapped any more");
        return Err(EIO);
    }
    // And the other way.
    let mapping = Mapping::<_, FromDevice>::new(device.generic(), buffer(0x33)?)?;
    let address = mapping.dma_address();
    let mine = mapping.unmap();
    transfer(io, address, true)?;
    if mine.iter().any(|byte| *byte != 0x33) {
        dev_err!(device, "it has written to what is not mapped any more");
        return Err(EIO);
    }
    dev_info!(device, "it was stopped twice");
    Ok(())
}

/// What is kept while the device is bound.
struct Data<'bound> {
    _registers: Registers<'bound>,
    _enabled: Enabled<'bound>,
}

struct StrayDriver;

#[vtable]
impl Driver for StrayDriver {
    type IdInfo = ();
    type Data<'bound> = Data<'bound>;
    const ID_TABLE: &'static IdTable<()> = &EDUS;

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<Data<'bound>, Error>> {
        if !module_parameters::go.get() {
            return Err(ENODEV);
        }
        let device: &'bound Device<Bound> = device;
        let enabled = device.enable_mem()?;
        enabled.set_master();
        device
            .generic()
            .dma_set_mask_and_coherent(DmaMask::new::<28>())?;
        let registers: Registers<'_> = device.map_bar(0, c"stray")?;
        stray(device, &registers)?;
        Ok(Ok(Data {
            _registers: registers,
            _enabled: enabled,
        }))
    }
}

struct Stray {
    _driver: Pin<KBox<Registration<Adapter<StrayDriver>>>>,
}

impl Module for Stray {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _driver: KBox::pin_init(Registration::new(c"ferrite-stray"), GFP_KERNEL)?,
        })
    }
}
