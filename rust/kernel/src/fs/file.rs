// SPDX-License-Identifier: GPL-2.0-only

//! Open files, and the numbers by which a process knows them.
//!
//! C headers: `include/linux/fs.h`, `include/linux/file.h`.
//!
//! Consumer: `samples/pages`, which gives programs descriptors and knows files again.

#[cfg(feature = "ktest")]
mod tests;

use core::ops::Deref;
use core::ptr::NonNull;

use crate::cred::{Capability, Credential};
use crate::error::code::EBADF;
use crate::error::{Error, Result, to_result};
use crate::sync::{ARef, AlwaysRefCounted};
use crate::types::{NotThreadSafe, Opaque};

/// What a file was opened with: the flags of `open(2)`, by their C names.
pub mod flags {
    use bindings as c;

    /// The part that says whether it is for reading, writing or both.
    pub const O_ACCMODE: u32 = c::FERRITE_O_ACCMODE;
    /// For reading: a value of [`O_ACCMODE`].
    pub const O_RDONLY: u32 = c::FERRITE_O_RDONLY;
    /// For writing: a value of [`O_ACCMODE`].
    pub const O_WRONLY: u32 = c::FERRITE_O_WRONLY;
    /// For both: a value of [`O_ACCMODE`].
    pub const O_RDWR: u32 = c::FERRITE_O_RDWR;
    /// Made if it was not there.
    pub const O_CREAT: u32 = c::FERRITE_O_CREAT;
    /// Refused if it was there.
    pub const O_EXCL: u32 = c::FERRITE_O_EXCL;
    /// Emptied first.
    pub const O_TRUNC: u32 = c::FERRITE_O_TRUNC;
    /// Every write goes to the end.
    pub const O_APPEND: u32 = c::FERRITE_O_APPEND;
    /// Nothing waits: what would is `EAGAIN`.
    pub const O_NONBLOCK: u32 = c::FERRITE_O_NONBLOCK;
    /// A write is done when the data are safe.
    pub const O_DSYNC: u32 = c::FERRITE_O_DSYNC;
    /// A write is done when data and metadata are safe.
    pub const O_SYNC: u32 = c::FERRITE_O_SYNC;
    /// Past the page cache.
    pub const O_DIRECT: u32 = c::FERRITE_O_DIRECT;
    /// Offsets have 64 bits: set for every file on 64-bit machines.
    pub const O_LARGEFILE: u32 = c::FERRITE_O_LARGEFILE;
    /// Closed when the process executes another program.
    pub const O_CLOEXEC: u32 = c::FERRITE_O_CLOEXEC;
    /// Stands for a place in the tree only.
    pub const O_PATH: u32 = c::FERRITE_O_PATH;
}

/// An open file: C's `struct file`.
///
/// It counts its references; the last one that goes closes it.
///
/// Holding a reference proves that the file is open and that nobody relies on being the only user of
/// its offset (`fdget_pos`); see [`LocalFile`] for a file of which that is not known.
#[repr(transparent)]
pub struct File {
    inner: Opaque<bindings::file>,
}

// SAFETY: what it offers may be used on any CPU, and it can be closed from any.
unsafe impl Send for File {}
// SAFETY: as above.
unsafe impl Sync for File {}

// SAFETY: the file is there as long as somebody holds a reference.
unsafe impl AlwaysRefCounted for File {
    fn inc_ref(&self) {
        // SAFETY: there is a reference, as `self` is there.
        unsafe { bindings::ferrite_file_get(self.as_ptr()) };
    }

    unsafe fn dec_ref(file: NonNull<Self>) {
        // SAFETY: the caller gives up a reference.
        unsafe { bindings::fput(file.cast().as_ptr()) };
    }
}

impl File {
    /// A file of C's.
    ///
    /// # Safety
    ///
    /// - The file is open, and stays so during `'a`.
    /// - No light reference to it by `fdget_pos` that did not take the lock of the offset is held by
    ///   another thread.
    #[must_use]
    pub unsafe fn from_raw_file<'a>(file: *const bindings::file) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the type is transparent.
        unsafe { &*file.cast() }
    }
}

impl Deref for File {
    type Target = LocalFile;

    fn deref(&self) -> &LocalFile {
        // SAFETY: a `LocalFile` promises less, and both are transparent.
        unsafe { LocalFile::from_raw_file(self.inner.get()) }
    }
}

/// An open file that may have been taken from the descriptors of this process while the process
/// uses its offset without a lock (`fdget_pos`). So it stays on this thread.
#[repr(transparent)]
pub struct LocalFile {
    inner: Opaque<bindings::file>,
    _not_send: NotThreadSafe,
}

// SAFETY: the file is there as long as somebody holds a reference.
unsafe impl AlwaysRefCounted for LocalFile {
    fn inc_ref(&self) {
        // SAFETY: there is a reference, as `self` is there.
        unsafe { bindings::ferrite_file_get(self.as_ptr()) };
    }

    unsafe fn dec_ref(file: NonNull<Self>) {
        // SAFETY: the caller gives up a reference.
        unsafe { bindings::fput(file.cast().as_ptr()) };
    }
}

