// SPDX-License-Identifier: GPL-2.0-only

//! Jiffies: time in ticks, as C's older interfaces count it.
//!
//! C header: `include/linux/jiffies.h`.
//!
//! All of this may be used in any context.

use super::Delta;

/// A time, or a span, in ticks. The counter wraps: on 32 bits after 49 days at 1000 Hz, and first
/// five minutes after the boot. So compare two times with [`is_after`], never with `<`.
pub type Jiffies = core::ffi::c_ulong;

/// A span in milliseconds.
pub type Msecs = core::ffi::c_uint;

/// The longest wait that C's interfaces take for one; they turn longer ones into "for ever".
pub const MAX_JIFFY_OFFSET: Jiffies = (Jiffies::MAX >> 2).wrapping_sub(1);

/// The ticks now: C's `jiffies`.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::time::jiffies;
///
/// let deadline = jiffies::now().wrapping_add(jiffies::msecs_to_jiffies(60_000));
/// assert!(jiffies::is_after(deadline, jiffies::now()));
/// assert!(!jiffies::is_after(jiffies::now(), deadline));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn now() -> Jiffies {
    // SAFETY: this only reads a counter.
    unsafe { bindings::ferrite_jiffies_now() }
}

/// The ticks in a second: C's `HZ`.
#[must_use]
pub fn hz() -> u32 {
    // SAFETY: this only returns a constant.
    unsafe { bindings::ferrite_jiffies_hz() }
}

/// Whether `time` comes after `other`, also if the counter has wrapped between them: C's
/// `time_after`. They must be less than half of the counter's range apart.
#[must_use]
pub const fn is_after(time: Jiffies, other: Jiffies) -> bool {
    other.wrapping_sub(time).cast_signed() < 0
}

/// Milliseconds as jiffies, rounded up; what is too long becomes [`MAX_JIFFY_OFFSET`].
#[must_use]
pub fn msecs_to_jiffies(msecs: Msecs) -> Jiffies {
    // SAFETY: this only computes.
    unsafe { bindings::ferrite_jiffies_from_msecs(msecs) }
}

/// Microseconds as jiffies, rounded up; what is too long becomes [`MAX_JIFFY_OFFSET`].
#[must_use]
pub fn usecs_to_jiffies(usecs: u32) -> Jiffies {
    // SAFETY: this only computes.
    unsafe { bindings::ferrite_jiffies_from_usecs(usecs) }
}

/// Nanoseconds as jiffies, rounded down. On 32 bits what does not fit is cut off, as in C.
#[must_use]
pub fn nsecs_to_jiffies(nsecs: u64) -> Jiffies {
    // SAFETY: this only computes.
    unsafe { bindings::ferrite_jiffies_from_nsecs(&raw const nsecs) }
}

/// Jiffies as milliseconds; C cuts off what does not fit.
#[must_use]
pub fn jiffies_to_msecs(jiffies: Jiffies) -> Msecs {
    // SAFETY: this only computes.
    unsafe { bindings::ferrite_jiffies_to_msecs(jiffies) }
}

/// Jiffies as microseconds; C cuts off what does not fit.
#[must_use]
pub fn jiffies_to_usecs(jiffies: Jiffies) -> u32 {
    // SAFETY: this only computes.
    unsafe { bindings::ferrite_jiffies_to_usecs(jiffies) }
}

/// Jiffies as nanoseconds.
#[must_use]
pub fn jiffies_to_nsecs(jiffies: Jiffies) -> u64 {
    // SAFETY: this only computes.
    unsafe { bindings::ferrite_jiffies_to_nsecs(jiffies) }
}

/// Jiffies as a span.
#[must_use]
pub fn jiffies_to_delta(jiffies: Jiffies) -> Delta {
    Delta::from_nanos(i64::try_from(jiffies_to_nsecs(jiffies)).unwrap_or(i64::MAX))
}

/// A span as jiffies, rounded up, so that as many ticks are not shorter than the span; none for a
/// negative one. What is too long becomes [`MAX_JIFFY_OFFSET`].
#[must_use]
pub fn delta_to_jiffies(delta: Delta) -> Jiffies {
    let Ok(nanos) = u64::try_from(delta.as_nanos()) else {
        return 0;
    };
    // Rounded up here, since C rounds down; a tick is a whole number of nanoseconds on x86.
    let tick = jiffies_to_nsecs(1).max(1);
    let ticks = nanos.div_ceil(tick);
    Jiffies::try_from(ticks).map_or(MAX_JIFFY_OFFSET, |ticks| ticks.min(MAX_JIFFY_OFFSET))
}
