// SPDX-License-Identifier: GPL-2.0-only

//! Strings for C, and texts that may be no UTF-8.
//!
//! C headers: `include/linux/string.h`, `include/linux/kstrtox.h`, `include/linux/kernel.h`.
//!
//! - [`c_str!`](crate::c_str) and `c"literal"` are strings that are known when the driver is compiled;
//!   [`CString`] is one that is put together when it runs.
//! - [`BStr`] shows bytes that some device or file system says are text.
//! - [`Formatter`] formats into memory that there is already.
//! - Numbers and booleans are read as C reads them: [`Parse`] for a terminated text, [`parse_bytes`] for
//!   other bytes, [`memparse`] for a size with a suffix.
//!
//! Used by [`print`](crate::print), and by drivers that name what they make.

mod bstr;
mod c_string;
mod formatter;
#[cfg(feature = "ktest")]
mod tests;

pub use bstr::BStr;
pub use c_string::{CString, CStringWriter};
pub use formatter::Formatter;

pub use crate::attribute::Parse;

use core::ffi::CStr;

use crate::error::Result;
use crate::error::code::EINVAL;

/// A string literal as a `&'static CStr`.
///
/// It does not compile for a text with a zero byte in it.
#[macro_export]
macro_rules! c_str {
    ($text:expr) => {{
        const TEXT: &::core::ffi::CStr =
            match ::core::ffi::CStr::from_bytes_with_nul(::core::concat!($text, "\0").as_bytes()) {
                Ok(text) => text,
                Err(_) => panic!("the text has a zero byte in it"),
            };
        TEXT
    }};
}

/// Reads a `bool` as C's parameters and attributes do: `y`, `t`, `1` and `on`, `n`, `f`, `0` and `off`, in
/// either case; only the first letters count. Any context.
///
/// # Errors
///
/// `EINVAL`: the text is none of these.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::str::kstrtobool;
///
/// assert_eq!(kstrtobool(c"On\n"), Ok(true));
/// assert_eq!(kstrtobool(c"nothing"), Ok(false));
/// assert_eq!(kstrtobool(c"2"), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
pub fn kstrtobool(text: &CStr) -> Result<bool> {
    Parse::parse(text)
}

/// Reads a value of bytes that no zero byte ends: the whole of them, with one end of line at the
/// most. Any context.
///
/// # Errors
///
/// - `EINVAL`: the bytes are no such value, or more than any has.
/// - `ERANGE`: they are a number that does not fit.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::str::parse_bytes;
///
/// let line = b"depth=0x40";
/// let (_name, value) = line.split_at(6);
/// assert_eq!(parse_bytes::<u8>(value), Ok(64));
/// assert_eq!(parse_bytes::<i8>(b"128"), Err(ERANGE));
/// assert_eq!(parse_bytes::<bool>(b""), Err(EINVAL));
/// assert_eq!(parse_bytes::<u8>(b"1\x002"), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
pub fn parse_bytes<T: Parse>(bytes: &[u8]) -> Result<T> {
    // The longest value is a `u64` in octal with a sign, a zero and an end of line. More zeroes in
    // front than that nobody writes.
    let mut text = [0; 64];
    let end = text.len().saturating_sub(1);
    let room = text.get_mut(..end.min(bytes.len())).ok_or(EINVAL)?;
    if room.len() != bytes.len() || bytes.contains(&0) {
        return Err(EINVAL);
    }
    room.copy_from_slice(bytes);
    T::parse(CStr::from_bytes_until_nul(&text).map_err(|_| EINVAL)?)
}

/// Reads a size: a number as C writes it, and `K`, `M`, `G`, `T`, `P` or `E` behind it for 2¹⁰ to 2⁶⁰,
/// in either case. Returns it with what follows. No number is 0, and a number that does not fit loses its
/// upper bits, as in C.
///
/// C: `memparse`, in `lib/cmdline.c`. Any context.
///
/// # Examples
///
/// ```
/// use kernel::str::memparse;
///
/// assert_eq!(memparse(c"4M"), (4 << 20, c""));
/// assert_eq!(memparse(c"0x10k@3G"), (16 << 10, c"@3G"));
/// assert_eq!(memparse(c"none"), (0, c"none"));
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[must_use]
pub fn memparse(text: &CStr) -> (u64, &CStr) {
    let mut size = 0;
    // SAFETY: the text is terminated; the result is a variable of ours.
    let rest = unsafe { bindings::ferrite_str_memparse(text.as_ptr(), &raw mut size) };
    // SAFETY: C has stopped in the text, at its end at the latest.
    (size, unsafe { CStr::from_ptr(rest) })
}
