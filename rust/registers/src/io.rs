// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What registers are in.

use core::fmt;

use crate::location::{Half, Location, check as check_location};
use crate::register::{Clearable, Readable, Register, Updatable, Word, Writable};

/// A range of bytes behind a bus: device memory, ports, configuration space, or memory in a test.
///
/// Accesses through it are of whole words at aligned offsets. Their order is that of the program,
/// as of C's `readl` and `writel`; through [`Io::relaxed`] it is that among accesses to the same
/// device alone.
///
/// # Safety
///
/// - The first [`SIZE`](Io::SIZE) bytes can be accessed as long as the value lives.
/// - So can the first [`len`](Io::len), which are no fewer.
/// - What it begins at is aligned for every word that it implements [`Bus`] for.
pub unsafe trait Io {
    /// How many bytes there are for certain: offsets that the compiler knows are checked against
    /// this, and do not compile if they are beyond it.
    const SIZE: usize;

    /// How many bytes there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads a register.
    fn read<L>(&self, at: L) -> L::Register
    where
        Self: Bus<<L::Register as Register>::Word>,
        L: Location<Register: Readable>,
    {
        const { check_location::<L>(Self::SIZE) };
        // SAFETY:
        // - the register ends at `END` at most, which is no more than `SIZE`;
        // - `check_location` has seen that it is aligned.
        L::Register::from_word(unsafe { self.load_from(at) })
    }

    /// Writes a register.
    fn write<L>(&self, at: L, value: L::Register)
    where
        Self: Bus<<L::Register as Register>::Word>,
        L: Location<Register: Writable>,
    {
        const { check_location::<L>(Self::SIZE) };
        // SAFETY: as in `read`.
        unsafe { self.store_to(at, value.into_word()) };
    }

    /// Reads a register, and writes what `change` makes of it. What the device or anybody else
    /// writes in between is lost: the caller sees to it that nobody does.
    fn update<L>(&self, at: L, change: impl FnOnce(L::Register) -> L::Register)
    where
        Self: Bus<<L::Register as Register>::Word>,
        L: Location<Register: Updatable>,
    {
        let old = self.read(at);
        self.write(at, change(old));
    }

    /// Clears what is set in `ones`, in a register in which that is done by writing ones.
    fn clear<L>(&self, at: L, ones: L::Register)
    where
        Self: Bus<<L::Register as Register>::Word>,
        L: Location<Register: Clearable>,
    {
        const { check_location::<L>(Self::SIZE) };
        // SAFETY: as in `read`.
        unsafe { self.store_to(at, ones.into_word()) };
    }

    /// Reads a register that may be beyond the end.
    ///
    /// # Errors
    ///
    /// It is.
    fn try_read<L>(&self, at: L) -> Result<L::Register, OutOfRange>
    where
        Self: Bus<<L::Register as Register>::Word>,
        L: Location<Register: Readable>,
    {
        self.load_raw(at.offset()).map(L::Register::from_word)
    }

    /// Writes a register that may be beyond the end.
    ///
    /// # Errors
    ///
    /// It is; nothing was written.
    fn try_write<L>(&self, at: L, value: L::Register) -> Result<(), OutOfRange>
    where
        Self: Bus<<L::Register as Register>::Word>,
        L: Location<Register: Writable>,
    {
        self.store_raw(at.offset(), value.into_word())
    }

    /// As [`update`](Io::update), of a register that may be beyond the end.
    ///
    /// # Errors
    ///
    /// It is; nothing was read or written.
    fn try_update<L>(
        &self,
        at: L,
        change: impl FnOnce(L::Register) -> L::Register,
    ) -> Result<(), OutOfRange>
    where
        Self: Bus<<L::Register as Register>::Word>,
        L: Location<Register: Updatable>,
    {
        let old = self.try_read(at)?;
        self.try_write(at, change(old))
    }

    /// Reads a 64-bit register in two halves, in this order: for a bus that carries 32 bits at a
    /// time. The register may change in between.
    fn read_halves<L>(&self, at: L, order: Halves) -> L::Register
    where
        Self: Bus<u32>,
        L: Location<Register: Readable<Word = u64>>,
    {
        const { check_location::<L>(Self::SIZE) };
        let (low, high) = (Half::<L, 0>(at), Half::<L, 4>(at));
        // SAFETY: as in `read`, for both halves of the register.
        let (low, high) = unsafe {
            match order {
                Halves::LowFirst => {
                    let low = self.load_from(low);
                    (low, self.load_from(high))
                }
                Halves::HighFirst => {
                    let high = self.load_from(high);
                    (self.load_from(low), high)
                }
            }
        };
        L::Register::from_word(u64::from(high) << 32 | u64::from(low))
    }

