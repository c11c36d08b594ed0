// SPDX-License-Identifier: GPL-2.0-only

//! Indices that are kept free for somebody.

use core::ffi::c_ulong;
use core::mem::ManuallyDrop;

use super::{Guard, LockKind, StoreError, XArray};
use crate::error::code::EBUSY;
use crate::types::ForeignOwnable;

/// An index that is kept for its holder: nothing is there, [`Guard::insert`] and
/// [`Guard::alloc`] do not take it, and to fill it needs no memory.
///
/// Dropping it releases the index. [`Guard::store`] does not ask whether an index is reserved.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::xarray::{AllocKind, XArray};
///
/// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::Alloc), GFP_KERNEL)?;
/// let place = array.lock().reserve_any(0..=9, GFP_KERNEL)?;
/// assert_eq!(place.index(), 0);
/// // Whatever takes long or may fail comes in between.
/// let value = KBox::new(7, GFP_KERNEL)?;
/// place.fill(value)?;
/// assert_eq!(array.lock().get(0), Some(&7));
/// # Ok::<(), Error>(())
/// ```
#[must_use = "the index is released when this is dropped"]
pub struct Reservation<'a, T: ForeignOwnable, L: LockKind> {
    array: &'a XArray<T, L>,
    index: usize,
}

impl<'a, T: ForeignOwnable, L: LockKind> Reservation<'a, T, L> {
    pub(super) fn new(array: &'a XArray<T, L>, index: usize) -> Self {
        Self { array, index }
    }

    /// The index.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Puts a value there. Takes the lock.
    ///
    /// # Errors
    ///
    /// `EBUSY`: somebody has stored at the index meanwhile; with the value.
    pub fn fill(self, value: T) -> Result<(), StoreError<T>> {
        let this = ManuallyDrop::new(self);
        let guard = this.array.lock();
        this.fill_locked(&guard, value)
    }

    fn fill_locked(&self, guard: &Guard<'_, T, L>, value: T) -> Result<(), StoreError<T>> {
        let (xa, index) = (guard.array.xa.get(), self.index as c_ulong);
        if guard.get(self.index).is_some() {
            let error = EBUSY;
            return Err(StoreError { error, value });
        }
        let new = value.into_foreign();
        // SAFETY:
        // - the array is initialised, and the lock is ours;
        // - nothing is taken out of it: only a reserved index is overwritten.
        unsafe { bindings::ferrite_xarray_fill(xa, index, new) };
        // SAFETY: the array is initialised.
        if unsafe { bindings::xa_load(xa, index) } == new {
            return Ok(());
        }
        // SAFETY: the array did not take it.
        let value = unsafe { T::from_foreign(new) };
        Err(StoreError {
            error: EBUSY,
            value,
        })
    }
}

impl<T: ForeignOwnable, L: LockKind> Drop for Reservation<'_, T, L> {
    fn drop(&mut self) {
        let _guard = self.array.lock();
        // SAFETY:
        // - the array is initialised, and the lock is ours;
        // - only a reserved index is changed.
        unsafe {
            bindings::ferrite_xarray_fill(
                self.array.xa.get(),
                self.index as c_ulong,
                core::ptr::null_mut(),
            );
        }
    }
}
