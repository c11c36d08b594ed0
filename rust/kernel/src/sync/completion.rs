// SPDX-License-Identifier: GPL-2.0-only

//! Waiting for something to be done.
//!
//! C header: `include/linux/completion.h`. What the functions do: `kernel/sched/completion.c`.
//!
//! Completing never sleeps, and may be done in any context but NMI. Waiting sleeps, and needs
//! process context.
//!
//! Consumers: `samples/hrtimer`, `samples/edu` and others; `samples/lease` has a wait that only a kill ends.

use core::ffi::{c_int, c_long};

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure};

use crate::error::code::ETIMEDOUT;
use crate::error::{Error, Result, to_result};
use crate::time::Jiffies;
use crate::types::Opaque;

/// Something that will be done, once or several times.
///
/// It counts: each [`complete`](Self::complete) lets one wait return, also one that begins later.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::{Arc, Completion};
///
/// let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
/// assert!(!done.is_done());
/// done.complete();
/// done.wait_for_completion();
/// assert!(!done.try_wait_for_completion());
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: C's functions may be called on any CPU.
unsafe impl Send for Completion {}
// SAFETY: C has its own locking.
unsafe impl Sync for Completion {}

/// What is left of a wait that C has ended: nothing is a time-out.
fn left(jiffies: c_long) -> Result<Jiffies> {
    match Jiffies::try_from(jiffies) {
        Ok(0) => Err(ETIMEDOUT),
        Ok(left) => Ok(left),
        Err(_) => Err(Error::from_errno(c_int::try_from(jiffies).unwrap_or(0))),
    }
}

