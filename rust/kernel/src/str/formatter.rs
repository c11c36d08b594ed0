// SPDX-License-Identifier: GPL-2.0-only

//! Formatting into memory that is there.

use core::ffi::CStr;

use crate::error::Result;
use crate::error::code::{EINVAL, EOVERFLOW};
use crate::print::Sink;

/// Formats into a buffer, and counts what there would have been if that is too small: C's `snprintf`.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::str::Formatter;
/// use kernel::write_text;
///
/// let mut buffer = [0; 8];
/// let mut to = Formatter::new(&mut buffer);
/// write_text!(&mut to, "queue{}", 12);
/// assert_eq!(to.finish(), Ok("queue12"));
///
/// let mut to = Formatter::new(&mut buffer);
/// write_text!(&mut to, "queue{}", 1234);
/// assert_eq!(to.len(), 9);
/// assert_eq!(to.finish(), Err(EOVERFLOW));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The buffer begins with the text, which has `wanted` bytes, or with as much of it as fits.
pub struct Formatter<'a> {
    buffer: &'a mut [u8],
    wanted: usize,
}

impl<'a> Formatter<'a> {
    /// Writes to the beginning of `buffer`.
    #[must_use]
    pub fn new(buffer: &'a mut [u8]) -> Self {
        // INVARIANT: nothing was written.
        Self { buffer, wanted: 0 }
    }

    /// How many bytes the whole text has, also if they do not fit.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wanted
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted == 0
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// `EOVERFLOW`: the buffer is too small; what fits is in it, and may end inside of a character.
    pub fn finish(self) -> Result<&'a str> {
        let text = self.buffer.get(..self.wanted).ok_or(EOVERFLOW)?;
        // SAFETY: by the invariant these are texts one behind the other, the last one whole.
        Ok(unsafe { core::str::from_utf8_unchecked(text) })
    }

    /// The text, with a zero byte behind it.
    ///
    /// # Errors
    ///
    /// - `EOVERFLOW`: the buffer is too small for both.
    /// - `EINVAL`: a zero byte was written.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::str::Formatter;
    /// use kernel::write_text;
    ///
    /// let mut buffer = [0xff; 6];
    /// let mut to = Formatter::new(&mut buffer);
    /// write_text!(&mut to, "sda{}", 15);
    /// assert_eq!(to.finish_c_str(), Ok(c"sda15"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn finish_c_str(self) -> Result<&'a CStr> {
        *self.buffer.get_mut(self.wanted).ok_or(EOVERFLOW)? = 0;
        let text = self.buffer.get(..=self.wanted).ok_or(EOVERFLOW)?;
        CStr::from_bytes_with_nul(text).map_err(|_| EINVAL)
    }
}

impl Sink for Formatter<'_> {
    fn text(&mut self, text: &str) {
        let room = self.buffer.get_mut(self.wanted..).unwrap_or_default();
        // INVARIANT: as much as fits is written behind what is there.
        room.iter_mut()
            .zip(text.bytes())
            .for_each(|(to, from)| *to = from);
        self.wanted = self.wanted.saturating_add(text.len());
    }
}
