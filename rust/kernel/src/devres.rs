// SPDX-License-Identifier: GPL-2.0-only

//! What goes when a device is unbound.
//!
//! C header: `include/linux/device/devres.h`. What the functions do: `drivers/base/devres.c`.
//!
//! The data of a driver live as long as the binding and may borrow the device
//! ([`kernel::driver`](crate::driver)), so what a driver keeps there needs nothing of this module.
//! It is for what others keep as well, who may not know when the device goes:
//!
//! - [`Devres`] is a value that is taken away when the device is unbound, or when its handle is
//!   dropped, whichever is first.
//! - [`Held`] is such a value for who borrows the binding, beside others who do not.
//! - [`on_unbind`] has a function called then.
//!
//! They are undone in the reverse order, after the driver's data have been dropped.
//!
//! Consumers: `samples/platform`, `drivers/gpu/nova`.

#[cfg(feature = "ktest")]
mod tests;

use core::ffi::c_void;
use core::hint::cold_path;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use pinned_init::{PinInit, pin_data, try_pin_init};

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::device::{Bound, Device};
use crate::error::code::{EINVAL, ENXIO};
use crate::error::{Error, Result, to_result};
use crate::revocable::{Revocable, RevocableGuard, RevocableHold};
use crate::sync::{ARef, Arc};

/// A value that is taken away when its device is unbound, or when this is dropped.
///
/// # Examples
///
/// ```
/// use kernel::devres::Devres;
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// let registration = faux::Registration::new(c"ferrite-example", None)?;
/// let value = Devres::new(registration.device(), 7)?;
/// assert_eq!(value.try_access().as_deref(), Some(&7));
/// // For who sleeps meanwhile.
/// assert_eq!(value.try_hold().as_deref(), Some(&7));
/// // A proof that the device is bound saves the guard.
/// assert_eq!(value.access(registration.device()), Ok(&7));
/// // Known without a binding: a line can name the device when it is gone.
/// assert_eq!(value.device().name(), c"ferrite-example");
/// drop(registration);
/// assert!(value.try_access().is_none());
/// # Ok::<(), Error>(())
/// ```
pub struct Devres<T: Send + Sync + 'static> {
    device: ARef<Device>,
    value: Arc<Value<T>>,
}

/// A value, and what it is managed for.
#[pin_data]
struct Value<T> {
    /// The device, and null from before the value is taken away.
    bound: AtomicPtr<bindings::device>,
    #[pin]
    value: Revocable<T>,
}

impl<T> Value<T> {
    fn revoke(&self) {
        self.bound.store(ptr::null_mut(), Ordering::Release);
        self.value.revoke();
    }
}

impl<T: Send + Sync + 'static> Devres<T> {
    /// Makes a value that goes when the device is unbound. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, or what the initialiser says.
    pub fn new<E>(device: &Device<Bound>, value: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        let init = try_pin_init!(Value {
            bound: AtomicPtr::new(device.as_raw()),
            value <- Revocable::new(value),
        }? Error);
        let value = Arc::<Value<T>>::pin_init::<Error>(init, GFP_KERNEL)?;
        let raw = value.clone().into_raw();
        // SAFETY: the device is bound, and so its resources are released some day, or this one is
        // forgotten; `revoke` takes the reference back.
        let added = to_result(unsafe {
            bindings::ferrite_devres_add(
                device.as_raw(),
                Some(Self::revoke),
                raw.cast_mut().cast::<c_void>(),
            )
        });
        if let Err(error) = added {
            // SAFETY: nobody else got the reference.
            drop(unsafe { Arc::from_raw(raw) });
            return Err(error);
        }
        Ok(Self {
            device: device.into(),
            value,
        })
    }

    /// The device is unbound.
    ///
    /// # Safety
    ///
    /// `value` is what `new` gave to C, and C gives it back.
    unsafe extern "C" fn revoke(value: *mut c_void) {
        // SAFETY: the caller promises that it comes from `into_raw`.
        let value = unsafe { Arc::from_raw(value.cast_const().cast::<Value<T>>()) };
        value.revoke();
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The value, if the device has not been unbound since. While the guard is held nothing may
    /// sleep. Any context but a non-maskable interrupt.
    pub fn try_access(&self) -> Option<RevocableGuard<'_, T>> {
        self.value.value.try_access()
    }

    /// What `function` makes of the value, if the device has not been unbound since. `function`
    /// must not sleep.
    pub fn try_access_with<R>(&self, function: impl FnOnce(&T) -> R) -> Option<R> {
        self.value.value.try_access_with(function)
    }

    /// The value, if the device has not been unbound since, for who may sleep while using it. The end of
    /// the binding waits for that, once the driver's data have been dropped: what can make them wait must
    /// come to an end by itself. Any context but a non-maskable interrupt.
    pub fn try_hold(&self) -> Option<RevocableHold<'_, T>> {
        self.value.value.try_hold()
    }

    /// The value, without a guard, for who knows that the device is bound. Any context; may be kept
    /// while sleeping.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: that is another device.
    /// - `ENXIO`: the device was unbound since, and has been bound again.
    pub fn access<'a>(&'a self, device: &'a Device<Bound>) -> Result<&'a T> {
        // One comparison for both: an interrupt handler comes here each time.
        if self.value.bound.load(Ordering::Acquire) != device.as_raw() {
            cold_path();
            let is_other = self.device.as_raw() != device.as_raw();
            return Err(if is_other { EINVAL } else { ENXIO });
        }
        // SAFETY: it was there just now, and it is taken away in two cases only:
        // - the end of a binding of this device: those before that of `device` are over, and that one
        //   lasts as long as the borrow;
        // - the drop of this handle, which is borrowed.
        Ok(unsafe { self.value.value.access() })
    }
}

