// SPDX-License-Identifier: GPL-2.0-only

//! Static keys: branches that cost nothing until somebody turns them.
//!
//! C header: `include/linux/jump_label.h`.
//!
//! Used by [`tracepoint`](crate::tracepoint) and `samples/locks`.
//!
//! # Examples
//!
//! ```
//! use kernel::jump_label::StaticKey;
//! use kernel::static_branch_unlikely;
//!
//! /// Whether every request is to be checked.
//! static PARANOID: StaticKey = StaticKey::new();
//!
//! PARANOID.enable();
//! let checked = static_branch_unlikely!(PARANOID);
//! PARANOID.disable();
//! assert!(checked);
//! # Ok::<(), kernel::error::Error>(())
//! ```

use crate::types::Opaque;

/// A switch that is built into the code that asks for it. It starts off.
///
/// It must be a `static`: the code refers to it by its address.
#[repr(transparent)]
pub struct StaticKey(Opaque<bindings::static_key>);

// SAFETY: the kernel has its own lock for changes, and the code that asks reads nothing.
unsafe impl Sync for StaticKey {}

impl StaticKey {
    /// A switch that is off.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        Self(Opaque::zeroed())
    }

    /// Turns the switch on: patches every branch that asks for it. Process context; sleeps.
    ///
    /// It stays on however often this is called, until [`Self::disable`].
    pub fn enable(&'static self) {
        // SAFETY: the key is a static, and was zeroed, which is what an unused key is.
        unsafe { bindings::ferrite_jump_label_set(self.0.get(), true) };
    }

    /// Turns the switch off. Process context; sleeps.
    pub fn disable(&'static self) {
        // SAFETY: as above.
        unsafe { bindings::ferrite_jump_label_set(self.0.get(), false) };
    }
}

/// The instruction that is patched: five bytes, or whatever a jump takes where objtool makes a
/// no-op of it.
#[cfg(target_arch = "x86_64")]
#[doc(hidden)]
#[macro_export]
macro_rules! __nop5 {
    () => {
        ".byte 0x0f,0x1f,0x44,0x00,0x00"
    };
}

/// As above, for CPUs that need not know the long no-op.
#[cfg(target_arch = "x86")]
#[doc(hidden)]
#[macro_export]
macro_rules! __nop5 {
    () => {
        ".byte 0x3e,0x8d,0x74,0x26,0x00"
    };
}

/// A word of the size of an address.
#[cfg(target_arch = "x86_64")]
#[doc(hidden)]
#[macro_export]
macro_rules! __asm_word {
    () => {
        ".quad"
    };
}

/// A word of the size of an address.
#[cfg(target_arch = "x86")]
#[doc(hidden)]
#[macro_export]
macro_rules! __asm_word {
    () => {
        ".long"
    };
}

/// Whether the key that lies `$offset` bytes inside of a static of C's or ours is on: an instruction
/// that is patched.
#[doc(hidden)]
#[macro_export]
macro_rules! __static_branch {
    ($place:path, $offset:expr) => {
        'branch: {
            // SAFETY: the instruction is a no-op, or a jump to the label.
            unsafe {
                ::core::arch::asm!(
                    "2:",
                    ".if {hack}",
                    "jmp {yes}",
                    ".else",
                    $crate::__nop5!(),
                    ".endif",
                    ".pushsection __jump_table,\"aw\"",
                    ".balign {word}",
                    ".long 2b - .",
                    ".long {yes} - .",
                    concat!($crate::__asm_word!(), " {place} + {offset} + {hack} - ."),
                    ".popsection",
                    place = sym $place,
                    offset = const $offset,
                    hack = const $crate::bindings::FERRITE_JUMP_LABEL_HACK,
                    word = const ::core::mem::size_of::<usize>(),
                    yes = label { break 'branch true },
                    options(nomem, nostack, preserves_flags, att_syntax),
                );
            }
            false
        }
    };
}

/// Whether a [`StaticKey`](crate::jump_label::StaticKey) is on, as an instruction that is patched:
/// a no-op while it is off. Takes the path of a static. May be used in any context.
#[macro_export]
macro_rules! static_branch_unlikely {
    ($key:path) => {{
        let _: &'static $crate::jump_label::StaticKey = &$key;
        $crate::__static_branch!($key, 0)
    }};
}

#[cfg(feature = "ktest")]
mod tests {
    use super::StaticKey;
    use crate::prelude::*;

    static KEY: StaticKey = StaticKey::new();

    #[inline(never)]
    fn branch() -> bool {
        static_branch_unlikely!(KEY)
    }

    #[kernel_test]
    fn a_branch_follows_its_key() {
        for _ in 0..2 {
            assert!(!branch());
            KEY.enable();
            // Once more changes nothing.
            KEY.enable();
            assert!(branch());
            KEY.disable();
        }
        assert!(!branch());
    }
}
