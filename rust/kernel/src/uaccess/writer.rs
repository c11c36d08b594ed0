// SPDX-License-Identifier: GPL-2.0-only

//! Writing the memory of user space.

use core::ffi::c_ulong;

use zerocopy::{Immutable, IntoBytes};

use super::UserPtr;
use crate::error::Result;
use crate::error::code::EFAULT;
use crate::page::Page;

/// Writes a range of the memory of a user program, from its beginning on.
///
/// What has been written is behind the writer. A write that fails with `EFAULT` has not moved it,
/// and may have written some of the bytes.
#[derive(Debug)]
#[must_use = "a writer does nothing until it is written to"]
pub struct UserSliceWriter {
    pointer: UserPtr,
    len: usize,
}

impl UserSliceWriter {
    pub(super) const fn new(pointer: UserPtr, len: usize) -> Self {
        Self { pointer, len }
    }

    /// How many bytes of room are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether no room is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Moves on by `len` bytes, which stay as they are.
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

    /// Whether `len` bytes fit into what is left.
    fn check(&self, len: usize) -> Result {
        if len > self.len {
            return Err(EFAULT);
        }
        self.pointer.checked_byte_add(len).map(drop)
    }

    /// Writes bytes.
    ///
    /// # Errors
    ///
    /// `EFAULT`: less room is left, or some of it cannot be written.
    pub fn write_slice(&mut self, from: &[u8]) -> Result {
        let len = from.len();
        self.check(len)?;
        // SAFETY:
        // - `from` is valid for `len` bytes;
        // - C refuses what is no user address, and stops at what cannot be written.
        let missing = unsafe {
            bindings::ferrite_uaccess_copy_to(
                self.pointer.0 as c_ulong,
                from.as_ptr().cast(),
                len as c_ulong,
            )
        };
        if missing != 0 {
            return Err(EFAULT);
        }
        self.skip(len)
    }

    /// Writes as much of `from` as there is room for, as `simple_read_from_buffer` does: `from`
    /// stands for a file, and is read from `offset` on. Returns how many bytes that were and moves
    /// `offset` on.
    ///
    /// # Errors
    ///
    /// `EFAULT`: some of the room cannot be written.
    pub fn write_slice_file(&mut self, from: &[u8], offset: &mut u64) -> Result<usize> {
        let rest = usize::try_from(*offset)
            .ok()
            .and_then(|offset| from.get(offset..))
            .unwrap_or_default();
        let len = rest.len().min(self.len);
        // The length was limited to both.
        self.write_slice(rest.get(..len).unwrap_or_default())?;
        *offset = offset.saturating_add(len as u64);
        Ok(len)
    }

    /// Writes a value; that it has no bytes of padding, which would tell what was there before,
    /// follows from its type.
    ///
    /// # Errors
    ///
    /// `EFAULT`: less than its size is left, or some of it cannot be written.
    pub fn write<T: IntoBytes + Immutable>(&mut self, value: &T) -> Result {
        self.write_slice(value.as_bytes())
    }

    /// Writes a part of a page, which may lie in high memory.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: that is not inside of the page.
    /// - `EFAULT`: less room is left, or some of it cannot be written.
    pub fn write_page(&mut self, page: &Page, offset: usize, len: usize) -> Result {
        self.check(len)?;
        if page.copy_to_user(offset, self.pointer.0, len)? != 0 {
            return Err(EFAULT);
        }
        self.skip(len)
    }

    /// Writes `len` zeros.
    ///
    /// # Errors
    ///
    /// `EFAULT`: less room is left, or some of it cannot be written.
    pub fn clear(&mut self, len: usize) -> Result {
        self.check(len)?;
        // SAFETY: C refuses what is no user address, and stops at what cannot be written.
        let missing =
            unsafe { bindings::ferrite_uaccess_clear(self.pointer.0 as c_ulong, len as c_ulong) };
        if missing != 0 {
            return Err(EFAULT);
        }
        self.skip(len)
    }
}
