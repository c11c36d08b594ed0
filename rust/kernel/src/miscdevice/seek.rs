// SPDX-License-Identifier: GPL-2.0-only

//! Moving the offset of an open file.

use crate::error::code::EINVAL;
use crate::error::{Error, Result};
use crate::fs::File;

/// What an offset of `lseek(2)` counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whence {
    /// From the beginning.
    Set,
    /// From the present offset.
    Cur,
    /// From the end.
    End,
    /// Something else, for example the next hole; C's number.
    Other(i32),
}

/// One `lseek(2)`. The file's offset is locked meanwhile.
pub struct Seek<'a> {
    file: &'a File,
    offset: i64,
    whence: i32,
}

impl<'a> Seek<'a> {
    pub(super) fn new(file: &'a File, offset: i64, whence: i32) -> Self {
        Self {
            file,
            offset,
            whence,
        }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &File {
        self.file
    }

    /// The offset that was asked for.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// What it counts from.
    #[must_use]
    pub fn whence(&self) -> Whence {
        match self.whence.cast_unsigned() {
            bindings::FERRITE_SEEK_SET => Whence::Set,
            bindings::FERRITE_SEEK_CUR => Whence::Cur,
            bindings::FERRITE_SEEK_END => Whence::End,
            _ => Whence::Other(self.whence),
        }
    }

    /// Moves the offset in a file of `size` bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the new offset would be before the beginning or beyond the end, or `whence` is
    /// [`Whence::Other`].
    pub fn fixed_size(self, size: i64) -> Result<i64> {
        let mut offset = self.offset;
        // SAFETY: the file is open.
        unsafe {
            bindings::ferrite_misc_fixed_size_llseek(
                self.file.as_ptr(),
                &raw mut offset,
                self.whence,
                &raw const size,
            );
        }
        if offset < 0 {
            return Err(i32::try_from(offset).map_or(EINVAL, Error::from_errno));
        }
        Ok(offset)
    }
}
