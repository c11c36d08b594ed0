// SPDX-License-Identifier: GPL-2.0-only

//! Timers in values that somebody else owns, on a stack for example.

use core::marker::PhantomData;
use core::pin::Pin;
use core::ptr::NonNull;

use super::callback::fire;
use super::{
    HasHrTimer, HrTimerCallback, HrTimerExpiry, HrTimerHandle, RawHrTimerCallback, RawTimer,
    UnsafeHrTimerPointer, timer,
};
use crate::error::Result;

macro_rules! pinned {
    ($(#[$doc:meta])* $handle:ident, $bound:ident $(, $mut:ident)?) => {
        $(#[$doc])*
        pub struct $handle<'a, T: HasHrTimer<T>> {
            inner: NonNull<T>,
            _borrows: PhantomData<&'a $($mut)? T>,
        }

        // SAFETY: `cancel` waits for the callback, and `drop` calls it.
        unsafe impl<T: HasHrTimer<T>> HrTimerHandle for $handle<'_, T> {
            fn cancel(&mut self) -> bool {
                // SAFETY: the value is borrowed for as long as the handle lives.
                let cancelled = unsafe { RawTimer::cancel(timer::<T>(self.inner.as_ptr())) };
                crate::warn_on!(cancelled.is_err());
                cancelled.unwrap_or(false)
            }

            fn try_cancel(&mut self) -> Result<bool> {
                // SAFETY: the value is borrowed for as long as the handle lives.
                unsafe { RawTimer::try_cancel(timer::<T>(self.inner.as_ptr())) }
            }
        }

        impl<T: HasHrTimer<T>> Drop for $handle<'_, T> {
            fn drop(&mut self) {
                self.cancel();
            }
        }

        // SAFETY: the handle cancels the timer when it is dropped.
        unsafe impl<'a, T> UnsafeHrTimerPointer for Pin<&'a $($mut)? T>
        where
            T: $bound + HasHrTimer<T> + HrTimerCallback<Pointer<'a> = Self>,
        {
            type TimerMode = T::TimerMode;
            type TimerHandle = $handle<'a, T>;

            unsafe fn start(self, expires: HrTimerExpiry<T>) -> $handle<'a, T> {
                // SAFETY: the value is not moved: the handle and the callback treat it as pinned.
                let inner = NonNull::from(unsafe { Pin::into_inner_unchecked(self) });
                // SAFETY:
                // - a pinned value is initialised and does not move;
                // - the value is borrowed until the handle has cancelled the timer: the caller
                //   promises that the handle is dropped.
                unsafe { super::start::<T>(inner.as_ptr(), expires) };
                $handle {
                    inner,
                    _borrows: PhantomData,
                }
            }
        }

        impl<'a, T> RawHrTimerCallback for Pin<&'a $($mut)? T>
        where
            T: HasHrTimer<T> + HrTimerCallback<Pointer<'a> = Self>,
        {
            type CallbackTarget<'b> = Self;

            unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
                // SAFETY: a timer started through a pinned reference is inside of the value, which
                // is borrowed, as mutably as here, until the handle has waited for this callback.
                unsafe {
                    fire::<T>(timer, |this, ctx| T::run(Pin::new_unchecked(&$($mut)? *this), ctx))
                }
            }
        }
    };
}

pinned! {
    /// Stops the timer inside of a borrowed value.
    PinHrTimerHandle, Sync
}

pinned! {
    /// Stops the timer inside of a mutably borrowed value.
    PinMutHrTimerHandle, Send, mut
}
