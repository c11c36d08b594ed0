// SPDX-License-Identifier: GPL-2.0-only

//! Pages of memory.
//!
//! - [`Page`] is one page with one owner.
//! - [`SharedPage`] is one page with a count of its users, for example those who have it mapped.
//! - [`Pages`] are several in a row, physically contiguous.
//! - [`BorrowedPage`] is a page that somebody else owns; [`AsPageIter`] finds those behind a buffer.
//!
//! A page may lie in high memory, where the kernel on 32-bit x86 has no address for it. So it is
//! reached by copying, or through a mapping that lasts for one call ([`Page::map_local`]).
//!
//! C headers: `include/linux/gfp.h`, `include/linux/highmem.h`, `include/linux/mm.h`.
//!
//! Consumers: `rnull` keeps its disk in [`Page`]s; `samples/idmap` hands out pages by number; `samples/pages` has
//! some in a row.

mod iter;
mod pages;
mod shared;
#[cfg(feature = "ktest")]
mod tests;

pub use iter::{AsPageIter, VmallocPageIter};
pub use pages::Pages;
pub use shared::SharedPage;

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::alloc::{Flags, NumaNode, seam};
use crate::error::Result;
use crate::error::code::{EINVAL, ENOMEM};
use crate::types::ForeignOwnable;

/// The size of a page in bytes.
pub const PAGE_SIZE: usize = 1 << bindings::PAGE_SHIFT;

/// The number of bits in an offset inside of a page.
pub const PAGE_SHIFT: u32 = bindings::PAGE_SHIFT;

/// The bits of an address that say which page it is in.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::page::{PAGE_MASK, PAGE_SHIFT, PAGE_SIZE};
///
/// assert_eq!(PAGE_SIZE, 1 << PAGE_SHIFT);
/// assert_eq!((3 * PAGE_SIZE + 17) & PAGE_MASK, 3 * PAGE_SIZE);
/// # Ok::<(), Error>(())
/// ```
pub const PAGE_MASK: usize = !(PAGE_SIZE - 1);

/// The next multiple of [`PAGE_SIZE`], or the value itself if it is one; `None` beyond the end of
/// the address space.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::page::{PAGE_SIZE, page_align};
///
/// assert_eq!(page_align(0), Some(0));
/// assert_eq!(page_align(1), Some(PAGE_SIZE));
/// assert_eq!(page_align(PAGE_SIZE), Some(PAGE_SIZE));
/// assert_eq!(page_align(usize::MAX), None);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub const fn page_align(address: usize) -> Option<usize> {
    match address.checked_add(PAGE_SIZE - 1) {
        Some(end) => Some(end & PAGE_MASK),
        None => None,
    }
}

/// One page that we own. It may lie in high memory.
///
/// Reads and writes through a shared reference are plain copies: two at once are not torn apart
/// by the kernel, and not ordered by it either. Who shares a page brings a lock.
///
/// # Invariants
///
/// The pointer is that of a page that stays allocated for as long as this value is there. If this
/// can be had as `&mut Page`, nobody else has a reference to the page: it was allocated by us, and
/// never was a [`SharedPage`].
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::page::Page;
///
/// let mut page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO)?;
/// page.write(100, b"ferrite")?;
/// page.fill(102, b'.', 2)?;
/// let mut bytes = [0; 8];
/// page.read(99, &mut bytes)?;
/// assert_eq!(bytes, *b"\0fe..ite");
/// page.map_local(|bytes| bytes[0] = 1);
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct Page(NonNull<bindings::page>);

// SAFETY: a page is memory; any CPU may use it.
unsafe impl Send for Page {}
// SAFETY: all access is by copies of bytes, for which any value is valid.
unsafe impl Sync for Page {}

/// Whether `len` bytes from `offset` lie inside of the first `size`.
fn check(offset: usize, len: usize, size: usize) -> Result {
    match offset.checked_add(len) {
        Some(end) if end <= size => Ok(()),
        _ => Err(EINVAL),
    }
}

