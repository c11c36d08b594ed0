// SPDX-License-Identifier: GPL-2.0-only

//! With devices that every guest has, and nobody else drives: the controller of disks (memory, a
//! message interrupt) and the SMBus (ports, a wire).

use core::marker::PhantomData;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use registers::{Io, Register, register};

use super::{
    Adapter, Bar, Claim, Device, DeviceId, Driver, IdTable, Ids, PortBar, Resource, ResourceKind,
    VectorTypes,
};
use crate::device::{AsDevice, Core};
use crate::driver::Registration;
use crate::ktest::assert_eq;
use crate::pci_device_table;
use crate::prelude::*;
use crate::sync::ARef;

pci_device_table! {
    static DISKS: u32 = [(DeviceId::class(0x01_0601, 0xff_ffff), 6)];
}

pci_device_table! {
    static SMBUS: u32 = [(DeviceId::new(0x8086, 0x2930), 3)];
}

/// What a test does with a device while it is its driver.
pub(crate) trait Check: 'static {
    const TABLE: &'static IdTable<u32>;

    fn check(device: &Device<Core<'_>>) -> Result;
}

/// The disks' controller.
pub(crate) const DISK: &IdTable<u32> = &DISKS;
/// The SMBus.
pub(crate) const BUS: &IdTable<u32> = &SMBUS;

struct Checks<C>(PhantomData<C>);

/// How the check ended, and how many there were.
static ENDED: AtomicI32 = AtomicI32::new(0);
static RAN: AtomicU32 = AtomicU32::new(0);

#[vtable]
impl<C: Check> Driver for Checks<C> {
    type IdInfo = u32;
    type Data<'bound> = ();
    const ID_TABLE: &'static IdTable<u32> = C::TABLE;

    fn probe(
        device: &Device<Core<'_>>,
        info: Option<&'static u32>,
    ) -> Result<impl PinInit<(), Error>> {
        if !matches!(info, Some(3 | 6)) {
            return Err(EINVAL);
        }
        RAN.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = C::check(device) {
            ENDED.store(error.to_errno(), Ordering::SeqCst);
        }
        Ok(Ok(()))
    }

    fn unbind(device: &Device<Core<'_>>, _: core::pin::Pin<&()>) {
        if !device.is_present() {
            ENDED.store(ENODEV.to_errno(), Ordering::SeqCst);
        }
    }
}

/// Binds a driver to the device, runs the check, and unbinds it.
pub(crate) fn with_device<C: Check>() -> Result {
    ENDED.store(0, Ordering::SeqCst);
    RAN.store(0, Ordering::SeqCst);
    let driver = Registration::<Adapter<Checks<C>>>::new(c"ferrite-check");
    let driver = KBox::pin_init(driver, GFP_KERNEL)?;
    drop(driver);
    assert_eq!(RAN.load(Ordering::SeqCst), 1);
    assert_eq!(ENDED.load(Ordering::SeqCst), 0);
    Ok(())
}

/// Makes a `Check` of a function.
macro_rules! check {
    ($name:ident, $table:expr, $check:expr) => {
        struct $name;

        impl $crate::pci::tests::Check for $name {
            const TABLE: &'static $crate::pci::IdTable<u32> = $table;

            fn check(
                device: &$crate::pci::Device<$crate::device::Core<'_>>,
            ) -> $crate::error::Result {
                let check: fn(
                    &$crate::pci::Device<$crate::device::Core<'_>>,
                ) -> $crate::error::Result = $check;
                check(device)
            }
        }
    };
}
pub(crate) use check;

register! {
    /// What an AHCI controller keeps to.
    VERSION(u32, ro) @ 0x10 { 31:16 major; 15:0 minor; }
    /// In configuration space.
    VENDOR(u16, ro) @ 0 { 15:0 number; }
    DEVICE(u16, ro) @ 2 { 15:0 number; }
    COMMAND(u16, ro) @ 4 { 2 master; }
    CACHE_LINE(u8) @ 0xc { 7:0 words; }
    /// Of a capability.
    HEADER(u16, ro) @ 0 { 15:8 next; 7:0 id; }
}

