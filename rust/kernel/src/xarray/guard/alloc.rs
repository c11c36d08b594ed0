// SPDX-License-Identifier: GPL-2.0-only

//! Indices that the array finds, or keeps.

use core::ffi::{c_ulong, c_void};
use core::ops::RangeInclusive;

use super::{Guard, StoreError};
use crate::alloc::Flags;
use crate::error::code::EINVAL;
use crate::error::{Error, Result};
use crate::types::ForeignOwnable;
use crate::xarray::{AllocKind, LockKind, Reservation};

/// An index that [`Guard::alloc_cyclic`] gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cyclic {
    /// The index.
    pub index: u32,
    /// Whether the search has started again at the low end of the range.
    pub wrapped: bool,
}

impl<'a, T: ForeignOwnable, L: LockKind> Guard<'a, T, L> {
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
}