impl Page {
    /// A new page; its contents are arbitrary unless `flags` holds `GFP_ZERO`.
    ///
    /// Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn alloc(flags: Flags) -> Result<Self> {
        // INVARIANT: the page is fresh.
        raw_alloc(flags, 0, NumaNode::NO_NODE).map(Self)
    }

    /// As [`Self::alloc`], from the memory of a node if there is some, else from another's.
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
    /// use kernel::page::Page;
    ///
    /// let node = NumaNode::new(0)?;
    /// let page = Page::alloc_node(GFP_KERNEL, node)?;
    /// // The guests have one node only.
    /// assert_eq!(page.node(), node);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alloc_node(flags: Flags, node: NumaNode) -> Result<Self> {
        // INVARIANT: the page is fresh.
        raw_alloc(flags, 0, node).map(Self)
    }

    /// Copies out of the page.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result {
        check(offset, to.len(), PAGE_SIZE)?;
        // SAFETY: both ranges have just been checked; by the invariant the page is there.
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
        check(offset, from.len(), PAGE_SIZE)?;
        // SAFETY: both ranges have just been checked; by the invariant the page is there.
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
        check(offset, len, PAGE_SIZE)?;
        // SAFETY: the range has just been checked; by the invariant the page is there.
        unsafe { bindings::ferrite_page_fill(self.0.as_ptr(), offset, byte, len) };
        Ok(())
    }

    /// Copies a part of this page to another one, or to another place in this one. The places may
    /// overlap.
    ///
    /// # Errors
    ///
    /// `EINVAL`: one of the places is not inside of its page.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::Page;
    ///
    /// let one = Page::alloc(GFP_KERNEL | GFP_ZERO)?;
    /// one.write(0, b"abcd")?;
    /// one.copy_to(0, &one, 1, 4)?;
    /// let other = Page::alloc(GFP_KERNEL | GFP_ZERO)?;
    /// one.copy_to(0, &other, 10, 5)?;
    /// let mut bytes = [0; 6];
    /// other.read(10, &mut bytes)?;
    /// assert_eq!(bytes, *b"aabcd\0");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn copy_to(&self, offset: usize, to: &Page, to_offset: usize, len: usize) -> Result {
        check(offset, len, PAGE_SIZE)?;
        check(to_offset, len, PAGE_SIZE)?;
        let (from, to) = (self.0.as_ptr(), to.0.as_ptr());
        if from == to {
            // SAFETY: both ranges have just been checked; by the invariant the page is there.
            unsafe { bindings::ferrite_page_move(from, to_offset, offset, len) };
        } else {
            // SAFETY: both ranges have just been checked, and lie in two pages; both are there.
            unsafe { bindings::ferrite_page_copy(to, to_offset, from, offset, len) };
        }
        Ok(())
    }

    /// Copies from the memory of the current process into the page; returns how many bytes could
    /// not be copied. May sleep.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub(crate) fn copy_from_user(&self, offset: usize, from: usize, len: usize) -> Result<usize> {
        check(offset, len, PAGE_SIZE)?;
        let from = core::ptr::without_provenance(from);
        // SAFETY:
        // - the range in the page has just been checked; by the invariant the page is there;
        // - C refuses what is no user address, and stops at what is not mapped.
        Ok(unsafe { bindings::ferrite_page_copy_from_user(self.0.as_ptr(), offset, from, len) })
    }

    /// Copies from the page into the memory of the current process; returns how many bytes could
    /// not be copied. May sleep.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the page.
    pub(crate) fn copy_to_user(&self, offset: usize, to: usize, len: usize) -> Result<usize> {
        check(offset, len, PAGE_SIZE)?;
        let to = core::ptr::without_provenance_mut(to);
        // SAFETY:
        // - the range in the page has just been checked; by the invariant the page is there;
        // - C refuses what is no user address, and stops at what cannot be written.
        Ok(unsafe { bindings::ferrite_page_copy_to_user(self.0.as_ptr(), offset, to, len) })
    }

    /// Gives the page an address while `work` runs, on this CPU.
    ///
    /// `work` may sleep. Up to 16 mappings of one thread may be nested, interrupts that come
    /// meanwhile included; that they end in the reverse order of their start, as the kernel wants
    /// it, follows from their being calls. That nobody else uses the page follows from `&mut`.
    pub fn map_local<R>(&mut self, work: impl FnOnce(&mut [u8; PAGE_SIZE]) -> R) -> R {
        // SAFETY: by the invariant the page is there, and nobody else has a reference to it;
        // `self` is borrowed.
        unsafe { with_mapping(self.0, work) }
    }

    /// The node that the page's memory belongs to.
    #[must_use]
    pub fn node(&self) -> NumaNode {
        // SAFETY: by the invariant the page is there.
        NumaNode::of(unsafe { bindings::ferrite_page_node(self.0.as_ptr()) })
    }

    /// Whether the page lies in high memory. It never does on 64-bit machines.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::Page;
    ///
    /// assert!(!Page::alloc(GFP_KERNEL)?.is_highmem());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_highmem(&self) -> bool {
        // SAFETY: by the invariant the page is there.
        unsafe { bindings::ferrite_page_is_highmem(self.0.as_ptr()) }
    }

    /// The physical address.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::page::{PAGE_SIZE, Page};
    ///
    /// let page = Page::alloc(GFP_KERNEL)?;
    /// assert_ne!(page.phys_addr(), 0);
    /// assert_eq!(page.phys_addr() % PAGE_SIZE as u64, 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn phys_addr(&self) -> u64 {
        // SAFETY: by the invariant the page is there.
        unsafe { bindings::ferrite_page_phys(self.0.as_ptr()) }
    }

    /// The kernel's `struct page`.
    pub(crate) fn as_ptr(&self) -> *mut bindings::page {
        self.0.as_ptr()
    }

    /// As [`Self::as_ptr`].
    pub(crate) fn as_non_null(&self) -> NonNull<bindings::page> {
        self.0
    }
}

