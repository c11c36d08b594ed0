// SPDX-License-Identifier: GPL-2.0-only

//! Building blocks of the abstractions.

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::ops::{Bound, Range, RangeBounds};

use crate::error::Result;
use crate::error::code::EINVAL;

/// Memory that the C side owns: it may be uninitialised, change at any time, and never move.
///
/// Holding one proves nothing about its contents; only its address is of use.
#[repr(transparent)]
pub struct Opaque<T> {
    value: UnsafeCell<MaybeUninit<T>>,
    _pin: PhantomPinned,
}

impl<T> Opaque<T> {
    /// Wraps a value that C may change from now on.
    pub const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(MaybeUninit::new(value)),
            _pin: PhantomPinned,
        }
    }

    /// Memory that C will initialise.
    #[must_use]
    pub const fn uninit() -> Self {
        Self {
            value: UnsafeCell::new(MaybeUninit::uninit()),
            _pin: PhantomPinned,
        }
    }

    /// All bytes zero, as most C objects want it before their own initialisation.
    #[must_use]
    pub const fn zeroed() -> Self {
        Self {
            value: UnsafeCell::new(MaybeUninit::zeroed()),
            _pin: PhantomPinned,
        }
    }

    /// Where it is.
    pub const fn get(&self) -> *mut T {
        UnsafeCell::get(&self.value).cast::<T>()
    }
}

/// A value that can be handed to C as one pointer, and be taken back.
///
/// # Safety
///
/// `into_foreign` returns a pointer that is not null and aligned to `FOREIGN_ALIGN`.
pub unsafe trait ForeignOwnable: Sized {
    /// The alignment of the pointers that [`Self::into_foreign`] returns.
    const FOREIGN_ALIGN: usize;

    /// What is seen of the value while C owns it.
    type Borrowed<'a>;

    /// What is seen of the value by whoever has it alone, while C owns it: mutable access where the
    /// value's owner has that, and otherwise the same as [`Self::Borrowed`].
    type BorrowedMut<'a>;

    /// Gives the value to C.
    fn into_foreign(self) -> *mut core::ffi::c_void;

    /// Takes the value back.
    ///
    /// # Safety
    ///
    /// - `pointer` comes from [`Self::into_foreign`] and has not been taken back.
    /// - Nothing that [`Self::borrow`] returned for it is alive.
    unsafe fn from_foreign(pointer: *mut core::ffi::c_void) -> Self;

    /// Looks at the value while C owns it.
    ///
    /// # Safety
    ///
    /// `pointer` comes from [`Self::into_foreign`] and is not taken back during `'a`.
    unsafe fn borrow<'a>(pointer: *mut core::ffi::c_void) -> Self::Borrowed<'a>;

    /// Looks at the value while C owns it and nobody else looks.
    ///
    /// # Safety
    ///
    /// - `pointer` comes from [`Self::into_foreign`] and is not taken back during `'a`.
    /// - Nothing else that [`Self::borrow`] or this has returned for it is alive during `'a`.
    unsafe fn borrow_mut<'a>(pointer: *mut core::ffi::c_void) -> Self::BorrowedMut<'a>;
}

// SAFETY: the pointer dangles, but is neither null nor unaligned.
unsafe impl ForeignOwnable for () {
    const FOREIGN_ALIGN: usize = 1;
    type Borrowed<'a> = ();
    type BorrowedMut<'a> = ();

    fn into_foreign(self) -> *mut core::ffi::c_void {
        core::ptr::NonNull::dangling().as_ptr()
    }

    unsafe fn from_foreign(_pointer: *mut core::ffi::c_void) {}

    unsafe fn borrow<'a>(_pointer: *mut core::ffi::c_void) -> Self::Borrowed<'a> {}

    unsafe fn borrow_mut<'a>(_pointer: *mut core::ffi::c_void) -> Self::BorrowedMut<'a> {}
}

// SAFETY: a reference is neither null nor unaligned.
unsafe impl<T: 'static> ForeignOwnable for &'static T {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = &'a T;
    type BorrowedMut<'a> = &'a T;

    fn into_foreign(self) -> *mut core::ffi::c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }

    unsafe fn from_foreign(pointer: *mut core::ffi::c_void) -> Self {
        // SAFETY: the caller promises that it comes from `into_foreign`: from such a reference.
        unsafe { &*pointer.cast_const().cast::<T>() }
    }

    unsafe fn borrow<'a>(pointer: *mut core::ffi::c_void) -> &'a T {
        // SAFETY: as above.
        unsafe { &*pointer.cast_const().cast::<T>() }
    }

    unsafe fn borrow_mut<'a>(pointer: *mut core::ffi::c_void) -> &'a T {
        // SAFETY: as above.
        unsafe { &*pointer.cast_const().cast::<T>() }
    }
}

/// Makes what holds it stay on the thread that made it: a guard that must be dropped there.
#[derive(Debug, Default, Clone, Copy)]
pub struct NotThreadSafe(core::marker::PhantomData<*mut ()>);

impl NotThreadSafe {
    /// The one value.
    #[must_use]
    pub const fn new() -> Self {
        Self(core::marker::PhantomData)
    }
}

/// The indices of a range in something of `len` values.
///
/// # Errors
///
/// `EINVAL`: it ends before it starts, or goes beyond the end.
pub(crate) fn range_of(range: impl RangeBounds<usize>, len: usize) -> Result<Range<usize>> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before.checked_add(1).ok_or(EINVAL)?,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => last.checked_add(1).ok_or(EINVAL)?,
        Bound::Excluded(end) => *end,
        Bound::Unbounded => len,
    };
    if start > end || end > len {
        return Err(EINVAL);
    }
    Ok(start..end)
}
