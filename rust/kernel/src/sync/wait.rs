// SPDX-License-Identifier: GPL-2.0-only

//! Wait queues: tasks that sleep until a condition holds.
//!
//! C header: `include/linux/wait.h`. What the functions do: `kernel/sched/wait.c`.
//!
//! Waking up never sleeps, and may be done in any context but NMI. Waiting sleeps, and needs process
//! context. The condition is looked at before a task sleeps and after each wakeup; it may be called
//! many times, must not sleep, and the change that makes it true comes before the wakeup.
//!
//! Consumers: `samples/workqueue`, whose thread waits for jobs, and `samples/lease`.

use core::ffi::{CStr, c_int, c_long, c_void};

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure};

use super::LockClassKey;
use crate::error::code::ETIMEDOUT;
use crate::error::{Error, Result, to_result};
use crate::time::Jiffies;
use crate::types::Opaque;

/// Tasks that wait for conditions.
///
/// # Examples
///
/// ```
/// use core::sync::atomic::{AtomicBool, Ordering};
/// use kernel::new_wait_queue;
/// use kernel::prelude::*;
/// use kernel::time::msecs_to_jiffies;
///
/// let queue = KBox::pin_init(new_wait_queue!(), GFP_KERNEL)?;
/// let ready = AtomicBool::new(false);
/// let condition = || ready.load(Ordering::Acquire);
/// assert_eq!(queue.wait_event_timeout(condition, msecs_to_jiffies(1)), Err(ETIMEDOUT));
/// ready.store(true, Ordering::Release);
/// queue.wake_up();
/// queue.wait_event(condition);
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct WaitQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
}

// SAFETY: C's functions may be called on any CPU.
unsafe impl Send for WaitQueue {}
// SAFETY: C has its own locking.
unsafe impl Sync for WaitQueue {}

/// An initialiser for a [`WaitQueue`](crate::sync::WaitQueue): `new_wait_queue!()` or
/// `new_wait_queue!("name")`.
#[macro_export]
macro_rules! new_wait_queue {
    () => {
        $crate::new_wait_queue!(::core::concat!(::core::file!(), ":", ::core::line!()))
    };
    ($name:expr $(,)?) => {
        $crate::sync::WaitQueue::new($crate::c_str!($name), $crate::static_lock_class!())
    };
}

/// Asks a condition for C.
///
/// # Safety
///
/// `data` is an `F` that nobody else uses now.
unsafe extern "C" fn ask<F: FnMut() -> bool>(data: *mut c_void) -> bool {
    // SAFETY: the caller promises it.
    let condition = unsafe { &mut *data.cast::<F>() };
    condition()
}

/// A condition as C takes it.
fn for_c<F: FnMut() -> bool>(condition: &mut F) -> (bindings::ferrite_wait_fn, *mut c_void) {
    let data: *mut F = condition;
    (Some(ask::<F>), data.cast())
}

/// A time-out as C takes it: longer ones are for ever.
fn signed(timeout: Jiffies) -> c_long {
    c_long::try_from(timeout).unwrap_or(c_long::MAX)
}

/// What is left of a wait that C has ended: nothing is a time-out.
fn left(jiffies: c_long) -> Result<Jiffies> {
    match Jiffies::try_from(jiffies) {
        Ok(0) => Err(ETIMEDOUT),
        Ok(left) => Ok(left),
        Err(_) => Err(Error::from_errno(c_int::try_from(jiffies).unwrap_or(0))),
    }
}

