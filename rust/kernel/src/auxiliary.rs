// SPDX-License-Identifier: GPL-2.0-only

//! Auxiliary devices: parts of one device, each with a driver of its own.
//!
//! C header: `include/linux/auxiliary_bus.h`. What the functions do: `drivers/base/auxiliary.c`.
//!
//! The driver of a device that does several things (a network card that is also an RDMA device, a
//! GPU that also drives displays) makes an auxiliary device for each ([`Registration`]). Its name
//! is `module.name.id`, after the module that made it; a [`Driver`] is for names `module.name`.
//!
//! # What the two share
//!
//! The maker may give a value with the device ([`Registration::new`]), and a driver in the same
//! module gets it as a reference ([`Device::registration_data`]), checked by its type. It has to be
//! `'static`: then nothing breaks if a registration is forgotten, and outlives the binding of its
//! parent. For drivers in other modules there is none: types of Rust do not cross modules.
//!
//! Consumer: `samples/auxiliary`.

#[cfg(feature = "ktest")]
mod tests;

use core::any::TypeId;
use core::ffi::{CStr, c_char, c_int};
use core::marker::PhantomData;
use core::pin::Pin;
use core::ptr::NonNull;

use pinned_init::PinInit;

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::device::{self, Bound, Core, DeviceContext, Normal, impl_bus_device};
use crate::device_id::{self, RawDeviceId};
use crate::driver::{self, RegistrationOps};
use crate::error::code::{EINVAL, ENOENT};
use crate::error::{Error, Result, from_err_ptr};
use crate::module::ThisModule;
use crate::types::Opaque;

/// A kind of auxiliary devices: those that a module has made under a name.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct DeviceId(bindings::auxiliary_device_id);

// SAFETY: it is transparent; C ends a table where the name is empty.
unsafe impl RawDeviceId for DeviceId {
    type Raw = bindings::auxiliary_device_id;

    const END: Self = {
        // SAFETY: a struct of integers, for which zero is a value.
        Self(unsafe { core::mem::zeroed() })
    };
}

impl DeviceId {
    /// Devices of the module `module` that it has named `name`. For statics: names that are too
    /// long (more than 31 bytes with the point between them) do not compile there.
    #[must_use]
    pub const fn new(module: &CStr, name: &CStr) -> Self {
        let mut id = Self::END;
        let (module, name) = (module.to_bytes(), name.to_bytes());
        // The smallest of the kernels' limits.
        assert!(
            module.len() + 1 + name.len() < 32,
            "the names of a module and an auxiliary device have up to 30 bytes together"
        );
        let mut at = 0;
        while at < module.len() {
            id.0.name[at] = module[at] as c_char;
            at += 1;
        }
        id.0.name[at] = b'.' as c_char;
        at = 0;
        while at < name.len() {
            id.0.name[module.len() + 1 + at] = name[at] as c_char;
            at += 1;
        }
        id
    }
}

/// Declares the auxiliary devices that a driver is for: ids with what the driver says of each.
/// modpost makes the module's aliases of it.
///
/// See [`Driver`](crate::auxiliary::Driver).
#[macro_export]
macro_rules! auxiliary_device_table {
    ($($table:tt)*) => {
        $crate::__device_table! { auxiliary, $crate::auxiliary::DeviceId, $($table)* }
    };
}

