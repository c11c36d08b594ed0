// SPDX-License-Identifier: GPL-2.0-only

//! What the holder of the lock may do. Here: looking, and marks; in `store.rs` what is put in and taken out, in
//! `alloc.rs` what the array finds an index for.

mod alloc;
mod store;

pub use alloc::Cyclic;
pub use store::StoreError;

use core::ffi::{c_ulong, c_void};
use core::ops::RangeBounds;
use core::ptr::NonNull;

use super::{AllocKind, Iter, LockKind, Mark, Plain, XArray};
use crate::alloc::Flags;
use crate::error::Result;
use crate::error::code::{EINVAL, ENOENT};
use crate::types::{ForeignOwnable, NotThreadSafe};

/// Tells one value in an array from another: by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryId(NonNull<c_void>);

/// Holding one proves that the array's lock is ours.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct Guard<'a, T: ForeignOwnable, L: LockKind = Plain> {
    pub(super) array: &'a XArray<T, L>,
    pub(super) saved: L::Saved,
    pub(super) _not_send: NotThreadSafe,
}

impl<'a, T: ForeignOwnable, L: LockKind> Guard<'a, T, L> {
    fn xa(&self) -> *mut bindings::xarray {
        self.array.xa.get()
    }

    fn gfp(&self, flags: Flags) -> u32 {
        L::flags(flags, self.saved).0
    }

    fn entry(&self, index: usize) -> Option<NonNull<c_void>> {
        // SAFETY: the array is initialised; the lock, which is ours, keeps the entry in place.
        NonNull::new(unsafe { bindings::ferrite_xarray_load(self.xa(), index as c_ulong) })
    }

