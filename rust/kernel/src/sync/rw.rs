// SPDX-License-Identifier: GPL-2.0-only

//! Locks with many readers or one writer.
//!
//! C headers: `include/linux/rwlock.h`, `include/linux/rwsem.h`. Semantics:
//! `kernel/locking/spinlock.c`, `kernel/locking/rwsem.c`.
//!
//! [`RwSemaphore`] sleeps while it waits, [`RwLock`] spins. Readers pay for the lock as writers do;
//! where they are many, [`rcu`](super::rcu) or a [`SeqLock`](super::SeqLock) may suit better. A
//! reader must not take the lock a second time: a writer between the two stops both for ever.
//!
//! Consumers: `samples/pages` (semaphore), `samples/locks` (spinning lock).

mod rwlock;
mod rwsem;

pub use rwlock::{RwLock, RwLockBackend};
pub use rwsem::{RwSemaphore, RwSemaphoreBackend};

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::marker::PhantomPinned;
use core::ops::{Deref, DerefMut};

use pinned_init::{PinInit, pin_init_from_closure};

use super::LockClassKey;
use crate::types::{NotThreadSafe, Opaque};

/// A kind of lock with readers and writers.
///
/// # Safety
///
/// While a writer has a state, nobody else has; while a reader has it, no writer has.
pub unsafe trait Backend {
    /// What C keeps for one lock.
    type State;

    /// Makes a lock of uninitialised memory.
    ///
    /// # Safety
    ///
    /// `state` is valid for writes, and will not move while the lock is in use.
    unsafe fn init(state: *mut Self::State, name: &'static CStr, key: &'static LockClassKey);

    /// Waits until we may read.
    ///
    /// # Safety
    ///
    /// `state` is initialised; the context is one in which this kind of lock may be taken.
    unsafe fn read(state: *mut Self::State);

    /// Begins to read if nobody writes.
    ///
    /// # Safety
    ///
    /// As [`Self::read`].
    unsafe fn try_read(state: *mut Self::State) -> bool;

    /// Ends reading.
    ///
    /// # Safety
    ///
    /// The caller is a reader.
    unsafe fn read_unlock(state: *mut Self::State);

    /// Waits until we may write.
    ///
    /// # Safety
    ///
    /// As [`Self::read`].
    unsafe fn write(state: *mut Self::State);

    /// Begins to write if nobody reads or writes.
    ///
    /// # Safety
    ///
    /// As [`Self::read`].
    unsafe fn try_write(state: *mut Self::State) -> bool;

    /// Ends writing.
    ///
    /// # Safety
    ///
    /// The caller is the writer.
    unsafe fn write_unlock(state: *mut Self::State);
}

/// A lock with the data that it protects, for many readers or one writer.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::{new_rwlock, new_rwsem};
///
/// let slow = KBox::pin_init(new_rwsem!(1), GFP_KERNEL)?;
/// {
///     let reader = slow.read();
///     assert!(slow.try_read().is_some() && slow.try_write().is_none());
///     assert_eq!(*reader, 1);
/// }
/// *slow.write() = 2;
/// let quick = KBox::pin_init(new_rwlock!(*slow.read(), "example: quick"), GFP_KERNEL)?;
/// let writer = quick.write();
/// assert!(quick.try_read().is_none() && quick.try_write().is_none());
/// assert_eq!(*writer, 2);
/// # Ok::<(), Error>(())
/// ```
#[repr(C)]
pub struct Lock<T, B: Backend> {
    state: Opaque<B::State>,
    _pin: PhantomPinned,
    data: UnsafeCell<T>,
}

// SAFETY: moving a lock to another thread moves its data there.
unsafe impl<T: Send, B: Backend> Send for Lock<T, B> {}
// SAFETY: readers of several threads see the data at once (`Sync`), and a writer has it to itself.
unsafe impl<T: Send + Sync, B: Backend> Sync for Lock<T, B> {}

impl<T, B: Backend> Lock<T, B> {
    /// An initialiser; the macros [`new_rwlock!`](crate::new_rwlock) and
    /// [`new_rwsem!`](crate::new_rwsem) supply name and class.
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

