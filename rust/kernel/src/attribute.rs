// SPDX-License-Identifier: GPL-2.0-only

//! Attributes as text: what configfs, sysfs and module parameters have in common.
//!
//! C headers: `include/linux/kstrtox.h`, `include/linux/sysfs.h`.
//!
//! What user space reads of an attribute is written to an [`Output`], what it writes comes as an
//! [`Input`]. Numbers and booleans are read by the kernel's own `kstrto*` ([`Parse`]), so that
//! attributes of Rust drivers take what those of C drivers take, and refuse what they refuse.
//!
//! A value that can [`Show`] itself, or [`Store`] what was written, can be a file in debugfs and sysfs
//! by itself: an [`Atomic`](crate::sync::atomic::Atomic), a
//! [`Mutex`](crate::sync::Mutex) around a number.
//!
//! Used by `samples/configfs`, `samples/debugfs` and `rnull`.

mod blob;
pub(crate) mod call;
#[cfg(feature = "ktest")]
mod tests;
mod value;

pub use blob::{Blob, BlobMut};
pub use value::{Show, Store};

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::error::code::{EINVAL, EOVERFLOW, ERANGE};
use crate::error::{Result, to_result};
use crate::page::PAGE_SIZE;
use crate::print::{Integer, Sink};

/// A type that is read from a text as C's attributes and parameters do.
///
/// ```
/// use kernel::attribute::Parse;
/// use kernel::prelude::*;
///
/// assert_eq!(u8::parse(c"0x1f\n")?, 31);
/// assert_eq!(u8::parse(c"256"), Err(ERANGE));
/// assert_eq!(i64::parse(c"-9223372036854775808")?, i64::MIN);
/// assert_eq!(bool::parse(c"off")?, false);
/// assert_eq!(bool::parse(c"maybe"), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
pub trait Parse: Sized {
    /// Reads the whole text; one end of line behind the value is fine. May be called in any context.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the text is no such value.
    /// - `ERANGE`: it is a number that does not fit.
    fn parse(text: &CStr) -> Result<Self>;
}

macro_rules! integer {
    ($($ty:ty, $kstrto:ident;)*) => { $(
        /// In decimal, in hexadecimal after `0x`, or in octal after `0`.
        impl Parse for $ty {
            fn parse(text: &CStr) -> Result<Self> {
                let mut value = 0;
                // SAFETY: the text is terminated, and the result is a variable of ours.
                to_result(unsafe { bindings::$kstrto(text.as_ptr(), 0, &raw mut value) })?;
                Ok(value)
            }
        }
    )* };
}

integer! {
    u8, kstrtou8;
    i8, kstrtos8;
    u16, kstrtou16;
    i16, kstrtos16;
    u32, kstrtouint;
    i32, kstrtoint;
    u64, kstrtoull;
    i64, kstrtoll;
}

/// As the integer of that width.
impl Parse for usize {
    fn parse(text: &CStr) -> Result<Self> {
        u64::parse(text)?.try_into().map_err(|_| ERANGE)
    }
}

/// As the integer of that width.
impl Parse for isize {
    fn parse(text: &CStr) -> Result<Self> {
        i64::parse(text)?.try_into().map_err(|_| ERANGE)
    }
}

/// `y`, `t`, `1` and `on`, `n`, `f`, `0` and `off`, in either case; only the first letters count.
impl Parse for bool {
    fn parse(text: &CStr) -> Result<Self> {
        let mut value = false;
        // SAFETY: the text is terminated, and the result is a variable of ours.
        to_result(unsafe { bindings::kstrtobool(text.as_ptr(), &raw mut value) })?;
        Ok(value)
    }
}

/// The page that a reader of an attribute gets.
///
/// What does not fit is left out, and the read then fails with `EOVERFLOW`: a reader never gets a
/// part of a value.
///
/// [`write_text!`](crate::write_text) formats into it. It can be written to with `ufmt`'s and `core`'s
/// macros, too; [`Self::integer`] and [`Self::text`] are smaller.
pub struct Output<'a> {
    start: NonNull<u8>,
    used: usize,
    cut: bool,
    _page: PhantomData<&'a mut [u8]>,
}