impl WaitQueue {
    /// An initialiser; [`new_wait_queue!`](crate::new_wait_queue) supplies name and class.
    pub fn new(name: &'static CStr, key: &'static LockClassKey) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            head <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::wait_queue_head>| {
                    bindings::ferrite_wait_init(slot.cast(), name.as_ptr(), key.as_ptr());
                    Ok::<(), core::convert::Infallible>(())
                })
            },
        })
    }

    /// C's queue, for `poll_wait`.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::wait_queue_head {
        self.head.get()
    }

    /// Wakes every task that waits, but of those that wait exclusively only one.
    pub fn wake_up(&self) {
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_wait_wake(self.head.get(), 1) };
    }

    /// Wakes every task that waits, but of those that wait exclusively only `count`; 0 wakes all.
    pub fn wake_up_nr(&self, count: u32) {
        let count = c_int::try_from(count).unwrap_or(c_int::MAX);
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_wait_wake(self.head.get(), count) };
    }

    /// Wakes every task that waits.
    pub fn wake_up_all(&self) {
        self.wake_up_nr(0);
    }

    /// As [`Self::wake_up`], for tasks that signals wake too: `wake_up_interruptible`.
    pub fn wake_up_interruptible(&self) {
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_wait_wake_interruptible(self.head.get(), 1) };
    }

    /// Whether anybody waits. What has been written before is seen by who begins to wait after it:
    /// C's `wq_has_sleeper`.
    #[must_use]
    pub fn has_sleeper(&self) -> bool {
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_wait_active(self.head.get()) }
    }

    /// Sleeps until the condition holds. No signal ends the wait.
    pub fn wait_event(&self, mut condition: impl FnMut() -> bool) {
        let (ask, data) = for_c(&mut condition);
        // SAFETY: the queue is initialised, and the condition is there until this returns. The
        // context is the caller's duty, as in C; so it is below.
        unsafe { bindings::ferrite_wait_event(self.head.get(), ask, data) };
    }

    /// Sleeps until the condition holds, or a signal comes.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: a signal came first.
    pub fn wait_event_interruptible(&self, mut condition: impl FnMut() -> bool) -> Result {
        let (ask, data) = for_c(&mut condition);
        // SAFETY: as in `wait_event`.
        to_result(unsafe { bindings::ferrite_wait_event_interruptible(self.head.get(), ask, data) })
    }

    /// As [`Self::wait_event_interruptible`], but of the tasks that wait like this a wakeup takes
    /// only one.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: a signal came first.
    pub fn wait_event_interruptible_exclusive(
        &self,
        mut condition: impl FnMut() -> bool,
    ) -> Result {
        let (ask, data) = for_c(&mut condition);
        // SAFETY: as in `wait_event`.
        to_result(unsafe { bindings::ferrite_wait_event_exclusive(self.head.get(), ask, data) })
    }

    /// Sleeps until the condition holds, or a signal comes that kills the task.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: the task is being killed.
    pub fn wait_event_killable(&self, mut condition: impl FnMut() -> bool) -> Result {
        let (ask, data) = for_c(&mut condition);
        // SAFETY: as in `wait_event`.
        to_result(unsafe { bindings::ferrite_wait_event_killable(self.head.get(), ask, data) })
    }

    /// Sleeps until the condition holds, or the time is over. Returns the jiffies that were left, at
    /// least one.
    ///
    /// # Errors
    ///
    /// `ETIMEDOUT`: it did not hold in time.
    pub fn wait_event_timeout(
        &self,
        mut condition: impl FnMut() -> bool,
        timeout: Jiffies,
    ) -> Result<Jiffies> {
        let (ask, data) = for_c(&mut condition);
        // SAFETY: as in `wait_event`.
        left(unsafe {
            bindings::ferrite_wait_event_timeout(self.head.get(), ask, data, signed(timeout))
        })
    }

    /// Sleeps until the condition holds, a signal comes, or the time is over. Returns the jiffies
    /// that were left, at least one.
    ///
    /// # Errors
    ///
    /// - `ETIMEDOUT`: it did not hold in time.
    /// - `ERESTARTSYS`: a signal came first.
    pub fn wait_event_interruptible_timeout(
        &self,
        mut condition: impl FnMut() -> bool,
        timeout: Jiffies,
    ) -> Result<Jiffies> {
        let (ask, data) = for_c(&mut condition);
        // SAFETY: as in `wait_event`.
        left(unsafe {
            bindings::ferrite_wait_event_interruptible_timeout(
                self.head.get(),
                ask,
                data,
                signed(timeout),
            )
        })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use core::sync::atomic::{AtomicU32, Ordering};

    use super::WaitQueue;
    use crate::alloc::KBox;
    use crate::alloc::flags::{GFP_ATOMIC, GFP_KERNEL};
    use crate::error::Result;
    use crate::error::code::{ERESTARTSYS, ETIMEDOUT};
    use crate::ktest::kernel_test;
    use crate::new_mutex;
    use crate::sync::test_thread::{wait_until, with_threads};
    use crate::time::jiffies::msecs_to_jiffies;

    #[kernel_test]
    fn a_condition_that_holds_does_not_wait() -> Result {
        let queue = KBox::pin_init(new_wait_queue!("here"), GFP_KERNEL)?;
        let long = msecs_to_jiffies(60_000);
        queue.wait_event(|| true);
        assert_eq!(queue.wait_event_interruptible(|| true), Ok(()));
        assert_eq!(queue.wait_event_interruptible_exclusive(|| true), Ok(()));
        assert_eq!(queue.wait_event_killable(|| true), Ok(()));
        assert!(queue.wait_event_timeout(|| true, long)? > 0);
        assert!(queue.wait_event_interruptible_timeout(|| true, long)? > 0);
        // At the very end is in time too.
        assert_eq!(queue.wait_event_timeout(|| true, 0), Ok(1));
        Ok(())
    }

    #[kernel_test]
    fn a_condition_that_never_holds_times_out() -> Result {
        let queue = KBox::pin_init(new_wait_queue!(), GFP_KERNEL)?;
        let soon = msecs_to_jiffies(2);
        let mut asked = 0_u32;
        let never = || {
            asked = asked.saturating_add(1);
            false
        };
        assert_eq!(queue.wait_event_timeout(never, soon), Err(ETIMEDOUT));
        assert!(asked >= 2);
        assert_eq!(
            queue.wait_event_interruptible_timeout(|| false, soon),
            Err(ETIMEDOUT)
        );
        Ok(())
    }

    #[kernel_test(context = [process, softirq, hardirq])]
    fn waking_nobody_is_fine() -> Result {
        let queue = KBox::pin_init(new_wait_queue!(), GFP_ATOMIC)?;
        assert!(!queue.has_sleeper());
        queue.wake_up();
        queue.wake_up_nr(3);
        queue.wake_up_all();
        queue.wake_up_interruptible();
        assert!(!queue.as_ptr().is_null());
        Ok(())
    }

    /// Two threads wait; says how many are left after a wakeup, and wakes them too.
    fn left_after(
        wait: impl Fn(&WaitQueue, &AtomicU32) + Sync,
        wake: fn(&WaitQueue),
    ) -> Result<u32> {
        let queue = KBox::pin_init(new_wait_queue!(), GFP_KERNEL)?;
        let (open, through) = (AtomicU32::new(0), AtomicU32::new(0));
        with_threads::<2, _, _>(
            |_| {
                wait(&queue, &open);
                through.fetch_add(1, Ordering::Relaxed);
            },
            |[one, two]| {
                let asleep = wait_until(|| one.sleeps() && two.sleeps() && queue.has_sleeper());
                open.store(1, Ordering::Release);
                wake(&queue);
                // Whoever was woken gets through; the others sleep on.
                let woken = wait_until(|| through.load(Ordering::Relaxed) > 0);
                crate::sync::test_thread::sleep_ms(20);
                let left = 2_u32.saturating_sub(through.load(Ordering::Relaxed));
                queue.wake_up_all();
                if asleep && woken { left } else { u32::MAX }
            },
        )
    }

    #[kernel_test]
    fn a_wakeup_takes_one_exclusive_waiter() -> Result {
        let exclusive = |queue: &WaitQueue, open: &AtomicU32| {
            let open = || open.load(Ordering::Acquire) == 1;
            let _ = queue.wait_event_interruptible_exclusive(open);
        };
        assert_eq!(left_after(exclusive, WaitQueue::wake_up), Ok(1));
        assert_eq!(
            left_after(exclusive, WaitQueue::wake_up_interruptible),
            Ok(1)
        );
        assert_eq!(left_after(exclusive, WaitQueue::wake_up_all), Ok(0));
        Ok(())
    }

    #[kernel_test]
    fn a_wakeup_takes_all_shared_waiters() -> Result {
        let shared = |queue: &WaitQueue, open: &AtomicU32| {
            queue.wait_event(|| open.load(Ordering::Acquire) == 1);
        };
        assert_eq!(left_after(shared, WaitQueue::wake_up), Ok(0));
        Ok(())
    }

    #[kernel_test]
    fn a_signal_ends_an_interruptible_wait() -> Result {
        let queue = KBox::pin_init(new_wait_queue!(), GFP_KERNEL)?;
        let ended = KBox::pin_init(new_mutex!(None), GFP_KERNEL)?;
        let slept = with_threads::<1, _, _>(
            |_| *ended.lock() = Some(queue.wait_event_interruptible(|| false)),
            |[thread]| {
                let slept = wait_until(|| queue.has_sleeper() && thread.sleeps());
                thread.signal();
                slept
            },
        )?;
        assert!(slept);
        assert_eq!(*ended.lock(), Some(Err(ERESTARTSYS)));
        Ok(())
    }
}
