// SPDX-License-Identifier: GPL-2.0-only

//! Pages with several users.

use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use super::{BorrowedPage, Page};
use crate::alloc::{Flags, seam};
use crate::error::Result;
use crate::types::ForeignOwnable;

/// One page with a count of its users (`get_page`, `put_page`): it is freed with the last of them.
///
/// A page that is to be mapped into user space must be one of these: user space holds a count of
/// its own, and changes the contents when it likes. So there are only copies, never a slice.
///
/// # Invariants
///
/// One count of the page is ours.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::page::{Page, SharedPage};
///
/// let page = Page::alloc(GFP_KERNEL | GFP_ZERO)?;
/// page.write(0, b"one")?;
/// let first: SharedPage = page.into();
/// let second = first.clone();
/// drop(first);
/// let mut bytes = [0; 3];
/// second.read(0, &mut bytes)?;
/// assert_eq!(bytes, *b"one");
/// # Ok::<(), Error>(())
/// ```
pub struct SharedPage(ManuallyDrop<Page>);

impl SharedPage {
    /// A new page with one user; its contents are arbitrary unless `flags` holds `GFP_ZERO`.
    ///
    /// Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn alloc(flags: Flags) -> Result<Self> {
        Page::alloc(flags).map(Self::from)
    }

    /// Whether both are the same page.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::SharedPage;
    ///
    /// let page = SharedPage::alloc(GFP_KERNEL)?;
    /// assert!(page.ptr_eq(&page.clone()));
    /// assert!(!page.ptr_eq(&SharedPage::alloc(GFP_KERNEL)?));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.as_ptr() == other.as_ptr()
    }

    /// Gives our count to C.
    fn into_raw(self) -> *mut bindings::page {
        ManuallyDrop::new(self).as_ptr()
    }
}

impl From<Page> for SharedPage {
    fn from(page: Page) -> Self {
        // INVARIANT: a page is allocated with a count of one, which was the owner's.
        Self(ManuallyDrop::new(page))
    }
}

impl Clone for SharedPage {
    fn clone(&self) -> Self {
        // SAFETY: by the invariant the page is there.
        unsafe { bindings::ferrite_page_get(self.as_ptr()) };
        // A user who is forgotten is a leak, so each counts.
        seam::born();
        // INVARIANT: the count just taken is the new value's; nobody gets a `&mut Page`.
        Self(ManuallyDrop::new(Page(self.0.0)))
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        seam::died();
        // SAFETY: by the invariant one count is ours, and this is the end of it.
        unsafe { bindings::ferrite_page_put(self.as_ptr()) };
    }
}

impl Deref for SharedPage {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.0
    }
}

// SAFETY: `struct page` is aligned to a word at the least, and its address is not null.
unsafe impl ForeignOwnable for SharedPage {
    const FOREIGN_ALIGN: usize = align_of::<usize>();
    type Borrowed<'a> = BorrowedPage<'a>;
    type BorrowedMut<'a> = BorrowedPage<'a>;

    fn into_foreign(self) -> *mut c_void {
        self.into_raw().cast()
    }

    unsafe fn from_foreign(pointer: *mut c_void) -> Self {
        // INVARIANT: the caller gives back the count that `into_foreign` gave away.
        // SAFETY: the pointer was not null.
        Self(ManuallyDrop::new(Page(unsafe {
            NonNull::new_unchecked(pointer.cast())
        })))
    }

    unsafe fn borrow<'a>(pointer: *mut c_void) -> BorrowedPage<'a> {
        // SAFETY: the caller promises that the count given away is not taken back during `'a`, and
        // a shared page's bytes are never referred to.
        unsafe { BorrowedPage::from_raw(NonNull::new_unchecked(pointer.cast())) }
    }

    unsafe fn borrow_mut<'a>(pointer: *mut c_void) -> BorrowedPage<'a> {
        // SAFETY: the caller promises more. A page is written through a shared reference.
        unsafe { Self::borrow(pointer) }
    }
}
