// SPDX-License-Identifier: GPL-2.0-only

//! Pages that a device has for a while, wherever they lie.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

use super::buffer::{Buffer, BufferMut};
use super::direction::{CpuWrites, DataDirection, Direction, ForCpu, ForDevice, Turn};
use super::mapping::MapError;
use super::{Attrs, DmaAddress};
use crate::alloc::{Flags, KVec, seam};
use crate::device::{Bound, Device};
use crate::error::code::EINVAL;
use crate::error::{Result, to_result};
use crate::page::AsPageIter;

/// What C has mapped.
///
/// # Invariants
///
/// - `table` is a list of the pages of `pages`, which are mapped for `device` in direction `D`.
/// - The mapping is ours to end, and the list to free.
struct Mapped<'bound, P: Buffer, D: Direction> {
    device: &'bound Device<Bound>,
    table: bindings::sg_table,
    pages: P,
    _direction: PhantomData<D>,
}

impl<P: Buffer, D: Direction> Drop for Mapped<'_, P, D> {
    fn drop(&mut self) {
        // SAFETY: nobody uses it any more. The pages are dropped afterwards.
        unsafe { end::<D>(self.device, &mut self.table, Attrs::NONE) };
    }
}

/// The end of a mapping, and of the list.
///
/// # Safety
///
/// It is what a [`Mapped`] has, by its invariants, and that will not end it.
#[inline]
unsafe fn end<D: Direction>(device: &Device<Bound>, table: &mut bindings::sg_table, attrs: Attrs) {
    seam::died();
    // SAFETY: it is mapped so, and the device is still bound; the caller promises that it is done
    // once.
    unsafe { bindings::ferrite_sg_end(device.as_raw(), table, D::DIRECTION.as_raw(), attrs.0) };
}

/// Has C list these pages in `table`, in pieces that the device can take, and map them.
///
/// # Safety
///
/// `pages` always gives the same pages, and nobody looks at them while they are mapped.
#[inline]
unsafe fn map(
    device: &Device<Bound>,
    table: &mut bindings::sg_table,
    pages: &mut impl AsPageIter,
    direction: DataDirection,
    flags: Flags,
) -> Result {
    if let Some(pages) = pages.vmalloc_iter() {
        let (start, count) = pages.as_raw();
        if count == 0 {
            return Err(EINVAL);
        }
        seam::may_fail()?;
        // SAFETY:
        // - the device is bound, the table a variable;
        // - so many pages from there are `vmalloc`'s, and nobody looks at them, by the caller's
        //   promise.
        return to_result(unsafe {
            bindings::ferrite_sg_map_vmalloc(
                device.as_raw(),
                table,
                start.cast(),
                count,
                direction.as_raw(),
                flags.0,
            )
        });
    }
    let pages = pages.page_iter();
    let mut list = KVec::with_capacity(pages.size_hint().0, flags)?;
    for page in pages {
        // There is room for all that the iterator announced.
        if let Err(page) = list.push_within_capacity(page.as_ptr()) {
            list.push(page, flags)?;
        }
    }
    if list.is_empty() {
        return Err(EINVAL);
    }
    seam::may_fail()?;
    // SAFETY:
    // - the device is bound, the table a variable;
    // - that many pages are in the list, and nobody looks at them, by the caller's promise.
    to_result(unsafe {
        bindings::ferrite_sg_map_pages(
            device.as_raw(),
            table,
            list.as_mut_ptr(),
            list.len(),
            direction.as_raw(),
            flags.0,
        )
    })
}

/// Pages that are mapped for a device, in as few pieces as may be (`dma_map_sgtable`): those of a
/// [`VVec`] or of a `KVec<Page>`, which the mapping owns.
///
/// `D` and `S` are as those of a [`Mapping`](super::Mapping), and so is what has to be known of
/// dropping and leaking it. Whole pages are mapped, even if the last is not filled.
///
/// [`VVec`]: crate::alloc::VVec
///
/// # Examples
///
/// ```
/// use kernel::dma::{DmaMask, SGTable, ToDevice};
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// # let registration = faux::Registration::new(c"ferrite-example", None)?;
/// # let device = registration.device();
/// # device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
/// let data = VVec::from_elem(7_u8, 20_000, GFP_KERNEL)?;
/// let table = SGTable::<_, ToDevice>::new(device, data, GFP_KERNEL)?;
/// let mut bytes = 0;
/// for entry in table.iter() {
///     // Here the device would be told.
///     pr_info!("{:#x}, {} bytes", entry.dma_address(), entry.dma_len());
///     bytes += entry.dma_len();
/// }
/// assert_eq!(bytes, 5 * 4096);
/// assert_eq!(table.unmap().last(), Some(&7));
/// # Ok::<(), Error>(())
/// ```
pub struct SGTable<'bound, P: Buffer, D: Direction, S: Turn = ForDevice>(
    Mapped<'bound, P, D>,
    PhantomData<S>,
);

// SAFETY: the mapping may be synchronised and ended on any CPU; it owns the pages.
unsafe impl<P: Buffer + Send, D: Direction, S: Turn> Send for SGTable<'_, P, D, S> {}
// SAFETY: a shared one gives shared access to the pages, and reads the table.
unsafe impl<P: Buffer + Sync, D: Direction, S: Turn> Sync for SGTable<'_, P, D, S> {}

