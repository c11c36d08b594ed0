// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the macros make calls these.

pub use crate::describe::debug;
pub use bitfield_struct::bitfield;

use crate::register::{Register, Word};
use crate::value::{FieldValue, TotalFieldValue, UnknownValue};

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
