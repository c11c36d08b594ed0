// SPDX-License-Identifier: GPL-2.0-only

//! Maple tree: ranges of indices, each with a value.
//!
//! Ranges do not overlap. A [`MapleTree`] owns its values; to look at one, one holds the tree's
//! spinlock ([`MapleTree::lock`]). What changes the tree takes that lock by itself, and so must
//! not be called by who holds it.
//!
//! The lock leaves interrupts on: a tree is for process context, or for one kind of interrupt alone. What
//! puts something in sleeps, without the lock, if its flags let it; while a guard is held nothing may.
//!
//! C header: `include/linux/maple_tree.h`. C source: `lib/maple_tree.c`.
//!
//! Consumer: `samples/idmap`.

mod alloc;
#[cfg(feature = "ktest")]
mod tests;

pub use alloc::MapleTreeAlloc;

use core::ffi::{c_ulong, c_void};
use core::marker::PhantomData;
use core::ops::{Bound, RangeBounds, RangeInclusive};
use core::ptr::NonNull;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure, pinned_drop};

use crate::alloc::{Flags, seam};
use crate::error::code::{EEXIST, EINVAL};
use crate::error::{Error, Result};
use crate::types::{ForeignOwnable, NotThreadSafe, Opaque};
use crate::xarray::StoreError;

/// Ranges of indices with owned values.
///
/// Pointers must be aligned to four bytes, as in an [`XArray`](crate::xarray::XArray); that is
/// checked when the constructor is compiled.
///
/// # Invariants
///
/// Every entry comes from `T::into_foreign`, stands for one range, and is taken back once.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::maple_tree::MapleTree;
///
/// let tree = KBox::pin_init(MapleTree::<KBox<u32>>::new(), GFP_KERNEL)?;
/// tree.insert_range(10..=19, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
/// tree.insert(30, KBox::new(2, GFP_KERNEL)?, GFP_KERNEL)?;
/// assert_eq!(tree.lock().load(15), Some(&1));
/// assert_eq!(tree.lock().load(20), None);
/// // All of its range goes.
/// assert_eq!(tree.erase(12).as_deref(), Some(&1));
/// assert_eq!(tree.lock().load(19), None);
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
pub struct MapleTree<T: ForeignOwnable> {
    #[pin]
    tree: Opaque<bindings::maple_tree>,
    // Not covariant: what is stored through a shared reference must be a `T`, exactly.
    _owns: PhantomData<*mut T>,
}

// SAFETY: the tree owns its values.
unsafe impl<T: ForeignOwnable + Send> Send for MapleTree<T> {}
// SAFETY: shared access goes through the tree's lock, which hands out one guard at a time.
unsafe impl<T: ForeignOwnable + Send> Sync for MapleTree<T> {}

/// The first and the last index of a range.
fn limits(range: impl RangeBounds<usize>) -> Result<(c_ulong, c_ulong)> {
    let first = match range.start_bound() {
        Bound::Included(first) => *first,
        Bound::Excluded(before) => before.checked_add(1).ok_or(EINVAL)?,
        Bound::Unbounded => 0,
    };
    let last = match range.end_bound() {
        Bound::Included(last) => *last,
        Bound::Excluded(after) => after.checked_sub(1).ok_or(EINVAL)?,
        Bound::Unbounded => usize::MAX,
    };
    if first <= last {
        Ok((first as c_ulong, last as c_ulong))
    } else {
        Err(EINVAL)
    }
}

impl<T: ForeignOwnable> MapleTree<T> {
    /// The two lowest bits of an entry are the tree's.
    const ALIGNED: () = assert!(
        T::FOREIGN_ALIGN >= 4,
        "an entry must be a pointer aligned to 4"
    );

    /// An initialiser for an empty tree.
    pub fn new() -> impl PinInit<Self> {
        Self::with_gaps(false)
    }

