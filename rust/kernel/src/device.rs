// SPDX-License-Identifier: GPL-2.0-only

//! Devices: what every bus's devices have in common.
//!
//! C headers: `include/linux/device.h`, `include/linux/dev_printk.h`, `include/linux/kobject.h`.
//! What the functions do: `drivers/base/core.c`, `drivers/base/dd.c`, `lib/kobject_uevent.c`.
//!
//! A [`Device`] says in its type what is known of it, its [context](DeviceContext):
//!
//! - [`Normal`]: it is there. Counted references are to such ones:
//!   [`ARef<Device>`](crate::sync::ARef).
//! - [`Bound`]: a driver is bound to it, as long as the reference lives. What needs a driver behind
//!   it, such as [`Devres`](crate::devres::Devres), asks for this.
//! - [`Core`]: the driver core has called the driver for it, with the device locked.
//!
//! A device of more context can be used where less is asked for. A bus has a type of its own for
//! its devices, with the same contexts, such as [`platform::Device`](crate::platform::Device).
//!
//! [`dev_info!`](crate::dev_info) and its like print lines that name the device.
//!
//! Consumers: `samples/platform`, `samples/auxiliary`.
//!
//! # Examples
//!
//! ```
//! use kernel::device::Device;
//! use kernel::prelude::*;
//! use kernel::sync::ARef;
//! use kernel::{dev_info, faux};
//!
//! let registration = faux::Registration::new(c"ferrite-example", None)?;
//! let device: ARef<Device> = registration.device().into();
//! drop(registration);
//! // It is gone from the system, but the object is there.
//! assert_eq!(device.name(), c"ferrite-example");
//! dev_info!(device, "{} is my favourite number", 7);
//! # Ok::<(), Error>(())
//! ```

mod print;
#[cfg(feature = "ktest")]
mod tests;

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::ptr::NonNull;

#[doc(hidden)]
pub use print::{line, write_alone, write_core, write_str};

use crate::error::code::{E2BIG, EINVAL};
use crate::error::{Result, to_result};
use crate::sync::AlwaysRefCounted;
use crate::types::Opaque;

/// What is known of a device.
pub trait DeviceContext: sealed::Sealed {}

/// A device that is there; nothing more is known.
pub struct Normal;

/// A device that a driver is bound to, and stays bound to during the life of the reference.
///
/// The driver may be another than the one that has the reference.
pub struct Bound;

/// A device that the driver core has locked while it calls the driver, as it does for
/// [`probe`](crate::platform::Driver::probe) and [`unbind`](crate::platform::Driver::unbind).
///
/// `'call` is that call. It cannot be named by the driver's data, which therefore keep the device
/// as [`Bound`]. It is a help against mistakes; nothing that would be unsound afterwards may be
/// offered for it alone.
pub struct Core<'call>(PhantomData<fn(&'call ()) -> &'call ()>);

impl DeviceContext for Normal {}
impl DeviceContext for Bound {}
impl DeviceContext for Core<'_> {}

mod sealed {
    #[doc(hidden)]
    pub trait Sealed {}
    impl Sealed for super::Normal {}
    impl Sealed for super::Bound {}
    impl Sealed for super::Core<'_> {}
}

/// A device, `struct device`.
///
/// # Invariants
///
/// It is initialised, and there is a reference to it as long as it is lent. What the context says
/// holds as long, too.
#[repr(transparent)]
pub struct Device<Ctx: DeviceContext = Normal>(Opaque<bindings::device>, PhantomData<Ctx>);

// SAFETY: the functions on devices that are used may be called on any CPU, and the last reference
// may go on any.
unsafe impl<Ctx: DeviceContext> Send for Device<Ctx> {}
// SAFETY: as above; the device core has its own locking.
unsafe impl<Ctx: DeviceContext> Sync for Device<Ctx> {}

// SAFETY: C counts the references, and frees the device after the last one.
unsafe impl AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: the device is there.
        unsafe { bindings::get_device(self.as_raw()) };
    }

    unsafe fn dec_ref(object: NonNull<Self>) {
        // SAFETY: the caller gives its reference up.
        unsafe { bindings::put_device(object.as_ptr().cast()) };
    }
}

/// What an event is about, for [`Device::uevent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Something about the device has changed.
    Change,
    /// The device is in use again.
    Online,
    /// The device is out of use.
    Offline,
}

/// What an event's variables may amount to: the kernel's own have to fit beside them.
const MOST_VARIABLES: usize = 16;
const MOST_BYTES: usize = 1024;

