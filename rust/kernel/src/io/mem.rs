// SPDX-License-Identifier: GPL-2.0-only

//! Where a device's memory and ports are, and memory that is claimed and mapped by its address.
//!
//! C headers: `include/linux/ioport.h`, `include/linux/io.h`. What the functions do: `kernel/resource.c`,
//! `arch/x86/mm/ioremap.c`.

use core::ffi::CStr;
use core::ops::Deref;

use super::Mmio;
use crate::device::{Bound, Device};
use crate::devres::Devres;
use crate::error::code::{EINVAL, ENOMEM};
use crate::error::{Result, to_result};

/// Where a device's memory or ports are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// The first address, as the CPU sees it.
    pub start: u64,
    /// How many bytes.
    pub len: u64,
    /// What it is.
    pub kind: ResourceKind,
}

/// What is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// Memory.
    Memory,
    /// Ports.
    Ports,
}

/// A device's memory, claimed and mapped: `SIZE` bytes for certain, perhaps more. It dereferences to the
/// [`Mmio`] through which registers are accessed. A platform device gives it
/// ([`iomap_by_index`](crate::platform::Device::iomap_by_index)).
///
/// It borrows the device as bound, so it is unmapped before the driver is unbound. Who may outlive that, an
/// open file or an interrupt handler, has it in a [`Devres`]: [`Self::into_devres`]. If it is never dropped
/// the claim ends with the binding, and the mapping stays.
///
/// # Invariants
///
/// `memory` is a mapping that `Self::new` made; the claim on it is the device's, or has ended with the
/// binding.
pub struct IoMem<'bound, const SIZE: usize = 0> {
    memory: Mmio<'bound, SIZE>,
    device: &'bound Device<Bound>,
}

// SAFETY: the memory may be accessed, unmapped and released on any CPU.
unsafe impl<const SIZE: usize> Send for IoMem<'_, SIZE> {}
// SAFETY: a shared one offers only what the memory does.
unsafe impl<const SIZE: usize> Sync for IoMem<'_, SIZE> {}

impl<'bound, const SIZE: usize> IoMem<'bound, SIZE> {
    /// Claims the memory for a driver, by whose name `/proc/iomem` shows it, and maps it uncached. May
    /// sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: it has less than `SIZE` bytes, or does not begin at a multiple of 8.
    /// - `EBUSY`: somebody has claimed it, or it is the machine's own memory.
    /// - `ENOMEM`; also where C does not map it.
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        resource: Resource,
        name: &'static CStr,
    ) -> Result<Self> {
        // More than can be addressed cannot be mapped.
        let len = usize::try_from(resource.len).map_err(|_| ENOMEM)?;
        if len < SIZE || !resource.start.is_multiple_of(8) {
            return Err(EINVAL);
        }
        let (start, len_wide) = (resource.start, resource.len);
        let mut address = core::ptr::null_mut();
        // SAFETY:
        // - the device is bound;
        // - the name is static, and the claim ends before the module goes;
        // - the others are variables.
        to_result(unsafe {
            bindings::ferrite_io_map(
                device.as_raw(),
                &raw const start,
                &raw const len_wide,
                name.as_ptr(),
                &raw mut address,
            )
        })?;
        // INVARIANT: it has just been mapped, and was claimed for the device.
        Ok(Self {
            // SAFETY:
            // - all of it is mapped until this is dropped;
            // - that is no less than `SIZE`; what begins at a multiple of 8 is mapped so, since pages are.
            memory: unsafe { Mmio::new(address.cast(), len) },
            device,
        })
    }

    /// The same memory, for whoever may outlive the binding; it is unmapped at its end. May sleep; process
    /// context only.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; it is then unmapped.
    pub fn into_devres(self) -> Result<Devres<IoMem<'static, SIZE>>> {
        let device = self.device;
        // SAFETY: the types differ in the lifetime alone. A `Devres` drops its value while the device is
        // there, and lends it for as long as it is bound at most; what is lent gives nobody the device.
        let memory = unsafe { core::mem::transmute::<Self, IoMem<'static, SIZE>>(self) };
        Devres::new(device, memory)
    }
}

impl<'bound, const SIZE: usize> Deref for IoMem<'bound, SIZE> {
    type Target = Mmio<'bound, SIZE>;

    // What is lent cannot be copied, and so goes before the mapping.
    fn deref(&self) -> &Self::Target {
        &self.memory
    }
}

impl<const SIZE: usize> Drop for IoMem<'_, SIZE> {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is a mapping, which nothing can use any more; the device is there: it
        // is bound, or its resources are just being released.
        unsafe { bindings::ferrite_io_unmap(self.device.as_raw(), self.memory.address().cast()) };
    }
}
