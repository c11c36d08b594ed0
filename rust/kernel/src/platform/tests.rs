// SPDX-License-Identifier: GPL-2.0-only

mod resources;

use super::{DeviceRegistration, Id};
use crate::device::{AsDevice, Device};
use crate::faux;
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::sync::{ARef, AlwaysRefCounted};

#[kernel_test]
fn devices_are_named_after_their_numbers() -> Result {
    let plain = DeviceRegistration::new(c"ferrite-plain", Id::None, None)?;
    assert_eq!(plain.device().generic().name(), c"ferrite-plain");
    assert_eq!(plain.device().id(), None);
    let numbered = DeviceRegistration::new(c"ferrite-plain", Id::Number(7), None)?;
    assert_eq!(numbered.device().generic().name(), c"ferrite-plain.7");
    assert_eq!(numbered.device().id(), Some(7));
    let free = DeviceRegistration::new(c"ferrite-plain", Id::Auto, None)?;
    let name = free.device().generic().name().to_bytes();
    assert!(name.starts_with(b"ferrite-plain.") && name.ends_with(b".auto"));
    assert_ne!(Id::Auto, Id::None);
    Ok(())
}

#[kernel_test]
fn a_reference_outlives_the_device() -> Result {
    let parent = faux::Registration::new(c"ferrite-parent", None)?;
    let device = DeviceRegistration::new(c"ferrite-child", Id::None, Some(parent.device()))?;
    let counted: ARef<super::Device> = device.device().into();
    drop(device);
    drop(parent);
    assert_eq!(counted.as_device().name(), c"ferrite-child");
    let generic: &Device = (*counted).as_ref();
    assert_eq!(generic.as_raw(), counted.as_device().as_raw());
    dev_info!(counted, "still to be named");
    counted.inc_ref();
    // SAFETY: the reference has just been added.
    unsafe { super::Device::dec_ref(core::ptr::NonNull::from(&*counted)) };
    Ok(())
}

#[kernel_test]
fn a_device_needs_none_of_our_memory() -> Result {
    each_allocation_fails(|| DeviceRegistration::new(c"ferrite-plain", Id::None, None))
}
