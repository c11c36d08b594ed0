// SPDX-License-Identifier: GPL-2.0-only

//! Intrusive lists: values that carry their links in themselves.
//!
//! C header: `include/linux/list.h`. The lists here are Rust's own; C does not see them.
//!
//! To put a value into a [`List`] needs no memory and cannot fail. The price: a value can be in as
//! many lists at once as it has [`ListLinks`], told apart by a number, the `ID`.
//!
//! - A value is in an [`Arc`](crate::sync::Arc). [`ListArc`] is the one `Arc` of a value that stands for its links.
//! - [`List`] owns the `ListArc`s of what is in it. Anybody may hold further `Arc`s.
//! - [`Cursor`] is a place between two elements.
//! - A value can be taken out by itself, if it is in the list that one has: [`List::remove`].
//!
//! Upstream's list asks the driver for an `unsafe` promise there. This one knows: the links hold the
//! number of the list that they are in.
//!
//! [`RcuList`] is another list: it owns its values, and is read without a lock.
//!
//! A list has no lock of its own, and may be used in any context; making a [`ListArc`] allocates. What
//! waits, and when values of an [`RcuList`] go away, is said there.
//!
//! Consumers: `samples/mailbox` of the list, `samples/lease` of its cursor, `samples/rcu-list` of the other
//! list.
//!
//! # Examples
//!
//! ```
//! use kernel::impl_has_list_links;
//! use kernel::list::{List, ListArc, ListLinks};
//! use kernel::prelude::*;
//!
//! struct Job {
//!     number: u32,
//!     links: ListLinks,
//! }
//!
//! impl_has_list_links! {
//!     impl HasListLinks<0> for Job { self.links }
//! }
//!
//! let mut queue = List::<Job>::new();
//! for number in 0..3 {
//!     let job = Job { number, links: ListLinks::new() };
//!     queue.push_back(ListArc::new(job, GFP_KERNEL)?);
//! }
//! let numbers = queue.iter().map(|job| job.number);
//! assert!(numbers.eq([0, 1, 2]));
//! let first = queue.pop_front().ok_or(EINVAL)?;
//! assert_eq!(first.number, 0);
//! # Ok::<(), Error>(())
//! ```

mod arc;
mod cursor;
mod links;
mod rcu;

#[cfg(feature = "ktest")]
mod tests;

pub use arc::ListArc;
pub use cursor::{Cursor, CursorPeek};
pub use links::{HasListLinks, ListLinks};
pub use rcu::{RcuIter, RcuList, RcuListGuard, Removed};

use core::marker::PhantomData;
use core::ptr;

use crate::sync::ArcBorrow;
use links::Ring;

/// A list of values that carry their links in themselves.
///
/// It allocates nothing, and every method but [`Self::push_all_back`] and dropping takes the same
/// time however long the list is. It has no lock of its own.
///
/// # Invariants
///
/// - `first` is null, or the first of a ring of links.
/// - Every value of the ring has been put in with its [`ListArc`], which the list owns, and its links
///   hold the list's number, `id`. No other links hold it.
pub struct List<T: HasListLinks<ID>, const ID: u64 = 0> {
    first: *const ListLinks<ID>,
    id: u64,
    _owns: PhantomData<ListArc<T, ID>>,
}

// SAFETY: the list owns the `ListArc`s.
unsafe impl<T: HasListLinks<ID> + Send + Sync, const ID: u64> Send for List<T, ID> {}
// SAFETY: a shared list lends the values, and can make an `Arc` of each.
unsafe impl<T: HasListLinks<ID> + Send + Sync, const ID: u64> Sync for List<T, ID> {}

impl<T: HasListLinks<ID>, const ID: u64> List<T, ID> {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        // INVARIANT: there is no ring, and the number is given when there is one.
        Self {
            first: ptr::null(),
            id: 0,
            _owns: PhantomData,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// The list's number.
    fn id(&mut self) -> u64 {
        if self.id == 0 {
            self.id = links::next_id();
        }
        self.id
    }

    /// Puts a value at the end.
    pub fn push_back(&mut self, item: ListArc<T, ID>) {
        let new = self.insert_before(item, self.first);
        if self.first.is_null() {
            self.first = new;
        }
    }

    /// Puts a value at the beginning.
    ///
    /// ```
    /// # use kernel::impl_has_list_links;
    /// # use kernel::list::{List, ListArc, ListLinks};
    /// # use kernel::prelude::*;
    /// # struct Job { number: u32, links: ListLinks }
    /// # impl_has_list_links! { impl HasListLinks<0> for Job { self.links } }
    /// # let job = |number| ListArc::new(Job { number, links: ListLinks::new() }, GFP_KERNEL);
    /// let mut queue = List::<Job>::new();
    /// queue.push_front(job(1)?);
    /// queue.push_front(job(2)?);
    /// assert_eq!(queue.pop_back().map(|job| job.number), Some(1));
    /// assert_eq!(queue.pop_back().map(|job| job.number), Some(2));
    /// assert!(queue.pop_back().is_none() && queue.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn push_front(&mut self, item: ListArc<T, ID>) {
        self.first = self.insert_before(item, self.first);
    }

