// SPDX-License-Identifier: GPL-2.0-only

//! Arrays of bits.
//!
//! A [`Bitmap`] is one of two:
//!
//! - [`BitmapVec`] gets its length when it is made. Up to the bits of one word need no memory.
//! - [`FixedBitmap`] holds a number of words in itself.
//!
//! Indices are checked: what comes from outside may be passed on as it is.
//!
//! C header: `include/linux/bitmap.h`. The bitmaps here are Rust's own, laid out as C's.
//!
//! Any context, but for [`BitmapVec::new`], which sleeps if its flags let it.
//!
//! Consumers: `samples/lease` keeps its channels in one; [`IdPool`](crate::id_pool::IdPool), and by that
//! `samples/idmap`.

mod iter;
#[cfg(feature = "ktest")]
mod tests;

pub use iter::Ones;

use core::ops::{Range, RangeBounds};
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::alloc::{Flags, KVec};
use crate::error::Result;
use crate::error::code::EINVAL;
use crate::types::range_of;

const BITS: usize = usize::BITS as usize;

/// Where the words of a bitmap are.
pub trait Storage {
    /// All of them.
    #[doc(hidden)]
    fn words(&self) -> &[AtomicUsize];

    /// All of them.
    #[doc(hidden)]
    fn words_mut(&mut self) -> &mut [AtomicUsize];
}

impl<const WORDS: usize> Storage for [AtomicUsize; WORDS] {
    fn words(&self) -> &[AtomicUsize] {
        self
    }

    fn words_mut(&mut self) -> &mut [AtomicUsize] {
        self
    }
}

/// One word, or as many as it takes.
#[doc(hidden)]
pub enum Dynamic {
    /// Needs no memory.
    Inline([AtomicUsize; 1]),
    /// Needs some.
    Heap(KVec<AtomicUsize>),
}

impl Storage for Dynamic {
    fn words(&self) -> &[AtomicUsize] {
        match self {
            Self::Inline(word) => word,
            Self::Heap(words) => words,
        }
    }

    fn words_mut(&mut self) -> &mut [AtomicUsize] {
        match self {
            Self::Inline(word) => word,
            Self::Heap(words) => words,
        }
    }
}

/// An array of bits.
///
/// Through a shared reference single bits are changed atomically; what needs several words at once
/// is not atomic as a whole.
///
/// # Invariants
///
/// There are words for `len` bits. The bits behind them, in the last word, are zero.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::bitmap::BitmapVec;
///
/// let mut map = BitmapVec::new(100, GFP_KERNEL)?;
/// map.set_bit(17)?;
/// map.set_bit(80)?;
/// assert_eq!(map.next_bit(0), Some(17));
/// assert_eq!(map.next_bit(18), Some(80));
/// assert_eq!(map.next_bit(81), None);
/// assert_eq!(map.next_zero_bit(17), Some(18));
/// assert_eq!(map.set_bit(100), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
pub struct Bitmap<S: Storage> {
    storage: S,
    len: usize,
}

/// A bitmap whose length is known when it is made.
pub type BitmapVec = Bitmap<Dynamic>;

/// A bitmap of `WORDS` words, in itself.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::bitmap::FixedBitmap;
///
/// static SEEN: FixedBitmap<2> = FixedBitmap::fixed();
/// assert_eq!(SEEN.len(), 2 * usize::BITS as usize);
/// SEEN.set_bit_atomic(40)?;
/// assert!(SEEN.test_bit(40) && !SEEN.test_bit(41));
/// SEEN.clear_bit_atomic(40)?;
/// assert_eq!(SEEN.next_bit(0), None);
/// # Ok::<(), Error>(())
/// ```
pub type FixedBitmap<const WORDS: usize> = Bitmap<[AtomicUsize; WORDS]>;

impl<const WORDS: usize> FixedBitmap<WORDS> {
    /// All bits clear.
    #[must_use]
    pub const fn fixed() -> Self {
        Self {
            storage: [const { AtomicUsize::new(0) }; WORDS],
            len: WORDS * BITS,
        }
    }
}

impl BitmapVec {
    /// As many bits need no memory.
    pub const MAX_INLINE_LEN: usize = BITS;

