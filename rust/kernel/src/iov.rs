// SPDX-License-Identifier: GPL-2.0-only

//! I/O vectors: where the data of a `read` or a `write` come from and go to.
//!
//! An [`IovIterSource`] is read from, as in `write_iter`; an [`IovIterDest`] is written to, as in
//! `read_iter`. Behind either may be memory of the user program, in one piece or many, memory of the
//! kernel, pages, or nothing at all: the driver does not see which.
//!
//! Copies may be *short*: memory of a user program may not be there. A copy returns how many bytes
//! went through, and the iterator has moved on by as many. The custom of `read` and `write` is to
//! return that number if it is not zero, and `EFAULT` if nothing went through though something
//! should have.
//!
//! Copies may sleep when the memory is a user program's. Where such memory ends in the middle of a word, 32-bit x86
//! does not count the bytes of that word.
//!
//! C header: `include/linux/uio.h`.
//!
//! Consumers: `samples/misc`; `samples/pages` (its frame) for copies of pages.

#[cfg(feature = "ktest")]
mod tests;

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::alloc::{Allocator, Flags, Vec};
use crate::error::Result;
use crate::error::code::{EFAULT, EINVAL};
use crate::page::{PAGE_SIZE, Page};

/// What both directions have in common.
///
/// # Invariants
///
/// - The pointer is that of an iterator which nobody else uses during `'data`, and its memory is
///   valid during `'data`.
/// - It had `total` bytes left when this value was made, and has moved forward since.
struct Iter<'data> {
    iter: NonNull<bindings::iov_iter>,
    total: usize,
    _data: PhantomData<&'data mut bindings::iov_iter>,
}

impl Iter<'_> {
    /// # Safety
    ///
    /// The pointer is valid, and nobody else uses the iterator or changes what it iterates over
    /// as long as the value lives.
    unsafe fn from_raw(iter: *mut bindings::iov_iter) -> Self {
        // SAFETY: the caller promises that it is valid, so it is not null.
        let iter = unsafe { NonNull::new_unchecked(iter) };
        let mut this = Self {
            iter,
            total: 0,
            _data: PhantomData,
        };
        // INVARIANT: the caller promises the rest.
        this.total = this.len();
        this
    }

    fn len(&self) -> usize {
        // SAFETY: by the invariant the iterator is valid.
        unsafe { bindings::ferrite_uio_count(self.iter.as_ptr()) }
    }

    fn advance(&mut self, bytes: usize) {
        // SAFETY: by the invariant the iterator is valid and ours; C stops at its end.
        unsafe { bindings::iov_iter_advance(self.iter.as_ptr(), bytes) };
    }

    fn revert(&mut self, bytes: usize) -> Result {
        let gone = self.total.saturating_sub(self.len());
        if bytes > gone {
            return Err(EINVAL);
        }
        // SAFETY: by the invariant the iterator is valid and ours, and has moved that far.
        unsafe { bindings::iov_iter_revert(self.iter.as_ptr(), bytes) };
        Ok(())
    }

    fn is_user(&self) -> bool {
        // SAFETY: by the invariant the iterator is valid.
        unsafe { bindings::ferrite_uio_is_user(self.iter.as_ptr()) }
    }
}

/// Whether `len` bytes from `offset` lie inside of a page.
fn check(offset: usize, len: usize) -> Result {
    match offset.checked_add(len) {
        Some(end) if end <= PAGE_SIZE => Ok(()),
        _ => Err(EINVAL),
    }
}

macro_rules! common {
    ($name:ident) => {
        impl $name<'_> {
            /// An iterator of C's.
            ///
            /// # Safety
            ///
            /// - The pointer is valid, the iterator has this direction, and nobody else uses it
            ///   or what it iterates over as long as the value lives.
            /// - If it is over memory of a user program, the current task is that program's.
            pub unsafe fn from_raw(iter: *mut bindings::iov_iter) -> Self {
                // INVARIANT: the caller promises the direction.
                // SAFETY: the caller promises the rest.
                Self(unsafe { Iter::from_raw(iter) })
            }

            /// How many bytes are left.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether nothing is left.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Moves on by `bytes` without copying, or to the end if that is nearer.
            pub fn advance(&mut self, bytes: usize) {
                self.0.advance(bytes);
            }

            /// Moves back by `bytes`, for example over what turned out not to fit. The same bytes
            /// may be different ones when they are copied again.
            ///
            /// # Errors
            ///
            /// `EINVAL`: that would be before where the iterator stood when the driver got it.
            pub fn revert(&mut self, bytes: usize) -> Result {
                self.0.revert(bytes)
            }

            /// Whether the memory is a user program's, so that a copy may be short and may sleep.
            #[must_use]
            pub fn is_user(&self) -> bool {
                self.0.is_user()
            }

            /// The iterator, for C.
            pub fn as_raw(&mut self) -> *mut bindings::iov_iter {
                self.0.iter.as_ptr()
            }
        }
    };
}

/// Data to read: the `from` of `write_iter`.
///
/// # Invariants
///
/// The iterator is a source (`ITER_SOURCE`).
pub struct IovIterSource<'data>(Iter<'data>);

/// Room for data: the `to` of `read_iter`.
///
/// # Invariants
///
/// The iterator is a destination (`ITER_DEST`).
pub struct IovIterDest<'data>(Iter<'data>);

common!(IovIterSource);
common!(IovIterDest);

