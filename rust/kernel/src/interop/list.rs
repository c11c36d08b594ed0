// SPDX-License-Identifier: GPL-2.0-only

//! Lists that C has made.
//!
//! C header: `include/linux/list.h`.
//!
//! A [`CList`] is a view of a `list_head` whose nodes are fields of C's structs. For lists of a
//! driver's own there is [`kernel::list`](crate::list).
//!
//! Used by [`configfs`](crate::configfs), for the directories that come with another one. It is what an
//! abstraction of a C subsystem builds on; a driver meets the iterators that those lend.

use core::iter::FusedIterator;
use core::marker::PhantomData;

use crate::types::Opaque;

/// A C list of values of type `T`, with the list's links `OFFSET` bytes behind the beginning of each.
///
/// `T` is a transparent wrapper around C's struct, as a rule of an [`Opaque`]; `OFFSET` is
/// `core::mem::offset_of!` of the struct's `list_head`.
#[repr(transparent)]
pub struct CList<T, const OFFSET: usize> {
    head: Opaque<bindings::list_head>,
    _values: PhantomData<T>,
}

impl<T, const OFFSET: usize> CList<T, OFFSET> {
    /// Looks at a list.
    ///
    /// # Safety
    ///
    /// During `'a`, or as long as the caller holds what C asks of a reader (a lock, or an RCU read
    /// side), if `'a` ends with that:
    ///
    /// - `head` is an initialised `list_head`;
    /// - each node of the list but `head` lies `OFFSET` bytes behind the beginning of a value that may be
    ///   referred to as a `&T`;
    /// - no node is added or removed, unless by the functions for RCU lists (`list_add_rcu` and its
    ///   like), and what was removed stays valid as long as `'a`.
    #[must_use]
    pub const unsafe fn from_raw<'a>(head: *const bindings::list_head) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the view is transparent.
        unsafe { &*head.cast::<Self>() }
    }

    /// The values, from the first to the last.
    #[must_use]
    pub fn iter(&self) -> CListIter<'_, T, OFFSET> {
        let head = self.head.get().cast_const();
        CListIter {
            head,
            // SAFETY: by the promise of `from_raw`.
            next: unsafe { next(head) },
            _list: PhantomData,
        }
    }
}

impl<'a, T, const OFFSET: usize> IntoIterator for &'a CList<T, OFFSET> {
    type Item = &'a T;
    type IntoIter = CListIter<'a, T, OFFSET>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The node behind another one.
///
/// # Safety
///
/// `node` is one of a list, as [`CList::from_raw`] wants it.
unsafe fn next(node: *const bindings::list_head) -> *const bindings::list_head {
    // A volatile read, as C's `READ_ONCE`: a writer of an RCU list may change it at the same time. What
    // is behind the pointer depends on it, which is all the order that a reader needs.
    // SAFETY: the caller promises that the node is valid.
    unsafe { (&raw const (*node).next).read_volatile() }
}

/// The values of a [`CList`].
///
/// # Invariants
///
/// `next` is a node of the list, or `head`.
pub struct CListIter<'a, T, const OFFSET: usize> {
    head: *const bindings::list_head,
    next: *const bindings::list_head,
    _list: PhantomData<&'a T>,
}

impl<'a, T, const OFFSET: usize> Iterator for CListIter<'a, T, OFFSET> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        if self.next == self.head {
            return None;
        }
        let node = self.next;
        // SAFETY: by the invariant it is a node of the list.
        self.next = unsafe { next(node) };
        // SAFETY: by the promise of `from_raw`, a value begins that far in front of a node, and lives
        // as long as the list may be looked at.
        Some(unsafe { &*node.byte_sub(OFFSET).cast::<T>() })
    }
}

impl<T, const OFFSET: usize> FusedIterator for CListIter<'_, T, OFFSET> {}

#[cfg(feature = "ktest")]
mod tests {
    use core::mem::offset_of;

    use super::{CList, CListIter};
    use crate::prelude::*;
    use crate::types::Opaque;

    /// A struct of C's with its links in the middle.
    #[repr(transparent)]
    struct Node(Opaque<bindings::ferrite_list_ktest>);

    impl Node {
        fn value(&self) -> i32 {
            // SAFETY: the node is initialised, and does not change while it is looked at.
            unsafe { (*self.0.get()).value }
        }
    }

    type Nodes = CList<Node, { offset_of!(bindings::ferrite_list_ktest, link) }>;

    #[kernel_test]
    fn a_list_of_c_is_seen_in_its_order() -> Result {
        let nodes = KBox::<[bindings::ferrite_list_ktest; 4]>::new_uninit(GFP_KERNEL)?.into_raw();
        let nodes = nodes.cast::<bindings::ferrite_list_ktest>();
        let head = KBox::new(Opaque::<bindings::list_head>::zeroed(), GFP_KERNEL)?;
        for count in 0..=4_u8 {
            // SAFETY: there are that many nodes, which C initialises and links.
            unsafe { bindings::ferrite_list_ktest_fill(head.get(), nodes, count.into()) };
            // SAFETY: the list was just made, and nobody changes it while it is looked at.
            let list = unsafe { Nodes::from_raw(head.get()) };
            assert_eq!(list.iter().next().is_none(), count == 0);
            let expected = (0..count).map(|number| i32::from(number) * 10);
            assert!(list.iter().map(Node::value).eq(expected));
            let mut seen = 0_u8;
            for node in list {
                assert_eq!(node.value(), i32::from(seen) * 10);
                seen += 1;
            }
            assert_eq!(seen, count);
            let mut iter: CListIter<'_, Node, _> = list.iter();
            assert!(iter.by_ref().count() == usize::from(count) && iter.next().is_none());
        }
        // SAFETY: it comes from a box of that size, and nothing looks at it any more.
        drop(unsafe {
            KBox::<core::mem::MaybeUninit<[bindings::ferrite_list_ktest; 4]>>::from_raw(
                nodes.cast(),
            )
        });
        Ok(())
    }
}
