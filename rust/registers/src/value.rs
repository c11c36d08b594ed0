// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Types of fields.

use core::fmt;

/// A type that a field can hold: an enum without data, by `#[derive(FieldValue)]`.
///
/// The derive takes the discriminants, which are literals; an enum that has all values of its width
/// is a [`TotalFieldValue`] too.
pub trait FieldValue: Copy {
    /// The bits that its largest value needs.
    const WIDTH: u32;
    /// The names of its values.
    const VALUES: &'static [(&'static str, u64)];

    /// The value in the register.
    fn into_raw(self) -> u64;

    /// The value that this is, if it is one.
    fn try_from_raw(raw: u64) -> Option<Self>;
}

/// A [`FieldValue`] for which every value of the width is one.
pub trait TotalFieldValue: FieldValue {
    /// The value that this is; bits beyond the width do not count.
    fn from_raw(raw: u64) -> Self;
}

pub use registers_macros::FieldValue;

/// What is wrong with a value, and of which field of which register.
macro_rules! field_error {
    ($(#[$doc:meta])* $name:ident: $value:literal, $text:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            register: &'static str,
            field: &'static str,
            value: u64,
        }

        impl $name {
            #[doc(hidden)]
            #[must_use]
            pub const fn new(register: &'static str, field: &'static str, value: u64) -> Self {
                Self {
                    register,
                    field,
                    value,
                }
            }

            /// The register.
            #[must_use]
            pub const fn register(&self) -> &'static str {
                self.register
            }

            /// Its field.
            #[must_use]
            pub const fn field(&self) -> &'static str {
                self.field
            }

            #[doc = $value]
            #[must_use]
            pub const fn value(&self) -> u64 {
                self.value
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $text, self.register, self.field, self.value)
            }
        }

        impl core::error::Error for $name {}
    };
}

field_error! {
    /// A field holds what is no value of its type.
    UnknownValue: "What the field holds.",
    "{}.{} holds {:#x}, which is none of its values"
}

field_error! {
    /// A value does not fit into its field.
    TooWide: "What the field cannot hold.",
    "{}.{} cannot hold {:#x}"
}
