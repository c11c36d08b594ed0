// SPDX-License-Identifier: GPL-2.0-only

//! A place that is filled at most once.
//!
//! There is no such thing in C, but `cmpxchg` on a pointer. Any context; nothing waits.
//!
//! Consumer: `samples/lease`, where who waits is given what it gets.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, Ordering};

const EMPTY: u8 = 0;
const FILLING: u8 = 1;
const FULL: u8 = 2;

/// A place that is filled at most once, and read by anybody from then on, without a lock.
///
/// ```
/// use kernel::sync::SetOnce;
///
/// let place = SetOnce::new();
/// assert!(place.as_ref().is_none() && place.copy().is_none());
/// assert!(place.populate(7));
/// assert!(!place.populate(8));
/// assert_eq!(place.as_ref(), Some(&7));
/// assert_eq!(place.copy(), Some(7));
/// # Ok::<(), kernel::error::Error>(())
/// ```
///
/// # Invariants
///
/// The value is there once the state is `FULL`, and never changes from then on.
pub struct SetOnce<T> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the place owns the value.
unsafe impl<T: Send> Send for SetOnce<T> {}
// SAFETY: any thread may put the value in (`Send`), and then all of them see it (`Sync`).
unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}

impl<T> SetOnce<T> {
    /// An empty place.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// The value, if it is there.
    pub fn as_ref(&self) -> Option<&T> {
        if self.state.load(Ordering::Acquire) != FULL {
            return None;
        }
        // SAFETY: by the invariant the value is there, and never changes.
        Some(unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// Puts a value in. `false`, and the value is dropped, if somebody else has or is about to.
    pub fn populate(&self, value: T) -> bool {
        let (taken, failed) = (Ordering::Relaxed, Ordering::Relaxed);
        if self
            .state
            .compare_exchange(EMPTY, FILLING, taken, failed)
            .is_err()
        {
            return false;
        }
        // SAFETY: who has changed the state to `FILLING` is the only one who touches the place.
        unsafe { (*self.value.get()).write(value) };
        // INVARIANT: the value is there.
        self.state.store(FULL, Ordering::Release);
        true
    }

    /// A copy of the value, if it is there.
    pub fn copy(&self) -> Option<T>
    where
        T: Copy,
    {
        self.as_ref().copied()
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        if *self.state.get_mut() == FULL {
            // SAFETY: by the invariant the value is there, and it is dropped once.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}
