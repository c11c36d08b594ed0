// SPDX-License-Identifier: GPL-2.0-only

use core::sync::atomic::{AtomicU32, Ordering};

use super::Revocable;
use crate::prelude::*;
use crate::sync::test_thread::{on_threads, resched, spin_us, wait_until};
use crate::sync::{Arc, Completion};
use crate::time::Delta;
use crate::time::delay::fsleep;

/// Counts how often it is dropped.
struct Counts<'a>(&'a AtomicU32);

impl Drop for Counts<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[kernel_test]
fn the_value_is_dropped_once() -> Result {
    let drops = AtomicU32::new(0);
    let value = KBox::pin_init(Revocable::new(Counts(&drops)), GFP_KERNEL)?;
    drop(value);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    let value = KBox::pin_init(Revocable::new(Counts(&drops)), GFP_KERNEL)?;
    assert!(value.revoke());
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    assert!(!value.revoke());
    drop(value);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn it_may_be_accessed_anywhere() -> Result {
    let value = KBox::pin_init(Revocable::new(5), GFP_ATOMIC)?;
    assert_eq!(value.try_access_with(|value| *value), Some(5));
    let first = value.try_access();
    let second = value.try_access();
    assert_eq!(first.as_deref(), second.as_deref());
    Ok(())
}

#[kernel_test]
fn an_initialiser_that_fails_drops_nothing() {
    let failing: Result<u32> = Err(EBUSY);
    let made = KBox::pin_init(Revocable::<u32>::new(failing), GFP_KERNEL);
    assert_eq!(made.err(), Some(EBUSY));
}

#[kernel_test]
fn revoking_waits_for_the_guards() -> Result {
    let drops = AtomicU32::new(0);
    let value = KBox::pin_init(Revocable::new(Counts(&drops)), GFP_KERNEL)?;
    let held = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
    let ended = AtomicU32::new(0);
    on_threads::<2>(|thread| {
        if thread == 0 {
            if let Some(_value) = value.try_access() {
                held.complete();
                for _ in 0..20 {
                    spin_us(500);
                }
                // It is still there.
                ended.store(1 + drops.load(Ordering::SeqCst), Ordering::SeqCst);
            }
        } else {
            held.wait_for_completion();
            value.revoke();
        }
    })?;
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    Ok(())
}

#[kernel_test]
fn revoking_waits_for_who_holds_it_and_sleeps() -> Result {
    let drops = AtomicU32::new(0);
    let value = KBox::pin_init(Revocable::new(Counts(&drops)), GFP_KERNEL)?;
    let held = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
    let ended = AtomicU32::new(0);
    on_threads::<2>(|thread| {
        if thread == 0 {
            let first = value.try_hold();
            let second = value.try_hold();
            held.complete();
            if first.is_some() && second.is_some() {
                drop(first);
                fsleep(Delta::from_millis(20));
                // It is still there.
                ended.store(1 + drops.load(Ordering::SeqCst), Ordering::SeqCst);
            }
        } else {
            held.wait_for_completion();
            value.revoke();
        }
    })?;
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    assert!(value.try_hold().is_none());
    Ok(())
}

#[kernel_test]
fn holds_race_with_the_end() -> Result {
    for _ in 0..5 {
        let value = Arc::pin_init(Revocable::new(KBox::new(9, GFP_KERNEL)?), GFP_KERNEL)?;
        let wrong = AtomicU32::new(0);
        let reads = AtomicU32::new(0);
        on_threads::<3>(|thread| {
            if thread == 0 {
                wait_until(|| reads.load(Ordering::Relaxed) > 100);
                value.revoke();
                return;
            }
            while let Some(value) = value.try_hold() {
                reads.fetch_add(1, Ordering::Relaxed);
                resched();
                if **value != 9 {
                    wrong.fetch_add(1, Ordering::Relaxed);
                }
            }
        })?;
        assert_eq!(wrong.load(Ordering::Relaxed), 0);
    }
    Ok(())
}

#[kernel_test]
fn readers_race_with_the_end() -> Result {
    for _ in 0..5 {
        let value = Arc::pin_init(Revocable::new(KBox::new(9, GFP_KERNEL)?), GFP_KERNEL)?;
        let wrong = AtomicU32::new(0);
        let reads = AtomicU32::new(0);
        on_threads::<3>(|thread| {
            if thread == 0 {
                wait_until(|| reads.load(Ordering::Relaxed) > 100);
                value.revoke();
                return;
            }
            while let Some(value) = value.try_access() {
                reads.fetch_add(1, Ordering::Relaxed);
                if **value != 9 {
                    wrong.fetch_add(1, Ordering::Relaxed);
                }
                drop(value);
                // The third thread may be waiting for a CPU.
                resched();
            }
        })?;
        assert_eq!(wrong.load(Ordering::Relaxed), 0);
    }
    Ok(())
}
