// SPDX-License-Identifier: GPL-2.0-only

//! Warnings with a backtrace.
//!
//! C header: `include/asm-generic/bug.h`.

use core::ffi::CStr;

/// The body of [`warn_here!`](crate::warn_here).
#[doc(hidden)]
#[cold]
pub fn warn(file: &'static CStr, line: u32) {
    // SAFETY: the string is terminated; WARN may be used in any context.
    unsafe { bindings::ferrite_bug_warn(file.as_ptr(), line.cast_signed()) };
}

/// Prints a warning with a backtrace, and goes on: something happened that never should.
#[macro_export]
macro_rules! warn_here {
    () => {
        $crate::bug::warn($crate::c_str!(::core::file!()), ::core::line!())
    };
}
