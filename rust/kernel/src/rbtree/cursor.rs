// SPDX-License-Identifier: GPL-2.0-only

//! A place in a tree that can be moved.

use super::node::{Links, Node};
use super::{RBTree, RBTreeNode};

/// A key and value of an [`RBTree`], from which one goes to its neighbours.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::rbtree::RBTree;
///
/// let mut tree = RBTree::new();
/// for key in [10, 20, 30] {
///     tree.try_create_and_insert(key, (), GFP_KERNEL)?;
/// }
/// let mut cursor = tree.cursor_lower_bound(&11).ok_or(EINVAL)?;
/// assert_eq!(*cursor.current().0, 20);
/// assert_eq!(cursor.peek_prev().map(|(key, ())| *key), Some(10));
/// assert_eq!(cursor.peek_next().map(|(key, ())| *key), Some(30));
/// let (next, node) = cursor.remove_current();
/// assert_eq!(*node.key(), 20);
/// let next = next.ok_or(EINVAL)?;
/// assert_eq!(*next.current().0, 30);
/// assert!(next.move_next().is_none());
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `at` is in the tree.
pub struct Cursor<'a, K, V> {
    tree: &'a mut RBTree<K, V>,
    at: *mut Links,
}

impl<'a, K, V> Cursor<'a, K, V> {
    /// A cursor at links of the tree; none if they are null.
    pub(super) fn new(tree: &'a mut RBTree<K, V>, at: *mut Links) -> Option<Self> {
        (!at.is_null()).then_some(Self { tree, at })
    }

    fn next(&self) -> *mut Links {
        // SAFETY: by the invariant it is in the tree.
        unsafe { bindings::rb_next(self.at) }
    }

    fn prev(&self) -> *mut Links {
        // SAFETY: by the invariant it is in the tree.
        unsafe { bindings::rb_prev(self.at) }
    }

    fn look(&self, at: *mut Links) -> Option<(&K, &V)> {
        // SAFETY: it is null or in the tree, which is borrowed.
        let node = unsafe { Node::<K, V>::of(at).as_ref() }?;
        Some((&node.key, &node.value))
    }

    /// The key and value here.
    #[must_use]
    pub fn current(&self) -> (&K, &V) {
        // SAFETY: by the invariant it is in the tree, which is borrowed.
        let node = unsafe { &*Node::<K, V>::of(self.at) };
        (&node.key, &node.value)
    }

    /// The key and value here; the value can be changed.
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// # use kernel::rbtree::RBTree;
    /// let mut tree = RBTree::new();
    /// tree.try_create_and_insert(1, 10, GFP_KERNEL)?;
    /// if let Some(mut cursor) = tree.cursor_front() {
    ///     *cursor.current_mut().1 += 1;
    /// }
    /// assert_eq!(tree.cursor_back().map(|cursor| *cursor.current().1), Some(11));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn current_mut(&mut self) -> (&K, &mut V) {
        let node = Node::<K, V>::of(self.at);
        // SAFETY: by the invariant it is in the tree, which is borrowed mutably.
        unsafe { (&(*node).key, &mut (*node).value) }
    }

    /// What comes next, without going there.
    #[must_use]
    pub fn peek_next(&self) -> Option<(&K, &V)> {
        self.look(self.next())
    }

    /// What comes before, without going there.
    #[must_use]
    pub fn peek_prev(&self) -> Option<(&K, &V)> {
        self.look(self.prev())
    }

    /// Goes to what comes next; `None` at the end.
    #[must_use]
    pub fn move_next(self) -> Option<Self> {
        let at = self.next();
        Self::new(self.tree, at)
    }

    /// Goes to what comes before; `None` at the beginning.
    #[must_use]
    pub fn move_prev(self) -> Option<Self> {
        let at = self.prev();
        Self::new(self.tree, at)
    }

    /// Takes out what is here, and goes to what comes next or, at the end, to what came before.
    #[must_use = "the value is dropped with its node"]
    pub fn remove_current(self) -> (Option<Self>, RBTreeNode<K, V>) {
        let (next, prev) = (self.next(), self.prev());
        // SAFETY: by the invariant it is in the tree.
        let node = unsafe { self.tree.unlink(self.at) };
        let at = if next.is_null() { prev } else { next };
        (Self::new(self.tree, at), node)
    }
}
