// SPDX-License-Identifier: GPL-2.0-only

//! Nodes, before and after they are in a tree.

use core::mem::MaybeUninit;

use crate::alloc::{Flags, KBox};
use crate::error::Result;

/// What C sees of a node.
pub(super) type Links = bindings::rb_node;

/// A key with its value.
#[repr(C)]
pub(super) struct Node<K, V> {
    links: Links,
    pub(super) key: K,
    pub(super) value: V,
}

impl<K, V> Node<K, V> {
    /// The node of links: they come first in it.
    pub(super) fn of(links: *mut Links) -> *mut Self {
        links.cast()
    }
}

/// A node that is in no tree.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::rbtree::{RBTree, RBTreeNode};
///
/// let mut tree = RBTree::new();
/// let node = RBTreeNode::new("one", 1, GFP_KERNEL)?;
/// assert_eq!(*node.key(), "one");
/// assert!(tree.insert(node).is_none());
/// let node = tree.remove_node(&"one").ok_or(EINVAL)?;
/// // Its memory serves again, with nothing that can fail.
/// let (memory, parts) = node.into_reservation();
/// assert_eq!(parts, ("one", 1));
/// tree.insert(memory.into_node("two", 2));
/// assert_eq!(tree.remove_node(&"two").map(RBTreeNode::into_parts), Some(("two", 2)));
/// # Ok::<(), Error>(())
/// ```
pub struct RBTreeNode<K, V>(KBox<Node<K, V>>);

impl<K, V> RBTreeNode<K, V> {
    /// Makes a node.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; key and value are dropped.
    pub fn new(key: K, value: V, flags: Flags) -> Result<Self> {
        Ok(RBTreeNodeReservation::new(flags)?.into_node(key, value))
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &K {
        &self.0.key
    }

    /// Its key and value, without the node.
    #[must_use]
    pub fn into_parts(self) -> (K, V) {
        let node = self.0.into_inner();
        (node.key, node.value)
    }

    /// Its memory, and its key and value.
    #[must_use]
    pub fn into_reservation(self) -> (RBTreeNodeReservation<K, V>, (K, V)) {
        let raw = self.0.into_raw();
        // SAFETY: the node is ours, and read once: from here on the memory counts as uninitialised,
        // and has the same layout.
        unsafe {
            let node = raw.read();
            let memory = KBox::from_raw(raw.cast::<MaybeUninit<Node<K, V>>>());
            (RBTreeNodeReservation(memory), (node.key, node.value))
        }
    }

    /// Gives the node away; [`Self::from_raw`] takes it back.
    pub(super) fn into_raw(self) -> *mut Links {
        self.0.into_raw().cast()
    }

    /// Takes a node back.
    ///
    /// # Safety
    ///
    /// The links come from [`Self::into_raw`], and are given back once.
    pub(super) unsafe fn from_raw(links: *mut Links) -> Self {
        // SAFETY: the caller promises that they are those of a box given away.
        Self(unsafe { KBox::from_raw(Node::of(links)) })
    }
}

/// Memory for a node.
pub struct RBTreeNodeReservation<K, V>(KBox<MaybeUninit<Node<K, V>>>);

impl<K, V> RBTreeNodeReservation<K, V> {
    /// Takes memory for a node.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(flags: Flags) -> Result<Self> {
        Ok(Self(KBox::new_uninit(flags)?))
    }

    /// Makes the node.
    #[must_use]
    pub fn into_node(mut self, key: K, value: V) -> RBTreeNode<K, V> {
        let links = Links {
            __rb_parent_color: 0,
            rb_left: core::ptr::null_mut(),
            rb_right: core::ptr::null_mut(),
        };
        self.0.write(Node { links, key, value });
        // SAFETY: it has just been written.
        RBTreeNode(unsafe { self.0.assume_init() })
    }
}
