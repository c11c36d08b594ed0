// SPDX-License-Identifier: GPL-2.0-only

//! A place in a list.

use core::ops::Deref;
use core::ptr;

use super::links::Ring;
use super::{HasListLinks, List, ListArc, ListLinks};
use crate::sync::ArcBorrow;

/// A place between two elements of a [`List`], or at one of its ends.
///
/// ```
/// # use kernel::impl_has_list_links;
/// # use kernel::list::{List, ListArc, ListLinks};
/// # use kernel::prelude::*;
/// # struct Job { number: u32, links: ListLinks }
/// # impl_has_list_links! { impl HasListLinks<0> for Job { self.links } }
/// # let job = |number| ListArc::new(Job { number, links: ListLinks::new() }, GFP_KERNEL);
/// let mut queue = List::<Job>::new();
/// for number in [1, 2, 4] {
///     queue.push_back(job(number)?);
/// }
/// // Take the 2 out, and put a 3 in its place.
/// let mut cursor = queue.cursor_front();
/// while let Some(next) = cursor.peek_next() {
///     if next.number == 2 {
///         drop(next.remove());
///         cursor.insert_prev(job(3)?);
///         break;
///     }
///     cursor.move_next();
/// }
/// assert!(queue.iter().map(|job| job.number).eq([1, 3, 4]));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `next` is in the list's ring, or null: then the cursor is behind the last element.
pub struct Cursor<'a, T: HasListLinks<ID>, const ID: u64 = 0> {
    list: &'a mut List<T, ID>,
    next: *const ListLinks<ID>,
}

impl<'a, T: HasListLinks<ID>, const ID: u64> Cursor<'a, T, ID> {
    /// A cursor before `next`, which is in the list's ring or null.
    pub(super) fn new(list: &'a mut List<T, ID>, next: *const ListLinks<ID>) -> Self {
        Self { list, next }
    }

    /// What is before the cursor; null at the front.
    fn prev(&self) -> *const ListLinks<ID> {
        if self.next == self.list.first {
            return ptr::null();
        }
        let after = if self.next.is_null() {
            self.list.first
        } else {
            self.next
        };
        // SAFETY: it is in the ring: the list is not empty, or `next` would be its `first`.
        unsafe { Ring::prev(after) }
    }

    /// The element behind the cursor.
    pub fn peek_next(&mut self) -> Option<CursorPeek<'_, 'a, T, ID>> {
        let at = self.next;
        (!at.is_null()).then_some(CursorPeek { cursor: self, at })
    }

    /// The element before the cursor.
    pub fn peek_prev(&mut self) -> Option<CursorPeek<'_, 'a, T, ID>> {
        let at = self.prev();
        (!at.is_null()).then_some(CursorPeek { cursor: self, at })
    }

    /// Goes on by one element; `false` at the end.
    pub fn move_next(&mut self) -> bool {
        if self.next.is_null() {
            return false;
        }
        // SAFETY: by the invariant it is in the ring.
        let after = unsafe { Ring::next(self.next) };
        // INVARIANT: in the ring, or null behind the last element.
        self.next = if after == self.list.first {
            ptr::null()
        } else {
            after
        };
        true
    }

    /// Goes back by one element; `false` at the beginning.
    pub fn move_prev(&mut self) -> bool {
        let prev = self.prev();
        if prev.is_null() {
            return false;
        }
        // INVARIANT: it is in the ring.
        self.next = prev;
        true
    }

    /// Puts a value where the cursor is; the cursor is behind it then.
    pub fn insert_prev(&mut self, item: ListArc<T, ID>) {
        if self.next.is_null() {
            self.list.push_back(item);
        } else if self.next == self.list.first {
            self.list.push_front(item);
        } else {
            self.list.insert_before(item, self.next);
        }
    }

    /// Puts a value where the cursor is; the cursor is before it then.
    pub fn insert_next(&mut self, item: ListArc<T, ID>) {
        self.insert_prev(item);
        self.move_prev();
    }
}

/// An element beside a [`Cursor`].
///
/// # Invariants
///
/// `at` is in the list's ring.
pub struct CursorPeek<'p, 'a, T: HasListLinks<ID>, const ID: u64 = 0> {
    cursor: &'p mut Cursor<'a, T, ID>,
    at: *const ListLinks<ID>,
}

impl<T: HasListLinks<ID>, const ID: u64> CursorPeek<'_, '_, T, ID> {
    /// Takes the element out. The cursor stays where it is.
    #[must_use = "the value is dropped if nobody has an `Arc` of it"]
    pub fn remove(self) -> ListArc<T, ID> {
        if self.cursor.next == self.at {
            self.cursor.move_next();
        }
        // SAFETY: by the invariant it is in the ring.
        unsafe { self.cursor.list.unlink(self.at) }
    }

    /// A borrow that can be turned into an owner.
    #[must_use]
    pub fn arc(&self) -> ArcBorrow<'_, T> {
        // SAFETY: by the invariant it is in the ring of the list, which is borrowed.
        unsafe { ListArc::borrow_links(self.at) }
    }
}

impl<T: HasListLinks<ID>, const ID: u64> Deref for CursorPeek<'_, '_, T, ID> {
    type Target = T;

    fn deref(&self) -> &T {
        self.arc().get()
    }
}
