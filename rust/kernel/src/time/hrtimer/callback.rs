// SPDX-License-Identifier: GPL-2.0-only

//! What a timer calls.

use super::{HasHrTimer, HrTimer, HrTimerInstant, HrTimerMode, RawTimer};
use crate::time::{ClockSource, Delta, Instant};

/// What becomes of a timer after its callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HrTimerRestart {
    /// It is idle until it is started again.
    NoRestart,
    /// It is started again for when the [context](HrTimerCallbackContext) says. Without a
    /// [`forward`](HrTimerCallbackContext::forward) that is in the past, and the callback runs again
    /// at once.
    Restart,
}

/// What a timer inside of a type does when it expires.
pub trait HrTimerCallback {
    /// The pointer that starts the timer.
    type Pointer<'a>: RawHrTimerCallback
    where
        Self: 'a;

    /// Is called when the timer has expired: in a hard interrupt, or with a soft mode in a soft
    /// interrupt. Must not sleep.
    ///
    /// A timer's callback never runs on two CPUs at once, even if it is started again meanwhile.
    fn run(
        this: <Self::Pointer<'_> as RawHrTimerCallback>::CallbackTarget<'_>,
        ctx: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart
    where
        Self: Sized + HasHrTimer<Self>;
}

/// A pointer that C's callback is made for. Implemented for the pointers that start timers.
pub trait RawHrTimerCallback {
    /// What the callback gets.
    type CallbackTarget<'a>;

    /// C's callback.
    ///
    /// # Safety
    ///
    /// Called by C with a timer that was started through this kind of pointer.
    #[doc(hidden)]
    unsafe extern "C" fn run(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart;
}

/// When a timer expired, and when it shall expire next. Holding one proves that this is the
/// callback.
pub struct HrTimerCallbackContext<'a, T: HasHrTimer<T>> {
    expires: &'a mut HrTimerInstant<T>,
}

impl<T: HasHrTimer<T>> HrTimerCallbackContext<'_, T> {
    /// When the timer was to expire; after a forward, when it shall expire next.
    #[must_use]
    pub fn expires(&self) -> HrTimerInstant<T> {
        *self.expires
    }

    /// Puts the expiry off by as many whole `interval`s as it takes to get behind `now`, and
    /// returns how many: 0 if it is behind already, 1 if the callback is in time, more if it missed
    /// some. An interval below the clock's resolution, or a negative one, counts as that.
    ///
    /// As C's `hrtimer_forward`. To take effect, the callback must return
    /// [`HrTimerRestart::Restart`].
    pub fn forward(&mut self, now: HrTimerInstant<T>, interval: Delta) -> u64 {
        // SAFETY: this only reads a variable that does not change after boot.
        let least = unsafe { bindings::ferrite_hrtimer_resolution() };
        let interval = interval.max(Delta::from_nanos(i64::from(least.max(1))));
        let (expires, passed) = forward(*self.expires, now, interval);
        *self.expires = expires;
        passed
    }

    /// [`Self::forward`] behind the time that it is now.
    pub fn forward_now(&mut self, interval: Delta) -> u64 {
        self.forward(Instant::now(), interval)
    }
}

/// `interval` is positive.
fn forward<C: ClockSource>(
    expires: Instant<C>,
    now: Instant<C>,
    interval: Delta,
) -> (Instant<C>, u64) {
    let late = now - expires;
    if late.is_negative() {
        return (expires, 0);
    }
    let count = late.checked_div(interval).unwrap_or(0).saturating_add(1);
    let passed = u64::try_from(count).unwrap_or(0);
    (expires + interval * count, passed)
}

/// The body of C's callback for a timer inside of a `T`.
///
/// # Safety
///
/// - Called by C with the timer of a `T`, from its callback.
/// - The value is there until this has returned, and after a restart until the timer is cancelled.
pub(super) unsafe fn fire<T: HasHrTimer<T>>(
    timer: *mut bindings::hrtimer,
    run: impl FnOnce(*mut T, HrTimerCallbackContext<'_, T>) -> HrTimerRestart,
) -> bindings::hrtimer_restart {
    // SAFETY: C's timer is at the start of a timer of ours, which is inside of a `T`.
    let this = unsafe { T::timer_container_of(timer.cast::<HrTimer<T>>()) };
    let body = |expires| {
        let mut expires = Instant::from_ktime(expires);
        let ctx = HrTimerCallbackContext {
            expires: &mut expires,
        };
        match run(this, ctx) {
            HrTimerRestart::NoRestart => None,
            HrTimerRestart::Restart => Some(expires.as_nanos()),
        }
    };
    // SAFETY: the caller promises all of it.
    unsafe { RawTimer::fire(timer, <T::TimerMode as HrTimerMode>::C_MODE, body) }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::forward;
    use crate::error::Result;
    use crate::ktest::kernel_test;
    use crate::time::{Delta, Instant, Monotonic};

    fn at(nanos: i64) -> Instant<Monotonic> {
        Instant::ZERO + Delta::from_nanos(nanos)
    }

    #[kernel_test]
    fn forward_counts_whole_intervals() -> Result {
        let interval = Delta::from_nanos(10);
        assert_eq!(forward(at(100), at(99), interval), (at(100), 0));
        assert_eq!(forward(at(100), at(100), interval), (at(110), 1));
        assert_eq!(forward(at(100), at(109), interval), (at(110), 1));
        assert_eq!(forward(at(100), at(110), interval), (at(120), 2));
        assert_eq!(
            forward(at(0), at(1_000_005), interval),
            (at(1_000_010), 100_001)
        );
        Ok(())
    }

    #[kernel_test]
    fn forward_does_not_wrap() -> Result {
        let (expires, passed) = forward(
            Instant::ZERO,
            Instant::<Monotonic>::MAX,
            Delta::from_nanos(1),
        );
        assert_eq!(expires, Instant::MAX);
        assert_eq!(passed, i64::MAX.unsigned_abs());
        assert_eq!(forward(at(5), at(6), Delta::MAX), (Instant::MAX, 1));
        Ok(())
    }
}
