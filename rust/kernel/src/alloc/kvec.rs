// SPDX-License-Identifier: GPL-2.0-only

//! A growing array.

mod edit;
mod extend;
mod iter;
mod traits;

pub use iter::{Drain, IntoIter};

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use super::{Allocator, Box, Flags, KVmalloc, Kmalloc, NumaNode, Vmalloc};
use crate::error::Result;
use crate::error::code::ENOMEM;

/// A growing array in memory that comes from `A`.
///
/// Values that want more alignment than `A` gives do not compile.
///
/// # Invariants
///
/// - `pointer` is valid for `capacity` values, comes from `A`, and is nobody else's; it dangles if
///   `capacity` is zero or `T` has no size.
/// - The first `len` values are initialised; `len <= capacity` unless `T` has no size.
pub struct Vec<T, A: Allocator> {
    pointer: NonNull<T>,
    capacity: usize,
    len: usize,
    _owns: PhantomData<(A, T)>,
}

/// A [`Vec`] from `kmalloc`.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// let mut names = KVec::with_capacity(2, GFP_KERNEL)?;
/// names.push("one", GFP_KERNEL)?;
/// names.push("two", GFP_KERNEL)?;
/// names.push("three", GFP_KERNEL)?;
/// assert_eq!(names.len(), 3);
/// assert_eq!(names.pop(), Some("three"));
/// assert_eq!(&*names, &["one", "two"]);
/// # Ok::<(), Error>(())
/// ```
pub type KVec<T> = Vec<T, Kmalloc>;

/// A [`Vec`] from `vmalloc`, for large arrays.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// let large = VVec::from_elem(7_u8, 100_000, GFP_KERNEL)?;
/// assert_eq!(large.iter().map(|byte| u32::from(*byte)).sum::<u32>(), 700_000);
/// # Ok::<(), Error>(())
/// ```
pub type VVec<T> = Vec<T, Vmalloc>;

/// A [`Vec`] from `kvmalloc`, for arrays that may become large.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// let mut numbers = KVVec::new();
/// for number in 0..10_000_u32 {
///     numbers.push(number, GFP_KERNEL)?;
/// }
/// assert_eq!(numbers.last(), Some(&9_999));
/// # Ok::<(), Error>(())
/// ```
pub type KVVec<T> = Vec<T, KVmalloc>;

// SAFETY: the array owns its values; nothing else refers to them.
unsafe impl<T: Send, A: Allocator> Send for Vec<T, A> {}
// SAFETY: a shared array gives shared access to its values only.
unsafe impl<T: Sync, A: Allocator> Sync for Vec<T, A> {}

impl<T, A: Allocator> Default for Vec<T, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, A: Allocator> Vec<T, A> {
    /// The allocator gives the alignment that the values want.
    const ALIGNED: () = assert!(
        align_of::<T>() <= A::MAX_ALIGN,
        "the allocator does not give that alignment"
    );

    /// An empty array; needs no memory.
    #[must_use]
    pub const fn new() -> Self {
        // INVARIANT: nothing is allocated, nothing is initialised.
        Self {
            pointer: NonNull::dangling(),
            capacity: 0,
            len: 0,
            _owns: PhantomData,
        }
    }

