// SPDX-License-Identifier: GPL-2.0-only

//! Atomic values, with the orderings of the kernel's memory model.
//!
//! C header: `include/linux/atomic.h`. Semantics: `Documentation/atomic_t.txt`,
//! `tools/memory-model`.
//!
//! An operation names its ordering by a type, so that one which makes no sense for it, as a load with
//! [`Release`], does not compile:
//!
//! | here | C's suffix | orders |
//! |---|---|---|
//! | [`Relaxed`] | `_relaxed` | nothing |
//! | [`Acquire`] | `_acquire` | what comes after it |
//! | [`Release`] | `_release` | what comes before it |
//! | [`Full`] | none | both, as with `smp_mb()` before and behind |
//!
//! A `cmpxchg` that fails orders nothing. What is 64 bits wide is atomic on 32-bit x86, too: its
//! kernels ask for a CPU with `cmpxchg8b`.
//!
//! The consumers are the other parts of this crate, and drivers with counters and states.
//!
//! ```
//! use kernel::sync::atomic::{Acquire, Atomic, Full, Relaxed, Release};
//!
//! static TOTAL: Atomic<u64> = Atomic::new(0);
//! TOTAL.store(5, Release);
//! TOTAL.add(1, Relaxed);
//! assert_eq!(TOTAL.fetch_add(2, Full), 6);
//! assert_eq!(TOTAL.fetch_sub(1, Full), 8);
//! assert_eq!(TOTAL.load(Acquire), 7);
//! assert_eq!(TOTAL.xchg(1, Acquire), 7);
//! assert_eq!(TOTAL.cmpxchg(1, 2, Full), Ok(1));
//! assert_eq!(TOTAL.cmpxchg(1, 3, Full), Err(2));
//! assert_eq!(TOTAL.fetch_or(4, Relaxed), 2);
//! assert_eq!(TOTAL.fetch_and(4, Relaxed), 6);
//! assert_eq!(TOTAL.fetch_xor(1, Relaxed), 4);
//! assert_eq!(TOTAL.load(Relaxed), 5);
//! # Ok::<(), kernel::error::Error>(())
//! ```

mod ordering;
mod types;

#[cfg(feature = "ktest")]
mod tests;

pub use ordering::{Acquire, AcquireOrRelaxed, Any, Full, Relaxed, Release, ReleaseOrRelaxed};
pub use types::{AtomicArithmetic, AtomicBits, AtomicType};

use core::cell::UnsafeCell;

use ordering::around;

/// A value that several threads read and change at once.
///
/// Of an integer, a `bool` or a pointer.
///
/// ```
/// use kernel::sync::atomic::{Atomic, Full, Relaxed};
///
/// let flag = Atomic::new(false);
/// assert!(!flag.xchg(true, Full));
/// assert!(flag.fetch_and(false, Relaxed));
/// let mut number = 5_u8;
/// let pointer = Atomic::new(core::ptr::null_mut());
/// pointer.store(&raw mut number, Relaxed);
/// assert!(!pointer.load(Relaxed).is_null());
/// let mut owned = Atomic::new(7_i8);
/// *owned.get_mut() -= 1;
/// assert_eq!(owned.into_inner(), 6);
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[repr(C)]
pub struct Atomic<T: AtomicType> {
    /// The alignment: on 32-bit x86 that of 64 bits is larger than the integer's own.
    align: [T::Cell; 0],
    value: UnsafeCell<T>,
}

// SAFETY: as for the core library's atomic.
unsafe impl<T: AtomicType> Send for Atomic<T> {}
// SAFETY: every access by a shared reference is atomic.
unsafe impl<T: AtomicType> Sync for Atomic<T> {}

impl<T: AtomicType> Atomic<T> {
    /// A value to be shared.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self {
            align: [],
            value: UnsafeCell::new(value),
        }
    }

    /// The core library's view of it.
    #[inline]
    fn cell(&self) -> &T::Cell {
        // SAFETY: the value is aligned for the cell, and `T` promises that it is one in memory.
        unsafe { &*self.value.get().cast::<T::Cell>() }
    }

    /// The value now.
    #[inline]
    pub fn load<O: AcquireOrRelaxed>(&self, _: O) -> T {
        T::load(self.cell(), O::LOAD)
    }

    /// Changes the value.
    #[inline]
    pub fn store<O: ReleaseOrRelaxed>(&self, value: T, _: O) {
        T::store(self.cell(), value, O::STORE);
    }

    /// Changes the value, and returns what it was.
    #[inline]
    pub fn xchg<O: Any>(&self, value: T, _: O) -> T {
        around::<O, _>(|order| T::swap(self.cell(), value, order))
    }

    /// Changes the value to `new` if it is `old`.
    ///
    /// # Errors
    ///
    /// What it is instead. Nothing is ordered then.
    #[inline]
    pub fn cmpxchg<O: Any>(&self, old: T, new: T, _: O) -> Result<T, T> {
        around::<O, _>(|order| T::compare_exchange(self.cell(), old, new, order))
    }

    /// The value, for who has it alone.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value itself.
    #[inline]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: AtomicArithmetic> Atomic<T> {
    /// Adds, and wraps around.
    #[inline]
    pub fn add(&self, value: T, _: Relaxed) {
        T::fetch_add(self.cell(), value, core::sync::atomic::Ordering::Relaxed);
    }

    /// Adds, and wraps around; returns what the value was.
    #[inline]
    pub fn fetch_add<O: Any>(&self, value: T, _: O) -> T {
        around::<O, _>(|order| T::fetch_add(self.cell(), value, order))
    }

    /// Subtracts, and wraps around; returns what the value was.
    #[inline]
    pub fn fetch_sub<O: Any>(&self, value: T, _: O) -> T {
        around::<O, _>(|order| T::fetch_sub(self.cell(), value, order))
    }
}

impl<T: AtomicBits> Atomic<T> {
    /// Keeps the bits that `value` has; returns what the value was.
    #[inline]
    pub fn fetch_and<O: Any>(&self, value: T, _: O) -> T {
        around::<O, _>(|order| T::fetch_and(self.cell(), value, order))
    }

    /// Sets the bits that `value` has; returns what the value was.
    #[inline]
    pub fn fetch_or<O: Any>(&self, value: T, _: O) -> T {
        around::<O, _>(|order| T::fetch_or(self.cell(), value, order))
    }

    /// Turns the bits that `value` has; returns what the value was.
    #[inline]
    pub fn fetch_xor<O: Any>(&self, value: T, _: O) -> T {
        around::<O, _>(|order| T::fetch_xor(self.cell(), value, order))
    }
}
