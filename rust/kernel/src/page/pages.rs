// SPDX-License-Identifier: GPL-2.0-only

//! Pages in a row.

use core::ptr::NonNull;

use super::{BorrowedPage, PAGE_SHIFT, PAGE_SIZE, check, raw_alloc, raw_free, with_mapping};
use crate::alloc::{Flags, NumaNode};
use crate::error::Result;
use crate::error::code::EINVAL;

/// `2^order` pages that are physically contiguous, as one compound page.
///
/// # Invariants
///
/// The pointer is that of the first of `2^order` pages that we have allocated, and nobody else
/// frees.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::page::{PAGE_SIZE, Pages};
///
/// let pages = Pages::alloc(GFP_KERNEL | GFP_ZERO, 2)?;
/// assert_eq!((pages.order(), pages.count(), pages.size()), (2, 4, 4 * PAGE_SIZE));
/// // Across the border between the second and the third.
/// pages.write(2 * PAGE_SIZE - 2, b"abcd")?;
/// let mut bytes = [0; 4];
/// pages.page(2)?.read(0, &mut bytes)?;
/// assert_eq!(bytes, *b"cd\0\0");
/// # Ok::<(), Error>(())
/// ```
pub struct Pages {
    first: NonNull<bindings::page>,
    order: u32,
}

// SAFETY: pages are memory; any CPU may use them.
unsafe impl Send for Pages {}
// SAFETY: all access is by copies of bytes, for which any value is valid.
unsafe impl Sync for Pages {}

impl Pages {
    /// The largest order that can be asked for.
    pub const MAX_ORDER: u32 = bindings::FERRITE_MAX_PAGE_ORDER;

