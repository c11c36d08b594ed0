// SPDX-License-Identifier: GPL-2.0-only

//! `struct mutex`.

use core::ffi::CStr;

use super::{Backend, Lock};
use crate::sync::LockClassKey;

/// A [`Lock`] whose holder may sleep. For process context only.
pub type Mutex<T> = Lock<T, MutexBackend>;

/// `struct mutex`: sleeps while it waits.
#[derive(Debug)]
pub struct MutexBackend;

// SAFETY: C's lock excludes.
unsafe impl Backend for MutexBackend {
    type State = bindings::mutex;
    type GuardState = ();

    unsafe fn init(state: *mut Self::State, name: &'static CStr, key: &'static LockClassKey) {
        // SAFETY: the caller promises that the memory is valid and stays where it is.
        unsafe { bindings::ferrite_mutex_init(state, name.as_ptr(), key.as_ptr()) };
    }

    unsafe fn lock(state: *mut Self::State) {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_mutex_lock(state) };
    }

    unsafe fn try_lock(state: *mut Self::State) -> Option<()> {
        // SAFETY: the caller promises that the lock is initialised.
        unsafe { bindings::ferrite_mutex_trylock(state) }.then_some(())
    }

    unsafe fn unlock(state: *mut Self::State, _guard: &()) {
        // SAFETY: the caller promises to hold the lock.
        unsafe { bindings::ferrite_mutex_unlock(state) };
    }
}
