// SPDX-License-Identifier: GPL-2.0-only

//! The tests of the tests.

use super::{Context, Stop, each_allocation_fails, kernel_test};
use crate::prelude::*;

#[kernel_test(context = [process, softirq, hardirq])]
fn a_test_knows_where_it_runs() {
    static SEEN: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);
    let now = Context::current();
    let turn = SEEN.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    let wanted = [Context::Process, Context::Softirq, Context::Hardirq];
    assert_eq!(wanted.get(turn as usize % 3).copied(), Some(now));
}

#[kernel_test]
fn every_allocation_gets_its_turn_to_fail() -> Result {
    let mut calls = 0;
    each_allocation_fails(|| {
        calls += 1;
        let first = KBox::new(1, GFP_KERNEL)?;
        let second = KBox::new(2, GFP_KERNEL)?;
        Ok((first, second))
    })?;
    // Once for each of the two allocations, and once when all went well.
    assert_eq!(calls, 3);
    Ok(())
}

#[kernel_test]
fn an_assertion_leaves_by_the_functions_own_type() {
    assert_eq!(<Option<u8>>::stop(), None);
    assert!(!bool::stop());
    assert_ne!(Context::current(), Context::Hardirq);
    assert!(<Result<u8>>::stop().is_err());
}

/// In a driver they come by these names, and with those of `core` beside them.
#[kernel_test]
fn assertions_by_their_own_names() -> Result {
    crate::ktest_assert!(Context::current() == Context::Process);
    crate::ktest_assert_eq!(1 + 1, 2);
    crate::ktest_assert_ne!(Context::current(), Context::Softirq);
    Ok(())
}
