// SPDX-License-Identifier: GPL-2.0-only

//! Walks over the bits that are set.

use super::{Bitmap, Storage};

/// The bits of a map that are set, in ascending order.
pub struct Ones<'a, S: Storage> {
    map: &'a Bitmap<S>,
    next: Option<usize>,
}

impl<'a, S: Storage> Ones<'a, S> {
    pub(super) fn new(map: &'a Bitmap<S>) -> Self {
        Self { map, next: Some(0) }
    }
}

impl<S: Storage> Iterator for Ones<'_, S> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let found = self.next.and_then(|next| self.map.next_bit(next));
        self.next = found.and_then(|found| found.checked_add(1));
        found
    }
}

impl<S: Storage> core::iter::FusedIterator for Ones<'_, S> {}
