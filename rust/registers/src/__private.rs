// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the macros make calls these.

pub use crate::describe::debug;
pub use crate::register::access::{Read, ReadOnly, ReadWrite, Write, WriteOneToClear, WriteOnly};
use crate::register::{Register, Word};
use crate::value::{FieldValue, TooWide, TotalFieldValue, UnknownValue};

/// Does not compile if the declaration is wrong.
pub const fn check<R: Register>() {
    const {
        let size = <R::Word as Word>::SIZE;
        assert!(R::OFFSET % size == 0, "the register is not aligned");
        assert!(R::STRIDE % size == 0, "an element is not aligned");
        assert!(R::STRIDE >= size, "the elements lie over each other");
        assert!(R::COUNT > 0, "an array has elements");
        // Those of its fields are looked at with it.
        let _ = R::ABOUT;
    }
}

/// Where element `index` of `O` is, of which `R` is another view.
pub const fn alias<O: Register, R: Register>(index: usize) -> usize {
    assert!(
        index < O::COUNT,
        "the alias is of an element that is not there"
    );
    assert!(
        <O::Word as Word>::SIZE == <R::Word as Word>::SIZE,
        "the alias has another width"
    );
    O::OFFSET + index * O::STRIDE
}

/// The names of the values of a field with `bits` bits.
pub const fn values<T: FieldValue>(bits: u32) -> &'static [(&'static str, u64)] {
    assert!(T::WIDTH <= bits, "the type is wider than the field");
    T::VALUES
}

/// As `values`, for a type of which every value of the field must be one.
pub const fn total<T: TotalFieldValue>(bits: u32) -> &'static [(&'static str, u64)] {
    assert!(
        T::WIDTH == bits,
        "the type has another width than the field"
    );
    T::VALUES
}

/// The value of a field.
pub fn partial<T: FieldValue>(
    register: &'static str,
    field: &'static str,
    raw: u64,
) -> Result<T, UnknownValue> {
    T::try_from_raw(raw).ok_or(UnknownValue::new(register, field, raw))
}

macro_rules! fits {
    ($($name:ident: $ty:ty;)*) => {$(
        /// Does not compile if the value is above what a field can hold.
        #[inline]
        pub const fn $name<const VALUE: $ty, const MOST: $ty>() {
            const { assert!(VALUE <= MOST, "the value does not fit into the field") };
        }
    )*};
}

fits! {
    fits_u8: u8;
    fits_u16: u16;
    fits_u32: u32;
    fits_u64: u64;
}

/// The register with another value in bits `high:low`, which are the field `name`.
#[inline]
pub fn set<R: Register>(
    register: R,
    value: u64,
    high: u32,
    low: u32,
    name: &'static str,
) -> Result<R, TooWide> {
    let most = u64::MAX >> (63 - (high - low));
    if value > most {
        return Err(TooWide::new(R::ABOUT.name, name, value));
    }
    let word: u64 = register.into_word().into();
    Ok(R::from_word(R::Word::truncate(
        word & !(most << low) | value << low,
    )))
}
