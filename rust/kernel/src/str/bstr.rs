// SPDX-License-Identifier: GPL-2.0-only

//! Bytes that are shown as a text.

use core::fmt;
use core::ops::Deref;

use crate::print::Sink;

/// Bytes that should be a text, of any encoding: a name in a directory, a serial number.
///
/// `{}` shows what is printable ASCII as it is, and `\t`, `\n`, `\r`, `\\` and `\xNN` for the rest: no byte
/// can break the line or pass for another. `{:?}` puts quotes around it.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::print::Text;
/// use kernel::str::BStr;
/// use kernel::write_text;
///
/// let mut text = Text::<32>::new();
/// write_text!(&mut text, "{}", BStr::new(b"caf\xe9\n"));
/// assert_eq!(text.as_str()?, "caf\\xe9\\n");
/// pr_info!("a serial number: {}", BStr::new(b"0815\0"));
/// # Ok::<(), Error>(())
/// ```
#[derive(PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct BStr([u8]);

impl BStr {
    /// Looks at bytes as a text.
    #[must_use]
    pub const fn new(bytes: &[u8]) -> &Self {
        let bytes: *const [u8] = bytes;
        // SAFETY: it is bytes, and nothing else.
        unsafe { &*(bytes as *const Self) }
    }

    /// What is behind `prefix`, if the text begins with that.
    ///
    /// ```
    /// use kernel::str::BStr;
    ///
    /// let option = BStr::new(b"mode=\xff");
    /// assert_eq!(option.strip_prefix(b"mode="), Some(BStr::new(b"\xff")));
    /// assert_eq!(option.strip_prefix(b"size="), None);
    /// assert_eq!(option.len(), 6);
    /// # Ok::<(), kernel::error::Error>(())
    /// ```
    #[must_use]
    pub fn strip_prefix(&self, prefix: &[u8]) -> Option<&Self> {
        self.0.strip_prefix(prefix).map(Self::new)
    }

    /// Adds what `{}` shows to a text.
    #[inline]
    pub(crate) fn put(&self, to: &mut impl Sink) {
        to.bytes(&self.0);
    }

    /// Calls `to` with each piece of what `{}` shows.
    pub(crate) fn escaped(&self, mut to: impl FnMut(&str)) {
        for byte in &self.0 {
            escape(*byte, &mut [0; 4], &mut to);
        }
    }
}

/// Shows one byte.
fn escape<R>(byte: u8, buffer: &mut [u8; 4], show: impl FnOnce(&str) -> R) -> R {
    let digit = |digit: u8| match digit {
        0..=9 => digit | b'0',
        _ => digit.wrapping_sub(10).wrapping_add(b'a'),
    };
    show(match byte {
        b'\t' => "\\t",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\\' => "\\\\",
        b' '..=b'~' => char::from(byte).encode_utf8(buffer),
        _ => {
            *buffer = [b'\\', b'x', digit(byte >> 4), digit(byte & 15)];
            // SAFETY: four letters and digits.
            unsafe { core::str::from_utf8_unchecked(buffer) }
        }
    })
}

impl Deref for BStr {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<BStr> for [u8] {
    fn as_ref(&self) -> &BStr {
        BStr::new(self)
    }
}

impl fmt::Display for BStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| escape(*byte, &mut [0; 4], |text| f.write_str(text)))
    }
}

impl fmt::Debug for BStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for byte in &self.0 {
            match byte {
                b'"' => f.write_str("\\\"")?,
                _ => escape(*byte, &mut [0; 4], |text| f.write_str(text))?,
            }
        }
        f.write_str("\"")
    }
}
