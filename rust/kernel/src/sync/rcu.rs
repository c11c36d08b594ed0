// SPDX-License-Identifier: GPL-2.0-only

//! Read-copy-update: readers that never wait, and memory that outlives them.
//!
//! C header: `include/linux/rcupdate.h`. Semantics: `kernel/rcu/tree.c`,
//! `kernel/rcu/tree_plugin.h`.
//!
//! A reader holds a [`Guard`]; it costs next to nothing, and nobody waits for it. A writer puts a
//! new value in the place of an old one ([`Rcu::replace`]), and the old one goes away after a
//! *grace period*: when every guard that was held at that time has been dropped.
//!
//! - [`Box`] is a pointer whose drop is such a wait by itself: it returns at once, and the value is
//!   dropped later.
//! - [`Rcu`] is a place that holds a pointer, read by many and replaced by some.
//! - [`RcuList`](crate::list::RcuList) is a list of such values.
//!
//! While a guard is held nothing may sleep. That is the driver's duty, as with a spinlock: the
//! types do not see it. Consumers: `samples/rcu-list`, `samples/locks`.
//!
//! # Examples
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::sync::rcu::{self, Rcu};
//!
//! let limit = Rcu::new(rcu::Box::new(10_u32, GFP_KERNEL)?);
//! let guard = rcu::read_lock();
//! let seen = limit.load(&guard);
//! drop(limit.replace(rcu::Box::new(20, GFP_KERNEL)?));
//! // The old value is there until the guard is dropped.
//! assert_eq!(seen, Some(&10));
//! assert_eq!(limit.load(&guard), Some(&20));
//! # Ok::<(), Error>(())
//! ```

mod boxed;
mod pointer;

#[cfg(feature = "ktest")]
mod tests;

pub use boxed::Box;
pub use pointer::{Old, Rcu, Retire};

use core::sync::atomic::{AtomicBool, Ordering};

use crate::types::NotThreadSafe;

/// Holding one proves that no grace period ends which began after it was made: what was read from
/// an [`Rcu`] stays valid.
///
/// Guards nest. May be taken in any context but a non-maskable interrupt; while one is held nothing
/// may sleep. A guard that is forgotten stalls every grace period.
///
/// ```
/// use kernel::sync::rcu;
///
/// let guard = rcu::Guard::new();
/// guard.unlock();
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[must_use = "the read side ends when the guard is dropped"]
pub struct Guard(NotThreadSafe);

impl Guard {
    /// Begins a read side, as `rcu_read_lock`.
    #[inline]
    pub fn new() -> Self {
        // SAFETY: it may be called in any context in which this code can be.
        unsafe { bindings::ferrite_rcu_read_lock() };
        Self(NotThreadSafe::new())
    }

    /// Ends the read side: the same as dropping the guard, but easier to see.
    pub fn unlock(self) {}
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard stands for one `rcu_read_lock` of this task, as it cannot change hands.
        unsafe { bindings::ferrite_rcu_read_unlock() };
    }
}

/// Begins a read side.
///
/// ```
/// use kernel::sync::rcu;
///
/// let outer = rcu::read_lock();
/// let inner = rcu::read_lock();
/// drop(outer);
/// drop(inner);
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[inline]
pub fn read_lock() -> Guard {
    Guard::new()
}

/// Waits for a grace period: until every [`Guard`] that is held now has been dropped.
///
/// Sleeps, for some milliseconds as a rule; process context only. Called while this task holds a
/// guard it waits for itself, for ever.
///
/// ```
/// kernel::sync::rcu::synchronize_rcu();
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub fn synchronize_rcu() {
    // SAFETY: the context is the caller's duty, as in C.
    unsafe { bindings::ferrite_rcu_synchronize() };
}

/// Waits for a grace period, and hurries: other CPUs are interrupted for it.
///
/// For what a user waits for. Context as [`synchronize_rcu`].
///
/// ```
/// kernel::sync::rcu::synchronize_rcu_expedited();
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub fn synchronize_rcu_expedited() {
    // SAFETY: the context is the caller's duty, as in C.
    unsafe { bindings::ferrite_rcu_synchronize_expedited() };
}

/// Waits until everything that has been deferred to the end of a grace period up to now has run.
///
/// Not needed before the module goes away: the module's exit does it. Sleeps; process context only.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::rcu;
///
/// drop(rcu::Box::new(1, GFP_KERNEL)?);
/// rcu::rcu_barrier();
/// # Ok::<(), Error>(())
/// ```
pub fn rcu_barrier() {
    // SAFETY: the context is the caller's duty, as in C.
    unsafe { bindings::ferrite_rcu_barrier() };
}

/// Whether something has been deferred that the module must not go away before.
static DEFERRED: AtomicBool = AtomicBool::new(false);

/// Calls a function after a grace period.
///
/// # Safety
///
/// - `head` is not in use for another call, and stays where it is until the call.
/// - `function` may be called in a soft interrupt, on any CPU.
unsafe fn call(
    head: *mut bindings::ferrite_rcu_head,
    function: unsafe extern "C" fn(*mut bindings::callback_head),
) {
    // SAFETY: the caller promises what C asks for. The code of `function` is there until the call
    // has returned, since the module's exit waits for it: see `drain` below.
    unsafe { bindings::ferrite_rcu_call(head, Some(function)) };
    crate::module::drain_with(drain);
    // After the call above: who reads this and then waits, waits for that call.
    DEFERRED.store(true, Ordering::Release);
}

/// The end of the module: waits until nothing is deferred any more.
///
/// A deferred function may defer further ones, which one barrier does not wait for. It has done so
/// when the barrier returns, and then the flag says so.
fn drain() {
    while DEFERRED.swap(false, Ordering::Acquire) {
        rcu_barrier();
    }
}
