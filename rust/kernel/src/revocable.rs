// SPDX-License-Identifier: GPL-2.0-only

//! Values that can be taken away while others refer to them.
//!
//! C header: `include/linux/rcupdate.h`.
//!
//! Who wants to use a [`Revocable`] asks for a guard, and gets none when the value has gone. Who
//! takes it away ([`Revocable::revoke`]) waits until nobody has a guard any more. There are two:
//!
//! - [`RevocableGuard`] is a read side of [RCU](crate::sync::rcu): it costs next to nothing, and
//!   nothing may sleep while it is held.
//! - [`RevocableHold`] is counted: it costs two atomic operations beside that, and who has it may sleep.
//!   For who uses the value many times over, or waits in between.
//!
//! Consumer: [`Devres`](crate::devres::Devres).

#[cfg(feature = "ktest")]
mod tests;

use core::marker::PhantomData;
use core::ops::Deref;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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
/// `value` is initialised as long as `available` is set, for a grace period longer, and from then on until
/// `holds` is 0, which it is not before the last [`RevocableHold`] is dropped.
#[pin_data(PinnedDrop)]
pub struct Revocable<T> {
    available: AtomicBool,
    holds: AtomicU32,
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
            holds: AtomicU32::new(0),
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

    /// The value, if it has not been taken away, for who may sleep while using it. Who takes it away
    /// waits for that. Any context but a non-maskable interrupt.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::revocable::Revocable;
    ///
    /// let value = KBox::pin_init(Revocable::new(7), GFP_KERNEL)?;
    /// let held = value.try_hold().ok_or(ENXIO)?;
    /// // Here it may sleep.
    /// assert_eq!(*held, 7);
    /// drop(held);
    /// assert!(value.revoke() && value.try_hold().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_hold(&self) -> Option<RevocableHold<'_, T>> {
        let guard = self.try_access()?;
        // So many could only have been forgotten, and forgetting more must not bring it back to 0.
        if self.holds.fetch_add(1, Ordering::SeqCst) > u32::MAX / 2 {
            self.holds.fetch_sub(1, Ordering::SeqCst);
            return None;
        }
        // Who revokes it waits for the read side, and finds this counted then.
        drop(guard);
        Some(RevocableHold(self))
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
    /// ever, as it does for a [`RevocableHold`] that was forgotten.
    pub fn revoke(&self) -> bool {
        if !self.available.swap(false, Ordering::AcqRel) {
            return false;
        }
        rcu::synchronize_rcu();
        // SAFETY: the counter is there; the context is the caller's duty.
        unsafe { bindings::ferrite_holds_wait(self.holds.as_ptr()) };
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

/// Lends the value of a [`Revocable`], which cannot be taken away meanwhile. Who has it may sleep.
///
/// # Invariants
///
/// It is counted in `holds`, since before a grace period from the end of `available` was over.
#[must_use = "the value may be taken away when this is dropped"]
pub struct RevocableHold<'a, T>(&'a Revocable<T>);

impl<T> Deref for RevocableHold<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: by the invariants of both it is there until this is not counted any more.
        unsafe { self.0.access() }
    }
}

impl<T> Drop for RevocableHold<'_, T> {
    fn drop(&mut self) {
        if self.0.holds.fetch_sub(1, Ordering::SeqCst) == 1 {
            // SAFETY: the counter is borrowed.
            unsafe { bindings::ferrite_holds_ended(self.0.holds.as_ptr()) };
        }
    }
}
