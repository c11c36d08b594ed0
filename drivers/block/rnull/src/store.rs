// SPDX-License-Identifier: GPL-2.0-only

//! The data of a memory-backed disk.

use core::pin::Pin;

use kernel::block::SECTOR_SHIFT;
use kernel::block::mq::{Request, Segment};
use kernel::page::{PAGE_SHIFT, PAGE_SIZE, Page};
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::xarray::{AllocKind, XArray};

use crate::device::NullBlk;

/// Pages by their number on the disk. A page that was never written is not there, and reads as
/// zeroes.
pub(crate) struct Store {
    pages: Pin<KBox<XArray<Page>>>,
}

/// A position on the disk.
#[derive(Clone, Copy)]
struct Place {
    page: usize,
    offset: usize,
}

impl Place {
    fn of_sector(sector: u64) -> Result<Self> {
        let page = usize::try_from(sector >> (PAGE_SHIFT - SECTOR_SHIFT))?;
        let in_page = usize::try_from(sector)? << SECTOR_SHIFT;
        Ok(Self {
            page,
            offset: in_page & (PAGE_SIZE - 1),
        })
    }

    /// How much of `len` bytes lies in this page.
    fn here(self, len: usize) -> usize {
        len.min(PAGE_SIZE - self.offset)
    }

    /// The position `len` bytes on, inside of this page or at the start of the next.
    fn after(self, len: usize) -> Result<Self> {
        if self.offset + len < PAGE_SIZE {
            return Ok(Self {
                page: self.page,
                offset: self.offset + len,
            });
        }
        Ok(Self {
            page: self.page.checked_add(1).ok_or(EOVERFLOW)?,
            offset: 0,
        })
    }
}

impl Store {
    fn new() -> Result<Self> {
        Ok(Self {
            pages: KBox::pin_init(XArray::new(AllocKind::None), GFP_KERNEL)?,
        })
    }

    /// A store that outlives the disk that is on it.
    pub(crate) fn shared() -> Result<Arc<Self>> {
        Arc::new(Self::new()?, GFP_KERNEL)
    }

    /// Fills the request's memory.
    pub(crate) fn read(&self, request: &Request<NullBlk>) -> Result {
        each_piece(request, |segment, place, len| {
            match self.pages.lock().get(place.page) {
                Some(page) => segment.copy_from_page(&page, place.offset, len),
                None => segment.zero(len),
            }
        })
    }

    /// Keeps the request's memory.
    pub(crate) fn write(&self, request: &Request<NullBlk>) -> Result {
        each_piece(request, |segment, place, len| {
            loop {
                if let Some(page) = self.pages.lock().get(place.page) {
                    return segment.copy_to_page(&page, place.offset, len);
                }
                // A discard may be faster than the next look.
                self.make_page(place.page)?;
            }
        })
    }

    /// Forgets what was written to `len` bytes from `sector` on.
    pub(crate) fn discard(&self, sector: u64, len: u32) -> Result {
        let mut place = Place::of_sector(sector)?;
        let mut left = usize::try_from(len)?;
        while left > 0 {
            let here = place.here(left);
            self.forget(place, here)?;
            place = place.after(here)?;
            left = left.saturating_sub(here);
        }
        Ok(())
    }

    fn forget(&self, place: Place, len: usize) -> Result {
        let mut pages = self.pages.lock();
        if len < PAGE_SIZE {
            return match pages.get(place.page) {
                Some(page) => page.fill(place.offset, 0, len),
                None => Ok(()),
            };
        }
        let page = pages.remove(place.page);
        drop(pages);
        drop(page);
        Ok(())
    }

    /// Adds a page where there was none. Of several writers who find none, the first one's stays.
    #[cold]
    fn make_page(&self, index: usize) -> Result {
        let page = Page::alloc(GFP_NOIO | GFP_ZERO)?;
        let mut pages = self.pages.lock();
        // The lock is released while the array itself grows: look again afterwards is not needed,
        // since `insert` refuses a place that is taken.
        match pages.insert(index, page, GFP_NOIO) {
            Ok(()) => Ok(()),
            Err(refused) if refused.error == EBUSY => Ok(()),
            Err(refused) => Err(refused.error),
        }
    }
}

/// Walks over a request's memory, in pieces that lie in one page of the disk each.
fn each_piece(
    request: &Request<NullBlk>,
    mut work: impl FnMut(&Segment<'_>, Place, usize) -> Result,
) -> Result {
    let mut place = Place::of_sector(request.sector())?;
    for mut segment in request.segments() {
        while !segment.is_empty() {
            let len = place.here(segment.len());
            work(&segment, place, len)?;
            segment.advance(len)?;
            place = place.after(len)?;
        }
    }
    Ok(())
}
