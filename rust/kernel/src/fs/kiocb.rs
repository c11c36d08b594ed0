// SPDX-License-Identifier: GPL-2.0-only

//! One `read` or `write` in progress.
//!
//! C header: `include/linux/fs.h`.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::File;
use crate::types::ForeignOwnable;

/// The control block of one `read` or `write`: at which offset, how, of which file.
///
/// `T` is what the driver keeps for each open file.
///
/// # Invariants
///
/// - The pointer is that of a control block which nobody else uses during `'a`.
/// - `private` comes from `T::into_foreign`, and is not taken back during `'a`.
pub struct Kiocb<'a, T: ForeignOwnable> {
    kiocb: NonNull<bindings::kiocb>,
    private: *mut c_void,
    _data: PhantomData<(&'a mut bindings::kiocb, T::Borrowed<'a>)>,
}

impl<'a, T: ForeignOwnable> Kiocb<'a, T> {
    /// A control block of C's.
    ///
    /// # Safety
    ///
    /// - The pointer is valid, and nobody else uses the control block, during `'a`.
    /// - `private` comes from `T::into_foreign`, and is not taken back during `'a`.
    pub(crate) unsafe fn from_raw(kiocb: *mut bindings::kiocb, private: *mut c_void) -> Self {
        // INVARIANT: the caller promises it.
        Self {
            // SAFETY: the caller promises that it is valid, so it is not null.
            kiocb: unsafe { NonNull::new_unchecked(kiocb) },
            private,
            _data: PhantomData,
        }
    }

    /// What the driver keeps for the open file.
    #[must_use]
    pub fn file(&self) -> T::Borrowed<'a> {
        // SAFETY: by the invariant it is not taken back during `'a`.
        unsafe { T::borrow(self.private) }
    }

    /// The open file itself.
    #[must_use]
    pub fn filp(&self) -> &File {
        // SAFETY: the control block is valid, and holds the file open. Its I/O has either taken
        // the lock of the offset or does not use it: the offset in use is the control block's.
        unsafe { File::from_raw_file(bindings::ferrite_kiocb_file(self.kiocb.as_ptr())) }
    }

    /// The offset in the file.
    #[must_use]
    pub fn ki_pos(&self) -> i64 {
        // SAFETY: by the invariant the control block is valid.
        unsafe { *bindings::ferrite_kiocb_pos(self.kiocb.as_ptr()) }
    }

    /// The offset in the file, to be moved on by what was read or written.
    pub fn ki_pos_mut(&mut self) -> &mut i64 {
        // SAFETY: by the invariant the control block is valid, and nobody else uses it.
        unsafe { &mut *bindings::ferrite_kiocb_pos(self.kiocb.as_ptr()) }
    }

    fn has(&self, flag: u32) -> bool {
        // SAFETY: by the invariant the control block is valid.
        let flags = unsafe { bindings::ferrite_kiocb_flags(self.kiocb.as_ptr()) };
        flags.cast_unsigned() & flag != 0
    }

    /// Whether this must not wait: what would is `EAGAIN` (`IOCB_NOWAIT`, or the file is opened with
    /// `O_NONBLOCK`).
    #[must_use]
    pub fn is_nowait(&self) -> bool {
        self.has(bindings::FERRITE_IOCB_NOWAIT) || self.filp().is_nonblocking()
    }

    /// Whether it goes past the page cache (`IOCB_DIRECT`).
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.has(bindings::FERRITE_IOCB_DIRECT)
    }

    /// Whether a write goes to the end (`IOCB_APPEND`).
    #[must_use]
    pub fn is_append(&self) -> bool {
        self.has(bindings::FERRITE_IOCB_APPEND)
    }

    /// Whether a write is done only when the data are safe (`IOCB_DSYNC`).
    #[must_use]
    pub fn is_dsync(&self) -> bool {
        self.has(bindings::FERRITE_IOCB_DSYNC)
    }

    /// Whether the caller will ask for the end of it instead of waiting (`IOCB_HIPRI`).
    #[must_use]
    pub fn is_polled(&self) -> bool {
        self.has(bindings::FERRITE_IOCB_HIPRI)
    }

    /// Whether the caller waits for the result, as `read(2)` does and asynchronous I/O does not.
    #[must_use]
    pub fn is_sync(&self) -> bool {
        // SAFETY: by the invariant the control block is valid.
        unsafe { bindings::ferrite_kiocb_is_sync(self.kiocb.as_ptr()) }
    }
}
