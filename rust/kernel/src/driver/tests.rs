// SPDX-License-Identifier: GPL-2.0-only

//! What holds for the drivers of every bus, shown with platform devices.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::Registration;
use crate::device::{Bound, Core};
use crate::device_id::RawDeviceId;
use crate::devres::{Devres, on_unbind};
use crate::ktest::each_allocation_fails;
use crate::platform::{self, Adapter, DeviceId, DeviceRegistration, Id, IdTable};
use crate::platform_device_table;
use crate::prelude::*;
use crate::sync::test_thread::{on_threads, wait_until};

/// What has happened, a digit each.
static TRAIL: AtomicU32 = AtomicU32::new(0);

fn trail(digit: u32) {
    let trail = TRAIL.load(Ordering::SeqCst);
    TRAIL.store(trail.wrapping_mul(10).wrapping_add(digit), Ordering::SeqCst);
}

fn trail_so_far() -> u32 {
    TRAIL.swap(0, Ordering::SeqCst)
}

/// What sysfs does when it is told to unbind.
fn unbind(device: &platform::Device) {
    // SAFETY: the device is there and not locked.
    unsafe { bindings::device_release_driver(device.generic().as_raw()) };
}

/// What sysfs does when it is told to bind. Says whether a driver is bound.
fn bind(device: &platform::Device) -> bool {
    // SAFETY: the device is there and not locked.
    unsafe { bindings::ferrite_device_ktest_attach(device.generic().as_raw()) == 1 }
}

struct Ordered;

struct OrderedData<'bound> {
    device: &'bound platform::Device<Bound>,
    number: u32,
    _value: Devres<Leaves>,
}

impl Drop for OrderedData<'_> {
    fn drop(&mut self) {
        trail(5);
        // The device can be used to the end.
        dev_info!(self.device, "the data of number {} go", self.number);
    }
}

struct Leaves(u32);

impl Drop for Leaves {
    fn drop(&mut self) {
        trail(self.0);
    }
}

platform_device_table! {
    /// For all tests here.
    static ORDERED: u32 = [
        (DeviceId::new(c"ferrite-none"), 7),
        (DeviceId::new(c"ferrite-ordered"), 8),
    ];
}

impl platform::Driver for Ordered {
    type IdInfo = u32;
    type Data<'bound> = OrderedData<'bound>;
    const ID_TABLE: Option<&'static IdTable<u32>> = Some(&ORDERED);

    fn probe<'bound>(
        device: &'bound platform::Device<Core<'_>>,
        info: Option<&'static u32>,
    ) -> Result<impl PinInit<OrderedData<'bound>, Error>> {
        trail(1);
        on_unbind(device.generic(), || trail(7))?;
        let data = OrderedData {
            device,
            number: *info.ok_or(ENODEV)?,
            _value: Devres::new(device.generic(), Leaves(6))?,
        };
        trail(2);
        Ok(Ok(data))
    }

    fn unbind<'bound>(device: &'bound platform::Device<Core<'_>>, data: Pin<&OrderedData<'bound>>) {
        trail(if device.id() == Some(3) && data.number == 8 {
            4
        } else {
            9
        });
    }

    fn shutdown<'bound>(_: &'bound platform::Device<Core<'_>>, data: Pin<&OrderedData<'bound>>) {
        trail(if data.number == 8 { 3 } else { 9 });
    }
}

#[kernel_test]
fn the_data_go_after_unbind_and_before_what_is_managed() -> Result {
    trail_so_far();
    let driver = Registration::<Adapter<Ordered>>::new(c"ferrite-ordered");
    let driver = KBox::pin_init(driver, GFP_KERNEL)?;
    let device = DeviceRegistration::new(c"ferrite-ordered", Id::Number(3), None)?;
    assert_eq!(trail_so_far(), 12);
    // SAFETY: the device is there and not locked.
    unsafe { bindings::ferrite_device_ktest_shutdown(device.device().generic().as_raw()) };
    assert_eq!(trail_so_far(), 3);
    unbind(device.device());
    // The value goes with its handle, in the data.
    assert_eq!(trail_so_far(), 4567);
    for _ in 0..20 {
        assert!(bind(device.device()));
        unbind(device.device());
        assert_eq!(trail_so_far(), 124_567);
    }
    assert!(bind(device.device()));
    drop(driver);
    assert_eq!(trail_so_far(), 124_567);
    assert!(!bind(device.device()));
    Ok(())
}

#[kernel_test]
fn the_device_goes_first() -> Result {
    trail_so_far();
    let device = DeviceRegistration::new(c"ferrite-ordered", Id::Number(3), None)?;
    let driver = Registration::<Adapter<Ordered>>::new(c"ferrite-ordered");
    let driver = KBox::pin_init(driver, GFP_KERNEL)?;
    assert_eq!(trail_so_far(), 12);
    drop(device);
    assert_eq!(trail_so_far(), 4567);
    drop(driver);
    assert_eq!(trail_so_far(), 0);
    Ok(())
}

