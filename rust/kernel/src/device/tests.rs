// SPDX-License-Identifier: GPL-2.0-only

use core::ffi::CStr;

use super::{Action, AsDevice, Bound, Device, DeviceContext, Normal};
use crate::faux;
use crate::prelude::*;
use crate::sync::{ARef, AlwaysRefCounted};

#[kernel_test]
fn every_level_and_every_way_to_format() -> Result {
    let registration = faux::Registration::new(c"ferrite-levels", None)?;
    let device = registration.device();
    dev_emerg!(device, "emerg");
    dev_alert!(device, "alert {}", 1);
    dev_crit!(device, "crit {:#x}", 0xc_u8);
    dev_err!(device, "err {}", EPROBE_DEFER);
    dev_warn!(device, "warn {:?}", Some(1));
    dev_notice!(device, "notice {:>4}", "x");
    dev_info!(device, "info");
    dev_dbg!(device, "debug {}", device.name().count_bytes());
    let counted: ARef<Device> = device.into();
    dev_info!(counted, "a counted reference");
    dev_info!(registration, "a registration");
    dev_info!(
        counted,
        "a long line, which is printed in parts: {}{}{}",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
    );
    Ok(())
}

#[kernel_test]
fn a_reference_outlives_the_registration() -> Result {
    let registration = faux::Registration::new(c"ferrite-outlived", None)?;
    let device: ARef<Device> = registration.device().into();
    let second = device.clone();
    drop(registration);
    drop(device);
    assert_eq!(second.name(), c"ferrite-outlived");
    assert_eq!(second.as_device().as_raw(), second.as_raw());
    // Counted by hand.
    second.inc_ref();
    // SAFETY: the reference has just been added.
    unsafe { Device::dec_ref(core::ptr::NonNull::from(&*second)) };
    // Who is to hear of it depends on the kernel.
    let told = second.uevent(Action::Change, &[]);
    assert!(told == Ok(()) || told == Err(ENOENT));
    Ok(())
}

#[kernel_test]
fn a_device_has_a_parent() -> Result {
    let parent = faux::Registration::new(c"ferrite-parent", None)?;
    let child = faux::Registration::new(c"ferrite-child", Some(parent.device()))?;
    let found = child.device().parent().map(Device::name);
    assert_eq!(found, Some(c"ferrite-parent"));
    // SAFETY: it is there, and bound, as `device` says, too.
    let again: &Device<Bound> = unsafe { Device::from_raw(child.device().as_raw()) };
    assert_eq!(again.name(), c"ferrite-child");
    Ok(())
}

/// A variable that is too long; it would be on the stack otherwise.
static LONG: [u8; 1025] = {
    let mut text = [b'x'; 1025];
    text[1] = b'=';
    text[1024] = 0;
    text
};

#[kernel_test]
fn every_context_can_be_asked_the_same() -> Result {
    fn name_of<Ctx: DeviceContext>(device: &Device<Ctx>) -> &CStr {
        device.name()
    }
    let registration = faux::Registration::new(c"ferrite-context", None)?;
    let bound = registration.device();
    let normal: &Device<Normal> = bound;
    assert_eq!(name_of(normal), name_of(bound));
    Ok(())
}

#[kernel_test]
fn events_are_checked_before_c_sees_them() -> Result {
    let registration = faux::Registration::new(c"ferrite-events", None)?;
    let device = registration.device();
    assert_eq!(device.uevent(Action::Online, &[]), Ok(()));
    assert_eq!(device.uevent(Action::Offline, &[c"A=1"; 16]), Ok(()));
    assert_eq!(device.uevent(Action::Change, &[c"A=1"; 17]), Err(E2BIG));
    assert_eq!(device.uevent(Action::Change, &[c"A"]), Err(EINVAL));
    let long = CStr::from_bytes_with_nul(&LONG).map_err(|_| EINVAL)?;
    assert_eq!(device.uevent(Action::Change, &[long]), Err(E2BIG));
    assert_eq!(Action::Change, Action::Change);
    Ok(())
}
