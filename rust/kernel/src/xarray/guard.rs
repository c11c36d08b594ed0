// SPDX-License-Identifier: GPL-2.0-only

//! What the holder of the lock may do.

use core::ffi::{c_ulong, c_void};
use core::ops::{RangeBounds, RangeInclusive};
use core::ptr::NonNull;

use super::{AllocKind, Iter, LockKind, Mark, Plain, Reservation, XArray};
use crate::alloc::Flags;
use crate::error::code::{EBUSY, EINVAL, ENOENT};
use crate::error::{Error, Result};
use crate::types::{ForeignOwnable, NotThreadSafe};

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

/// Tells one value in an array from another: by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryId(NonNull<c_void>);

/// An index that [`Guard::alloc_cyclic`] gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cyclic {
    /// The index.
    pub index: u32,
    /// Whether the search has started again at the low end of the range.
    pub wrapped: bool,
}

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
    /// `ENOMEM`, or `EINVAL` for a value that cannot be an entry; with the value.
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
    /// `EBUSY` if the index is taken or reserved, `ENOMEM`, or `EINVAL` for a value that cannot be
    /// an entry; with the value.
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

    /// Puts a value at the lowest free index of a range, and returns that.
    ///
    /// If `flags` allow it, the lock is released while memory is allocated, and taken again.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: the range has no free index;
    /// - `EINVAL`: the array gives out no indices ([`AllocKind::None`]);
    /// - `ENOMEM`.
    ///
    /// With the value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::Alloc1), GFP_KERNEL)?;
    /// let mut guard = array.lock();
    /// assert_eq!(guard.alloc(KBox::new(10, GFP_KERNEL)?, 0..=2, GFP_KERNEL)?, 1);
    /// assert_eq!(guard.alloc(KBox::new(20, GFP_KERNEL)?, 0..=2, GFP_KERNEL)?, 2);
    /// let full = guard.alloc(KBox::new(30, GFP_KERNEL)?, 0..=2, GFP_KERNEL);
    /// assert!(full.is_err_and(|full| full.error == EBUSY && *full.value == 30));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alloc(
        &mut self,
        value: T,
        range: RangeInclusive<u32>,
        flags: Flags,
    ) -> Result<u32, StoreError<T>> {
        let value = self.may_alloc(value)?;
        let new = value.into_foreign();
        // SAFETY: the pointer has just been given away.
        let errno = match unsafe { self.alloc_raw(new, &range, flags) } {
            Ok(index) => return Ok(index),
            Err(errno) => errno,
        };
        // SAFETY: the array did not take it.
        Err(unsafe { Self::refused(new, errno) })
    }

    /// Puts a value at the next free index of a range from `next` on, starting again at the low
    /// end if need be; `next` becomes the index after.
    ///
    /// If `flags` allow it, the lock is released while memory is allocated, and taken again.
    ///
    /// # Errors
    ///
    /// As [`Self::alloc`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, Cyclic, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::Alloc), GFP_KERNEL)?;
    /// let mut guard = array.lock();
    /// let mut next = 2;
    /// let place = guard.alloc_cyclic(KBox::new(0, GFP_KERNEL)?, 0..=2, &mut next, GFP_KERNEL)?;
    /// assert_eq!((place, next), (Cyclic { index: 2, wrapped: false }, 3));
    /// let place = guard.alloc_cyclic(KBox::new(0, GFP_KERNEL)?, 0..=2, &mut next, GFP_KERNEL)?;
    /// assert_eq!((place, next), (Cyclic { index: 0, wrapped: true }, 1));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alloc_cyclic(
        &mut self,
        value: T,
        range: RangeInclusive<u32>,
        next: &mut u32,
        flags: Flags,
    ) -> Result<Cyclic, StoreError<T>> {
        let value = self.may_alloc(value)?;
        let new = value.into_foreign();
        let mut index = 0;
        // SAFETY:
        // - the array is initialised, and the lock is ours, and again ours afterwards;
        // - nothing that was borrowed is alive: `self` is borrowed mutably.
        let result = unsafe {
            bindings::ferrite_xarray_alloc_cyclic(
                self.xa(),
                &raw mut index,
                new,
                *range.start(),
                *range.end(),
                next,
                self.gfp(flags),
            )
        };
        if result >= 0 {
            return Ok(Cyclic {
                index,
                wrapped: result > 0,
            });
        }
        // SAFETY: the array did not take it.
        Err(unsafe { Self::refused(new, result) })
    }

    /// Keeps an index free for the holder of what is returned.
    ///
    /// If `flags` allow it, the lock is released while memory is allocated, and taken again. The
    /// guard is used up, because filling or releasing the index takes the lock.
    ///
    /// # Errors
    ///
    /// `EBUSY`: the index is taken or reserved; `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    /// let place = array.lock().reserve(9, GFP_KERNEL)?;
    /// assert_eq!(array.lock().get(9), None);
    /// assert_eq!(array.lock().reserve(9, GFP_KERNEL).err(), Some(EBUSY));
    /// drop(place);
    /// array.lock().insert(9, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reserve(self, index: usize, flags: Flags) -> Result<Reservation<'a, T, L>> {
        Self::may_fail(())?;
        let gfp = self.gfp(flags);
        // SAFETY: the array is initialised, and the lock is ours, and again ours afterwards.
        let errno = unsafe {
            bindings::__xa_insert(self.xa(), index as c_ulong, core::ptr::null_mut(), gfp)
        };
        crate::error::to_result(errno)?;
        Ok(Reservation::new(self.array, index))
    }

    /// Keeps the lowest free index of a range free for the holder of what is returned.
    ///
    /// # Errors
    ///
    /// As [`Self::alloc`].
    pub fn reserve_any(
        mut self,
        range: RangeInclusive<u32>,
        flags: Flags,
    ) -> Result<Reservation<'a, T, L>> {
        self.may_alloc(())?;
        // SAFETY: no value is given away.
        let index = unsafe { self.alloc_raw(core::ptr::null_mut(), &range, flags) }
            .map_err(Error::from_errno)?;
        Ok(Reservation::new(self.array, index as usize))
    }

    /// Lets C find an index for an entry, or for nothing, which reserves it.
    ///
    /// # Safety
    ///
    /// `new` comes from `T::into_foreign`, or is null.
    unsafe fn alloc_raw(
        &mut self,
        new: *mut c_void,
        range: &RangeInclusive<u32>,
        flags: Flags,
    ) -> Result<u32, i32> {
        let mut index = 0;
        // SAFETY:
        // - the array is initialised, and the lock is ours, and again ours afterwards;
        // - nothing that was borrowed is alive: `self` is borrowed mutably.
        let errno = unsafe {
            bindings::ferrite_xarray_alloc(
                self.xa(),
                &raw mut index,
                new,
                *range.start(),
                *range.end(),
                self.gfp(flags),
            )
        };
        if errno == 0 { Ok(index) } else { Err(errno) }
    }

    /// Whether the array gives out indices, and memory is to be had.
    fn may_alloc<V>(&self, value: V) -> Result<V, StoreError<V>> {
        if self.array.kind == AllocKind::None {
            let error = EINVAL;
            return Err(StoreError { error, value });
        }
        Self::may_fail(value)
    }

    /// In test builds, an allocation that may fail; see [`crate::alloc::seam`].
    fn may_fail<V>(value: V) -> Result<V, StoreError<V>> {
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
    unsafe fn refused(entry: *mut c_void, errno: i32) -> StoreError<T> {
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

impl<T: ForeignOwnable, L: LockKind> Drop for Guard<'_, T, L> {
    fn drop(&mut self) {
        // SAFETY: the guard proves that the lock is ours, and holds what locking has returned.
        unsafe { L::unlock(self.array.xa.get(), self.saved) };
    }
}
