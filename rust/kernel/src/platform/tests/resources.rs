// SPDX-License-Identifier: GPL-2.0-only

//! With what the disks' controller of every guest has, memory and ports: a platform device is told that
//! it is its.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use registers::{Io, register};

use super::super::{Adapter, Device, DeviceRegistration, Driver, Id, IdTable, NewResource};
use crate::device::{Bound, Core};
use crate::driver;
use crate::io::{IoMem, Resource, ResourceKind};
use crate::irq::{Flags, Handler, IrqReturn, Line, Registration};
use crate::ktest::{assert_eq, each_allocation_fails};
use crate::pci::tests::{DISK, check, with_device};
use crate::prelude::*;

register! {
    /// What an AHCI controller keeps to.
    VERSION(u32, ro) @ 0x10 { 31:16 major; 15:0 minor; }
}

/// What a test does with a platform device while it is its driver.
trait Check: 'static {
    fn check(device: &Device<Bound>) -> Result;
}

struct Checks<C>(PhantomData<C>);

/// How the check ended, and how many there were.
static ENDED: AtomicI32 = AtomicI32::new(0);
static RAN: AtomicU32 = AtomicU32::new(0);

impl<C: Check> Driver for Checks<C> {
    type IdInfo = ();
    type Data<'bound> = ();
    const ID_TABLE: Option<&'static IdTable<()>> = None;

    fn probe(device: &Device<Core<'_>>, _: Option<&'static ()>) -> Result<impl PinInit<(), Error>> {
        RAN.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = C::check(device) {
            ENDED.store(error.to_errno(), Ordering::SeqCst);
        }
        Ok(Ok(()))
    }
}

