// SPDX-License-Identifier: GPL-2.0-only

//! Platform devices of a module's own.

use core::ffi::{CStr, c_int, c_uint};
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::Device;
use crate::device;
use crate::error::{Result, from_err_ptr};

/// The number behind a device's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id {
    /// There is only one such device: `name`.
    None,
    /// The kernel takes one that is free: `name.3.auto`.
    Auto,
    /// This one: `name.7`.
    Number(u16),
}

/// What a device is told to have: see [`DeviceRegistration::with_resources`].
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct NewResource<'name>(
    bindings::ferrite_platform_resource,
    PhantomData<&'name CStr>,
);

impl<'name> NewResource<'name> {
    const fn new(start: u64, len: u64, kind: bindings::ferrite_platform_resource_kind) -> Self {
        let name = core::ptr::null();
        let resource = bindings::ferrite_platform_resource {
            start,
            len,
            name,
            kind,
        };
        Self(resource, PhantomData)
    }

    /// So many bytes of memory from an address on, as the CPU sees it.
    #[must_use]
    pub const fn memory(start: u64, len: u64) -> Self {
        Self::new(start, len, bindings::FERRITE_PLATFORM_MEMORY)
    }

    /// So many ports.
    #[must_use]
    pub const fn ports(first: u16, len: u16) -> Self {
        Self::new(first as u64, len as u64, bindings::FERRITE_PLATFORM_PORTS)
    }

    /// A line, by the kernel's number for it.
    #[must_use]
    pub const fn irq(number: u32) -> Self {
        Self::new(number as u64, 1, bindings::FERRITE_PLATFORM_IRQ)
    }

    /// The same, by a name that a driver asks for.
    #[must_use]
    pub const fn named(mut self, name: &'name CStr) -> Self {
        self.0.name = name.as_ptr();
        self
    }
}

/// A platform device that this module has brought into the system. It goes when this is dropped,
/// which unbinds it.
pub struct DeviceRegistration(NonNull<bindings::platform_device>);

// SAFETY: a device may be taken out of the system on any CPU.
unsafe impl Send for DeviceRegistration {}
// SAFETY: what a shared one offers may be used on any CPU.
unsafe impl Sync for DeviceRegistration {}

impl DeviceRegistration {
    /// Brings a device into the system that has neither memory nor lines. If there is a driver for it, it is
    /// probed before this returns. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: there is such a device. The kernel logs it, with a trace.
    /// - `ENOMEM`.
    pub fn new(name: &CStr, id: Id, parent: Option<&device::Device>) -> Result<Self> {
        // SAFETY: there are no resources.
        unsafe { Self::with_resources(name, id, parent, &[]) }
    }

    /// Brings a device into the system that has these resources. If there is a driver for it, it is probed
    /// before this returns. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// As [`Self::new`], and `EBUSY` if addresses overlap with those of somebody else in part; those that lie
    /// within somebody else's can be had, unless that was claimed when the driver maps them.
    ///
    /// # Safety
    ///
    /// The addresses and lines are those of a device, which does nothing to memory that it was not told of,
    /// whatever its driver does with them; or no driver takes the device. A name lives as long as this.
    pub unsafe fn with_resources(
        name: &CStr,
        id: Id,
        parent: Option<&device::Device>,
        resources: &[NewResource<'_>],
    ) -> Result<Self> {
        let parent = parent.map_or(core::ptr::null_mut(), device::Device::as_raw);
        let id = match id {
            Id::None => bindings::FERRITE_PLATFORM_DEVID_NONE,
            Id::Auto => bindings::FERRITE_PLATFORM_DEVID_AUTO,
            Id::Number(number) => c_int::from(number),
        };
        let count = c_uint::try_from(resources.len())?;
        // SAFETY:
        // - the name is terminated, and copied; the parent is there;
        // - so many resources are there, which are copied but for their names, and the caller promises that
        //   those live as long as the device is in the system.
        let device = unsafe {
            bindings::ferrite_platform_device_register(
                parent,
                name.as_ptr(),
                id,
                resources.as_ptr().cast(),
                count,
            )
        };
        let device = from_err_ptr(device)?;
        // SAFETY: C returns a device, or an error.
        Ok(Self(unsafe { NonNull::new_unchecked(device) }))
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        // SAFETY: it is there until this is dropped.
        unsafe { Device::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for DeviceRegistration {
    fn drop(&mut self) {
        // SAFETY: it is registered, and this is the end of it.
        unsafe { bindings::platform_device_unregister(self.0.as_ptr()) };
    }
}
