// SPDX-License-Identifier: GPL-2.0-only

//! Accesses to registers, each [`COUNT`] times over, to be counted. `twin.c` does the same in C.
//!
//! A number that is written to `bench_io/run` in debugfs says which. The device is QEMU's
//! `pci-testdev`, whose second memory keeps what is written, and costs the emulator little.

#![no_std]
#![forbid(unsafe_code)]

use core::cell::Cell;
use core::hint::black_box;
use core::pin::Pin;

use kernel::attribute::Input;
use kernel::debugfs::Scope;
use kernel::device::{Bound, Core};
use kernel::devres::Devres;
use kernel::driver::Registration;
use kernel::io::poll::read_poll_timeout_atomic;
use kernel::io::{Halves, Io as _, Mmio, Register as _, register};
use kernel::pci::{Adapter, Bar, Device, DeviceId, Driver, Enabled, IdTable};
use kernel::pci_device_table;
use kernel::prelude::*;
use kernel::time::Delta;

module! {
    type: Bench,
    name: "bench_io",
    authors: ["The Ferrite developers"],
    description: "Accesses to registers, to be counted",
    license: "GPL",
}

register! {
    STATUS(u32) @ 0x100 {
        31 busy;
        17:16 mode;
        15:8 level;
        7:0 count;
    }
    TABLE(u32)[8] @ 0x140 {}
    WIDE(u64) @ 0x180 {}
}

/// How often an access is made for each number: so often that the write that begins them does not count.
const COUNT: u32 = 500_000;

/// What a field is set to.
const LEVEL: u8 = 0x5a;

/// How often a poll asks.
const POLLS: u32 = 100;

/// How much there has to be.
const SIZE: usize = 0x200;

type Memory<'a> = Mmio<'a, SIZE>;

/// How many accesses are made in a row, so that what the loop itself costs, which is the
/// compiler's, does not count. `twin.c` has the same.
const ROW: u32 = 4;

fn sum(access: impl Fn(u32) -> u32) -> u32 {
    let mut sum = 0_u32;
    for row in 0..COUNT / ROW {
        for index in 0..ROW {
            sum = sum.wrapping_add(access(row.wrapping_add(index)));
        }
    }
    sum
}

fn read(io: &Memory<'_>) -> u32 {
    sum(|_| io.read(STATUS).into_word())
}

fn write(io: &Memory<'_>) -> u32 {
    sum(|value| {
        io.write(STATUS, STATUS::from_word(value));
        0
    })
}

fn field(io: &Memory<'_>) -> u32 {
    sum(|_| u32::from(io.read(STATUS).level()))
}

fn update(io: &Memory<'_>) -> u32 {
    // The compiler is not to know it; how it would count one up is not what this is about.
    let level = black_box(LEVEL);
    sum(|_| {
        io.update(STATUS, |status| status.with_level(level));
        0
    })
}

fn array(io: &Memory<'_>) -> u32 {
    sum(|index| {
        let element = TABLE.get(index as usize % 8);
        element.map_or(0, |at| io.read(at).into_word())
    })
}

fn poll(io: &Memory<'_>) -> u32 {
    // The compiler is not to know that a poll ends before its time is over.
    let most = black_box(POLLS);
    let mut sum = 0_u32;
    let mut left = COUNT / POLLS;
    // Counted down, which is what C's compiler makes of the loop in the twin.
    while left != 0 {
        let asked = Cell::new(0_u32);
        let done = read_poll_timeout_atomic(
            || {
                asked.set(asked.get().wrapping_add(1));
                Ok(io.read(STATUS))
            },
            |status| asked.get() == most || status.busy(),
            Delta::ZERO,
            Delta::from_secs(1),
        );
        sum = sum.wrapping_add(done.map_or(1, |status| status.into_word()));
        left = left.wrapping_sub(1);
    }
    sum
}

fn wide(io: &Memory<'_>) -> u32 {
    sum(|_| {
        let wide = io.read_halves(WIDE, Halves::LowFirst).into_word();
        (wide ^ (wide >> 32)) as u32
    })
}

/// What the files of the directory are about.
struct Memories(Devres<Bar<'static, SIZE>>);

impl Memories {
    fn run(&self, input: Input<'_>) -> Result {
        let which = input.parse::<u8>()?;
        let bar = self.0.try_access().ok_or(ENXIO)?;
        let sum = match which {
            0 => read(&bar),
            1 => write(&bar),
            2 => field(&bar),
            3 => update(&bar),
            4 => array(&bar),
            5 => poll(&bar),
            6 => wide(&bar),
            _ => return Err(EINVAL),
        };
        // No access is for nothing.
        black_box(sum);
        Ok(())
    }
}

pci_device_table! {
    static DEVICES: () = [(DeviceId::new(0x1b36, 0x0005), ())];
}

struct Bench {
    _registration: Pin<KBox<Registration<Adapter<BenchDriver>>>>,
}

struct BenchDriver;

/// What there is while the device is bound.
struct Data<'bound> {
    _files: Pin<KBox<Scope<Memories>>>,
    _enabled: Enabled<'bound>,
}

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
        let bar = device.map_bar::<SIZE>(2, c"bench_io")?.into_devres()?;
        let files = Scope::new(c"bench_io", Memories(bar), |memories, dir| {
            dir.write_only_callback_file(c"run", memories, Memories::run)
        });
        Ok(Ok(Data {
            _files: KBox::pin_init(files, GFP_KERNEL)?,
            _enabled: enabled,
        }))
    }
}

impl Module for Bench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let registration = Registration::new(c"bench_io");
        Ok(Self {
            _registration: KBox::pin_init(registration, GFP_KERNEL)?,
        })
    }
}