    /// An empty tree, which may keep track of its gaps.
    fn with_gaps(gaps: bool) -> impl PinInit<Self> {
        let () = Self::ALIGNED;
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            tree <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::maple_tree>| {
                    bindings::ferrite_maple_tree_init(slot.cast(), gaps);
                    Ok::<(), core::convert::Infallible>(())
                })
            },
            _owns: PhantomData,
        })
    }

    /// Takes the tree's spinlock: nothing may sleep until the guard is dropped. Not for use in
    /// interrupts.
    pub fn lock(&self) -> MapleGuard<'_, T> {
        // SAFETY: the tree is initialised.
        unsafe { bindings::ferrite_maple_tree_lock(self.tree.get()) };
        MapleGuard {
            tree: self,
            _not_send: NotThreadSafe::new(),
        }
    }

    /// Puts a value at an index that is free. As [`Self::insert_range`].
    ///
    /// # Errors
    ///
    /// As [`Self::insert_range`].
    pub fn insert(&self, index: usize, value: T, flags: Flags) -> Result<(), StoreError<T>> {
        self.insert_range(index..=index, value, flags)
    }

    /// Puts a value at a range of indices that are all free. Takes the lock, and sleeps if `flags`
    /// let it.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: an index of the range is taken;
    /// - `EINVAL`: the range is empty;
    /// - `ENOMEM`.
    ///
    /// With the value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::maple_tree::MapleTree;
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u32>>::new(), GFP_KERNEL)?;
    /// tree.insert_range(..100, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    /// let refused = tree.insert_range(99..200, KBox::new(2, GFP_KERNEL)?, GFP_KERNEL);
    /// assert!(refused.is_err_and(|refused| refused.error == EEXIST && *refused.value == 2));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn insert_range(
        &self,
        range: impl RangeBounds<usize>,
        value: T,
        flags: Flags,
    ) -> Result<(), StoreError<T>> {
        match limits(range).and_then(|limits| seam::may_fail().map(|()| limits)) {
            Ok((first, last)) => self.insert_raw(first, last, value, flags),
            Err(error) => Err(StoreError { error, value }),
        }
    }

    fn insert_raw(
        &self,
        first: c_ulong,
        last: c_ulong,
        value: T,
        flags: Flags,
    ) -> Result<(), StoreError<T>> {
        let new = value.into_foreign();
        // SAFETY: the tree is initialised; this takes the lock by itself.
        let errno =
            unsafe { bindings::mtree_insert_range(self.tree.get(), first, last, new, flags.0) };
        if errno == 0 {
            return Ok(());
        }
        Err(StoreError {
            error: Error::from_errno(errno),
            // SAFETY: the tree did not take it.
            value: unsafe { T::from_foreign(new) },
        })
    }

    /// Takes the value at an index out of the tree; its whole range becomes free. Takes the lock.
    ///
    /// The tree may need memory for that, and gets it without sleeping, or waits for it.
    pub fn erase(&self, index: usize) -> Option<T> {
        // SAFETY: the tree is initialised; this takes the lock by itself.
        let entry = unsafe { bindings::mtree_erase(self.tree.get(), index as c_ulong) };
        // SAFETY: by the invariant the entry is a value given away, and now it is out of the tree.
        NonNull::new(entry).map(|entry| unsafe { T::from_foreign(entry.as_ptr()) })
    }

    /// The first entry that has an index of the range, with its own range.
    ///
    /// # Safety
    ///
    /// The lock is held, or nobody else has the tree.
    unsafe fn find_raw(
        &self,
        first: c_ulong,
        last: c_ulong,
    ) -> Option<(NonNull<c_void>, c_ulong, c_ulong)> {
        let (mut start, mut end) = (0, 0);
        // SAFETY: the tree is initialised; the caller keeps others from it.
        let entry = unsafe {
            bindings::ferrite_maple_tree_find(
                self.tree.get(),
                first,
                last,
                &raw mut start,
                &raw mut end,
            )
        };
        NonNull::new(entry).map(|entry| (entry, start, end))
    }
}

#[pinned_drop]
impl<T: ForeignOwnable> PinnedDrop for MapleTree<T> {
    fn drop(self: core::pin::Pin<&mut Self>) {
        let mut next = Some(0);
        while let Some(from) = next {
            // Not held while a value is dropped, which may sleep.
            let guard = self.lock();
            // SAFETY: the lock is held.
            let found = unsafe { self.find_raw(from, c_ulong::MAX) };
            drop(guard);
            let Some((entry, _, last)) = found else {
                break;
            };
            // SAFETY: by the invariant the entry is a value given away. `mtree_destroy`, below,
            // drops the tree's reference to it without looking at it.
            drop(unsafe { T::from_foreign(entry.as_ptr()) });
            next = last.checked_add(1);
        }
        // SAFETY: the tree is initialised, and never used again.
        unsafe { bindings::mtree_destroy(self.tree.get()) };
    }
}

/// Holding one proves that the tree's lock is ours.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct MapleGuard<'a, T: ForeignOwnable> {
    tree: &'a MapleTree<T>,
    _not_send: NotThreadSafe,
}

impl<T: ForeignOwnable> MapleGuard<'_, T> {
    /// The value at an index.
    #[must_use]
    pub fn load(&self, index: usize) -> Option<T::Borrowed<'_>> {
        // SAFETY: the tree is initialised.
        let entry = unsafe { bindings::mtree_load(self.tree.tree.get(), index as c_ulong) };
        // SAFETY: by the invariant the entry is a value given away; what takes one back needs the
        // lock, which is ours for as long as the borrow lives.
        NonNull::new(entry).map(|entry| unsafe { T::borrow(entry.as_ptr()) })
    }

    /// The first value that has an index of a range, with all of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::maple_tree::MapleTree;
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u32>>::new(), GFP_KERNEL)?;
    /// tree.insert_range(10..20, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    /// let guard = tree.lock();
    /// assert_eq!(guard.find(..), Some((10..=19, &1)));
    /// assert_eq!(guard.find(15..16), Some((10..=19, &1)));
    /// assert_eq!(guard.find(20..), None);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn find(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Option<(RangeInclusive<usize>, T::Borrowed<'_>)> {
        let (first, last) = limits(range).ok()?;
        // SAFETY: the lock is ours.
        let (entry, start, end) = unsafe { self.tree.find_raw(first, last) }?;
        // SAFETY: as in `load`.
        let value = unsafe { T::borrow(entry.as_ptr()) };
        Some((start as usize..=end as usize, value))
    }

    /// All values, with their ranges.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::maple_tree::MapleTree;
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u32>>::new(), GFP_KERNEL)?;
    /// tree.insert(7, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    /// tree.insert_range(3..=5, KBox::new(2, GFP_KERNEL)?, GFP_KERNEL)?;
    /// assert!(tree.lock().iter().eq([(3..=5, &2), (7..=7, &1)]));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (RangeInclusive<usize>, T::Borrowed<'_>)> {
        let mut next = Some(0);
        core::iter::from_fn(move || {
            let (range, value) = self.find(next?..)?;
            next = range.end().checked_add(1);
            Some((range, value))
        })
    }
}

impl<T: ForeignOwnable> Drop for MapleGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the guard proves that the lock is ours.
        unsafe { bindings::ferrite_maple_tree_unlock(self.tree.tree.get()) };
    }
}