    /// The value at an index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T::Borrowed<'_>> {
        // SAFETY: by the invariant the entry is a value given away. It is taken back only by
        // methods that need the guard mutably, that is, after this borrow.
        self.entry(index)
            .map(|entry| unsafe { T::borrow(entry.as_ptr()) })
    }

    /// The value at an index, for who has it alone: of a box it can be changed where it is. Of what
    /// may be shared or copied ([`Arc`](crate::sync::Arc), `&'static`, pages) it is the same as
    /// [`Self::get`].
    ///
    /// Nothing else of the array can be looked at meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    /// array.lock().store(3, KBox::new(30, GFP_KERNEL)?, GFP_KERNEL)?;
    /// let mut guard = array.lock();
    /// *guard.get_mut(3).ok_or(ENOENT)? += 1;
    /// assert_eq!(guard.get(3), Some(&31));
    /// assert_eq!(guard.get_mut(4), None);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// The next value waits until this one is not used any more:
    ///
    /// ```compile_fail,E0499
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    /// let mut guard = array.lock();
    /// let (first, second) = (guard.get_mut(1), guard.get_mut(1));
    /// # drop((first, second));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn get_mut(&mut self, index: usize) -> Option<T::BorrowedMut<'_>> {
        // SAFETY:
        // - by the invariant the entry is a value given away, and not taken back before this
        //   borrow ends, since that needs the guard;
        // - what was borrowed of it before has ended, and nothing is borrowed during this: all of it
        //   borrows a guard, of which there is one, and that is borrowed mutably.
        self.entry(index)
            .map(|entry| unsafe { T::borrow_mut(entry.as_ptr()) })
    }

    /// What [`Self::compare_exchange`] knows the value at an index by.
    #[must_use]
    pub fn id(&self, index: usize) -> Option<EntryId> {
        self.entry(index).map(EntryId)
    }

    /// The values, with their indices.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<usize>>::new(AllocKind::None), GFP_KERNEL)?;
    /// let mut guard = array.lock();
    /// for index in [3, 1000, 70] {
    ///     guard.store(index, KBox::new(index * 2, GFP_KERNEL)?, GFP_KERNEL)?;
    /// }
    /// assert!(guard.iter().eq([(3, &6), (70, &140), (1000, &2000)]));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn iter(&self) -> Iter<'_, T, L> {
        self.range(..)
    }

    /// The values at the indices of a range, with them. A value that stands at several indices
    /// comes once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<usize>>::new(AllocKind::None), GFP_KERNEL)?;
    /// let mut guard = array.lock();
    /// for index in [3, 70, 1000] {
    ///     guard.store(index, KBox::new(index, GFP_KERNEL)?, GFP_KERNEL)?;
    /// }
    /// assert!(guard.range(4..=1000).map(|(index, _)| index).eq([70, 1000]));
    /// assert!(guard.range(..3).next().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn range(&self, range: impl RangeBounds<usize>) -> Iter<'_, T, L> {
        Iter::new(self, range, None)
    }

    /// The values at the indices of a range that carry a mark.
    #[must_use]
    pub fn marked(&self, mark: Mark, range: impl RangeBounds<usize>) -> Iter<'_, T, L> {
        Iter::new(self, range, Some(mark))
    }

    /// Whether any value carries a mark.
    #[must_use]
    pub fn any_marked(&self, mark: Mark) -> bool {
        // SAFETY: the array is initialised.
        unsafe { bindings::ferrite_xarray_marked(self.xa(), mark.as_raw()) }
    }

    /// Whether the value at an index carries a mark; a value that is not there carries none.
    #[must_use]
    pub fn get_mark(&self, index: usize, mark: Mark) -> bool {
        // SAFETY: the array is initialised.
        unsafe { bindings::xa_get_mark(self.xa(), index as c_ulong, mark.as_raw()) }
    }

    /// Sets a mark of the value at an index.
    ///
    /// # Errors
    ///
    /// - `ENOENT`: there is no value;
    /// - `EINVAL`: it is the mark that the array keeps for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, Mark, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    /// let mut guard = array.lock();
    /// for index in 0..4 {
    ///     guard.store(index, KBox::new(0, GFP_KERNEL)?, GFP_KERNEL)?;
    /// }
    /// guard.set_mark(2, Mark::Mark1)?;
    /// assert!(guard.any_marked(Mark::Mark1) && guard.get_mark(2, Mark::Mark1));
    /// assert!(guard.marked(Mark::Mark1, ..).map(|(index, _)| index).eq([2]));
    /// guard.clear_mark(2, Mark::Mark1)?;
    /// assert!(!guard.any_marked(Mark::Mark1));
    /// assert_eq!(guard.set_mark(4, Mark::Mark1), Err(ENOENT));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_mark(&mut self, index: usize, mark: Mark) -> Result {
        self.check_mark(index, mark)?;
        // SAFETY: the array is initialised, and the lock is ours.
        unsafe { bindings::__xa_set_mark(self.xa(), index as c_ulong, mark.as_raw()) };
        Ok(())
    }

    /// Clears a mark of the value at an index.
    ///
    /// # Errors
    ///
    /// As [`Self::set_mark`].
    pub fn clear_mark(&mut self, index: usize, mark: Mark) -> Result {
        self.check_mark(index, mark)?;
        // SAFETY: the array is initialised, and the lock is ours.
        unsafe { bindings::__xa_clear_mark(self.xa(), index as c_ulong, mark.as_raw()) };
        Ok(())
    }

    fn check_mark(&self, index: usize, mark: Mark) -> Result {
        // By its first mark an array that gives out indices knows the free ones.
        if mark == Mark::Mark0 && self.array.kind != AllocKind::None {
            return Err(EINVAL);
        }
        self.entry(index).map(|_| ()).ok_or(ENOENT)
    }
}

impl<T: ForeignOwnable, L: LockKind> Drop for Guard<'_, T, L> {
    fn drop(&mut self) {
        // SAFETY: the guard proves that the lock is ours, and holds what locking has returned.
        unsafe { L::unlock(self.array.xa.get(), self.saved) };
    }
}