impl<'a> Output<'a> {
    /// What the page holds.
    pub const CAPACITY: usize = PAGE_SIZE;

    /// Writes to `page` from its start.
    ///
    /// # Safety
    ///
    /// `page` is valid for writes of [`Self::CAPACITY`] bytes during `'a`, and nobody else uses it.
    pub(crate) unsafe fn from_raw(page: *mut c_char) -> Self {
        Self {
            // SAFETY: what is valid for writes is not null.
            start: unsafe { NonNull::new_unchecked(page.cast()) },
            used: 0,
            cut: false,
            _page: PhantomData,
        }
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Adds bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if bytes.len() > Self::CAPACITY.wrapping_sub(self.used) {
            self.cut = true;
            return self;
        }
        // SAFETY:
        // - `used` is at most the capacity, and that much is left, as has just been checked;
        // - the page is ours alone, so that it is not where `bytes` is.
        unsafe {
            self.start
                .add(self.used)
                .copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len());
        }
        self.used = self.used.wrapping_add(bytes.len());
        self
    }

    /// Adds an integer, in decimal.
    pub fn integer(&mut self, value: impl Into<Integer>) -> &mut Self {
        value.into().decimal(self);
        self
    }

    /// Adds `Y` or `N`, as C does for a `bool`.
    pub fn yes_no(&mut self, value: bool) -> &mut Self {
        self.text(if value { "Y" } else { "N" })
    }

    /// How many bytes have been written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// How many bytes there are, for C.
    pub(crate) fn finish(&self) -> Result<usize> {
        if self.cut {
            Err(EOVERFLOW)
        } else {
            Ok(self.used)
        }
    }
}

impl Sink for Output<'_> {
    fn text(&mut self, text: &str) {
        self.text(text);
    }
}

impl ufmt::uWrite for Output<'_> {
    type Error = core::convert::Infallible;

    fn write_str(&mut self, text: &str) -> Result<(), Self::Error> {
        self.text(text);
        Ok(())
    }
}

impl core::fmt::Write for Output<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// What user space has written to an attribute, in one `write`.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// With the zero byte behind them that C has put there.
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// What C hands over.
    ///
    /// # Safety
    ///
    /// `page` is valid for reads of `len` bytes and a zero byte behind them, and does not change,
    /// during `'a`.
    pub(crate) unsafe fn from_raw(page: *const c_char, len: usize) -> Self {
        // SAFETY: the caller promises one byte more than `len`, which lie in one page.
        let bytes = unsafe { core::slice::from_raw_parts(page.cast(), len.wrapping_add(1)) };
        Self { bytes }
    }

    /// What a writer of this text would hand over.
    #[must_use]
    pub fn new(text: &'a CStr) -> Self {
        Self {
            bytes: text.to_bytes_with_nul(),
        }
    }

    /// All bytes, the end of the line among them.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        match self.bytes.split_last() {
            Some((_, bytes)) => bytes,
            None => &[],
        }
    }

    /// The text, up to the first zero byte.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is no zero byte, which C rules out.
    pub fn as_c_str(&self) -> Result<&'a CStr> {
        if self.bytes.last() != Some(&0) {
            return Err(EINVAL);
        }
        // SAFETY: there is a zero byte, and what is in front of it does not change during `'a`.
        Ok(unsafe { CStr::from_ptr(self.bytes.as_ptr().cast()) })
    }

    /// The text without white space at both ends.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is not UTF-8.
    pub fn as_str(&self) -> Result<&'a str> {
        let text = core::str::from_utf8(self.as_bytes()).map_err(|_| EINVAL)?;
        Ok(text.trim_ascii())
    }

    /// The value that the text is.
    ///
    /// # Errors
    ///
    /// As [`Parse::parse`].
    #[inline(never)]
    pub fn parse<T: Parse>(&self) -> Result<T> {
        T::parse(self.as_c_str()?)
    }
}
