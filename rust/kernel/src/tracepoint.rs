// SPDX-License-Identifier: GPL-2.0-only

//! Trace events of a driver's own.
//!
//! C header: `include/linux/tracepoint.h`, `include/trace/events/*.h`.
//!
//! [`trace_events!`](crate::trace_events) declares events. Each becomes a function `trace_<event>`, and a
//! directory `events/<system>/<event>` in tracefs, where perf and BPF find it, too. The C definition is
//! generated when the module is built, and is part of the module.
//!
//! While nobody listens, an event costs one instruction that does nothing: the check is a static key
//! ([`jump_label`](crate::jump_label)), and what records the event is out of the way.
//!
//! Used by `samples/tracepoint` and `rnull`.

use crate::types::Opaque;

/// `struct tracepoint`, as C has defined it.
#[doc(hidden)]
#[repr(transparent)]
pub struct Tracepoint(Opaque<bindings::tracepoint>);

// SAFETY: Rust only takes its address; C changes it with locks of its own.
unsafe impl Sync for Tracepoint {}

/// A text in the memory of a field: cut to one byte less, and zeroes behind it.
#[doc(hidden)]
#[must_use]
pub fn text<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let room = N.saturating_sub(1);
    bytes
        .iter_mut()
        .take(room)
        .zip(text.bytes())
        .for_each(|(to, from)| *to = from);
    bytes
}

/// Whether somebody listens to a tracepoint, as an instruction that is patched: the key is inside of
/// the tracepoint.
#[doc(hidden)]
#[macro_export]
macro_rules! __tracepoint_enabled {
    ($point:path) => {
        $crate::__static_branch!($point, $crate::bindings::FERRITE_TRACEPOINT_KEY)
    };
}

#[cfg(feature = "ktest")]
mod tests {
    use super::text;
    use crate::prelude::*;

    #[kernel_test]
    fn a_text_is_cut_so_that_it_ends() {
        assert_eq!(text::<4>("abcdef"), *b"abc\0");
        assert_eq!(text::<4>("a"), *b"a\0\0\0");
        assert_eq!(text::<2>(""), [0, 0]);
    }
}
