// SPDX-License-Identifier: GPL-2.0-only

//! Points in time.

use core::cmp::Ordering;
use core::marker::PhantomData;
use core::ops::{Add, Sub};

use super::Delta;

/// A clock that C keeps.
///
/// Only the types here implement it.
pub trait ClockSource: sealed::Sealed + Copy + 'static {
    /// C's number of the clock (`CLOCK_MONOTONIC` and so on).
    const ID: i32;

    /// The clock that a timer goes by which is started for so long *from now*.
    ///
    /// It is the clock itself, but for [`RealTime`]: setting that clock must not make a span longer
    /// or shorter, so C takes [`Monotonic`] for it (`hrtimer_setup` in `kernel/time/hrtimer.c`).
    type Relative: ClockSource;

    /// The time now, in nanoseconds; never negative.
    #[doc(hidden)]
    fn ktime_get() -> i64;
}

mod sealed {
    /// What C has clocks for is known here.
    #[doc(hidden)]
    pub trait Sealed {}
}

macro_rules! clock {
    ($(#[$doc:meta])* $name:ident, $relative:ident, $id:ident, $get:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name;

        impl sealed::Sealed for $name {}

        impl ClockSource for $name {
            const ID: i32 = bindings::$id as i32;
            type Relative = $relative;

            #[inline]
            fn ktime_get() -> i64 {
                // SAFETY: reading a clock has no requirements.
                unsafe { bindings::$get() }.max(0)
            }
        }
    };
}

clock! {
    /// Runs at an even pace from some point before the boot; stands still while the machine is
    /// suspended. The clock to measure with.
    Monotonic, Monotonic, FERRITE_CLOCK_MONOTONIC, ferrite_time_monotonic
}
clock! {
    /// The time since 1970 (UTC). It may be set, and then jumps in either direction.
    RealTime, Monotonic, FERRITE_CLOCK_REALTIME, ferrite_time_real
}
clock! {
    /// As [`Monotonic`], but it goes on while the machine is suspended.
    BootTime, BootTime, FERRITE_CLOCK_BOOTTIME, ferrite_time_boot
}
clock! {
    /// International atomic time: as [`RealTime`], without leap seconds.
    Tai, Tai, FERRITE_CLOCK_TAI, ferrite_time_tai
}

/// A point in time on the clock `C`.
///
/// Instants of different clocks cannot be compared or subtracted: that does not compile.
///
/// # Invariants
///
/// The nanoseconds are not negative.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::time::{Delta, Instant, Monotonic};
///
/// let start = Instant::<Monotonic>::now();
/// let later = start + Delta::from_secs(1);
/// assert!(later > start);
/// assert_eq!(later - start, Delta::from_secs(1));
/// assert!(!start.elapsed().is_negative());
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct Instant<C: ClockSource> {
    nanos: i64,
    _clock: PhantomData<C>,
}

impl<C: ClockSource> Instant<C> {
    /// The first instant of the clock.
    pub const ZERO: Self = Self::new(0);
    /// The last instant that can be told: C's `KTIME_MAX`.
    pub const MAX: Self = Self::new(i64::MAX);

    /// `nanos` is not negative.
    const fn new(nanos: i64) -> Self {
        // INVARIANT: the callers in this file see to it.
        Self {
            nanos,
            _clock: PhantomData,
        }
    }

    /// What C says about a timer or a clock.
    pub(super) fn from_ktime(nanos: i64) -> Self {
        Self::new(nanos.max(0))
    }

    /// The time now. May be called in any context, but not from an NMI.
    #[must_use]
    pub fn now() -> Self {
        Self::from_ktime(C::ktime_get())
    }

    /// The instant so many nanoseconds after the clock's first; none before that.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Option<Self> {
        if nanos < 0 {
            None
        } else {
            Some(Self::new(nanos))
        }
    }

    /// The nanoseconds since the clock's first instant; not negative.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.nanos
    }

    /// How long ago it was; negative for one that is to come.
    #[must_use]
    pub fn elapsed(self) -> Delta {
        Self::now() - self
    }

    /// The instant so much later, if there is one.
    #[must_use]
    pub const fn checked_add(self, delta: Delta) -> Option<Self> {
        match self.nanos.checked_add(delta.as_nanos()) {
            Some(nanos) => Self::from_nanos(nanos),
            None => None,
        }
    }

    /// The instant so much earlier, if there is one.
    #[must_use]
    pub const fn checked_sub(self, delta: Delta) -> Option<Self> {
        match self.nanos.checked_sub(delta.as_nanos()) {
            Some(nanos) => Self::from_nanos(nanos),
            None => None,
        }
    }
}

impl<C: ClockSource> Sub for Instant<C> {
    type Output = Delta;

    /// The span between two instants. It always fits: neither is negative.
    fn sub(self, other: Self) -> Delta {
        Delta::from_nanos(self.nanos.wrapping_sub(other.nanos))
    }
}

impl<C: ClockSource> Add<Delta> for Instant<C> {
    type Output = Self;

    /// The instant so much later, or the nearest that can be told.
    fn add(self, delta: Delta) -> Self {
        Self::from_ktime(self.nanos.saturating_add(delta.as_nanos()))
    }
}

impl<C: ClockSource> Sub<Delta> for Instant<C> {
    type Output = Self;

    /// The instant so much earlier, or the nearest that can be told.
    fn sub(self, delta: Delta) -> Self {
        Self::from_ktime(self.nanos.saturating_sub(delta.as_nanos()))
    }
}

// Not derived: that would ask the same of the clock.
impl<C: ClockSource> Clone for Instant<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: ClockSource> Copy for Instant<C> {}

impl<C: ClockSource> PartialEq for Instant<C> {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl<C: ClockSource> Eq for Instant<C> {}

impl<C: ClockSource> PartialOrd for Instant<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C: ClockSource> Ord for Instant<C> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl<C: ClockSource> core::fmt::Debug for Instant<C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Instant").field(&self.nanos).finish()
    }
}
