// SPDX-License-Identifier: GPL-2.0-only

//! A device's memory and ports.

use core::ffi::{CStr, c_uint};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Deref;

use super::Device;
use crate::device::Bound;
use crate::devres::Devres;
use crate::error::code::{EINVAL, ENODEV, ENOMEM, EOPNOTSUPP};
use crate::error::{Result, to_result};
use crate::io::{Mmio, Ports, Resource, ResourceKind};

/// That what is behind a BAR is the driver's, and nobody else's: from [`Device::claim_bar`]. If this is never
/// dropped it ends with the binding.
pub struct Claim<'bound> {
    device: *mut bindings::pci_dev,
    bar: c_uint,
    _bound: PhantomData<&'bound Device<Bound>>,
}

// SAFETY: a claim may be given up on any CPU.
unsafe impl Send for Claim<'_> {}
// SAFETY: a shared one offers nothing.
unsafe impl Sync for Claim<'_> {}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // SAFETY: the device is there: it is bound, or its resources are just being released.
        unsafe { bindings::ferrite_pci_disclaim(self.device, self.bar) };
    }
}

/// A device's memory behind one of its BARs, claimed and mapped: `SIZE` bytes for certain, perhaps
/// more. It dereferences to the [`Mmio`] through which registers are accessed.
///
/// It borrows the device as bound, so it is unmapped before the driver is unbound. Who may outlive
/// that, an open file or an interrupt handler, has it in a [`Devres`]: [`Self::into_devres`].
///
/// What a device that was pulled out still answers is all ones; [`Device::is_present`] tells.
///
/// # Invariants
///
/// `memory` is a mapping that `map_bar` made.
pub struct Bar<'bound, const SIZE: usize = 0> {
    memory: Mmio<'bound, SIZE>,
    claim: Claim<'bound>,
}

// SAFETY: the memory may be accessed, unmapped and released on any CPU.
unsafe impl<const SIZE: usize> Send for Bar<'_, SIZE> {}
// SAFETY: a shared one offers only what the memory does.
unsafe impl<const SIZE: usize> Sync for Bar<'_, SIZE> {}

/// A device's ports behind one of its BARs, claimed: `SIZE` of them for certain, perhaps more. It
/// dereferences to the [`Ports`] through which registers are accessed.
///
/// As for the rest it is like a [`Bar`].
pub struct PortBar<'bound, const SIZE: usize = 0> {
    ports: Ports<'bound, SIZE>,
    claim: Claim<'bound>,
}

// SAFETY: the ports may be accessed and released on any CPU.
unsafe impl<const SIZE: usize> Send for PortBar<'_, SIZE> {}
// SAFETY: a shared one offers only what the ports do.
unsafe impl<const SIZE: usize> Sync for PortBar<'_, SIZE> {}

impl Device<Bound> {
    /// What is behind a BAR; nothing if there is no such BAR, or it is empty, or has no address.
    #[must_use]
    pub fn resource(&self, bar: u32) -> Option<Resource> {
        if bar >= bindings::FERRITE_PCI_BARS {
            return None;
        }
        let mut resource = MaybeUninit::uninit();
        // SAFETY: the device is there, and it has a BAR of that number, which may be empty.
        unsafe { bindings::ferrite_pci_resource(self.as_raw(), bar, resource.as_mut_ptr()) };
        // SAFETY: C has filled all of it.
        let resource = unsafe { resource.assume_init() };
        let kind = match (resource.memory, resource.ports) {
            (true, _) => ResourceKind::Memory,
            (_, true) => ResourceKind::Ports,
            _ => return None,
        };
        (resource.len > 0).then_some(Resource {
            start: resource.start,
            len: resource.len,
            kind,
        })
    }

    /// A BAR of this kind that has at least `size` bytes.
    fn sized(&self, bar: u32, kind: ResourceKind, size: usize) -> Result<(Resource, usize)> {
        let resource = self.resource(bar).ok_or(ENODEV)?;
        if resource.kind != kind {
            return Err(EOPNOTSUPP);
        }
        // What is larger than what can be addressed cannot be mapped either: C says so.
        let len = usize::try_from(resource.len).unwrap_or(usize::MAX);
        if len < size {
            return Err(EINVAL);
        }
        Ok((resource, len))
    }