impl IovIterSource<'_> {
    /// Copies into `to`; returns how many bytes that were, `to`'s length unless the data end or
    /// cannot be read.
    pub fn copy_from_iter(&mut self, to: &mut [u8]) -> usize {
        // SAFETY: the bytes are initialised, and only initialised bytes are written.
        let to = unsafe { &mut *(core::ptr::from_mut(to) as *mut [MaybeUninit<u8>]) };
        self.copy_from_iter_raw(to).len()
    }

    /// Copies into `to`, which need not be initialised; returns the part that is now.
    pub fn copy_from_iter_raw<'to>(&mut self, to: &'to mut [MaybeUninit<u8>]) -> &'to mut [u8] {
        // SAFETY:
        // - by the invariants the iterator is valid, ours and a source;
        // - `to` is valid for its length.
        let copied = unsafe {
            bindings::ferrite_uio_copy_from(self.as_raw(), to.as_mut_ptr().cast(), to.len())
        };
        let part = to.get_mut(..copied).unwrap_or_default();
        // SAFETY: C has written these bytes.
        unsafe { &mut *(core::ptr::from_mut(part) as *mut [u8]) }
    }

    /// Adds what is left to `buffer`; returns how many bytes that were.
    ///
    /// The program has chosen the length: compare [`Self::len`] with what you want to take first.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: there is something, and nothing of it can be read.
    /// - `ENOMEM`; nothing was copied.
    pub fn copy_from_iter_vec<A: Allocator>(
        &mut self,
        buffer: &mut Vec<u8, A>,
        flags: Flags,
    ) -> Result<usize> {
        let len = self.len();
        buffer.reserve(len, flags)?;
        let spare = buffer.spare_capacity_mut().get_mut(..len);
        let copied = self.copy_from_iter_raw(spare.unwrap_or_default()).len();
        // SAFETY: as many bytes behind the last were written just now.
        unsafe { buffer.inc_len(copied) };
        if copied == 0 && len > 0 {
            return Err(EFAULT);
        }
        Ok(copied)
    }

    /// Reads a value of a type that any bytes make. If that fails, the iterator has not moved.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: less than its size is left.
    /// - `EFAULT`: some of it cannot be read.
    pub fn read<T: FromBytes>(&mut self) -> Result<T> {
        if self.len() < size_of::<T>() {
            return Err(EINVAL);
        }
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: the value's memory is as long as its size says.
        let bytes = unsafe {
            core::slice::from_raw_parts_mut(
                value.as_mut_ptr().cast::<MaybeUninit<u8>>(),
                size_of::<T>(),
            )
        };
        let copied = self.copy_from_iter_raw(bytes).len();
        if copied != size_of::<T>() {
            self.revert(copied)?;
            return Err(EFAULT);
        }
        // SAFETY: every byte was written, and any bytes make a `T`.
        Ok(unsafe { value.assume_init() })
    }

    /// Copies into a part of a page, which may lie in high memory; returns how many bytes that were.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub fn copy_page_from_iter(&mut self, page: &Page, offset: usize, len: usize) -> Result<usize> {
        check(offset, len)?;
        // SAFETY:
        // - by the invariants the iterator is valid, ours and a source;
        // - the range has just been checked, and the page is there.
        Ok(unsafe {
            bindings::ferrite_uio_copy_page_from(self.as_raw(), page.as_ptr(), offset, len)
        })
    }
}

impl IovIterDest<'_> {
    /// Copies from `from`; returns how many bytes that were, `from`'s length unless the room ends
    /// or cannot be written.
    pub fn copy_to_iter(&mut self, from: &[u8]) -> usize {
        // SAFETY:
        // - by the invariants the iterator is valid, ours and a destination;
        // - `from` is valid for its length.
        unsafe { bindings::ferrite_uio_copy_to(self.as_raw(), from.as_ptr().cast(), from.len()) }
    }

    /// Writes a value; that it has no bytes of padding, which would tell what was there before,
    /// follows from its type. If that fails, the iterator has not moved; some of the bytes may have
    /// been written.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: there is less room than its size.
    /// - `EFAULT`: some of the room cannot be written.
    pub fn write<T: IntoBytes + Immutable>(&mut self, value: &T) -> Result {
        if self.len() < size_of::<T>() {
            return Err(EINVAL);
        }
        let copied = self.copy_to_iter(value.as_bytes());
        if copied != size_of::<T>() {
            self.revert(copied)?;
            return Err(EFAULT);
        }
        Ok(())
    }

    /// Writes `len` zeros; returns how many that were.
    pub fn zero(&mut self, len: usize) -> usize {
        // SAFETY: by the invariants the iterator is valid, ours and a destination.
        unsafe { bindings::iov_iter_zero(len, self.as_raw()) }
    }

    /// Copies a part of a page, which may lie in high memory; returns how many bytes that were.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub fn copy_page_to_iter(&mut self, page: &Page, offset: usize, len: usize) -> Result<usize> {
        check(offset, len)?;
        // SAFETY:
        // - by the invariants the iterator is valid, ours and a destination;
        // - the range has just been checked, and the page is there.
        Ok(
            unsafe {
                bindings::ferrite_uio_copy_page_to(self.as_raw(), page.as_ptr(), offset, len)
            },
        )
    }

    /// Serves a read of a file whose contents are `contents`, from `position` on, which it moves.
    /// Returns how many bytes that were: none at the end of the contents.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the position is negative.
    /// - `EFAULT`: there is something to copy, and none of the room can be written.
    pub fn simple_read_from_buffer(
        &mut self,
        position: &mut i64,
        contents: &[u8],
    ) -> Result<usize> {
        if *position < 0 {
            return Err(EINVAL);
        }
        let Some(rest) = usize::try_from(*position)
            .ok()
            .and_then(|start| contents.get(start..))
        else {
            return Ok(0);
        };
        let wanted = rest.len().min(self.len());
        let copied = self.copy_to_iter(rest);
        if copied == 0 && wanted > 0 {
            return Err(EFAULT);
        }
        *position = position.saturating_add_unsigned(copied as u64);
        Ok(copied)
    }
}
