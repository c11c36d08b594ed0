// SPDX-License-Identifier: GPL-2.0-only

//! A string for C in memory of its own.

use core::ffi::CStr;
use core::fmt;
use core::ops::Deref;

use crate::alloc::flags::GFP_KERNEL;
use crate::alloc::{Flags, KVec};
use crate::error::code::EINVAL;
use crate::error::{Error, Result};
use crate::print::Sink;

/// A string for C: bytes, none of them zero, and a zero byte behind them.
///
/// # Invariants
///
/// The last byte is zero, and no other.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::str::CString;
/// use kernel::write_text;
///
/// let name = CString::write(GFP_KERNEL, |to| write_text!(to, "disk{}", 3))?;
/// assert_eq!(&*name, c"disk3");
/// pr_info!("it is called {}", &*name);
/// assert_eq!(CString::try_from_bytes(b"a\0b", GFP_KERNEL).err(), Some(EINVAL));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct CString(KVec<u8>);

impl CString {
    /// Copies bytes, with a zero byte behind them. Sleeps if `flags` allow it.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: there is a zero byte among them.
    /// - `ENOMEM`.
    pub fn try_from_bytes(bytes: &[u8], flags: Flags) -> Result<Self> {
        let mut copy = KVec::with_capacity(bytes.len().saturating_add(1), flags)?;
        copy.extend_from_slice(bytes, flags)?;
        Self::terminate(copy, flags)
    }

    /// A string of what `write` writes, as a rule with [`write_text!`](crate::write_text). Sleeps if
    /// `flags` allow it.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: it has written a zero byte.
    /// - `ENOMEM`.
    pub fn write(flags: Flags, write: impl FnOnce(&mut CStringWriter)) -> Result<Self> {
        let mut writer = CStringWriter {
            bytes: KVec::new(),
            flags,
            failed: None,
        };
        write(&mut writer);
        match writer.failed {
            Some(error) => Err(error),
            None => Self::terminate(writer.bytes, flags),
        }
    }

    /// A string of what `core::fmt` makes of `args`, of [`fmt!`](crate::fmt). May sleep.
    ///
    /// [`Self::write`] does the same without `core::fmt` for plain values.
    ///
    /// # Errors
    ///
    /// As [`Self::write`].
    pub fn try_from_fmt(args: fmt::Arguments<'_>) -> Result<Self> {
        Self::write(GFP_KERNEL, |to| crate::print::sink_core(to, args))
    }

    fn terminate(mut bytes: KVec<u8>, flags: Flags) -> Result<Self> {
        if bytes.contains(&0) {
            return Err(EINVAL);
        }
        bytes.push(0, flags)?;
        // INVARIANT: just checked, and the zero byte was added.
        Ok(Self(bytes))
    }
}

/// What the text of a new [`CString`] is written to.
pub struct CStringWriter {
    bytes: KVec<u8>,
    flags: Flags,
    failed: Option<Error>,
}

impl Sink for CStringWriter {
    fn text(&mut self, text: &str) {
        if self.failed.is_none() {
            let added = self.bytes.extend_from_slice(text.as_bytes(), self.flags);
            self.failed = added.err();
        }
    }
}

impl Deref for CString {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        // SAFETY: by the invariant.
        unsafe { CStr::from_bytes_with_nul_unchecked(&self.0) }
    }
}

impl AsRef<CStr> for CString {
    fn as_ref(&self) -> &CStr {
        self
    }
}

/// Copies it. May sleep; `ENOMEM`.
impl TryFrom<&CStr> for CString {
    type Error = Error;

    fn try_from(text: &CStr) -> Result<Self> {
        Self::try_from_bytes(text.to_bytes(), GFP_KERNEL)
    }
}
