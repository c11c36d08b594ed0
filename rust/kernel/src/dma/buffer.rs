// SPDX-License-Identifier: GPL-2.0-only

//! What can be mapped.

use zerocopy::{FromBytes, IntoBytes};

use super::{DataDirection, DmaAddress};
use crate::alloc::{KBox, KVec, VVec};
use crate::device::{Bound, Device};
use crate::page::{AsPageIter, BorrowedPage, PAGE_SIZE, Page, Pages};

/// Memory that a mapping may own.
///
/// # Safety
///
/// - The memory belongs to the value, and stays where it is when the value moves.
/// - Any bytes in it are valid, and all of its bytes are initialised.
/// - Nobody else looks at it, but through what [`Self::as_cpu`] gives.
/// - If it is [`AsPageIter`], it always gives the pages of that memory.
pub unsafe trait Buffer {
    /// What the CPU sees.
    type Target: ?Sized;

    /// What the CPU sees. It is not the value itself if by that the memory could be replaced.
    fn as_cpu(&self) -> &Self::Target;
}

/// Memory that can be written through a reference.
///
/// # Safety
///
/// As [`Buffer`].
pub unsafe trait BufferMut: Buffer {
    /// What the CPU sees.
    fn as_cpu_mut(&mut self) -> &mut Self::Target;
}

/// Memory that is physically in one piece.
///
/// # Safety
///
/// - [`Self::size`] is its size in bytes.
/// - [`Self::map`] maps just it.
pub unsafe trait Contiguous: Buffer {
    /// How many bytes there are.
    fn size(&self) -> usize;

    /// Has C map it; returns the address, or all ones if there is none.
    ///
    /// # Safety
    ///
    /// There are bytes. Nobody looks at them while they are mapped.
    #[doc(hidden)]
    unsafe fn map(&self, device: &Device<Bound>, direction: DataDirection) -> DmaAddress;
}

// SAFETY: the box owns the value, on the heap.
unsafe impl<T: ?Sized + FromBytes + IntoBytes> Buffer for KBox<T> {
    type Target = T;

    fn as_cpu(&self) -> &T {
        self
    }
}

// SAFETY: as above.
unsafe impl<T: ?Sized + FromBytes + IntoBytes> BufferMut for KBox<T> {
    fn as_cpu_mut(&mut self) -> &mut T {
        self
    }
}

// SAFETY: `kmalloc` gives physically contiguous memory.
unsafe impl<T: ?Sized + FromBytes + IntoBytes> Contiguous for KBox<T> {
    fn size(&self) -> usize {
        size_of_val(self.as_cpu())
    }

    unsafe fn map(&self, device: &Device<Bound>, direction: DataDirection) -> DmaAddress {
        // SAFETY: what the caller promises; the memory is `kmalloc`'s.
        unsafe { map_kmalloc(self.as_cpu(), device, direction) }
    }
}

// SAFETY: the vector owns the values, on the heap; no method of a slice grows it.
unsafe impl<T: FromBytes + IntoBytes> Buffer for KVec<T> {
    type Target = [T];

    fn as_cpu(&self) -> &[T] {
        self
    }
}

// SAFETY: as above.
unsafe impl<T: FromBytes + IntoBytes> BufferMut for KVec<T> {
    fn as_cpu_mut(&mut self) -> &mut [T] {
        self
    }
}

// SAFETY: `kmalloc` gives physically contiguous memory.
unsafe impl<T: FromBytes + IntoBytes> Contiguous for KVec<T> {
    fn size(&self) -> usize {
        size_of_val(self.as_cpu())
    }

    unsafe fn map(&self, device: &Device<Bound>, direction: DataDirection) -> DmaAddress {
        // SAFETY: what the caller promises; the memory is `kmalloc`'s.
        unsafe { map_kmalloc(self.as_cpu(), device, direction) }
    }
}

/// Maps memory of `kmalloc`'s.
///
/// # Safety
///
/// It has bytes. Nobody looks at them while they are mapped.
unsafe fn map_kmalloc<T: ?Sized>(
    memory: &T,
    device: &Device<Bound>,
    direction: DataDirection,
) -> DmaAddress {
    let size = size_of_val(memory);
    let memory = core::ptr::from_ref(memory).cast::<u8>();
    // SAFETY:
    // - the device is bound;
    // - the memory is there, of that size, and the caller promises that it is `kmalloc`'s.
    unsafe {
        bindings::ferrite_dma_map_kmalloc(
            device.as_raw(),
            memory.cast(),
            memory.addr() & (PAGE_SIZE - 1),
            size,
            direction.as_raw(),
            0,
        )
    }
}

// SAFETY: the vector owns the values, on pages of their own.
unsafe impl<T: FromBytes + IntoBytes> Buffer for VVec<T> {
    type Target = [T];

    fn as_cpu(&self) -> &[T] {
        self
    }
}

// SAFETY: as above.
unsafe impl<T: FromBytes + IntoBytes> BufferMut for VVec<T> {
    fn as_cpu_mut(&mut self) -> &mut [T] {
        self
    }
}

// SAFETY: we own the page; with a shared reference to it nobody can take its place.
unsafe impl Buffer for Page {
    type Target = Self;

    fn as_cpu(&self) -> &Self {
        self
    }
}

// SAFETY: it is one page.
unsafe impl Contiguous for Page {
    fn size(&self) -> usize {
        PAGE_SIZE
    }

    unsafe fn map(&self, device: &Device<Bound>, direction: DataDirection) -> DmaAddress {
        // SAFETY: the page is there, the device bound.
        unsafe {
            bindings::ferrite_dma_map_page(
                device.as_raw(),
                self.as_ptr(),
                0,
                PAGE_SIZE,
                direction.as_raw(),
                0,
            )
        }
    }
}

// SAFETY: we own the pages; with a shared reference to them nobody can take their place.
unsafe impl Buffer for Pages {
    type Target = Self;

    fn as_cpu(&self) -> &Self {
        self
    }
}

// SAFETY: they are physically contiguous.
unsafe impl Contiguous for Pages {
    fn size(&self) -> usize {
        Pages::size(self)
    }

    unsafe fn map(&self, device: &Device<Bound>, direction: DataDirection) -> DmaAddress {
        // SAFETY: the pages are there, the device bound.
        unsafe {
            bindings::ferrite_dma_map_page(
                device.as_raw(),
                self.first().as_ptr(),
                0,
                Pages::size(self),
                direction.as_raw(),
                0,
            )
        }
    }
}

// SAFETY: the vector owns the pages; with a shared slice nobody can take their place.
unsafe impl Buffer for KVec<Page> {
    type Target = [Page];

    fn as_cpu(&self) -> &[Page] {
        self
    }
}

/// Borrows a page.
type Lend = for<'a> fn(&'a Page) -> BorrowedPage<'a>;

fn lend(page: &Page) -> BorrowedPage<'_> {
    // SAFETY: the page is there as long as it is borrowed; it gives no references to its bytes.
    unsafe { BorrowedPage::from_raw(page.as_non_null()) }
}

impl AsPageIter for KVec<Page> {
    type Iter<'a> = core::iter::Map<core::slice::Iter<'a, Page>, Lend>;

    fn page_iter(&mut self) -> Self::Iter<'_> {
        let lend: Lend = lend;
        self.iter().map(lend)
    }
}