    /// Writes a 64-bit register in two halves, in this order.
    fn write_halves<L>(&self, at: L, value: L::Register, order: Halves)
    where
        Self: Bus<u32>,
        L: Location<Register: Writable<Word = u64>>,
    {
        const { check_location::<L>(Self::SIZE) };
        let word = value.into_word();
        let (low, high) = (Half::<L, 0>(at), Half::<L, 4>(at));
        // SAFETY: as in `read`, for both halves of the register.
        unsafe {
            match order {
                Halves::LowFirst => {
                    self.store_to(low, word as u32);
                    self.store_to(high, (word >> 32) as u32);
                }
                Halves::HighFirst => {
                    self.store_to(high, (word >> 32) as u32);
                    self.store_to(low, word as u32);
                }
            }
        }
    }

    /// Reads the word at an offset that is known only now.
    ///
    /// # Errors
    ///
    /// It is not aligned, or a part of it is beyond the end.
    fn load_raw<W: Word>(&self, offset: usize) -> Result<W, OutOfRange>
    where
        Self: Bus<W>,
    {
        check::<W>(offset, 1, self.len())?;
        // SAFETY: it is within the range, and aligned.
        Ok(unsafe { self.load(offset) })
    }

    /// Writes the word at an offset that is known only now.
    ///
    /// # Errors
    ///
    /// It is not aligned, or a part of it is beyond the end; nothing was written.
    fn store_raw<W: Word>(&self, offset: usize, word: W) -> Result<(), OutOfRange>
    where
        Self: Bus<W>,
    {
        check::<W>(offset, 1, self.len())?;
        // SAFETY: it is within the range, and aligned.
        unsafe { self.store(offset, word) };
        Ok(())
    }

    /// Reads words one after the other into `words`, from the lowest.
    ///
    /// # Errors
    ///
    /// The offset is not aligned, or a part of the range is beyond the end; nothing was read.
    fn load_slice<W: Word>(&self, offset: usize, words: &mut [W]) -> Result<(), OutOfRange>
    where
        Self: Bus<W>,
    {
        check::<W>(offset, words.len(), self.len())?;
        let mut at = offset;
        for word in words {
            // SAFETY: it is within the range that was checked, and aligned.
            *word = unsafe { self.load(at) };
            at = at.wrapping_add(W::SIZE);
        }
        Ok(())
    }

    /// Writes words one after the other, from the lowest.
    ///
    /// # Errors
    ///
    /// The offset is not aligned, or a part of the range is beyond the end; nothing was written.
    fn store_slice<W: Word>(&self, offset: usize, words: &[W]) -> Result<(), OutOfRange>
    where
        Self: Bus<W>,
    {
        check::<W>(offset, words.len(), self.len())?;
        let mut at = offset;
        for word in words {
            // SAFETY: it is within the range that was checked, and aligned.
            unsafe { self.store(at, *word) };
            at = at.wrapping_add(W::SIZE);
        }
        Ok(())
    }

    /// The same range, with accesses that are ordered among themselves alone.
    fn relaxed(&self) -> Relaxed<'_, Self> {
        Relaxed(self)
    }
}

/// Accesses of one width.
///
/// # Safety
///
/// `load` and `store` access exactly the word at `offset`.
pub unsafe trait Bus<W: Word>: Io {
    /// Reads the word at this offset, before whatever the program does after it.
    ///
    /// # Safety
    ///
    /// - The word is within the first `SIZE` or `len` bytes.
    /// - The offset is a multiple of the word's size.
    unsafe fn load(&self, offset: usize) -> W;

    /// Writes the word at this offset, after whatever the program did before it.
    ///
    /// # Safety
    ///
    /// As for `load`.
    unsafe fn store(&self, offset: usize, word: W);

    /// As `load`, from a location: what is known of it when compiling can become part of the
    /// instruction.
    ///
    /// # Safety
    ///
    /// As for `load`, for the offset of `at`.
    unsafe fn load_from<L: Location<Register: Register<Word = W>>>(&self, at: L) -> W {
        // SAFETY: the caller's promises.
        unsafe { self.load(at.offset()) }
    }

