// SPDX-License-Identifier: GPL-2.0-only

//! A value that is read by copying, again if it has changed meanwhile.
//!
//! C header: `include/linux/seqlock.h`.
//!
//! Readers never keep a writer waiting, and write nothing themselves. For small values that are read
//! much more often than they are written.
//!
//! Consumer: `samples/locks`.

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};

use pinned_init::{PinInit, pin_init_from_closure};

use super::LockClassKey;
use crate::types::{NotThreadSafe, Opaque};

/// A value that is read by copying.
///
/// Reading works in any context but a non-maskable interrupt. Writers exclude one another by a
/// spinlock: they must all be in the same kind of context, and not sleep.
///
/// ```
/// use kernel::new_seqlock;
/// use kernel::prelude::*;
///
/// let pair = KBox::pin_init(new_seqlock!((1, 10)), GFP_KERNEL)?;
/// let mut writer = pair.write();
/// writer.0 = 2;
/// writer.1 = 20;
/// // Readers see it when the writer is done.
/// assert_eq!(pair.read(), (1, 10));
/// assert!(pair.try_write().is_none());
/// drop(writer);
/// assert_eq!(pair.read(), (2, 20));
/// # Ok::<(), Error>(())
/// ```
pub struct SeqLock<T: Copy> {
    state: Opaque<bindings::seqlock_t>,
    _pin: PhantomPinned,
    data: UnsafeCell<T>,
}

// SAFETY: moving a lock to another thread moves its data there.
unsafe impl<T: Copy + Send> Send for SeqLock<T> {}
// SAFETY: threads get copies of the data, never references.
unsafe impl<T: Copy + Send> Sync for SeqLock<T> {}

impl<T: Copy> SeqLock<T> {
    /// An initialiser; [`new_seqlock!`](crate::new_seqlock) supplies name and class.
    pub fn new(value: T, name: &'static CStr, key: &'static LockClassKey) -> impl PinInit<Self> {
        // SAFETY: both fields are initialised when the closure returns, which it does with success.
        unsafe {
            pin_init_from_closure(move |slot: *mut Self| {
                (&raw mut (*slot).data).cast::<T>().write(value);
                let state = (&raw mut (*slot).state).cast();
                bindings::ferrite_seqlock_init(state, name.as_ptr(), key.as_ptr());
                Ok(())
            })
        }
    }

    /// The value, as one writer has left it.
    pub fn read(&self) -> T {
        let mut copy = MaybeUninit::<T>::uninit();
        // SAFETY:
        // - the lock is initialised, and both pointers are valid for a `T`;
        // - C copies until no writer has been there meanwhile, so that it is a whole value, and
        //   copying bits makes another one: it is `Copy`.
        unsafe {
            bindings::ferrite_seqlock_read(
                self.state.get(),
                copy.as_mut_ptr().cast(),
                self.data.get().cast(),
                size_of::<T>(),
            );
            copy.assume_init()
        }
    }

    /// Waits until nobody writes, and gives a copy that replaces the value when the guard is dropped.
    pub fn write(&self) -> SeqLockGuard<'_, T> {
        // SAFETY: the lock is initialised. The context is the caller's duty, as in C.
        unsafe { bindings::ferrite_seqlock_lock(self.state.get()) };
        self.guard()
    }

    /// As [`Self::write`], if nobody writes.
    pub fn try_write(&self) -> Option<SeqLockGuard<'_, T>> {
        // SAFETY: the lock is initialised. The context is the caller's duty, as in C.
        unsafe { bindings::ferrite_seqlock_trylock(self.state.get()) }.then(|| self.guard())
    }

    /// For who has become the writer.
    fn guard(&self) -> SeqLockGuard<'_, T> {
        SeqLockGuard {
            lock: self,
            // SAFETY: only a writer changes it, and that is us.
            copy: unsafe { *self.data.get() },
            _not_send: NotThreadSafe::new(),
        }
    }
}

/// Holding one proves that we are the writer. What it lends is a copy.
#[must_use = "the value is written when the guard is dropped"]
pub struct SeqLockGuard<'a, T: Copy> {
    lock: &'a SeqLock<T>,
    copy: T,
    _not_send: NotThreadSafe,
}

impl<T: Copy> Deref for SeqLockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.copy
    }
}

impl<T: Copy> DerefMut for SeqLockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.copy
    }
}

impl<T: Copy> Drop for SeqLockGuard<'_, T> {
    fn drop(&mut self) {
        let state = self.lock.state.get();
        // SAFETY: the guard proves that we are the writer; both pointers are valid for a `T`.
        unsafe {
            bindings::ferrite_seqlock_publish(
                state,
                self.lock.data.get().cast(),
                (&raw const self.copy).cast(),
                size_of::<T>(),
            );
            bindings::ferrite_seqlock_unlock(state);
        }
    }
}

/// An initialiser for a [`SeqLock`](crate::sync::SeqLock): `new_seqlock!(value)` or
/// `new_seqlock!(value, "name")`.
#[macro_export]
macro_rules! new_seqlock {
    ($value:expr $(,)?) => {
        $crate::new_seqlock!(
            $value,
            ::core::concat!(::core::file!(), ":", ::core::line!())
        )
    };
    ($value:expr, $name:expr $(,)?) => {
        $crate::sync::SeqLock::new($value, $crate::c_str!($name), $crate::static_lock_class!())
    };
}
