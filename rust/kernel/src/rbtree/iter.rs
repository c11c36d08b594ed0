// SPDX-License-Identifier: GPL-2.0-only

//! Going through a tree.

use core::marker::PhantomData;

use super::RBTree;
use super::node::{Links, Node};

/// What comes behind links of a tree; null at its end.
///
/// # Safety
///
/// They are in a tree that nobody changes.
unsafe fn after(at: *mut Links) -> *mut Links {
    // SAFETY: the caller promises that they are in a tree.
    unsafe { bindings::rb_next(at) }
}

/// The keys and values of an [`RBTree`].
///
/// # Invariants
///
/// `next` is in the tree, or null.
pub struct Iter<'a, K, V> {
    next: *mut Links,
    _borrows: PhantomData<&'a RBTree<K, V>>,
}

impl<K, V> Iter<'_, K, V> {
    /// From links of the tree on.
    pub(super) fn new(next: *mut Links) -> Self {
        Self {
            next,
            _borrows: PhantomData,
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: by the invariant it is in the tree, which is borrowed for `'a`.
        let node = unsafe { &*Node::<K, V>::of(self.next) };
        // INVARIANT: what comes behind it is in the tree, or null.
        // SAFETY: as above.
        self.next = unsafe { after(self.next) };
        Some((&node.key, &node.value))
    }
}

/// The keys and values of an [`RBTree`]; the values can be changed.
///
/// # Invariants
///
/// `next` is in the tree, or null; nothing from there on has been lent.
pub struct IterMut<'a, K, V> {
    next: *mut Links,
    _borrows: PhantomData<&'a mut RBTree<K, V>>,
}

impl<K, V> IterMut<'_, K, V> {
    /// From links of the tree on.
    pub(super) fn new(next: *mut Links) -> Self {
        Self {
            next,
            _borrows: PhantomData,
        }
    }
}

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next.is_null() {
            return None;
        }
        let node = Node::<K, V>::of(self.next);
        // INVARIANT: what comes behind it is in the tree, or null, and is lent later.
        // SAFETY: by the invariant it is in the tree, which is borrowed mutably for `'a`; each value
        // is lent once, and the links, which `after` reads, never are.
        unsafe {
            self.next = after(self.next);
            Some((&(*node).key, &mut (*node).value))
        }
    }
}

impl<'a, K, V> IntoIterator for &'a RBTree<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}
