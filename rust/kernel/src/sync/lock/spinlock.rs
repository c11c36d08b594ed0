// SPDX-License-Identifier: GPL-2.0-only

//! `spinlock_t`, with interrupts as they are, or off.

use core::ffi::{CStr, c_ulong};

use super::{Backend, Guard, Lock};
use crate::sync::LockClassKey;

/// A [`Lock`] whose holder must not sleep. Not for data that an interrupt handler takes the same
/// lock for: that is [`SpinLockIrq`].
pub type SpinLock<T> = Lock<T, SpinLockBackend>;

/// A [`Lock`] whose holder has interrupts off on its CPU, and must not sleep: for data that interrupt
/// handlers touch, too. May be taken in any context but a non-maskable interrupt.
///
/// Each guard puts interrupts back to what they were when it was made. Guards of several such locks
/// must therefore be dropped in the reverse order, as they are by themselves.
pub type SpinLockIrq<T> = Lock<T, SpinLockIrqBackend>;

/// `spinlock_t`: spins while it waits.
#[derive(Debug)]
pub struct SpinLockBackend;

/// `spinlock_t`, taken with `spin_lock_irqsave`.
#[derive(Debug)]
pub struct SpinLockIrqBackend;

// SAFETY: C's lock excludes.
unsafe impl Backend for SpinLockBackend {
    type State = bindings::spinlock_t;
    type GuardState = ();

    unsafe fn init(state: *mut Self::State, name: &'static CStr, key: &'static LockClassKey) {
        // SAFETY: the caller promises that the memory is valid and stays where it is.
        unsafe { bindings::ferrite_spinlock_init(state, name.as_ptr(), key.as_ptr()) };
    }

    unsafe fn lock(state: *mut Self::State) {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_spinlock_lock(state) };
    }

    unsafe fn try_lock(state: *mut Self::State) -> Option<()> {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_spinlock_trylock(state) }.then_some(())
    }

    unsafe fn unlock(state: *mut Self::State, _guard: &()) {
        // SAFETY: the caller promises to hold the lock.
        unsafe { bindings::ferrite_spinlock_unlock(state) };
    }
}

// SAFETY: C's lock excludes.
unsafe impl Backend for SpinLockIrqBackend {
    type State = bindings::spinlock_t;
    /// The flags of the CPU before.
    type GuardState = c_ulong;

    unsafe fn init(state: *mut Self::State, name: &'static CStr, key: &'static LockClassKey) {
        // SAFETY: the caller promises that the memory is valid and stays where it is.
        unsafe { bindings::ferrite_spinlock_init(state, name.as_ptr(), key.as_ptr()) };
    }

    unsafe fn lock(state: *mut Self::State) -> c_ulong {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_spinlock_lock_irqsave(state) }
    }

    unsafe fn try_lock(state: *mut Self::State) -> Option<c_ulong> {
        let mut flags = 0;
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_spinlock_trylock_irqsave(state, &mut flags) }.then_some(flags)
    }

    unsafe fn unlock(state: *mut Self::State, flags: &c_ulong) {
        // SAFETY: the caller promises to hold the lock, with these flags.
        unsafe { bindings::ferrite_spinlock_unlock_irqrestore(state, *flags) };
    }
}

impl<T> SpinLock<T> {
    /// Waits until the lock is ours, with interrupts off on this CPU until the guard is dropped: where
    /// a lock is mostly taken by interrupts themselves, and rarely here.
    ///
    /// ```
    /// use kernel::new_spinlock;
    /// use kernel::prelude::*;
    ///
    /// let lock = KBox::pin_init(new_spinlock!(1), GFP_KERNEL)?;
    /// let mut guard = lock.lock_irqsave();
    /// *guard += 1;
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// assert_eq!(*lock.lock(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn lock_irqsave(&self) -> Guard<'_, T, SpinLockIrqBackend> {
        let this: *const Self = self;
        // SAFETY: both kinds of lock are the same to C, and laid out alike: `Lock` is `repr(C)`, and
        // they have one type of state.
        unsafe { &*this.cast::<SpinLockIrq<T>>() }.lock()
    }
}
