// SPDX-License-Identifier: GPL-2.0-only

//! Asking a device again and again until it has what is waited for.
//!
//! C header: `include/linux/iopoll.h`.
//!
//! Consumers: PHY and GPU drivers, which poll registers for the end of a reset.

use crate::error::Result;
use crate::error::code::ETIMEDOUT;
use crate::time::delay::{self, fsleep, udelay};
use crate::time::{Delta, Instant, Monotonic};

/// Calls `op` until `cond` likes what it returns, and returns that. Sleeps for `sleep_delta` before
/// each further call; zero or less only lets others run. May sleep.
///
/// The time-out is an overall one: it runs on while `op` works. When it is over, `op` is called once
/// more, so that a task that slept for too long does not miss what came meanwhile. A time-out of
/// zero or less asks just that once.
///
/// # Errors
///
/// - `ETIMEDOUT`: `timeout_delta` has passed, and `cond` has not liked what came after it.
/// - What `op` fails with, at once.
///
/// # Examples
///
/// ```
/// use kernel::io::poll::read_poll_timeout;
/// use kernel::prelude::*;
/// use kernel::time::Delta;
///
/// let mut status = 0_u32;
/// let ready = read_poll_timeout(
///     || {
///         status += 1;
///         Ok(status)
///     },
///     |status| *status >= 3,
///     Delta::from_micros(20),
///     Delta::from_secs(5),
/// )?;
/// assert_eq!(ready, 3);
/// # Ok::<(), Error>(())
/// ```
pub fn read_poll_timeout<T>(
    mut op: impl FnMut() -> Result<T>,
    mut cond: impl FnMut(&T) -> bool,
    sleep_delta: Delta,
    timeout_delta: Delta,
) -> Result<T> {
    delay::might_sleep();
    let start = Instant::<Monotonic>::now();
    let mut is_last = timeout_delta <= Delta::ZERO;
    loop {
        let value = op()?;
        if cond(&value) {
            return Ok(value);
        }
        if is_last {
            return Err(ETIMEDOUT);
        }
        // Looked at between two reads: the last one begins after the time is up, and there is one
        // however late the first was.
        is_last = start.elapsed() >= timeout_delta;
        if is_last {
            continue;
        }
        if sleep_delta > Delta::ZERO {
            fsleep(sleep_delta);
        } else {
            delay::might_sleep();
        }
        delay::cpu_relax();
    }
}

/// As [`read_poll_timeout`], but it spins for `delay_delta`, and never sleeps. Any context but NMI;
/// nothing else happens on this CPU while it spins, so both times should be short.
///
/// With a delay the time begins when the first call has returned, and the clock is looked at after
/// each call. Without, it begins after 128 calls, and the clock is looked at after as many again, so
/// that up to 256 calls more may be made than the time allows: a device that is ready soon costs no
/// look at the clock. The time is over when the clock says so, or when the delays add up to it, with a
/// nanosecond for each further call: the clock may stand still, as it does while a machine falls asleep.
///
/// C's macro looks at the clock alone up to 6.1, and adds up the delays alone since 6.5; and it has a
/// time-out of zero for none at all. Here a time-out of zero or less asks once.
///
/// # Errors
///
/// As [`read_poll_timeout`].
///
/// # Examples
///
/// ```
/// use kernel::io::poll::read_poll_timeout_atomic;
/// use kernel::prelude::*;
/// use kernel::time::Delta;
///
/// let never = read_poll_timeout_atomic(
///     || Ok(()),
///     |()| false,
///     Delta::from_micros(1),
///     Delta::from_micros(10),
/// );
/// assert_eq!(never, Err(ETIMEDOUT));
/// # Ok::<(), Error>(())
/// ```
#[inline]
pub fn read_poll_timeout_atomic<T>(
    mut op: impl FnMut() -> Result<T>,
    mut cond: impl FnMut(&T) -> bool,
    delay_delta: Delta,
    timeout_delta: Delta,
) -> Result<T> {
    let is_spinning = timeout_delta > Delta::ZERO && delay_delta <= Delta::ZERO;
    if is_spinning {
        // Most polls end here, which keeps nothing but how many calls are left.
        for _ in 0..CALLS {
            let value = op()?;
            if cond(&value) {
                return Ok(value);
            }
            delay::cpu_relax();
        }
    }
    let mut patience = Patience::Whole;
    let mut calls = 0;
    if is_spinning {
        calls = patience.more(delay_delta, timeout_delta)?;
    }
    loop {
        let value = op()?;
        if cond(&value) {
            return Ok(value);
        }
        // A call costs this and `pause`; all else is in `Patience::more`.
        match calls.checked_sub(1) {
            Some(left) => calls = left,
            None => calls = patience.more(delay_delta, timeout_delta)?,
        }
        if delay_delta > Delta::ZERO && !matches!(patience, Patience::Over) {
            udelay(delay_delta);
        }
        delay::cpu_relax();
    }
}

/// How many calls are made without a delay between two looks at the clock.
const CALLS: u32 = 128;

/// How long the calls take until [`Patience::more`] is asked again, by the delays alone, and how many
/// calls that are, but one.
#[inline]
fn stretch(delay: Delta) -> (i64, u32) {
    let delay = delay.as_nanos();
    if delay > 0 {
        (delay.saturating_add(1), 0)
    } else {
        (i64::from(CALLS), CALLS.saturating_sub(1))
    }
}

/// What is left of a time-out, by the clock and by the delays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Nothing has been waited for.
    Whole,
    /// When it began by the clock, and the delays since then.
    Since {
        start: Instant<Monotonic>,
        waited: i64,
    },
    /// The last call is being made.
    Over,
}

impl Patience {
    /// How many calls may be made after the next one before this is asked again.
    ///
    /// # Errors
    ///
    /// `ETIMEDOUT`: none, and no next one either.
    #[cold]
    #[inline(never)]
    fn more(&mut self, delay: Delta, timeout: Delta) -> Result<u32> {
        self.more_at(Instant::now(), delay, timeout)
    }

    fn more_at(&mut self, now: Instant<Monotonic>, delay: Delta, timeout: Delta) -> Result<u32> {
        let timeout = timeout.as_nanos();
        if *self == Self::Over || timeout <= 0 {
            return Err(ETIMEDOUT);
        }
        let (stretch, calls) = stretch(delay);
        let (start, waited) = match *self {
            Self::Since { start, waited } => (start, waited.saturating_add(stretch)),
            _ => (now, 0),
        };
        if (now - start).as_nanos() >= timeout || waited >= timeout {
            *self = Self::Over;
            return Ok(0);
        }
        *self = Self::Since { start, waited };
        Ok(calls)
    }
}

#[cfg(feature = "ktest")]
mod tests;
