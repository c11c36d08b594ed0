// SPDX-License-Identifier: GPL-2.0-only

use super::{IdPool, PoolResizer};
use crate::bitmap::BitmapVec;
use crate::ktest::each_allocation_fails;
use crate::prelude::*;

const SMALL: usize = BitmapVec::MAX_INLINE_LEN;

fn acquire(pool: &mut IdPool) -> Option<usize> {
    pool.find_unused_id(0).map(|unused| unused.acquire())
}

#[kernel_test]
fn the_lowest_comes_first() -> Result {
    let mut pool = IdPool::new();
    for id in 0..pool.capacity() {
        assert_eq!(acquire(&mut pool), Some(id));
    }
    assert_eq!(acquire(&mut pool), None);
    pool.release_id(7)?;
    pool.release_id(3)?;
    assert_eq!(
        pool.find_unused_id(4).map(|unused| unused.as_usize()),
        Some(7)
    );
    assert_eq!(acquire(&mut pool), Some(3));
    assert_eq!(acquire(&mut pool), Some(7));
    Ok(())
}

#[kernel_test]
fn what_was_not_given_out_is_not_taken_back() {
    let mut pool = IdPool::default();
    for id in [0, SMALL - 1, SMALL, usize::MAX] {
        assert_eq!(pool.release_id(id), Err(EINVAL));
    }
    assert!(pool.is_empty());
}

#[kernel_test]
fn a_pool_grows_and_shrinks_with_its_numbers() -> Result {
    let mut pool = IdPool::new();
    for id in 0..4 * SMALL {
        if pool.find_unused_id(0).is_none() {
            let resizer = pool.grow_request().ok_or(ENOSPC)?.realloc(GFP_KERNEL)?;
            pool.grow(resizer);
        }
        assert_eq!(acquire(&mut pool), Some(id));
    }
    assert_eq!((pool.len(), pool.capacity()), (4 * SMALL, 4 * SMALL));
    assert!(pool.shrink_request().is_none());
    for id in SMALL / 2..4 * SMALL {
        pool.release_id(id)?;
    }
    while let Some(request) = pool.shrink_request() {
        pool.shrink(request.realloc(GFP_KERNEL)?);
    }
    // The upper three quarters of twice as many are free.
    assert_eq!((pool.len(), pool.capacity()), (SMALL / 2, SMALL));
    Ok(())
}

#[kernel_test]
fn a_late_resizer_changes_nothing() -> Result {
    let mut pool = IdPool::with_capacity(4 * SMALL, GFP_KERNEL)?;
    let smaller = pool.shrink_request().ok_or(EIO)?.realloc(GFP_KERNEL)?;
    // Meanwhile somebody takes a number that has no place in it.
    let id = pool.find_unused_id(3 * SMALL).ok_or(EIO)?.acquire();
    pool.shrink(smaller);
    assert_eq!(pool.capacity(), 4 * SMALL);
    pool.release_id(id)?;
    let larger = pool.grow_request().ok_or(EIO)?;
    let (first, second) = (larger.realloc(GFP_KERNEL)?, larger.realloc(GFP_KERNEL)?);
    pool.grow(first);
    let id = acquire(&mut pool).ok_or(EIO)?;
    pool.grow(second);
    assert_eq!((pool.capacity(), pool.len()), (8 * SMALL, 1));
    pool.release_id(id)?;
    Ok(())
}

#[kernel_test]
fn each_failure_is_enomem() -> Result {
    each_allocation_fails(|| {
        let mut pool = IdPool::with_capacity(1000, GFP_KERNEL)?;
        let resizer = pool.grow_request().ok_or(EIO)?.realloc(GFP_KERNEL)?;
        pool.grow(resizer);
        Ok(pool)
    })
}

#[kernel_test]
fn a_resizer_that_nobody_uses_gives_its_memory_back() -> Result {
    let mut pool = IdPool::new();
    while acquire(&mut pool).is_some() {}
    let request = pool.grow_request().ok_or(ENOSPC)?;
    let resizer: PoolResizer = request.realloc(GFP_KERNEL)?;
    drop(resizer);
    assert_eq!(acquire(&mut pool), None);
    assert_eq!(pool.capacity(), SMALL);
    Ok(())
}
