// SPDX-License-Identifier: GPL-2.0-only

//! A device's interrupts.

use core::ffi::c_uint;
use core::ops::RangeInclusive;

use super::Device;
use crate::device::Bound;
use crate::error::code::EINVAL;
use crate::error::{Error, Result};
use crate::irq::Line;

/// How a device may send interrupts. They are combined with `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VectorTypes(c_uint);

impl VectorTypes {
    /// By messages that the device has a table of.
    pub const MSI_X: Self = Self(bindings::FERRITE_PCI_VECTORS_MSIX as c_uint);
    /// By messages.
    pub const MSI: Self = Self(bindings::FERRITE_PCI_VECTORS_MSI as c_uint);
    /// By a wire, which others may share: [`Flags::SHARED`](crate::irq::Flags::SHARED).
    pub const INTX: Self = Self(bindings::FERRITE_PCI_VECTORS_INTX as c_uint);
    /// By any of them, MSI-X before MSI before the wire.
    pub const ALL: Self = Self(Self::MSI_X.0 | Self::MSI.0 | Self::INTX.0);
}

impl core::ops::BitOr for VectorTypes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A device's interrupt vectors. They are freed when the device is unbound, after the last handler.
///
/// # Invariants
///
/// The device has that many, as long as it is bound.
#[derive(Clone, Copy)]
pub struct Vectors<'bound> {
    device: &'bound Device<Bound>,
    count: u32,
}

impl Device<Bound> {
    /// Allocates as many vectors as there are, within these limits. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENOSPC`: there are fewer.
    /// - `EINVAL`: the limits are no limits, or the device has none of the types.
    /// - `EBUSY`: the device has vectors already; it keeps them until it is unbound.
    /// - `ENOMEM`.
    pub fn irq_vectors(
        &self,
        count: RangeInclusive<u32>,
        types: VectorTypes,
    ) -> Result<Vectors<'_>> {
        let (min, max) = count.into_inner();
        if min == 0 || min > max {
            return Err(EINVAL);
        }
        // SAFETY: the device is bound.
        let count = unsafe { bindings::ferrite_pci_vectors(self.as_raw(), min, max, types.0) };
        // INVARIANT: that many were allocated.
        match u32::try_from(count) {
            Ok(count) => Ok(Vectors {
                device: self,
                count,
            }),
            Err(_) => Err(Error::from_errno(count)),
        }
    }
}

impl<'bound> Vectors<'bound> {
    /// How many there are.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// The line of one of them. Any context.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are no more than [`Self::count`].
    pub fn line(self, index: u32) -> Result<Line<'bound>> {
        if index >= self.count {
            return Err(EINVAL);
        }
        // SAFETY: the device is there, and has that many vectors.
        let number = unsafe { bindings::pci_irq_vector(self.device.as_raw(), index) };
        let number = u32::try_from(number).map_err(|_| Error::from_errno(number))?;
        // SAFETY: the vectors are the device's until what was managed for it before them goes.
        Ok(unsafe { Line::new(self.device.generic(), number) })
    }
}
