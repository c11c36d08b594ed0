// SPDX-License-Identifier: GPL-2.0-only

//! Red-black trees: values sorted by a key.
//!
//! C header: `include/linux/rbtree.h`. Semantics: `lib/rbtree.c`, which does the balancing.
//!
//! A node can be made before it is needed, where memory can be had ([`RBTreeNode`],
//! [`RBTreeNodeReservation`]), and put in where that must not fail, below a spinlock. A tree has no
//! lock of its own, and may be used in any context: only what takes [`Flags`] allocates.
//!
//! Consumers: `samples/pages` finds pages by their numbers; an interrupt of `samples/lease` goes through
//! deadlines with a cursor.
//!
//! # Examples
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::rbtree::RBTree;
//!
//! let mut tree = RBTree::new();
//! for key in [30, 10, 20] {
//!     tree.try_create_and_insert(key, key * 10, GFP_KERNEL)?;
//! }
//! assert_eq!(tree.get(&20), Some(&200));
//! assert!(tree.keys().eq(&[10, 20, 30]));
//! if let Some(value) = tree.get_mut(&10) {
//!     *value += 1;
//! }
//! assert_eq!(tree.remove(&10), Some(101));
//! assert!(tree.get(&10).is_none());
//! # Ok::<(), Error>(())
//! ```

mod cursor;
mod entry;
mod iter;
mod node;

#[cfg(feature = "ktest")]
mod tests;

pub use cursor::Cursor;
pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use iter::{Iter, IterMut};
pub use node::{RBTreeNode, RBTreeNodeReservation};

use core::cmp::Ordering;
use core::marker::PhantomData;
use core::ptr;

use crate::alloc::Flags;
use crate::error::Result;
use node::{Links, Node};

/// A tree of values, sorted by their keys; no key is in it twice.
///
/// # Invariants
///
/// - `root` is that of a tree, the links of which are those of nodes that the tree owns, each made
///   by `RBTreeNode::into_raw`.
/// - They are sorted by their keys, as far as the order of `K` is one.
pub struct RBTree<K, V> {
    root: bindings::rb_root,
    _owns: PhantomData<Node<K, V>>,
}

// SAFETY: the tree owns its keys and values.
unsafe impl<K: Send, V: Send> Send for RBTree<K, V> {}
// SAFETY: a shared tree gives shared access to its keys and values only.
unsafe impl<K: Sync, V: Sync> Sync for RBTree<K, V> {}

/// Where a key is, or would be.
enum Place {
    /// At these links.
    At(*mut Links),
    /// In this slot, below this parent.
    Free(*mut Links, *mut *mut Links),
}

impl<K, V> RBTree<K, V> {
    /// An empty tree.
    #[must_use]
    pub const fn new() -> Self {
        // INVARIANT: there are no nodes.
        Self {
            root: bindings::rb_root {
                rb_node: ptr::null_mut(),
            },
            _owns: PhantomData,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.rb_node.is_null()
    }

    /// The outermost node on one side; null in an empty tree.
    fn outermost(&self, child: impl Fn(*mut Links) -> *mut Links) -> *mut Links {
        let mut at = self.root.rb_node;
        while !at.is_null() {
            let next = child(at);
            if next.is_null() {
                break;
            }
            at = next;
        }
        at
    }

    fn first(&self) -> *mut Links {
        // SAFETY: it is asked for nodes of the tree.
        self.outermost(|at| unsafe { (*at).rb_left })
    }

    fn last(&self) -> *mut Links {
        // SAFETY: it is asked for nodes of the tree.
        self.outermost(|at| unsafe { (*at).rb_right })
    }

    /// Everything, sorted by key.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(self.first())
    }

    /// Everything, sorted by key; the values can be changed.
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// # use kernel::rbtree::RBTree;
    /// let mut tree = RBTree::new();
    /// tree.try_create_and_insert(1, 10, GFP_KERNEL)?;
    /// for (key, value) in tree.iter_mut() {
    ///     *value += key;
    /// }
    /// assert!(tree.iter().eq([(&1, &11)]));
    /// assert!(tree.values().eq(&[11]));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut::new(self.first())
    }

    /// The keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, sorted by key.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// A cursor at the smallest key; `None` in an empty tree.
    pub fn cursor_front(&mut self) -> Option<Cursor<'_, K, V>> {
        let at = self.first();
        Cursor::new(self, at)
    }

    /// A cursor at the largest key; `None` in an empty tree.
    pub fn cursor_back(&mut self) -> Option<Cursor<'_, K, V>> {
        let at = self.last();
        Cursor::new(self, at)
    }

    /// Takes a node out of the tree.
    ///
    /// # Safety
    ///
    /// It is in the tree.
    unsafe fn unlink(&mut self, at: *mut Links) -> RBTreeNode<K, V> {
        // SAFETY: the caller promises that it is in the tree, which is ours alone.
        unsafe { bindings::rb_erase(at, &raw mut self.root) };
        // SAFETY: by the invariant it was made by `into_raw`; it is out of the tree.
        unsafe { RBTreeNode::from_raw(at) }
    }

    /// Puts a node into a free place.
    ///
    /// # Safety
    ///
    /// The place was found in the tree, for the node's key, and the tree has not changed.
    unsafe fn link(
        &mut self,
        node: RBTreeNode<K, V>,
        parent: *mut Links,
        slot: *mut *mut Links,
    ) -> *mut Links {
        let new = node.into_raw();
        // SAFETY: the caller promises that parent and slot are of the tree, which is ours alone.
        unsafe {
            (*new).__rb_parent_color = parent.expose_provenance() as core::ffi::c_ulong;
            (*new).rb_left = ptr::null_mut();
            (*new).rb_right = ptr::null_mut();
            *slot = new;
            bindings::rb_insert_color(new, &raw mut self.root);
        }
        new
    }
}

