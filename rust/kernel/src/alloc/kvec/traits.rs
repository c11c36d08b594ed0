// SPDX-License-Identifier: GPL-2.0-only

//! What an array has in common with other things.

use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use zerocopy::{FromBytes, IntoBytes};

use super::{VVec, Vec};
use crate::alloc::{Allocator, Box};
use crate::page::{AsPageIter, VmallocPageIter};

impl<T: core::fmt::Debug, A: Allocator> core::fmt::Debug for Vec<T, A> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}

impl<T, U, A: Allocator, B: Allocator> PartialEq<Vec<U, B>> for Vec<T, A>
where
    T: PartialEq<U>,
{
    fn eq(&self, other: &Vec<U, B>) -> bool {
        **self == **other
    }
}

impl<T: Eq, A: Allocator> Eq for Vec<T, A> {}

impl<T, U, A: Allocator, const N: usize> PartialEq<[U; N]> for Vec<T, A>
where
    T: PartialEq<U>,
{
    fn eq(&self, other: &[U; N]) -> bool {
        **self == *other
    }
}

impl<T, U, A: Allocator> PartialEq<[U]> for Vec<T, A>
where
    T: PartialEq<U>,
{
    fn eq(&self, other: &[U]) -> bool {
        **self == *other
    }
}

impl<T, U, A: Allocator> PartialEq<&[U]> for Vec<T, A>
where
    T: PartialEq<U>,
{
    fn eq(&self, other: &&[U]) -> bool {
        **self == **other
    }
}

impl<T, A: Allocator> AsRef<[T]> for Vec<T, A> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T, A: Allocator, const N: usize> From<Box<[T; N], A>> for Vec<T, A> {
    fn from(array: Box<[T; N], A>) -> Self {
        let pointer = array.into_raw();
        // INVARIANT: the memory is the box's own, and all values in it are initialised; it dangles
        // if they have no size, or if there are none.
        Self {
            // SAFETY: a box's pointer is not null.
            pointer: unsafe { NonNull::new_unchecked(pointer.cast()) },
            capacity: if size_of::<T>() == 0 { 0 } else { N },
            len: N,
            _owns: core::marker::PhantomData,
        }
    }
}

impl<T, A: Allocator> From<Box<[T], A>> for Vec<T, A> {
    fn from(slice: Box<[T], A>) -> Self {
        let slice = ManuallyDrop::new(slice);
        let len = slice.len();
        // INVARIANT: as above.
        Self {
            pointer: NonNull::from(&**slice).cast(),
            capacity: if size_of::<T>() == 0 { 0 } else { len },
            len,
            _owns: core::marker::PhantomData,
        }
    }
}

/// Any bytes may be written to the pages, so they must make a value.
impl<T: FromBytes + IntoBytes> AsPageIter for VVec<T> {
    type Iter<'a>
        = VmallocPageIter<'a>
    where
        T: 'a;

    fn page_iter(&mut self) -> VmallocPageIter<'_> {
        let size = size_of_val(&**self);
        // SAFETY:
        // - the memory is vmalloc's, or there is none and the size is zero;
        // - `self` is borrowed mutably for as long as the iterator lives.
        unsafe { VmallocPageIter::new(self.pointer.cast(), size) }
    }

    #[inline]
    fn vmalloc_iter(&mut self) -> Option<VmallocPageIter<'_>> {
        Some(self.page_iter())
    }
}

/// An array of the values in the brackets, or of copies of one: `kvec![]`, `kvec![value; count]`,
/// `kvec![value, …]`. A [`Result`](crate::error::Result), since the memory (`GFP_KERNEL`) may run
/// out; only `kvec![]` needs none.
///
/// The values pass through the stack.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::kvec;
///
/// let mut numbers = kvec![1, 2, 3]?;
/// numbers.push(4, GFP_KERNEL)?;
/// assert_eq!(numbers, [1, 2, 3, 4]);
/// assert_eq!(kvec![7; 3]?, [7, 7, 7]);
/// let none: KVec<u8> = kvec![];
/// assert!(none.is_empty());
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! kvec {
    () => {
        $crate::alloc::KVec::new()
    };
    ($value:expr; $count:expr) => {
        $crate::alloc::KVec::from_elem($value, $count, $crate::alloc::flags::GFP_KERNEL)
    };
    ($($value:expr),+ $(,)?) => {
        $crate::alloc::KBox::new([$($value),+], $crate::alloc::flags::GFP_KERNEL)
            .map($crate::alloc::KVec::from)
    };
}
