// SPDX-License-Identifier: GPL-2.0-only

//! The kinds of lock that an array can have.

use core::ffi::c_ulong;

use crate::alloc::Flags;

/// How an array is locked.
///
/// # Safety
///
/// - Between a `lock`, or a `try_lock` that returns something, and its `unlock`, no other one of the same
///   array returns anything.
/// - `FLAGS` name the kind to C, which releases the lock while it allocates.
pub unsafe trait LockKind: private::Sealed {
    /// What C must know.
    #[doc(hidden)]
    const FLAGS: u32;

    /// What unlocking wants back.
    #[doc(hidden)]
    type Saved: Copy;

    /// Waits until the lock is ours.
    ///
    /// # Safety
    ///
    /// The array is initialised.
    #[doc(hidden)]
    unsafe fn lock(xa: *mut bindings::xarray) -> Self::Saved;

    /// Takes the lock, if nobody has it.
    ///
    /// # Safety
    ///
    /// The array is initialised.
    #[doc(hidden)]
    unsafe fn try_lock(xa: *mut bindings::xarray) -> Option<Self::Saved>;

    /// Gives the lock back.
    ///
    /// # Safety
    ///
    /// The lock is ours, and `saved` is what [`Self::lock`] has returned.
    #[doc(hidden)]
    unsafe fn unlock(xa: *mut bindings::xarray, saved: Self::Saved);

    /// The flags to allocate with while the lock is held.
    #[doc(hidden)]
    fn flags(flags: Flags, _saved: Self::Saved) -> Flags {
        flags
    }
}

mod private {
    /// Who may be a kind of lock.
    #[doc(hidden)]
    pub trait Sealed {}
}

/// `xa_lock`: for arrays that only process context uses.
#[derive(Debug)]
pub struct Plain;

/// `xa_lock_bh`: for arrays that process context and soft interrupts use. Not to be taken in a
/// hard interrupt, or with interrupts off.
#[derive(Debug)]
pub struct BhSafe;

/// `xa_lock_irqsave`: for arrays that any context may use.
///
/// Interrupts that were off before the lock was taken stay off: a store does not sleep then,
/// whatever its flags say.
#[derive(Debug)]
pub struct IrqSafe;

impl private::Sealed for Plain {}
impl private::Sealed for BhSafe {}
impl private::Sealed for IrqSafe {}

// SAFETY: C's lock excludes, and no flag names this kind.
unsafe impl LockKind for Plain {
    const FLAGS: u32 = 0;
    type Saved = ();

    unsafe fn lock(xa: *mut bindings::xarray) {
        // SAFETY: the caller promises that the array is initialised.
        unsafe { bindings::ferrite_xarray_lock(xa) };
    }

    unsafe fn try_lock(xa: *mut bindings::xarray) -> Option<()> {
        // SAFETY: the caller promises that the array is initialised.
        unsafe { bindings::ferrite_xarray_try_lock(xa) }.then_some(())
    }

    unsafe fn unlock(xa: *mut bindings::xarray, (): ()) {
        // SAFETY: the caller promises that the lock is ours.
        unsafe { bindings::ferrite_xarray_unlock(xa) };
    }
}

// SAFETY: C's lock excludes, and the flag names this kind.
unsafe impl LockKind for BhSafe {
    const FLAGS: u32 = bindings::FERRITE_XA_FLAGS_LOCK_BH;
    type Saved = ();

    unsafe fn lock(xa: *mut bindings::xarray) {
        // SAFETY: the caller promises that the array is initialised.
        unsafe { bindings::ferrite_xarray_lock_bh(xa) };
    }

    unsafe fn try_lock(xa: *mut bindings::xarray) -> Option<()> {
        // SAFETY: the caller promises that the array is initialised.
        unsafe { bindings::ferrite_xarray_try_lock_bh(xa) }.then_some(())
    }

    unsafe fn unlock(xa: *mut bindings::xarray, (): ()) {
        // SAFETY: the caller promises that the lock is ours.
        unsafe { bindings::ferrite_xarray_unlock_bh(xa) };
    }
}

// SAFETY: C's lock excludes, and the flag names this kind.
unsafe impl LockKind for IrqSafe {
    const FLAGS: u32 = bindings::FERRITE_XA_FLAGS_LOCK_IRQ;
    type Saved = c_ulong;

    unsafe fn lock(xa: *mut bindings::xarray) -> c_ulong {
        // SAFETY: the caller promises that the array is initialised.
        unsafe { bindings::ferrite_xarray_lock_irqsave(xa) }
    }

    unsafe fn try_lock(xa: *mut bindings::xarray) -> Option<c_ulong> {
        let mut saved = 0;
        // SAFETY: the caller promises that the array is initialised.
        unsafe { bindings::ferrite_xarray_try_lock_irqsave(xa, &raw mut saved) }.then_some(saved)
    }

    unsafe fn unlock(xa: *mut bindings::xarray, saved: c_ulong) {
        // SAFETY: the caller promises that the lock is ours, and these are its flags.
        unsafe { bindings::ferrite_xarray_unlock_irqrestore(xa, saved) };
    }

    fn flags(flags: Flags, saved: c_ulong) -> Flags {
        // To sleep, C would release the lock and turn interrupts on, which are not ours to turn on.
        // SAFETY: this only looks at the flags.
        if unsafe { bindings::ferrite_xarray_irqs_were_off(saved) } {
            flags.without_sleep()
        } else {
            flags
        }
    }
}
