// SPDX-License-Identifier: GPL-2.0-only

//! What is not done too often.
//!
//! C header: `include/linux/ratelimit.h`. Semantics: `lib/ratelimit.c`.
//!
//! A [`RateLimit`] lets some calls through in an interval. In the first call of a later interval the
//! kernel prints how many it has refused: `<name>: 12 callbacks suppressed`.
//!
//! Used by `pr_info_ratelimited!` and its like, as `samples/lease` does, and by `drivers/gpu/nova` for what
//! it says of a device.

use core::ffi::{CStr, c_int};
use core::sync::atomic::{AtomicU8, Ordering};

use crate::types::Opaque;

/// Nobody has asked yet.
const FRESH: u8 = 0;
/// Somebody initialises C's part.
const BUSY: u8 = 1;
/// It is initialised.
const READY: u8 = 2;

/// Lets through so many calls in an interval, and no more.
///
/// [`do_ratelimited!`](crate::do_ratelimited) makes one for the place where it stands.
///
/// # Invariants
///
/// C's state is initialised if `ready` is `READY`, and used only then, or by who has set `BUSY`.
///
/// # Examples
///
/// ```
/// use kernel::ratelimit::RateLimit;
///
/// static COMPLAINTS: RateLimit = RateLimit::with(c"example", 3_600_000, 2);
///
/// let heard = (0..5).filter(|_| COMPLAINTS.permits()).count();
/// assert_eq!(heard, 2);
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub struct RateLimit {
    ready: AtomicU8,
    state: Opaque<bindings::ratelimit_state>,
    name: &'static CStr,
    millis: u32,
    burst: u32,
}

// SAFETY: C's state has a lock of its own, and is initialised by one before others use it.
unsafe impl Sync for RateLimit {}

impl RateLimit {
    /// Ten calls in five seconds, as C's printing macros have it. The name stands in front of the
    /// number of calls that were refused.
    #[must_use]
    pub const fn new(name: &'static CStr) -> Self {
        Self::with(
            name,
            bindings::FERRITE_RATELIMIT_MILLIS,
            bindings::FERRITE_RATELIMIT_BURST,
        )
    }

    /// `burst` calls in an interval of so many milliseconds. An interval of 0 refuses nothing, a
    /// burst of 0 refuses everything (in an interval that is not 0).
    ///
    /// It must be a static, since C keeps a lock in it.
    #[must_use]
    pub const fn with(name: &'static CStr, interval_millis: u32, burst: u32) -> Self {
        // INVARIANT: not initialised.
        Self {
            ready: AtomicU8::new(FRESH),
            state: Opaque::zeroed(),
            name,
            millis: interval_millis,
            burst,
        }
    }

    /// Whether this call is let through. Any context.
    ///
    /// A call that comes while another one asks, on another CPU or around an interrupt, may be
    /// refused for that.
    pub fn permits(&'static self) -> bool {
        if self.ready.load(Ordering::Acquire) != READY && !self.init() {
            return true;
        }
        // SAFETY: by the invariant the state is initialised; the name is terminated.
        unsafe { bindings::ferrite_ratelimit(self.state.get(), self.name.as_ptr()) }
    }

    /// Initialises C's part; `false` if somebody else is about to.
    #[cold]
    fn init(&self) -> bool {
        let (fresh, done) = (Ordering::Acquire, Ordering::Acquire);
        match self.ready.compare_exchange(FRESH, BUSY, fresh, done) {
            Ok(_) => {
                let millis = c_int::try_from(self.millis).unwrap_or(c_int::MAX);
                let burst = c_int::try_from(self.burst).unwrap_or(c_int::MAX);
                // SAFETY: a static's memory is valid and stays where it is; we are the one who has
                // set `BUSY`.
                unsafe { bindings::ferrite_ratelimit_init(self.state.get(), millis, burst) };
                // INVARIANT: it is initialised.
                self.ready.store(READY, Ordering::Release);
                true
            }
            Err(state) => state == READY,
        }
    }
}

/// Evaluates an expression if this place was not reached too often of late: ten times in five
/// seconds. Any context that the expression may be evaluated in.
///
/// # Examples
///
/// ```
/// use kernel::do_ratelimited;
///
/// let mut times = 0;
/// for _ in 0..20 {
///     do_ratelimited!(times += 1);
/// }
/// assert!((1..=20).contains(&times));
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[macro_export]
macro_rules! do_ratelimited {
    ($action:expr) => {{
        static LIMIT: $crate::ratelimit::RateLimit =
            $crate::ratelimit::RateLimit::new($crate::c_str!(::core::concat!(
                ::core::module_path!(),
                ":",
                ::core::line!()
            )));
        if LIMIT.permits() {
            let _ = $action;
        }
    }};
}

#[cfg(feature = "ktest")]
mod tests {
    use super::RateLimit;
    use crate::prelude::*;
    use crate::sync::test_thread::wait_until;

    #[kernel_test(context = [process, softirq, hardirq])]
    fn a_burst_is_let_through_in_each_interval() {
        static HOURLY: RateLimit = RateLimit::with(c"ktest", 3_600_000, 3);
        // It is one limit for all contexts.
        let before = HOURLY.permits();
        let after = (0..9).filter(|_| HOURLY.permits()).count();
        assert!(after == if before { 2 } else { 0 });
    }

    #[kernel_test]
    fn the_next_interval_has_a_burst_of_its_own() {
        static OFTEN: RateLimit = RateLimit::with(c"ktest often", 20, 1);
        assert!(OFTEN.permits());
        assert!(wait_until(|| OFTEN.permits()));
        assert!(wait_until(|| OFTEN.permits()));
    }

    #[kernel_test]
    fn the_usual_limit_is_that_of_c() {
        let usual = RateLimit::new(c"ktest");
        assert_eq!((usual.millis, usual.burst), (5_000, 10));
        let other = RateLimit::with(c"ktest", 7, 8);
        assert_eq!((other.millis, other.burst), (7, 8));
    }

    #[kernel_test]
    fn no_interval_is_no_limit() {
        static NEVER: RateLimit = RateLimit::with(c"ktest", 0, 1);
        assert!((0..100).all(|_| NEVER.permits()));
    }
}
