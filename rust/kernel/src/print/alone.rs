// SPDX-License-Identifier: GPL-2.0-only

//! Lines with one value: mostly an error, or what came of something. C puts them together, so that a
//! module with no other lines has nothing that does.

use core::ffi::{c_uint, c_ulong};

use super::Value;
use crate::error::Error;

/// How a value is to be shown.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{}`
    Display,
    /// `{:x}`
    Hex,
    /// `{:#x}`
    Prefixed,
}

/// A value, as C shows it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Alone {
    pub(crate) kind: c_uint,
    pub(crate) value: c_ulong,
}

/// C shows such a value.
#[doc(hidden)]
pub trait IsAlone {
    /// Calls `short` with it.
    fn alone(&self, form: Form, short: impl FnOnce(Alone), long: impl FnOnce());
}

/// It does not: a method of a reference comes second.
#[doc(hidden)]
pub trait IsNotAlone {
    /// Calls `long`.
    fn alone(&self, form: Form, short: impl FnOnce(Alone), long: impl FnOnce());
}

impl<T: ?Sized> IsNotAlone for &Value<'_, T> {
    #[inline]
    fn alone(&self, _form: Form, _short: impl FnOnce(Alone), long: impl FnOnce()) {
        long();
    }
}

impl IsAlone for Value<'_, Error> {
    #[inline]
    fn alone(&self, _form: Form, short: impl FnOnce(Alone), _long: impl FnOnce()) {
        let kind = bindings::FERRITE_PRINT_ERROR;
        // As C has it in a pointer.
        let value = (self.0.to_errno() as isize).cast_unsigned() as c_ulong;
        short(Alone { kind, value });
    }
}

macro_rules! integers {
    ($($unsigned:ident $signed:ident)*) => { $(
        impl IsAlone for Value<'_, $unsigned> {
            #[inline]
            fn alone(&self, form: Form, short: impl FnOnce(Alone), _long: impl FnOnce()) {
                let kind = match form {
                    Form::Display => bindings::FERRITE_PRINT_UNSIGNED,
                    Form::Hex => bindings::FERRITE_PRINT_HEX,
                    Form::Prefixed => bindings::FERRITE_PRINT_PREFIXED,
                };
                short(Alone { kind, value: *self.0 as c_ulong });
            }
        }

        impl IsAlone for Value<'_, $signed> {
            #[inline]
            fn alone(&self, form: Form, short: impl FnOnce(Alone), long: impl FnOnce()) {
                if form != Form::Display {
                    // The bits, as `core::fmt` shows them.
                    return Value(&self.0.cast_unsigned()).alone(form, short, long);
                }
                let kind = bindings::FERRITE_PRINT_SIGNED;
                short(Alone { kind, value: (*self.0 as isize).cast_unsigned() as c_ulong });
            }
        }
    )* };
}

#[expect(
    clippy::cast_lossless,
    reason = "one macro for all widths up to that of a pointer"
)]
const _: () = {
    integers! { u8 i8 u16 i16 u32 i32 usize isize }
};

#[cfg(target_pointer_width = "64")]
const _: () = {
    integers! { u64 i64 }
};
