// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a declaration becomes.

use core::fmt;

use crate::describe::About;
use crate::location::Origin;

/// A word that a bus carries: `u8`, `u16`, `u32` or `u64`.
pub trait Word: Copy + Eq + fmt::Debug + Into<u64> + 'static + private::Sealed {
    /// Its bytes.
    const SIZE: usize;
    /// No bit set.
    const ZERO: Self;

    /// Its bits of this.
    #[doc(hidden)]
    fn truncate(word: u64) -> Self;
}

mod private {
    pub trait Sealed {}
}

macro_rules! word {
    ($($ty:ty)*) => {$(
        impl private::Sealed for $ty {}
        impl Word for $ty {
            const SIZE: usize = size_of::<Self>();
            const ZERO: Self = 0;

            #[inline]
            fn truncate(word: u64) -> Self {
                word as Self
            }
        }
    )*};
}

word!(u8 u16 u32 u64);

/// The contents of a register, as a type. [`register!`](crate::register) implements it.
pub trait Register: Copy + 'static {
    /// How wide it is.
    type Word: Word;
    /// What its offset counts from: [`Absolute`], or a type that the declaration names.
    type Base;
    /// Who may do what, as a type: [`Readable`] and the others follow from it.
    #[doc(hidden)]
    type Access;
    /// Where it is, in bytes from there; of an array, its first element.
    const OFFSET: usize;
    /// How many elements an array has; 1 for a register.
    const COUNT: usize = 1;
    /// From an element to the next, in bytes.
    const STRIDE: usize = <Self::Word as Word>::SIZE;
    /// What it holds after a reset, if that was said.
    const RESET: Option<u64> = None;
    /// For people and tools; [`Description::of`] has all of it.
    const ABOUT: About;

    /// The register in which every bit is zero.
    #[must_use]
    fn zeroed() -> Self {
        Self::from_word(Self::Word::ZERO)
    }

    /// The register that this word is.
    fn from_word(word: Self::Word) -> Self;

    /// The word that it is on the bus.
    fn into_word(self) -> Self::Word;
}

/// A register that can be read.
pub trait Readable: Register {}

/// A register that can be written.
pub trait Writable: Register {}

/// A register of which a part can be changed by reading and writing all of it.
pub trait Updatable: Readable + Writable {}

/// A register in which a one that is written clears the bit. It is not [`Updatable`]: what was read
/// and is written back would clear all that is set.
pub trait Clearable: Readable {}

impl<R: Register<Access: access::Read>> Readable for R {}
impl<R: Register<Access: access::Write>> Writable for R {}
impl<R: Register<Access: access::Read + access::Write>> Updatable for R {}
impl<R: Register<Access = access::WriteOneToClear>> Clearable for R {}

/// Who may do what, as types: a register names one, where an implementation for each of the four
/// traits would cost every build.
pub(crate) mod access {
    /// It can be read.
    pub trait Read {}
    /// It can be written.
    pub trait Write {}

    macro_rules! access {
        ($($name:ident: $($can:ident)*;)*) => {$(
            #[doc = concat!("See [`Access::", stringify!($name), "`](crate::Access).")]
            #[derive(Debug)]
            pub enum $name {}
            $(impl $can for $name {})*
        )*};
    }

    access! {
        ReadWrite: Read Write;
        ReadOnly: Read;
        WriteOnly: Write;
        WriteOneToClear: Read;
    }
}

/// The base of registers that are counted from the start of the [`Io`](crate::Io).
#[derive(Debug, Clone, Copy)]
pub struct Absolute;

impl Origin<Absolute> for Absolute {
    const START: usize = 0;
}
