// SPDX-License-Identifier: GPL-2.0-only

//! The place of a key in a tree.

use super::node::{Links, Node};
use super::{RBTree, RBTreeNode, RBTreeNodeReservation};

/// The place of a key in an [`RBTree`].
pub enum Entry<'a, K, V> {
    /// There is a value.
    Occupied(OccupiedEntry<'a, K, V>),
    /// There is none.
    Vacant(VacantEntry<'a, K, V>),
}

/// A place with a value.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::rbtree::{Entry, RBTree, RBTreeNode};
///
/// let mut tree = RBTree::new();
/// tree.insert(RBTreeNode::new(1, 10, GFP_KERNEL)?);
/// if let Entry::Occupied(entry) = tree.entry(1) {
///     assert_eq!(*entry.get(), 10);
///     assert_eq!(entry.remove_node().into_parts(), (1, 10));
/// }
/// assert!(tree.is_empty());
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `at` is in the tree.
pub struct OccupiedEntry<'a, K, V> {
    tree: &'a mut RBTree<K, V>,
    at: *mut Links,
}

impl<'a, K, V> OccupiedEntry<'a, K, V> {
    pub(super) fn new(tree: &'a mut RBTree<K, V>, at: *mut Links) -> Self {
        Self { tree, at }
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> &V {
        // SAFETY: by the invariant it is in the tree, which is borrowed.
        unsafe { &(*Node::<K, V>::of(self.at)).value }
    }

    /// The value, to be changed.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut V {
        // SAFETY: by the invariant it is in the tree, which is borrowed mutably.
        unsafe { &mut (*Node::<K, V>::of(self.at)).value }
    }

    /// Takes the node out of the tree.
    #[must_use = "the value is dropped with its node"]
    pub fn remove_node(self) -> RBTreeNode<K, V> {
        // SAFETY: by the invariant it is in the tree.
        unsafe { self.tree.unlink(self.at) }
    }
}

/// A place without a value.
///
/// # Invariants
///
/// Parent and slot are of the tree, and right for the key.
pub struct VacantEntry<'a, K, V> {
    tree: &'a mut RBTree<K, V>,
    key: K,
    parent: *mut Links,
    slot: *mut *mut Links,
}

impl<'a, K, V> VacantEntry<'a, K, V> {
    pub(super) fn new(
        tree: &'a mut RBTree<K, V>,
        key: K,
        parent: *mut Links,
        slot: *mut *mut Links,
    ) -> Self {
        Self {
            tree,
            key,
            parent,
            slot,
        }
    }

    /// Puts a value in.
    pub fn insert(self, value: V, memory: RBTreeNodeReservation<K, V>) -> &'a mut V {
        let node = memory.into_node(self.key, value);
        // SAFETY: by the invariant the place is right for the key; the tree has been borrowed
        // mutably since it was found.
        let at = unsafe { self.tree.link(node, self.parent, self.slot) };
        // SAFETY: it is in the tree now, which is borrowed mutably for `'a`.
        unsafe { &mut (*Node::<K, V>::of(at)).value }
    }
}
