// SPDX-License-Identifier: GPL-2.0-only

//! Reading the memory of user space.

use core::ffi::{CStr, c_long, c_ulong};
use core::mem::MaybeUninit;

use zerocopy::FromBytes;

use super::UserPtr;
use crate::alloc::{Allocator, Flags, Vec};
use crate::error::code::{E2BIG, EFAULT};
use crate::error::{Result, to_result};
use crate::page::Page;

/// Reads a range of the memory of a user program, from its beginning on.
///
/// What has been read is behind the reader. A read that fails with `EFAULT` has not moved it.
#[derive(Debug)]
#[must_use = "a reader does nothing until it is read from"]
pub struct UserSliceReader {
    pointer: UserPtr,
    len: usize,
}

impl UserSliceReader {
    pub(super) const fn new(pointer: UserPtr, len: usize) -> Self {
        Self { pointer, len }
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A second reader of what is left.
    ///
    /// The program may write in between: what the second one reads need not be what the first one
    /// has read, and what was checked must be checked again.
    pub const fn clone_reader(&self) -> Self {
        Self::new(self.pointer, self.len)
    }

    /// Moves on by `len` bytes without looking at them.
    ///
    /// # Errors
    ///
    /// `EFAULT`: that is more than is left.
    pub fn skip(&mut self, len: usize) -> Result {
        let left = self.len.checked_sub(len).ok_or(EFAULT)?;
        self.pointer = self.pointer.checked_byte_add(len)?;
        self.len = left;
        Ok(())
    }

    /// Fills `to`, which need not be initialised.
    ///
    /// # Errors
    ///
    /// `EFAULT`: less is left, or some of it cannot be read. The contents of `to` are arbitrary then;
    /// bytes that could not be read are zero.
    pub fn read_raw(&mut self, to: &mut [MaybeUninit<u8>]) -> Result {
        let len = to.len();
        if len > self.len {
            return Err(EFAULT);
        }
        self.pointer.checked_byte_add(len)?;
        // SAFETY:
        // - `to` is valid for `len` bytes;
        // - C refuses what is no user address, and stops at what is not mapped.
        let missing = unsafe {
            bindings::ferrite_uaccess_copy_from(
                to.as_mut_ptr().cast(),
                self.pointer.0 as c_ulong,
                len as c_ulong,
            )
        };
        if missing != 0 {
            return Err(EFAULT);
        }
        self.skip(len)
    }

    /// Fills `to`.
    ///
    /// # Errors
    ///
    /// As [`Self::read_raw`].
    pub fn read_slice(&mut self, to: &mut [u8]) -> Result {
        // SAFETY: the bytes are initialised, and `read_raw` only writes initialised bytes.
        let to = unsafe { &mut *(core::ptr::from_mut(to) as *mut [MaybeUninit<u8>]) };
        self.read_raw(to)
    }

    /// Fills as much of `to` as there is, as `simple_write_to_buffer` does: `to` stands for a file,
    /// and is written from `offset` on. Returns how many bytes that were and moves `offset` on.
    ///
    /// # Errors
    ///
    /// `EFAULT`: some of it cannot be read.
    pub fn read_slice_file(&mut self, to: &mut [u8], offset: &mut u64) -> Result<usize> {
        let Some(rest) = usize::try_from(*offset)
            .ok()
            .and_then(|offset| to.get_mut(offset..))
        else {
            return Ok(0);
        };
        let len = rest.len().min(self.len);
        // The length was limited to both.
        let part = rest.get_mut(..len).unwrap_or_default();
        self.read_slice(part)?;
        *offset = offset.saturating_add(len as u64);
        Ok(len)
    }

    /// Reads a value of a type that any bytes make.
    ///
    /// # Errors
    ///
    /// `EFAULT`: less than its size is left, or some of it cannot be read.
    pub fn read<T: FromBytes>(&mut self) -> Result<T> {
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: the value's memory is as long as its size says.
        let bytes = unsafe {
            core::slice::from_raw_parts_mut(
                value.as_mut_ptr().cast::<MaybeUninit<u8>>(),
                size_of::<T>(),
            )
        };
        self.read_raw(bytes)?;
        // SAFETY: every byte was written, and any bytes make a `T`.
        Ok(unsafe { value.assume_init() })
    }

    /// Fills a part of a page, which may lie in high memory.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: that is not inside of the page.
    /// - `EFAULT`: less is left, or some of it cannot be read. The page's contents there are arbitrary.
    pub fn read_page(&mut self, page: &Page, offset: usize, len: usize) -> Result {
        if len > self.len {
            return Err(EFAULT);
        }
        if page.copy_from_user(offset, self.pointer.0, len)? != 0 {
            return Err(EFAULT);
        }
        self.skip(len)
    }

    /// Adds all that is left to `buffer`.
    ///
    /// The program has chosen the length: limit it first, with
    /// [`UserSlice::at_most`](super::UserSlice::at_most).
    ///
    /// # Errors
    ///
    /// `EFAULT`, or `ENOMEM`; `buffer` is as it was then.
    pub fn read_all<A: Allocator>(mut self, buffer: &mut Vec<u8, A>, flags: Flags) -> Result {
        let len = self.len;
        buffer.reserve(len, flags)?;
        let spare = buffer.spare_capacity_mut().get_mut(..len).ok_or(EFAULT)?;
        self.read_raw(spare)?;
        // SAFETY: `len` bytes behind the last were written just now.
        unsafe { buffer.inc_len(len) };
        Ok(())
    }

    /// The length of the string that is next, without its terminating zero. The reader stays.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: it cannot be read, or is not terminated within what is left.
    pub fn strnlen(&self) -> Result<usize> {
        let count = c_long::try_from(self.len).unwrap_or(c_long::MAX);
        // SAFETY: C refuses what is no user address, and stops at what is not mapped.
        let size = unsafe { bindings::ferrite_uaccess_strnlen(self.pointer.0 as c_ulong, count) };
        // Zero is a fault; more than `count` is a string without an end.
        match usize::try_from(size) {
            Ok(size) if size > 0 && size <= self.len => Ok(size.wrapping_sub(1)),
            _ => Err(EFAULT),
        }
    }

    /// Reads a string into `buffer`: up to its terminating zero, or all that is left if there is
    /// none. In `buffer` it is terminated in any case.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: some of it cannot be read.
    /// - `E2BIG`: it does not fit, with its zero.
    pub fn strcpy_into_buf(self, buffer: &mut [u8]) -> Result<&CStr> {
        let room = buffer.len().min(self.len);
        let count = c_long::try_from(room).map_err(|_| E2BIG)?;
        // SAFETY:
        // - `buffer` is valid for `count` bytes;
        // - C refuses what is no user address, and stops at what is not mapped.
        let copied = unsafe {
            bindings::ferrite_uaccess_strncpy_from(
                buffer.as_mut_ptr().cast(),
                self.pointer.0 as c_ulong,
                count,
            )
        };
        // The C type is as wide as a pointer.
        let copied = copied as isize;
        let len = usize::try_from(copied).map_err(|_| {
            to_result(i32::try_from(copied).unwrap_or(i32::MIN))
                .map_or_else(|error| error, |()| EFAULT)
        })?;
        // All of `buffer` was filled and no zero came: then this is beyond it.
        *buffer.get_mut(len).ok_or(E2BIG)? = 0;
        let text = buffer.get(..=len).ok_or(E2BIG)?;
        CStr::from_bytes_until_nul(text).map_err(|_| E2BIG)
    }

    /// Reads a string into memory of its own: up to its terminating zero, or all that is left if
    /// there is none. The vector holds it without a zero.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: some of it cannot be read.
    /// - `E2BIG`: it has more than `limit` bytes, without its zero.
    /// - `ENOMEM`.
    pub fn strndup<A: Allocator>(self, limit: usize, flags: Flags) -> Result<Vec<u8, A>> {
        let len = match self.strnlen() {
            Ok(len) => len,
            // Perhaps it is not terminated; what cannot be read is found below.
            Err(_) => self.len,
        };
        // With a byte that may not be there: it tells what is too long from what cannot be read.
        let len = len.min(limit.saturating_add(1));
        let mut text = Vec::new();
        Self::new(self.pointer, len).read_all(&mut text, flags)?;
        // The program may have put a zero there in between.
        if let Some(end) = text.iter().position(|byte| *byte == 0) {
            text.truncate(end);
        }
        if text.len() > limit {
            return Err(E2BIG);
        }
        Ok(text)
    }
}
