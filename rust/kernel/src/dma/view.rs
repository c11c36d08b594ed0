// SPDX-License-Identifier: GPL-2.0-only

//! Places in memory that a device shares.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, RangeBounds};
use core::ptr::NonNull;

use zerocopy::{FromBytes, IntoBytes};

use crate::error::Result;
use crate::error::code::EINVAL;
use crate::types::range_of;

/// A place in memory that a device shares, where there is a `T`, during `'a`.
///
/// There never is a reference to it, since the device may write there at any time. [`Self::read`]
/// and [`Self::write`] are what `READ_ONCE` and `WRITE_ONCE` are in C. What they promise is for
/// values of up to a machine word: one access, which happens just once. A larger value comes and
/// goes in several, between which the other side may come.
///
/// [`dma_project!`](crate::dma_project) finds fields and elements.
///
/// # Invariants
///
/// During `'a` the pointer is valid for volatile accesses, aligned, and no reference is made of it.
pub struct View<'a, T: ?Sized> {
    place: NonNull<T>,
    _memory: PhantomData<&'a UnsafeCell<T>>,
}

impl<T: ?Sized> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for View<'_, T> {}

// SAFETY: values are read and written whole, from whatever CPU; for the kernel's memory model
// volatile accesses of up to a word do not race, and larger ones consist of such. Bytes that were
// put together of two writes make a value, too: only what is `FromBytes` is read.
unsafe impl<T: ?Sized + Send> Send for View<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for View<'_, T> {}

/// What does not dereference to something else: for a type that does, there are two
/// implementations, and no field of its can be found, lest it be one of the other's.
#[doc(hidden)]
pub trait NoDeref<const DEREF: bool> {}
impl<T: ?Sized> NoDeref<false> for T {}
impl<T: ?Sized + Deref> NoDeref<true> for T {}

impl<'a, T: ?Sized> View<'a, T> {
    /// # Safety
    ///
    /// As the invariants.
    #[inline]
    pub(super) unsafe fn new(place: NonNull<T>) -> Self {
        // INVARIANT: the caller promises it.
        Self {
            place,
            _memory: PhantomData,
        }
    }

    /// Itself, so that macros can take it as well as what it is a view of.
    #[must_use]
    #[inline]
    pub fn view(&self) -> View<'a, T> {
        *self
    }

    pub(super) fn as_ptr(self) -> *mut T {
        self.place.as_ptr()
    }
}

impl<'a, T> View<'a, T> {
    /// The value that is there now.
    #[must_use]
    #[inline]
    pub fn read(self) -> T
    where
        T: FromBytes,
    {
        // SAFETY: by the invariant this may be read, and any bytes make a `T`.
        unsafe { self.place.as_ptr().read_volatile() }
    }

    /// Puts a value there.
    #[inline]
    pub fn write(self, value: T)
    where
        T: IntoBytes,
    {
        // SAFETY: by the invariant this may be written; the value has no bytes that were never
        // initialised.
        unsafe { self.place.as_ptr().write_volatile(value) };
    }

    /// For [`dma_project!`](crate::dma_project).
    ///
    /// # Safety
    ///
    /// `field` returns the place of a field of what it is given.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub unsafe fn __field<F, const DEREF: bool>(
        self,
        field: impl FnOnce(*mut T) -> *mut F,
    ) -> View<'a, F>
    where
        T: NoDeref<DEREF>,
    {
        const {
            assert!(
                align_of::<F>() <= align_of::<T>(),
                "the field of a packed struct need not be aligned"
            );
        }
        let place = field(self.place.as_ptr());
        // SAFETY: a field lies where its struct does, so what holds of that holds of it. It is
        // aligned: only in a struct that is packed to less than a field's alignment that is
        // not sure, and then that struct has less alignment than the field.
        unsafe { View::new(NonNull::new_unchecked(place)) }
    }
}

impl<'a, T, const N: usize> View<'a, [T; N]> {
    /// The place of an element. An index below a power of two that `N` is, such as what a mask
    /// leaves, costs no comparison.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    #[inline]
    pub fn index(self, index: usize) -> Result<View<'a, T>> {
        if index >= N {
            return Err(EINVAL);
        }
        // SAFETY: the element is inside of the array.
        Ok(unsafe { View::new(self.place.cast::<T>().add(index)) })
    }

    /// The place of an element. One that the array does not have does not compile.
    #[must_use]
    #[inline]
    pub fn at<const INDEX: usize>(self) -> View<'a, T> {
        const { assert!(INDEX < N, "the array has no such element") };
        // SAFETY: the element is inside of the array.
        unsafe { View::new(self.place.cast::<T>().add(INDEX)) }
    }

    /// The same elements, without their number in the type.
    #[must_use]
    #[inline]
    pub fn as_slice(self) -> View<'a, [T]> {
        // SAFETY: it is the same memory.
        unsafe { View::new(NonNull::slice_from_raw_parts(self.place.cast::<T>(), N)) }
    }
}

