// SPDX-License-Identifier: GPL-2.0-only

//! Values leaving an array one by one.

use core::mem::ManuallyDrop;

use super::Vec;
use crate::alloc::Allocator;

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

impl<'a, T, A: Allocator> IntoIterator for &'a mut Vec<T, A> {
    type Item = &'a mut T;
    type IntoIter = core::slice::IterMut<'a, T>;

    fn into_iter(self) -> core::slice::IterMut<'a, T> {
        self.iter_mut()
    }
}

/// Values taken out of the middle of an array; those behind move up when it is dropped.
///
/// Forgetting one loses the values from the start of its range on, but nothing is used twice.
///
/// # Invariants
///
/// The array counts only the values before the range. From `next` on `left` values of the range
/// are still there, and behind the range, at `tail`, `tail_len` others.
pub struct Drain<'a, T, A: Allocator> {
    pub(super) vec: &'a mut Vec<T, A>,
    pub(super) next: usize,
    pub(super) left: usize,
    pub(super) tail: usize,
    pub(super) tail_len: usize,
}

impl<T, A: Allocator> Iterator for Drain<'_, T, A> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: by the invariant the value is there, and it is read once: `next` moves on.
        let value = unsafe { self.vec.pointer.add(self.next).read() };
        self.next = self.next.wrapping_add(1);
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T, A: Allocator> ExactSizeIterator for Drain<'_, T, A> {}

impl<T, A: Allocator> Drop for Drain<'_, T, A> {
    fn drop(&mut self) {
        for value in self.by_ref() {
            drop(value);
        }
        let start = self.vec.len;
        // SAFETY:
        // - by the invariant the values at the tail are initialised, and nothing from the start of
        //   the range up to them is;
        // - both places are inside of the array's memory.
        unsafe {
            let place = self.vec.pointer.add(start);
            place.copy_from(self.vec.pointer.add(self.tail), self.tail_len);
        }
        // INVARIANT: they are behind the others now. Cannot overflow: it is less than it was.
        self.vec.len = start.wrapping_add(self.tail_len);
    }
}