    /// As `store`, to a location.
    ///
    /// # Safety
    ///
    /// As for `load_from`.
    unsafe fn store_to<L: Location<Register: Register<Word = W>>>(&self, at: L, word: W) {
        // SAFETY: the caller's promises.
        unsafe { self.store(at.offset(), word) };
    }

    /// As `load`, ordered with accesses to the same device alone.
    ///
    /// # Safety
    ///
    /// As for `load`.
    unsafe fn load_relaxed(&self, offset: usize) -> W {
        // SAFETY: the caller's promises.
        unsafe { self.load(offset) }
    }

    /// As `store`, ordered with accesses to the same device alone.
    ///
    /// # Safety
    ///
    /// As for `load`.
    unsafe fn store_relaxed(&self, offset: usize, word: W) {
        // SAFETY: the caller's promises.
        unsafe { self.store(offset, word) };
    }
}

/// An [`Io`] with accesses that are ordered among themselves alone: from [`Io::relaxed`].
#[derive(Debug)]
pub struct Relaxed<'a, I: ?Sized>(&'a I);

// SAFETY: it is the same range.
unsafe impl<I: Io + ?Sized> Io for Relaxed<'_, I> {
    const SIZE: usize = I::SIZE;

    fn len(&self) -> usize {
        self.0.len()
    }
}

// SAFETY: it accesses what the other one does.
unsafe impl<W: Word, I: Bus<W> + ?Sized> Bus<W> for Relaxed<'_, I> {
    unsafe fn load(&self, offset: usize) -> W {
        // SAFETY: the caller's promises.
        unsafe { self.0.load_relaxed(offset) }
    }

    unsafe fn store(&self, offset: usize, word: W) {
        // SAFETY: the caller's promises.
        unsafe { self.0.store_relaxed(offset, word) };
    }
}

// SAFETY: it is the same range.
unsafe impl<I: Io + ?Sized> Io for &I {
    const SIZE: usize = I::SIZE;

    fn len(&self) -> usize {
        (**self).len()
    }
}

// SAFETY: it accesses what the other one does.
unsafe impl<W: Word, I: Bus<W> + ?Sized> Bus<W> for &I {
    unsafe fn load(&self, offset: usize) -> W {
        // SAFETY: the caller's promises.
        unsafe { (**self).load(offset) }
    }

    unsafe fn store(&self, offset: usize, word: W) {
        // SAFETY: the caller's promises.
        unsafe { (**self).store(offset, word) };
    }

    unsafe fn load_from<L: Location<Register: Register<Word = W>>>(&self, at: L) -> W {
        // SAFETY: the caller's promises.
        unsafe { (**self).load_from(at) }
    }

    unsafe fn store_to<L: Location<Register: Register<Word = W>>>(&self, at: L, word: W) {
        // SAFETY: the caller's promises.
        unsafe { (**self).store_to(at, word) };
    }

    unsafe fn load_relaxed(&self, offset: usize) -> W {
        // SAFETY: the caller's promises.
        unsafe { (**self).load_relaxed(offset) }
    }

    unsafe fn store_relaxed(&self, offset: usize, word: W) {
        // SAFETY: the caller's promises.
        unsafe { (**self).store_relaxed(offset, word) };
    }
}

/// Which half of a 64-bit register is accessed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halves {
    /// Bits 31:0, then bits 63:32.
    LowFirst,
    /// Bits 63:32, then bits 31:0.
    HighFirst,
}

/// An access was not aligned, or beyond the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange {
    offset: usize,
    bytes: usize,
    len: usize,
}

impl OutOfRange {
    /// The offset that was asked for.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, bytes, len } = self;
        write!(
            f,
            "{bytes} bytes at {offset:#x} of {len:#x} are not there, or not aligned"
        )
    }
}

impl core::error::Error for OutOfRange {}

fn check<W: Word>(offset: usize, words: usize, len: usize) -> Result<(), OutOfRange> {
    let bytes = words.checked_mul(W::SIZE);
    let end = bytes.and_then(|bytes| offset.checked_add(bytes));
    if offset.is_multiple_of(W::SIZE) && end.is_some_and(|end| end <= len) {
        return Ok(());
    }
    Err(OutOfRange {
        offset,
        bytes: bytes.unwrap_or(usize::MAX),
        len,
    })
}
