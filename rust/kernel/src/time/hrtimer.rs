// SPDX-License-Identifier: GPL-2.0-only

//! High-resolution timers: a function is called at a point in time, from an interrupt.
//!
//! C header: `include/linux/hrtimer.h`. What the functions do: `kernel/time/hrtimer.c`.
//!
//! A struct embeds an [`HrTimer`], says so with [`impl_has_hr_timer!`](crate::impl_has_hr_timer),
//! and implements [`HrTimerCallback`]. A pointer to the struct starts the timer, and decides what
//! the callback gets:
//!
//! | pointer | how it is started | what the callback gets |
//! |---|---|---|
//! | [`Arc<T>`](crate::sync::Arc) | [`HrTimerPointer::start`] | [`ArcBorrow<T>`](crate::sync::ArcBorrow) |
//! | `Pin<KBox<T>>` | [`HrTimerPointer::start`] | `Pin<&mut T>` |
//! | `Pin<&T>` | [`ScopedHrTimerPointer::start_scoped`] | `Pin<&T>` |
//! | `Pin<&mut T>` | [`ScopedHrTimerPointer::start_scoped`] | `Pin<&mut T>` |
//!
//! A block driver that wants a timer for each request has
//! [`RequestTimer`](crate::block::mq::RequestTimer).
//!
//! A timer is stopped by what [`HrTimerPointer::start`] returns: a handle, which cancels when it is
//! dropped and waits for a callback that runs on another CPU. So the callback never sees a value
//! that is gone.
//!
//! # Modes
//!
//! Whether the expiry is a point in time or a span from now, on which CPU and in which context the
//! callback runs: a type, one of [`AbsoluteMode`], [`RelativeMode`] and their pinned, soft and hard
//! relatives. A wrong mix does not compile.
//!
//! # Context
//!
//! - The callback runs in a hard interrupt, with interrupts off; with a soft mode it runs in a soft
//!   interrupt. It must not sleep. What it shares with other code needs a lock that turns
//!   interrupts off there.
//! - Starting is possible in any context but NMI, the callback itself included.
//! - Cancelling does not sleep, but it spins while the callback runs on another CPU. So the caller
//!   must not hold a lock that the callback takes.
//! - Cancelling *from inside of the callback* would wait for itself. That cannot be seen in the
//!   types: it is reported with a warning, does nothing, and if it was the drop of a handle, the
//!   memory is never freed. A callback stops its timer by returning
//!   [`HrTimerRestart::NoRestart`].
//!
//! # Examples
//!
//! ```
//! use core::sync::atomic::{AtomicU32, Ordering};
//! use kernel::impl_has_hr_timer;
//! use kernel::prelude::*;
//! use kernel::sync::{Arc, ArcBorrow};
//! use kernel::time::hrtimer::{
//!     HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle, HrTimerPointer,
//!     HrTimerRestart, RelativeMode,
//! };
//! use kernel::time::{Delta, Monotonic, delay::fsleep};
//!
//! #[pin_data]
//! struct Ticker {
//!     ticks: AtomicU32,
//!     #[pin]
//!     timer: HrTimer<Self>,
//! }
//!
//! impl_has_hr_timer! {
//!     impl HasHrTimer<Self> for Ticker { mode: RelativeMode<Monotonic>, field: self.timer }
//! }
//!
//! impl HrTimerCallback for Ticker {
//!     type Pointer<'a> = Arc<Self>;
//!
//!     fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
//!         this.ticks.fetch_add(1, Ordering::Relaxed);
//!         ctx.forward_now(Delta::from_millis(1));
//!         HrTimerRestart::Restart
//!     }
//! }
//!
//! let ticker = Arc::pin_init(
//!     pin_init!(Ticker { ticks: AtomicU32::new(0), timer <- HrTimer::new() }),
//!     GFP_KERNEL,
//! )?;
//! let mut handle = ticker.clone().start(Delta::from_millis(1));
//! while ticker.ticks.load(Ordering::Relaxed) < 3 {
//!     fsleep(Delta::from_millis(1));
//! }
//! assert!(handle.cancel());
//! assert!(!handle.cancel());
//! # Ok::<(), Error>(())
//! ```

mod arc;
mod callback;
mod kbox;
mod mode;
mod pin;
mod raw;

pub use arc::ArcHrTimerHandle;
pub use callback::{HrTimerCallback, HrTimerCallbackContext, HrTimerRestart, RawHrTimerCallback};
pub use kbox::BoxHrTimerHandle;
pub use mode::{
    AbsoluteHardMode, AbsoluteMode, AbsolutePinnedHardMode, AbsolutePinnedMode,
    AbsolutePinnedSoftMode, AbsoluteSoftMode, HrTimerExpires, HrTimerMode, RelativeHardMode,
    RelativeMode, RelativePinnedHardMode, RelativePinnedMode, RelativePinnedSoftMode,
    RelativeSoftMode,
};
pub use pin::{PinHrTimerHandle, PinMutHrTimerHandle};
pub(crate) use raw::RawTimer;