/// A value of a [`Devres`] for who borrows the device as bound: it dereferences to the value, and never
/// fails. Others, such as a handler of interrupts, may have the same [`Devres`] without it.
///
/// # Invariants
///
/// The value was there when this was made, and the device is bound, by the same binding, during `'bound`.
///
/// # Examples
///
/// ```
/// use kernel::devres::{Devres, Held};
/// use kernel::faux;
/// use kernel::prelude::*;
/// use kernel::sync::Arc;
///
/// let registration = faux::Registration::new(c"ferrite-example", None)?;
/// let value = Arc::new(Devres::new(registration.device(), 7)?, GFP_KERNEL)?;
/// let held = Held::new(value.clone(), registration.device())?;
/// drop(value);
/// assert_eq!(*held, 7);
/// # Ok::<(), Error>(())
/// ```
pub struct Held<'bound, T: Send + Sync + 'static> {
    devres: Arc<Devres<T>>,
    _bound: PhantomData<&'bound Device<Bound>>,
}

impl<'bound, T: Send + Sync + 'static> Held<'bound, T> {
    /// Holds a value. Any context.
    ///
    /// # Errors
    ///
    /// As [`Devres::access`].
    pub fn new(devres: Arc<Devres<T>>, device: &'bound Device<Bound>) -> Result<Self> {
        devres.access(device)?;
        // INVARIANT: it was there just now, and the device is borrowed as bound.
        Ok(Self {
            devres,
            _bound: PhantomData,
        })
    }

    /// What it is a value of, for who shall have it, too.
    #[must_use]
    pub fn devres(&self) -> &Arc<Devres<T>> {
        &self.devres
    }
}

impl<T: Send + Sync + 'static> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant it was there, and it is taken away in two cases only:
        // - the end of the binding, which is not before the end of `'bound`;
        // - the drop of the handle, to which this has a reference.
        unsafe { self.devres.value.value.access() }
    }
}

impl<T: Send + Sync + 'static> Drop for Devres<T> {
    fn drop(&mut self) {
        let raw = ptr::from_ref(&*self.value).cast_mut().cast::<c_void>();
        // SAFETY: the device is there; the value's address is that of no other resource.
        if unsafe { bindings::ferrite_devres_forget(self.device.as_raw(), raw) } {
            // SAFETY: C had this reference, and will not give it back any more.
            let value = unsafe { Arc::<Value<T>>::from_raw(raw.cast_const().cast()) };
            value.revoke();
        }
        // Otherwise the device has been or is being unbound, and `revoke` has the other reference.
    }
}

/// Has a function called when the device is unbound, as `devm_add_action`: after the driver's data
/// have been dropped, in process context. May sleep; process context only.
///
/// # Errors
///
/// `ENOMEM`; the function is then dropped without a call.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::{dev_info, devres, faux};
///
/// let registration = faux::Registration::new(c"ferrite-example", None)?;
/// devres::on_unbind(registration.device(), || pr_info!("it is over"))?;
/// drop(registration);
/// # Ok::<(), Error>(())
/// ```
pub fn on_unbind<F: FnOnce() + Send + 'static>(device: &Device<Bound>, function: F) -> Result {
    /// # Safety
    ///
    /// `function` is a box's.
    unsafe extern "C" fn call<F: FnOnce()>(function: *mut c_void) {
        // SAFETY: the caller promises it, and C calls this once.
        let function = unsafe { KBox::from_raw(function.cast::<F>()) };
        function.into_inner()();
    }

    let raw = KBox::new(function, GFP_KERNEL)?.into_raw();
    // SAFETY: the device is bound, and so its resources are released some day; the function may be
    // sent.
    let added = to_result(unsafe {
        bindings::ferrite_devres_add(device.as_raw(), Some(call::<F>), raw.cast::<c_void>())
    });
    if added.is_err() {
        // SAFETY: nobody else got the box.
        drop(unsafe { KBox::from_raw(raw) });
    }
    added
}
