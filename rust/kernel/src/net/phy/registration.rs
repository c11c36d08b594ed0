// SPDX-License-Identifier: GPL-2.0-only

//! Drivers in the system.

use core::ffi::c_int;
use core::ptr::NonNull;

use super::driver::DriverVTable;
use crate::error::{Result, from_err_ptr};
use crate::module;

/// Drivers of PHYs that are in the system. When this is dropped they are unbound and go.
///
/// If it is leaked, they go with the module.
///
/// # Examples
///
/// See [`Driver`](super::Driver); a module that has nothing else uses
/// [`module_phy_driver!`](crate::module_phy_driver).
///
/// # Invariants
///
/// The pointer is that of registered drivers, or of what is left of them if the module's exit has taken
/// them away.
pub struct Registration(NonNull<bindings::ferrite_phy_drivers>);

// SAFETY: drivers may be unregistered on any CPU.
unsafe impl Send for Registration {}
// SAFETY: a shared one offers nothing.
unsafe impl Sync for Registration {}

impl Registration {
    /// Brings drivers into the system, all or none. PHYs that are there are probed before this
    /// returns. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: there is a driver of such a name. The kernel logs it.
    /// - `ENOMEM`.
    ///
    /// What `probe` says is the PHY's affair.
    pub fn new(drivers: &[DriverVTable]) -> Result<Self> {
        let count = c_int::try_from(drivers.len())?;
        module::end_registrations();
        // SAFETY: so many drivers are there; what they point to is static. If they are leaked, they
        // go with the module, as has just been said.
        let drivers = from_err_ptr(unsafe {
            bindings::ferrite_phy_drivers_register(drivers.as_ptr().cast(), count)
        })?;
        // INVARIANT: they have just been registered.
        // SAFETY: C returns what it has allocated, or an error.
        Ok(Self(unsafe { NonNull::new_unchecked(drivers) }))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: by the invariant they are there; C leaves them alone if they are not registered any
        // more. Nobody looks at them afterwards.
        unsafe { bindings::ferrite_phy_drivers_unregister(self.0.as_ptr()) };
    }
}

/// A module that is drivers of PHYs and nothing else: their registration, their device table, and
/// what [`module!`](crate::module!) wants.
///
/// ```text
/// module_phy_driver! {
///     drivers: [Small, Large],
///     table: EXAMPLE_PHYS,
///     name: "example",
///     authors: ["The Ferrite developers"],
///     description: "Example PHYs",
///     license: "GPL",
/// }
/// ```
///
/// `table` is a name for the device table that nothing else in the module has. Each driver has a
/// [`PHY_DEVICE_ID`](crate::net::phy::Driver::PHY_DEVICE_ID), or it does not compile. Used by
/// `drivers/net/phy/qt2025`, `drivers/net/phy/ax88796b`, `samples/phy`.
///
/// A driver that matches by itself, and does not say for which PHYs it is to be loaded:
///
/// ```compile_fail,E0080
/// use core::ffi::CStr;
/// use kernel::net::phy::{Device, Driver, Unlocked};
/// use kernel::prelude::*;
///
/// struct Choosy;
///
/// #[vtable]
/// impl Driver for Choosy {
///     const NAME: &'static CStr = c"choosy";
///
///     fn match_phy_device(phy: &Device<Unlocked>) -> bool {
///         phy.phy_id() == 5
///     }
/// }
///
/// kernel::phy_drivers_have_ids!(Choosy);
/// ```
#[macro_export]
macro_rules! module_phy_driver {
    (drivers: [$($driver:ty),+ $(,)?], table: $table:ident, $($module:tt)+) => {
        $crate::mdio_device_table! {
            #[allow(dead_code, reason = "modpost reads it")]
            static $table = [$($crate::net::phy::DeviceId::new_with_driver::<$driver>()),+];
        }

        $crate::phy_drivers_have_ids!($($driver),+);

        $crate::module! { type: PhyDrivers, $($module)+ }

        /// The drivers in the system.
        struct PhyDrivers {
            _drivers: $crate::net::phy::Registration,
        }

        impl $crate::module::Module for PhyDrivers {
            fn init(_: &'static $crate::module::ThisModule) -> $crate::error::Result<Self> {
                static DRIVERS: [$crate::net::phy::DriverVTable; [$(stringify!($driver)),+].len()] =
                    [$($crate::net::phy::DriverVTable::of::<$driver>()),+];
                Ok(Self {
                    _drivers: $crate::net::phy::Registration::new(&DRIVERS)?,
                })
            }
        }
    };
}

/// Each of the drivers says for which PHYs it is to be loaded.
#[doc(hidden)]
#[macro_export]
macro_rules! phy_drivers_have_ids {
    ($($driver:ty),+) => {
        // It would have the module loaded for every PHY.
        const _: () = {
            $(::core::assert!(
                $crate::net::phy::DeviceId::new_with_driver::<$driver>().mask_as_int() != 0,
                "a driver in the table has a PHY_DEVICE_ID"
            );)+
        };
    };
}
