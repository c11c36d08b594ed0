// SPDX-License-Identifier: GPL-2.0-only

//! Where test builds let allocations fail, and count those that are alive.
//!
//! Every allocator of this crate calls these, and whatever else takes memory from the kernel in
//! one piece that can run out. In other builds they are empty.

/// Asks, before memory is taken, whether that shall fail.
///
/// # Errors
///
/// `ENOMEM`, on purpose.
#[inline]
pub(crate) fn may_fail() -> crate::error::Result {
    #[cfg(feature = "ktest")]
    if crate::ktest::allocation_fails() {
        return Err(crate::error::code::ENOMEM);
    }
    Ok(())
}

/// Notes that memory was taken.
#[inline]
pub(crate) fn born() {
    #[cfg(feature = "ktest")]
    crate::ktest::born();
}

/// Notes that memory was given back.
#[inline]
pub(crate) fn died() {
    #[cfg(feature = "ktest")]
    crate::ktest::died();
}
