// SPDX-License-Identifier: GPL-2.0-only

//! The `Arc` that stands for a value's links.

use core::ops::Deref;

use pinned_init::PinInit;

use super::links::{FREE, HELD};
use super::{HasListLinks, ListLinks};
use crate::alloc::Flags;
use crate::error::{Error, Result};
use crate::sync::{Arc, ArcBorrow, UniqueArc};

/// An [`Arc`] of a value, and the right to put the value into a list by its links with this `ID`.
///
/// There is at most one of each value and `ID`: either somebody has it, or a list does, or nobody.
///
/// ```
/// use kernel::impl_has_list_links;
/// use kernel::list::{ListArc, ListLinks};
/// use kernel::prelude::*;
///
/// struct Job(u32, ListLinks);
/// impl_has_list_links! { impl HasListLinks<0> for Job { self.1 } }
///
/// let held = ListArc::<Job>::new(Job(1, ListLinks::new()), GFP_KERNEL)?;
/// // A second one is refused, and the `Arc` comes back.
/// let Err(shared) = ListArc::<Job>::try_from_arc(held.clone_arc()) else {
///     return Err(EINVAL);
/// };
/// drop(held);
/// assert!(ListArc::<Job>::try_from_arc(shared).is_ok());
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The links are held (`HELD`), and this is why.
pub struct ListArc<T: HasListLinks<ID>, const ID: u64 = 0>(Arc<T>);

impl<T: HasListLinks<ID>, const ID: u64> ListArc<T, ID> {
    /// Moves a value into shared memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(value: T, flags: Flags) -> Result<Self> {
        Ok(UniqueArc::new(value, flags)?.into())
    }

    /// Initialises a value in shared memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, or what the initialiser says.
    pub fn pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self>
    where
        Error: From<E>,
    {
        let arc = Arc::pin_init(init, flags)?;
        T::links(&arc).set_owner(HELD);
        // INVARIANT: nobody else has an `Arc` of the value, so nobody holds its links but we.
        Ok(Self(arc))
    }

    /// Takes the right to put the value into a list, if nobody else has it.
    ///
    /// # Errors
    ///
    /// The `Arc` itself, if there is another `ListArc` of the value, or it is in a list.
    pub fn try_from_arc(arc: Arc<T>) -> Result<Self, Arc<T>> {
        if T::links(&arc).hold() {
            // INVARIANT: they were free, and now are held, by us.
            Ok(Self(arc))
        } else {
            Err(arc)
        }
    }

    /// Gives up the right, and keeps the `Arc`.
    #[must_use]
    pub fn into_arc(self) -> Arc<T> {
        // Dropping `self` frees the links.
        self.clone_arc()
    }

    /// One more owner of the value.
    #[must_use]
    pub fn clone_arc(&self) -> Arc<T> {
        self.0.clone()
    }

    /// A borrow that can be turned into an owner.
    #[must_use]
    pub fn as_arc_borrow(&self) -> ArcBorrow<'_, T> {
        self.0.as_borrow()
    }

    /// Hands both, the count and the links, to the list with this number.
    pub(super) fn into_links(self, list: u64) -> *const ListLinks<ID> {
        let value = core::mem::ManuallyDrop::new(self);
        // SAFETY: the value is not dropped, so the `Arc` is read once.
        let raw = unsafe { core::ptr::read(&raw const value.0) }.into_raw();
        let links = raw.wrapping_byte_add(T::OFFSET).cast::<ListLinks<ID>>();
        // SAFETY: the count that was just given away keeps the value where it is.
        unsafe { &*links }.set_owner(list);
        links
    }

    /// Takes back what [`Self::into_links`] has given.
    ///
    /// # Safety
    ///
    /// The links come from there, and are out of their list.
    pub(super) unsafe fn from_links(links: *const ListLinks<ID>) -> Self {
        // SAFETY: the count that was given away keeps the value where it is.
        unsafe { &*links }.set_owner(HELD);
        // INVARIANT: the links are held from now on, by us.
        // SAFETY: the caller promises that the links were given away, with the count, and are given
        // back once.
        Self(unsafe { Arc::from_raw(links.wrapping_byte_sub(T::OFFSET).cast()) })
    }

    /// Looks at a value that is in a list.
    ///
    /// # Safety
    ///
    /// The links come from [`Self::into_links`], and are not taken back during `'a`.
    pub(super) unsafe fn borrow_links<'a>(links: *const ListLinks<ID>) -> ArcBorrow<'a, T> {
        // SAFETY: the caller promises that the count that was given away stays for `'a`.
        unsafe { ArcBorrow::from_raw(links.wrapping_byte_sub(T::OFFSET).cast()) }
    }
}

impl<T: HasListLinks<ID>, const ID: u64> Drop for ListArc<T, ID> {
    fn drop(&mut self) {
        T::links(&self.0).set_owner(FREE);
    }
}

impl<T: HasListLinks<ID>, const ID: u64> Deref for ListArc<T, ID> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: HasListLinks<ID>, const ID: u64> From<UniqueArc<T>> for ListArc<T, ID> {
    fn from(unique: UniqueArc<T>) -> Self {
        T::links(&unique).set_owner(HELD);
        // INVARIANT: nobody else has a pointer to the value, so nobody holds its links but we.
        Self(unique.into())
    }
}
