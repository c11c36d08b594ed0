// SPDX-License-Identifier: GPL-2.0-only

use static_assertions::assert_impl_all;

use super::super::{Pool, PoolBox, PoolObject};
use super::{device, device_reads, device_writes};
use crate::ktest::each_allocation_fails;
use crate::prelude::*;

#[kernel_test]
fn pieces_are_apart_and_seen_by_both_sides() -> Result {
    let registration = device()?;
    let device = registration.device();
    let pool = Pool::<[u8; 24]>::new(device, c"ferrite", Some(64))?;
    let mut pieces = KVec::new();
    // More than a page holds.
    for number in 0..200 {
        let mut piece = pool.alloc(GFP_KERNEL)?;
        assert_eq!(*piece, [0; 24]);
        piece[23] = number;
        pieces.push(PoolObject::from(piece), GFP_KERNEL)?;
    }
    for (number, piece) in (0_u8..).zip(pieces.iter()) {
        let first = piece.dma_address();
        assert_eq!(first / 64, (first + 23) / 64);
        let [seen] = device_reads(device, first + 23);
        assert_eq!(seen, number);
        device_writes(device, first, &[number, number]);
    }
    for (number, piece) in (0_u8..).zip(pieces.iter()) {
        assert_eq!(piece.view().at::<1>().read(), number);
    }
    Ok(())
}

#[kernel_test]
fn what_no_pool_can_be() -> Result {
    let registration = device()?;
    let device = registration.device();
    let pool = |boundary| Pool::<[u32; 4]>::new(device, c"ferrite", boundary);
    assert_eq!(pool(Some(8)).err(), Some(EINVAL));
    assert_eq!(pool(Some(48)).err(), Some(EINVAL));
    assert_eq!(
        Pool::<()>::new(device, c"ferrite", None).err(),
        Some(EINVAL)
    );
    let pool = pool(Some(16))?;
    each_allocation_fails(|| pool.alloc(GFP_KERNEL))?;
    each_allocation_fails(|| Pool::<u8>::new(device, c"ferrite", None).map(|_| ()))
}

#[kernel_test]
fn a_pool_stays_as_long_as_its_device_is_bound() -> Result {
    let registration = device()?;
    let piece = {
        let pool = Pool::<u64>::new(registration.device(), c"ferrite", None)?;
        pool.alloc(GFP_KERNEL)?
    };
    assert_eq!(*piece, 0);
    Ok(())
}

assert_impl_all!(Pool<'static, u8>: Send, Sync);
assert_impl_all!(PoolBox<'static, u8>: Send, Sync);
assert_impl_all!(PoolObject<'static, u8>: Send, Sync);
