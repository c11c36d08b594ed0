// SPDX-License-Identifier: GPL-2.0-only

//! Values that can be taken away while others refer to them.
//!
//! C header: `include/linux/rcupdate.h`.
//!
//! Who wants to use a [`Revocable`] asks for a guard, and gets none when the value has gone. Who
//! takes it away ([`Revocable::revoke`]) waits until nobody has a guard any more. The guard is a
//! read side of [RCU](crate::sync::rcu): it costs next to nothing, and nothing may sleep while it
//! is held.
//!
//! Consumer: [`Devres`](crate::devres::Devres).

#[cfg(feature = "ktest")]
mod tests;

use core::marker::PhantomData;
use core::ops::Deref;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};

use pinned_init::{PinInit, pin_data, pin_init_from_closure, pinned_drop, try_pin_init};

use crate::error::Error;
use crate::sync::rcu;
use crate::types::Opaque;

/// A value that can be taken away.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::revocable::Revocable;
///
/// let value = KBox::pin_init(Revocable::new(7), GFP_KERNEL)?;
/// assert_eq!(value.try_access().as_deref(), Some(&7));
/// assert!(value.revoke());
/// assert!(value.try_access().is_none());
/// assert!(!value.revoke());
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `value` is initialised as long as `available` is set, and for a grace period longer.
#[pin_data(PinnedDrop)]
pub struct Revocable<T> {
    available: AtomicBool,
    #[pin]
    value: Opaque<T>,
}

// SAFETY: the value goes with it, and is dropped where it is.
unsafe impl<T: Send> Send for Revocable<T> {}
// SAFETY: a shared one lends the value, and drops it wherever it is revoked.
unsafe impl<T: Send + Sync> Sync for Revocable<T> {}

impl<T> Revocable<T> {
    /// An initialiser of a value that is there.
    ///
    /// # Errors
    ///
    /// What the initialiser says.
    pub fn new<E>(value: impl PinInit<T, E>) -> impl PinInit<Self, Error>
    where
        Error: From<E>,
    {
        try_pin_init!(Self {
            available: AtomicBool::new(true),
            // SAFETY:
            // - the closure initialises the memory, or fails and leaves it alone;
            // - the value stays where it is until it is dropped.
            value <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<T>| {
                    Ok::<(), Error>(value.__pinned_init(slot.cast())?)
                })
            },
        }? Error)
    }

    /// The value, if it has not been taken away. Any context but a non-maskable interrupt.
    pub fn try_access(&self) -> Option<RevocableGuard<'_, T>> {
        let guard = rcu::read_lock();
        if !self.is_available() {
            return None;
        }
        Some(RevocableGuard {
            value: self.value.get(),
            _guard: guard,
            _value: PhantomData,
        })
    }

    /// What `function` makes of the value, if it has not been taken away. `function` must not
    /// sleep.
    pub fn try_access_with<R>(&self, function: impl FnOnce(&T) -> R) -> Option<R> {
        self.try_access().map(|value| function(&value))
    }

    /// The value, without a guard.
    ///
    /// # Safety
    ///
    /// During the life of the reference, nobody revokes the value, nor has.
    pub(crate) unsafe fn access(&self) -> &T {
        // SAFETY: the caller promises that it is there.
        unsafe { &*self.value.get() }
    }

    /// Whether the value has not been taken away yet.
    pub(crate) fn is_available(&self) -> bool {
        self.available.load(Ordering::Acquire)
    }

    /// Takes the value away, waits until nobody has a guard to it, and drops it. Says whether it
    /// was this call that did; if not, the one that does may still be waiting.
    ///
    /// Sleeps; process context only. Called while this task has a guard it waits for itself, for
    /// ever.
    pub fn revoke(&self) -> bool {
        if !self.available.swap(false, Ordering::AcqRel) {
            return false;
        }
        rcu::synchronize_rcu();
        // SAFETY: it was there; who began after the flag was taken away gets none, and all others
        // are done. Only the call that took the flag away comes here.
        unsafe { core::ptr::drop_in_place(self.value.get()) };
        true
    }
}

#[pinned_drop]
impl<T> PinnedDrop for Revocable<T> {
    fn drop(self: Pin<&mut Self>) {
        if self.is_available() {
            // SAFETY: it is there, and as this is the only reference, nobody has a guard.
            unsafe { core::ptr::drop_in_place(self.value.get()) };
        }
    }
}

/// Lends the value of a [`Revocable`]. While it is held nothing may sleep.
#[must_use = "the value may be taken away when the guard is dropped"]
pub struct RevocableGuard<'a, T> {
    value: *const T,
    _guard: rcu::Guard,
    _value: PhantomData<&'a T>,
}

impl<T> Deref for RevocableGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: it was there when the read side had begun, and nobody drops it before the end of
        // that.
        unsafe { &*self.value }
    }
}