use core::marker::PhantomData;

use pinned_init::{PinInit, pin_data, pin_init};

use super::Instant;
use crate::error::Result;

/// A timer, embedded in a `T`.
///
/// It is made in place, with `timer <- HrTimer::new()`, and is idle until a pointer to the `T`
/// starts it.
#[pin_data]
#[repr(C)]
pub struct HrTimer<T> {
    #[pin]
    raw: RawTimer,
    _container: PhantomData<fn(T)>,
}

impl<T> HrTimer<T> {
    /// An initialiser for an idle timer that will call `T`'s callback.
    pub fn new() -> impl PinInit<Self>
    where
        T: HrTimerCallback + HasHrTimer<T>,
    {
        pin_init!(Self {
            // SAFETY: the timer is inside of a `T`, and is started only through a `T::Pointer`:
            // that is what this callback expects.
            raw <- unsafe {
                RawTimer::new(
                    <T::Pointer<'_> as RawHrTimerCallback>::run,
                    <HrTimerClock<T> as super::ClockSource>::ID,
                    <T::TimerMode as HrTimerMode>::C_MODE,
                )
            },
            _container: PhantomData,
        })
    }

    /// When it will expire, or did last; the clock's first instant if it was never started.
    ///
    /// Any context. On 32 bits, while another CPU starts the timer, it may be half of the old and
    /// half of the new one. In the callback, [`HrTimerCallbackContext::expires`] is always right.
    #[must_use]
    pub fn expires(&self) -> HrTimerInstant<T>
    where
        T: HasHrTimer<T>,
    {
        Instant::from_ktime(self.raw.expires())
    }

    /// Whether it is started, or its callback runs. Any context. It is about the past: another CPU
    /// may have changed it meanwhile.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.raw.is_active()
    }
}

/// The clock that the timer of a `T` goes by.
type HrTimerClock<T> = <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Clock;

/// A point in time on the clock that the timer of a `T` goes by.
pub type HrTimerInstant<T> = Instant<HrTimerClock<T>>;

/// When the timer of a `T` expires: an [`Instant`] or a [`Delta`](super::Delta), as its mode says.
pub type HrTimerExpiry<T> = <<T as HasHrTimer<T>>::TimerMode as HrTimerMode>::Expires;

/// A pointer that starts the timer inside of what it points to, and keeps that alive.
pub trait HrTimerPointer: Sized {
    /// The mode of the timer.
    type TimerMode: HrTimerMode;

    /// What stops the timer.
    type TimerHandle: HrTimerHandle;

    /// Starts the timer. If it is started already, it will expire at the new time instead.
    ///
    /// Any context but NMI.
    #[must_use = "the timer is cancelled when the handle is dropped"]
    fn start(self, expires: <Self::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle;
}

/// A pointer that starts the timer inside of what it points to, and does not keep that alive.
///
/// # Safety
///
/// The handle that `start` returns cancels the timer when it is dropped.
pub unsafe trait UnsafeHrTimerPointer: Sized {
    /// The mode of the timer.
    type TimerMode: HrTimerMode;

    /// What stops the timer.
    type TimerHandle: HrTimerHandle;

    /// As [`HrTimerPointer::start`].
    ///
    /// # Safety
    ///
    /// The handle is dropped, outside of the timer's callback, before its lifetime ends.
    #[must_use = "the timer is cancelled when the handle is dropped"]
    unsafe fn start(self, expires: <Self::TimerMode as HrTimerMode>::Expires) -> Self::TimerHandle;
}

/// A pointer that starts the timer inside of what it points to for as long as a function runs.
pub trait ScopedHrTimerPointer: Sized {
    /// The mode of the timer.
    type TimerMode: HrTimerMode;

    /// Starts the timer, calls `scope`, cancels the timer, and returns what `scope` did.
    ///
    /// Any context that both `scope` and [cancelling](HrTimerHandle::cancel) allow.
    fn start_scoped<R>(
        self,
        expires: <Self::TimerMode as HrTimerMode>::Expires,
        scope: impl FnOnce() -> R,
    ) -> R;
}

impl<P: UnsafeHrTimerPointer> ScopedHrTimerPointer for P {
    type TimerMode = P::TimerMode;

    fn start_scoped<R>(
        self,
        expires: <Self::TimerMode as HrTimerMode>::Expires,
        scope: impl FnOnce() -> R,
    ) -> R {
        // SAFETY: the handle is dropped below. If this runs inside of the timer's own callback, it
        // cannot cancel; but then what the pointer points to outlives that callback, and whoever
        // had started the timer cancels it.
        let handle = unsafe { self.start(expires) };
        let result = scope();
        drop(handle);
        result
    }
}

/// What stops a timer. Dropping it cancels the timer, and waits for its callback.
///
/// # Safety
///
/// When `cancel` or `drop` has returned, outside of the callback, the timer is neither started nor
/// does its callback run, unless somebody has started it again.
pub unsafe trait HrTimerHandle {
    /// Cancels the timer, and waits until a callback that runs has returned. Returns whether the
    /// timer was started.
    ///
    /// Does not sleep, but spins. Any context but NMI, and no lock held that the callback takes.
    /// From inside of the callback it does nothing but warn, and returns false.
    fn cancel(&mut self) -> bool;

