// SPDX-License-Identifier: GPL-2.0-only

//! Locks that hold what they protect.

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
    unsafe fn lock(state: *mut Self::State);

    /// Takes the lock if it is free.
    ///
    /// # Safety
    ///
    /// As [`Self::lock`].
    unsafe fn try_lock(state: *mut Self::State) -> bool;

    /// Gives the lock back.
    ///
    /// # Safety
    ///
    /// The caller holds it.
    unsafe fn unlock(state: *mut Self::State);
}

/// A lock with the data that it protects.
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

    /// Waits until the lock is ours, and gives access to the data.
    ///
    /// A [`Mutex`] may sleep here; a [`SpinLock`] does not, and nothing that holds it may.
    pub fn lock(&self) -> Guard<'_, T, B> {
        // SAFETY: a `Lock` exists only initialised. The context is the caller's duty, as in C.
        unsafe { B::lock(self.state.get()) };
        Guard {
            lock: self,
            _not_send: NotThreadSafe::new(),
        }
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<Guard<'_, T, B>> {
        // SAFETY: as above.
        let ours = unsafe { B::try_lock(self.state.get()) };
        ours.then(|| Guard {
            lock: self,
            _not_send: NotThreadSafe::new(),
        })
    }
}

/// Holding one proves that the lock is ours. Dropping it gives the lock back.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct Guard<'a, T, B: Backend> {
    lock: &'a Lock<T, B>,
    _not_send: NotThreadSafe,
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
        unsafe { B::unlock(self.lock.state.get()) };
    }
}

/// `struct mutex`: sleeps while it waits, and its holder may sleep. Process context only.
#[derive(Debug)]
pub struct MutexBackend;

/// `spinlock_t`: spins while it waits; its holder must not sleep. Not for data that an interrupt
/// handler takes the same lock for.
#[derive(Debug)]
pub struct SpinLockBackend;

/// A [`Lock`] whose holder may sleep.
pub type Mutex<T> = Lock<T, MutexBackend>;

/// A [`Lock`] whose holder must not sleep.
pub type SpinLock<T> = Lock<T, SpinLockBackend>;

macro_rules! backend {
    ($backend:ident, $state:ty, $init:ident, $lock:ident, $trylock:ident, $unlock:ident) => {
        // SAFETY: C's lock excludes.
        unsafe impl Backend for $backend {
            type State = $state;

            unsafe fn init(state: *mut $state, name: &'static CStr, key: &'static LockClassKey) {
                // SAFETY: the caller promises that the memory is valid and stays where it is.
                unsafe { bindings::$init(state, name.as_ptr(), key.as_ptr()) };
            }

            unsafe fn lock(state: *mut $state) {
                // SAFETY: the caller promises that the lock is initialised.
                unsafe { bindings::$lock(state) };
            }

            unsafe fn try_lock(state: *mut $state) -> bool {
                // SAFETY: the caller promises that the lock is initialised.
                unsafe { bindings::$trylock(state) }
            }

            unsafe fn unlock(state: *mut $state) {
                // SAFETY: the caller promises to hold the lock.
                unsafe { bindings::$unlock(state) };
            }
        }
    };
}

backend!(
    MutexBackend,
    bindings::mutex,
    ferrite_mutex_init,
    ferrite_mutex_lock,
    ferrite_mutex_trylock,
    ferrite_mutex_unlock
);
backend!(
    SpinLockBackend,
    bindings::spinlock_t,
    ferrite_spinlock_init,
    ferrite_spinlock_lock,
    ferrite_spinlock_trylock,
    ferrite_spinlock_unlock
);