    /// Puts a value in before `next`, or makes it the only one if that is null.
    fn insert_before(
        &mut self,
        item: ListArc<T, ID>,
        next: *const ListLinks<ID>,
    ) -> *const ListLinks<ID> {
        let new = item.into_links(self.id());
        // INVARIANT: the links now hold the number, and the ring is closed again.
        // SAFETY: the links are out of any ring, since a `ListArc` stood for them; `next` is one of
        // our ring; the list is ours alone.
        unsafe { Ring::insert_before(new, next) };
        new
    }

    /// Takes the first value out.
    pub fn pop_front(&mut self) -> Option<ListArc<T, ID>> {
        if self.first.is_null() {
            return None;
        }
        // SAFETY: the first of the ring is in it.
        Some(unsafe { self.unlink(self.first) })
    }

    /// Takes the last value out.
    pub fn pop_back(&mut self) -> Option<ListArc<T, ID>> {
        if self.first.is_null() {
            return None;
        }
        // SAFETY: the first of the ring is in it, and so is its neighbour.
        Some(unsafe { self.unlink(Ring::prev(self.first)) })
    }

    /// Takes a value out, if it is in this list.
    ///
    /// ```
    /// # use kernel::impl_has_list_links;
    /// # use kernel::list::{List, ListArc, ListLinks};
    /// # use kernel::prelude::*;
    /// # struct Job { number: u32, links: ListLinks }
    /// # impl_has_list_links! { impl HasListLinks<0> for Job { self.links } }
    /// # let job = |number| ListArc::new(Job { number, links: ListLinks::new() }, GFP_KERNEL);
    /// let (mut queue, mut other) = (List::<Job>::new(), List::<Job>::new());
    /// let mine = job(1)?;
    /// let known = mine.clone_arc();
    /// queue.push_back(mine);
    /// queue.push_back(job(2)?);
    /// assert!(other.remove(&known).is_none());
    /// assert!(queue.remove(&known).is_some());
    /// assert!(queue.remove(&known).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remove(&mut self, item: &T) -> Option<ListArc<T, ID>> {
        let links = T::links(item);
        if self.id == 0 || links.owner() != self.id {
            return None;
        }
        // SAFETY: by the invariant links that hold our number are in our ring. They stay there: who
        // would take them out needs the list mutably, as we have it.
        // The ring's own pointer may reach all of the `Arc`'s memory, that of `item` may not.
        Some(unsafe { self.unlink(Ring::next(Ring::prev(links))) })
    }

    /// Takes links out of the ring.
    ///
    /// # Safety
    ///
    /// They are in our ring.
    unsafe fn unlink(&mut self, links: *const ListLinks<ID>) -> ListArc<T, ID> {
        // SAFETY: the caller promises that they are in the ring, which is ours alone.
        let next = unsafe { Ring::remove(links) };
        // INVARIANT: the ring begins at another one, or is gone.
        if self.first == links {
            self.first = next;
        }
        // SAFETY: the links are those of a value that was put in with its `ListArc`, and are out of
        // the ring.
        unsafe { ListArc::from_links(links) }
    }

    /// Moves everything from another list to the end of this one.
    ///
    /// Takes as long as the other list is.
    ///
    /// ```
    /// # use kernel::impl_has_list_links;
    /// # use kernel::list::{List, ListArc, ListLinks};
    /// # use kernel::prelude::*;
    /// # struct Job { number: u32, links: ListLinks }
    /// # impl_has_list_links! { impl HasListLinks<0> for Job { self.links } }
    /// # let job = |number| ListArc::new(Job { number, links: ListLinks::new() }, GFP_KERNEL);
    /// let (mut queue, mut more) = (List::<Job>::new(), List::<Job>::new());
    /// queue.push_back(job(1)?);
    /// more.push_back(job(2)?);
    /// queue.push_all_back(&mut more);
    /// assert!(more.is_empty());
    /// assert!(queue.iter().map(|job| job.number).eq([1, 2]));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn push_all_back(&mut self, other: &mut Self) {
        while let Some(item) = other.pop_front() {
            self.push_back(item);
        }
    }

    /// The values from first to last, or from last to first.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, T, ID> {
        let last = if self.first.is_null() {
            ptr::null()
        } else {
            // SAFETY: the first of the ring is in it.
            unsafe { Ring::prev(self.first) }
        };
        Iter {
            next: self.first,
            last,
            _borrows: PhantomData,
        }
    }

    /// A cursor before the first element.
    #[must_use]
    pub fn cursor_front(&mut self) -> Cursor<'_, T, ID> {
        Cursor::new(self, self.first)
    }

    /// A cursor behind the last element.
    #[must_use]
    pub fn cursor_back(&mut self) -> Cursor<'_, T, ID> {
        Cursor::new(self, ptr::null())
    }
}

