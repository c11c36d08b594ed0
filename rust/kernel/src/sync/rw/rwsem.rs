// SPDX-License-Identifier: GPL-2.0-only

//! `struct rw_semaphore`.

use core::ffi::CStr;
use core::mem::ManuallyDrop;

use super::{Backend, Lock, ReadGuard, WriteGuard};
use crate::error::{Result, to_result};
use crate::sync::LockClassKey;

/// A [`Lock`] that sleeps while it waits, and whose holders may sleep. For process context only.
pub type RwSemaphore<T> = Lock<T, RwSemaphoreBackend>;

/// `struct rw_semaphore`.
#[derive(Debug)]
pub struct RwSemaphoreBackend;

impl<T> RwSemaphore<T> {
    /// As [`Lock::read`], but a signal ends the wait.
    ///
    /// ```
    /// use kernel::new_rwsem;
    /// use kernel::prelude::*;
    ///
    /// let lock = KBox::pin_init(new_rwsem!(1), GFP_KERNEL)?;
    /// assert_eq!(*lock.read_interruptible()?, 1);
    /// *lock.write_killable()? = 2;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `EINTR`.
    pub fn read_interruptible(&self) -> Result<ReadGuard<'_, T, RwSemaphoreBackend>> {
        // SAFETY: a `Lock` exists only initialised. The context is the caller's duty, as in C.
        to_result(unsafe { bindings::ferrite_rwsem_read_interruptible(self.state.get()) })?;
        Ok(ReadGuard::new(self))
    }

    /// As [`Lock::write`], but a signal that kills the task ends the wait.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    pub fn write_killable(&self) -> Result<WriteGuard<'_, T, RwSemaphoreBackend>> {
        // SAFETY: as above.
        to_result(unsafe { bindings::ferrite_rwsem_write_killable(self.state.get()) })?;
        Ok(WriteGuard::new(self))
    }
}

impl<'a, T> WriteGuard<'a, T, RwSemaphoreBackend> {
    /// Lets other readers in, and stays a reader: no writer comes in between.
    ///
    /// ```
    /// use kernel::new_rwsem;
    /// use kernel::prelude::*;
    ///
    /// let lock = KBox::pin_init(new_rwsem!(1), GFP_KERNEL)?;
    /// let mut writer = lock.write();
    /// *writer = 2;
    /// let reader = writer.downgrade();
    /// assert!(lock.try_read().is_some() && lock.try_write().is_none());
    /// assert_eq!(*reader, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn downgrade(self) -> ReadGuard<'a, T, RwSemaphoreBackend> {
        let lock = ManuallyDrop::new(self).lock;
        // SAFETY: the guard has proved that we are the writer; it is not dropped.
        unsafe { bindings::ferrite_rwsem_downgrade(lock.state.get()) };
        ReadGuard::new(lock)
    }
}

// SAFETY: C's lock keeps writers apart from everybody else.
unsafe impl Backend for RwSemaphoreBackend {
    type State = bindings::rw_semaphore;

    unsafe fn init(state: *mut Self::State, name: &'static CStr, key: &'static LockClassKey) {
        // SAFETY: the caller promises that the memory is valid and stays where it is.
        unsafe { bindings::ferrite_rwsem_init(state, name.as_ptr(), key.as_ptr()) };
    }

    unsafe fn read(state: *mut Self::State) {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwsem_read(state) };
    }

    unsafe fn try_read(state: *mut Self::State) -> bool {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwsem_try_read(state) }
    }

    unsafe fn read_unlock(state: *mut Self::State) {
        // SAFETY: the caller promises to be a reader.
        unsafe { bindings::ferrite_rwsem_read_unlock(state) };
    }

    unsafe fn write(state: *mut Self::State) {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwsem_write(state) };
    }

    unsafe fn try_write(state: *mut Self::State) -> bool {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwsem_try_write(state) }
    }

    unsafe fn write_unlock(state: *mut Self::State) {
        // SAFETY: the caller promises to be the writer.
        unsafe { bindings::ferrite_rwsem_write_unlock(state) };
    }
}
