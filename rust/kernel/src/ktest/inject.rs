// SPDX-License-Identifier: GPL-2.0-only

//! Allocations that fail on purpose, and the count of those that are alive.

use core::ffi::c_void;
use core::sync::atomic::{AtomicIsize, AtomicPtr, AtomicU32, Ordering};

use super::report;
use crate::error::code::{ECANCELED, ENOMEM};
use crate::error::{Error, Result};

/// How many allocations of ours are alive.
static ALIVE: AtomicIsize = AtomicIsize::new(0);
/// The task whose allocations are counted down; NULL for none.
static TASK: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());
/// How many of them succeed before one fails; [`FIRED`] afterwards.
static LEFT: AtomicU32 = AtomicU32::new(0);

const FIRED: u32 = u32::MAX;
/// More allocations than this in one function are a mistake of the test's.
const MOST: u32 = 1000;
/// How often what is freed later gets the time to be freed: a second and more.
const PATIENCE: u32 = 100;

/// The allocator's question whether this allocation shall fail.
pub(crate) fn allocation_fails() -> bool {
    let task = TASK.load(Ordering::Relaxed);
    // SAFETY: it only reads.
    if task.is_null() || task.cast_const() != unsafe { bindings::ferrite_ktest_task() } {
        return false;
    }
    // Only this task comes here, so nobody writes in between.
    match LEFT.load(Ordering::Relaxed) {
        FIRED => false,
        0 => {
            LEFT.store(FIRED, Ordering::Relaxed);
            true
        }
        left => {
            LEFT.store(left.wrapping_sub(1), Ordering::Relaxed);
            false
        }
    }
}

/// An allocation has succeeded.
pub(crate) fn born() {
    ALIVE.fetch_add(1, Ordering::Relaxed);
}

/// An allocation was freed.
pub(crate) fn died() {
    ALIVE.fetch_sub(1, Ordering::Relaxed);
}

/// How many allocations are alive.
pub(super) fn alive() -> isize {
    ALIVE.load(Ordering::Relaxed)
}

/// How many more are alive than `before`, once what is freed later has been freed. May sleep.
pub(super) fn leaked(before: isize) -> isize {
    for _ in 0..PATIENCE {
        if alive() <= before {
            break;
        }
        // SAFETY: tests that get here run in process context, where it may sleep.
        unsafe { bindings::ferrite_ktest_settle() };
    }
    alive().wrapping_sub(before)
}

/// Lets the `count`-th allocation that `function` makes fail; says whether there was one.
fn with_failure<T>(count: u32, function: &mut impl FnMut() -> Result<T>) -> (Result<T>, bool) {
    LEFT.store(count, Ordering::Relaxed);
    // SAFETY: it only reads.
    let task = unsafe { bindings::ferrite_ktest_task() };
    TASK.store(task.cast_mut(), Ordering::Relaxed);
    let result = function();
    TASK.store(core::ptr::null_mut(), Ordering::Relaxed);
    (result, LEFT.load(Ordering::Relaxed) == FIRED)
}

/// Calls `function` again and again, first with its first allocation failing, then with its
/// second, until none is left to fail.
///
/// Each failure has to come out as `ENOMEM` and to leave nothing allocated behind. Only this
/// task's allocations fail, and only those of this crate's own allocators. To be called in process
/// context, by one test at a time; may sleep.
///
/// # Errors
///
/// What `function` returns when nothing fails; `ECANCELED` if a failure did not come out as it
/// should, which has then been reported.
///
/// # Examples
///
/// ```
/// use kernel::ktest::each_allocation_fails;
/// use kernel::prelude::*;
///
/// each_allocation_fails(|| {
///     let mut names = KVec::new();
///     names.push(KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
///     Ok(names)
/// })?;
/// # Ok::<(), Error>(())
/// ```
pub fn each_allocation_fails<T>(mut function: impl FnMut() -> Result<T>) -> Result {
    let before = alive();
    for count in 0..MOST {
        let (result, fired) = with_failure(count, &mut function);
        let error: Option<Error> = match result {
            Ok(value) => {
                drop(value);
                None
            }
            Err(error) => Some(error),
        };
        if !fired {
            return error.map_or(Ok(()), Err);
        }
        let number = count.wrapping_add(1);
        if error != Some(ENOMEM) {
            report::fail();
            report::say(format_args!(
                "  # allocation {number} failed, and what came of it was {error:?}, not ENOMEM"
            ));
            return Err(ECANCELED);
        }
        let more = leaked(before);
        if more > 0 {
            report::fail();
            report::say(format_args!(
                "  # allocation {number} failed, and {more} others were left behind"
            ));
            return Err(ECANCELED);
        }
    }
    report::fail();
    report::say(format_args!("  # there is no end to its allocations"));
    Err(ECANCELED)
}
