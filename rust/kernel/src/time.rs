// SPDX-License-Identifier: GPL-2.0-only

//! Time: clocks, points on them, and spans between these.
//!
//! C headers: `include/linux/ktime.h`, `include/linux/timekeeping.h`, `include/linux/jiffies.h`.
//!
//! An [`Instant`] belongs to a clock, and instants of two clocks do not mix: what C calls `ktime_t`
//! is both a point and a span, here they are two types. No operation panics, and none wraps: where a
//! result does not fit, the operators give the nearest value that does (as C's `ktime_add_safe`), and
//! the `checked_` methods say so.
//!
//! | to do | use |
//! |---|---|
//! | ask what time it is | [`Instant::now`] |
//! | wait | [`delay`] |
//! | be called later, to the nanosecond | [`hrtimer`] |
//! | be called later, to the tick | [`timer`] |
//! | speak the language of C's older interfaces | [`jiffies`] |
//!
//! Consumers: `samples/hrtimer`, `samples/lease` (a timer in a box, and jiffies), `drivers/block/rnull`
//! (`irqmode=2`).

mod delta;
mod instant;

pub mod delay;
pub mod hrtimer;
pub mod jiffies;
pub mod timer;

pub use delta::Delta;
pub use instant::{BootTime, ClockSource, Instant, Monotonic, RealTime, Tai};
pub use jiffies::{Jiffies, Msecs, msecs_to_jiffies};

/// Nanoseconds in a microsecond.
pub const NSEC_PER_USEC: i64 = 1_000;

/// Nanoseconds in a millisecond.
pub const NSEC_PER_MSEC: i64 = 1_000_000;

/// Nanoseconds in a second.
pub const NSEC_PER_SEC: i64 = 1_000_000_000;

#[cfg(feature = "ktest")]
mod tests;
