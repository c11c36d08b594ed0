// SPDX-License-Identifier: GPL-2.0-only

//! Platform devices: what is found on no bus, but known to be there.
//!
//! C header: `include/linux/platform_device.h`. What the functions do: `drivers/base/platform.c`.
//!
//! A driver implements [`Driver`] and keeps a
//! [`driver::Registration<Adapter<T>>`](driver::Registration). Devices come from firmware tables,
//! or from a module that knows of one ([`DeviceRegistration`]). What a device's memory is, and which lines
//! it has, it is asked by number or by name ([`Device::iomap_by_index`], [`Device::irq_by_index`]).
//!
//! Consumers: `samples/platform`; `samples/hpet` for memory and lines.

mod registration;
mod resource;
#[cfg(feature = "ktest")]
mod tests;

pub use registration::{DeviceRegistration, Id, NewResource};

use core::ffi::{CStr, c_char, c_int};
use core::marker::PhantomData;
use core::pin::Pin;

use pinned_init::PinInit;

use crate::device::{Core, DeviceContext, Normal, impl_bus_device};
use crate::device_id::{self, RawDeviceId};
use crate::driver::{self, RegistrationOps};
use crate::error::{Error, Result};
use crate::module::ThisModule;
use crate::types::Opaque;

/// A kind of platform devices, by the name that they were registered with.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct DeviceId(bindings::platform_device_id);

// SAFETY: it is transparent; C ends a table where the name is empty.
unsafe impl RawDeviceId for DeviceId {
    type Raw = bindings::platform_device_id;

    const END: Self = {
        // SAFETY: a struct of integers, for which zero is a value.
        Self(unsafe { core::mem::zeroed() })
    };
}

impl DeviceId {
    /// Devices of that name. For statics: a name that is too long (of more than 19 bytes) or empty
    /// does not compile there.
    #[must_use]
    pub const fn new(name: &CStr) -> Self {
        let mut id = Self::END;
        let bytes = name.to_bytes();
        assert!(
            !bytes.is_empty() && bytes.len() < id.0.name.len(),
            "the name of a platform device has between 1 and 19 bytes"
        );
        let mut at = 0;
        while at < bytes.len() {
            id.0.name[at] = bytes[at] as c_char;
            at += 1;
        }
        id
    }
}

/// Declares the platform devices that a driver is for: ids with what the driver says of each.
/// modpost makes the module's aliases of it, by which udev loads the module when such a device
/// turns up.
///
/// See [`Driver`](crate::platform::Driver).
#[macro_export]
macro_rules! platform_device_table {
    ($($table:tt)*) => {
        $crate::__device_table! { platform, $crate::platform::DeviceId, $($table)* }
    };
}

/// A driver of platform devices.
///
/// All methods run in process context, with the device locked, and may sleep.
///
/// # Examples
///
/// ```
/// use core::pin::Pin;
/// use kernel::device::{Bound, Core};
/// use kernel::prelude::*;
/// use kernel::{driver, platform, platform_device_table};
///
/// struct Led;
///
/// /// What there is for each device.
/// struct LedData<'bound> {
///     device: &'bound platform::Device<Bound>,
///     pin: u32,
/// }
///
/// platform_device_table! {
///     static LEDS: u32 = [(platform::DeviceId::new(c"ferrite-led"), 5)];
/// }
///
/// impl platform::Driver for Led {
///     type IdInfo = u32;
///     type Data<'bound> = LedData<'bound>;
///     const ID_TABLE: Option<&'static platform::IdTable<u32>> = Some(&LEDS);
///
///     fn probe<'bound>(
///         device: &'bound platform::Device<Core<'_>>,
///         info: Option<&'static u32>,
///     ) -> Result<impl PinInit<LedData<'bound>, Error>> {
///         let pin = *info.ok_or(ENODEV)?;
///         Ok(try_init!(LedData { device, pin }? Error))
///     }
///
///     fn unbind<'bound>(_: &'bound platform::Device<Core<'_>>, led: Pin<&LedData<'bound>>) {
///         dev_info!(led.device, "pin {} is free again", led.pin);
///     }
/// }
///
/// let driver = KBox::pin_init(driver::Registration::<platform::Adapter<Led>>::new(c"ferrite-led"), GFP_KERNEL)?;
/// let device = platform::DeviceRegistration::new(c"ferrite-led", platform::Id::None, None)?;
/// drop(device);
/// drop(driver);
/// # Ok::<(), Error>(())
/// ```
pub trait Driver: Sized + 'static {
    /// What the driver says of each kind of devices.
    type IdInfo: Sync + 'static;

    /// What the driver keeps for a device: as long as it is bound, and no longer.
    /// [`kernel::driver`](crate::driver) has the order in which things go.
    type Data<'bound>: Send + 'bound;

    /// The devices that the driver is for; without a table, those that are named as the driver is.
    const ID_TABLE: Option<&'static IdTable<Self::IdInfo>>;

    /// A device is there. `info` is what the table says of it; nothing if it was not the table that
    /// matched (such as `driver_override` in sysfs).
    ///
    /// # Errors
    ///
    /// What the driver says; the device is then not bound. `EPROBE_DEFER`: to be tried again when
    /// other devices have been bound.
    fn probe<'bound>(
        device: &'bound Device<Core<'_>>,
        info: Option<&'static Self::IdInfo>,
    ) -> Result<impl PinInit<Self::Data<'bound>, Error>>;

    /// The device is unbound: it goes, the driver does, or sysfs was told to. The data are dropped
    /// afterwards.
    fn unbind<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) {
        let _ = (device, data);
    }

    /// The machine goes down: the device has to be silent afterwards. Nothing is dropped.
    fn shutdown<'bound>(device: &'bound Device<Core<'_>>, data: Pin<&Self::Data<'bound>>) {
        let _ = (device, data);
    }
}

