// SPDX-License-Identifier: GPL-2.0-only

//! Trees that find room by themselves.

use core::ffi::c_ulong;
use core::ops::{Deref, RangeBounds};

use pinned_init::{PinInit, pin_data, pin_init};

use super::{EEXIST, EINVAL, MapleTree, StoreError, limits, seam};
use crate::alloc::Flags;
use crate::error::{Error, Result};
use crate::types::ForeignOwnable;

/// A [`MapleTree`] that keeps track of its gaps, and so finds a place for a value.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::maple_tree::MapleTreeAlloc;
///
/// let tree = KBox::pin_init(MapleTreeAlloc::<KBox<u32>>::new(), GFP_KERNEL)?;
/// tree.insert(3, KBox::new(0, GFP_KERNEL)?, GFP_KERNEL)?;
/// assert_eq!(tree.alloc_range(4, KBox::new(1, GFP_KERNEL)?, ..=10, GFP_KERNEL)?, 4);
/// assert_eq!(tree.alloc_range(3, KBox::new(2, GFP_KERNEL)?, ..=10, GFP_KERNEL)?, 0);
/// assert_eq!(tree.alloc_range(3, KBox::new(3, GFP_KERNEL)?, ..=10, GFP_KERNEL)?, 8);
/// let full = tree.alloc_range(1, KBox::new(4, GFP_KERNEL)?, ..=10, GFP_KERNEL);
/// assert!(full.is_err_and(|full| full.error == EBUSY && *full.value == 4));
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct MapleTreeAlloc<T: ForeignOwnable> {
    #[pin]
    tree: MapleTree<T>,
}

impl<T: ForeignOwnable> Deref for MapleTreeAlloc<T> {
    type Target = MapleTree<T>;

    fn deref(&self) -> &MapleTree<T> {
        &self.tree
    }
}

impl<T: ForeignOwnable> MapleTreeAlloc<T> {
    /// An initialiser for an empty tree.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            tree <- MapleTree::with_gaps(true),
        })
    }

    /// Puts a value at the lowest `size` indices in a row that are free and in the range; returns
    /// the first. Takes the lock, and sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: there is no such gap;
    /// - `EINVAL`: `size` is zero, or larger than the range;
    /// - `ENOMEM`.
    ///
    /// With the value.
    pub fn alloc_range(
        &self,
        size: usize,
        value: T,
        range: impl RangeBounds<usize>,
        flags: Flags,
    ) -> Result<usize, StoreError<T>> {
        let refuse = |error, value| Err(StoreError { error, value });
        let (from, to) = match limits(range).and_then(|limits| seam::may_fail().map(|()| limits)) {
            Ok(limits) => limits,
            Err(error) => return refuse(error, value),
        };
        let Some(more) = (size as c_ulong).checked_sub(1) else {
            return refuse(EINVAL, value);
        };
        if to.wrapping_sub(from) < more {
            return refuse(EINVAL, value);
        }
        let mut value = value;
        loop {
            let first = match self.find_gap(from, to, size as c_ulong) {
                Ok(first) => first,
                Err(error) => return refuse(error, value),
            };
            // Cannot wrap: the gap ends in the range.
            match self.insert_raw(first, first.wrapping_add(more), value, flags) {
                Ok(()) => return Ok(first as usize),
                // Somebody was faster. C's own function is not used, since kernels do not agree
                // about the end of the range that it takes.
                Err(refused) if refused.error == EEXIST => value = refused.value,
                Err(refused) => return Err(refused),
            }
        }
    }

    fn find_gap(&self, from: c_ulong, to: c_ulong, size: c_ulong) -> Result<c_ulong> {
        let guard = self.lock();
        let mut first = 0;
        // SAFETY: the tree is initialised, and the lock is ours.
        let errno = unsafe {
            bindings::ferrite_maple_tree_find_gap(
                guard.tree.tree.get(),
                from,
                to,
                size,
                &raw mut first,
            )
        };
        if errno == 0 {
            Ok(first)
        } else {
            Err(Error::from_errno(errno))
        }
    }
}