impl<'a, T> View<'a, [T]> {
    /// How many elements there are.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        self.place.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The place of an element.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    #[inline]
    pub fn index(self, index: usize) -> Result<View<'a, T>> {
        if index >= self.len() {
            return Err(EINVAL);
        }
        // SAFETY: the element is inside of the slice.
        Ok(unsafe { View::new(self.place.cast::<T>().add(index)) })
    }

    /// Some of the elements.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the range ends before it starts, or goes beyond the end.
    pub fn range(self, range: impl RangeBounds<usize>) -> Result<View<'a, [T]>> {
        let range = range_of(range, self.len())?;
        // SAFETY: the start is not behind the end of the slice.
        let first = unsafe { self.place.cast::<T>().add(range.start) };
        // SAFETY: the elements are inside of the slice.
        Ok(unsafe { View::new(NonNull::slice_from_raw_parts(first, range.len())) })
    }

    /// Copies all of it out, in an order that is not said.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `to` has another length.
    pub fn copy_to_slice(self, to: &mut [T]) -> Result
    where
        T: FromBytes,
    {
        if to.len() != self.len() {
            return Err(EINVAL);
        }
        // SAFETY:
        // - both are there, and as long; C's copy, which rustc does not see, may come across
        //   writes of the device's;
        // - any bytes make a `T`.
        unsafe {
            bindings::ferrite_dma_copy(
                to.as_mut_ptr().cast(),
                self.place.as_ptr().cast_const().cast(),
                size_of_val(to),
            )
        };
        Ok(())
    }

    /// Copies all of `from` there, in an order that is not said.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `from` has another length.
    pub fn copy_from_slice(self, from: &[T]) -> Result
    where
        T: IntoBytes,
    {
        if from.len() != self.len() {
            return Err(EINVAL);
        }
        // SAFETY: both are there, and as long; C's copy, which rustc does not see, may come across
        // accesses of the device's.
        unsafe {
            bindings::ferrite_dma_copy(
                self.place.as_ptr().cast(),
                from.as_ptr().cast(),
                size_of_val(from),
            )
        };
        Ok(())
    }
}

/// The [`View`](crate::dma::View) of a field or an element of memory that a device shares.
///
/// The first argument has a method `view`. The path behind it consists of
///
/// - `.field`;
/// - `[index]?` of an array or a slice: the function that this stands in returns `EINVAL` if there
///   is no such element;
/// - `[INDEX]` of an array, where a constant that it does not have does not compile.
///
/// A field of a packed struct that is not aligned does not compile, nor does one that is found by
/// dereferencing.
///
/// # Examples
///
/// ```
/// use kernel::dma::{Coherent, DmaMask};
/// use kernel::prelude::*;
/// use kernel::{dma_project, dma_read, dma_write, faux};
///
/// # let registration = faux::Registration::new(c"ferrite-example", None)?;
/// # let device = registration.device();
/// # device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
/// let table = Coherent::<[[u16; 4]]>::zeroed_slice(device, 10, GFP_KERNEL)?;
/// let row = dma_project!(table, [9]?);
/// dma_write!(row, [3], 7);
/// assert_eq!(dma_read!(table, [9]?[3]), 7);
/// assert_eq!(row.index(4).err(), Some(EINVAL));
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! dma_project {
    ($memory:expr, $($path:tt)*) => {{
        let place = $memory.view();
        $crate::__dma_project!(place $($path)*)
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __dma_project {
    ($place:ident) => { $place };
    ($place:ident . $field:tt $($rest:tt)*) => {{
        // SAFETY: the closure names a field of what it is given, and nothing else.
        let place = unsafe { $place.__field(|base| &raw mut (*base).$field) };
        $crate::__dma_project!(place $($rest)*)
    }};
    ($place:ident [$index:expr]? $($rest:tt)*) => {{
        let place = $place.index($index)?;
        $crate::__dma_project!(place $($rest)*)
    }};
    ($place:ident [$index:expr] $($rest:tt)*) => {{
        let place = $place.at::<{ $index }>();
        $crate::__dma_project!(place $($rest)*)
    }};
}

/// Reads from memory that a device shares: `dma_read!(ring, .slots[index]?.len)`. See
/// [`dma_project!`](crate::dma_project) and [`View::read`](crate::dma::View::read).
#[macro_export]
macro_rules! dma_read {
    ($memory:expr, $($path:tt)*) => {
        $crate::dma_project!($memory, $($path)*).read()
    };
}

/// Writes to memory that a device shares: `dma_write!(ring, .slots[index]?.len, 512)`. See
/// [`dma_project!`](crate::dma_project) and [`View::write`](crate::dma::View::write).
#[macro_export]
macro_rules! dma_write {
    (@path [$memory:expr] [$($path:tt)*], $value:expr $(,)?) => {
        $crate::dma_project!($memory, $($path)*).write($value)
    };
    (@path [$memory:expr] [$($path:tt)*] $next:tt $($rest:tt)*) => {
        $crate::dma_write!(@path [$memory] [$($path)* $next] $($rest)*)
    };
    ($memory:expr, $($rest:tt)*) => {
        $crate::dma_write!(@path [$memory] [] $($rest)*)
    };
}
