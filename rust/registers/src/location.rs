// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Where registers are.
//!
//! All but the index of an array is in the types, so that the compiler knows how far a location can
//! reach at most, and checks that against the [`Io`](crate::Io).

use core::fmt;
use core::marker::PhantomData;

use crate::describe::{About, Access};
use crate::register::{Absolute, Register, Word};

/// Says where the registers with base `B` begin: a unit, an engine, a channel.
///
/// A beginning at which they are not aligned:
///
/// ```compile_fail,E0080
/// # use registers::{Io, Memory, Origin, register};
/// struct Engine;
/// struct First;
/// impl Origin<Engine> for First {
///     const START: usize = 2;
/// }
/// register! { CONTROL(u32) @ Engine + 0x10 {} }
/// Memory::<0x20>::new().read(CONTROL.of::<First>());
/// ```
pub trait Origin<B> {
    /// In bytes from the start of the [`Io`](crate::Io).
    const START: usize;
}

/// The location of one register. Only the types here implement it, so that none lies.
pub trait Location: Copy + sealed::Sealed {
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

/// Does not compile if a register at `L` can be beyond the first `size` bytes, or not aligned.
pub(crate) const fn check<L: Location>(size: usize) {
    assert!(
        L::END <= size,
        "the register is beyond what is known to be there"
    );
    let word = <<L::Register as Register>::Word as Word>::SIZE;
    assert!(
        L::FIXED.is_multiple_of(word),
        "the registers begin where they are not aligned"
    );
    assert!(
        L::Register::STRIDE.is_multiple_of(word),
        "an element is not aligned"
    );
}

mod sealed {
    pub trait Sealed {}
}

impl<R: Register, E> sealed::Sealed for At<R, E> {}
impl<R: Register, E, const I: usize> sealed::Sealed for Element<R, E, I> {}
impl<R: Register, E> sealed::Sealed for Indexed<R, E> {}
impl<L: Location, const BYTES: usize> sealed::Sealed for Half<L, BYTES> {}

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

/// One half of a register of 64 bits: the one that begins `BYTES` behind its start.
#[derive(Clone, Copy)]
pub(crate) struct Half<L, const BYTES: usize>(pub(crate) L);

/// What is there.
#[derive(Clone, Copy)]
pub(crate) struct HalfWord(u32);

impl Register for HalfWord {
    type Word = u32;
    type Base = Absolute;
    type Access = crate::register::access::ReadWrite;
    const OFFSET: usize = 0;
    const ABOUT: About = About {
        name: "half of a register",
        doc: "",
        base: "",
        access: Access::ReadWrite,
        fields: &[],
    };

    fn from_word(word: u32) -> Self {
        Self(word)
    }

    fn into_word(self) -> u32 {
        self.0
    }
}

impl<L: Location, const BYTES: usize> Location for Half<L, BYTES> {
    type Register = HalfWord;
    const END: usize = L::END;
    const FIXED: usize = L::FIXED + BYTES;

    fn distance(self) -> usize {
        self.0.distance()
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