fn kind(device: &Device<Core<'_>>, bar: u32) -> Option<(ResourceKind, u64)> {
    let Resource { start, len, kind } = device.resource(bar)?;
    (start != 0).then_some((kind, len))
}

#[kernel_test]
fn what_a_device_says_of_itself() -> Result {
    check!(It, DISK, |device| {
        let ids: Ids = device.ids();
        assert_eq!((ids.vendor, ids.class), (0x8086, 0x01_0601));
        assert_eq!(ids, device.ids());
        assert_eq!(device.generic().name(), c"0000:00:1f.2");
        assert_eq!(device.dev_id(), (0x1f << 3) | 2);
        assert_eq!(kind(device, 5), Some((ResourceKind::Memory, 0x1000)));
        assert_eq!(kind(device, 4), Some((ResourceKind::Ports, 0x20)));
        assert_eq!(device.resource(0), None);
        assert_eq!(device.resource(6), None);
        assert!(device.is_present());
        assert!(!device.has_text_console());
        assert_eq!(device.total_virtual_functions(), 0);
        // It is on the root bus, and has no function for that.
        assert_eq!(device.reset_function(), Err(ENOTTY));
        let counted: ARef<Device> = ARef::from(&**device);
        assert_eq!(counted.as_device().name(), device.generic().name());
        let generic: &crate::device::Device = (*counted).as_ref();
        assert_eq!(generic.as_raw(), device.generic().as_raw());
        Ok(())
    });
    with_device::<It>()
}

#[kernel_test]
fn memory_behind_a_bar() -> Result {
    check!(It, DISK, |device| {
        let enabled = device.enable()?;
        enabled.set_master();
        let again = device.enable_mem()?;
        drop(again);
        assert_eq!(device.map_bar::<0x1004>(5, c"check").err(), Some(EINVAL));
        assert_eq!(device.map_bar::<0>(4, c"check").err(), Some(EOPNOTSUPP));
        assert_eq!(device.map_bar::<0>(0, c"check").err(), Some(ENODEV));
        let bar: Bar<'_, 0x100> = device.map_bar(5, c"check")?;
        assert_eq!(device.map_bar::<0>(5, c"check").err(), Some(EBUSY));
        assert_eq!(bar.len(), 0x1000);
        assert_eq!(bar.read(VERSION).major(), 1);
        let shared = bar.into_devres()?;
        assert_eq!(
            shared.try_access_with(|bar| bar.read(VERSION).major()),
            Some(1)
        );
        assert_eq!(shared.access(device.generic())?.read(VERSION).major(), 1);
        drop(shared);
        // A claim that is forgotten ends with the binding: the next test needs the memory.
        core::mem::forget(device.map_bar::<0>(5, c"check")?);
        Ok(())
    });
    with_device::<It>()?;
    with_device::<It>()
}

#[kernel_test]
fn a_bar_that_is_only_claimed() -> Result {
    check!(It, DISK, |device| {
        assert_eq!(device.claim_bar(0, c"check").err(), Some(ENODEV));
        let claim: Claim<'_> = device.claim_bar(5, c"check")?;
        assert_eq!(device.claim_bar(5, c"check").err(), Some(EBUSY));
        assert_eq!(device.map_bar::<0>(5, c"check").err(), Some(EBUSY));
        drop(claim);
        drop(device.map_bar::<0>(5, c"check")?);
        // One that is forgotten ends with the binding: the next test needs the memory.
        core::mem::forget(device.claim_bar(5, c"check")?);
        Ok(())
    });
    with_device::<It>()?;
    with_device::<It>()
}

