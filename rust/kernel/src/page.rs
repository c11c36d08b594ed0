// SPDX-License-Identifier: GPL-2.0-only

//! Pages of memory.
//!
//! C headers: `include/linux/gfp.h`, `include/linux/highmem.h`.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::alloc::Flags;
use crate::error::Result;
use crate::error::code::{EINVAL, ENOMEM};
use crate::types::ForeignOwnable;

/// The size of a page in bytes.
pub const PAGE_SIZE: usize = 1 << bindings::PAGE_SHIFT;

/// The number of bits in an offset inside of a page.
pub const PAGE_SHIFT: u32 = bindings::PAGE_SHIFT;

/// One page that we own. It may lie in high memory, so that it is reached by copying only.
///
/// Reads and writes through a shared reference are plain copies: two at once are not torn apart
/// by the kernel, and not ordered by it either. Who shares a page brings a lock.
///
/// # Invariants
///
/// The pointer is that of a page that we have allocated, and nobody else frees.
pub struct Page(NonNull<bindings::page>);

// SAFETY: a page is memory; any CPU may use it.
unsafe impl Send for Page {}
// SAFETY: all access is by copies of bytes, for which any value is valid.
unsafe impl Sync for Page {}

/// Whether `len` bytes from `offset` lie inside of one page.
fn check(offset: usize, len: usize) -> Result {
    match offset.checked_add(len) {
        Some(end) if end <= PAGE_SIZE => Ok(()),
        _ => Err(EINVAL),
    }
}

impl Page {
    /// A new page; its contents are arbitrary unless `flags` holds `GFP_ZERO`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn alloc(flags: Flags) -> Result<Self> {
        // SAFETY: any flags are fine to ask with.
        let page = unsafe { bindings::ferrite_page_alloc(flags.0) };
        // INVARIANT: the page is fresh.
        NonNull::new(page).map(Self).ok_or(ENOMEM)
    }

    /// Copies out of the page.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result {
        check(offset, to.len())?;
        // SAFETY: both ranges have just been checked; the page is ours.
        unsafe {
            bindings::ferrite_page_read(self.0.as_ptr(), offset, to.as_mut_ptr().cast(), to.len())
        };
        Ok(())
    }

    /// Copies into the page.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub fn write(&self, offset: usize, from: &[u8]) -> Result {
        check(offset, from.len())?;
        // SAFETY: both ranges have just been checked; the page is ours.
        unsafe {
            bindings::ferrite_page_write(self.0.as_ptr(), offset, from.as_ptr().cast(), from.len())
        };
        Ok(())
    }

    /// Sets a part of the page to one value.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub fn fill(&self, offset: usize, byte: u8, len: usize) -> Result {
        check(offset, len)?;
        // SAFETY: the range has just been checked; the page is ours.
        unsafe { bindings::ferrite_page_fill(self.0.as_ptr(), offset, byte, len) };
        Ok(())
    }

    pub(crate) fn as_ptr(&self) -> *mut bindings::page {
        self.0.as_ptr()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: by the invariant the page is ours, and this is the end of it.
        unsafe { bindings::ferrite_page_free(self.0.as_ptr()) };
    }
}

/// A page that somebody else owns during `'a`.
pub struct BorrowedPage<'a>(ManuallyDrop<Page>, PhantomData<&'a Page>);

impl Deref for BorrowedPage<'_> {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.0
    }
}

// SAFETY: `struct page` is aligned to a word at the least, and its address is not null.
unsafe impl ForeignOwnable for Page {
    const FOREIGN_ALIGN: usize = align_of::<usize>();
    type Borrowed<'a> = BorrowedPage<'a>;

    fn into_foreign(self) -> *mut c_void {
        ManuallyDrop::new(self).0.as_ptr().cast()
    }

    unsafe fn from_foreign(pointer: *mut c_void) -> Self {
        // INVARIANT: the caller gives back what `into_foreign` gave away.
        // SAFETY: that was not null.
        Self(unsafe { NonNull::new_unchecked(pointer.cast()) })
    }

    unsafe fn borrow<'a>(pointer: *mut c_void) -> BorrowedPage<'a> {
        // SAFETY: the page came from `into_foreign`; it is never dropped through the borrow.
        BorrowedPage(
            ManuallyDrop::new(unsafe { Self::from_foreign(pointer) }),
            PhantomData,
        )
    }
}
