// SPDX-License-Identifier: GPL-2.0-only

//! Numbers as text, and the choice of who writes a value.

use super::Line;
use crate::error::Error;

/// What takes bytes one by one.
pub(crate) trait Sink {
    /// Adds a byte of a UTF-8 text.
    fn push(&mut self, byte: u8);
}

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
            sink.push(b'-');
        }
        self.digits(10, sink);
    }

    /// Writes its magnitude in hexadecimal.
    pub(crate) fn hex(self, sink: &mut impl Sink) {
        self.digits(16, sink);
    }

    fn digits(self, base: u64, sink: &mut impl Sink) {
        // The longest is u64::MAX in decimal.
        let mut digits = [0_u8; 20];
        let mut rest = self.magnitude;
        let mut count = 0_usize;
        for slot in digits.iter_mut().rev() {
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
        for digit in digits.iter().skip(digits.len().wrapping_sub(count)) {
            sink.push(*digit);
        }
    }
}

/// A value on its way into a line. What is written without `ufmt` implements [`Native`]; the rest
/// falls back to [`ViaUfmt`], since a method of a reference comes second.
#[doc(hidden)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// Written by us.
#[doc(hidden)]
pub trait Native {
    /// Adds the value to a line.
    fn display(&self, line: &mut Line<'_>);
    /// Adds it in hexadecimal, after `0x` if `prefix` is set.
    fn hex(&self, line: &mut Line<'_>, prefix: bool);
}

/// Written by `ufmt`.
#[doc(hidden)]
pub trait ViaUfmt {
    /// Adds the value to a line.
    fn display(&self, line: &mut Line<'_>);
}

impl<T: ufmt::uDisplay + ?Sized> ViaUfmt for &Value<'_, T> {
    fn display(&self, line: &mut Line<'_>) {
        // Writing to a line does not fail.
        let _ = self.0.fmt(&mut ufmt::Formatter::new(line));
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
            fn display(&self, line: &mut Line<'_>) {
                line.integer(*self.0);
            }

            fn hex(&self, line: &mut Line<'_>, prefix: bool) {
                if prefix {
                    line.text("0x");
                }
                Integer::from(*self.0).hex(line);
            }
        }

        impl Native for Value<'_, $signed> {
            fn display(&self, line: &mut Line<'_>) {
                line.integer(*self.0);
            }

            // The bits, as `core::fmt` shows them.
            fn hex(&self, line: &mut Line<'_>, prefix: bool) {
                Value(&self.0.cast_unsigned()).hex(line, prefix);
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
    ($($ty:ty, |$value:ident, $line:ident| $write:expr;)*) => { $(
        impl Native for Value<'_, $ty> {
            fn display(&self, $line: &mut Line<'_>) {
                let $value = self.0;
                $write;
            }

            // There are no digits in it.
            fn hex(&self, line: &mut Line<'_>, _prefix: bool) {
                self.display(line);
            }
        }
    )* };
}

texts! {
    str, |value, line| line.text(value);
    &str, |value, line| line.text(value);
    bool, |value, line| line.text(if *value { "true" } else { "false" });
    char, |value, line| line.text(value.encode_utf8(&mut [0; 4]));
    Error, |value, line| match value.name() {
        Some(name) => line.text(name),
        None => line.integer(value.to_errno()),
    };
}
