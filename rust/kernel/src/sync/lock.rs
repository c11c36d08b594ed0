// SPDX-License-Identifier: GPL-2.0-only

//! Locks that hold what they protect.
//!
//! C headers: `include/linux/mutex.h`, `include/linux/spinlock.h`. Semantics:
//! `kernel/locking/mutex.c`, `kernel/locking/spinlock.c`.
//!
//! | | waits | its holder | for |
//! |---|---|---|---|
//! | [`Mutex`] | asleep | may sleep | process context |
//! | [`SpinLock`] | spinning | must not sleep | what interrupts do not touch |
//! | [`SpinLockIrq`] | spinning, interrupts off | must not sleep | what interrupts touch, too |
//!
//! Which of them the context allows is the driver's duty; a stock kernel does not check it. The
//! consumers are `rnull`, `samples/rcu-list` and `samples/locks`.

mod global;
mod mutex;
mod spinlock;

pub use global::GlobalLock;
pub use mutex::{Mutex, MutexBackend};
pub use spinlock::{SpinLock, SpinLockBackend, SpinLockIrq, SpinLockIrqBackend};

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::marker::PhantomPinned;
use core::ops::{Deref, DerefMut};

use pinned_init::{PinInit, pin_init_from_closure};

use super::LockClassKey;
use crate::types::{NotThreadSafe, Opaque};

/// A kind of lock.
///
/// # Safety
///
/// Between a `lock` (or a successful `try_lock`) and its `unlock`, no other `lock` of the same
/// state returns.
pub unsafe trait Backend {
    /// What C keeps for one lock.
    type State;

    /// What its holder has to keep to give it back.
    type GuardState;

    /// Makes a lock of uninitialised memory.
    ///
    /// # Safety
    ///
    /// `state` is valid for writes, and will not move while the lock is in use.
    unsafe fn init(state: *mut Self::State, name: &'static CStr, key: &'static LockClassKey);

    /// Waits until the lock is ours.
    ///
    /// # Safety
    ///
    /// `state` is initialised; the context is one in which this kind of lock may be taken.
    unsafe fn lock(state: *mut Self::State) -> Self::GuardState;

    /// Takes the lock if it is free.
    ///
    /// # Safety
    ///
    /// As [`Self::lock`].
    unsafe fn try_lock(state: *mut Self::State) -> Option<Self::GuardState>;

    /// Gives the lock back.
    ///
    /// # Safety
    ///
    /// The caller holds it, since the `lock` that has returned `guard`.
    unsafe fn unlock(state: *mut Self::State, guard: &Self::GuardState);
}

/// A lock with the data that it protects.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::{new_mutex, new_spinlock, new_spinlock_irq};
///
/// let slow = KBox::pin_init(new_mutex!(1), GFP_KERNEL)?;
/// *slow.lock() += 1;
/// assert_eq!(slow.try_lock().map(|guard| *guard), Some(2));
/// let quick = KBox::pin_init(new_spinlock!(1, "example: quick"), GFP_KERNEL)?;
/// let guard = quick.lock();
/// assert!(quick.try_lock().is_none());
/// drop(guard);
/// let everywhere = KBox::pin_init(new_spinlock_irq!([0; 4]), GFP_KERNEL)?;
/// everywhere.lock()[2] = 1;
/// # Ok::<(), Error>(())
/// ```
///
/// It is made in place by an initialiser ([`new_mutex!`](crate::new_mutex),
/// [`new_spinlock!`](crate::new_spinlock)), since C keeps pointers into it.
#[repr(C)]
pub struct Lock<T, B: Backend> {
    state: Opaque<B::State>,
    _pin: PhantomPinned,
    data: UnsafeCell<T>,
}

// SAFETY: moving a lock to another thread moves its data there.
unsafe impl<T: Send, B: Backend> Send for Lock<T, B> {}
// SAFETY: the lock lets one thread at a time at the data.
unsafe impl<T: Send, B: Backend> Sync for Lock<T, B> {}

impl<T, B: Backend> Lock<T, B> {
    /// An initialiser; the macros [`new_mutex!`](crate::new_mutex) and
    /// [`new_spinlock!`](crate::new_spinlock) supply name and class.
    pub fn new(value: T, name: &'static CStr, key: &'static LockClassKey) -> impl PinInit<Self> {
        // SAFETY: both fields are initialised when the closure returns, which it does with success.
        unsafe {
            pin_init_from_closure(move |slot: *mut Self| {
                (&raw mut (*slot).data).cast::<T>().write(value);
                B::init((&raw mut (*slot).state).cast(), name, key);
                Ok(())
            })
        }
    }

    /// A lock that is still to be initialised, where it will stay.
    const fn uninit(value: T) -> Self {
        Self {
            state: Opaque::uninit(),
            _pin: PhantomPinned,
            data: UnsafeCell::new(value),
        }
    }

    /// Where the data is.
    pub(super) const fn data_ptr(&self) -> *const T {
        self.data.get().cast_const()
    }

    /// C's lock.
    #[cfg(feature = "ktest")]
    pub(super) fn state(&self) -> *mut B::State {
        self.state.get()
    }

    /// Waits until the lock is ours, and gives access to the data.
    ///
    /// A [`Mutex`] may sleep here; a [`SpinLock`] does not, and nothing that holds it may.
    pub fn lock(&self) -> Guard<'_, T, B> {
        // SAFETY: a `Lock` exists only initialised. The context is the caller's duty, as in C.
        let state = unsafe { B::lock(self.state.get()) };
        Guard {
            lock: self,
            state,
            _not_send: NotThreadSafe::new(),
        }
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<Guard<'_, T, B>> {
        // SAFETY: as above.
        let state = unsafe { B::try_lock(self.state.get()) }?;
        Some(Guard {
            lock: self,
            state,
            _not_send: NotThreadSafe::new(),
        })
    }
}

/// Holding one proves that the lock is ours. Dropping it gives the lock back.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct Guard<'a, T, B: Backend> {
    lock: &'a Lock<T, B>,
    state: B::GuardState,
    _not_send: NotThreadSafe,
}

impl<'a, T, B: Backend> Guard<'a, T, B> {
    /// The lock that is held.
    ///
    /// ```
    /// use kernel::new_mutex;
    /// use kernel::prelude::*;
    ///
    /// let lock = KBox::pin_init(new_mutex!(1), GFP_KERNEL)?;
    /// let guard = lock.lock();
    /// assert!(guard.lock_ref().try_lock().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn lock_ref(&self) -> &'a Lock<T, B> {
        self.lock
    }

    /// Gives the lock back for as long as `f` takes.
    pub(super) fn do_unlocked<R>(&mut self, f: impl FnOnce() -> R) -> R {
        // SAFETY: the guard proves that the lock is ours. Until it is so again nobody uses the
        // guard: it is borrowed mutably, and `f` does not return into anything else.
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
        let result = f();
        // SAFETY: a `Lock` exists only initialised; the context is that of the lock before.
        self.state = unsafe { B::lock(self.lock.state.get()) };
        result
    }
}

// SAFETY: a shared guard gives shared access to the data only.
unsafe impl<T: Sync, B: Backend> Sync for Guard<'_, T, B> {}

impl<T, B: Backend> Deref for Guard<'_, T, B> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard proves that the lock is ours.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T, B: Backend> DerefMut for Guard<'_, T, B> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard proves that the lock is ours.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T, B: Backend> Drop for Guard<'_, T, B> {
    fn drop(&mut self) {
        // SAFETY: the guard proves that the lock is ours.
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
    }
}