    /// New pages; their contents are arbitrary unless `flags` holds `GFP_ZERO`.
    ///
    /// Sleeps if `flags` let it. From order 4 on it fails easily on a machine that has been up for
    /// some time.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, or `EINVAL`: `order` is above [`Self::MAX_ORDER`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::Pages;
    ///
    /// assert_eq!(Pages::alloc(GFP_KERNEL, Pages::MAX_ORDER + 1).err(), Some(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alloc(flags: Flags, order: u32) -> Result<Self> {
        Self::alloc_node(flags, order, NumaNode::NO_NODE)
    }

    /// As [`Self::alloc`], from the memory of a node if there is some, else from another's.
    ///
    /// # Errors
    ///
    /// As [`Self::alloc`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::alloc::NumaNode;
    /// use kernel::page::Pages;
    ///
    /// let pages = Pages::alloc_node(GFP_KERNEL, 1, NumaNode::new(0)?)?;
    /// assert_eq!(pages.count(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alloc_node(flags: Flags, order: u32, node: NumaNode) -> Result<Self> {
        if order > Self::MAX_ORDER {
            return Err(EINVAL);
        }
        // INVARIANT: the pages are fresh.
        raw_alloc(flags, order, node).map(|first| Self { first, order })
    }

    /// The binary logarithm of the number of pages.
    #[must_use]
    pub fn order(&self) -> u32 {
        self.order
    }

    /// The number of pages.
    #[must_use]
    pub fn count(&self) -> usize {
        // By the invariant the order is small.
        1_usize.wrapping_shl(self.order)
    }

    /// The size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        PAGE_SIZE.wrapping_shl(self.order)
    }

    /// The physical address of the first byte.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::Pages;
    ///
    /// let pages = Pages::alloc(GFP_KERNEL, 1)?;
    /// assert_eq!(pages.phys_addr() % pages.size() as u64, 0);
    /// assert_eq!(pages.phys_addr(), pages.page(0)?.phys_addr());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn phys_addr(&self) -> u64 {
        // SAFETY: by the invariant the page is there.
        unsafe { bindings::ferrite_page_phys(self.first.as_ptr()) }
    }

    /// The `struct page` of the first.
    pub(crate) fn first(&self) -> NonNull<bindings::page> {
        self.first
    }

    /// One of the pages.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    pub fn page(&self, index: usize) -> Result<BorrowedPage<'_>> {
        if index >= self.count() {
            return Err(EINVAL);
        }
        // SAFETY: by the invariant that many pages follow, and their `struct page`s are in a row.
        let page = unsafe { self.first.add(index) };
        // SAFETY: the page lives as long as `self`, which lends out no bytes.
        Ok(unsafe { BorrowedPage::from_raw(page) })
    }

    /// Gives one of the pages an address while `work` runs, on this CPU; see
    /// [`Page::map_local`](super::Page::map_local).
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not that many.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::{PAGE_SIZE, Pages};
    ///
    /// let mut pages = Pages::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO, 1)?;
    /// pages.map_local(1, |bytes| bytes[5] = 7)?;
    /// let mut bytes = [0; 1];
    /// pages.read(PAGE_SIZE + 5, &mut bytes)?;
    /// assert_eq!(bytes, [7]);
    /// assert_eq!(pages.map_local(2, |_| ()), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn map_local<R>(
        &mut self,
        index: usize,
        work: impl FnOnce(&mut [u8; PAGE_SIZE]) -> R,
    ) -> Result<R> {
        let page = self.page(index)?.0.0;
        // SAFETY: by the invariant the page is there and ours, and `self` is borrowed.
        Ok(unsafe { with_mapping(page, work) })
    }

    /// Copies out of the pages.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::Pages;
    ///
    /// let pages = Pages::alloc(GFP_KERNEL | GFP_ZERO, 1)?;
    /// let mut bytes = [1; 8];
    /// pages.read(pages.size() - 8, &mut bytes)?;
    /// assert_eq!(bytes, [0; 8]);
    /// assert_eq!(pages.read(pages.size() - 7, &mut bytes), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read(&self, offset: usize, mut to: &mut [u8]) -> Result {
        self.each(offset, to.len(), |page, offset, len| {
            let (piece, rest) = core::mem::take(&mut to)
                .split_at_mut_checked(len)
                .ok_or(EINVAL)?;
            to = rest;
            page.read(offset, piece)
        })
    }

    /// Copies into the pages.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of them.
    pub fn write(&self, offset: usize, mut from: &[u8]) -> Result {
        self.each(offset, from.len(), |page, offset, len| {
            let (piece, rest) = from.split_at_checked(len).ok_or(EINVAL)?;
            from = rest;
            page.write(offset, piece)
        })
    }

    /// Sets a part of the pages to one value.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::{PAGE_SIZE, Pages};
    ///
    /// let pages = Pages::alloc(GFP_KERNEL | GFP_ZERO, 1)?;
    /// pages.fill(PAGE_SIZE - 1, 7, 2)?;
    /// let mut bytes = [0; 4];
    /// pages.read(PAGE_SIZE - 2, &mut bytes)?;
    /// assert_eq!(bytes, [0, 7, 7, 0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fill(&self, offset: usize, byte: u8, len: usize) -> Result {
        self.each(offset, len, |page, offset, len| {
            page.fill(offset, byte, len)
        })
    }

    /// Cuts a range up into pieces that lie in one page each.
    fn each(
        &self,
        mut offset: usize,
        mut len: usize,
        mut work: impl FnMut(&BorrowedPage<'_>, usize, usize) -> Result,
    ) -> Result {
        check(offset, len, self.size())?;
        while len > 0 {
            let in_page = offset & (PAGE_SIZE - 1);
            let piece = len.min(PAGE_SIZE - in_page);
            work(&self.page(offset >> PAGE_SHIFT)?, in_page, piece)?;
            // Cannot wrap: the whole range has been checked.
            offset = offset.wrapping_add(piece);
            len = len.wrapping_sub(piece);
        }
        Ok(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: by the invariant the pages are ours, of that order, and this is their end.
        unsafe { raw_free(self.first, self.order) };
    }
}
