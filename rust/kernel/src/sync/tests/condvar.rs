// SPDX-License-Identifier: GPL-2.0-only

//! Tests of waiting for a change.

use core::sync::atomic::{AtomicU32, Ordering};

use pinned_init::{pin_data, pin_init};

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::Result;
use crate::ktest::kernel_test;
use crate::sync::test_thread::{Thread, on_threads, sleep_ms, wait_until, with_threads};
use crate::sync::*;
use crate::time::{Jiffies, msecs_to_jiffies};
use crate::{new_condvar, new_mutex, new_spinlock};

/// A number, and who waits for it to change.
#[pin_data]
struct Turn {
    #[pin]
    number: Mutex<u32>,
    #[pin]
    changed: CondVar,
}

fn turn() -> Result<core::pin::Pin<KBox<Turn>>> {
    KBox::pin_init(
        pin_init!(Turn { number <- new_mutex!(0), changed <- new_condvar!("turn") }),
        GFP_KERNEL,
    )
}

#[kernel_test]
fn threads_take_turns() -> Result {
    let turn = turn()?;
    on_threads::<3>(|index| {
        for _ in 0..200 {
            let mut number = turn.number.lock();
            while *number % 3 != index as u32 {
                turn.changed.wait(&mut number);
            }
            *number += 1;
            drop(number);
            turn.changed.notify_all();
        }
    })?;
    assert_eq!(*turn.number.lock(), 600);
    Ok(())
}

#[kernel_test]
fn threads_take_turns_below_a_spinlock() -> Result {
    let number = KBox::pin_init(new_spinlock!(0), GFP_KERNEL)?;
    let changed = KBox::pin_init(new_condvar!(), GFP_KERNEL)?;
    on_threads::<2>(|index| {
        for _ in 0..200 {
            let mut guard = number.lock();
            while *guard % 2 != index {
                changed.wait(&mut guard);
            }
            *guard += 1;
            drop(guard);
            changed.notify_one();
        }
    })?;
    assert_eq!(*number.lock(), 400);
    Ok(())
}

fn all_sleep<const N: usize>(threads: &[&Thread; N]) -> bool {
    wait_until(|| threads.iter().all(|thread| thread.sleeps()))
}

#[kernel_test]
fn one_notification_wakes_one() -> Result {
    let turn = turn()?;
    let woken = AtomicU32::new(0);
    let (slept, after_one, after_all) = with_threads::<3, _, _>(
        |_| {
            let mut number = turn.number.lock();
            turn.changed.wait(&mut number);
            *number += 1;
            woken.fetch_add(1, Ordering::Relaxed);
        },
        |threads| {
            let slept = all_sleep(&threads);
            turn.changed.notify_one();
            wait_until(|| woken.load(Ordering::Relaxed) > 0);
            sleep_ms(20);
            let after_one = woken.load(Ordering::Relaxed);
            turn.changed.notify_all();
            (
                slept,
                after_one,
                wait_until(|| woken.load(Ordering::Relaxed) == 3),
            )
        },
    )?;
    assert!(slept && after_all);
    assert_eq!(after_one, 1);
    assert_eq!(*turn.number.lock(), 3);
    Ok(())
}

/// Waits with a time-out of a minute; says in the end what came of it.
fn long_wait(
    turn: &Turn,
    wait: impl Fn(&CondVar, &mut Guard<'_, u32, lock::MutexBackend>, Jiffies) -> CondVarTimeoutResult
    + Sync,
    end: impl FnOnce(&Thread),
) -> Result<(bool, Option<CondVarTimeoutResult>)> {
    let result = SetOnce::new();
    let slept = with_threads::<1, _, _>(
        |_| {
            let mut number = turn.number.lock();
            result.populate(wait(&turn.changed, &mut number, msecs_to_jiffies(60_000)));
        },
        |[thread]| {
            let slept = wait_until(|| thread.sleeps());
            end(thread);
            slept
        },
    )?;
    Ok((slept, result.copy()))
}

#[kernel_test]
fn a_notification_ends_a_wait_with_a_time_out() -> Result {
    let turn = turn()?;
    let (slept, result) = long_wait(&turn, CondVar::wait_timeout, |_| turn.changed.notify_one())?;
    assert!(slept);
    let left = match result {
        Some(CondVarTimeoutResult::Woken { jiffies }) => jiffies,
        _ => 0,
    };
    assert!(left > 0 && left <= msecs_to_jiffies(60_000));
    let (_, result) = long_wait(&turn, CondVar::wait_interruptible_timeout, |_| {
        turn.changed.notify_all();
    })?;
    assert!(matches!(result, Some(CondVarTimeoutResult::Woken { .. })));
    Ok(())
}

#[kernel_test]
fn a_signal_ends_an_interruptible_wait() -> Result {
    let turn = turn()?;
    let (slept, result) = long_wait(&turn, CondVar::wait_interruptible_timeout, |thread| {
        thread.signal()
    })?;
    assert!(slept);
    assert!(matches!(result, Some(CondVarTimeoutResult::Signal { .. })));
    let interrupted = AtomicU32::new(0);
    let waited = with_threads::<1, _, _>(
        |_| {
            let mut number = turn.number.lock();
            if turn.changed.wait_interruptible(&mut number) {
                interrupted.fetch_add(1, Ordering::Relaxed);
            }
        },
        |[thread]| {
            let slept = wait_until(|| thread.sleeps());
            thread.signal();
            slept
        },
    )?;
    assert!(waited);
    assert_eq!(interrupted.load(Ordering::Relaxed), 1);
    Ok(())
}

#[kernel_test]
fn time_runs_out() -> Result {
    let turn = turn()?;
    let mut number = turn.number.lock();
    let before = crate::time::jiffies::now();
    let result = turn.changed.wait_timeout(&mut number, 5);
    let passed = crate::time::jiffies::now().wrapping_sub(before);
    assert_eq!(result, CondVarTimeoutResult::Timeout);
    assert!(passed >= 5);
    *number += 1;
    Ok(())
}

#[kernel_test(context = [softirq, hardirq])]
fn notifications_come_from_anywhere() {
    // Nobody waits; it must work all the same.
    static KEY: LockClassKey = LockClassKey::new();
    let Ok(changed) = KBox::pin_init(
        CondVar::new(c"anywhere", &KEY),
        crate::alloc::flags::GFP_ATOMIC,
    ) else {
        return;
    };
    changed.notify_one();
    changed.notify_all();
}
