// SPDX-License-Identifier: GPL-2.0-only

//! Timers in memory of their own.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::ptr::NonNull;

use super::callback::fire;
use super::{
    HasHrTimer, HrTimerCallback, HrTimerExpiry, HrTimerHandle, HrTimerPointer, RawHrTimerCallback,
    RawTimer, timer,
};
use crate::alloc::{Allocator, Box};
use crate::error::Result;
use crate::types::ForeignOwnable;

/// Stops the timer inside of a [`Box`], and owns the value.
///
/// # Invariants
///
/// `inner` comes from `into_foreign` of a pinned box, and is taken back only when the timer has been
/// cancelled.
pub struct BoxHrTimerHandle<T: HasHrTimer<T> + 'static, A: Allocator + 'static> {
    inner: NonNull<T>,
    _owns: PhantomData<Pin<Box<T, A>>>,
}

// SAFETY: the handle owns the value, and may drop it on any CPU.
unsafe impl<T: HasHrTimer<T> + Send, A: Allocator> Send for BoxHrTimerHandle<T, A> {}
// SAFETY: nothing can be done with a shared handle.
unsafe impl<T: HasHrTimer<T> + Send, A: Allocator> Sync for BoxHrTimerHandle<T, A> {}

impl<T: HasHrTimer<T>, A: Allocator> BoxHrTimerHandle<T, A> {
    /// Cancels the timer, waits for its callback, and gives the box back.
    ///
    /// Context as for [`HrTimerHandle::cancel`].
    ///
    /// # Errors
    ///
    /// The handle, if this is the callback: the box is in use.
    pub fn into_inner(self) -> Result<Pin<Box<T, A>>, Self> {
        // SAFETY: the handle owns the value.
        if unsafe { RawTimer::cancel(timer::<T>(self.inner.as_ptr())) }.is_err() {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant the pointer is a box's; the callback has returned, and nobody
        // else can start the timer.
        Ok(unsafe { ForeignOwnable::from_foreign(this.inner.as_ptr().cast()) })
    }
}

// SAFETY: `cancel` waits for the callback, and `drop` calls it.
unsafe impl<T: HasHrTimer<T>, A: Allocator> HrTimerHandle for BoxHrTimerHandle<T, A> {
    fn cancel(&mut self) -> bool {
        // SAFETY: the handle owns the value.
        let cancelled = unsafe { RawTimer::cancel(timer::<T>(self.inner.as_ptr())) };
        crate::warn_on!(cancelled.is_err());
        cancelled.unwrap_or(false)
    }

    fn try_cancel(&mut self) -> Result<bool> {
        // SAFETY: the handle owns the value.
        unsafe { RawTimer::try_cancel(timer::<T>(self.inner.as_ptr())) }
    }
}

impl<T: HasHrTimer<T> + 'static, A: Allocator + 'static> Drop for BoxHrTimerHandle<T, A> {
    fn drop(&mut self) {
        // SAFETY: the handle owns the value.
        let cancelled = unsafe { RawTimer::cancel(timer::<T>(self.inner.as_ptr())) };
        // Inside of the callback the value is in use, and must stay.
        if !crate::warn_on!(cancelled.is_err()) {
            // SAFETY: by the invariant the pointer is a box's; the callback has returned, and
            // nobody else can start the timer.
            drop(unsafe { Pin::<Box<T, A>>::from_foreign(self.inner.as_ptr().cast()) });
        }
    }
}

impl<T, A> HrTimerPointer for Pin<Box<T, A>>
where
    T: Send + HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
    A: Allocator + 'static,
{
    type TimerMode = T::TimerMode;
    type TimerHandle = BoxHrTimerHandle<T, A>;

    fn start(self, expires: HrTimerExpiry<T>) -> BoxHrTimerHandle<T, A> {
        let inner = self.into_foreign().cast::<T>();
        // SAFETY:
        // - a pinned box's value is initialised and does not move;
        // - only the callback uses it until the handle has cancelled the timer. If the handle is
        //   forgotten, the value lives for ever, and everything in it does: it is `'static`.
        unsafe { super::start::<T>(inner, expires) };
        // INVARIANT: the pointer has just been made by `into_foreign`.
        BoxHrTimerHandle {
            // SAFETY: `into_foreign` returns no null pointer.
            inner: unsafe { NonNull::new_unchecked(inner) },
            _owns: PhantomData,
        }
    }
}

impl<T, A> RawHrTimerCallback for Pin<Box<T, A>>
where
    T: HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
    A: Allocator + 'static,
{
    type CallbackTarget<'a> = Pin<&'a mut T>;

    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY:
        // - a timer started through a box is inside of its value, which the handle owns until it has
        //   waited for this callback;
        // - the handle gives no access to the value, so the reference is the only one.
        unsafe {
            fire::<T>(timer, |this, ctx| {
                T::run(Pin::new_unchecked(&mut *this), ctx)
            })
        }
    }
}