impl<T: HasListLinks<ID>, const ID: u64> Default for List<T, ID> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: HasListLinks<ID>, const ID: u64> Drop for List<T, ID> {
    fn drop(&mut self) {
        while let Some(item) = self.pop_front() {
            drop(item);
        }
    }
}

impl<'a, T: HasListLinks<ID>, const ID: u64> IntoIterator for &'a List<T, ID> {
    type Item = ArcBorrow<'a, T>;
    type IntoIter = Iter<'a, T, ID>;

    fn into_iter(self) -> Iter<'a, T, ID> {
        self.iter()
    }
}

/// The values of a [`List`], borrowed.
///
/// # Invariants
///
/// Both pointers are null, or they are the ends of a part of the list's ring.
pub struct Iter<'a, T: HasListLinks<ID>, const ID: u64 = 0> {
    next: *const ListLinks<ID>,
    last: *const ListLinks<ID>,
    _borrows: PhantomData<&'a List<T, ID>>,
}

impl<'a, T: HasListLinks<ID>, const ID: u64> Iter<'a, T, ID> {
    /// What is at `links`, after which the iterator goes on at `next` and `last`.
    fn step(
        &mut self,
        links: *const ListLinks<ID>,
        ends: (*const ListLinks<ID>, *const ListLinks<ID>),
    ) -> ArcBorrow<'a, T> {
        // INVARIANT: the part is shorter by the end that is taken, or empty.
        (self.next, self.last) = if self.next == self.last {
            (ptr::null(), ptr::null())
        } else {
            ends
        };
        // SAFETY: the links are in the list's ring, which is borrowed for `'a`.
        unsafe { ListArc::borrow_links(links) }
    }
}

impl<'a, T: HasListLinks<ID>, const ID: u64> Iterator for Iter<'a, T, ID> {
    type Item = ArcBorrow<'a, T>;

    fn next(&mut self) -> Option<ArcBorrow<'a, T>> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: by the invariant they are in the ring, which does not change while it is borrowed.
        let after = unsafe { Ring::next(self.next) };
        Some(self.step(self.next, (after, self.last)))
    }
}

impl<'a, T: HasListLinks<ID>, const ID: u64> DoubleEndedIterator for Iter<'a, T, ID> {
    fn next_back(&mut self) -> Option<ArcBorrow<'a, T>> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: by the invariant they are in the ring, which does not change while it is borrowed.
        let before = unsafe { Ring::prev(self.last) };
        Some(self.step(self.last, (self.next, before)))
    }
}

impl<T: HasListLinks<ID>, const ID: u64> IntoIterator for List<T, ID> {
    type Item = ListArc<T, ID>;
    type IntoIter = IntoIter<T, ID>;

    fn into_iter(self) -> IntoIter<T, ID> {
        IntoIter(self)
    }
}

/// The values of a [`List`], taken out one after the other.
pub struct IntoIter<T: HasListLinks<ID>, const ID: u64 = 0>(List<T, ID>);

impl<T: HasListLinks<ID>, const ID: u64> Iterator for IntoIter<T, ID> {
    type Item = ListArc<T, ID>;

    fn next(&mut self) -> Option<ListArc<T, ID>> {
        self.0.pop_front()
    }
}

impl<T: HasListLinks<ID>, const ID: u64> DoubleEndedIterator for IntoIter<T, ID> {
    fn next_back(&mut self) -> Option<ListArc<T, ID>> {
        self.0.pop_back()
    }
}