    /// Waits until nobody writes, and gives shared access to the data.
    pub fn read(&self) -> ReadGuard<'_, T, B> {
        // SAFETY: a `Lock` exists only initialised. The context is the caller's duty, as in C.
        unsafe { B::read(self.state.get()) };
        ReadGuard::new(self)
    }

    /// Gives shared access if nobody writes.
    pub fn try_read(&self) -> Option<ReadGuard<'_, T, B>> {
        // SAFETY: as above.
        unsafe { B::try_read(self.state.get()) }.then(|| ReadGuard::new(self))
    }

    /// Waits until nobody reads or writes, and gives access to the data.
    pub fn write(&self) -> WriteGuard<'_, T, B> {
        // SAFETY: as above.
        unsafe { B::write(self.state.get()) };
        WriteGuard::new(self)
    }

    /// Gives access if nobody reads or writes.
    pub fn try_write(&self) -> Option<WriteGuard<'_, T, B>> {
        // SAFETY: as above.
        unsafe { B::try_write(self.state.get()) }.then(|| WriteGuard::new(self))
    }
}

/// Holding one proves that we are a reader, and that nobody writes.
#[must_use = "reading ends when the guard is dropped"]
pub struct ReadGuard<'a, T, B: Backend> {
    lock: &'a Lock<T, B>,
    _not_send: NotThreadSafe,
}

// SAFETY: a shared guard gives shared access to the data only.
unsafe impl<T: Sync, B: Backend> Sync for ReadGuard<'_, T, B> {}

impl<'a, T, B: Backend> ReadGuard<'a, T, B> {
    /// For who has become a reader.
    fn new(lock: &'a Lock<T, B>) -> Self {
        Self {
            lock,
            _not_send: NotThreadSafe::new(),
        }
    }
}

impl<T, B: Backend> Deref for ReadGuard<'_, T, B> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard proves that nobody writes.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T, B: Backend> Drop for ReadGuard<'_, T, B> {
    fn drop(&mut self) {
        // SAFETY: the guard proves that we are a reader.
        unsafe { B::read_unlock(self.lock.state.get()) };
    }
}

/// Holding one proves that we are the writer.
#[must_use = "writing ends when the guard is dropped"]
pub struct WriteGuard<'a, T, B: Backend> {
    lock: &'a Lock<T, B>,
    _not_send: NotThreadSafe,
}

// SAFETY: a shared guard gives shared access to the data only.
unsafe impl<T: Sync, B: Backend> Sync for WriteGuard<'_, T, B> {}

impl<'a, T, B: Backend> WriteGuard<'a, T, B> {
    /// For who has become the writer.
    fn new(lock: &'a Lock<T, B>) -> Self {
        Self {
            lock,
            _not_send: NotThreadSafe::new(),
        }
    }
}

impl<T, B: Backend> Deref for WriteGuard<'_, T, B> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard proves that nobody else has access.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T, B: Backend> DerefMut for WriteGuard<'_, T, B> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard proves that nobody else has access.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T, B: Backend> Drop for WriteGuard<'_, T, B> {
    fn drop(&mut self) {
        // SAFETY: the guard proves that we are the writer.
        unsafe { B::write_unlock(self.lock.state.get()) };
    }
}

/// An initialiser for an [`RwLock`](crate::sync::RwLock): `new_rwlock!(value)` or
/// `new_rwlock!(value, "name")`.
#[macro_export]
macro_rules! new_rwlock {
    ($value:expr $(,)?) => {
        $crate::new_rwlock!(
            $value,
            ::core::concat!(::core::file!(), ":", ::core::line!())
        )
    };
    ($value:expr, $name:expr $(,)?) => {
        $crate::sync::RwLock::new($value, $crate::c_str!($name), $crate::static_lock_class!())
    };
}

/// An initialiser for an [`RwSemaphore`](crate::sync::RwSemaphore): `new_rwsem!(value)` or
/// `new_rwsem!(value, "name")`.
#[macro_export]
macro_rules! new_rwsem {
    ($value:expr $(,)?) => {
        $crate::new_rwsem!(
            $value,
            ::core::concat!(::core::file!(), ":", ::core::line!())
        )
    };
    ($value:expr, $name:expr $(,)?) => {
        $crate::sync::RwSemaphore::new($value, $crate::c_str!($name), $crate::static_lock_class!())
    };
}
