// SPDX-License-Identifier: GPL-2.0-only

//! The memory of user space.
//!
//! A user program hands in an address and a length ([`UserSlice`]); the driver reads
//! ([`UserSliceReader`]) or writes ([`UserSliceWriter`]) it by copying. The memory belongs to a
//! process that may change it, unmap it or pass nonsense at any time:
//!
//! - There is never a reference to it, only copies.
//! - A reader moves on with each read, so a byte is fetched once: what was checked is what is used.
//!   Reading a second time may give other bytes. Who wants that has to say so, with
//!   [`UserSliceReader::clone_reader`].
//! - An address that is not the process's is `EFAULT`, and nothing worse.
//!
//! All of it is for process context, in the process whose memory is meant, and may sleep: a page
//! may have to be fetched from disk. A kernel thread has no such memory.
//!
//! C headers: `include/linux/uaccess.h`, `include/asm-generic/uaccess.h`.
//!
//! Consumer: `samples/misc`.

mod reader;
mod writer;

#[cfg(feature = "ktest")]
pub(crate) mod testing;
#[cfg(feature = "ktest")]
mod tests;

pub use reader::UserSliceReader;
pub use writer::UserSliceWriter;

use core::ffi::c_void;

use crate::alloc::{Allocator, Flags, Vec};
use crate::error::Result;
use crate::error::code::{E2BIG, EFAULT};

/// An address in the memory of a user program.
///
/// Holding one proves nothing: the address may be of anything or nothing, the kernel included. What
/// goes through [`UserSlice`] is checked.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::uaccess::UserPtr;
///
/// let pointer = UserPtr::from_addr(0x1000);
/// assert_eq!(pointer.addr(), 0x1000);
/// assert_eq!(pointer.wrapping_byte_add(16), UserPtr::from_addr(0x1010));
/// assert_eq!(UserPtr::from_ptr(core::ptr::null_mut()), UserPtr::from_addr(0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct UserPtr(usize);

impl UserPtr {
    /// The pointer with this value, for example an argument of an ioctl.
    #[must_use]
    pub const fn from_addr(addr: usize) -> Self {
        Self(addr)
    }

    /// What C has as a `void __user *`.
    #[must_use]
    pub fn from_ptr(pointer: *mut c_void) -> Self {
        Self(pointer.addr())
    }

    /// Its value.
    #[must_use]
    pub const fn addr(self) -> usize {
        self.0
    }

    /// The pointer `bytes` further, or where that is when the address space has been gone round.
    #[must_use]
    pub const fn wrapping_byte_add(self, bytes: usize) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// The pointer `bytes` further.
    fn checked_byte_add(self, bytes: usize) -> Result<Self> {
        self.0.checked_add(bytes).map(Self).ok_or(EFAULT)
    }
}

/// A range of the memory of a user program, as the program has named it.
///
/// Holding one proves nothing about the range. It is turned into a reader or a writer, once.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::uaccess::{UserPtr, UserSlice};
///
/// // No program has memory at address 0.
/// let nothing = || UserSlice::new(UserPtr::from_addr(0), 16);
/// assert_eq!(nothing().reader().read::<u32>(), Err(EFAULT));
/// assert_eq!(nothing().writer().write(&1_u64), Err(EFAULT));
/// let (mut from, mut to) = nothing().reader_writer();
/// assert_eq!((from.skip(16), to.len()), (Ok(()), 16));
/// assert_eq!(to.write_slice(b"text"), Err(EFAULT));
/// // The program chooses the length; the driver says how much it takes.
/// assert_eq!(nothing().at_most(15).err(), Some(E2BIG));
/// assert_eq!(nothing().at_most(16)?.len(), 16);
/// assert!(!nothing().is_empty());
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a slice does nothing until it is read or written"]
pub struct UserSlice {
    pointer: UserPtr,
    len: usize,
}

impl UserSlice {
    /// `len` bytes from `pointer`. Nothing is checked yet.
    pub const fn new(pointer: UserPtr, len: usize) -> Self {
        Self { pointer, len }
    }

    /// The length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slice, if it is no longer than `limit` bytes.
    ///
    /// # Errors
    ///
    /// `E2BIG`: it is longer.
    pub fn at_most(self, limit: usize) -> Result<Self> {
        if self.len > limit {
            return Err(E2BIG);
        }
        Ok(self)
    }

    /// For reading.
    pub const fn reader(self) -> UserSliceReader {
        UserSliceReader::new(self.pointer, self.len)
    }

    /// For writing.
    pub const fn writer(self) -> UserSliceWriter {
        UserSliceWriter::new(self.pointer, self.len)
    }

    /// For both; each moves on by itself. What is written is seen by later reads of the same bytes.
    pub const fn reader_writer(self) -> (UserSliceReader, UserSliceWriter) {
        (
            UserSliceReader::new(self.pointer, self.len),
            UserSliceWriter::new(self.pointer, self.len),
        )
    }

    /// Adds all of it to `buffer`.
    ///
    /// The program has chosen the length: limit it first, with [`Self::at_most`].
    ///
    /// # Errors
    ///
    /// `EFAULT`, or `ENOMEM`; `buffer` is as it was then.
    pub fn read_all<A: Allocator>(self, buffer: &mut Vec<u8, A>, flags: Flags) -> Result {
        self.reader().read_all(buffer, flags)
    }
}
