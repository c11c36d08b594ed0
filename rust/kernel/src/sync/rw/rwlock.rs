// SPDX-License-Identifier: GPL-2.0-only

//! `rwlock_t`.

use core::ffi::CStr;

use super::{Backend, Lock};
use crate::sync::LockClassKey;

/// A [`Lock`] that spins while it waits, and whose holders must not sleep. Not for data that an
/// interrupt handler writes.
pub type RwLock<T> = Lock<T, RwLockBackend>;

/// `rwlock_t`.
#[derive(Debug)]
pub struct RwLockBackend;

// SAFETY: C's lock keeps writers apart from everybody else.
unsafe impl Backend for RwLockBackend {
    type State = bindings::rwlock_t;

    unsafe fn init(state: *mut Self::State, name: &'static CStr, key: &'static LockClassKey) {
        // SAFETY: the caller promises that the memory is valid and stays where it is.
        unsafe { bindings::ferrite_rwlock_init(state, name.as_ptr(), key.as_ptr()) };
    }

    unsafe fn read(state: *mut Self::State) {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwlock_read(state) };
    }

    unsafe fn try_read(state: *mut Self::State) -> bool {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwlock_try_read(state) }
    }

    unsafe fn read_unlock(state: *mut Self::State) {
        // SAFETY: the caller promises to be a reader.
        unsafe { bindings::ferrite_rwlock_read_unlock(state) };
    }

    unsafe fn write(state: *mut Self::State) {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwlock_write(state) };
    }

    unsafe fn try_write(state: *mut Self::State) -> bool {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_rwlock_try_write(state) }
    }

    unsafe fn write_unlock(state: *mut Self::State) {
        // SAFETY: the caller promises to be the writer.
        unsafe { bindings::ferrite_rwlock_write_unlock(state) };
    }
}
