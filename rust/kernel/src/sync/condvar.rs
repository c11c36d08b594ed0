// SPDX-License-Identifier: GPL-2.0-only

//! Waiting for a change of what a lock protects.
//!
//! C header: `include/linux/wait.h`. Semantics: `kernel/sched/wait.c`.
//!
//! Waiting sleeps, and needs process context; notifying is for any context but NMI.
//!
//! Consumer: `samples/mailbox`, whose readers wait for a message.

use core::ffi::CStr;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure};

use super::LockClassKey;
use super::lock::{Backend, Guard};
use crate::time::Jiffies;
use crate::types::Opaque;

/// What threads wait at, with a lock, for the data to change.
///
/// A wait may end without a reason; the caller looks at the data again. Waiting sleeps, so it works
/// with a guard of any lock that the caller may give back and then sleep: no other lock is held, and
/// interrupts were on before it was taken.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::{CondVar, Mutex};
/// use kernel::{new_condvar, new_mutex};
///
/// #[pin_data]
/// struct Flag {
///     #[pin]
///     up: Mutex<bool>,
///     #[pin]
///     changed: CondVar,
/// }
///
/// let flag = KBox::pin_init(
///     pin_init!(Flag { up <- new_mutex!(false), changed <- new_condvar!("flag") }),
///     GFP_KERNEL,
/// )?;
/// *flag.up.lock() = true;
/// flag.changed.notify_all();
/// let mut guard = flag.up.lock();
/// while !*guard {
///     flag.changed.wait(&mut guard);
/// }
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct CondVar {
    #[pin]
    queue: Opaque<bindings::ferrite_condvar>,
}

// SAFETY: C's queue has its own lock.
unsafe impl Send for CondVar {}
// SAFETY: as above.
unsafe impl Sync for CondVar {}

/// How a wait with a time-out has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CondVarTimeoutResult {
    /// By a notification, or for no reason.
    Woken {
        /// What is left of the time.
        jiffies: Jiffies,
    },
    /// The time is over.
    Timeout,
    /// By a signal.
    Signal {
        /// What is left of the time.
        jiffies: Jiffies,
    },
}

impl CondVar {
    /// An initialiser; [`new_condvar!`](crate::new_condvar) supplies name and class.
    pub fn new(name: &'static CStr, key: &'static LockClassKey) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            queue <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::ferrite_condvar>| {
                    bindings::ferrite_condvar_init(slot.cast(), name.as_ptr(), key.as_ptr());
                    Ok::<(), core::convert::Infallible>(())
                })
            },
        })
    }

    /// Gives the lock back, sleeps, and takes it again. Says whether there was a notification, and
    /// what is left of the time.
    fn sleep<T, B: Backend>(
        &self,
        guard: &mut Guard<'_, T, B>,
        interruptible: bool,
        jiffies: Jiffies,
    ) -> (bool, Jiffies) {
        let wait = Opaque::<bindings::ferrite_condvar_wait>::uninit();
        let queue = self.queue.get();
        // SAFETY:
        // - the queue is initialised;
        // - the entry stays on the stack, where it is, until we leave the queue.
        unsafe { bindings::ferrite_condvar_enter(queue, wait.get(), interruptible) };
        guard.do_unlocked(|| {
            // SAFETY: that it may sleep is the caller's duty; as for the queue and entry, see above.
            unsafe {
                let left = bindings::ferrite_condvar_sleep(jiffies);
                (bindings::ferrite_condvar_leave(queue, wait.get()), left)
            }
        })
    }

    /// Gives the lock back and sleeps until a notification; then takes the lock again.
    pub fn wait<T, B: Backend>(&self, guard: &mut Guard<'_, T, B>) {
        self.sleep(guard, false, for_ever());
    }

    /// As [`Self::wait`], but a signal ends it, too. Says whether one is pending, and there was no
    /// notification.
    #[must_use = "it says whether a signal is pending"]
    pub fn wait_interruptible<T, B: Backend>(&self, guard: &mut Guard<'_, T, B>) -> bool {
        let (notified, _) = self.sleep(guard, true, for_ever());
        !notified && signalled()
    }

    /// As [`Self::wait`], for a time at the most.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::CondVarTimeoutResult;
    /// use kernel::time::msecs_to_jiffies;
    /// use kernel::{new_condvar, new_mutex};
    ///
    /// let lock = KBox::pin_init(new_mutex!(()), GFP_KERNEL)?;
    /// let never = KBox::pin_init(new_condvar!(), GFP_KERNEL)?;
    /// let mut guard = lock.lock();
    /// let result = never.wait_timeout(&mut guard, msecs_to_jiffies(10));
    /// assert_eq!(result, CondVarTimeoutResult::Timeout);
    /// let result = never.wait_interruptible_timeout(&mut guard, msecs_to_jiffies(10));
    /// assert_eq!(result, CondVarTimeoutResult::Timeout);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn wait_timeout<T, B: Backend>(
        &self,
        guard: &mut Guard<'_, T, B>,
        jiffies: Jiffies,
    ) -> CondVarTimeoutResult {
        match self.sleep(guard, false, jiffies) {
            (false, 0) => CondVarTimeoutResult::Timeout,
            (_, jiffies) => CondVarTimeoutResult::Woken { jiffies },
        }
    }

    /// As [`Self::wait_interruptible`], for a time at the most.
    pub fn wait_interruptible_timeout<T, B: Backend>(
        &self,
        guard: &mut Guard<'_, T, B>,
        jiffies: Jiffies,
    ) -> CondVarTimeoutResult {
        match self.sleep(guard, true, jiffies) {
            (true, jiffies) => CondVarTimeoutResult::Woken { jiffies },
            (false, jiffies) if signalled() => CondVarTimeoutResult::Signal { jiffies },
            (false, 0) => CondVarTimeoutResult::Timeout,
            (false, jiffies) => CondVarTimeoutResult::Woken { jiffies },
        }
    }

    /// Wakes one of those who wait. In any context.
    pub fn notify_one(&self) {
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_condvar_notify_one(self.queue.get()) };
    }

    /// Wakes all who wait. In any context.
    pub fn notify_all(&self) {
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_condvar_notify_all(self.queue.get()) };
    }
}

fn for_ever() -> Jiffies {
    // SAFETY: it returns a constant.
    unsafe { bindings::ferrite_condvar_for_ever() }
}

fn signalled() -> bool {
    // SAFETY: it only looks at the current task.
    unsafe { bindings::ferrite_condvar_signalled() }
}

/// An initialiser for a [`CondVar`](crate::sync::CondVar): `new_condvar!()` or
/// `new_condvar!("name")`.
#[macro_export]
macro_rules! new_condvar {
    () => {
        $crate::new_condvar!(::core::concat!(::core::file!(), ":", ::core::line!()))
    };
    ($name:expr $(,)?) => {
        $crate::sync::CondVar::new($crate::c_str!($name), $crate::static_lock_class!())
    };
}
