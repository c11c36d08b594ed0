// SPDX-License-Identifier: GPL-2.0-only

//! Values at indices that the caller knows.

use core::ffi::{c_ulong, c_void};
use core::ptr::NonNull;

use super::{EntryId, Guard};
use crate::alloc::Flags;
use crate::error::code::EBUSY;
use crate::error::{Error, Result};
use crate::types::ForeignOwnable;
use crate::xarray::LockKind;

/// What a failed store gives back.
pub struct StoreError<T> {
    /// Why.
    pub error: Error,
    /// What was not stored.
    pub value: T,
}

impl<T> From<StoreError<T>> for Error {
    fn from(failed: StoreError<T>) -> Self {
        failed.error
    }
}

impl<T> core::fmt::Debug for StoreError<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.error.fmt(f)
    }
}

impl<T: ForeignOwnable, L: LockKind> Guard<'_, T, L> {
    /// Takes the value at an index out of the array, and clears its marks.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        // What is reserved stays so.
        self.entry(index)?;
        // SAFETY: the array is initialised, and the lock is ours.
        let entry = unsafe { bindings::__xa_erase(self.xa(), index as c_ulong) };
        Self::taken(entry)
    }

    /// Puts a value at an index; returns what was there. Marks stay.
    ///
    /// If `flags` allow it, the lock is released while memory is allocated, and taken again.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; with the value.
    pub fn store(
        &mut self,
        index: usize,
        value: T,
        flags: Flags,
    ) -> Result<Option<T>, StoreError<T>> {
        let value = Self::may_fail(value)?;
        let new = value.into_foreign();
        // SAFETY:
        // - the array is initialised, and the lock is ours, and again ours afterwards;
        // - nothing that was borrowed is alive: `self` is borrowed mutably.
        let old =
            unsafe { bindings::__xa_store(self.xa(), index as c_ulong, new, self.gfp(flags)) };
        // SAFETY: this only looks at the value of the pointer.
        match unsafe { bindings::ferrite_xarray_err(old) } {
            0 => Ok(Self::taken(old)),
            // SAFETY: the array did not take it.
            errno => Err(unsafe { Self::refused(new, errno) }),
        }
    }

    /// Puts a value at an index that is free.
    ///
    /// If `flags` allow it, the lock is released while memory is allocated, and taken again.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the index is taken or reserved, or `ENOMEM`; with the value.
    pub fn insert(&mut self, index: usize, value: T, flags: Flags) -> Result<(), StoreError<T>> {
        let value = Self::may_fail(value)?;
        let new = value.into_foreign();
        // SAFETY:
        // - the array is initialised, and the lock is ours, and again ours afterwards;
        // - nothing that was borrowed is alive: `self` is borrowed mutably.
        let errno =
            unsafe { bindings::__xa_insert(self.xa(), index as c_ulong, new, self.gfp(flags)) };
        if errno == 0 {
            return Ok(());
        }
        // SAFETY: the array did not take it.
        Err(unsafe { Self::refused(new, errno) })
    }

    /// Puts a value in the place of a certain other one, which is returned.
    ///
    /// The value is known by its address, so that another one at the same address, made since
    /// [`Self::id`] was asked, is taken for it.
    ///
    /// # Errors
    ///
    /// `EBUSY` if nothing or something else is there, or as [`Self::store`]; with the value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    /// array.lock().store(5, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    /// let seen = array.lock().id(5).ok_or(ENOENT)?;
    /// // The lock was free in between: somebody may have been faster.
    /// let new = KBox::new(2, GFP_KERNEL)?;
    /// let old = array.lock().compare_exchange(5, seen, new, GFP_KERNEL)?;
    /// assert_eq!(*old, 1);
    /// let late = KBox::new(3, GFP_KERNEL)?;
    /// let refused = array.lock().compare_exchange(5, seen, late, GFP_KERNEL);
    /// assert!(refused.is_err_and(|refused| refused.error == EBUSY && *refused.value == 3));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn compare_exchange(
        &mut self,
        index: usize,
        current: EntryId,
        value: T,
        flags: Flags,
    ) -> Result<T, StoreError<T>> {
        let value = Self::may_fail(value)?;
        let new = value.into_foreign();
        let expected = current.0.as_ptr();
        // SAFETY:
        // - the array is initialised, and the lock is ours, and again ours afterwards;
        // - nothing that was borrowed is alive: `self` is borrowed mutably.
        let found = unsafe {
            bindings::__xa_cmpxchg(self.xa(), index as c_ulong, expected, new, self.gfp(flags))
        };
        if found == expected {
            // SAFETY: by the invariant it is a value given away; now it is out of the array.
            return Ok(unsafe { T::from_foreign(found) });
        }
        // SAFETY: this only looks at the value of the pointer.
        let errno = match unsafe { bindings::ferrite_xarray_err(found) } {
            0 => EBUSY.to_errno(),
            errno => errno,
        };
        // SAFETY: the array did not take it.
        Err(unsafe { Self::refused(new, errno) })
    }

    /// In test builds, an allocation that may fail; see [`crate::alloc::seam`].
    pub(super) fn may_fail<V>(value: V) -> Result<V, StoreError<V>> {
        match crate::alloc::seam::may_fail() {
            Ok(()) => Ok(value),
            Err(error) => Err(StoreError { error, value }),
        }
    }

    /// A value that the array did not take.
    ///
    /// # Safety
    ///
    /// `entry` comes from `T::into_foreign`, and is not in the array.
    pub(super) unsafe fn refused(entry: *mut c_void, errno: i32) -> StoreError<T> {
        StoreError {
            error: Error::from_errno(errno),
            // SAFETY: what the caller promises.
            value: unsafe { T::from_foreign(entry) },
        }
    }

    /// A value that the array has let go of.
    fn taken(entry: *mut c_void) -> Option<T> {
        // SAFETY: by the invariant every entry is a value given away; this one is out of the array.
        NonNull::new(entry).map(|entry| unsafe { T::from_foreign(entry.as_ptr()) })
    }
}
