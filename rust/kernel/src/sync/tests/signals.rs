// SPDX-License-Identifier: GPL-2.0-only

//! Waits that a signal ends: any, or only one that kills.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::kthread::Builder;
use crate::prelude::*;
use crate::sync::Completion;
use crate::sync::test_thread::{sleep_ms, wait_until, with_threads};
use crate::time::delay::msleep_interruptible;
use crate::time::jiffies::{jiffies_to_msecs, msecs_to_jiffies};
use crate::{new_mutex, new_poll_condvar, new_rwsem, new_wait_queue};

/// What a wait says on a thread that gets a signal which does not kill; `None` if it did not sleep. `release`
/// ends the wait in any case.
fn signalled<R: Copy + Send>(
    wait: impl Fn() -> R + Sync,
    release: impl FnOnce(),
) -> Result<Option<R>> {
    let ended = KBox::pin_init(new_mutex!(None), GFP_KERNEL)?;
    let slept = with_threads::<1, _, _>(
        |_| {
            let result = wait();
            *ended.lock() = Some(result);
        },
        |[thread]| {
            let slept = wait_until(|| thread.sleeps());
            thread.signal();
            let was_ended = wait_until(|| ended.lock().is_some());
            release();
            slept && was_ended
        },
    )?;
    let ended = *ended.lock();
    Ok(ended.filter(|_| slept))
}

/// What a wait says on a thread that first gets a signal which does not kill, and then one that
/// does. `None`: it did not sleep, or not on after the first. `release` ends the wait in any case.
fn killed(wait: impl Fn() -> Result + Sync, release: impl FnOnce()) -> Result<Option<Result>> {
    let ended = KBox::pin_init(new_mutex!(None), GFP_KERNEL)?;
    let slept_on = with_threads::<1, _, _>(
        |_| *ended.lock() = Some(wait()),
        |[thread]| {
            let slept = wait_until(|| thread.sleeps());
            thread.signal();
            sleep_ms(20);
            let slept_on = slept && ended.lock().is_none();
            thread.kill();
            let was_ended = wait_until(|| ended.lock().is_some());
            release();
            slept_on && was_ended
        },
    )?;
    let ended = *ended.lock();
    Ok(ended.filter(|_| slept_on))
}

#[kernel_test]
fn a_signal_ends_a_wait_for_a_completion_that_has_a_time_out() -> Result {
    let done = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
    let long = msecs_to_jiffies(60_000);
    let wait = || {
        done.wait_for_completion_interruptible_timeout(long)
            .map(drop)
    };
    assert_eq!(signalled(wait, || done.complete())?, Some(Err(ERESTARTSYS)));
    Ok(())
}

#[kernel_test]
fn a_signal_ends_a_wait_for_an_event_of_each_kind() -> Result {
    let queue = KBox::pin_init(new_wait_queue!(), GFP_KERNEL)?;
    let come = AtomicBool::new(false);
    let has_come = || come.load(Ordering::Acquire);
    let release = || {
        come.store(true, Ordering::Release);
        queue.wake_up_all();
    };
    let wait = || queue.wait_event_interruptible_exclusive(has_come);
    assert_eq!(signalled(wait, release)?, Some(Err(ERESTARTSYS)));
    come.store(false, Ordering::Release);
    let long = msecs_to_jiffies(60_000);
    let wait = || {
        queue
            .wait_event_interruptible_timeout(has_come, long)
            .map(drop)
    };
    assert_eq!(signalled(wait, release)?, Some(Err(ERESTARTSYS)));
    Ok(())
}

#[kernel_test]
fn a_signal_ends_a_wait_of_who_may_poll_instead() -> Result {
    let queue = KBox::pin_init(new_poll_condvar!(), GFP_KERNEL)?;
    let come = AtomicBool::new(false);
    let ended = signalled(
        || queue.wait_event_interruptible(|| come.load(Ordering::Acquire)),
        || {
            come.store(true, Ordering::Release);
            queue.notify_all();
        },
    )?;
    assert_eq!(ended, Some(Err(ERESTARTSYS)));
    Ok(())
}

#[kernel_test]
fn a_signal_ends_a_sleep() -> Result {
    let left = signalled(|| msleep_interruptible(60_000), || ())?;
    // C sleeps a tick more than it is asked to, all of which may be left.
    let most = 60_000 + jiffies_to_msecs(1);
    assert!(left.is_some_and(|left| left > 0 && left <= most));
    Ok(())
}

#[kernel_test]
fn who_is_being_killed_starts_no_thread() -> Result {
    let done = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
    // The signal is still there when the wait has ended.
    let wait = || {
        let _ = done.wait_for_completion_killable();
        // A thread that is there before anybody looks at the signal is a thread all the same.
        for _ in 0..10 {
            Builder::new(c"ferrite/killed").spawn(|_| ())?;
        }
        Ok(())
    };
    let killed = killed(wait, || done.complete())?;
    assert_eq!(killed, Some(Err(EINTR)));
    Ok(())
}

#[kernel_test]
fn only_a_kill_ends_a_killable_wait_for_a_completion() -> Result {
    let done = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
    let ended = killed(|| done.wait_for_completion_killable(), || done.complete())?;
    assert_eq!(ended, Some(Err(ERESTARTSYS)));
    done.reinit();
    let long = msecs_to_jiffies(60_000);
    let wait = || done.wait_for_completion_killable_timeout(long).map(drop);
    assert_eq!(killed(wait, || done.complete())?, Some(Err(ERESTARTSYS)));
    Ok(())
}

#[kernel_test]
fn only_a_kill_ends_a_killable_wait_for_an_event() -> Result {
    let queue = KBox::pin_init(new_wait_queue!(), GFP_KERNEL)?;
    let come = AtomicBool::new(false);
    let ended = killed(
        || queue.wait_event_killable(|| come.load(Ordering::Acquire)),
        || {
            come.store(true, Ordering::Release);
            queue.wake_up_all();
        },
    )?;
    assert_eq!(ended, Some(Err(ERESTARTSYS)));
    Ok(())
}

#[kernel_test]
fn only_a_kill_ends_a_killable_wait_for_a_semaphore() -> Result {
    let lock = KBox::pin_init(new_rwsem!(0), GFP_KERNEL)?;
    let reader = lock.read();
    let ended = killed(|| lock.write_killable().map(drop), || drop(reader))?;
    assert_eq!(ended, Some(Err(EINTR)));
    assert!(lock.try_write().is_some());
    Ok(())
}