impl<Ctx: DeviceContext> Device<Ctx> {
    /// What C has.
    ///
    /// # Safety
    ///
    /// During `'a` the pointer is that of a device to which somebody holds a reference, and what
    /// the context says is true.
    #[must_use]
    pub unsafe fn from_raw<'a>(device: *mut bindings::device) -> &'a Self {
        // INVARIANT: the caller promises it.
        // SAFETY: the caller promises that it is there; the type is transparent.
        unsafe { &*device.cast() }
    }

    /// For C.
    #[must_use]
    pub fn as_raw(&self) -> *mut bindings::device {
        self.0.get()
    }

    /// The device's name: that of its directory in sysfs.
    #[must_use]
    pub fn name(&self) -> &CStr {
        // SAFETY: a device that is initialised and was added has a name. Only network interfaces,
        // and what belongs to them, are ever renamed; in C, too, those must not be asked meanwhile.
        unsafe { CStr::from_ptr(bindings::ferrite_device_name(self.as_raw())) }
    }

    /// Tells user space, as `udev` hears it, with variables of the driver's: `c"KEY=value"`.
    ///
    /// May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a variable has no `=`.
    /// - `E2BIG`: there are more than 16 variables, or more than 1024 bytes of them.
    /// - `ENOENT`: the device is not in sysfs any more. Some kernels tell nobody, then, and no
    ///   error.
    /// - `ENOMEM`.
    ///
    /// ```
    /// use kernel::device::Action;
    /// use kernel::faux;
    /// use kernel::prelude::*;
    ///
    /// let registration = faux::Registration::new(c"ferrite-example", None)?;
    /// let device = registration.device();
    /// device.uevent(Action::Change, &[c"FERRITE=1", c"LEVEL=high"])?;
    /// assert_eq!(device.uevent(Action::Online, &[c"no value"]), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn uevent(&self, action: Action, variables: &[&CStr]) -> Result {
        let mut environment = [core::ptr::null_mut::<c_char>(); MOST_VARIABLES + 1];
        let mut bytes = 0_usize;
        if variables.len() > MOST_VARIABLES {
            return Err(E2BIG);
        }
        for (slot, variable) in environment.iter_mut().zip(variables) {
            let text = variable.to_bytes_with_nul();
            if !text.contains(&b'=') {
                return Err(EINVAL);
            }
            bytes = bytes.saturating_add(text.len());
            *slot = variable.as_ptr().cast_mut();
        }
        if bytes > MOST_BYTES {
            return Err(E2BIG);
        }
        let action = match action {
            Action::Change => bindings::FERRITE_UEVENT_CHANGE,
            Action::Online => bindings::FERRITE_UEVENT_ONLINE,
            Action::Offline => bindings::FERRITE_UEVENT_OFFLINE,
        };
        // SAFETY:
        // - the device is there;
        // - the texts are terminated, and so is the array, which has one place more than is filled;
        //   C only reads them;
        // - they fit: C would warn otherwise.
        to_result(unsafe {
            bindings::ferrite_device_uevent(self.as_raw(), action, environment.as_mut_ptr())
        })
    }
}

impl Device<Bound> {
    /// The device that this one belongs to, if there is one.
    ///
    /// Only of a device that is bound, because that one is in the system: a device that was taken
    /// out of it has no hold on its parent any more.
    #[must_use]
    pub fn parent(&self) -> Option<&Device> {
        // SAFETY: the device is there.
        let parent = unsafe { bindings::ferrite_device_parent(self.as_raw()) };
        if parent.is_null() {
            return None;
        }
        // SAFETY: a device in the system has a reference to its parent, and it is in the system as
        // long as it is bound. No bus for which there are drivers in Rust moves devices to other
        // parents.
        Some(unsafe { Device::from_raw(parent) })
    }

    /// What the glue of the driver keeps for it; null before it was set.
    pub(crate) fn drvdata(&self) -> *mut core::ffi::c_void {
        // SAFETY: the device is there.
        unsafe { bindings::ferrite_device_drvdata(self.as_raw()) }
    }

    pub(crate) fn set_drvdata(&self, data: *mut core::ffi::c_void) {
        // SAFETY: the device is there, and only its driver, whose glue this is, uses the place.
        unsafe { bindings::ferrite_device_set_drvdata(self.as_raw(), data) };
    }
}

