// SPDX-License-Identifier: GPL-2.0-only

//! Files of misc devices, for tests.

use core::ffi::CStr;
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::NonNull;

use super::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::code::{EFAULT, EIO};
use crate::error::{Error, Result, from_err_ptr};
use crate::fs::{File, file::flags};
use crate::sync::{ARef, Arc};

/// Registers a device that root can open.
pub(crate) fn register<T: MiscDevice>(
    name: &'static CStr,
    data: &Arc<T::Data>,
) -> Result<Pin<KBox<MiscDeviceRegistration<T>>>> {
    let options = MiscDeviceOptions { name, mode: 0o600 };
    KBox::pin_init(
        MiscDeviceRegistration::register(options, data.clone()),
        GFP_KERNEL,
    )
}

/// An open file. When it is dropped it is closed at once, while `fput` in a process waits for the
/// end of the system call.
pub(crate) struct Opened(Option<ARef<File>>);

impl Opened {
    pub(crate) fn new(path: &CStr, how: u32) -> Result<Self> {
        // SAFETY: the path is terminated.
        let file =
            from_err_ptr(unsafe { bindings::filp_open(path.as_ptr(), how.cast_signed(), 0) })?;
        // SAFETY: no error, so there is a file, and a reference for us; nobody else knows it.
        Ok(Self(Some(unsafe {
            ARef::from_raw(NonNull::new(file).ok_or(EIO)?.cast())
        })))
    }

    pub(crate) fn read_write(path: &CStr) -> Result<Self> {
        Self::new(path, flags::O_RDWR)
    }

    /// What `pread(2)` returns, into memory of the kernel.
    pub(crate) fn read(&self, to: &mut [u8], pos: &mut i64) -> Result<usize> {
        // SAFETY: the file is open, and the buffer valid for its length.
        let count = unsafe {
            bindings::ferrite_misc_ktest_rw(
                self.as_ptr(),
                false,
                to.as_mut_ptr().cast(),
                to.len(),
                pos,
            )
        };
        usize::try_from(count).map_err(|_| errno(count as i64))
    }

    /// What `pwrite(2)` returns, from memory of the kernel.
    pub(crate) fn write(&self, from: &[u8], pos: &mut i64) -> Result<usize> {
        let data = from.as_ptr().cast_mut().cast();
        // SAFETY: the file is open, and the buffer valid for its length; it is not written.
        let count =
            unsafe { bindings::ferrite_misc_ktest_rw(self.as_ptr(), true, data, from.len(), pos) };
        usize::try_from(count).map_err(|_| errno(count as i64))
    }

    pub(crate) fn ioctl(&self, cmd: u32, arg: usize, compat: bool) -> Result<isize> {
        // SAFETY: the file is open.
        let result = unsafe {
            bindings::ferrite_misc_ktest_ioctl(
                self.as_ptr(),
                cmd,
                arg as core::ffi::c_ulong,
                compat,
            )
        };
        if result < 0 {
            // As wide as a pointer.
            return Err(errno(result as isize as i64));
        }
        Ok(result as isize)
    }

    pub(crate) fn llseek(&self, mut offset: i64, whence: u32) -> Result<i64> {
        // SAFETY: the file is open.
        unsafe {
            bindings::ferrite_misc_ktest_llseek(
                self.as_ptr(),
                &raw mut offset,
                whence.cast_signed(),
            );
        }
        if offset < 0 {
            return Err(errno(offset));
        }
        Ok(offset)
    }
}

fn errno(value: i64) -> Error {
    i32::try_from(value).map_or(EFAULT, Error::from_errno)
}

impl Deref for Opened {
    type Target = File;

    fn deref(&self) -> &File {
        match &self.0 {
            Some(file) => file,
            None => panic!("it is there until it is dropped"),
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            // SAFETY: the reference is given up.
            unsafe { bindings::ferrite_misc_ktest_close(ARef::into_raw(file).cast().as_ptr()) };
        }
    }
}
