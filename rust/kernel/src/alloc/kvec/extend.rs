// SPDX-License-Identifier: GPL-2.0-only

//! Many values at once.

use super::Vec;
use crate::alloc::{Allocator, Flags};
use crate::error::Result;

impl<T, A: Allocator> Vec<T, A> {
    /// Adds all that an iterator gives.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; what was added before stays.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = KVec::new();
    /// numbers.extend((1..6).map(|number| number * number), GFP_KERNEL)?;
    /// assert_eq!(&*numbers, &[1, 4, 9, 16, 25]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn extend(&mut self, values: impl IntoIterator<Item = T>, flags: Flags) -> Result {
        let values = values.into_iter();
        self.reserve(values.size_hint().0, flags)?;
        for value in values {
            self.push(value, flags)?;
        }
        Ok(())
    }

    /// Moves all values of another array to the end of this one.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; both are as they were.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2]?;
    /// let mut more = kernel::kvec![3]?;
    /// numbers.append(&mut more, GFP_KERNEL)?;
    /// assert_eq!(&*numbers, &[1, 2, 3]);
    /// assert!(more.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn append<B: Allocator>(&mut self, other: &mut Vec<T, B>, flags: Flags) -> Result {
        self.reserve(other.len, flags)?;
        // SAFETY: that many values are there, and there is room for them.
        unsafe {
            self.pointer
                .add(self.len)
                .copy_from_nonoverlapping(other.pointer, other.len);
        }
        // INVARIANT: the values belong to this array, and to the other one no more. Cannot
        // overflow: `reserve` has checked the sum.
        self.len = self.len.wrapping_add(other.len);
        other.len = 0;
        Ok(())
    }
}

impl<T: Clone, A: Allocator> Vec<T, A> {
    /// `count` copies of a value.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn from_elem(value: T, count: usize, flags: Flags) -> Result<Self> {
        let mut new = Self::with_capacity(count, flags)?;
        new.extend_with(count, value, flags)?;
        Ok(new)
    }

    /// Adds copies of the values of a slice.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the array is as it was.
    pub fn extend_from_slice(&mut self, values: &[T], flags: Flags) -> Result {
        self.reserve(values.len(), flags)?;
        let room = self.spare_capacity_mut().iter_mut();
        for (place, value) in room.zip(values) {
            place.write(value.clone());
        }
        // SAFETY: there is room for all of them, and each has been written.
        unsafe { self.inc_len(values.len()) };
        Ok(())
    }

    /// Adds `count` copies of a value.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the array is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1]?;
    /// numbers.extend_with(2, 7, GFP_KERNEL)?;
    /// assert_eq!(&*numbers, &[1, 7, 7]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn extend_with(&mut self, count: usize, value: T, flags: Flags) -> Result {
        self.reserve(count, flags)?;
        // One fewer is copied than there are places.
        let Some(copies) = count.checked_sub(1) else {
            return Ok(());
        };
        let room = self.spare_capacity_mut().iter_mut();
        for place in room.take(copies) {
            place.write(value.clone());
        }
        // SAFETY: there is room for `count`, and one fewer has been written.
        unsafe { self.inc_len(copies) };
        // SAFETY: of the room for `count`, one place is left.
        unsafe { self.push_unchecked(value) };
        Ok(())
    }

    /// Drops values at the end, or adds copies of one there, until there are `len`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the array is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2, 3]?;
    /// numbers.resize(1, 0, GFP_KERNEL)?;
    /// assert_eq!(&*numbers, &[1]);
    /// numbers.resize(3, 9, GFP_KERNEL)?;
    /// assert_eq!(&*numbers, &[1, 9, 9]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn resize(&mut self, len: usize, value: T, flags: Flags) -> Result {
        match len.checked_sub(self.len) {
            Some(more) => self.extend_with(more, value, flags),
            None => {
                self.truncate(len);
                Ok(())
            }
        }
    }
}