/// A table of a platform driver: see [`platform_device_table!`](crate::platform_device_table).
pub type IdTable<U> = device_id::IdTable<DeviceId, U>;

/// The driver as C sees it: `driver::Registration<platform::Adapter<T>>` is the driver in the
/// system.
pub struct Adapter<T>(PhantomData<T>);

impl<T: Driver> Adapter<T> {
    const OPS: &'static bindings::ferrite_platform_ops = &bindings::ferrite_platform_ops {
        probe: Some(Self::probe),
        remove: Some(Self::remove),
        shutdown: Some(Self::shutdown),
    };

    unsafe extern "C" fn probe(device: *mut bindings::platform_device) -> c_int {
        // SAFETY: the driver core has locked the device, and it counts as bound until `remove` has
        // returned.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        // SAFETY: the device is there; the entry is not looked at.
        let id = unsafe { bindings::ferrite_platform_id_entry(device.as_raw()) };
        let info = T::ID_TABLE.and_then(|table| table.info(id));
        // SAFETY: that is what C calls this for; `remove` below is its counterpart.
        unsafe { driver::bind(device.generic(), T::probe(device, info)) }
    }

    unsafe extern "C" fn remove(device: *mut bindings::platform_device) {
        // SAFETY: as in `probe`.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        // SAFETY: C calls this once for each `probe` that has succeeded.
        unsafe { driver::unbind(device.generic(), |data| T::unbind(device, data)) };
    }

    unsafe extern "C" fn shutdown(device: *mut bindings::platform_device) {
        // SAFETY: as in `probe`.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        // SAFETY: C calls this for a device that is bound, with the device locked.
        T::shutdown(device, unsafe { driver::lend(device.generic()) });
    }
}

// SAFETY: both call C's functions for it.
unsafe impl<T: Driver> RegistrationOps for Adapter<T> {
    type DriverType = bindings::platform_driver;

    unsafe fn register(driver: *mut bindings::platform_driver, name: &'static CStr) -> c_int {
        // SAFETY: the caller promises memory that stays; all else is static.
        unsafe {
            bindings::ferrite_platform_driver_register(
                driver,
                ThisModule::ADDRESS,
                name.as_ptr(),
                T::ID_TABLE.map_or(core::ptr::null(), device_id::IdTable::as_ptr),
                Self::OPS,
            )
        }
    }

    unsafe fn unregister(driver: *mut bindings::platform_driver) {
        // SAFETY: the caller promises that it is registered.
        unsafe { bindings::platform_driver_unregister(driver) };
    }
}

/// A platform device, `struct platform_device`. [`kernel::device`](crate::device) says what the
/// contexts are.
///
/// # Invariants
///
/// As those of [`device::Device`](crate::device::Device).
#[repr(transparent)]
pub struct Device<Ctx: DeviceContext = Normal>(Opaque<bindings::platform_device>, PhantomData<Ctx>);

impl_bus_device!(
    Device,
    bindings::platform_device,
    bindings::ferrite_platform_to_device
);

impl<Ctx: DeviceContext> Device<Ctx> {
    /// The number behind its name, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        // SAFETY: the device is there, and the number never changes.
        u32::try_from(unsafe { bindings::ferrite_platform_id(self.as_raw()) }).ok()
    }
}
