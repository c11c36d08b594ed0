// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Where registers are.
//!
//! All but the index of an array is in the types, so that the compiler knows how far a location can
//! reach at most, and checks that against the [`Io`](crate::Io).

use core::fmt;
use core::marker::PhantomData;

use crate::register::{Register, Word};

/// Says where the registers with base `B` begin: a unit, an engine, a channel.
pub trait Origin<B> {
    /// In bytes from the start of the [`Io`](crate::Io).
    const START: usize;
}

/// The location of one register.
pub trait Location: Copy {
    /// The register that is there.
    type Register: Register;
    /// The first byte behind the furthest register that it can be, in bytes from the start.
    const END: usize;

    /// The part of [`offset`](Location::offset) that is known when compiling.
    const FIXED: usize;

    /// The part of [`offset`](Location::offset) that is known only at run time.
    fn distance(self) -> usize {
        0
    }

    /// Where the register begins, in bytes from the start.
    fn offset(self) -> usize {
        // It is no more than `END`, which is computed when compiling.
        Self::FIXED.wrapping_add(self.distance())
    }
}

/// The register `R`, counted from `E`.
pub struct At<R, E = <R as Register>::Base>(PhantomData<fn() -> (R, E)>)
where
    R: Register;

/// The array of registers `R`, counted from `E`.
pub struct Array<R, E = <R as Register>::Base>(PhantomData<fn() -> (R, E)>)
where
    R: Register;

/// Element `I` of an array.
pub struct Element<R, E, const I: usize>(PhantomData<fn() -> (R, E)>);

/// An element of an array whose index was checked at run time.
pub struct Indexed<R, E> {
    /// From the first element, in bytes: less than `R::COUNT * R::STRIDE`.
    distance: usize,
    place: PhantomData<fn() -> (R, E)>,
}

impl<R: Register, E> At<R, E> {
    #[doc(hidden)]
    pub const NEW: Self = Self(PhantomData);
}

impl<R: Register> At<R> {
    /// The register of one that has such registers.
    #[must_use]
    pub const fn of<E: Origin<R::Base>>(self) -> At<R, E> {
        At(PhantomData)
    }
}

impl<R: Register, E> Array<R, E> {
    #[doc(hidden)]
    pub const NEW: Self = Self(PhantomData);

    /// How many elements there are.
    #[must_use]
    pub const fn count(self) -> usize {
        R::COUNT
    }
}

impl<R: Register> Array<R> {
    /// The array of one that has such registers.
    #[must_use]
    pub const fn of<E: Origin<R::Base>>(self) -> Array<R, E> {
        Array(PhantomData)
    }
}

impl<R: Register, E: Origin<R::Base>> Array<R, E> {
    /// Element `I`; it does not compile if there is none.
    #[must_use]
    pub const fn at<const I: usize>(self) -> Element<R, E, I> {
        const { assert!(I < R::COUNT, "the array has no such element") };
        Element(PhantomData)
    }

    /// The element with this index, if there is one.
    #[must_use]
    pub const fn get(self, index: usize) -> Option<Indexed<R, E>> {
        if index < R::COUNT {
            Some(Indexed {
                // Below `COUNT * STRIDE`, which `END` computes when compiling.
                distance: index.wrapping_mul(R::STRIDE),
                place: PhantomData,
            })
        } else {
            None
        }
    }

    /// All elements.
    pub fn iter(self) -> impl Iterator<Item = Indexed<R, E>> {
        (0..R::COUNT).filter_map(move |index| self.get(index))
    }
}

const fn end<R: Register>(start: usize, last: usize) -> usize {
    start + R::OFFSET + last * R::STRIDE + <R::Word as Word>::SIZE
}

impl<R: Register, E: Origin<R::Base>> Location for At<R, E> {
    type Register = R;
    const END: usize = end::<R>(E::START, 0);
    const FIXED: usize = E::START + R::OFFSET;
}

impl<R: Register, E: Origin<R::Base>, const I: usize> Location for Element<R, E, I> {
    type Register = R;
    const END: usize = end::<R>(E::START, I);
    const FIXED: usize = E::START + R::OFFSET + I * R::STRIDE;
}

impl<R: Register, E: Origin<R::Base>> Location for Indexed<R, E> {
    type Register = R;
    const END: usize = end::<R>(E::START, R::COUNT - 1);
    const FIXED: usize = E::START + R::OFFSET;

    fn distance(self) -> usize {
        self.distance
    }
}

macro_rules! plain {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<R: Register, $($generics)*> Clone for $ty {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<R: Register, $($generics)*> Copy for $ty {}
        impl<R: Register, $($generics)*> fmt::Debug for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(R::ABOUT.name)
            }
        }
    )*};
}

plain! {
    [E] At<R, E>;
    [E] Array<R, E>;
    [E, const I: usize] Element<R, E, I>;
    [E] Indexed<R, E>;
}
