// SPDX-License-Identifier: GPL-2.0-only

//! Tests that run in a kernel.
//!
//! A test is a function with the attribute [`kernel_test`], anywhere in this crate or in a driver,
//! beside what it tests. Test builds (the cargo feature `ktest`) collect the tests of a crate into
//! one table; a module of such a build runs them when it is loaded, instead of doing what it does
//! otherwise, and prints KTAP to the kernel's log. `cargo xtask test --unit` builds, boots and reads.
//!
//! - A test runs in process context, in the task that loads the module; `context = [softirq, …]`
//!   names others. In an interrupt it must not sleep.
//! - [`assert!`], [`assert_eq!`] and [`assert_ne!`] inside of a test are this module's: one that
//!   fails prints file, line and both values and ends the test, not the guest.
//! - After a test as many of our allocations are alive as before it, or it has failed.
//! - [`each_allocation_fails`] shows that a function survives the failure of each of its allocations.
//!
//! The consumer is the regression suite.
//!
//! # Examples
//!
//! ```
//! use kernel::ktest::kernel_test;
//!
//! #[kernel_test(context = [process, softirq, hardirq])]
//! fn two_and_two() {
//!     assert_eq!(2 + 2, 4);
//! }
//! ```

mod inject;
mod report;
mod run;
mod tests;

use core::ffi::CStr;

pub use inject::each_allocation_fails;
pub(crate) use inject::{allocation_fails, born, died};
pub use macros::kernel_test;
#[doc(hidden)]
pub use report::{failed_condition, failed_pair};
pub(crate) use run::{at_exit, run_all};

pub use crate::{
    ktest_assert as assert, ktest_assert_eq as assert_eq, ktest_assert_ne as assert_ne,
};

use crate::error::{Error, Result, code::ECANCELED};

/// Where a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// In the task that loads the module. May sleep.
    Process,
    /// In a soft interrupt.
    Softirq,
    /// In a hard interrupt.
    Hardirq,
}

impl Context {
    /// The context that this code runs in now.
    ///
    /// ```
    /// use kernel::ktest::Context;
    ///
    /// assert_eq!(Context::current(), Context::Process);
    /// # use kernel::prelude::*;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn current() -> Self {
        // SAFETY: it only reads the preemption count.
        match unsafe { bindings::ferrite_ktest_context() } {
            0 => Self::Process,
            1 => Self::Softirq,
            _ => Self::Hardirq,
        }
    }
}

/// What only some kernels can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A kernel that checks the order of locks.
    Lockdep,
    /// A kernel that checks for sleeping where that is not allowed.
    AtomicSleep,
}

impl Needs {
    /// Why a test with this need is skipped; `None` if it is not.
    fn missing(self) -> Option<&'static str> {
        // SAFETY: both only return a constant.
        let (has, reason) = unsafe {
            match self {
                Self::Lockdep => (
                    bindings::ferrite_ktest_has_lockdep(),
                    "needs lockdep: this kernel has no CONFIG_PROVE_LOCKING",
                ),
                Self::AtomicSleep => (
                    bindings::ferrite_ktest_has_atomic_sleep(),
                    "needs atomic-sleep: this kernel has no CONFIG_DEBUG_ATOMIC_SLEEP",
                ),
            }
        };
        (!has).then_some(reason)
    }
}

/// One test: what [`kernel_test`] puts into the table of its crate.
#[doc(hidden)]
pub struct Case {
    /// The function's path.
    pub name: &'static str,
    /// Where it runs.
    pub context: Context,
    /// What it needs.
    pub needs: Option<Needs>,
    /// Where the text of an example stands, if it is one: its file, and what has to be added to a
    /// line of the generated code.
    pub source: Option<(&'static str, i32)>,
    /// The test.
    pub run: fn() -> Outcome,
}

/// What a test returns, as the runner sees it.
#[doc(hidden)]
pub type Outcome = Result<(), Error>;

/// What a function returns whose assertion has failed: how the assertion leaves it.
pub trait Stop {
    /// The value; the failure itself has been reported.
    fn stop() -> Self;
}

impl Stop for () {
    fn stop() -> Self {}
}

impl<T> Stop for Result<T> {
    fn stop() -> Self {
        Err(ECANCELED)
    }
}

impl<T> Stop for Option<T> {
    fn stop() -> Self {
        None
    }
}

impl Stop for bool {
    fn stop() -> Self {
        false
    }
}

/// What a test may return.
#[doc(hidden)]
pub trait Verdict {
    /// As the runner wants it.
    fn outcome(self) -> Outcome;
}

impl Verdict for () {
    fn outcome(self) -> Outcome {
        Ok(())
    }
}

impl Verdict for Result {
    fn outcome(self) -> Outcome {
        self
    }
}

/// Checks a condition, in a test or in a function that a test calls.
///
/// If it does not hold, that is reported and the enclosing function returns: its type must
/// implement [`Stop`].
#[macro_export]
macro_rules! ktest_assert {
    ($condition:expr $(,)?) => {
        if !$condition {
            $crate::ktest::failed_condition(file!(), line!(), stringify!($condition));
            return $crate::ktest::Stop::stop();
        }
    };
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            $crate::ktest::failed_condition(
                file!(), line!(), concat!(stringify!($condition), ": ", stringify!($($message)+)),
            );
            return $crate::ktest::Stop::stop();
        }
    };
}

/// Checks that two values are equal; see [`ktest_assert!`](crate::ktest_assert).
#[macro_export]
macro_rules! ktest_assert_eq {
    ($left:expr, $right:expr $(,)?) => {
        match (&$left, &$right) {
            (left, right) => {
                if !(*left == *right) {
                    $crate::ktest::failed_pair(
                        file!(),
                        line!(),
                        concat!(stringify!($left), " == ", stringify!($right)),
                        left,
                        right,
                    );
                    return $crate::ktest::Stop::stop();
                }
            }
        }
    };
}

/// Checks that two values differ; see [`ktest_assert!`](crate::ktest_assert).
#[macro_export]
macro_rules! ktest_assert_ne {
    ($left:expr, $right:expr $(,)?) => {
        match (&$left, &$right) {
            (left, right) => {
                if *left == *right {
                    $crate::ktest::failed_pair(
                        file!(),
                        line!(),
                        concat!(stringify!($left), " != ", stringify!($right)),
                        left,
                        right,
                    );
                    return $crate::ktest::Stop::stop();
                }
            }
        }
    };
}

/// The module parameter `filter`: which tests to run.
const FILTER: &CStr = c"filter";
