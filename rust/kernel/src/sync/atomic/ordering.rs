// SPDX-License-Identifier: GPL-2.0-only

//! The orderings, as types.

use core::sync::atomic::{Ordering, compiler_fence};

/// Orders nothing but the value itself.
#[derive(Debug, Clone, Copy)]
pub struct Relaxed;
/// What comes after it in the program happens after it.
#[derive(Debug, Clone, Copy)]
pub struct Acquire;
/// What comes before it in the program happens before it.
#[derive(Debug, Clone, Copy)]
pub struct Release;
/// What comes before it happens before what comes after it, as with a full barrier on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Full;

mod sealed {
    #[doc(hidden)]
    pub trait Sealed {}
}
use sealed::Sealed;

impl Sealed for Relaxed {}
impl Sealed for Acquire {}
impl Sealed for Release {}
impl Sealed for Full {}

/// What a load may have.
pub trait AcquireOrRelaxed: Sealed {
    #[doc(hidden)]
    const LOAD: Ordering;
}

/// What a store may have.
pub trait ReleaseOrRelaxed: Sealed {
    #[doc(hidden)]
    const STORE: Ordering;
}

/// What an operation may have that reads and writes.
pub trait Any: Sealed {
    #[doc(hidden)]
    const BOTH: Ordering;
}

impl AcquireOrRelaxed for Relaxed {
    const LOAD: Ordering = Ordering::Relaxed;
}
impl AcquireOrRelaxed for Acquire {
    const LOAD: Ordering = Ordering::Acquire;
}
impl ReleaseOrRelaxed for Relaxed {
    const STORE: Ordering = Ordering::Relaxed;
}
impl ReleaseOrRelaxed for Release {
    const STORE: Ordering = Ordering::Release;
}
impl Any for Relaxed {
    const BOTH: Ordering = Ordering::Relaxed;
}
impl Any for Acquire {
    const BOTH: Ordering = Ordering::Acquire;
}
impl Any for Release {
    const BOTH: Ordering = Ordering::Release;
}
impl Any for Full {
    const BOTH: Ordering = Ordering::SeqCst;
}

/// Does an operation that reads and writes, ordered as `O` says.
///
/// On x86 such an operation is a full barrier for the CPU, whatever it is asked for. Rust's
/// `SeqCst` promises less to the compiler than the kernel's model does: the fences make up for it.
#[inline]
pub(super) fn around<O: Any, R>(operation: impl FnOnce(Ordering) -> R) -> R {
    let full = matches!(O::BOTH, Ordering::SeqCst);
    if full {
        compiler_fence(Ordering::SeqCst);
    }
    let result = operation(O::BOTH);
    if full {
        compiler_fence(Ordering::SeqCst);
    }
    result
}
