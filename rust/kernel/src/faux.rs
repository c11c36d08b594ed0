// SPDX-License-Identifier: GPL-2.0-only

//! Devices that are nothing but a name: something to hang other things on.
//!
//! C header: `include/linux/device/faux.h`. What the functions do: `drivers/base/faux.c`.
//!
//! Where the kernel has no bus for such devices, before 6.14, it is a platform device with a driver
//! of its own; it is then in `/sys/devices/platform` rather than in `/sys/devices/faux`. Either way
//! it is bound from beginning to end, and sysfs cannot unbind it.
//!
//! Consumers: the tests of what needs a device.

use core::ffi::CStr;
use core::ptr::NonNull;

use crate::device::{AsDevice, Bound, Device};
use crate::error::{Result, code::ENODEV};

/// A device that is there until this is dropped.
///
/// # Examples
///
/// ```
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// let parent = faux::Registration::new(c"ferrite-parent", None)?;
/// let child = faux::Registration::new(c"ferrite-child", Some(parent.device()))?;
/// assert_eq!(child.device().parent().map(|device| device.name()), Some(c"ferrite-parent"));
/// # Ok::<(), Error>(())
/// ```
pub struct Registration(NonNull<bindings::device>);

// SAFETY: a device may be taken out of the system on any CPU.
unsafe impl Send for Registration {}
// SAFETY: what a shared one offers may be used on any CPU.
unsafe impl Sync for Registration {}

impl Registration {
    /// Brings a device into the system. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// `ENODEV`: it cannot be, such as for want of memory, or since there is a device of that name
    /// (the kernel logs it): C does not say why.
    pub fn new(name: &CStr, parent: Option<&Device>) -> Result<Self> {
        let parent = parent.map_or(core::ptr::null_mut(), Device::as_raw);
        // SAFETY: the name is terminated, and copied; the parent is there.
        let device = unsafe { bindings::ferrite_faux_create(name.as_ptr(), parent) };
        NonNull::new(device).map(Self).ok_or(ENODEV)
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device<Bound> {
        // SAFETY: it is there, and bound, until this is dropped.
        unsafe { Device::from_raw(self.0.as_ptr()) }
    }
}

impl AsDevice for Registration {
    fn as_device(&self) -> &Device {
        self.device().as_device()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: it is registered, and this is the end of it.
        unsafe { bindings::ferrite_faux_destroy(self.0.as_ptr()) };
    }
}
