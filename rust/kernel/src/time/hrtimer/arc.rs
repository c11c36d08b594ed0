// SPDX-License-Identifier: GPL-2.0-only

//! Timers in shared memory.

use core::mem::ManuallyDrop;

use super::callback::fire;
use super::{
    HasHrTimer, HrTimerCallback, HrTimerExpiry, HrTimerHandle, HrTimerPointer, RawHrTimerCallback,
    RawTimer, timer,
};
use crate::error::Result;
use crate::sync::{Arc, ArcBorrow};
use crate::types::ForeignOwnable;

/// Stops the timer inside of an [`Arc`], and keeps the value alive.
///
/// # Invariants
///
/// The reference is given up only when the timer has been cancelled.
pub struct ArcHrTimerHandle<T: HasHrTimer<T>> {
    inner: ManuallyDrop<Arc<T>>,
}

// SAFETY: `cancel` waits for the callback, and `drop` calls it.
unsafe impl<T: HasHrTimer<T>> HrTimerHandle for ArcHrTimerHandle<T> {
    fn cancel(&mut self) -> bool {
        // SAFETY: the handle keeps the value alive.
        let cancelled = unsafe { RawTimer::cancel(timer::<T>(&raw const **self.inner)) };
        crate::warn_on!(cancelled.is_err());
        cancelled.unwrap_or(false)
    }

    fn try_cancel(&mut self) -> Result<bool> {
        // SAFETY: the handle keeps the value alive.
        unsafe { RawTimer::try_cancel(timer::<T>(&raw const **self.inner)) }
    }
}

impl<T: HasHrTimer<T>> Drop for ArcHrTimerHandle<T> {
    fn drop(&mut self) {
        // SAFETY: the handle keeps the value alive.
        let cancelled = unsafe { RawTimer::cancel(timer::<T>(&raw const **self.inner)) };
        // Inside of the callback the value is in use, and must stay.
        if !crate::warn_on!(cancelled.is_err()) {
            // SAFETY: this happens once; the timer does not need the value any more. Who has
            // started it again has a reference of their own.
            unsafe { ManuallyDrop::drop(&mut self.inner) };
        }
    }
}

impl<T> HrTimerPointer for Arc<T>
where
    T: Send + Sync + HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
{
    type TimerMode = T::TimerMode;
    type TimerHandle = ArcHrTimerHandle<T>;

    fn start(self, expires: HrTimerExpiry<T>) -> ArcHrTimerHandle<T> {
        // SAFETY:
        // - an `Arc`'s value is initialised and never moves;
        // - the handle keeps it alive until it has cancelled the timer. If it is forgotten, the
        //   value lives for ever, and everything in it does: it is `'static`.
        unsafe { super::start::<T>(&raw const *self, expires) };
        // INVARIANT: see `drop`.
        ArcHrTimerHandle {
            inner: ManuallyDrop::new(self),
        }
    }
}

impl<T> RawHrTimerCallback for Arc<T>
where
    T: HasHrTimer<T> + for<'a> HrTimerCallback<Pointer<'a> = Self> + 'static,
{
    type CallbackTarget<'a> = ArcBorrow<'a, T>;

    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: a timer started through an `Arc` is inside of its value, and a handle keeps that
        // alive until it has waited for this callback.
        unsafe {
            fire::<T>(timer, |this, ctx| {
                T::run(<Self as ForeignOwnable>::borrow(this.cast()), ctx)
            })
        }
    }
}