    /// Claims what is behind a BAR (`pci_request_region`) without mapping it, so that nobody else
    /// does: as long as it is somebody's, a frame buffer of the firmware's for one, this fails. `name`
    /// is the driver's, for `/proc/iomem` and `/proc/ioports`. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device has no such BAR, or it has no address.
    /// - `EBUSY`: somebody has claimed it.
    /// - `ENOMEM`.
    pub fn claim_bar(&self, bar: u32, name: &'static CStr) -> Result<Claim<'_>> {
        self.resource(bar).ok_or(ENODEV)?;
        self.claim(bar, name)
    }

    /// As [`Self::claim_bar`], of one that there is.
    fn claim(&self, bar: u32, name: &'static CStr) -> Result<Claim<'_>> {
        // SAFETY: the device is bound and has such a BAR; the name is static, and the claim ends
        // before the module goes.
        to_result(unsafe { bindings::ferrite_pci_claim(self.as_raw(), bar, name.as_ptr()) })?;
        Ok(Claim {
            device: self.as_raw(),
            bar,
            _bound: PhantomData,
        })
    }

    /// Claims and maps the memory behind a BAR, of at least `SIZE` bytes. `name` is the driver's, for
    /// `/proc/iomem`. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device has no such BAR, or it has no address.
    /// - `EINVAL`: it has fewer than `SIZE` bytes.
    /// - `EOPNOTSUPP`: it has ports, not memory.
    /// - `EBUSY`: somebody has claimed it.
    /// - `ENOMEM`: it could not be mapped.
    pub fn map_bar<const SIZE: usize>(
        &self,
        bar: u32,
        name: &'static CStr,
    ) -> Result<Bar<'_, SIZE>> {
        let (_, len) = self.sized(bar, ResourceKind::Memory, SIZE)?;
        let claim = self.claim(bar, name)?;
        // SAFETY: the device is there, and has such a BAR.
        let address = unsafe { bindings::ferrite_pci_map(self.as_raw(), bar) }.cast::<u8>();
        if address.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: it has just been mapped.
        Ok(Bar {
            // SAFETY:
            // - all of the BAR is mapped until this is dropped;
            // - that is no less than `SIZE`; a BAR of memory is aligned to its length, of at least 16
            //   bytes, and is mapped so.
            memory: unsafe { Mmio::new(address, len) },
            claim,
        })
    }

    /// Claims the ports behind a BAR, at least `SIZE` of them. `name` is the driver's, for
    /// `/proc/ioports`. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device has no such BAR, or it has no address.
    /// - `EINVAL`: it has fewer than `SIZE` ports, or none that x86 has.
    /// - `EOPNOTSUPP`: it has memory, not ports.
    /// - `EBUSY`: somebody has claimed it.
    /// - `ENOMEM`.
    pub fn claim_ports<const SIZE: usize>(
        &self,
        bar: u32,
        name: &'static CStr,
    ) -> Result<PortBar<'_, SIZE>> {
        let (resource, len) = self.sized(bar, ResourceKind::Ports, SIZE)?;
        let first = u16::try_from(resource.start)?;
        let last = resource
            .start
            .saturating_add(resource.len)
            .saturating_sub(1);
        if !first.is_multiple_of(4) || last > u64::from(u16::MAX) {
            return Err(EINVAL);
        }
        Ok(PortBar {
            claim: self.claim(bar, name)?,
            // SAFETY: that many ports are the BAR's, and the first is a multiple of 4.
            ports: unsafe { Ports::new(first, len) },
        })
    }
}

impl<'bound, const SIZE: usize> Bar<'bound, SIZE> {
    /// The same memory, for whoever may outlive the binding; it is unmapped at its end. May sleep;
    /// process context only.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; it is then unmapped.
    pub fn into_devres(self) -> Result<Devres<Bar<'static, SIZE>>> {
        // SAFETY: the device is there, and bound during `'bound`.
        let device: &'bound Device<Bound> = unsafe { Device::from_raw(self.claim.device) };
        // SAFETY: the types differ in the lifetime alone. A `Devres` drops its value while the
        // device is there, and lends it for as long as it is bound at most.
        let bar = unsafe { core::mem::transmute::<Self, Bar<'static, SIZE>>(self) };
        Devres::new(device.generic(), bar)
    }
}

impl<'bound, const SIZE: usize> Deref for Bar<'bound, SIZE> {
    type Target = Mmio<'bound, SIZE>;

    // What is lent cannot be copied, and so goes before the mapping.
    fn deref(&self) -> &Self::Target {
        &self.memory
    }
}

impl<'bound, const SIZE: usize> PortBar<'bound, SIZE> {
    /// The same ports, for whoever may outlive the binding. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; they are then released.
    pub fn into_devres(self) -> Result<Devres<PortBar<'static, SIZE>>> {
        // SAFETY: the device is there, and bound during `'bound`.
        let device: &'bound Device<Bound> = unsafe { Device::from_raw(self.claim.device) };
        // SAFETY: as for `Bar`.
        let bar = unsafe { core::mem::transmute::<Self, PortBar<'static, SIZE>>(self) };
        Devres::new(device.generic(), bar)
    }
}

impl<const SIZE: usize> Drop for Bar<'_, SIZE> {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `map_bar`, and nothing can use it any more. The device is there,
        // and the claim is dropped next.
        unsafe { bindings::ferrite_pci_unmap(self.claim.device, self.memory.address().cast()) };
    }
}

impl<'bound, const SIZE: usize> Deref for PortBar<'bound, SIZE> {
    type Target = Ports<'bound, SIZE>;

    fn deref(&self) -> &Self::Target {
        &self.ports
    }
}