/// A driver of auxiliary devices.
///
/// All methods run in process context, with the device locked, and may sleep.
///
/// # Examples
///
/// ```
/// use core::pin::Pin;
/// use kernel::device::{Bound, Core};
/// use kernel::prelude::*;
/// use kernel::{auxiliary, auxiliary_device_table, driver, faux};
///
/// struct Clock;
///
/// auxiliary_device_table! {
///     static CLOCKS: () = [(auxiliary::DeviceId::new(c"unit", c"clock"), ())];
/// }
///
/// impl auxiliary::Driver for Clock {
///     type IdInfo = ();
///     type Data<'bound> = &'bound u32;
///     const ID_TABLE: &'static auxiliary::IdTable<()> = &CLOCKS;
///
///     fn probe<'bound>(
///         device: &'bound auxiliary::Device<Core<'_>>,
///         _: Option<&'static ()>,
///     ) -> Result<impl PinInit<&'bound u32, Error>> {
///         let device: &'bound auxiliary::Device<Bound> = device;
///         Ok(device.registration_data::<u32>())
///     }
///
///     fn unbind<'bound>(
///         device: &'bound auxiliary::Device<Core<'_>>,
///         hertz: Pin<&&'bound u32>,
///     ) {
///         dev_info!(device, "stopped at {} Hz", **hertz);
///     }
/// }
///
/// let driver = KBox::pin_init(driver::Registration::<auxiliary::Adapter<Clock>>::new(c"clock"), GFP_KERNEL)?;
/// let parent = faux::Registration::new(c"ferrite-example", None)?;
/// let clock = auxiliary::Registration::new(parent.device(), c"clock", 0, 32768_u32)?;
/// drop(clock);
/// drop(driver);
/// # Ok::<(), Error>(())
/// ```
pub trait Driver: Sized + 'static {
    /// What the driver says of each kind of devices.
    type IdInfo: Sync + 'static;

    /// What the driver keeps for a device: as long as it is bound, and no longer.
    /// [`kernel::driver`](crate::driver) has the order in which things go.
    type Data<'bound>: Send + 'bound;

    /// The devices that the driver is for.
    const ID_TABLE: &'static IdTable<Self::IdInfo>;

    /// A device is there. `info` is what the table says of it: always there, but asked for as on
    /// other buses.
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

/// A table of an auxiliary driver: see [`auxiliary_device_table!`](crate::auxiliary_device_table).
pub type IdTable<U> = device_id::IdTable<DeviceId, U>;

/// The driver as C sees it: `driver::Registration<auxiliary::Adapter<T>>` is the driver in the
/// system.
pub struct Adapter<T>(PhantomData<T>);

impl<T: Driver> Adapter<T> {
    const OPS: &'static bindings::ferrite_auxiliary_ops = &bindings::ferrite_auxiliary_ops {
        probe: Some(Self::probe),
        remove: Some(Self::remove),
        shutdown: Some(Self::shutdown),
    };

    unsafe extern "C" fn probe(
        device: *mut bindings::auxiliary_device,
        id: *const bindings::auxiliary_device_id,
    ) -> c_int {
        // SAFETY: the driver core has locked the device, and it counts as bound until `remove` has
        // returned.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        let info = T::ID_TABLE.info(id);
        // SAFETY: that is what C calls this for; `remove` below is its counterpart.
        unsafe { driver::bind(device.generic(), T::probe(device, info)) }
    }

    unsafe extern "C" fn remove(device: *mut bindings::auxiliary_device) {
        // SAFETY: as in `probe`.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        // SAFETY: C calls this once for each `probe` that has succeeded.
        unsafe { driver::unbind(device.generic(), |data| T::unbind(device, data)) };
    }

    unsafe extern "C" fn shutdown(device: *mut bindings::auxiliary_device) {
        // SAFETY: as in `probe`.
        let device = unsafe { Device::<Core<'_>>::from_raw(device) };
        // SAFETY: C calls this for a device that is bound, with the device locked.
        T::shutdown(device, unsafe { driver::lend(device.generic()) });
    }
}

// SAFETY: both call C's functions for it.
unsafe impl<T: Driver> RegistrationOps for Adapter<T> {
    type DriverType = bindings::auxiliary_driver;

    unsafe fn register(driver: *mut bindings::auxiliary_driver, name: &'static CStr) -> c_int {
        // SAFETY: the caller promises memory that stays; all else is static.
        unsafe {
            bindings::ferrite_auxiliary_driver_register(
                driver,
                ThisModule::ADDRESS,
                name.as_ptr(),
                T::ID_TABLE.as_ptr(),
                Self::OPS,
            )
        }
    }

    unsafe fn unregister(driver: *mut bindings::auxiliary_driver) {
        // SAFETY: the caller promises that it is registered.
        unsafe { bindings::auxiliary_driver_unregister(driver) };
    }
}

/// An auxiliary device, `struct auxiliary_device`. [`kernel::device`](crate::device) says what the
/// contexts are.
///
/// # Invariants
///
/// As those of [`device::Device`].
#[repr(transparent)]
pub struct Device<Ctx: DeviceContext = Normal>(
    Opaque<bindings::auxiliary_device>,
    PhantomData<Ctx>,
);

