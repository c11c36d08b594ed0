// SPDX-License-Identifier: GPL-2.0-only

//! Waits that only a signal which kills ends.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::prelude::*;
use crate::sync::Completion;
use crate::sync::test_thread::{sleep_ms, wait_until, with_threads};
use crate::time::jiffies::msecs_to_jiffies;
use crate::{new_mutex, new_rwsem, new_wait_queue};

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
