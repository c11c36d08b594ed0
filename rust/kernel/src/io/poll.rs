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
    op: impl FnMut() -> Result<T>,
    cond: impl FnMut(&T) -> bool,
    sleep_delta: Delta,
    timeout_delta: Delta,
) -> Result<T> {
    delay::might_sleep();
    poll(op, cond, timeout_delta, || {
        if sleep_delta > Delta::ZERO {
            fsleep(sleep_delta);
        } else {
            delay::might_sleep();
        }
        delay::cpu_relax();
    })
}

/// As [`read_poll_timeout`], but it spins for `delay_delta`, and never sleeps. Any context but NMI;
/// nothing else happens on this CPU while it spins, so both times should be short.
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
pub fn read_poll_timeout_atomic<T>(
    op: impl FnMut() -> Result<T>,
    cond: impl FnMut(&T) -> bool,
    delay_delta: Delta,
    timeout_delta: Delta,
) -> Result<T> {
    poll(op, cond, timeout_delta, || {
        if delay_delta > Delta::ZERO {
            udelay(delay_delta);
        }
        delay::cpu_relax();
    })
}

fn poll<T>(
    mut op: impl FnMut() -> Result<T>,
    mut cond: impl FnMut(&T) -> bool,
    timeout: Delta,
    wait: impl Fn(),
) -> Result<T> {
    let start = Instant::<Monotonic>::now();
    loop {
        // Looked at before the read: the last read begins after the time is up.
        let is_last = start.elapsed() >= timeout;
        let value = op()?;
        if cond(&value) {
            return Ok(value);
        }
        if is_last {
            return Err(ETIMEDOUT);
        }
        wait();
    }
}

#[cfg(feature = "ktest")]
mod tests;