    /// An empty array with room for `capacity` values.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn with_capacity(capacity: usize, flags: Flags) -> Result<Self> {
        Self::with_capacity_node(capacity, flags, NumaNode::NO_NODE)
    }

    /// As [`Self::with_capacity`], from a node's memory if there is some, else from another's. When
    /// the array grows the wish is forgotten.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::alloc::NumaNode;
    ///
    /// let near = KVec::<u8>::with_capacity_node(100, GFP_KERNEL, NumaNode::new(0)?)?;
    /// assert_eq!(near.capacity(), 100);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_capacity_node(capacity: usize, flags: Flags, node: NumaNode) -> Result<Self> {
        let mut new = Self::new();
        if capacity > 0 && size_of::<T>() > 0 {
            let () = Self::ALIGNED;
            let layout = Layout::array::<T>(capacity).map_err(|_| ENOMEM)?;
            // INVARIANT: the memory is fresh, and nothing in it is initialised.
            // SAFETY: the size is not zero, and the alignment has been checked.
            new.pointer = unsafe { A::alloc(layout, flags, node)? }.cast();
            new.capacity = capacity;
        }
        Ok(new)
    }

    /// How many values there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        if size_of::<T>() == 0 {
            usize::MAX
        } else {
            self.capacity
        }
    }

    /// Makes room for `additional` more values.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the array is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = KVec::new();
    /// numbers.push(1, GFP_KERNEL)?;
    /// numbers.reserve(10, GFP_KERNEL)?;
    /// assert!(numbers.capacity() >= 11);
    /// assert_eq!(numbers.reserve(usize::MAX, GFP_KERNEL), Err(ENOMEM));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reserve(&mut self, additional: usize, flags: Flags) -> Result {
        let needed = self.len.checked_add(additional).ok_or(ENOMEM)?;
        if needed <= self.capacity() {
            return Ok(());
        }
        // Twice as much each time keeps a row of pushes linear.
        let doubled = self.capacity.saturating_mul(2);
        let capacity = if needed > doubled { needed } else { doubled };
        if self.capacity == 0 {
            *self = Self::with_capacity(capacity, flags)?;
            return Ok(());
        }
        self.resize_memory(capacity, flags)
    }

    /// Gives the memory another size.
    fn resize_memory(&mut self, capacity: usize, flags: Flags) -> Result {
        let layout = Layout::array::<T>(capacity).map_err(|_| ENOMEM)?;
        let old_layout = Layout::array::<T>(self.capacity).map_err(|_| ENOMEM)?;
        // SAFETY:
        // - by the invariant the old memory is ours, with that layout;
        // - the callers see to it that `T` has a size and that both capacities are above zero.
        let memory = unsafe { A::realloc(self.pointer.cast(), old_layout, layout, flags)? };
        // INVARIANT: the contents have moved along.
        self.pointer = memory.cast();
        self.capacity = capacity;
        Ok(())
    }

    /// Gives back the memory that the values do not need, by moving them to smaller memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the array is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = KVec::with_capacity(1000, GFP_KERNEL)?;
    /// numbers.extend_from_slice(&[1, 2, 3], GFP_KERNEL)?;
    /// numbers.shrink_to_fit(GFP_KERNEL)?;
    /// assert_eq!(numbers.capacity(), 3);
    /// assert_eq!(&*numbers, &[1, 2, 3]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn shrink_to_fit(&mut self, flags: Flags) -> Result {
        if size_of::<T>() == 0 || self.capacity == self.len {
            return Ok(());
        }
        let mut smaller = Self::with_capacity(self.len, flags)?;
        // SAFETY: there is room for all of them, in memory that is not this one's.
        unsafe {
            smaller
                .pointer
                .copy_from_nonoverlapping(self.pointer, self.len);
        }
        // INVARIANT: the values belong to the new memory now, and to the old one no more.
        smaller.len = self.len;
        self.len = 0;
        *self = smaller;
        Ok(())
    }

    /// Adds a value at the end.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the value is dropped then, and the array is as it was.
    pub fn push(&mut self, value: T, flags: Flags) -> Result {
        self.reserve(1, flags)?;
        // SAFETY: `reserve` has made room for one.
        unsafe { self.push_unchecked(value) };
        Ok(())
    }

    /// Adds a value at the end if there is room: needs no memory, so it works in any context.
    ///
    /// # Errors
    ///
    /// The value, if there is no room.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = KVec::with_capacity(1, GFP_KERNEL)?;
    /// assert_eq!(numbers.push_within_capacity(1), Ok(()));
    /// assert_eq!(numbers.push_within_capacity(2), Err(2));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn push_within_capacity(&mut self, value: T) -> Result<(), T> {
        if self.len >= self.capacity() {
            return Err(value);
        }
        // SAFETY: the length is below the capacity.
        unsafe { self.push_unchecked(value) };
        Ok(())
    }

    /// Adds a value at the end, where there is room.
    ///
    /// # Safety
    ///
    /// The length is below the capacity.
    unsafe fn push_unchecked(&mut self, value: T) {
        // SAFETY: the caller says that there is room for one more behind the last, which holds no
        // value that is initialised.
        unsafe { self.pointer.add(self.len).write(value) };
        // Cannot overflow: it stays within the capacity.
        self.len = self.len.wrapping_add(1);
    }

    /// Takes the last value.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.len.checked_sub(1)?;
        // INVARIANT: one value less is counted as initialised before it is moved out.
        self.len = last;
        // SAFETY: the value at `last` was initialised, and is not counted any more.
        Some(unsafe { self.pointer.add(last).read() })
    }

    /// Drops all values from the `len`th on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut numbers = kernel::kvec![1, 2, 3]?;
    /// numbers.truncate(1);
    /// assert_eq!(&*numbers, &[1]);
    /// numbers.truncate(5);
    /// assert_eq!(numbers.len(), 1);
    /// numbers.clear();
    /// assert!(numbers.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn truncate(&mut self, len: usize) {
        let Some(surplus) = self.len.checked_sub(len) else {
            return;
        };
        // INVARIANT: the values are not counted any more when they are dropped.
        self.len = len;
        // SAFETY: these values were initialised.
        unsafe {
            let tail = NonNull::slice_from_raw_parts(self.pointer.add(len), surplus);
            tail.drop_in_place();
        }
    }

    /// Drops all values; the memory stays.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// The room behind the last value, to be filled and then counted with [`Self::inc_len`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let mut bytes = KVec::<u8>::with_capacity(10, GFP_KERNEL)?;
    /// bytes.push(1, GFP_KERNEL)?;
    /// assert_eq!(bytes.spare_capacity_mut().len(), 9);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn spare_capacity_mut(&mut self) -> &mut [MaybeUninit<T>] {
        // By the invariant this does not wrap, but for values without size.
        let room = self.capacity().saturating_sub(self.len);
        // SAFETY: by the invariant that much memory is ours behind the last value, and any bytes
        // make a `MaybeUninit`.
        unsafe { core::slice::from_raw_parts_mut(self.pointer.add(self.len).cast().as_ptr(), room) }
    }

    /// Counts `additional` more values as being there.
    ///
    /// # Safety
    ///
    /// They have been initialised, in the room behind the last value.
    pub unsafe fn inc_len(&mut self, additional: usize) {
        // Cannot overflow: what is initialised is inside of the capacity.
        self.len = self.len.wrapping_add(additional);
    }

    /// The values in a box that cannot grow. The memory stays as large as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let boxed: KBox<[u32]> = kernel::kvec![1, 2, 3]?.into_boxed_slice();
    /// assert_eq!(boxed.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn into_boxed_slice(mut self) -> Box<[T], A> {
        if self.len == 0 {
            // A box of nothing owns no memory.
            self = Self::new();
        }
        let this = ManuallyDrop::new(self);
        let slice = NonNull::slice_from_raw_parts(this.pointer, this.len);
        // SAFETY:
        // - the memory comes from the same allocator, which frees it without asking for its size;
        // - the values in it are initialised, and it is not used here any more.
        unsafe { Box::from_raw(slice.as_ptr()) }
    }
}

impl<T, A: Allocator> Drop for Vec<T, A> {
    fn drop(&mut self) {
        self.clear();
        if self.capacity > 0 && size_of::<T>() > 0 {
            // SAFETY: by the invariant the memory is ours, and the values are gone.
            unsafe { A::free(self.pointer.cast()) };
        }
    }
}

impl<T, A: Allocator> Deref for Vec<T, A> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: by the invariant the first `len` values are initialised.
        unsafe { core::slice::from_raw_parts(self.pointer.as_ptr(), self.len) }
    }
}

impl<T, A: Allocator> DerefMut for Vec<T, A> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: by the invariant the first `len` values are initialised, and ours alone.
        unsafe { core::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.len) }
    }
}
