// SPDX-License-Identifier: GPL-2.0-only

//! Which devices a driver is for.

use crate::device_id::{self, RawDeviceId};

/// One kind of device, by vendor, device, subsystem and class.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct DeviceId(bindings::pci_device_id);

// SAFETY: it is transparent; C ends a table where vendor, subsystem and class are zero.
unsafe impl RawDeviceId for DeviceId {
    type Raw = bindings::pci_device_id;

    const END: Self = {
        // SAFETY: a struct of integers, for which zero is a value.
        Self(unsafe { core::mem::zeroed() })
    };
}

impl DeviceId {
    /// Any vendor, device or subsystem.
    pub const ANY: u32 = u32::MAX;

    /// A device of a vendor; any subsystem, any class.
    #[must_use]
    pub const fn new(vendor: u32, device: u32) -> Self {
        let mut id = Self::END;
        id.0.vendor = vendor;
        id.0.device = device;
        id.0.subvendor = Self::ANY;
        id.0.subdevice = Self::ANY;
        id
    }

    /// Every device of a class; the mask says which of the 24 bits count.
    #[must_use]
    pub const fn class(class: u32, mask: u32) -> Self {
        Self::new(Self::ANY, Self::ANY).with_class(class, mask)
    }

    /// The same, of one class only; the mask says which of the 24 bits count.
    #[must_use]
    pub const fn with_class(mut self, class: u32, mask: u32) -> Self {
        self.0.class = class;
        self.0.class_mask = mask;
        self
    }

    /// The same, of one subsystem only.
    #[must_use]
    pub const fn subsystem(mut self, vendor: u32, device: u32) -> Self {
        self.0.subvendor = vendor;
        self.0.subdevice = device;
        self
    }
}

/// A table of a PCI driver: see [`pci_device_table!`](crate::pci_device_table).
pub type IdTable<U> = device_id::IdTable<DeviceId, U>;

/// Declares the devices that a driver is for: ids with what the driver says of each. modpost makes
/// the module's aliases of it, by which udev loads the module when such a device turns up.
///
/// See [`Driver`](crate::pci::Driver).
#[macro_export]
macro_rules! pci_device_table {
    ($($table:tt)*) => {
        $crate::__device_table! { pci, $crate::pci::DeviceId, $($table)* }
    };
}

#[cfg(feature = "ktest")]
mod tests {
    use super::{DeviceId, IdTable};
    use crate::prelude::*;

    crate::pci_device_table! {
        static TABLE: u8 = [
            (DeviceId::new(0x10de, 0x1f02), 1),
            (DeviceId::class(0x03_0000, 0xff_0000), 2),
            (DeviceId::new(0x10de, DeviceId::ANY).subsystem(0x1043, 0x8674), 3),
            (DeviceId::new(0x1002, DeviceId::ANY).with_class(0x03_0200, 0xff_ff00), 4),
        ];
    }

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
        assert_eq!(entry(3), [0x1002, ANY, ANY, ANY, 0x03_0200, 0xff_ff00]);
        assert_eq!(entry(4), [0; 6]);
        let table: &IdTable<u8> = &TABLE;
        assert!(table.len() == 4 && !table.is_empty());
        assert_eq!(table.info(table.as_ptr().wrapping_add(2)), Some(&3));
    }
}
