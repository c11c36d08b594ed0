// SPDX-License-Identifier: GPL-2.0-only

use super::{MapleTree, MapleTreeAlloc};
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::sync::Arc;
use core::pin::Pin;

fn tree() -> Result<Pin<KBox<MapleTree<KBox<usize>>>>> {
    KBox::pin_init(MapleTree::new(), GFP_KERNEL)
}

fn number(value: usize) -> Result<KBox<usize>> {
    KBox::new(value, GFP_KERNEL)
}

#[kernel_test]
fn ranges_at_both_ends() -> Result {
    let tree = tree()?;
    tree.insert(0, number(1)?, GFP_KERNEL)?;
    tree.insert_range(usize::MAX - 9.., number(2)?, GFP_KERNEL)?;
    tree.insert_range(1..=1000, number(3)?, GFP_KERNEL)?;
    let guard = tree.lock();
    for (index, value) in [
        (0, Some(1)),
        (1, Some(3)),
        (1000, Some(3)),
        (1001, None),
        (usize::MAX - 10, None),
        (usize::MAX - 9, Some(2)),
        (usize::MAX, Some(2)),
    ] {
        assert_eq!(guard.load(index).copied(), value);
    }
    assert!(
        guard
            .iter()
            .map(|(range, _)| *range.end())
            .eq([0, 1000, usize::MAX])
    );
    Ok(())
}

#[kernel_test]
fn what_is_taken_is_refused() -> Result {
    let tree = tree()?;
    tree.insert_range(10..20, number(1)?, GFP_KERNEL)?;
    for range in [0..11, 19..30, 12..13, 0..100] {
        let refused = tree.insert_range(range, number(2)?, GFP_KERNEL);
        assert!(refused.is_err_and(|refused| refused.error == EEXIST && *refused.value == 2));
    }
    let empty = tree.insert_range(30..30, number(3)?, GFP_KERNEL);
    assert!(empty.is_err_and(|refused| refused.error == EINVAL && *refused.value == 3));
    tree.insert_range(0..10, number(4)?, GFP_KERNEL)?;
    tree.insert_range(20..21, number(5)?, GFP_KERNEL)?;
    Ok(())
}

#[kernel_test]
fn many_ranges_come_and_go() -> Result {
    let tree = tree()?;
    for index in 0..300 {
        tree.insert_range(index * 10..index * 10 + 5, number(index)?, GFP_KERNEL)?;
    }
    assert_eq!(tree.lock().iter().count(), 300);
    for index in (0..300).step_by(2) {
        assert_eq!(tree.erase(index * 10 + 4).as_deref(), Some(&index));
        assert!(tree.erase(index * 10).is_none());
    }
    let guard = tree.lock();
    for (turn, (range, value)) in guard.iter().enumerate() {
        let index = turn * 2 + 1;
        assert_eq!((range, *value), (index * 10..=index * 10 + 4, index));
    }
    assert_eq!(guard.find(25..30), None);
    assert_eq!(guard.find(25..31).map(|(range, _)| range), Some(30..=34));
    Ok(())
}

#[kernel_test]
fn gaps_are_found_within_limits() -> Result {
    let tree = KBox::pin_init(MapleTreeAlloc::<KBox<usize>>::new(), GFP_KERNEL)?;
    let place = |size, from: usize, to: usize| -> Result<usize> {
        Ok(tree.alloc_range(size, number(size)?, from..=to, GFP_KERNEL)?)
    };
    assert_eq!(place(10, 100, 149), Ok(100));
    assert_eq!(place(30, 100, 149), Ok(110));
    assert_eq!(place(11, 100, 149), Err(EBUSY));
    assert_eq!(place(10, 100, 149), Ok(140));
    assert_eq!(place(1, 100, 149), Err(EBUSY));
    assert_eq!(place(1, 150, 150), Ok(150));
    assert_eq!(place(1, 150, 150), Err(EBUSY));
    assert_eq!(place(0, 0, 9), Err(EINVAL));
    assert_eq!(place(11, 0, 9), Err(EINVAL));
    assert_eq!(place(10, 0, 9), Ok(0));
    assert_eq!(tree.erase(115).as_deref(), Some(&30));
    assert_eq!(place(29, 100, 149), Ok(110));
    assert_eq!(place(1, 100, 149), Ok(139));
    assert_eq!(place(16, usize::MAX - 15, usize::MAX), Ok(usize::MAX - 15));
    Ok(())
}

#[kernel_test]
fn a_tree_drops_its_values() -> Result {
    let value = Arc::new(7, GFP_KERNEL)?;
    let tree = KBox::pin_init(MapleTree::<Arc<u32>>::new(), GFP_KERNEL)?;
    for index in 0..100 {
        tree.insert_range(index * 2..index * 2 + 2, value.clone(), GFP_KERNEL)?;
    }
    assert!(tree.erase(0).is_some_and(|erased| erased.ptr_eq(&value)));
    // That nothing is left of the others the runner sees.
    Ok(())
}

#[kernel_test]
fn each_failure_gives_the_value_back() -> Result {
    each_allocation_fails(|| {
        let tree = KBox::pin_init(MapleTreeAlloc::<KBox<usize>>::new(), GFP_KERNEL)?;
        tree.insert(1, number(1)?, GFP_KERNEL)?;
        tree.insert_range(5..10, number(2)?, GFP_KERNEL)?;
        tree.alloc_range(3, number(3)?, .., GFP_KERNEL)?;
        Ok(tree)
    })
}