impl Completion {
    /// An initialiser for something that is not done yet.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            inner <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::completion>| {
                    bindings::ferrite_completion_init(slot.cast());
                    Ok::<(), core::convert::Infallible>(())
                })
            },
        })
    }

    /// It was done once: one wait returns.
    #[inline]
    pub fn complete(&self) {
        // SAFETY: the completion is initialised.
        unsafe { bindings::complete(self.inner.get()) };
    }

    /// It is done for good: every wait returns, now and later, until [`Self::reinit`].
    pub fn complete_all(&self) {
        // SAFETY: the completion is initialised.
        unsafe { bindings::complete_all(self.inner.get()) };
    }

    /// It is not done any more, however often it was. To be called when nobody completes it or waits
    /// for it; a wait that has begun might be forgotten otherwise.
    pub fn reinit(&self) {
        // SAFETY: the completion is initialised.
        unsafe { bindings::ferrite_completion_reinit(self.inner.get()) };
    }

    /// Whether a wait would return at once. Any context.
    #[must_use]
    pub fn is_done(&self) -> bool {
        // SAFETY: the completion is initialised.
        unsafe { bindings::completion_done(self.inner.get()) }
    }

    /// Takes one completion, if there is one. Never sleeps; any context.
    pub fn try_wait_for_completion(&self) -> bool {
        // SAFETY: the completion is initialised.
        unsafe { bindings::try_wait_for_completion(self.inner.get()) }
    }

    /// Sleeps until it is done. No signal ends the wait.
    #[inline]
    pub fn wait_for_completion(&self) {
        // SAFETY: the completion is initialised; the context is the caller's duty, as in C.
        unsafe { bindings::wait_for_completion(self.inner.get()) };
    }

    /// Sleeps until it is done, or the time is over. Returns the jiffies that were left, at least one.
    ///
    /// # Errors
    ///
    /// `ETIMEDOUT`: it was not done in time.
    pub fn wait_for_completion_timeout(&self, timeout: Jiffies) -> Result<Jiffies> {
        // SAFETY: the completion is initialised; the context is the caller's duty, as in C.
        match unsafe { bindings::wait_for_completion_timeout(self.inner.get(), timeout) } {
            0 => Err(ETIMEDOUT),
            left => Ok(left),
        }
    }

    /// Sleeps until it is done, or a signal comes.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: a signal came first.
    pub fn wait_for_completion_interruptible(&self) -> Result {
        // SAFETY: the completion is initialised; the context is the caller's duty, as in C.
        to_result(unsafe { bindings::wait_for_completion_interruptible(self.inner.get()) })
    }

    /// Sleeps until it is done, a signal comes, or the time is over. Returns the jiffies that were
    /// left, at least one.
    ///
    /// # Errors
    ///
    /// - `ETIMEDOUT`: it was not done in time.
    /// - `ERESTARTSYS`: a signal came first.
    pub fn wait_for_completion_interruptible_timeout(&self, timeout: Jiffies) -> Result<Jiffies> {
        // SAFETY: the completion is initialised; the context is the caller's duty, as in C.
        left(unsafe {
            bindings::wait_for_completion_interruptible_timeout(self.inner.get(), timeout)
        })
    }

    /// Sleeps until it is done, or a signal comes that kills the task.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: the task is being killed.
    pub fn wait_for_completion_killable(&self) -> Result {
        // SAFETY: the completion is initialised; the context is the caller's duty, as in C.
        to_result(unsafe { bindings::wait_for_completion_killable(self.inner.get()) })
    }

    /// Sleeps until it is done, the task is killed, or the time is over. Returns the jiffies that
    /// were left, at least one.
    ///
    /// # Errors
    ///
    /// - `ETIMEDOUT`: it was not done in time.
    /// - `ERESTARTSYS`: the task is being killed.
    pub fn wait_for_completion_killable_timeout(&self, timeout: Jiffies) -> Result<Jiffies> {
        // SAFETY: the completion is initialised; the context is the caller's duty, as in C.
        left(unsafe { bindings::wait_for_completion_killable_timeout(self.inner.get(), timeout) })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::Completion;
    use crate::alloc::KBox;
    use crate::alloc::flags::{GFP_ATOMIC, GFP_KERNEL};
    use crate::error::Result;
    use crate::error::code::{ERESTARTSYS, ETIMEDOUT};
    use crate::ktest::kernel_test;
    use crate::sync::test_thread::{on_threads, wait_until, with_threads};
    use crate::time::jiffies::msecs_to_jiffies;

    #[kernel_test(context = [process, softirq, hardirq])]
    fn completions_are_counted() -> Result {
        let done = KBox::pin_init(Completion::new(), GFP_ATOMIC)?;
        assert!(!done.is_done() && !done.try_wait_for_completion());
        done.complete();
        done.complete();
        assert!(done.is_done());
        assert!(done.try_wait_for_completion() && done.try_wait_for_completion());
        assert!(!done.try_wait_for_completion());
        done.complete_all();
        assert!(done.try_wait_for_completion() && done.try_wait_for_completion());
        done.reinit();
        assert!(!done.is_done());
        Ok(())
    }

    #[kernel_test]
    fn what_is_not_done_times_out() -> Result {
        let done = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
        let soon = msecs_to_jiffies(2);
        assert_eq!(done.wait_for_completion_timeout(soon), Err(ETIMEDOUT));
        assert_eq!(
            done.wait_for_completion_interruptible_timeout(soon),
            Err(ETIMEDOUT)
        );
        assert_eq!(
            done.wait_for_completion_killable_timeout(soon),
            Err(ETIMEDOUT)
        );
        assert_eq!(done.wait_for_completion_timeout(0), Err(ETIMEDOUT));
        Ok(())
    }

    #[kernel_test]
    fn what_is_done_does_not_wait() -> Result {
        let done = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
        done.complete_all();
        let long = msecs_to_jiffies(60_000);
        done.wait_for_completion();
        assert_eq!(done.wait_for_completion_interruptible(), Ok(()));
        assert_eq!(done.wait_for_completion_killable(), Ok(()));
        assert!(done.wait_for_completion_timeout(long)? > 0);
        assert!(done.wait_for_completion_interruptible_timeout(long)? > 0);
        assert!(done.wait_for_completion_killable_timeout(long)? > 0);
        Ok(())
    }

    #[kernel_test]
    fn one_thread_completes_what_another_waits_for() -> Result {
        let there = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
        let back = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
        on_threads::<2>(|thread| {
            for _ in 0..50 {
                if thread == 0 {
                    there.complete();
                    back.wait_for_completion();
                } else {
                    there.wait_for_completion();
                    back.complete();
                }
            }
        })?;
        assert!(!there.is_done() && !back.is_done());
        Ok(())
    }

    #[kernel_test]
    fn a_signal_ends_an_interruptible_wait() -> Result {
        let done = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
        let ended = KBox::pin_init(crate::new_mutex!(None), GFP_KERNEL)?;
        let slept = with_threads::<1, _, _>(
            |_| *ended.lock() = Some(done.wait_for_completion_interruptible()),
            |[thread]| {
                let slept = wait_until(|| thread.sleeps());
                thread.signal();
                slept
            },
        )?;
        assert!(slept);
        assert_eq!(*ended.lock(), Some(Err(ERESTARTSYS)));
        Ok(())
    }
}