impl_bus_device!(
    Device,
    bindings::auxiliary_device,
    bindings::ferrite_auxiliary_to_device
);

impl<Ctx: DeviceContext> Device<Ctx> {
    /// The number behind its name.
    #[must_use]
    pub fn id(&self) -> u32 {
        // SAFETY: the device is there, and the number never changes.
        unsafe { bindings::ferrite_auxiliary_id(self.as_raw()) }
    }
}

/// What goes with a device, behind what its type is.
#[repr(C)]
struct Shared<T> {
    of: TypeId,
    value: T,
}

impl Device<Bound> {
    /// What the device's maker has given with it.
    ///
    /// # Errors
    ///
    /// - `ENOENT`: the maker is another module.
    /// - `EINVAL`: it is of another type.
    pub fn registration_data<T: Send + Sync + 'static>(&self) -> Result<&T> {
        // SAFETY: the device is there, and the module is only compared.
        let data = unsafe { bindings::ferrite_auxiliary_data(self.as_raw(), ThisModule::ADDRESS) };
        if data.is_null() {
            return Err(ENOENT);
        }
        // SAFETY: this module has made the device, so that `Registration::new` has put it there: a
        // `Shared`, which begins with its type. It is dropped after the device has gone, so after
        // it was unbound.
        if unsafe { *data.cast::<TypeId>() } != TypeId::of::<T>() {
            return Err(EINVAL);
        }
        // SAFETY: as above, and the type is this one; it may be shared.
        Ok(unsafe { &(*data.cast::<Shared<T>>()).value })
    }
}

/// An auxiliary device that this module has made. It goes when this is dropped, which unbinds it;
/// what was given with it is dropped after that.
///
/// The parent has to be bound, and stays so during `'bound`: the driver of the parent keeps this in
/// its data.
pub struct Registration<'bound, T: Send + Sync + 'static> {
    device: NonNull<bindings::auxiliary_device>,
    shared: KBox<Shared<T>>,
    _parent: PhantomData<&'bound device::Device<Bound>>,
}

// SAFETY: a device may be taken out of the system on any CPU, and the value may be sent.
unsafe impl<T: Send + Sync + 'static> Send for Registration<'_, T> {}
// SAFETY: what a shared one offers may be used on any CPU, and the value be shared.
unsafe impl<T: Send + Sync + 'static> Sync for Registration<'_, T> {}

impl<'bound, T: Send + Sync + 'static> Registration<'bound, T> {
    /// Makes the device `name.id` of this module, below `parent`. If there is a driver for it, it
    /// is probed before this returns. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: this module has made such a device already. The kernel logs it, with a trace.
    /// - `ENOMEM`.
    pub fn new(
        parent: &'bound device::Device<Bound>,
        name: &CStr,
        id: u32,
        value: T,
    ) -> Result<Self> {
        let of = TypeId::of::<T>();
        let shared = KBox::new(Shared { of, value }, GFP_KERNEL)?;
        // SAFETY:
        // - the parent is there; the name is terminated, and copied;
        // - what is shared is in a box, and stays until the device has gone.
        let device = from_err_ptr(unsafe {
            bindings::ferrite_auxiliary_create(
                parent.as_raw(),
                ThisModule::ADDRESS,
                name.as_ptr(),
                id,
                core::ptr::from_ref(&*shared).cast(),
            )
        })?;
        Ok(Self {
            // SAFETY: C returns a device, or an error.
            device: unsafe { NonNull::new_unchecked(device) },
            shared,
            _parent: PhantomData,
        })
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        // SAFETY: it is there until this is dropped.
        unsafe { Device::from_raw(self.device.as_ptr()) }
    }

    /// What was given with it.
    #[must_use]
    pub fn data(&self) -> &T {
        &self.shared.value
    }
}

impl<T: Send + Sync + 'static> Drop for Registration<'_, T> {
    fn drop(&mut self) {
        // SAFETY: it is registered, and this is the end of it. The box goes afterwards.
        unsafe { bindings::ferrite_auxiliary_destroy(self.device.as_ptr()) };
    }
}
