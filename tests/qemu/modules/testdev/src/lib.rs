// SPDX-License-Identifier: GPL-2.0-only

//! Accesses to QEMU's `pci-testdev`, which counts the writes to a place that it names.
//!
//! A device is bound if each write was counted once: of every width in its memory, of bytes among its
//! ports, where the place is odd. Of QEMU's `igb` nothing is asked but how many virtual functions it
//! could have.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::device::{Bound, Core};
use kernel::driver::Registration;
use kernel::io::{Bus, Io, Register, Word, register};
use kernel::pci::{Adapter, Bar, Device, DeviceId, Driver, Enabled, IdTable, PortBar};
use kernel::pci_device_table;
use kernel::prelude::*;

module! {
    type: Testdev,
    name: "testdev",
    authors: ["The Ferrite developers"],
    description: "Accesses to the memory and the ports of QEMU's pci-testdev",
    license: "GPL",
}

/// What is asked of a device.
enum Question {
    Writes,
    Functions,
}

pci_device_table! {
    static TESTDEVS: Question = [
        (DeviceId::new(0x1b36, 0x0005), Question::Writes),
        (DeviceId::new(0x8086, 0x10c9), Question::Functions),
    ];
}

register! {
    /// Which test it is: a write begins it.
    TEST(u8) @ 0 { 7:0 number; }
    /// Where its writes are counted: the device gives a byte at a time.
    PLACE(u8, ro)[4] @ 4 { 7:0 offset; }
    /// What its writes are: a byte, and others are not counted.
    DATA(u8, ro) @ 8 { 7:0 byte; }
    /// How many there were.
    COUNT(u8, ro)[4] @ 12 { 7:0 writes; }
}

fn place<I: Bus<u8>>(io: &I) -> usize {
    let bytes = [
        io.read(PLACE.at::<0>()).offset(),
        io.read(PLACE.at::<1>()).offset(),
        io.read(PLACE.at::<2>()).offset(),
        io.read(PLACE.at::<3>()).offset(),
    ];
    u32::from_le_bytes(bytes) as usize
}

fn count<I: Bus<u8>>(io: &I) -> u32 {
    u32::from_le_bytes([
        io.read(COUNT.at::<0>()).writes(),
        io.read(COUNT.at::<1>()).writes(),
        io.read(COUNT.at::<2>()).writes(),
        io.read(COUNT.at::<3>()).writes(),
    ])
}

/// Writes a word of this width to the place, and sees that it was counted. The device takes a word
/// byte by byte, and only the first is at the place.
fn write<W: Word + From<u8>, I: Bus<W> + Bus<u8>>(io: &I, place: usize, data: u8) -> Result {
    let before = count(io);
    io.store_raw(place, W::from(data))?;
    let counted = count(io).wrapping_sub(before);
    if counted == 1 { Ok(()) } else { Err(EIO) }
}

/// Runs the device's first test with words of every width that can go to its place. Returns how many writes were counted.
fn run<I: Bus<u8> + Bus<u16> + Bus<u32>>(io: &I) -> Result<u32> {
    io.write(TEST, TEST::zeroed());
    let (place, data) = (place(io), io.read(DATA).byte());
    // What it does not count.
    io.store_raw(place, !data)?;
    if count(io) != 0 {
        return Err(EIO);
    }
    for _ in 0..100 {
        write::<u8, I>(io, place, data)?;
        // The place may be odd, and these only go to aligned ones.
        if place.is_multiple_of(4) {
            write::<u16, I>(io, place, data)?;
            write::<u32, I>(io, place, data)?;
        }
    }
    Ok(count(io))
}

/// What is kept while the device is bound.
struct Data<'bound> {
    _memory: Bar<'bound, 0x800>,
    _ports: PortBar<'bound, 0x80>,
    _plain: Bar<'bound>,
    _enabled: Enabled<'bound>,
}

struct TestdevDriver;

#[vtable]
impl Driver for TestdevDriver {
    type IdInfo = Question;
    type Data<'bound> = Option<Data<'bound>>;
    const ID_TABLE: &'static IdTable<Question> = &TESTDEVS;

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        question: Option<&'static Question>,
    ) -> Result<impl PinInit<Option<Data<'bound>>, Error>> {
        let device: &'bound Device<Bound> = device;
        if let Some(Question::Functions) = question {
            let functions = device.total_virtual_functions();
            dev_info!(device, "{} virtual functions", functions);
            return Ok(Ok(None));
        }
        let enabled = device.enable()?;
        let memory: Bar<'_, 0x800> = device.map_bar(0, c"testdev")?;
        let ports: PortBar<'_, 0x80> = device.claim_ports(1, c"testdev")?;
        // Behind a BAR of 64 bits.
        let plain: Bar<'_> = device.map_bar(2, c"testdev")?;
        let counted = run(&*memory)
            .inspect_err(|error| dev_err!(device, "its memory does not count: {}", *error))?;
        dev_info!(device, "{} writes to its memory", counted);
        let counted = run(&*ports)
            .inspect_err(|error| dev_err!(device, "its ports do not count: {}", *error))?;
        dev_info!(device, "{} writes to its ports", counted);
        // Nothing is behind the last word, but it can be asked for; behind the end it cannot.
        let len = plain.len();
        plain.load_raw::<u32>(len.wrapping_sub(4))?;
        if plain.load_raw::<u32>(len).is_ok() {
            return Err(EIO);
        }
        dev_info!(device, "{} bytes behind its third BAR", len);
        Ok(Ok(Some(Data {
            _memory: memory,
            _ports: ports,
            _plain: plain,
            _enabled: enabled,
        })))
    }
}

struct Testdev {
    _driver: Pin<KBox<Registration<Adapter<TestdevDriver>>>>,
}

impl Module for Testdev {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _driver: KBox::pin_init(Registration::new(c"ferrite-testdev"), GFP_KERNEL)?,
        })
    }
}
