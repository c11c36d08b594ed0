// SPDX-License-Identifier: GPL-2.0-only

//! Which PHYs a driver is for.

use crate::device_id::RawDeviceId;

/// Which bits of an identifier count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceMask {
    /// All.
    Exact,
    /// All but the lowest four, which count revisions.
    Model,
    /// Those of the vendor alone: all but the lowest ten.
    Vendor,
    /// These.
    Custom(u32),
}

impl DeviceMask {
    /// The bits that count.
    #[must_use]
    pub const fn as_int(self) -> u32 {
        match self {
            Self::Exact => bindings::FERRITE_PHY_MASK_EXACT,
            Self::Model => bindings::FERRITE_PHY_MASK_MODEL,
            Self::Vendor => bindings::FERRITE_PHY_MASK_VENDOR,
            Self::Custom(mask) => mask,
        }
    }
}

/// What identifies PHYs: the number in their registers 2 and 3 (of clause 22, or of one of their
/// devices of clause 45), and which of its bits count.
///
/// ```
/// use kernel::net::phy::DeviceId;
/// use kernel::prelude::*;
///
/// let model = DeviceId::new_with_model_mask(0x003b_1841);
/// assert!(model.matches(0x003b_184f) && !model.matches(0x003b_1851));
/// let vendor = DeviceId::new_with_vendor_mask(0x003b_1841);
/// assert!(vendor.matches(0x003b_1bff) && !vendor.matches(0x003b_1c00));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceId {
    id: u32,
    mask: DeviceMask,
}

impl DeviceId {
    /// One model, in one revision.
    #[must_use]
    pub const fn new_with_exact_mask(id: u32) -> Self {
        Self::new_with_mask(id, DeviceMask::Exact)
    }

    /// One model, in all revisions.
    #[must_use]
    pub const fn new_with_model_mask(id: u32) -> Self {
        Self::new_with_mask(id, DeviceMask::Model)
    }

    /// All of a vendor's.
    #[must_use]
    pub const fn new_with_vendor_mask(id: u32) -> Self {
        Self::new_with_mask(id, DeviceMask::Vendor)
    }

    /// Those that have the bits of `mask` in common with `id`.
    #[must_use]
    pub const fn new_with_custom_mask(id: u32, mask: u32) -> Self {
        Self::new_with_mask(id, DeviceMask::Custom(mask))
    }

    /// The PHYs of a driver.
    #[must_use]
    pub const fn new_with_driver<T: super::Driver>() -> Self {
        T::PHY_DEVICE_ID
    }

    const fn new_with_mask(id: u32, mask: DeviceMask) -> Self {
        Self { id, mask }
    }

    /// The number.
    #[must_use]
    pub const fn id(self) -> u32 {
        self.id
    }

    /// Which bits of it count.
    #[must_use]
    pub const fn mask(self) -> DeviceMask {
        self.mask
    }

    /// Which bits of it count, as C has it.
    #[must_use]
    pub const fn mask_as_int(self) -> u32 {
        self.mask.as_int()
    }

    /// Whether that is one of them.
    #[must_use]
    pub const fn matches(self, id: u32) -> bool {
        (self.id ^ id) & self.mask_as_int() == 0
    }

    /// As it stands in a table.
    #[must_use]
    pub const fn mdio_device_id(self) -> MdioDeviceId {
        MdioDeviceId(bindings::mdio_device_id {
            phy_id: self.id,
            phy_id_mask: self.mask_as_int(),
        })
    }
}

/// What identifies PHYs, as C has it in tables: see [`DeviceId::mdio_device_id`].
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct MdioDeviceId(bindings::mdio_device_id);

// SAFETY: it is transparent; a table ends where nothing counts.
unsafe impl RawDeviceId for MdioDeviceId {
    type Raw = bindings::mdio_device_id;

    const END: Self = DeviceId::new_with_custom_mask(0, 0).mdio_device_id();
}

/// Declares which PHYs the drivers of a module are for. modpost makes the module's aliases of it, by
/// which phylib has the module loaded when it finds such a PHY.
///
/// [`module_phy_driver!`](crate::module_phy_driver) does it for the drivers that it has.
///
/// ```
/// use kernel::mdio_device_table;
/// use kernel::net::phy::DeviceId;
/// use kernel::prelude::*;
///
/// mdio_device_table! {
///     static EXAMPLE_PHYS = [
///         DeviceId::new_with_exact_mask(0x1234_5671),
///         DeviceId::new_with_model_mask(0x1234_5680),
///     ];
/// }
/// assert_eq!(EXAMPLE_PHYS.len(), 2);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! mdio_device_table {
    ($(#[$attribute:meta])* $vis:vis static $name:ident = [$($id:expr),+ $(,)?];) => {
        $crate::__device_table! {
            mdio, $crate::net::phy::MdioDeviceId,
            $(#[$attribute])* $vis static $name: () = [$(($id.mdio_device_id(), ())),+];
        }
    };
}