#[kernel_test]
fn ports_behind_a_bar() -> Result {
    check!(It, BUS, |device| {
        let _enabled = device.enable()?;
        assert_eq!(device.claim_ports::<0x100>(4, c"check").err(), Some(EINVAL));
        assert_eq!(device.claim_ports::<0>(3, c"check").err(), Some(ENODEV));
        let bar: PortBar<'_, 0x20> = device.claim_ports(4, c"check")?;
        assert_eq!(device.claim_ports::<0>(4, c"check").err(), Some(EBUSY));
        // The address of the slave.
        bar.store_raw(4, 0x5a_u8)?;
        assert_eq!(bar.load_raw::<u8>(4)?, 0x5a);
        let shared = bar.into_devres()?;
        let read = shared.try_access_with(|bar| bar.load_raw::<u8>(4));
        assert_eq!(read, Some(Ok(0x5a)));
        Ok(())
    });
    with_device::<It>()?;
    check!(Memory, DISK, |device| {
        assert_eq!(device.claim_ports::<0>(5, c"check").err(), Some(EOPNOTSUPP));
        Ok(())
    });
    with_device::<Memory>()
}

#[kernel_test]
fn configuration_space() -> Result {
    check!(It, DISK, |device| {
        let (config, ids) = (device.config(), device.ids());
        assert_eq!((config.len(), config.start()), (256, 0));
        assert_eq!(config.read(VENDOR).number(), ids.vendor);
        assert_eq!(config.read(DEVICE).number(), ids.device);
        let both = u32::from(ids.device) << 16 | u32::from(ids.vendor);
        assert_eq!(config.load_raw::<u32>(0)?, both);
        let old = config.read(CACHE_LINE);
        config.write(CACHE_LINE, CACHE_LINE::from_word(0x10));
        assert_eq!(config.read(CACHE_LINE).words(), 0x10);
        config.write(CACHE_LINE, old);
        // What can only be read stays as it is.
        config.store_raw(0, 0_u32)?;
        config.store_raw(0, 0_u16)?;
        assert_eq!(config.load_raw::<u32>(0)?, both);
        assert_eq!(config.load_raw::<u8>(256).map_err(Error::from), Err(EINVAL));
        let msi = device.capability::<10>(5).ok_or(ENODEV)?;
        assert_eq!(msi.read(HEADER).id(), 5);
        assert_eq!(config.load_raw::<u8>(msi.start().into())?, 5);
        assert!(msi.len() < 256);
        assert!(device.capability::<256>(5).is_none());
        // No PCI Express device.
        assert!(device.capability::<4>(0x10).is_none());
        assert!(device.extended_config().is_none());
        assert!(device.extended_capability::<4>(1).is_none());
        Ok(())
    });
    with_device::<It>()
}

#[kernel_test]
fn a_device_is_master_of_the_bus_for_as_long_as_it_may() -> Result {
    check!(It, DISK, |device| {
        let is_master = || device.config().read(COMMAND).master();
        let enabled = device.enable()?;
        enabled.clear_master();
        assert!(!is_master());
        enabled.set_master();
        assert!(is_master());
        enabled.clear_master();
        assert!(!is_master());
        enabled.set_master();
        let again = device.enable_mem()?;
        drop(enabled);
        assert!(is_master());
        drop(again);
        assert!(!is_master());
        Ok(())
    });
    with_device::<It>()
}

#[kernel_test]
fn vectors_are_allocated_once() -> Result {
    check!(It, DISK, |device| {
        let _enabled = device.enable()?;
        let none = device.irq_vectors(0..=1, VectorTypes::ALL);
        assert_eq!(none.err(), Some(EINVAL));
        let (min, max) = (2, 1);
        let none = device.irq_vectors(min..=max, VectorTypes::ALL);
        assert_eq!(none.err(), Some(EINVAL));
        let none = device.irq_vectors(1..=1, VectorTypes::MSI_X);
        assert_eq!(none.err(), Some(EINVAL));
        let none = device.irq_vectors(2..=4, VectorTypes::MSI);
        assert_eq!(none.err(), Some(ENOSPC));
        let vectors = device.irq_vectors(1..=4, VectorTypes::MSI | VectorTypes::INTX)?;
        assert_eq!(vectors.count(), 1);
        assert_eq!(vectors.line(1).err(), Some(EINVAL));
        assert!(vectors.line(0)?.number() > 0);
        let again = device.irq_vectors(1..=1, VectorTypes::ALL);
        assert_eq!(again.err(), Some(EBUSY));
        Ok(())
    });
    // The second one finds them free again.
    with_device::<It>()?;
    with_device::<It>()
}