    /// Cancels the timer unless its callback runs. Returns whether it was started. Any context but
    /// NMI; never waits for the callback, so locks do not matter.
    ///
    /// # Errors
    ///
    /// `EBUSY`: the callback runs, and nothing has changed.
    fn try_cancel(&mut self) -> Result<bool>;
}

/// A type that embeds an [`HrTimer`]. Implemented by
/// [`impl_has_hr_timer!`](crate::impl_has_hr_timer).
///
/// # Safety
///
/// At [`Self::OFFSET`] of every value of the type is a field of type `HrTimer<T>`.
pub unsafe trait HasHrTimer<T> {
    /// How the timer is started, and how the callback runs.
    type TimerMode: HrTimerMode;

    /// Where the timer is.
    const OFFSET: usize;

    /// The timer of a value.
    ///
    /// # Safety
    ///
    /// `this` points into an allocation of at least the size of a `Self`.
    #[doc(hidden)]
    unsafe fn raw_get_timer(this: *const Self) -> *const HrTimer<T>
    where
        Self: Sized,
    {
        // SAFETY: the trait promises that the field is there, so this stays in the allocation.
        unsafe { this.byte_add(Self::OFFSET) }.cast()
    }

    /// The value that a timer is in.
    ///
    /// # Safety
    ///
    /// `timer` is the timer of a `Self`.
    #[doc(hidden)]
    unsafe fn timer_container_of(timer: *mut HrTimer<T>) -> *mut Self
    where
        Self: Sized,
    {
        // SAFETY: the caller promises that the container starts so much earlier.
        unsafe { timer.byte_sub(Self::OFFSET) }.cast()
    }
}

/// Says which field of a type is its timer, and the timer's mode.
///
/// ```
/// use kernel::impl_has_hr_timer;
/// use kernel::prelude::*;
/// use kernel::sync::{Arc, ArcBorrow};
/// use kernel::time::RealTime;
/// use kernel::time::hrtimer::{
///     AbsoluteSoftMode, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerRestart,
/// };
///
/// #[pin_data]
/// struct Alarm<T> {
///     what: T,
///     #[pin]
///     timer: HrTimer<Self>,
/// }
///
/// impl_has_hr_timer! {
///     impl{T} HasHrTimer<Self> for Alarm<T> { mode: AbsoluteSoftMode<RealTime>, field: self.timer }
/// }
///
/// impl<T: Send + Sync + 'static> HrTimerCallback for Alarm<T> {
///     type Pointer<'a> = Arc<Self>;
///
///     fn run(_: ArcBorrow<'_, Self>, _: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
///         HrTimerRestart::NoRestart
///     }
/// }
///
/// let alarm = Arc::pin_init(pin_init!(Alarm { what: 5, timer <- HrTimer::new() }), GFP_KERNEL)?;
/// assert!(!alarm.timer.is_active());
/// assert_eq!(alarm.what, 5);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! impl_has_hr_timer {
    (
        impl $({$($generics:tt)*})? HasHrTimer<Self> for $type:ty {
            mode: $mode:ty, field: self.$field:ident $(,)?
        }
    ) => {
        // SAFETY: the constant does not compile if the field has another type.
        unsafe impl $(<$($generics)*>)? $crate::time::hrtimer::HasHrTimer<Self> for $type {
            type TimerMode = $mode;

            const OFFSET: usize = {
                let _: fn(&Self) -> &$crate::time::hrtimer::HrTimer<Self> = |this| &this.$field;
                ::core::mem::offset_of!(Self, $field)
            };
        }
    };
}

/// Starts the timer of a value.
///
/// # Safety
///
/// - `this` points to an initialised value that does not move.
/// - The value is there, and may be used as `T`'s callback does, until the timer is cancelled.
unsafe fn start<T: HasHrTimer<T>>(this: *const T, expires: HrTimerExpiry<T>) {
    // SAFETY: the value is initialised, and so is its timer.
    unsafe {
        RawTimer::start(
            timer(this),
            expires.as_nanos(),
            <T::TimerMode as HrTimerMode>::C_MODE,
        );
    }
}

/// The timer of a value.
///
/// # Safety
///
/// `this` points to a value.
unsafe fn timer<T: HasHrTimer<T>>(this: *const T) -> *const RawTimer {
    // SAFETY: the caller promises it. The raw timer is the first field of the timer.
    unsafe { T::raw_get_timer(this) }.cast()
}

#[cfg(feature = "ktest")]
mod races;
#[cfg(feature = "ktest")]
mod tests;
