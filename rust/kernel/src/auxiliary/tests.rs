// SPDX-License-Identifier: GPL-2.0-only

use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};

use super::{Adapter, Device, DeviceId, Driver, IdTable, Registration};
use crate::auxiliary_device_table;
use crate::device::{self, AsDevice, Bound, Core};
use crate::driver;
use crate::faux;
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::sync::{ARef, AlwaysRefCounted, Arc};

struct Part;

/// What the tests give with their devices.
struct Given {
    bound: AtomicU32,
}

struct PartData<'bound> {
    given: &'bound Given,
    kind: u32,
}

impl Drop for PartData<'_> {
    fn drop(&mut self) {
        self.given.bound.fetch_sub(1, Ordering::SeqCst);
    }
}

auxiliary_device_table! {
    static PARTS: u32 = [
        (DeviceId::new(c"unit", c"part"), 3),
        (DeviceId::new(c"unit", c"other-part"), 4),
    ];
}

impl Driver for Part {
    type IdInfo = u32;
    type Data<'bound> = PartData<'bound>;
    const ID_TABLE: &'static IdTable<u32> = &PARTS;

    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        info: Option<&'static u32>,
    ) -> Result<impl PinInit<PartData<'bound>, Error>> {
        let device: &'bound Device<Bound> = device;
        if device.registration_data::<u8>().err() != Some(EINVAL) {
            return Err(EPROTO);
        }
        let given = device.registration_data::<Arc<Given>>()?;
        let kind = *info.ok_or(EPROTO)?;
        given.bound.fetch_add(1, Ordering::SeqCst);
        Ok(Ok(PartData { given, kind }))
    }

    fn unbind<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&PartData<'bound>>) {
        if device.id() != data.kind {
            data.given.bound.fetch_add(100, Ordering::SeqCst);
        }
    }

    fn shutdown<'bound>(_: &'bound Device<Core<'_>>, data: Pin<&PartData<'bound>>) {
        data.given.bound.fetch_add(data.kind, Ordering::SeqCst);
    }
}

fn given() -> Result<Arc<Given>> {
    let bound = AtomicU32::new(0);
    Arc::new(Given { bound }, GFP_KERNEL)
}

#[kernel_test]
fn parts_are_bound_by_name_and_share_what_was_given() -> Result {
    let driver = driver::Registration::<Adapter<Part>>::new(c"part");
    let driver = KBox::pin_init(driver, GFP_KERNEL)?;
    let parent = faux::Registration::new(c"ferrite-whole", None)?;
    let given = given()?;
    let bound = || given.bound.load(Ordering::SeqCst);
    let part = Registration::new(parent.device(), c"part", 3, given.clone())?;
    assert_eq!(bound(), 1);
    let other = Registration::new(parent.device(), c"other-part", 4, given.clone())?;
    assert_eq!(bound(), 2);
    let stranger = Registration::new(parent.device(), c"stranger", 0, given.clone())?;
    assert_eq!(bound(), 2);
    assert_eq!(part.device().generic().name(), c"unit.part.3");
    assert_eq!(part.device().id(), 3);
    assert!(part.data().ptr_eq(&given));
    drop(stranger);
    // SAFETY: the device is there and not locked.
    unsafe { bindings::ferrite_device_ktest_shutdown(other.device().generic().as_raw()) };
    assert_eq!(bound(), 6);
    drop(other);
    assert_eq!(bound(), 5);
    drop(driver);
    assert_eq!(bound(), 4);
    drop(part);
    assert_eq!(bound(), 4);
    Ok(())
}

#[kernel_test]
fn a_type_that_is_not_the_one_given_is_refused() -> Result {
    let driver = driver::Registration::<Adapter<Part>>::new(c"part");
    let _driver = KBox::pin_init(driver, GFP_KERNEL)?;
    let parent = faux::Registration::new(c"ferrite-whole", None)?;
    // `probe` says `EPROTO` if a `u8` is taken for one, and `EINVAL` for the rest.
    let part = Registration::new(parent.device(), c"part", 3, 5_u64)?;
    // SAFETY: the device is there and not locked.
    let attached =
        unsafe { bindings::ferrite_device_ktest_attach(part.device().generic().as_raw()) };
    assert_eq!(attached, 0);
    Ok(())
}

#[kernel_test]
fn a_device_of_another_make_has_nothing_for_us() -> Result {
    let parent = faux::Registration::new(c"ferrite-whole", None)?;
    let part = Registration::new(parent.device(), c"part", 3, 5_u64)?;
    // SAFETY: the device is there; the module is only compared, and stands for another one.
    let data =
        unsafe { bindings::ferrite_auxiliary_data(part.device().as_raw(), core::ptr::null_mut()) };
    assert!(data.is_null());
    Ok(())
}

#[kernel_test]
fn a_reference_outlives_the_device() -> Result {
    let parent = faux::Registration::new(c"ferrite-whole", None)?;
    let part = Registration::new(parent.device(), c"part", 3, ())?;
    let counted: ARef<Device> = part.device().into();
    drop(part);
    drop(parent);
    assert_eq!(counted.as_device().name(), c"unit.part.3");
    let generic: &device::Device = (*counted).as_ref();
    assert_eq!(generic.as_raw(), counted.as_device().as_raw());
    counted.inc_ref();
    // SAFETY: the reference has just been added.
    unsafe { Device::dec_ref(core::ptr::NonNull::from(&*counted)) };
    Ok(())
}

#[kernel_test]
fn a_part_that_cannot_be_made_leaves_nothing() -> Result {
    let parent = faux::Registration::new(c"ferrite-whole", None)?;
    each_allocation_fails(|| Registration::new(parent.device(), c"part", 3, 1_u8))
}
