// SPDX-License-Identifier: GPL-2.0-only

//! Walks over an array.

use core::ffi::c_ulong;
use core::ops::{Bound, RangeBounds};

use super::{Guard, LockKind, Mark};
use crate::types::ForeignOwnable;

/// The values of an array in the order of their indices, with them.
pub struct Iter<'a, T: ForeignOwnable, L: LockKind> {
    guard: &'a Guard<'a, T, L>,
    index: c_ulong,
    last: c_ulong,
    first: bool,
    done: bool,
    filter: u32,
}

/// The first and the last index of a range; `None` if there is none in it.
fn limits(range: impl RangeBounds<usize>) -> Option<(c_ulong, c_ulong)> {
    let first = match range.start_bound() {
        Bound::Included(first) => *first,
        Bound::Excluded(before) => before.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let last = match range.end_bound() {
        Bound::Included(last) => *last,
        Bound::Excluded(after) => after.checked_sub(1)?,
        Bound::Unbounded => usize::MAX,
    };
    (first <= last).then_some((first as c_ulong, last as c_ulong))
}

impl<'a, T: ForeignOwnable, L: LockKind> Iter<'a, T, L> {
    pub(super) fn new(
        guard: &'a Guard<'a, T, L>,
        range: impl RangeBounds<usize>,
        mark: Option<Mark>,
    ) -> Self {
        let limits = limits(range);
        let (index, last) = limits.unwrap_or((0, 0));
        Self {
            guard,
            index,
            last,
            first: true,
            done: limits.is_none(),
            filter: mark.map_or(bindings::FERRITE_XA_PRESENT, Mark::as_raw),
        }
    }
}

impl<'a, T: ForeignOwnable, L: LockKind> Iterator for Iter<'a, T, L> {
    type Item = (usize, T::Borrowed<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let found = self
            .guard
            .array
            .find(&mut self.index, self.last, self.first, self.filter);
        self.first = false;
        self.done = found.is_none();
        // SAFETY:
        // - by the array's invariant the entry is a value given away;
        // - it is taken back only by methods that need the guard mutably, that is, after `'a`.
        let value = unsafe { T::borrow(found?.as_ptr()) };
        Some((self.index as usize, value))
    }
}

impl<T: ForeignOwnable, L: LockKind> core::iter::FusedIterator for Iter<'_, T, L> {}
