// SPDX-License-Identifier: GPL-2.0-only

//! Numbers as text, and the choice of who writes a value.

use core::ffi::CStr;

use super::{Hashed, Sink};
use crate::error::Error;
use crate::str::BStr;

/// An integer of any type, ready to be written.
#[derive(Debug, Clone, Copy)]
pub struct Integer {
    negative: bool,
    magnitude: u64,
}

impl Integer {
    /// Writes it in decimal.
    pub(crate) fn decimal(self, sink: &mut impl Sink) {
        if self.negative {
            sink.text("-");
        }
        sink.digits(self.magnitude, false);
    }

    /// Writes its magnitude in hexadecimal.
    pub(crate) fn hex(self, sink: &mut impl Sink) {
        sink.digits(self.magnitude, true);
    }
}

/// The digits of `u64::MAX` in decimal: of no number there are more.
const LONGEST: usize = 20;

/// Calls `to` with the digits of a number.
#[inline]
pub(super) fn digits(magnitude: u64, hex: bool, to: impl FnOnce(&str)) {
    to(digits_in(magnitude, hex, &mut [0; LONGEST]));
}

/// Once in a module, however many kinds of text they go to.
#[inline(never)]
fn digits_in(mut rest: u64, hex: bool, buffer: &mut [u8; LONGEST]) -> &str {
    let base = if hex { 16 } else { 10 };
    let mut count = 0_usize;
    for slot in buffer.iter_mut().rev() {
        *slot = match (rest % base) as u8 {
            digit @ 0..=9 => b'0' | digit,
            letter => letter.wrapping_sub(10).wrapping_add(b'a'),
        };
        rest /= base;
        count = count.wrapping_add(1);
        if rest == 0 {
            break;
        }
    }
    let from = LONGEST.wrapping_sub(count);
    let text = buffer.get(from..).unwrap_or_default();
    // SAFETY: digits and letters were written there.
    unsafe { core::str::from_utf8_unchecked(text) }
}

/// A value on its way into a text. What is written without `ufmt` implements [`Native`]; the rest
/// falls back to [`ViaUfmt`], since a method of a reference comes second.
#[doc(hidden)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// Written by us.
#[doc(hidden)]
pub trait Native {
    /// Adds the value to a text.
    fn display(&self, to: &mut impl Sink);
    /// Adds it in hexadecimal, after `0x` if `prefix` is set.
    fn hex(&self, to: &mut impl Sink, prefix: bool);
}

/// Written by `ufmt`.
#[doc(hidden)]
pub trait ViaUfmt {
    /// Adds the value to a text.
    fn display(&self, to: &mut impl Sink);
}

impl<T: ufmt::uDisplay + ?Sized> ViaUfmt for &Value<'_, T> {
    fn display(&self, to: &mut impl Sink) {
        // Writing there does not fail.
        let _ = self.0.fmt(&mut ufmt::Formatter::new(&mut ToUfmt(to)));
    }
}

/// What takes a text, as `ufmt` wants it.
struct ToUfmt<'a, S>(&'a mut S);

impl<S: Sink> ufmt::uWrite for ToUfmt<'_, S> {
    type Error = core::convert::Infallible;

    fn write_str(&mut self, text: &str) -> Result<(), Self::Error> {
        self.0.text(text);
        Ok(())
    }
}

macro_rules! integers {
    ($($unsigned:ident $signed:ident)*) => { $(
        impl From<$unsigned> for Integer {
            fn from(value: $unsigned) -> Self {
                Self { negative: false, magnitude: value as u64 }
            }
        }

        impl From<$signed> for Integer {
            fn from(value: $signed) -> Self {
                Self { negative: value < 0, magnitude: value.unsigned_abs() as u64 }
            }
        }

        impl Native for Value<'_, $unsigned> {
            fn display(&self, to: &mut impl Sink) {
                Integer::from(*self.0).decimal(to);
            }

            fn hex(&self, to: &mut impl Sink, prefix: bool) {
                if prefix {
                    to.text("0x");
                }
                Integer::from(*self.0).hex(to);
            }
        }

        impl Native for Value<'_, $signed> {
            fn display(&self, to: &mut impl Sink) {
                Integer::from(*self.0).decimal(to);
            }

            // The bits, as `core::fmt` shows them.
            fn hex(&self, to: &mut impl Sink, prefix: bool) {
                Value(&self.0.cast_unsigned()).hex(to, prefix);
            }
        }
    )* };
}

#[expect(
    clippy::cast_lossless,
    reason = "one macro for all widths, usize among them"
)]
const _: () = {
    integers! { u8 i8 u16 i16 u32 i32 u64 i64 usize isize }
};

macro_rules! texts {
    ($($ty:ty, |$value:ident, $to:ident| $write:expr;)*) => { $(
        impl Native for Value<'_, $ty> {
            fn display(&self, $to: &mut impl Sink) {
                let $value = self.0;
                $write;
            }

            // There are no digits in it.
            fn hex(&self, to: &mut impl Sink, _prefix: bool) {
                self.display(to);
            }
        }
    )* };
}

texts! {
    str, |value, to| to.text(value);
    &str, |value, to| to.text(value);
    CStr, |value, to| BStr::new(value.to_bytes()).put(to);
    &CStr, |value, to| BStr::new(value.to_bytes()).put(to);
    BStr, |value, to| value.put(to);
    &BStr, |value, to| value.put(to);
    bool, |value, to| to.text(if *value { "true" } else { "false" });
    char, |value, to| to.text(value.encode_utf8(&mut [0; 4]));
    Hashed, |value, to| value.put(to);
    Error, |value, to| match value.name() {
        Some(name) => to.text(name),
        None => Integer::from(value.to_errno()).decimal(to),
    };
}
