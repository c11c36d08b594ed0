// SPDX-License-Identifier: GPL-2.0-only

//! Firmware: files that a driver asks user space's file system for.
//!
//! C header: `include/linux/firmware.h`. What the functions do:
//! `drivers/base/firmware_loader/main.c`, `fs/kernel_read_file.c`.
//!
//! A file is looked for below `/lib/firmware` (and in the directories before it that the kernel was
//! built with), and first where the parameter `firmware_class.path` says. A module names what it
//! may ask for, so that it is put where it will be found: `module! { …, firmware:
//! ["vendor/chip.bin"], }`.
//!
//! Consumers: `samples/platform`, `drivers/net/phy/qt2025`, `drivers/gpu/nova`.

#[cfg(feature = "ktest")]
mod tests;

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::NonNull;

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::device::Device;
use crate::error::code::EINVAL;
use crate::error::{Result, to_result};
use crate::module::ThisModule;

/// The contents of a file, until this is dropped.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::{faux, firmware::Firmware};
///
/// let registration = faux::Registration::new(c"ferrite-example", None)?;
/// match Firmware::request_nowarn(c"ferrite/is-not-there.bin", registration.device()) {
///     Ok(firmware) => pr_info!("{} bytes", firmware.data().len()),
///     Err(error) => assert_eq!(error, ENOENT),
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer is that of a `struct firmware` of C's, which is ours to release.
pub struct Firmware(NonNull<bindings::firmware>);

// SAFETY: it is memory that never changes, and may be released on any CPU.
unsafe impl Send for Firmware {}
// SAFETY: as above.
unsafe impl Sync for Firmware {}

/// One of C's functions that ask for a file.
type Request = unsafe extern "C" fn(
    *mut *const bindings::firmware,
    *const c_char,
    *mut bindings::device,
) -> c_int;

impl Firmware {
    /// Reads the file `name`, and waits for it. The device is named in the log. Sleeps; process
    /// context only.
    ///
    /// # Errors
    ///
    /// - `ENOENT`: there is none. The kernel logs it.
    /// - `EINVAL`: the file is empty, or so is the name.
    /// - `ENOMEM`, and what reading the file fails with.
    #[inline]
    pub fn request(name: &CStr, device: &Device) -> Result<Self> {
        Self::by(bindings::request_firmware, name, device)
    }

    /// As [`Self::request`], and the kernel does not log that there is none: for what a driver can
    /// do without.
    ///
    /// # Errors
    ///
    /// As those of [`Self::request`].
    pub fn request_nowarn(name: &CStr, device: &Device) -> Result<Self> {
        Self::by(bindings::firmware_request_nowarn, name, device)
    }

    #[inline]
    fn by(request: Request, name: &CStr, device: &Device) -> Result<Self> {
        let mut firmware = core::ptr::null();
        // SAFETY: the name is terminated, the device is there, and the result is a variable of
        // ours.
        to_result(unsafe { request(&raw mut firmware, name.as_ptr(), device.as_raw()) })?;
        // INVARIANT: C has just given it to us.
        NonNull::new(firmware.cast_mut()).map(Self).ok_or(EINVAL)
    }

    /// Reads the file `name` into a buffer. Returns how many bytes it has. What the buffer then
    /// holds behind them, or after an error, is not said. Sleeps; process context only.
    ///
    /// # Errors
    ///
    /// - `EFBIG`: the buffer is too small.
    /// - As those of [`Self::request`].
    pub fn request_into_buf(name: &CStr, device: &Device, buffer: &mut [u8]) -> Result<usize> {
        let mut firmware = core::ptr::null();
        // SAFETY:
        // - as in `by`;
        // - the buffer is valid for writes of its length, and C forgets it when the result is
        //   released.
        to_result(unsafe {
            bindings::request_firmware_into_buf(
                &raw mut firmware,
                name.as_ptr(),
                device.as_raw(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
            )
        })?;
        let firmware = NonNull::new(firmware.cast_mut()).map(Self).ok_or(EINVAL)?;
        Ok(firmware.size())
    }

    /// Has the file `name` read, and `function` called with it, or with nothing if there is none: C
    /// does not say why. Both happen in a work queue, maybe before this returns. Until then the
    /// module stays. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`; the function is then dropped without a call.
    /// - `EFAULT`: the module is about to go.
    pub fn request_nowait<F>(name: &CStr, device: &Device, function: F) -> Result
    where
        F: FnOnce(Option<Self>) + Send + 'static,
    {
        /// # Safety
        ///
        /// `function` is a box's, and the firmware the caller's to give.
        unsafe extern "C" fn arrive<F: FnOnce(Option<Firmware>)>(
            firmware: *const bindings::firmware,
            function: *mut c_void,
        ) {
            // SAFETY: the caller promises it, and C calls this once.
            let function = unsafe { KBox::from_raw(function.cast::<F>()) };
            // INVARIANT: C gives it to us.
            function.into_inner()(NonNull::new(firmware.cast_mut()).map(Firmware));
        }

        let raw = KBox::new(function, GFP_KERNEL)?.into_raw();
        // SAFETY:
        // - as in `by`; C copies the name and holds on to the device and the module;
        // - the function may be sent to where the work runs.
        let asked = to_result(unsafe {
            bindings::request_firmware_nowait(
                ThisModule::ADDRESS,
                true,
                name.as_ptr(),
                device.as_raw(),
                GFP_KERNEL.0,
                raw.cast(),
                Some(arrive::<F>),
            )
        });
        if asked.is_err() {
            // SAFETY: nobody else got the box.
            drop(unsafe { KBox::from_raw(raw) });
        }
        asked
    }

    /// How many bytes the file has.
    #[must_use]
    pub fn size(&self) -> usize {
        // SAFETY: by the invariant it is there.
        unsafe { (*self.0.as_ptr()).size }
    }

    /// The contents.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        // SAFETY: by the invariant it is there, with as many bytes, which do not change until it is
        // released. The file is not empty, so there is memory.
        unsafe { core::slice::from_raw_parts((*self.0.as_ptr()).data, self.size()) }
    }
}

impl Drop for Firmware {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: by the invariant it is ours.
        unsafe { bindings::release_firmware(self.0.as_ptr()) };
    }
}
