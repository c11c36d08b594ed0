// SPDX-License-Identifier: GPL-2.0-only

//! What a test says: lines of KTAP, one level deep, in the kernel's log.

use core::fmt::Debug;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::Case;
use crate::print::{self, Level};

/// The test that runs.
static CURRENT: AtomicPtr<Case> = AtomicPtr::new(core::ptr::null_mut());
/// Whether it has failed.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Prints a line of KTAP.
pub(super) fn say(args: core::fmt::Arguments<'_>) {
    print::write_core(Level::Info, "ktap", args);
}

/// A test begins: what fails from now on is its failure.
pub(super) fn begin(case: &'static Case) {
    let case: *const Case = case;
    CURRENT.store(case.cast_mut(), Ordering::Relaxed);
    FAILED.store(false, Ordering::Relaxed);
}

/// Marks the test that runs as failed.
pub(super) fn fail() {
    FAILED.store(true, Ordering::Relaxed);
}

/// Whether the test that runs has failed.
pub(super) fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Where a line of a test stands in the sources.
fn place(file: &'static str, line: u32) -> (&'static str, u32) {
    // SAFETY: it is NULL or a `&'static Case`.
    let case = unsafe { CURRENT.load(Ordering::Relaxed).as_ref() };
    match case.and_then(|case| case.source) {
        Some((source, shift)) => (source, line.saturating_add_signed(shift)),
        None => (file, line),
    }
}

/// An assertion about a condition has failed.
#[cold]
pub fn failed_condition(file: &'static str, line: u32, text: &str) {
    fail();
    let (file, line) = place(file, line);
    say(format_args!("  # {file}:{line}: assertion failed: {text}"));
}

/// An assertion about two values has failed.
#[cold]
pub fn failed_pair(file: &'static str, line: u32, text: &str, left: &dyn Debug, right: &dyn Debug) {
    fail();
    let (file, line) = place(file, line);
    say(format_args!("  # {file}:{line}: assertion failed: {text}"));
    say(format_args!("  #    left: {left:?}"));
    say(format_args!("  #   right: {right:?}"));
}
