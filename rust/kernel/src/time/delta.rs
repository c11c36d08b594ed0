// SPDX-License-Identifier: GPL-2.0-only

//! Spans of time.

use core::num::NonZero;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use core::time::Duration;

use super::{NSEC_PER_MSEC, NSEC_PER_SEC, NSEC_PER_USEC};
use crate::error::Error;
use crate::error::code::{EOVERFLOW, ERANGE};

/// A span of time in nanoseconds; it may be negative. About 292 years fit in either direction.
///
/// The operators give the nearest span that fits; the `checked_` methods say if none does.
///
/// # Examples
///
/// ```
/// use kernel::prelude::*;
/// use kernel::time::Delta;
///
/// let delta = Delta::from_millis(2) + Delta::from_micros(500);
/// assert_eq!(delta.as_nanos(), 2_500_000);
/// assert_eq!(delta.as_millis(), 2);
/// assert_eq!((-delta).as_millis(), -2);
/// assert_eq!(Delta::MAX + delta, Delta::MAX);
/// assert_eq!(Delta::MAX.checked_add(delta), None);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Delta {
    nanos: i64,
}

impl Delta {
    /// No time at all.
    pub const ZERO: Self = Self::from_nanos(0);
    /// The longest span: about 292 years.
    pub const MAX: Self = Self::from_nanos(i64::MAX);
    /// The most negative span.
    pub const MIN: Self = Self::from_nanos(i64::MIN);

    /// A span of so many nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// A span of so many microseconds, or the nearest that fits.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self::from_nanos(micros.saturating_mul(NSEC_PER_USEC))
    }

    /// A span of so many milliseconds, or the nearest that fits.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self::from_nanos(millis.saturating_mul(NSEC_PER_MSEC))
    }

    /// A span of so many seconds, or the nearest that fits.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self::from_nanos(secs.saturating_mul(NSEC_PER_SEC))
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether it goes backwards.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// In nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.nanos
    }

    /// In microseconds, rounded up: towards the later.
    #[must_use]
    pub const fn as_micros_ceil(self) -> i64 {
        let whole = self.nanos / NSEC_PER_USEC;
        if self.nanos % NSEC_PER_USEC > 0 {
            whole.saturating_add(1)
        } else {
            whole
        }
    }

    /// In whole milliseconds, rounded towards zero.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.nanos / NSEC_PER_MSEC
    }

    /// In whole seconds, rounded towards zero.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.nanos / NSEC_PER_SEC
    }

    /// The sum, if it fits.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.nanos.checked_add(other.nanos) {
            Some(nanos) => Some(Self::from_nanos(nanos)),
            None => None,
        }
    }

    /// The difference, if it fits.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.nanos.checked_sub(other.nanos) {
            Some(nanos) => Some(Self::from_nanos(nanos)),
            None => None,
        }
    }

    /// The product, if it fits.
    #[must_use]
    pub const fn checked_mul(self, factor: i64) -> Option<Self> {
        match self.nanos.checked_mul(factor) {
            Some(nanos) => Some(Self::from_nanos(nanos)),
            None => None,
        }
    }

    /// How often `other` fits into it; nothing if `other` is zero, or the result does not fit.
    ///
    /// There is no operator for this: it would have to panic.
    #[must_use]
    pub const fn checked_div(self, other: Self) -> Option<i64> {
        self.nanos.checked_div(other.nanos)
    }

    /// What is left when `other` has been taken away as often as it fits; nothing if `other` is zero.
    #[must_use]
    pub const fn checked_rem(self, other: Self) -> Option<Self> {
        match self.nanos.checked_rem(other.nanos) {
            Some(nanos) => Some(Self::from_nanos(nanos)),
            None => None,
        }
    }
}

impl Add for Delta {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::from_nanos(self.nanos.saturating_add(other.nanos))
    }
}

impl AddAssign for Delta {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Delta {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::from_nanos(self.nanos.saturating_sub(other.nanos))
    }
}

impl SubAssign for Delta {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Delta {
    type Output = Self;

    fn neg(self) -> Self {
        Self::from_nanos(self.nanos.saturating_neg())
    }
}

impl Mul<i64> for Delta {
    type Output = Self;

    fn mul(self, factor: i64) -> Self {
        Self::from_nanos(self.nanos.saturating_mul(factor))
    }
}

impl Div<NonZero<i64>> for Delta {
    type Output = Self;

    /// A part of the span, rounded towards zero.
    fn div(self, divisor: NonZero<i64>) -> Self {
        Self::from_nanos(self.nanos.saturating_div(divisor.get()))
    }
}

impl TryFrom<Duration> for Delta {
    type Error = Error;

    /// # Errors
    ///
    /// `EOVERFLOW`: it is longer than 292 years.
    fn try_from(duration: Duration) -> Result<Self, Error> {
        let nanos = i64::try_from(duration.as_nanos()).map_err(|_| EOVERFLOW)?;
        Ok(Self::from_nanos(nanos))
    }
}

impl TryFrom<Delta> for Duration {
    type Error = Error;

    /// # Errors
    ///
    /// `ERANGE`: it is negative.
    fn try_from(delta: Delta) -> Result<Self, Error> {
        let nanos = u64::try_from(delta.nanos).map_err(|_| ERANGE)?;
        Ok(Self::from_nanos(nanos))
    }
}
