// SPDX-License-Identifier: GPL-2.0-only

//! Bytes that know where they come from.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::{Error, Part, Result, What};

/// Some of the bytes that a parser was given: as which structure they are read, and where they begin in
/// the whole.
#[derive(Clone, Copy)]
pub(crate) struct Bytes<'a> {
    data: &'a [u8],
    base: usize,
    part: Part,
}

impl<'a> Bytes<'a> {
    pub(crate) const fn new(part: Part, data: &'a [u8]) -> Self {
        Self {
            data,
            base: 0,
            part,
        }
    }

    /// The same bytes, read as something else.
    pub(crate) const fn as_part(self, part: Part) -> Self {
        Self { part, ..self }
    }

    pub(crate) const fn data(self) -> &'a [u8] {
        self.data
    }

    pub(crate) const fn len(self) -> usize {
        self.data.len()
    }

    /// Where they begin in the whole.
    pub(crate) const fn base(self) -> usize {
        self.base
    }

    pub(crate) const fn error(self, at: usize, what: What) -> Error {
        Error {
            part: self.part,
            at: self.base.saturating_add(at),
            what,
        }
    }

    const fn short(self, at: usize, needs: usize) -> Error {
        let has = self.data.len().saturating_sub(at);
        self.error(at, What::Short { needs, has })
    }

    /// The structure at `at`.
    pub(crate) fn view<T>(self, at: usize) -> Result<&'a T>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        self.data
            .get(at..)
            .and_then(|rest| T::ref_from_prefix(rest).ok())
            .map(|(value, _)| value)
            .ok_or_else(|| self.short(at, size_of::<T>()))
    }

    pub(crate) fn u32(self, at: usize) -> Result<u32> {
        self.view::<zerocopy::little_endian::U32>(at)
            .map(|value| value.get())
    }

    /// `size` bytes at `at`.
    pub(crate) fn slice(self, at: usize, size: usize) -> Result<Self> {
        let data = at
            .checked_add(size)
            .and_then(|end| self.data.get(at..end))
            .ok_or_else(|| self.short(at, size))?;
        Ok(Self {
            data,
            base: self.base.saturating_add(at),
            ..self
        })
    }

    /// What is there from `at` on.
    pub(crate) fn from(self, at: usize) -> Result<Self> {
        let data = self.data.get(at..).ok_or_else(|| self.short(at, 1))?;
        Ok(Self {
            data,
            base: self.base.saturating_add(at),
            ..self
        })
    }
}

/// A number that says where something is or how long it is.
///
/// On a 32-bit machine what does not fit is saturated: nothing is that long, so it is refused as outside.
pub(crate) fn index(value: impl TryInto<usize>) -> usize {
    value.try_into().unwrap_or(usize::MAX)
}

/// A length, as files and messages store it.
pub(crate) fn wide(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Writes `value` at `at` of `out`.
pub(crate) fn put<T>(out: &mut [u8], at: usize, value: &T, part: Part) -> Result<()>
where
    T: IntoBytes + Immutable + ?Sized,
{
    let has = out.len();
    out.get_mut(at..)
        .and_then(|rest| value.write_to_prefix(rest).ok())
        .ok_or(Error {
            part,
            at,
            what: What::NoRoom {
                needs: wide(size_of_val(value)),
                has: wide(has.saturating_sub(at)),
            },
        })
}

/// `value`, rounded down to a multiple of `align`, a power of two.
pub(crate) const fn align_down(value: u64, align: u64) -> u64 {
    value & !align.saturating_sub(1)
}

/// `value`, rounded up to a multiple of `align`, a power of two.
pub(crate) const fn align_up(value: u64, align: u64) -> Option<u64> {
    match value.checked_add(align.saturating_sub(1)) {
        Some(sum) => Some(align_down(sum, align)),
        None => None,
    }
}
