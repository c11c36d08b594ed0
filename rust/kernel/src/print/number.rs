// SPDX-License-Identifier: GPL-2.0-only

//! Numbers as text, and the choice of who writes a value.

use core::fmt;

use crate::error::Error;

/// Where a text goes: a line of the log, an attribute's page, a file.
///
/// Writing to it does not fail: what does not fit is its own affair.
pub trait Sink {
    /// Adds a piece.
    fn text(&mut self, text: &str);
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn text(&mut self, text: &str) {
        S::text(self, text);
    }
}

/// A sink, for `ufmt` and `core::fmt`.
struct Adapter<'a, S>(&'a mut S);

impl<S: Sink> ufmt::uWrite for Adapter<'_, S> {
    type Error = core::convert::Infallible;

    fn write_str(&mut self, text: &str) -> Result<(), Self::Error> {
        self.0.text(text);
        Ok(())
    }
}

impl<S: Sink> fmt::Write for Adapter<'_, S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.text(text);
        Ok(())
    }
}

/// Adds what `core::fmt` makes of `args`.
#[doc(hidden)]
pub fn sink_core(sink: &mut impl Sink, args: fmt::Arguments<'_>) {
    // A `Display` that fails has written what it could; there is nobody to tell.
    let _ = fmt::Write::write_fmt(&mut Adapter(sink), args);
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
            sink.text("-");
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
        let from = digits.len().wrapping_sub(count);
        let text = digits.get(from..).unwrap_or_default();
        // SAFETY: digits and letters were written there.
        sink.text(unsafe { core::str::from_utf8_unchecked(text) });
    }
}

/// A value on its way into a text. What is written without `ufmt` implements [`Native`]; the rest
/// falls back to [`ViaUfmt`], since a method of a reference comes second.
#[doc(hidden)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// Written by us.
#[doc(hidden)]
pub trait Native {
    /// Adds the value to a text.
    fn display(&self, out: &mut impl Sink);
    /// Adds it in hexadecimal, after `0x` if `prefix` is set.
    fn hex(&self, out: &mut impl Sink, prefix: bool);
}

/// Written by `ufmt`.
#[doc(hidden)]
pub trait ViaUfmt {
    /// Adds the value to a text.
    fn display(&self, out: &mut impl Sink);
}

impl<T: ufmt::uDisplay + ?Sized> ViaUfmt for &Value<'_, T> {
    fn display(&self, out: &mut impl Sink) {
        // Writing to a sink does not fail.
        let _ = self.0.fmt(&mut ufmt::Formatter::new(&mut Adapter(out)));
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
            fn display(&self, out: &mut impl Sink) {
                Integer::from(*self.0).decimal(out);
            }

            fn hex(&self, out: &mut impl Sink, prefix: bool) {
                if prefix {
                    out.text("0x");
                }
                Integer::from(*self.0).hex(out);
            }
        }

        impl Native for Value<'_, $signed> {
            fn display(&self, out: &mut impl Sink) {
                Integer::from(*self.0).decimal(out);
            }

            // The bits, as `core::fmt` shows them.
            fn hex(&self, out: &mut impl Sink, prefix: bool) {
                Value(&self.0.cast_unsigned()).hex(out, prefix);
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
    ($($ty:ty, |$value:ident, $out:ident| $write:expr;)*) => { $(
        impl Native for Value<'_, $ty> {
            fn display(&self, $out: &mut impl Sink) {
                let $value = self.0;
                $write;
            }

            // There are no digits in it.
            fn hex(&self, out: &mut impl Sink, _prefix: bool) {
                self.display(out);
            }
        }
    )* };
}

texts! {
    str, |value, out| out.text(value);
    &str, |value, out| out.text(value);
    bool, |value, out| out.text(if *value { "true" } else { "false" });
    char, |value, out| out.text(value.encode_utf8(&mut [0; 4]));
    Error, |value, out| match value.name() {
        Some(name) => out.text(name),
        None => Integer::from(value.to_errno()).decimal(out),
    };
}