/// Makes a device that has these, binds a driver to it, runs the check, and unbinds it.
fn with_resources<C: Check>(resources: &[NewResource<'_>]) -> Result {
    ENDED.store(0, Ordering::SeqCst);
    RAN.store(0, Ordering::SeqCst);
    let driver = driver::Registration::<Adapter<Checks<C>>>::new(c"ferrite-check");
    let _driver = KBox::pin_init(driver, GFP_KERNEL)?;
    let device = new_device(resources)?;
    drop(device);
    assert_eq!(RAN.load(Ordering::SeqCst), 1);
    assert_eq!(ENDED.load(Ordering::SeqCst), 0);
    Ok(())
}

fn new_device(resources: &[NewResource<'_>]) -> Result<DeviceRegistration> {
    // SAFETY: they are of a device that does nothing by itself, or of memory that is claimed, which its
    // driver cannot have; names are static.
    unsafe { DeviceRegistration::with_resources(c"ferrite-check", Id::None, None, resources) }
}

/// A part of the controller's memory: all of it has a place of its own among the addresses.
fn memory(bar: Resource, offset: u64, len: u64) -> NewResource<'static> {
    NewResource::memory(bar.start.wrapping_add(offset), len)
}

type Registers<'bound> = IoMem<'bound, 0x14>;

#[kernel_test]
fn memory_is_claimed_and_mapped() -> Result {
    struct Maps;

    impl Check for Maps {
        fn check(device: &Device<Bound>) -> Result {
            let map = || -> Result<Registers<'_>> { device.iomap_by_index(0, c"check") };
            let io = map()?;
            assert_eq!((io.len(), io.read(VERSION).major()), (0x200, 1));
            assert_eq!(map().err(), Some(EBUSY));
            drop(io);
            let io: Registers<'_> = device.iomap_by_name(c"registers", c"check")?;
            let shared = io.into_devres()?;
            assert_eq!(shared.access(device.generic())?.read(VERSION).major(), 1);
            assert_eq!(map().err(), Some(EBUSY));
            drop(shared);
            each_allocation_fails(|| map()?.into_devres())?;
            let too_large = device.iomap_by_index::<0x201>(0, c"check");
            assert_eq!(too_large.err(), Some(EINVAL));
            // It does not begin where words of 8 bytes do.
            assert_eq!(device.iomap_by_index::<0>(1, c"check").err(), Some(EINVAL));
            assert_eq!(device.iomap_by_index::<0>(2, c"check").err(), Some(ENODEV));
            let nothing = device.iomap_by_name::<0>(c"ports", c"check");
            assert_eq!(nothing.err(), Some(ENODEV));
            // A claim that is forgotten ends with the binding: the next device needs the memory.
            core::mem::forget(map()?);
            Ok(())
        }
    }

    check!(It, DISK, |device| {
        let enabled = device.enable_mem()?;
        let bar = device.resource(5).ok_or(ENODEV)?;
        for _ in 0..2 {
            let registers = memory(bar, 0, 0x200).named(c"registers");
            with_resources::<Maps>(&[registers, memory(bar, 0x204, 8)])?;
        }
        drop(enabled);
        Ok(())
    });
    with_device::<It>()
}

#[kernel_test]
fn what_a_device_has_is_found_by_number_and_by_name() -> Result {
    struct Finds;

    impl Check for Finds {
        fn check(device: &Device<Bound>) -> Result {
            let (memory, ports) = (ResourceKind::Memory, ResourceKind::Ports);
            let found = device.resource_by_index(memory, 1).ok_or(ENODEV)?;
            assert_eq!((found.kind, found.len), (memory, 0x10));
            assert_eq!(device.resource_by_name(memory, c"second"), Some(found));
            let first = device.resource_by_index(memory, 0).ok_or(ENODEV)?;
            assert_eq!(first.start.wrapping_add(0x20), found.start);
            assert_eq!(device.resource_by_index(memory, 2), None);
            assert_eq!(device.resource_by_name(memory, c"eight"), None);
            let eight = device.resource_by_index(ports, 0).ok_or(ENODEV)?;
            assert_eq!((eight.kind, eight.len), (ports, 8));
            assert_eq!(device.resource_by_name(ports, c"eight"), Some(eight));
            assert_eq!(device.irq_by_index(1)?.number(), 7);
            assert_eq!(device.irq_by_name(c"wire")?.number(), 7);
            assert_eq!(device.irq_by_index(2).err(), Some(ENXIO));
            assert_eq!(device.irq_by_name(c"eight").err(), Some(ENXIO));
            let number = |line: Option<Line<'_>>| line.map(|line| line.number());
            assert_eq!(number(device.optional_irq_by_index(0)?), Some(6));
            assert_eq!(number(device.optional_irq_by_index(2)?), None);
            assert_eq!(number(device.optional_irq_by_name(c"wire")?), Some(7));
            assert_eq!(number(device.optional_irq_by_name(c"eight")?), None);
            Ok(())
        }
    }

    check!(It, DISK, |device| {
        let bar = device.resource(5).ok_or(ENODEV)?;
        let ports = device.resource(4).ok_or(ENODEV)?;
        with_resources::<Finds>(&[
            NewResource::irq(6),
            memory(bar, 0, 0x10),
            NewResource::ports(u16::try_from(ports.start)?, 8).named(c"eight"),
            memory(bar, 0x20, 0x10).named(c"second"),
            NewResource::irq(7).named(c"wire"),
        ])
    });
    with_device::<It>()
}

#[kernel_test]
fn memory_of_the_machine_is_refused() -> Result {
    struct Refused;

    impl Check for Refused {
        fn check(device: &Device<Bound>) -> Result {
            assert_eq!(device.iomap_by_index::<0>(0, c"check").err(), Some(EBUSY));
            Ok(())
        }
    }

    // Behind the first megabyte.
    with_resources::<Refused>(&[NewResource::memory(0x10_0000, 0x1000)])
}

#[kernel_test]
fn addresses_that_are_those_of_others_in_part_are_refused() -> Result {
    check!(It, DISK, |device| {
        let bar = device.resource(5).ok_or(ENODEV)?;
        let across = memory(bar, bar.len.wrapping_sub(8), 16);
        assert_eq!(new_device(&[across]).err(), Some(EBUSY));
        Ok(())
    });
    with_device::<It>()
}

/// Is never called.
struct Silent;

impl Handler for Silent {
    fn handle(&self, _device: &crate::device::Device<Bound>) -> IrqReturn {
        IrqReturn::None
    }
}

#[kernel_test]
fn a_line_that_is_not_there_is_refused() -> Result {
    struct Listens;

    impl Check for Listens {
        fn check(device: &Device<Bound>) -> Result {
            let line = device.irq_by_index(0)?;
            let registration = Registration::new(line, Flags::NONE, c"check", Silent);
            assert_eq!(registration.err(), Some(EINVAL));
            Ok(())
        }
    }

    with_resources::<Listens>(&[NewResource::irq(1_000_000)])
}
