// SPDX-License-Identifier: GPL-2.0-only

//! Warnings with a backtrace.
//!
//! C header: `include/asm-generic/bug.h`.
//!
//! A warning that is not taken costs a test and a branch: the CPU meets an undefined instruction
//! only where the condition holds, and the kernel finds file and line in a table. Any context.
//!
//! Consumers: `samples/lease`, `samples/locks`, and what in this crate cannot be.

/// The table entry of the trap at label 2, and what tells objtool that control comes back.
///
/// The layout differs between kernels and architectures; the operands say which one it is.
#[doc(hidden)]
#[macro_export]
macro_rules! __bug_trap {
    ($file:path, $line:expr, $flags:expr) => {
        // SAFETY: the kernel's trap handler finds the table entry, prints, and continues behind the
        // instruction, with all registers as they were.
        unsafe {
            ::core::arch::asm!(
                "2: ud2",
                "3:",
                ".pushsection __bug_table,\"aw\"",
                "4:",
                ".if {relative}",
                ".long 2b - .",
                ".if {format}",
                ".long 0",
                ".endif",
                ".long {file} - .",
                ".else",
                ".long 2b",
                ".long {file}",
                ".endif",
                ".short {line}",
                ".short {flags}",
                ".org 4b + {size}",
                ".popsection",
                ".if {annotation}",
                ".pushsection .discard.annotate_insn,\"M\",@progbits,8",
                ".long 2b - .",
                ".long {annotation}",
                ".popsection",
                ".else",
                ".pushsection .discard.reachable,\"\"",
                ".long 3b",
                ".popsection",
                ".endif",
                file = sym $file,
                line = const $line,
                relative = const $crate::bindings::FERRITE_BUG_RELATIVE,
                format = const $crate::bindings::FERRITE_BUG_FORMAT,
                size = const $crate::bindings::FERRITE_BUG_SIZE,
                flags = const $flags,
                annotation = const $crate::bindings::FERRITE_ANNOTATE_REACHABLE,
                options(preserves_flags, att_syntax),
            );
        }
    };
}

/// Prints a warning with a backtrace if a condition holds that never should; then goes on. Returns
/// whether it did, as C's `WARN_ON`. May be used in any context.
///
/// ```
/// # use kernel::warn_on;
/// fn half(x: u32) -> u32 {
///     warn_on!(x % 2 != 0);
///     x / 2
/// }
/// ```
#[macro_export]
macro_rules! warn_on {
    ($condition:expr) => {
        $crate::__warn_on!($condition, $crate::bindings::FERRITE_BUG_WARN)
    };
}

/// As [`warn_on!`](crate::warn_on), but this place warns once only, as C's `WARN_ON_ONCE`: until the
/// module is loaded again, or somebody writes to `clear_warn_once` in debugfs. Returns whether the
/// condition held, each time. Any context.
///
/// ```
/// # use kernel::warn_on_once;
/// fn half(x: u32) -> u32 {
///     if warn_on_once!(x % 2 != 0) { 0 } else { x / 2 }
/// }
/// assert_eq!(half(8), 4);
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[macro_export]
macro_rules! warn_on_once {
    ($condition:expr) => {
        $crate::__warn_on!($condition, $crate::bindings::FERRITE_BUG_WARN_ONCE)
    };
}

/// A warning with flags of the table's.
#[doc(hidden)]
#[macro_export]
macro_rules! __warn_on {
    ($condition:expr, $flags:expr) => {{
        let condition: bool = $condition;
        if condition {
            const LEN: usize = ::core::file!().len() + 1;
            static FILE: [u8; LEN] = $crate::bug::terminated::<LEN>(::core::file!());
            $crate::__bug_trap!(FILE, ::core::line!() as u16, $flags);
        }
        condition
    }};
}

/// A text with a zero byte behind it.
#[doc(hidden)]
#[must_use]
pub const fn terminated<const LEN: usize>(text: &str) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    let text = text.as_bytes();
    let mut index = 0;
    while index < text.len() && index + 1 < LEN {
        bytes[index] = text[index];
        index += 1;
    }
    bytes
}
