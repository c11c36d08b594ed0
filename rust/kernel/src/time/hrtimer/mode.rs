// SPDX-License-Identifier: GPL-2.0-only

//! How timers are started, and where their callbacks run, as types.

use core::marker::PhantomData;

use crate::time::{ClockSource, Delta, Instant};

/// When a timer expires: a point in time or a span from now.
pub trait HrTimerExpires: sealed::Sealed {
    /// For C.
    #[doc(hidden)]
    fn as_nanos(&self) -> i64;
}

mod sealed {
    /// Modes and expiries are what C knows.
    #[doc(hidden)]
    pub trait Sealed {}
}

impl<C: ClockSource> sealed::Sealed for Instant<C> {}

impl<C: ClockSource> HrTimerExpires for Instant<C> {
    fn as_nanos(&self) -> i64 {
        Self::as_nanos(*self)
    }
}

impl sealed::Sealed for Delta {}

impl HrTimerExpires for Delta {
    /// What is over expires now.
    fn as_nanos(&self) -> i64 {
        Self::as_nanos(*self).max(0)
    }
}

/// How a timer is started, and where its callback runs. Only the types here implement it.
pub trait HrTimerMode: sealed::Sealed {
    /// The clock that the timer goes by.
    type Clock: ClockSource;

    /// What the timer is started with.
    type Expires: HrTimerExpires;

    /// C's `enum hrtimer_mode`.
    #[doc(hidden)]
    const C_MODE: u32;
}

macro_rules! modes {
    ($($(#[$doc:meta])* $name:ident: $clock:ty, $expires:ty, $mode:ident;)*) => { $(
        $(#[$doc])*
        pub struct $name<C: ClockSource>(PhantomData<C>);

        impl<C: ClockSource> sealed::Sealed for $name<C> {}

        impl<C: ClockSource> HrTimerMode for $name<C> {
            type Clock = $clock;
            type Expires = $expires;
            const C_MODE: u32 = bindings::$mode;
        }
    )* };
}

modes! {
    /// Expires at a point in time. The callback runs in a hard interrupt (on a real-time kernel in
    /// a soft one), on whichever CPU the kernel thinks best.
    AbsoluteMode: C, Instant<C>, HRTIMER_MODE_ABS;
    /// Expires so long after it was started; otherwise as [`AbsoluteMode`]. On
    /// [`RealTime`](crate::time::RealTime) it goes by [`Monotonic`](crate::time::Monotonic), as in C.
    RelativeMode: C::Relative, Delta, HRTIMER_MODE_REL;
    /// As [`AbsoluteMode`]; the callback runs on the CPU that started the timer.
    AbsolutePinnedMode: C, Instant<C>, HRTIMER_MODE_ABS_PINNED;
    /// As [`RelativeMode`]; the callback runs on the CPU that started the timer.
    RelativePinnedMode: C::Relative, Delta, HRTIMER_MODE_REL_PINNED;
    /// As [`AbsoluteMode`]; the callback runs in a soft interrupt.
    AbsoluteSoftMode: C, Instant<C>, HRTIMER_MODE_ABS_SOFT;
    /// As [`RelativeMode`]; the callback runs in a soft interrupt.
    RelativeSoftMode: C::Relative, Delta, HRTIMER_MODE_REL_SOFT;
    /// As [`AbsolutePinnedMode`]; the callback runs in a soft interrupt.
    AbsolutePinnedSoftMode: C, Instant<C>, HRTIMER_MODE_ABS_PINNED_SOFT;
    /// As [`RelativePinnedMode`]; the callback runs in a soft interrupt.
    RelativePinnedSoftMode: C::Relative, Delta, HRTIMER_MODE_REL_PINNED_SOFT;
    /// As [`AbsoluteMode`]; the callback runs in a hard interrupt on a real-time kernel too.
    AbsoluteHardMode: C, Instant<C>, HRTIMER_MODE_ABS_HARD;
    /// As [`RelativeMode`]; the callback runs in a hard interrupt on a real-time kernel too.
    RelativeHardMode: C::Relative, Delta, HRTIMER_MODE_REL_HARD;
    /// As [`AbsolutePinnedMode`]; the callback runs in a hard interrupt on a real-time kernel too.
    AbsolutePinnedHardMode: C, Instant<C>, HRTIMER_MODE_ABS_PINNED_HARD;
    /// As [`RelativePinnedMode`]; the callback runs in a hard interrupt on a real-time kernel too.
    RelativePinnedHardMode: C::Relative, Delta, HRTIMER_MODE_REL_PINNED_HARD;
}
