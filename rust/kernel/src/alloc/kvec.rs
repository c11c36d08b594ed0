// SPDX-License-Identifier: GPL-2.0-only

//! A growing array.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use super::{Allocator, Flags, Kmalloc};
use crate::error::Result;
use crate::error::code::{EINVAL, ENOMEM};

/// A growing array in memory that comes from `A`.
///
/// # Invariants
///
/// - `pointer` is valid for `capacity` values, comes from `A`, and is nobody else's; it dangles if
///   `capacity` is zero or `T` has no size.
/// - The first `len` values are initialised; `len <= capacity` unless `T` has no size.
pub struct Vec<T, A: Allocator> {
    pointer: NonNull<T>,
    capacity: usize,
    len: usize,
    _owns: PhantomData<(A, T)>,
}

/// A [`Vec`] from `kmalloc`.
pub type KVec<T> = Vec<T, Kmalloc>;

// SAFETY: the array owns its values; nothing else refers to them.
unsafe impl<T: Send, A: Allocator> Send for Vec<T, A> {}
// SAFETY: a shared array gives shared access to its values only.
unsafe impl<T: Sync, A: Allocator> Sync for Vec<T, A> {}

impl<T, A: Allocator> Default for Vec<T, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, A: Allocator> Vec<T, A> {
    /// An empty array; needs no memory.
    #[must_use]
    pub const fn new() -> Self {
        // INVARIANT: nothing is allocated, nothing is initialised.
        Self {
            pointer: NonNull::dangling(),
            capacity: 0,
            len: 0,
            _owns: PhantomData,
        }
    }

    /// An empty array with room for `capacity` values.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn with_capacity(capacity: usize, flags: Flags) -> Result<Self> {
        let mut new = Self::new();
        new.reserve(capacity, flags)?;
        Ok(new)
    }

    /// `count` copies of a value.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn from_elem(value: T, count: usize, flags: Flags) -> Result<Self>
    where
        T: Clone,
    {
        let mut new = Self::with_capacity(count, flags)?;
        for _ in 0..count {
            new.push(value.clone(), flags)?;
        }
        Ok(new)
    }

    /// How many values there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        if size_of::<T>() == 0 {
            usize::MAX
        } else {
            self.capacity
        }
    }

    /// Makes room for `additional` more values.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the array is as it was.
    pub fn reserve(&mut self, additional: usize, flags: Flags) -> Result {
        let needed = self.len.checked_add(additional).ok_or(ENOMEM)?;
        if needed <= self.capacity() {
            return Ok(());
        }
        // Twice as much each time keeps a row of pushes linear.
        let doubled = self.capacity.saturating_mul(2);
        let capacity = if needed > doubled { needed } else { doubled };
        let layout = Layout::array::<T>(capacity).map_err(|_| ENOMEM)?;
        let old_layout = Layout::array::<T>(self.capacity).map_err(|_| ENOMEM)?;
        let old = (self.capacity > 0).then(|| self.pointer.cast());
        // SAFETY:
        // - by the invariant the old memory is ours, with that layout;
        // - `T` has a size and `capacity` is above zero here, so the layout has one too.
        let memory = unsafe { A::realloc(old, old_layout, layout, flags)? };
        // INVARIANT: the contents have moved along.
        self.pointer = memory.cast();
        self.capacity = capacity;
        Ok(())
    }

    /// Adds a value at the end.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the value is dropped then, and the array is as it was.
    pub fn push(&mut self, value: T, flags: Flags) -> Result {
        self.reserve(1, flags)?;
        // SAFETY: there is room for one more behind the last.
        unsafe { self.pointer.add(self.len).write(value) };
        // Cannot overflow: `reserve` has checked the sum.
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// The room behind the last value.
    pub fn spare_capacity_mut(&mut self) -> &mut [MaybeUninit<T>] {
        let spare = self.capacity().saturating_sub(self.len);
        // SAFETY: by the invariant the memory is ours up to the capacity.
        unsafe {
            core::slice::from_raw_parts_mut(self.pointer.add(self.len).as_ptr().cast(), spare)
        }
    }

    /// Counts `additional` more values as being there.
    ///
    /// # Safety
    ///
    /// They have been initialised, in the room behind the last value.
    pub unsafe fn inc_len(&mut self, additional: usize) {
        // Cannot overflow: what is initialised is inside of the capacity.
        self.len = self.len.wrapping_add(additional);
    }

    /// Takes the last value.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.len.checked_sub(1)?;
        // INVARIANT: one value less is counted as initialised before it is moved out.
        self.len = last;
        // SAFETY: the value at `last` was initialised, and is not counted any more.
        Some(unsafe { self.pointer.add(last).read() })
    }

    /// Drops all values from the `len`th on.
    pub fn truncate(&mut self, len: usize) {
        while self.len > len {
            drop(self.pop());
        }
    }

    /// Drops all values; the memory stays.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Adds copies of the values of a slice.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the array is as it was.
    pub fn extend_from_slice(&mut self, values: &[T], flags: Flags) -> Result
    where
        T: Clone,
    {
        self.reserve(values.len(), flags)?;
        for value in values {
            self.push(value.clone(), flags)?;
        }
        Ok(())
    }

    /// Takes the value at `index`; those behind it move up.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is none.
    pub fn remove(&mut self, index: usize) -> Result<T> {
        let tail = self
            .len
            .checked_sub(index)
            .and_then(|tail| tail.checked_sub(1))
            .ok_or(EINVAL)?;
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
}

impl<T, A: Allocator> Drop for Vec<T, A> {
    fn drop(&mut self) {
        self.clear();
        if self.capacity > 0 && size_of::<T>() > 0 {
            // SAFETY: by the invariant the memory is ours, and the values are gone.
            unsafe { A::free(self.pointer.cast()) };
        }
    }
}

impl<T, A: Allocator> Deref for Vec<T, A> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: by the invariant the first `len` values are initialised.
        unsafe { core::slice::from_raw_parts(self.pointer.as_ptr(), self.len) }
    }
}

impl<T, A: Allocator> DerefMut for Vec<T, A> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: by the invariant the first `len` values are initialised, and ours alone.
        unsafe { core::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.len) }
    }
}

/// The values of an array, one by one.
pub struct IntoIter<T, A: Allocator> {
    vec: ManuallyDrop<Vec<T, A>>,
    next: usize,
}

impl<T, A: Allocator> Iterator for IntoIter<T, A> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.next >= self.vec.len {
            return None;
        }
        // SAFETY: the value at `next` is initialised, and read once: `next` moves on.
        let value = unsafe { self.vec.pointer.add(self.next).read() };
        self.next = self.next.wrapping_add(1);
        Some(value)
    }
}

impl<T, A: Allocator> Drop for IntoIter<T, A> {
    fn drop(&mut self) {
        for value in self.by_ref() {
            drop(value);
        }
        // INVARIANT: every value has been moved out.
        self.vec.len = 0;
        // SAFETY: dropped once, here.
        unsafe { ManuallyDrop::drop(&mut self.vec) };
    }
}

impl<T, A: Allocator> IntoIterator for Vec<T, A> {
    type Item = T;
    type IntoIter = IntoIter<T, A>;

    fn into_iter(self) -> IntoIter<T, A> {
        IntoIter {
            vec: ManuallyDrop::new(self),
            next: 0,
        }
    }
}

impl<'a, T, A: Allocator> IntoIterator for &'a Vec<T, A> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> core::slice::Iter<'a, T> {
        self.iter()
    }
}
