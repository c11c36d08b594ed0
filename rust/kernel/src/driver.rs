// SPDX-License-Identifier: GPL-2.0-only

//! What the drivers of every bus have in common.
//!
//! C header: `include/linux/device/driver.h`. What the functions do: `drivers/base/dd.c`,
//! `drivers/base/driver.c`.
//!
//! A bus has a trait for its drivers, such as [`platform::Driver`](crate::platform::Driver), and a
//! type that implements [`RegistrationOps`] for each of them; [`Registration`] is the driver in the
//! system.
//!
//! # What lives how long
//!
//! ```text
//! probe ──────────────────────────── unbind, Data dropped, devres released
//!   '── 'bound: the device is bound ──'
//! ```
//!
//! `probe` gets the device as `&'bound Device<Core<'_>>` and returns an initialiser of
//! `Data<'bound>`, which may keep that reference (as [`Bound`]) and whatever else borrows the bound
//! device. The driver core's glue here owns the data: they are made in a box when `probe` has
//! returned, lent to `unbind` and `shutdown`, and dropped after `unbind`, while the device is still
//! bound. Interrupt handlers end there, too, of which the registration was forgotten. Only then does
//! the driver core release what is managed for the device ([`Devres`](crate::devres::Devres)).
//!
//! This is sound because the driver is generic over `'bound`: it can make no use of it but what
//! holds for every length of the life of a binding. `Data` need not be `'static`, so nothing in it
//! has to be counted or revocable only because the device may go.
//!
//! An error of `probe`, or of the initialiser, is what C's would be: `EPROBE_DEFER` has the device
//! tried again later, `ENODEV` and `ENXIO` pass silently, others are logged.

#[cfg(feature = "ktest")]
mod tests;

use core::ffi::{CStr, c_int, c_void};
use core::marker::PhantomData;
use core::pin::Pin;

use pinned_init::{PinInit, pin_data, pin_init_from_closure, pinned_drop, try_pin_init};

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::device::{Bound, Device};
use crate::error::{Error, Result, to_c, to_result};
use crate::irq;
use crate::types::Opaque;

/// How a driver comes into the system, and out of it: a bus implements it for each of its drivers.
///
/// # Safety
///
/// What the methods say they do, they do.
pub unsafe trait RegistrationOps {
    /// C's driver.
    type DriverType;

    /// Initialises a driver and registers it. Devices may be probed before it returns. Returns a
    /// negative errno if it fails; then nothing of the memory is in use.
    ///
    /// # Safety
    ///
    /// `driver` is memory for one, which stays where it is until [`Self::unregister`].
    unsafe fn register(driver: *mut Self::DriverType, name: &'static CStr) -> c_int;

    /// Takes a driver out of the system. When it returns the driver is bound to no device.
    ///
    /// # Safety
    ///
    /// It was registered, and is not any more afterwards.
    unsafe fn unregister(driver: *mut Self::DriverType);
}

/// A driver that is in the system. When it is dropped it is unbound from its devices and goes.
///
/// # Examples
///
/// See [`platform::Driver`](crate::platform::Driver).
#[pin_data(PinnedDrop)]
pub struct Registration<T: RegistrationOps> {
    #[pin]
    driver: Opaque<T::DriverType>,
    _bus: PhantomData<fn() -> T>,
}

// SAFETY: a driver may be unregistered on any CPU.
unsafe impl<T: RegistrationOps> Send for Registration<T> {}
// SAFETY: a shared one offers nothing.
unsafe impl<T: RegistrationOps> Sync for Registration<T> {}

impl<T: RegistrationOps> Registration<T> {
    /// An initialiser that registers the driver of this name: that of its directory in sysfs.
    /// Devices that are there are probed before it returns. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: the bus has a driver of that name. The kernel logs it.
    /// - `ENOMEM`.
    ///
    /// What `probe` says is an error of the device's, not of this.
    pub fn new(name: &'static CStr) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // SAFETY: the closure either registers the driver in the memory that it is given, or
            // fails and leaves it unused.
            driver <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<T::DriverType>| {
                    to_result(T::register(slot.cast(), name))
                })
            },
            _bus: PhantomData,
        }? Error)
    }
}

#[pinned_drop]
impl<T: RegistrationOps> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: it is registered since it was initialised, and this is the end of it.
        unsafe { T::unregister(self.driver.get()) };
    }
}

/// The body of a bus's `probe`: makes the driver's data and keeps them with the device.
///
/// # Safety
///
/// - The driver core calls the driver to bind it to `device`.
/// - If this succeeds, [`unbind`] is called with the same type when the device is unbound.
pub(crate) unsafe fn bind<'bound, D: Send + 'bound>(
    device: &'bound Device<Bound>,
    init: Result<impl PinInit<D, Error>>,
) -> c_int {
    let bind = |init| {
        let data: Pin<KBox<D>> = KBox::pin_init(init, GFP_KERNEL)?;
        // SAFETY: what is pinned is not moved; `unbind` has it pinned again.
        let data = unsafe { Pin::into_inner_unchecked(data) };
        device.set_drvdata(data.into_raw().cast::<c_void>());
        Ok(())
    };
    let bound = init.and_then(bind);
    if bound.is_err() {
        // SAFETY: the driver core calls the driver, which does not want the device.
        unsafe { irq::end_all(device) };
    }
    to_c(bound)
}

/// The body of a bus's `remove`: lends the data a last time, and drops them.
///
/// # Safety
///
/// The driver core calls the driver to unbind it from `device`; [`bind`] has succeeded with this
/// type, but for lifetimes.
pub(crate) unsafe fn unbind<'bound, D: Send + 'bound>(
    device: &'bound Device<Bound>,
    last: impl FnOnce(Pin<&D>),
) {
    // SAFETY: `bind` has put it there, and this takes it away.
    let data = KBox::into_pin(unsafe { KBox::from_raw(device.drvdata().cast::<D>()) });
    last(data.as_ref());
    drop(data);
    // SAFETY: the driver core calls the driver to unbind it.
    unsafe { irq::end_all(device) };
    device.set_drvdata(core::ptr::null_mut());
}

/// The driver's data, for other callbacks.
///
/// # Safety
///
/// The driver core calls the driver for `device`, which is locked; [`bind`] has succeeded with this
/// type, but for lifetimes.
pub(crate) unsafe fn lend<'bound, D: Send + 'bound>(
    device: &'bound Device<Bound>,
) -> Pin<&'bound D> {
    // SAFETY: `bind` has pinned them there; `unbind` cannot be called while the device is locked,
    // nor can another callback use them.
    unsafe { Pin::new_unchecked(&*device.drvdata().cast::<D>()) }
}