impl<'bound, P: Buffer + AsPageIter, D: Direction> SGTable<'bound, P, D> {
    /// Maps pages. Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// With the pages:
    ///
    /// - `ENOMEM`: there is no memory for the list, or as [`Mapping::new`](super::Mapping::new).
    /// - `EINVAL`: there are no pages, or the device takes less than a page in one piece.
    /// - `EIO`: the device does not reach them.
    /// - `EOVERFLOW`: there are more than C can count.
    pub fn new(
        device: &'bound Device<Bound>,
        mut pages: P,
        flags: Flags,
    ) -> Result<Self, MapError<P>> {
        // SAFETY: a struct of integers and of pointers that may be null.
        let mut table: bindings::sg_table = unsafe { core::mem::zeroed() };
        // SAFETY: only this value has the pages from now on, and lends them in the CPU's turn alone;
        // by what `Buffer` promises they are always the same.
        let mapped = unsafe { map(device, &mut table, &mut pages, D::DIRECTION, flags) };
        if let Err(error) = mapped {
            return Err(MapError::new(error, pages));
        }
        seam::born();
        // INVARIANT: C has just made it.
        Ok(Self(
            Mapped {
                device,
                table,
                pages,
                _direction: PhantomData,
            },
            PhantomData,
        ))
    }
}

impl<'bound, P: Buffer, D: Direction> SGTable<'bound, P, D> {
    /// The pieces, as the device finds them. It is told in the device's turn only.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> SGTableIter<'_> {
        let table = &self.0.table;
        SGTableIter {
            next: table.sgl,
            left: table.nents,
            _table: PhantomData,
        }
    }

    /// The CPU's turn (`dma_sync_sgtable_for_cpu`): the device is done. Any context.
    #[must_use]
    pub fn sync_for_cpu(mut self) -> SGTable<'bound, P, D, ForCpu> {
        // SAFETY: by the invariant it is mapped so.
        unsafe {
            bindings::ferrite_sg_sync_for_cpu(
                self.0.device.as_raw(),
                &raw mut self.0.table,
                D::DIRECTION.as_raw(),
            )
        };
        SGTable(self.0, PhantomData)
    }
}

impl<'bound, P: Buffer, D: Direction> SGTable<'bound, P, D, ForCpu> {
    /// The device's turn (`dma_sync_sgtable_for_device`). Any context.
    #[must_use]
    pub fn sync_for_device(mut self) -> SGTable<'bound, P, D> {
        // SAFETY: by the invariant it is mapped so.
        unsafe {
            bindings::ferrite_sg_sync_for_device(
                self.0.device.as_raw(),
                &raw mut self.0.table,
                D::DIRECTION.as_raw(),
            )
        };
        SGTable(self.0, PhantomData)
    }
}

impl<P: Buffer, D: Direction, S: Turn> SGTable<'_, P, D, S> {
    /// Ends the mapping, and gives the pages back, with what the device has written. The device is
    /// done. Any context.
    #[must_use]
    pub fn unmap(self) -> P {
        let mapped = ManuallyDrop::new(self.0);
        // A copy: the rest need not be in memory.
        let mut table = mapped.table;
        // SAFETY: the value is gone, and will not be dropped.
        unsafe { end::<D>(mapped.device, &mut table, S::UNMAP) };
        // SAFETY: as above, so nobody else takes the pages.
        unsafe { core::ptr::read(&raw const mapped.pages) }
    }
}

impl<P: Buffer, D: Direction> Deref for SGTable<'_, P, D, ForCpu> {
    type Target = P::Target;

    fn deref(&self) -> &P::Target {
        self.0.pages.as_cpu()
    }
}

impl<P: BufferMut, D: CpuWrites> DerefMut for SGTable<'_, P, D, ForCpu> {
    fn deref_mut(&mut self) -> &mut P::Target {
        self.0.pages.as_cpu_mut()
    }
}

impl<'a, P: Buffer, D: Direction> IntoIterator for &'a SGTable<'_, P, D> {
    type Item = SGEntry;
    type IntoIter = SGTableIter<'a>;

    fn into_iter(self) -> SGTableIter<'a> {
        self.iter()
    }
}

/// One piece of a mapping: where the device finds it, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SGEntry {
    address: DmaAddress,
    len: u32,
}

impl SGEntry {
    /// Where the device finds it.
    #[must_use]
    #[inline]
    pub fn dma_address(self) -> DmaAddress {
        self.address
    }

    /// How many bytes there are.
    #[must_use]
    #[inline]
    pub fn dma_len(self) -> u32 {
        self.len
    }
}

/// Where C keeps the two.
const ADDRESS: usize = bindings::FERRITE_LAYOUT_scatterlist_dma_address as usize;
const LEN: usize = bindings::FERRITE_LAYOUT_scatterlist_dma_len as usize;

/// Goes through the pieces of an [`SGTable`].
///
/// # Invariants
///
/// `left` pieces from `next` on belong to a table that is mapped during `'a`.
pub struct SGTableIter<'a> {
    next: *mut bindings::scatterlist,
    left: u32,
    _table: PhantomData<&'a bindings::sg_table>,
}

impl Iterator for SGTableIter<'_> {
    type Item = SGEntry;

    #[inline]
    fn next(&mut self) -> Option<SGEntry> {
        self.left = self.left.checked_sub(1)?;
        let piece = self.next.cast_const().cast::<u8>();
        // SAFETY: by the invariant this is a piece, and `rust/shims/layout.h` says where C keeps these.
        let (address, len) = unsafe {
            (
                piece.add(ADDRESS).cast::<bindings::dma_addr_t>().read(),
                piece.add(LEN).cast::<u32>().read(),
            )
        };
        // SAFETY: as above.
        self.next = unsafe { bindings::ferrite_sg_next(self.next) };
        // Some kernels have addresses of 32 bits.
        #[allow(clippy::useless_conversion)]
        let address = DmaAddress::from(address);
        Some(SGEntry { address, len })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}
