// SPDX-License-Identifier: GPL-2.0-only

//! Waiting for time to pass.
//!
//! C header: `include/linux/delay.h`.
//!
//! The functions that sleep need process context, and no spinlock held. Those that spin may be used
//! anywhere; they keep the CPU busy.
//!
//! A sleep is never too short. A spin may be: it counts rounds of a loop, or of a counter of the
//! CPU's, that the kernel has calibrated when it booted. [`fsleep`] spins for up to 10 microseconds.

use super::{Delta, Msecs, NSEC_PER_USEC};

/// The longest that C's functions are asked for at once, in microseconds: about 35 minutes.
const MAX_SLEEP: u64 = i32::MAX as u64;

/// The longest that C's `udelay` is asked for at once; it loses track of much longer ones.
const MAX_SPIN: u64 = 1_000;

/// The microseconds of a span, rounded up; none of a negative one.
#[inline]
fn micros(delta: Delta) -> u64 {
    u64::try_from(delta.as_micros_ceil()).unwrap_or(0)
}

/// Calls `wait` with pieces of at most `most` that make up `whole`.
#[inline]
fn in_pieces(whole: u64, most: u64, wait: impl Fn(core::ffi::c_ulong)) {
    let mut left = whole;
    while left > 0 {
        let piece = left.min(most);
        // Both limits above fit into 32 bits.
        wait(core::ffi::c_ulong::try_from(piece).unwrap_or(0));
        left = left.saturating_sub(piece);
    }
}

/// Waits for `delta` or longer, by the way that suits the length: it spins for up to 10
/// microseconds and sleeps longer ones. May sleep. A negative span is none.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::time::{Delta, Instant, Monotonic, delay::fsleep};
///
/// let start = Instant::<Monotonic>::now();
/// fsleep(Delta::from_micros(200));
/// assert!(start.elapsed() >= Delta::from_micros(200));
/// # Ok::<(), Error>(())
/// ```
// Mostly of a constant: one call then, with the number that C wants.
#[inline]
pub fn fsleep(delta: Delta) {
    // SAFETY: any length is fine; the context is the caller's duty, as in C.
    in_pieces(micros(delta), MAX_SLEEP, |usecs| unsafe {
        bindings::ferrite_delay_fsleep(usecs);
    });
}

/// Sleeps for at least `min`; the kernel may join the wakeup with another one up to `max`. For 10
/// microseconds to 20 milliseconds. May sleep. A `max` below `min` is taken for `min`.
pub fn usleep_range(min: Delta, max: Delta) {
    let min = micros(min).min(MAX_SLEEP);
    let max = micros(max).max(min).min(MAX_SLEEP);
    let word = |usecs| core::ffi::c_ulong::try_from(usecs).unwrap_or(0);
    // SAFETY: `min` is not above `max`; the context is the caller's duty, as in C.
    unsafe { bindings::ferrite_delay_usleep_range(word(min), word(max)) };
}

/// Sleeps until `msecs` milliseconds have passed or a signal has come. May sleep. Returns the
/// milliseconds that were left: as C counts them, which may be a tick more than was asked for.
pub fn msleep_interruptible(msecs: Msecs) -> Msecs {
    // SAFETY: any length is fine; the context is the caller's duty, as in C.
    let left = unsafe { bindings::ferrite_delay_msleep_interruptible(msecs) };
    Msecs::try_from(left).unwrap_or(Msecs::MAX)
}

/// Spins for `delta`, rounded up to microseconds. Any context. Meant for a few
/// microseconds: while it spins on a CPU with interrupts off, nothing else happens there.
pub fn udelay(delta: Delta) {
    // SAFETY: C keeps track of a piece of this length.
    in_pieces(micros(delta), MAX_SPIN, |usecs| unsafe {
        bindings::ferrite_delay_udelay(usecs);
    });
}

/// Spins for `delta`, which should be less than a microsecond. Any context.
pub fn ndelay(delta: Delta) {
    let nanos = delta.as_nanos().max(0);
    if nanos >= NSEC_PER_USEC {
        return udelay(delta);
    }
    // SAFETY: C keeps track of a piece of this length.
    unsafe { bindings::ferrite_delay_ndelay(core::ffi::c_ulong::try_from(nanos).unwrap_or(0)) };
}

/// Spins for `msecs` milliseconds. Any context; but nearly everywhere [`fsleep`] or a
/// timer is right instead.
pub fn mdelay(msecs: Msecs) {
    udelay(Delta::from_millis(i64::from(msecs)));
}

/// Says that what follows may sleep: a kernel that looks for sleeping in the wrong context complains
/// here, whether it sleeps or not. Elsewhere it only lets others run, if they have waited for it.
#[inline]
pub fn might_sleep() {
    // SAFETY: the context is the caller's duty, as in C.
    unsafe { bindings::ferrite_delay_might_sleep() };
}

/// Tells the CPU that this is a loop that waits for another CPU or a device. Any context.
#[inline]
pub fn cpu_relax() {
    // `pause`, as C's; a CPU that does not know it takes it for a `nop`.
    core::hint::spin_loop();
}

#[cfg(feature = "ktest")]
mod tests;
