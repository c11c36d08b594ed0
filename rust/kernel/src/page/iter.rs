// SPDX-License-Identifier: GPL-2.0-only

//! The pages behind a buffer.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::{BorrowedPage, PAGE_SIZE};

/// What lies in whole pages that can be had one by one: to map them, or to tell a device.
///
/// The pages are borrowed mutably, so that nobody looks at the buffer while its bytes change.
pub trait AsPageIter {
    /// Goes from the first page to the last.
    type Iter<'a>: Iterator<Item = BorrowedPage<'a>>
    where
        Self: 'a;

    /// The pages, in the order of the bytes. The last may be filled in part only.
    fn page_iter(&mut self) -> Self::Iter<'_>;

    /// The same for who would rather have C go through them, if they are `vmalloc`'s.
    #[doc(hidden)]
    fn vmalloc_iter(&mut self) -> Option<VmallocPageIter<'_>> {
        None
    }
}

/// The pages behind memory that `vmalloc` returned.
///
/// # Invariants
///
/// `left` pages from `next` on belong to one such memory, which is mapped during `'a`.
pub struct VmallocPageIter<'a> {
    next: *const u8,
    left: usize,
    _borrows: PhantomData<&'a mut [u8]>,
}

impl VmallocPageIter<'_> {
    /// The pages of `size` bytes from `start`.
    ///
    /// # Safety
    ///
    /// - The memory came from `vmalloc`, which starts at a page, and is not freed during `'a`.
    /// - Nobody refers to it during `'a`.
    pub(crate) unsafe fn new(start: NonNull<u8>, size: usize) -> Self {
        // INVARIANT: what the caller promises.
        Self {
            next: start.as_ptr(),
            left: size.div_ceil(PAGE_SIZE),
            _borrows: PhantomData,
        }
    }

    /// Where the first byte is, at the start of a page, and how many pages there are.
    #[inline]
    pub(crate) fn as_raw(&self) -> (*const u8, usize) {
        (self.next, self.left)
    }
}

impl<'a> Iterator for VmallocPageIter<'a> {
    type Item = BorrowedPage<'a>;

    #[inline]
    fn next(&mut self) -> Option<BorrowedPage<'a>> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: by the invariant this is inside of memory of `vmalloc`'s.
        let page = unsafe { bindings::ferrite_page_of_vmalloc(self.next.cast()) };
        self.next = self.next.wrapping_add(PAGE_SIZE);
        // SAFETY: by the invariant the page stays during `'a`, and nobody refers to its bytes.
        NonNull::new(page).map(|page| unsafe { BorrowedPage::from_raw(page) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
