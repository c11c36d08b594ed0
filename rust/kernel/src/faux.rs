// SPDX-License-Identifier: GPL-2.0-only

//! Devices that are nothing but a name: something to hang other things on.
//!
//! C header: `include/linux/device/faux.h`. What the functions do: `drivers/base/faux.c`.
//!
//! Where the kernel has no bus for such devices, before 6.14, it is a platform device with a driver
//! of its own; it is then in `/sys/devices/platform` rather than in `/sys/devices/faux`. Either way
//! it is bound from beginning to end, and sysfs cannot unbind it.
//!
//! Consumers: [`kernel::net::mdio`](crate::net::mdio), `samples/locks`.

use core::ffi::CStr;
use core::ptr::NonNull;

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::device::{AsDevice, Bound, Device};
use crate::error::{Result, code::ENODEV};
use crate::module;

/// A device that is there until this is dropped.
///
/// If it is leaked, it goes with the module: the exit takes it away, with a line in the log.
///
/// # Examples
///
/// ```
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// let parent = faux::Registration::new(c"ferrite-parent", None)?;
/// let child = faux::Registration::new(c"ferrite-child", Some(parent.device()))?;
/// assert_eq!(child.device().parent().map(|device| device.name()), Some(c"ferrite-parent"));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer is that of a box which nobody else frees, as long as the registration in it was not
/// taken from its list by another. Then it is not freed at all.
pub struct Registration(NonNull<Inner>);

#[repr(C)]
struct Inner {
    /// The first, so that its address is that of the whole.
    registration: module::Registration,
    device: NonNull<bindings::device>,
}

// SAFETY: a device may be taken out of the system on any CPU.
unsafe impl Send for Registration {}
// SAFETY: what a shared one offers may be used on any CPU.
unsafe impl Sync for Registration {}

impl Registration {
    /// Brings a device into the system. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: it cannot be, such as for want of memory, or since there is a device of that name
    ///   (the kernel logs it): C does not say why.
    /// - `ENOMEM`.
    pub fn new(name: &CStr, parent: Option<&Device>) -> Result<Self> {
        let parent = parent.map_or(core::ptr::null_mut(), Device::as_raw);
        let mut inner = KBox::new(
            Inner {
                registration: module::Registration::new(),
                device: NonNull::dangling(),
            },
            GFP_KERNEL,
        )?;
        // SAFETY: the name is terminated, and copied; the parent is there.
        let device = unsafe { bindings::ferrite_faux_create(name.as_ptr(), parent) };
        inner.device = NonNull::new(device).ok_or(ENODEV)?;
        let inner = inner.into_raw();
        // SAFETY: it is a box's that is not freed before `remove`, nor at all if `end` is called:
        // then `remove` returns false.
        unsafe { (*inner).registration.add(hold, end) };
        // SAFETY: a box's pointer.
        let inner = unsafe { NonNull::new_unchecked(inner) };
        // INVARIANT: a box that has just been given up.
        Ok(Self(inner))
    }

    fn inner(&self) -> &Inner {
        // SAFETY: by the invariant it is there.
        unsafe { self.0.as_ref() }
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device<Bound> {
        // SAFETY: it is there, and bound, until this is dropped. Or the module's exit has ended it: then
        // its memory stays, and nothing can be hung on it that would call the module, as it is not in
        // the system any more.
        unsafe { Device::from_raw(self.inner().device.as_ptr()) }
    }
}

impl AsDevice for Registration {
    fn as_device(&self) -> &Device {
        self.device().as_device()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is there; it was added.
        if !unsafe { self.inner().registration.remove() } {
            // The module's exit ends it.
            return;
        }
        // SAFETY: by the invariant it is ours alone now.
        let inner = unsafe { KBox::from_raw(self.0.as_ptr()) };
        inner.destroy();
    }
}

impl Inner {
    fn destroy(&self) {
        // SAFETY: it is registered since `new`, and this is the end of it.
        unsafe { bindings::ferrite_faux_destroy(self.device.as_ptr()) };
    }
}

/// Nothing has to be held: who finds the registration taken leaves the memory alone.
unsafe extern "C" fn hold(_: *mut bindings::ferrite_registration) {}

unsafe extern "C" fn end(registration: *mut bindings::ferrite_registration) {
    // SAFETY: it is the first field of a box that was leaked.
    let inner = unsafe { &*registration.cast::<Inner>() };
    crate::pr_warn!("a faux device was never dropped, and is taken away");
    // SAFETY: it is there. The reference is not given back: the last of the module's work may still
    // look at the device.
    unsafe { bindings::get_device(inner.device.as_ptr()) };
    inner.destroy();
}
