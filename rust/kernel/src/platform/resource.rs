// SPDX-License-Identifier: GPL-2.0-only

//! What a platform device has: memory, ports, lines.

use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;

use super::Device;
use crate::device::Bound;
use crate::error::code::{ENODEV, ENXIO};
use crate::error::{Error, Result};
use crate::io::{IoMem, Resource, ResourceKind};
use crate::irq::Line;

impl ResourceKind {
    fn of_platform(self) -> bindings::ferrite_platform_resource_kind {
        match self {
            Self::Memory => bindings::FERRITE_PLATFORM_MEMORY,
            Self::Ports => bindings::FERRITE_PLATFORM_PORTS,
        }
    }
}

/// What C has found, if it has.
fn found(
    kind: ResourceKind,
    find: impl FnOnce(*mut bindings::ferrite_platform_resource) -> bool,
) -> Option<Resource> {
    let mut resource = MaybeUninit::<bindings::ferrite_platform_resource>::uninit();
    if !find(resource.as_mut_ptr()) {
        return None;
    }
    let resource = resource.as_ptr();
    // SAFETY: C has filled in both.
    let (start, len) = unsafe { ((*resource).start, (*resource).len) };
    Some(Resource { start, len, kind })
}

impl Device<Bound> {
    /// Where the device's memory, or its ports, are: its first, second, … of that kind
    /// (`platform_get_resource`). Any context.
    #[must_use]
    pub fn resource_by_index(&self, kind: ResourceKind, index: u32) -> Option<Resource> {
        found(kind, |resource| {
            // SAFETY: the device is bound, so that its resources stay; the other is a variable.
            unsafe {
                bindings::ferrite_platform_resource(
                    self.as_raw(),
                    kind.of_platform(),
                    index,
                    resource,
                )
            }
        })
    }

    /// The same by the name that the device's maker gave it. Any context.
    #[must_use]
    pub fn resource_by_name(&self, kind: ResourceKind, name: &CStr) -> Option<Resource> {
        found(kind, |resource| {
            // SAFETY: as above; the name is terminated.
            unsafe {
                bindings::ferrite_platform_resource_by_name(
                    self.as_raw(),
                    kind.of_platform(),
                    name.as_ptr(),
                    resource,
                )
            }
        })
    }

    /// Claims the device's memory, its first, second, …, of at least `SIZE` bytes, and maps it uncached, as
    /// `devm_platform_ioremap_resource`. `name` is the driver's, for `/proc/iomem`. May sleep; process
    /// context only.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device has no such memory.
    /// - `EINVAL`: it has less than `SIZE` bytes, or does not begin at a multiple of 8.
    /// - `EBUSY`: somebody has claimed it, or it is the machine's own memory.
    /// - `ENOMEM`.
    pub fn iomap_by_index<const SIZE: usize>(
        &self,
        index: u32,
        name: &'static CStr,
    ) -> Result<IoMem<'_, SIZE>> {
        let resource = self.resource_by_index(ResourceKind::Memory, index);
        IoMem::new(self.generic(), resource.ok_or(ENODEV)?, name)
    }

    /// The same by the name of the memory. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// As [`Self::iomap_by_index`].
    pub fn iomap_by_name<const SIZE: usize>(
        &self,
        memory: &CStr,
        name: &'static CStr,
    ) -> Result<IoMem<'_, SIZE>> {
        let resource = self.resource_by_name(ResourceKind::Memory, memory);
        IoMem::new(self.generic(), resource.ok_or(ENODEV)?, name)
    }

    fn line(&self, number: c_int) -> Result<Line<'_>> {
        match u32::try_from(number) {
            // SAFETY: the line is the device's: what it has does not change while it is bound.
            Ok(number) => Ok(unsafe { Line::new(self.generic(), number) }),
            Err(_) => Err(Error::from_errno(number)),
        }
    }

    /// The device's first, second, … line (`platform_get_irq`). May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENXIO`: it has no such line, which is logged.
    /// - `EPROBE_DEFER`: what it is wired to is not there yet.
    /// - What else firmware says of it, such as `EINVAL`.
    pub fn irq_by_index(&self, index: u32) -> Result<Line<'_>> {
        // SAFETY: the device is bound.
        self.line(unsafe { bindings::platform_get_irq(self.as_raw(), index) })
    }

    /// The same without a line in the log, and nothing if the device has no such line. May sleep; process
    /// context only.
    ///
    /// # Errors
    ///
    /// As [`Self::irq_by_index`], but for `ENXIO`.
    pub fn optional_irq_by_index(&self, index: u32) -> Result<Option<Line<'_>>> {
        // SAFETY: the device is bound.
        let number = unsafe { bindings::platform_get_irq_optional(self.as_raw(), index) };
        self.optional(number)
    }

    /// The device's line of that name (`platform_get_irq_byname`). May sleep; process context only.
    ///
    /// # Errors
    ///
    /// As [`Self::irq_by_index`].
    pub fn irq_by_name(&self, name: &CStr) -> Result<Line<'_>> {
        // SAFETY: the device is bound; the name is terminated.
        self.line(unsafe { bindings::platform_get_irq_byname(self.as_raw(), name.as_ptr()) })
    }

    /// The same without a line in the log, and nothing if the device has no such line. May sleep; process
    /// context only.
    ///
    /// # Errors
    ///
    /// As [`Self::irq_by_index`], but for `ENXIO`.
    pub fn optional_irq_by_name(&self, name: &CStr) -> Result<Option<Line<'_>>> {
        // SAFETY: as above.
        let number =
            unsafe { bindings::platform_get_irq_byname_optional(self.as_raw(), name.as_ptr()) };
        self.optional(number)
    }

    fn optional(&self, number: c_int) -> Result<Option<Line<'_>>> {
        match self.line(number) {
            Err(ENXIO) => Ok(None),
            line => line.map(Some),
        }
    }
}
