// SPDX-License-Identifier: GPL-2.0-only

//! Drivers in the system.

use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::ptr::NonNull;

use super::driver::DriverVTable;
use super::image::Image;
use crate::error::{Result, from_err_ptr, to_result};
use crate::module::{self, ThisModule};

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
        // SAFETY: so many drivers are there, which are copied; what they point to is static. If they are
        // leaked, they go with the module, as has just been said.
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

/// The drivers of a module that has nothing else: they are in the system as long as the module's value
/// is there. They are made while the module is compiled, and no memory is needed for them.
#[doc(hidden)]
pub struct ModuleDrivers<const N: usize>(UnsafeCell<[Image; N]>);

// SAFETY: nothing but C looks at them once they are registered, and it may on any CPU.
unsafe impl<const N: usize> Sync for ModuleDrivers<N> {}

impl<const N: usize> ModuleDrivers<N> {
    const COUNT: c_int = {
        assert!(N <= c_int::MAX as usize);
        N as c_int
    };

    /// These drivers.
    #[must_use]
    pub const fn new(drivers: [DriverVTable; N]) -> Self {
        let mut images = [Image::EMPTY; N];
        let mut index = 0;
        while index < N {
            images[index] = *drivers[index].0;
            index += 1;
        }
        Self(UnsafeCell::new(images))
    }

    /// Brings them into the system, all or none, as [`Registration::new`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Safety
    ///
    /// They are not registered. If this succeeds, [`Self::unregister`] is called before the module goes.
    #[inline]
    pub unsafe fn register(&'static self) -> Result {
        // SAFETY: so many drivers are there for as long as the module is; nobody else looks at them, and
        // what they point to is static. They go before the module, as the caller promises.
        to_result(unsafe {
            bindings::phy_drivers_register(self.0.get().cast(), Self::COUNT, ThisModule::ADDRESS)
        })
    }

    /// Takes them away. Who was about to call them may still look at them: they stay where they are.
    ///
    /// # Safety
    ///
    /// They are registered.
    #[inline]
    pub unsafe fn unregister(&'static self) {
        // SAFETY: the caller promises it.
        unsafe { bindings::phy_drivers_unregister(self.0.get().cast(), Self::COUNT) };
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

        $crate::module! { type: __phy_drivers::PhyDrivers, $($module)+ }

        #[doc(hidden)]
        mod __phy_drivers {
            use super::*;

            static DRIVERS: $crate::net::phy::ModuleDrivers<{ [$(stringify!($driver)),+].len() }> =
                $crate::net::phy::ModuleDrivers::new([
                    $($crate::net::phy::DriverVTable::of::<$driver>()),+
                ]);

            /// The drivers in the system.
            pub(super) struct PhyDrivers(());

            impl $crate::module::Module for PhyDrivers {
                fn init(_: &'static $crate::module::ThisModule) -> $crate::error::Result<Self> {
                    // SAFETY: the loader has the module's value made once, which is dropped before the
                    // module goes; nobody else makes one.
                    unsafe { DRIVERS.register() }?;
                    Ok(Self(()))
                }
            }

            impl ::core::ops::Drop for PhyDrivers {
                fn drop(&mut self) {
                    // SAFETY: they were registered when this was made.
                    unsafe { DRIVERS.unregister() };
                }
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
