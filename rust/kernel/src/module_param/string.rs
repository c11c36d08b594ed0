// SPDX-License-Identifier: GPL-2.0-only

//! Parameters that are texts.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};

use super::{Changed, Declared, ParamLock, Parameter, Validate};
use crate::attribute::Output;
use crate::error::Result;
use crate::error::code::ENOSPC;

/// A parameter that holds a text of less than `N` bytes. Declared as `String<N>`.
///
/// The end of the line, which `echo` writes, is not part of it. A text that is too long is `ENOSPC`.
///
/// # Invariants
///
/// There is a zero byte in `text`.
pub struct StringParam<const N: usize> {
    text: UnsafeCell<[u8; N]>,
    declared: Declared<CStr>,
}

// SAFETY: the text is only used with the lock for the module's parameters held.
unsafe impl<const N: usize> Sync for StringParam<N> {}

/// The text in memory that holds one.
fn text_in(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_until_nul(bytes).unwrap_or_default()
}

impl<const N: usize> StringParam<N> {
    /// Called by `module!`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        default: &str,
        validate: Validate<CStr>,
        changed: Changed<CStr>,
    ) -> Self {
        assert!(default.len() < N, "the text has no room for its default");
        let (mut text, default) = ([0; N], default.as_bytes());
        let mut index = 0;
        while index < default.len() {
            assert!(default[index] != 0, "the default has a zero byte in it");
            text[index] = default[index];
            index += 1;
        }
        // INVARIANT: the default is shorter than the memory, which was zeroed.
        Self {
            text: UnsafeCell::new(text),
            declared: Declared {
                name,
                validate,
                changed,
            },
        }
    }

    /// Lets `look` see the text, while it cannot change. Sleeps; not for `validate` and `changed`,
    /// which would wait for themselves.
    pub fn read<R>(&self, look: impl FnOnce(&CStr) -> R) -> R {
        let _lock = ParamLock::take();
        // SAFETY: the lock is ours, so nobody writes it.
        look(text_in(unsafe { &*self.text.get() }))
    }
}

// SAFETY: `set` only reads the text.
unsafe impl<const N: usize> Parameter for StringParam<N> {
    const NO_ARG: bool = false;

    fn name(&self) -> &'static str {
        self.declared.name
    }

    unsafe fn set(&self, text: *mut c_char) -> Result {
        // SAFETY: the caller promises that it is terminated.
        let text = unsafe { CStr::from_ptr(text) }.to_bytes();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let mut new = [0; N];
        // One byte stays zero.
        let Some(room) = new.get_mut(..text.len()).filter(|_| text.len() < N) else {
            return Err(ENOSPC);
        };
        room.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        self.declared.accept(text_in(&new), || {
            // INVARIANT: the text is shorter than the memory, which was zeroed.
            // SAFETY: the caller holds the lock, so nobody looks at it.
            unsafe { *self.text.get() = new };
        })
    }

    unsafe fn show(&self, page: &mut Output<'_>) {
        // SAFETY: the caller holds the lock.
        page.bytes(text_in(unsafe { &*self.text.get() }).to_bytes());
    }
}