    /// `len` bits, all clear. Memory is allocated from [`Self::MAX_INLINE_LEN`] on.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(len: usize, flags: Flags) -> Result<Self> {
        if len <= Self::MAX_INLINE_LEN {
            return Ok(Self {
                storage: Dynamic::Inline([AtomicUsize::new(0)]),
                len,
            });
        }
        let count = len.div_ceil(BITS);
        let mut words = KVec::with_capacity(count, flags)?;
        words.extend((0..count).map(|_| AtomicUsize::new(0)), flags)?;
        Ok(Self {
            storage: Dynamic::Heap(words),
            len,
        })
    }

    /// The bits of [`Self::MAX_INLINE_LEN`], all clear; needs no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut map = BitmapVec::new_inline();
    /// assert_eq!(map.len(), BitmapVec::MAX_INLINE_LEN);
    /// map.set_bit(3)?;
    /// assert_eq!(map.last_bit(), Some(3));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn new_inline() -> Self {
        Self {
            storage: Dynamic::Inline([AtomicUsize::new(0)]),
            len: Self::MAX_INLINE_LEN,
        }
    }
}

/// The word that a bit is in, and its place there.
const fn place(index: usize) -> (usize, usize) {
    (index / BITS, 1 << (index % BITS))
}

impl<S: Storage> Bitmap<S> {
    /// The number of bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bits at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn word(&self, index: usize) -> Result<(&AtomicUsize, usize)> {
        let (word, bit) = place(index);
        match self.storage.words().get(word) {
            Some(word) if index < self.len => Ok((word, bit)),
            _ => Err(EINVAL),
        }
    }

    fn word_mut(&mut self, index: usize) -> Result<(&mut usize, usize)> {
        let (word, bit) = place(index);
        let len = self.len;
        match self.storage.words_mut().get_mut(word) {
            Some(word) if index < len => Ok((word.get_mut(), bit)),
            _ => Err(EINVAL),
        }
    }

    /// Whether a bit is there and set.
    #[must_use]
    pub fn test_bit(&self, index: usize) -> bool {
        self.word(index)
            .is_ok_and(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0)
    }

    /// Sets a bit.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    pub fn set_bit(&mut self, index: usize) -> Result {
        let (word, bit) = self.word_mut(index)?;
        *word |= bit;
        Ok(())
    }

    /// Clears a bit.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut map = BitmapVec::new(10, GFP_KERNEL)?;
    /// map.fill();
    /// map.clear_bit(9)?;
    /// assert_eq!(map.count_ones(), 9);
    /// assert_eq!(map.clear_bit(10), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn clear_bit(&mut self, index: usize) -> Result {
        let (word, bit) = self.word_mut(index)?;
        *word &= !bit;
        Ok(())
    }

    /// Sets a bit that others may look at or change; says whether it was set before.
    ///
    /// It is ordered like an acquisition and a release: who finds it clear may take that for a
    /// lock.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    pub fn set_bit_atomic(&self, index: usize) -> Result<bool> {
        let (word, bit) = self.word(index)?;
        Ok(word.fetch_or(bit, Ordering::AcqRel) & bit != 0)
    }

    /// Clears a bit that others may look at or change; says whether it was set before. Ordered as
    /// [`Self::set_bit_atomic`].
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    pub fn clear_bit_atomic(&self, index: usize) -> Result<bool> {
        let (word, bit) = self.word(index)?;
        Ok(word.fetch_and(!bit, Ordering::AcqRel) & bit != 0)
    }

    /// Sets or clears the bits of a range.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the range is not inside of the bitmap; nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut map = BitmapVec::new(200, GFP_KERNEL)?;
    /// map.assign_range(10..=150, true)?;
    /// map.assign_range(20..140, false)?;
    /// assert_eq!(map.count_ones(), 10 + 11);
    /// assert_eq!((map.next_zero_bit(10), map.next_bit(20)), (Some(20), Some(140)));
    /// assert_eq!(map.assign_range(199..201, true), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn assign_range(&mut self, range: impl RangeBounds<usize>, set: bool) -> Result {
        let Range { start, end } = range_of(range, self.len)?;
        let mut first = 0_usize;
        for word in self.storage.words_mut() {
            // The part of the range that is in this word.
            let mask = below(end.saturating_sub(first)) & !below(start.saturating_sub(first));
            if set {
                *word.get_mut() |= mask;
            } else {
                *word.get_mut() &= !mask;
            }
            // Cannot wrap: the bits of all words are fewer than there are addresses.
            first = first.wrapping_add(BITS);
        }
        Ok(())
    }

    /// Sets all bits.
    pub fn fill(&mut self) {
        // All of them are inside.
        let _ = self.assign_range(.., true);
    }

    /// Clears all bits.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut map = BitmapVec::new_inline();
    /// map.fill();
    /// assert_eq!(map.next_zero_bit(0), None);
    /// map.clear();
    /// assert_eq!(map.next_bit(0), None);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn clear(&mut self) {
        for word in self.storage.words_mut() {
            *word.get_mut() = 0;
        }
    }

    /// How many bits are set.
    #[must_use]
    pub fn count_ones(&self) -> usize {
        // Cannot wrap: they are at most all bits.
        self.storage.words().iter().fold(0, |count, word| {
            count.wrapping_add(word.load(Ordering::Relaxed).count_ones() as usize)
        })
    }

    /// The first bit from `start` on that is set.
    #[must_use]
    pub fn next_bit(&self, start: usize) -> Option<usize> {
        self.find(start, |word| word)
    }

    /// The first bit from `start` on that is clear.
    #[must_use]
    pub fn next_zero_bit(&self, start: usize) -> Option<usize> {
        self.find(start, |word| !word)
    }

    /// The first place from `start` on where `count` bits in a row are clear.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut map = BitmapVec::new(100, GFP_KERNEL)?;
    /// map.assign_range(4..60, true)?;
    /// assert_eq!(map.next_zero_area(0, 4), Some(0));
    /// assert_eq!(map.next_zero_area(0, 5), Some(60));
    /// assert_eq!(map.next_zero_area(0, 41), None);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn next_zero_area(&self, mut start: usize, count: usize) -> Option<usize> {
        loop {
            start = self.next_zero_bit(start)?;
            let end = start.checked_add(count)?;
            match self.next_bit(start) {
                Some(taken) if taken < end => start = taken,
                _ => return (end <= self.len).then_some(start),
            }
        }
    }

    /// The last bit that is set.
    #[must_use]
    pub fn last_bit(&self) -> Option<usize> {
        let words = self.storage.words();
        let mut index = words.len();
        for word in words.iter().rev() {
            // None of these can wrap: there is such a word.
            index = index.wrapping_sub(1);
            if let Some(bit) = word.load(Ordering::Relaxed).checked_ilog2() {
                return Some(index.wrapping_mul(BITS).wrapping_add(bit as usize));
            }
        }
        None
    }

    /// The bits that are set.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut map = BitmapVec::new(100, GFP_KERNEL)?;
    /// for bit in [64, 3, 31] {
    ///     map.set_bit(bit)?;
    /// }
    /// assert!(map.ones().eq([3, 31, 64]));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn ones(&self) -> Ones<'_, S> {
        Ones::new(self)
    }

    /// Takes over the bits of another map, as far as they go; further ones of this are cleared.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the other one has set bits that this has no room for; nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut small = BitmapVec::new(10, GFP_KERNEL)?;
    /// let mut large = BitmapVec::new(1000, GFP_KERNEL)?;
    /// small.set_bit(9)?;
    /// large.copy_and_extend(&small)?;
    /// assert!(large.ones().eq([9]));
    /// large.set_bit(500)?;
    /// assert_eq!(small.copy_and_extend(&large), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn copy_and_extend<O: Storage>(&mut self, other: &Bitmap<O>) -> Result {
        if other.last_bit().is_some_and(|last| last >= self.len) {
            return Err(EINVAL);
        }
        let mut others = other.storage.words().iter();
        for word in self.storage.words_mut() {
            *word.get_mut() = others
                .next()
                .map_or(0, |other| other.load(Ordering::Relaxed));
        }
        Ok(())
    }

    /// The first bit from `start` on that is set in what `view` makes of the words.
    fn find(&self, start: usize, view: impl Fn(usize) -> usize) -> Option<usize> {
        let (mut index, _) = place(start);
        let mut mask = !below(start % BITS);
        while let Some(word) = self.storage.words().get(index) {
            let seen = view(word.load(Ordering::Relaxed)) & mask;
            if seen != 0 {
                let bit = seen.trailing_zeros() as usize;
                // Cannot wrap: there is such a word.
                let found = index.wrapping_mul(BITS).wrapping_add(bit);
                return (found < self.len).then_some(found);
            }
            mask = usize::MAX;
            index = index.wrapping_add(1);
        }
        None
    }
}

/// A word in which as many of the lowest bits are set.
const fn below(count: usize) -> usize {
    if count >= BITS {
        usize::MAX
    } else {
        (1 << count) - 1
    }
}