/// What stands for a device: a [`Device`], or that of a bus, with any context.
///
/// It is for [`dev_info!`](crate::dev_info) and its like, which take either.
pub trait AsDevice {
    /// The device.
    fn as_device(&self) -> &Device;
}

impl<Ctx: DeviceContext> AsDevice for Device<Ctx> {
    fn as_device(&self) -> &Device {
        // SAFETY: the device is there as long as the reference to it, and `Normal` says no more.
        unsafe { Device::from_raw(self.as_raw()) }
    }
}

impl<T: AsDevice + AlwaysRefCounted> AsDevice for crate::sync::ARef<T> {
    fn as_device(&self) -> &Device {
        (**self).as_device()
    }
}

/// Lets a device be used where less is known of it.
macro_rules! impl_device_contexts {
    ($device:ident) => {
        impl<'call> core::ops::Deref for $device<$crate::device::Core<'call>> {
            type Target = $device<$crate::device::Bound>;

            fn deref(&self) -> &Self::Target {
                // SAFETY: the type is transparent, and while the driver core calls a driver the
                // device is bound.
                unsafe { &*core::ptr::from_ref(self).cast() }
            }
        }

        impl core::ops::Deref for $device<$crate::device::Bound> {
            type Target = $device;

            fn deref(&self) -> &Self::Target {
                // SAFETY: the type is transparent, and a device that is bound is there.
                unsafe { &*core::ptr::from_ref(self).cast() }
            }
        }

        impl From<&$device<$crate::device::Bound>> for $crate::sync::ARef<$device> {
            fn from(device: &$device<$crate::device::Bound>) -> Self {
                let device: &$device = device;
                device.into()
            }
        }
    };
}
pub(crate) use impl_device_contexts;

/// What the devices of every bus have in common: `$device` is a `$raw` of C's with a context, and
/// `$inner` finds the device in it.
macro_rules! impl_bus_device {
    ($device:ident, $raw:path, $inner:path) => {
        $crate::device::impl_device_contexts!($device);

        // SAFETY: as for `device::Device`.
        unsafe impl<Ctx: $crate::device::DeviceContext> Send for $device<Ctx> {}
        // SAFETY: as for `device::Device`.
        unsafe impl<Ctx: $crate::device::DeviceContext> Sync for $device<Ctx> {}

        // SAFETY: the references are those of the device inside, and both are freed as one.
        unsafe impl $crate::sync::AlwaysRefCounted for $device {
            fn inc_ref(&self) {
                $crate::sync::AlwaysRefCounted::inc_ref(self.generic());
            }

            unsafe fn dec_ref(object: core::ptr::NonNull<Self>) {
                // SAFETY: the device is there until the reference is gone.
                let device = unsafe { $inner(object.as_ptr().cast()) };
                // SAFETY: the caller gives its reference up; it is part of what is there.
                unsafe {
                    let device = core::ptr::NonNull::new_unchecked(device.cast());
                    <$crate::device::Device as $crate::sync::AlwaysRefCounted>::dec_ref(device);
                }
            }
        }

        impl<Ctx: $crate::device::DeviceContext> $device<Ctx> {
            /// # Safety
            ///
            /// As [`device::Device::from_raw`]($crate::device::Device::from_raw).
            unsafe fn from_raw<'a>(device: *mut $raw) -> &'a Self {
                // SAFETY: the caller promises it; the type is transparent.
                unsafe { &*device.cast() }
            }

            pub(crate) fn as_raw(&self) -> *mut $raw {
                self.0.get()
            }

            /// The device without its bus.
            #[must_use]
            pub fn generic(&self) -> &$crate::device::Device<Ctx> {
                // SAFETY: it is part of this one, which is there; what is known of one is known of
                // the other.
                unsafe { $crate::device::Device::from_raw($inner(self.as_raw())) }
            }
        }

        impl<Ctx: $crate::device::DeviceContext> AsRef<$crate::device::Device<Ctx>>
            for $device<Ctx>
        {
            fn as_ref(&self) -> &$crate::device::Device<Ctx> {
                self.generic()
            }
        }

        impl<Ctx: $crate::device::DeviceContext> $crate::device::AsDevice for $device<Ctx> {
            fn as_device(&self) -> &$crate::device::Device {
                // SAFETY: the device is there as long as the reference, and `Normal` says no more.
                unsafe { $crate::device::Device::from_raw($inner(self.as_raw())) }
            }
        }
    };
}
pub(crate) use impl_bus_device;

impl_device_contexts!(Device);