/// A row of pages.
fn raw_alloc(flags: Flags, order: u32, node: NumaNode) -> Result<NonNull<bindings::page>> {
    seam::may_fail()?;
    let page = if node == NumaNode::NO_NODE {
        // SAFETY: any flags are fine to ask with, and any order that is not too large.
        unsafe { bindings::ferrite_page_alloc(flags.0, order) }
    } else {
        // SAFETY: as above; the node is one that is there.
        unsafe { bindings::ferrite_page_alloc_node(node.as_raw(), flags.0, order) }
    };
    let page = NonNull::new(page).ok_or(ENOMEM)?;
    seam::born();
    Ok(page)
}

/// Gives a row of pages back.
///
/// # Safety
///
/// It came from [`raw_alloc`] with that order, and was not given back.
unsafe fn raw_free(page: NonNull<bindings::page>, order: u32) {
    seam::died();
    // SAFETY: what the caller promises.
    unsafe { bindings::ferrite_page_free(page.as_ptr(), order) };
}

/// Maps a page while `work` runs.
///
/// # Safety
///
/// The page is allocated, and nobody uses it before this returns.
unsafe fn with_mapping<R>(
    page: NonNull<bindings::page>,
    work: impl FnOnce(&mut [u8; PAGE_SIZE]) -> R,
) -> R {
    // SAFETY: the caller promises that the page is there.
    let address = unsafe { bindings::ferrite_page_map(page.as_ptr()) };
    // SAFETY:
    // - the mapping is one page long, and any bytes make an array of bytes;
    // - the caller promises that nobody else uses them.
    let result = work(unsafe { &mut *address.cast::<[u8; PAGE_SIZE]>() });
    // SAFETY: this is the thread's latest mapping: later ones were made and ended by `work`.
    unsafe { bindings::ferrite_page_unmap(address) };
    result
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: by the invariant the page is ours, and this is the end of it.
        unsafe { raw_free(self.0, 0) };
    }
}

/// A page that somebody else owns during `'a`.
///
/// Holding one proves that the page is there, not that nobody else uses it.
pub struct BorrowedPage<'a>(ManuallyDrop<Page>, PhantomData<&'a Page>);

impl<'a> BorrowedPage<'a> {
    /// Borrows a page.
    ///
    /// # Safety
    ///
    /// The page stays allocated during `'a`, and nobody has a Rust reference to its bytes.
    pub(crate) unsafe fn from_raw(page: NonNull<bindings::page>) -> Self {
        // INVARIANT: the caller promises that the page is there; nobody gets a `&mut Page`.
        Self(ManuallyDrop::new(Page(page)), PhantomData)
    }
}

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
    type BorrowedMut<'a> = BorrowedPage<'a>;

    fn into_foreign(self) -> *mut c_void {
        ManuallyDrop::new(self).0.as_ptr().cast()
    }

    unsafe fn from_foreign(pointer: *mut c_void) -> Self {
        // INVARIANT: the caller gives back what `into_foreign` gave away.
        // SAFETY: that was not null.
        Self(unsafe { NonNull::new_unchecked(pointer.cast()) })
    }

    unsafe fn borrow<'a>(pointer: *mut c_void) -> BorrowedPage<'a> {
        // SAFETY: the caller promises that the page came from `into_foreign`, so it is there, and
        // that it is not taken back during `'a`.
        unsafe { BorrowedPage::from_raw(NonNull::new_unchecked(pointer.cast())) }
    }

    unsafe fn borrow_mut<'a>(pointer: *mut c_void) -> BorrowedPage<'a> {
        // SAFETY: the caller promises more. A page is written through a shared reference.
        unsafe { Self::borrow(pointer) }
    }
}
