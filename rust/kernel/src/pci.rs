// SPDX-License-Identifier: GPL-2.0-only

//! PCI: which devices a driver is for.
//!
//! C header: `include/linux/mod_devicetable.h`.

/// One kind of device, by vendor, device, subsystem and class.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct DeviceId(bindings::pci_device_id);

impl DeviceId {
    /// Any vendor, device or subsystem.
    pub const ANY: u32 = u32::MAX;

    const ZERO: Self = {
        // SAFETY: a struct of integers, for which zero is a value.
        Self(unsafe { core::mem::zeroed() })
    };

    /// A device of a vendor; any subsystem, any class.
    #[must_use]
    pub const fn new(vendor: u32, device: u32) -> Self {
        let mut id = Self::ZERO;
        id.0.vendor = vendor;
        id.0.device = device;
        id.0.subvendor = Self::ANY;
        id.0.subdevice = Self::ANY;
        id
    }

    /// Every device of a class; the mask says which of the 24 bits count.
    #[must_use]
    pub const fn class(class: u32, mask: u32) -> Self {
        let mut id = Self::new(Self::ANY, Self::ANY);
        id.0.class = class;
        id.0.class_mask = mask;
        id
    }

    /// The same, of one subsystem only.
    #[must_use]
    pub const fn subsystem(mut self, vendor: u32, device: u32) -> Self {
        self.0.subvendor = vendor;
        self.0.subdevice = device;
        self
    }
}

/// The devices that a driver is for, with the empty entry behind them that C looks for.
///
/// # Invariants
///
/// `end` is all zeroes.
#[repr(C)]
pub struct IdTable<const N: usize> {
    ids: [DeviceId; N],
    end: DeviceId,
}

// SAFETY: a table of integers that never changes.
unsafe impl<const N: usize> Sync for IdTable<N> {}

impl<const N: usize> IdTable<N> {
    /// Use [`pci_device_table!`](crate::pci_device_table), which also tells modpost.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(ids: [DeviceId; N]) -> Self {
        // INVARIANT: the last entry is zero.
        Self {
            ids,
            end: DeviceId::ZERO,
        }
    }

    /// How many kinds of devices there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        N
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        N == 0
    }

    /// For C.
    #[must_use]
    pub const fn as_ptr(&'static self) -> *const bindings::pci_device_id {
        self.ids.as_ptr().cast()
    }
}

/// Declares the devices that a driver is for. modpost makes the module's aliases of it, by which
/// udev loads the module when such a device turns up.
#[macro_export]
macro_rules! pci_device_table {
    ($(#[$attribute:meta])* static $name:ident = [$($id:expr),+ $(,)?];) => {
        $crate::macros::device_table! {
            pci,
            $(#[$attribute])*
            static $name: $crate::pci::IdTable<{ [$($id),+].len() }> = $crate::pci::IdTable::new([$($id),+]);
        }
    };
}

#[cfg(feature = "ktest")]
mod tests {
    use super::{DeviceId, IdTable};
    use crate::prelude::*;

    static TABLE: IdTable<3> = IdTable::new([
        DeviceId::new(0x10de, 0x1f02),
        DeviceId::class(0x03_0000, 0xff_0000),
        DeviceId::new(0x10de, DeviceId::ANY).subsystem(0x1043, 0x8674),
    ]);

    /// Vendor, device, subsystem's vendor and device, class and its mask.
    fn entry(index: usize) -> [u32; 6] {
        // SAFETY: the table is followed by an entry of zeroes, and nobody asks for more.
        let id = unsafe { &*TABLE.as_ptr().add(index.min(TABLE.len())) };
        let (device, subsystem) = ([id.vendor, id.device], [id.subvendor, id.subdevice]);
        let ([a, b], [c, d]) = (device, subsystem);
        [a, b, c, d, id.class, id.class_mask]
    }

    #[kernel_test]
    fn a_table_is_what_c_reads() {
        const ANY: u32 = DeviceId::ANY;
        assert_eq!(entry(0), [0x10de, 0x1f02, ANY, ANY, 0, 0]);
        assert_eq!(entry(1), [ANY, ANY, ANY, ANY, 0x03_0000, 0xff_0000]);
        assert_eq!(entry(2), [0x10de, ANY, 0x1043, 0x8674, 0, 0]);
        assert_eq!(entry(3), [0; 6]);
        assert!(TABLE.len() == 3 && !TABLE.is_empty());
    }
}
