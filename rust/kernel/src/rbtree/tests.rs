// SPDX-License-Identifier: GPL-2.0-only

use super::*;
use crate::alloc::KVec;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::{Result, code::EINVAL};
use crate::ktest::{each_allocation_fails, kernel_test};

/// Keys in an order that looks random: a prime to 257 times the index.
fn key(index: u32) -> u32 {
    index * 101 % 257
}

fn tree(count: u32) -> Result<RBTree<u32, u32>> {
    let mut tree = RBTree::default();
    for index in 0..count {
        tree.try_create_and_insert(key(index), index, GFP_KERNEL)?;
    }
    Ok(tree)
}

/// The height of a subtree, counted in black nodes, or `None` if it is no red-black tree.
fn black_height(at: *mut Links) -> Option<u32> {
    // SAFETY: tests ask for nodes of a tree.
    let Some(links) = (unsafe { at.as_ref() }) else {
        return Some(0);
    };
    let black = links.__rb_parent_color & 1;
    for child in [links.rb_left, links.rb_right] {
        // SAFETY: as above.
        if let Some(child) = unsafe { child.as_ref() }
            && black | (child.__rb_parent_color & 1) == 0
        {
            return None;
        }
    }
    let (left, right) = (black_height(links.rb_left)?, black_height(links.rb_right)?);
    (left == right).then_some(left + u32::from(black == 1))
}

#[kernel_test]
fn keys_are_sorted_and_the_tree_is_balanced() -> Result {
    let mut tree = tree(257)?;
    assert!(tree.keys().copied().eq(0..257));
    assert!(black_height(tree.root.rb_node).is_some_and(|height| height >= 4));
    for index in 0..257 {
        assert_eq!(tree.get(&key(index)), Some(&index));
    }
    for index in 0..128 {
        assert_eq!(tree.remove(&key(index)), Some(index));
        assert!(tree.get(&key(index)).is_none());
    }
    assert!(black_height(tree.root.rb_node).is_some());
    assert!(tree.keys().is_sorted());
    assert_eq!(tree.iter().count(), 129);
    assert!(tree.remove(&key(0)).is_none());
    Ok(())
}

#[kernel_test]
fn a_key_is_in_it_once() -> Result {
    let mut tree = tree(10)?;
    let old = tree.try_create_and_insert(key(3), 33, GFP_KERNEL)?;
    assert_eq!(old.map(RBTreeNode::into_parts), Some((key(3), 3)));
    assert_eq!(tree.get(&key(3)), Some(&33));
    assert_eq!((&tree).into_iter().count(), 10);
    // The tree itself may move.
    let moved = crate::alloc::KBox::new(tree, GFP_KERNEL)?;
    assert_eq!(moved.get(&key(3)), Some(&33));
    assert!(black_height(moved.root.rb_node).is_some());
    Ok(())
}

#[kernel_test]
fn a_cursor_goes_both_ways() -> Result {
    let mut tree = tree(257)?;
    let mut seen = KVec::new();
    let mut cursor = tree.cursor_front();
    while let Some(at) = cursor {
        seen.push(*at.current().0, GFP_KERNEL)?;
        cursor = at.move_next();
    }
    assert!(seen.iter().copied().eq(0..257));
    let mut cursor = tree.cursor_back();
    while let Some(at) = cursor {
        assert_eq!(seen.pop(), Some(*at.current().0));
        cursor = at.move_prev();
    }
    assert!(seen.is_empty());
    // Every other one goes.
    let mut cursor = tree.cursor_front();
    while let Some(at) = cursor {
        let (next, node) = at.remove_current();
        drop(node);
        // At the end the cursor would go back.
        cursor = next
            .filter(|next| next.peek_next().is_some())
            .and_then(Cursor::move_next);
    }
    assert!(black_height(tree.root.rb_node).is_some());
    assert!(tree.keys().copied().take(10).eq((1..21).step_by(2)));
    Ok(())
}

#[kernel_test]
fn a_lower_bound_is_the_next_key() -> Result {
    let mut tree = RBTree::new();
    for key in [10, 20, 30] {
        tree.try_create_and_insert(key, (), GFP_KERNEL)?;
    }
    let mut bound = |key| {
        tree.cursor_lower_bound(&key)
            .map(|cursor| *cursor.current().0)
    };
    assert_eq!(bound(0), Some(10));
    assert_eq!(bound(10), Some(10));
    assert_eq!(bound(11), Some(20));
    assert_eq!(bound(30), Some(30));
    assert_eq!(bound(31), None);
    assert!(RBTree::<u8, u8>::new().cursor_front().is_none());
    assert!(RBTree::<u8, u8>::new().cursor_back().is_none());
    Ok(())
}

#[kernel_test]
fn trees_survive_failures() -> Result {
    each_allocation_fails(|| tree(20))?;
    each_allocation_fails(|| RBTreeNodeReservation::<u32, u32>::new(GFP_KERNEL))?;
    let mut tree = tree(20)?;
    let Entry::Occupied(mut entry) = tree.entry(key(7)) else {
        return Err(EINVAL);
    };
    *entry.get_mut() = 70;
    assert_eq!(*entry.get(), 70);
    assert_eq!(entry.remove_node().into_parts(), (key(7), 70));
    assert!(matches!(tree.entry(key(7)), Entry::Vacant(_)));
    Ok(())
}
