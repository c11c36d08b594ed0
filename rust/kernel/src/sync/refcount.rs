// SPDX-License-Identifier: GPL-2.0-only

//! A reference count that saturates instead of wrapping.
//!
//! C header: `include/linux/refcount.h`. The count here is Rust's own; it warns where C's does. Any context.
//!
//! Consumers: [`Arc`](super::Arc), and `samples/lease`, which counts who has joined a lease.

use core::sync::atomic::{AtomicI32, Ordering, fence};

/// A reference count with the behaviour of C's `refcount_t`: one that overflows, or is taken from
/// zero, warns once for each time and stays at a value from which it is never freed.
#[derive(Debug)]
#[repr(transparent)]
pub struct Refcount(AtomicI32);

/// Far from zero in both directions: a count that got here leaks instead of being freed too early.
const SATURATED: i32 = i32::MIN / 2;

impl Refcount {
    /// A count that starts at `count`.
    #[must_use]
    pub const fn new(count: i32) -> Self {
        Self(AtomicI32::new(count))
    }

    /// How many there are now. Others may change it at any time.
    ///
    /// ```
    /// use kernel::sync::Refcount;
    ///
    /// let count = Refcount::new(2);
    /// count.dec();
    /// assert_eq!(count.get(), 1);
    /// count.set(3);
    /// assert_eq!(count.get(), 3);
    /// # Ok::<(), kernel::error::Error>(())
    /// ```
    #[must_use]
    pub fn get(&self) -> i32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Starts anew at `count`: for a value that nobody else can see yet.
    pub fn set(&self, count: i32) {
        self.0.store(count, Ordering::Relaxed);
    }

    /// One more. The caller holds one already.
    pub fn inc(&self) {
        // Whoever passes a reference on orders what it points to.
        let old = self.0.fetch_add(1, Ordering::Relaxed);
        if old <= 0 || old == i32::MAX {
            self.saturate();
        }
    }

    /// One more, unless there is none left. Returns whether there is one more.
    #[must_use]
    pub fn inc_not_zero(&self) -> bool {
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            if old == 0 {
                return false;
            }
            match self.0.compare_exchange_weak(
                old,
                old.wrapping_add(1),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => old = now,
            }
        }
        if old < 0 || old == i32::MAX {
            self.saturate();
        }
        true
    }

    /// One less, which is known not to be the last. If it is, that warns, and the count stays at a
    /// value from which it is never freed.
    pub fn dec(&self) {
        if self.0.fetch_sub(1, Ordering::Release) <= 1 {
            self.saturate();
        }
    }

    /// One less. Returns whether it was the last: then everything done with the other references
    /// has happened before.
    #[must_use]
    pub fn dec_and_test(&self) -> bool {
        let old = self.0.fetch_sub(1, Ordering::Release);
        if old == 1 {
            fence(Ordering::Acquire);
            return true;
        }
        if old <= 0 {
            self.saturate();
        }
        false
    }

    #[cold]
    fn saturate(&self) {
        self.0.store(SATURATED, Ordering::Relaxed);
        crate::warn_on!(true);
    }
}
