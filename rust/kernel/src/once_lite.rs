// SPDX-License-Identifier: GPL-2.0-only

//! What is done once, without waiting for who does it.
//!
//! C header: `include/linux/once_lite.h`.
//!
//! Used by `pr_info_once!` and its like (`samples/lease`), and by [`warn_on_once!`](crate::warn_on_once).

use core::sync::atomic::{AtomicBool, Ordering};

/// Whether something was done already.
///
/// [`do_once_lite!`](crate::do_once_lite) makes one for the place where it stands.
///
/// # Examples
///
/// ```
/// use kernel::once_lite::OnceLite;
///
/// let told = OnceLite::new();
/// assert!(!told.is_done());
/// assert_eq!(told.call_once(|| 7), Some(7));
/// assert_eq!(told.call_once(|| 8), None);
/// assert!(told.is_done());
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub struct OnceLite(AtomicBool);

impl OnceLite {
    /// Nothing was done.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Calls `function` if it is the first call; returns what that returns. Others do not wait for
    /// the first one. Any context.
    pub fn call_once<R>(&self, function: impl FnOnce() -> R) -> Option<R> {
        // Most calls only read, so that the CPUs can share the line of the cache.
        if self.is_done() || self.0.swap(true, Ordering::Relaxed) {
            return None;
        }
        Some(function())
    }

    /// Whether there was a first call; it may not have returned yet.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Evaluates an expression the first time that this place is reached; not again, whoever comes. Any
/// context that the expression may be evaluated in.
///
/// # Examples
///
/// ```
/// use kernel::do_once_lite;
///
/// let mut times = 0;
/// for _ in 0..3 {
///     do_once_lite!(times += 1);
/// }
/// assert_eq!(times, 1);
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[macro_export]
macro_rules! do_once_lite {
    ($action:expr) => {{
        static ONCE: $crate::once_lite::OnceLite = $crate::once_lite::OnceLite::new();
        let _ = ONCE.call_once(|| $action);
    }};
}
