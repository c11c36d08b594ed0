// SPDX-License-Identifier: GPL-2.0-only

//! Changes in the middle of an array.

use core::ops::{Range, RangeBounds};

use super::{Drain, Vec};
use crate::alloc::{Allocator, Flags};
use crate::error::Result;
use crate::error::code::EINVAL;
use crate::types::range_of;

impl<T, A: Allocator> Vec<T, A> {
    /// Puts a value at `index`; it and those behind move down.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `index` is behind the end; `ENOMEM`. The value is dropped then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 3]?;
    /// numbers.insert(1, 2, GFP_KERNEL)?;
    /// numbers.insert(3, 4, GFP_KERNEL)?;
    /// assert_eq!(&*numbers, &[1, 2, 3, 4]);
    /// assert_eq!(numbers.insert(5, 6, GFP_KERNEL), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn insert(&mut self, index: usize, value: T, flags: Flags) -> Result {
        let tail = self.len.checked_sub(index).ok_or(EINVAL)?;
        self.reserve(1, flags)?;
        // SAFETY: `index` is inside of the values or at their end, and there is room for one more.
        unsafe {
            let place = self.pointer.add(index);
            place.add(1).copy_from(place, tail);
            place.write(value);
        }
        // Cannot overflow: `reserve` has checked the sum.
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Takes the value at `index`; those behind it move up.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2, 3]?;
    /// assert_eq!(numbers.remove(0), Ok(1));
    /// assert_eq!(&*numbers, &[2, 3]);
    /// assert_eq!(numbers.remove(2), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remove(&mut self, index: usize) -> Result<T> {
        let tail = self.behind(index)?;
        // SAFETY:
        // - `index` is below `len`, so the value is there and `tail` values are behind it;
        // - the value that was read is overwritten or not counted any more.
        unsafe {
            let place = self.pointer.add(index);
            let value = place.read();
            place.copy_from(place.add(1), tail);
            self.len = self.len.wrapping_sub(1);
            Ok(value)
        }
    }

    /// Takes the value at `index`, and puts the last one in its place: quicker than
    /// [`Self::remove`], but the order changes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2, 3]?;
    /// assert_eq!(numbers.swap_remove(0), Ok(1));
    /// assert_eq!(&*numbers, &[3, 2]);
    /// assert_eq!(numbers.swap_remove(2), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn swap_remove(&mut self, index: usize) -> Result<T> {
        let tail = self.behind(index)?;
        self.len = self.len.wrapping_sub(1);
        // SAFETY:
        // - `index` is below the old length, and the last value is `tail` behind it;
        // - the value that was read is overwritten or not counted any more.
        unsafe {
            let place = self.pointer.add(index);
            let value = place.read();
            place.copy_from(place.add(tail), 1);
            Ok(value)
        }
    }

    /// How many values are behind the one at `index`, which is there.
    fn behind(&self, index: usize) -> Result<usize> {
        self.len
            .checked_sub(index)
            .and_then(|tail| tail.checked_sub(1))
            .ok_or(EINVAL)
    }

    /// Drops the values that `keep` does not want; the others stay in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2, 3, 4, 5]?;
    /// numbers.retain(|number| *number % 2 == 1);
    /// assert_eq!(&*numbers, &[1, 3, 5]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        let count = self.len;
        // INVARIANT: what has been looked at is counted again at the end.
        self.len = 0;
        let mut kept = 0_usize;
        for index in 0..count {
            // SAFETY: each value is initialised, and looked at once.
            let place = unsafe { self.pointer.add(index) };
            // SAFETY: as above; nobody else refers to it.
            if keep(unsafe { &mut *place.as_ptr() }) {
                // SAFETY: `kept` is at most `index`, and what was there has moved or is dropped.
                unsafe { self.pointer.add(kept).copy_from(place, 1) };
                // Cannot overflow: it is at most `index`.
                kept = kept.wrapping_add(1);
            } else {
                // SAFETY: as above; it is not counted any more.
                unsafe { place.drop_in_place() };
            }
        }
        self.len = kept;
    }

    /// Takes the values of a range out. Those that are not asked for are dropped with the iterator.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the range is not inside of the array.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2, 3, 4, 5]?;
    /// assert!(numbers.drain(1..=2)?.eq([2, 3]));
    /// assert_eq!(&*numbers, &[1, 4, 5]);
    /// assert_eq!(numbers.drain(2..)?.len(), 1);
    /// assert_eq!(&*numbers, &[1, 4]);
    /// assert_eq!(numbers.drain(..3).err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn drain(&mut self, range: impl RangeBounds<usize>) -> Result<Drain<'_, T, A>> {
        let Range { start, end } = range_of(range, self.len)?;
        // Both are not negative: the range is one of this array.
        let left = end.saturating_sub(start);
        let tail_len = self.len.saturating_sub(end);
        // INVARIANT: what the iterator may give away is not counted any more, so that forgetting
        // it leaves nothing that is used twice.
        self.len = start;
        Ok(Drain {
            vec: self,
            next: start,
            left,
            tail: end,
            tail_len,
        })
    }

    /// Moves the values from `at` on to an array of their own.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `at` is behind the end; `ENOMEM`. The array is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2, 3]?;
    /// let tail = numbers.split_off(1, GFP_KERNEL)?;
    /// assert_eq!((&*numbers, &*tail), (&[1][..], &[2, 3][..]));
    /// assert_eq!(numbers.split_off(2, GFP_KERNEL).err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn split_off(&mut self, at: usize, flags: Flags) -> Result<Self> {
        let count = self.len.checked_sub(at).ok_or(EINVAL)?;
        let mut tail = Self::with_capacity(count, flags)?;
        // SAFETY: that many values are there from `at` on, and there is room for them.
        unsafe {
            tail.pointer
                .copy_from_nonoverlapping(self.pointer.add(at), count);
        }
        // INVARIANT: the values belong to the new array, and to this one no more.
        tail.len = count;
        self.len = at;
        Ok(tail)
    }
}
