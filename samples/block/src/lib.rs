// SPDX-License-Identifier: GPL-2.0-only

//! A disk in memory: `/dev/block_sample`.
//!
//! A request comes to [`Ram::queue_rq`], is served at once, and ended with what came of it.

#![no_std]
#![forbid(unsafe_code)]

use kernel::block::SECTOR_SHIFT;
use kernel::block::mq::{
    Flags, GenDisk, GenDiskBuilder, HwContext, IdleRequest, Op, Operations, Refused, Request,
    Segment, Status, TagSetBuilder,
};
use kernel::new_mutex;
use kernel::page::{PAGE_SHIFT, PAGE_SIZE, Page};
use kernel::prelude::*;
use kernel::sync::{Arc, ArcBorrow, Mutex};

module! {
    type: BlockSample,
    name: "block_sample",
    authors: ["The Ferrite developers"],
    description: "A disk in memory",
    license: "GPL",
    params: {
        mib: u32 {
            default: 4,
            permissions: 0o444,
            description: "Size in MiB, 1 to 64 (4)",
            validate: size,
        },
    },
}

fn size(mib: &u32) -> Result {
    if (1..=64).contains(mib) {
        Ok(())
    } else {
        Err(EINVAL)
    }
}

/// The loaded module. Dropping the disk takes it away, and waits for the requests in flight.
struct BlockSample {
    _disk: GenDisk<Ram>,
}

impl Module for BlockSample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mib = module_parameters::mib.get();
        // Serving a request takes a mutex, which may sleep.
        let tags = TagSetBuilder::new(1, 64).flags(Flags::BLOCKING);
        let tags = Arc::pin_init(tags.build(), GFP_KERNEL)?;
        let memory = Arc::pin_init(Memory::new(mib)?, GFP_KERNEL)?;
        let disk = GenDiskBuilder::new()
            .capacity_sectors(u64::from(mib) << (20 - SECTOR_SHIFT))
            .build("block_sample", tags, memory)?;
        pr_info!("a disk of {} MiB", mib);
        Ok(Self { _disk: disk })
    }
}

/// The disk's contents.
#[pin_data]
struct Memory {
    #[pin]
    pages: Mutex<KVec<Page>>,
}

impl Memory {
    fn new(mib: u32) -> Result<impl PinInit<Self>> {
        let mut pages = KVec::new();
        for _ in 0..mib << (20 - PAGE_SHIFT) {
            pages.push(Page::alloc(GFP_KERNEL | GFP_ZERO)?, GFP_KERNEL)?;
        }
        Ok(pin_init!(Self { pages <- new_mutex!(pages) }))
    }

    /// Moves a request's data, in pieces that lie in one page of the disk each.
    fn copy(
        &self,
        request: &Request<Ram>,
        piece: impl Fn(&Segment<'_>, &Page, usize, usize) -> Result,
    ) -> Result {
        let pages = self.pages.lock();
        let mut position = usize::try_from(request.sector() << SECTOR_SHIFT)?;
        for mut segment in request.segments() {
            while !segment.is_empty() {
                let page = pages.get(position >> PAGE_SHIFT).ok_or(EIO)?;
                let offset = position & (PAGE_SIZE - 1);
                let len = segment.len().min(PAGE_SIZE - offset);
                piece(&segment, page, offset, len)?;
                segment.advance(len)?;
                position = position.checked_add(len).ok_or(EIO)?;
            }
        }
        Ok(())
    }
}

/// The driver, as the block layer sees it.
struct Ram;

/// What a request carries with it: it ends where it came, so nothing.
struct Nothing {}

impl Operations for Ram {
    type QueueData = Arc<Memory>;
    type RequestData = Nothing;
    type HwData = ();

    fn new_request_data() -> impl PinInit<Nothing, Error> {
        try_init!(Nothing {}? Error)
    }

    fn init_hctx(_memory: ArcBorrow<'_, Memory>, _index: u32) -> Result {
        Ok(())
    }

    fn queue_rq<'call>(
        memory: ArcBorrow<'_, Memory>,
        _hw: HwContext<'_, Self>,
        request: IdleRequest<'call, Self>,
        _is_last: bool,
    ) -> Result<(), Refused<'call, Self>> {
        let request = request.start();
        let result = match request.op() {
            Op::Read => memory.copy(&request, |s, page, at, len| s.copy_from_page(page, at, len)),
            Op::Write => memory.copy(&request, |s, page, at, len| s.copy_to_page(page, at, len)),
            Op::Flush => Ok(()),
            _ => Err(EOPNOTSUPP),
        };
        request.end(Status::from(result));
        Ok(())
    }

    /// Nothing is left to do later: no request is handed over.
    fn complete(request: Request<Self>) {
        request.end(Status::OK);
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn the_size_has_limits() {
        assert_eq!(size(&0), Err(EINVAL));
        assert_eq!(size(&1), Ok(()));
        assert_eq!(size(&64), Ok(()));
        assert_eq!(size(&65), Err(EINVAL));
    }

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = BlockSample::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }
}