impl LocalFile {
    /// The file that the current process knows by a number. May not be called from an interrupt.
    ///
    /// # Errors
    ///
    /// [`BadFdError`], which is `EBADF`: there is none, or it was opened with `O_PATH`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::fs::LocalFile;
    /// use kernel::fs::file::BadFdError;
    ///
    /// assert_eq!(LocalFile::fget(u32::MAX).err(), Some(BadFdError));
    /// assert_eq!(Error::from(BadFdError), EBADF);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fget(fd: u32) -> Result<ARef<Self>, BadFdError> {
        // SAFETY: any number may be asked for.
        let file = NonNull::new(unsafe { bindings::fget(fd) }).ok_or(BadFdError)?;
        // SAFETY: `fget` has taken a reference for us.
        Ok(unsafe { ARef::from_raw(file.cast()) })
    }

    /// A file of C's.
    ///
    /// # Safety
    ///
    /// The file is open, and stays so during `'a`.
    #[must_use]
    pub unsafe fn from_raw_file<'a>(file: *const bindings::file) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the type is transparent.
        unsafe { &*file.cast() }
    }

    /// Says that nobody uses the offset without a lock.
    ///
    /// # Safety
    ///
    /// The current thread is not between `fdget_pos` and `fdput_pos` for this file: true for
    /// operations that do not use the offset, such as `ioctl` and `mmap`.
    #[must_use]
    pub unsafe fn assume_no_fdget_pos(file: ARef<Self>) -> ARef<File> {
        let file = ARef::into_raw(file);
        // SAFETY: the reference is passed on; the caller promises the rest.
        unsafe { ARef::from_raw(file.cast()) }
    }

    /// C's file.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::file {
        self.inner.get()
    }

    /// Who opened it.
    #[must_use]
    pub fn cred(&self) -> &Credential {
        // SAFETY: the file is open; it keeps these credentials until it is closed, and they are
        // never changed.
        unsafe { Credential::from_ptr(bindings::ferrite_file_cred(self.as_ptr())) }
    }

    /// What it was opened with, as [`flags`] of `open(2)`. `fcntl(2)` may change some at any time.
    #[must_use]
    pub fn flags(&self) -> u32 {
        // SAFETY: the file is open.
        unsafe { bindings::ferrite_file_flags(self.as_ptr()) }
    }

    /// Whether it was opened with `O_NONBLOCK`, or is used so now.
    #[must_use]
    pub fn is_nonblocking(&self) -> bool {
        self.flags() & flags::O_NONBLOCK != 0
    }

    fn mode(&self) -> u32 {
        // SAFETY: the file is open.
        unsafe { bindings::ferrite_file_mode(self.as_ptr()) }
    }

    /// Whether it is open for reading (`FMODE_READ`).
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.mode() & bindings::FERRITE_FMODE_READ != 0
    }

    /// Whether it is open for writing (`FMODE_WRITE`).
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.mode() & bindings::FERRITE_FMODE_WRITE != 0
    }

    /// The offset at this moment. Others may be changing it: good for a message, not for I/O, which
    /// goes by [`Kiocb`](super::Kiocb).
    #[must_use]
    pub fn pos(&self) -> i64 {
        let mut pos = 0;
        // SAFETY: the file is open.
        unsafe { bindings::ferrite_file_pos(self.as_ptr(), &raw mut pos) };
        pos
    }

    /// Whether who opened the file had a capability then and the current task has it now
    /// (`file_ns_capable`), in the initial user namespace. May leave a line in the audit log.
    #[must_use]
    pub fn opener_capable(&self, capability: Capability) -> bool {
        // SAFETY: the file is open; the capability is one.
        unsafe { bindings::ferrite_file_opener_capable(self.as_ptr(), capability.as_raw()) }
    }
}

/// A number without a file behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadFdError;

impl From<BadFdError> for Error {
    fn from(_: BadFdError) -> Self {
        EBADF
    }
}

/// A number that is reserved in the current process for a file that does not exist yet.
///
/// An operation that gives a file to the process reserves the number first, while it can still fail,
/// and binds the file to it last: from then on the process can use it. Dropped, it is free again.
///
/// # Invariants
///
/// The number is reserved in the current process.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::fs::file::flags;
/// use kernel::fs::{FileDescriptorReservation, LocalFile};
///
/// let reserved = FileDescriptorReservation::get_unused_fd_flags(flags::O_CLOEXEC)?;
/// let fd = reserved.reserved_fd();
/// // There is no file yet.
/// assert!(LocalFile::fget(fd).is_err());
/// drop(reserved);
/// let again = FileDescriptorReservation::get_unused_fd_flags(flags::O_CLOEXEC)?;
/// assert_eq!(again.reserved_fd(), fd);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a reservation ends when it is dropped"]
pub struct FileDescriptorReservation {
    fd: u32,
    _not_send: NotThreadSafe,
}

impl FileDescriptorReservation {
    /// Reserves the lowest free number; `flags` may hold [`flags::O_CLOEXEC`]. May sleep.
    ///
    /// # Errors
    ///
    /// `EMFILE`: the process has as many as it may have. `ENOMEM`.
    pub fn get_unused_fd_flags(flags: u32) -> Result<Self> {
        // SAFETY: the flags are only looked at.
        let fd = unsafe { bindings::get_unused_fd_flags(flags) };
        to_result(fd)?;
        // INVARIANT: it has just been reserved.
        Ok(Self {
            fd: fd.cast_unsigned(),
            _not_send: NotThreadSafe::new(),
        })
    }

    /// The number.
    #[must_use]
    pub fn reserved_fd(&self) -> u32 {
        self.fd
    }

    /// Binds a file to the number. The process may use and close it before this returns.
    pub fn fd_install(self, file: ARef<File>) {
        // SAFETY: by the invariant the number is reserved; the reference goes to the process.
        unsafe { bindings::fd_install(self.fd, ARef::into_raw(file).cast().as_ptr()) };
        core::mem::forget(self);
    }
}

impl Drop for FileDescriptorReservation {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is reserved, in this process: the value stays on its thread.
        unsafe { bindings::put_unused_fd(self.fd) };
    }
}