#[kernel_test]
fn a_driver_of_that_name_is_there_already() -> Result {
    let driver = Registration::<Adapter<Ordered>>::new(c"ferrite-ordered");
    let _driver = KBox::pin_init(driver, GFP_KERNEL)?;
    let second = Registration::<Adapter<Ordered>>::new(c"ferrite-ordered");
    assert_eq!(KBox::pin_init(second, GFP_KERNEL).err(), Some(EBUSY));
    Ok(())
}

#[kernel_test]
fn out_of_memory_while_binding() -> Result {
    let driver = Registration::<Adapter<Ordered>>::new(c"ferrite-ordered");
    let _driver = KBox::pin_init(driver, GFP_KERNEL)?;
    each_allocation_fails(|| {
        trail_so_far();
        let device = DeviceRegistration::new(c"ferrite-ordered", Id::Number(3), None)?;
        let bound = bind(device.device());
        drop(device);
        // A trail with a `4` in it: `probe` succeeded when the device came.
        match trail_so_far() {
            124_567 if bound => Ok(()),
            _ => Err(ENOMEM),
        }
    })
}

#[kernel_test]
fn an_id_is_found_by_its_place() {
    let first: *const <DeviceId as RawDeviceId>::Raw = ORDERED.as_ptr();
    assert_eq!(ORDERED.len(), 2);
    assert!(!ORDERED.is_empty());
    assert_eq!(ORDERED.info(first), Some(&7));
    assert_eq!(ORDERED.info(first.wrapping_add(1)), Some(&8));
    assert_eq!(ORDERED.info(first.wrapping_add(2)), None);
    assert_eq!(ORDERED.info(first.wrapping_sub(1)), None);
    assert_eq!(ORDERED.info(first.wrapping_byte_add(1)), None);
    assert_eq!(ORDERED.info(core::ptr::null()), None);
}

/// Defers until it may bind.
struct Defers;

static MAY: AtomicBool = AtomicBool::new(false);
static PROBES: AtomicU32 = AtomicU32::new(0);
static BOUND: AtomicU32 = AtomicU32::new(0);

/// Counts what is bound.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        BOUND.fetch_sub(1, Ordering::SeqCst);
    }
}

impl platform::Driver for Defers {
    type IdInfo = ();
    type Data<'bound> = Counted;
    const ID_TABLE: Option<&'static IdTable<()>> = None;

    fn probe(
        device: &platform::Device<Core<'_>>,
        info: Option<&'static ()>,
    ) -> Result<impl PinInit<Counted, Error>> {
        PROBES.fetch_add(1, Ordering::SeqCst);
        if info.is_some() {
            return Err(EINVAL);
        }
        if device.id() == Some(0) && !MAY.load(Ordering::SeqCst) {
            return Err(EPROBE_DEFER);
        }
        BOUND.fetch_add(1, Ordering::SeqCst);
        Ok(Ok(Counted))
    }
}

#[kernel_test]
fn a_probe_that_is_deferred_comes_again() -> Result {
    MAY.store(false, Ordering::SeqCst);
    PROBES.store(0, Ordering::SeqCst);
    // Without a table the name decides.
    let driver = Registration::<Adapter<Defers>>::new(c"ferrite-defers");
    let driver = KBox::pin_init(driver, GFP_KERNEL)?;
    let first = DeviceRegistration::new(c"ferrite-defers", Id::Number(0), None)?;
    assert!(PROBES.load(Ordering::SeqCst) >= 1);
    assert_eq!(BOUND.load(Ordering::SeqCst), 0);
    MAY.store(true, Ordering::SeqCst);
    // Whenever a device is bound, the kernel tries those that wait.
    let second = DeviceRegistration::new(c"ferrite-defers", Id::Number(1), None)?;
    assert!(wait_until(|| BOUND.load(Ordering::SeqCst) == 2));
    drop(driver);
    assert_eq!(BOUND.load(Ordering::SeqCst), 0);
    drop(first);
    drop(second);
    Ok(())
}

#[kernel_test]
fn bind_and_unbind_race() -> Result {
    MAY.store(true, Ordering::SeqCst);
    let driver = Registration::<Adapter<Defers>>::new(c"ferrite-defers");
    let driver = KBox::pin_init(driver, GFP_KERNEL)?;
    let device = DeviceRegistration::new(c"ferrite-defers", Id::None, None)?;
    assert_eq!(device.device().id(), None);
    on_threads::<3>(|thread| {
        for _ in 0..20 {
            if thread == 0 {
                unbind(device.device());
            } else {
                bind(device.device());
            }
        }
    })?;
    assert!(BOUND.load(Ordering::SeqCst) <= 1);
    drop(driver);
    assert_eq!(BOUND.load(Ordering::SeqCst), 0);
    drop(device);
    Ok(())
}