impl<K: Ord, V> RBTree<K, V> {
    /// Where a key is, or would be.
    fn find(&mut self, key: &K) -> Place {
        let mut parent = ptr::null_mut();
        let mut slot = &raw mut self.root.rb_node;
        loop {
            // SAFETY: the slot is the root's, or one of a node of the tree.
            let at = unsafe { *slot };
            if at.is_null() {
                return Place::Free(parent, slot);
            }
            parent = at;
            // SAFETY: it is a node of the tree.
            slot = match key.cmp(unsafe { &(*Node::<K, V>::of(at)).key }) {
                // SAFETY: as above.
                Ordering::Less => unsafe { &raw mut (*at).rb_left },
                // SAFETY: as above.
                Ordering::Greater => unsafe { &raw mut (*at).rb_right },
                Ordering::Equal => return Place::At(at),
            };
        }
    }

    /// The node of a key, or null; and the last one on the way to it that is larger, or null.
    fn search(&self, key: &K) -> (*mut Links, *mut Links) {
        let (mut at, mut larger) = (self.root.rb_node, ptr::null_mut());
        while !at.is_null() {
            // SAFETY: it is a node of the tree.
            let (node, links) = unsafe { (&*Node::<K, V>::of(at), &*at) };
            match key.cmp(&node.key) {
                Ordering::Less => (larger, at) = (at, links.rb_left),
                Ordering::Greater => at = links.rb_right,
                Ordering::Equal => break,
            }
        }
        (at, larger)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let (at, _) = self.search(key);
        // SAFETY: it is a node of the tree, which is borrowed.
        (!at.is_null()).then(|| unsafe { &(*Node::<K, V>::of(at)).value })
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (at, _) = self.search(key);
        // SAFETY: it is a node of the tree, which is borrowed mutably.
        (!at.is_null()).then(|| unsafe { &mut (*Node::<K, V>::of(at)).value })
    }

    /// Makes a node and puts it in; returns the one that had the key.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; key and value are dropped.
    pub fn try_create_and_insert(
        &mut self,
        key: K,
        value: V,
        flags: Flags,
    ) -> Result<Option<RBTreeNode<K, V>>> {
        Ok(self.insert(RBTreeNode::new(key, value, flags)?))
    }

    /// Puts a node in; returns the one that had the key.
    pub fn insert(&mut self, node: RBTreeNode<K, V>) -> Option<RBTreeNode<K, V>> {
        match self.find(node.key()) {
            Place::Free(parent, slot) => {
                // INVARIANT: the place is right for the key.
                // SAFETY: the place has just been found.
                unsafe { self.link(node, parent, slot) };
                None
            }
            Place::At(old) => {
                // INVARIANT: the key is the same.
                // SAFETY: `old` is in the tree, and the new one in none.
                unsafe {
                    bindings::rb_replace_node(old, node.into_raw(), &raw mut self.root);
                    Some(RBTreeNode::from_raw(old))
                }
            }
        }
    }

    /// Takes a node out.
    pub fn remove_node(&mut self, key: &K) -> Option<RBTreeNode<K, V>> {
        let (at, _) = self.search(key);
        // SAFETY: it is in the tree.
        (!at.is_null()).then(|| unsafe { self.unlink(at) })
    }

    /// Takes a value out, and frees its node.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        Some(self.remove_node(key)?.into_parts().1)
    }

    /// The place of a key, whether it is taken or free.
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// # use kernel::rbtree::{Entry, RBTree, RBTreeNodeReservation};
    /// let mut tree = RBTree::new();
    /// for key in [1, 2, 1] {
    ///     // Below a spinlock this would come from before.
    ///     let memory = RBTreeNodeReservation::new(GFP_KERNEL)?;
    ///     match tree.entry(key) {
    ///         Entry::Occupied(mut entry) => *entry.get_mut() += 1,
    ///         Entry::Vacant(entry) => *entry.insert(0, memory) += 1,
    ///     }
    /// }
    /// assert!(tree.iter().eq([(&1, &2), (&2, &1)]));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        match self.find(&key) {
            Place::At(at) => Entry::Occupied(OccupiedEntry::new(self, at)),
            Place::Free(parent, slot) => Entry::Vacant(VacantEntry::new(self, key, parent, slot)),
        }
    }

    /// The keys from `key` on, with their values: for who must not change the tree, as a reader below a
    /// lock. Any context.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::rbtree::RBTree;
    ///
    /// let mut tree = RBTree::new();
    /// for key in [10, 20, 30] {
    ///     tree.try_create_and_insert(key, (), GFP_KERNEL)?;
    /// }
    /// assert!(tree.iter_from(&11).map(|(key, _)| *key).eq([20, 30]));
    /// assert!(tree.iter_from(&20).map(|(key, _)| *key).eq([20, 30]));
    /// assert!(tree.iter_from(&31).next().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn iter_from(&self, key: &K) -> Iter<'_, K, V> {
        let (at, larger) = self.search(key);
        Iter::new(if at.is_null() { larger } else { at })
    }

    /// A cursor at the smallest key that is not less than `key`; `None` if there is none.
    pub fn cursor_lower_bound(&mut self, key: &K) -> Option<Cursor<'_, K, V>> {
        let (at, larger) = self.search(key);
        let at = if at.is_null() { larger } else { at };
        Cursor::new(self, at)
    }
}

impl<K, V> Default for RBTree<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Drop for RBTree<K, V> {
    fn drop(&mut self) {
        loop {
            let first = self.first();
            if first.is_null() {
                break;
            }
            // SAFETY: it is in the tree.
            drop(unsafe { self.unlink(first) });
        }
    }
}
