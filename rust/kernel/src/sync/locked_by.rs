// SPDX-License-Identifier: GPL-2.0-only

//! Data that a lock elsewhere protects.
//!
//! There is no such thing in C, but the comment which says so. What context the lock needs, it needs.
//!
//! Consumer: `samples/locks`.

use core::cell::UnsafeCell;

use super::lock::{Backend, Lock};

/// Data outside of a lock, to which the lock's own data is the key.
///
/// Where many objects have parts that one lock protects, as the children of a parent that has it.
///
/// ```
/// use kernel::new_mutex;
/// use kernel::prelude::*;
/// use kernel::sync::LockedBy;
///
/// let parent = KBox::pin_init(new_mutex!(0_u32), GFP_KERNEL)?;
/// let other = KBox::pin_init(new_mutex!(0_u32), GFP_KERNEL)?;
/// let child = LockedBy::new(&parent, 1);
/// let mut guard = parent.lock();
/// if let Some(number) = child.access_mut(&mut guard) {
///     *number += 1;
/// }
/// assert_eq!(child.access(&guard), Some(&2));
/// // Another lock's data is no key.
/// assert_eq!(child.access(&other.lock()), None);
/// # Ok::<(), Error>(())
/// ```
pub struct LockedBy<T, U> {
    /// The data of the lock; only compared.
    owner: *const U,
    data: UnsafeCell<T>,
}

// SAFETY: the data goes with it; the owner is only compared.
unsafe impl<T: Send, U> Send for LockedBy<T, U> {}
// SAFETY: one thread at a time has the owner mutably, or many share it (`Sync`).
unsafe impl<T: Send + Sync, U> Sync for LockedBy<T, U> {}

impl<T, U> LockedBy<T, U> {
    /// Data that `owner` protects.
    ///
    /// The owner has a size, or its data would have no address of its own.
    pub fn new<B: Backend>(owner: &Lock<U, B>, data: T) -> Self {
        const { assert!(size_of::<U>() > 0, "the lock's data must have a size") };
        Self {
            owner: owner.data_ptr(),
            data: UnsafeCell::new(data),
        }
    }

    /// The data, if `owner` is that of the lock it was made with; `None` if it is another one's.
    pub fn access<'a>(&'a self, owner: &'a U) -> Option<&'a T> {
        // SAFETY: the owner is borrowed for `'a`, so nobody has it mutably, as changing the data
        // needs.
        core::ptr::eq(owner, self.owner).then(|| unsafe { &*self.data.get() })
    }

    /// As [`Self::access`], to change the data.
    pub fn access_mut<'a>(&'a self, owner: &'a mut U) -> Option<&'a mut T> {
        // SAFETY: the owner is borrowed mutably for `'a`, so nobody else has it, as any access to
        // the data needs.
        core::ptr::eq(owner, self.owner).then(|| unsafe { &mut *self.data.get() })
    }

    /// The data, for who has all of it anyway.
    ///
    /// ```
    /// # use kernel::new_mutex;
    /// # use kernel::prelude::*;
    /// # use kernel::sync::LockedBy;
    /// let parent = KBox::pin_init(new_mutex!(0_u32), GFP_KERNEL)?;
    /// let mut child = LockedBy::new(&parent, 1);
    /// *child.get_mut() = 5;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}
