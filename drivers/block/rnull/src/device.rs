// SPDX-License-Identifier: GPL-2.0-only

//! Disks, and what happens to their requests.

use core::sync::atomic::{AtomicBool, Ordering};

use kernel::block::mq::{
    Flags, GenDisk, GenDiskBuilder, IdleRequest, Op, Operations, Refused, Request, Status, TagSet,
};
use kernel::prelude::*;
use kernel::print::Text;
use kernel::sync::{Arc, ArcBorrow};

use crate::params::{Completion, Config};
use crate::store::Store;

/// What a disk needs to serve requests.
pub(crate) struct Device {
    completion: Completion,
    store: Option<Store>,
}

/// The driver, as blk-mq sees it.
pub(crate) struct NullBlk;

/// What a request carries from where it is served to where it completes.
pub(crate) struct Pending {
    failed: AtomicBool,
}

/// Makes the disk number `index`.
pub(crate) fn make(config: &Config, index: u32) -> Result<GenDisk<NullBlk>> {
    // Memory for new data is allocated while a request is served, which may sleep.
    let flags = Flags::NONE
        .and_if(config.memory_backed, Flags::BLOCKING)
        .and_if(config.no_sched, Flags::NO_SCHED);
    let tags = Arc::pin_init(
        TagSet::new(config.submit_queues, config.hw_queue_depth, flags),
        GFP_KERNEL,
    )?;
    let store = if config.memory_backed {
        Some(Store::new()?)
    } else {
        None
    };
    let device = Arc::new(
        Device {
            completion: config.completion,
            store,
        },
        GFP_KERNEL,
    )?;
    let mut name = Text::<32>::new();
    name.text("rnullb").integer(index);
    GenDiskBuilder::new()
        .logical_block_size(config.block_size)?
        .capacity_sectors(config.capacity())
        .build(name.as_str()?, tags, device)
}

impl Device {
    fn serve(&self, request: &Request<NullBlk>) -> Result {
        let Some(store) = &self.store else {
            return Ok(());
        };
        match request.op() {
            Op::Read => store.read(request),
            Op::Write => store.write(request),
            Op::Flush => Ok(()),
            _ => Err(EOPNOTSUPP),
        }
    }
}

impl Operations for NullBlk {
    type QueueData = Arc<Device>;
    type RequestData = Pending;

    fn new_request_data() -> impl PinInit<Pending, Error> {
        try_init!(Pending { failed: AtomicBool::new(false) }? Error)
    }

    fn queue_rq<'call>(
        device: ArcBorrow<'_, Device>,
        request: IdleRequest<'call, Self>,
        _is_last: bool,
    ) -> Result<(), Refused<'call, Self>> {
        let request = request.start();
        let result = device.serve(&request);
        match device.completion {
            Completion::Direct => request.end(Status::from(result)),
            Completion::SoftIrq => {
                request
                    .data()
                    .failed
                    .store(result.is_err(), Ordering::Relaxed);
                request.complete();
            }
        }
        Ok(())
    }

    fn complete(request: Request<Self>) {
        let failed = request.data().failed.load(Ordering::Relaxed);
        request.end(if failed { Status::IO_ERROR } else { Status::OK });
    }
}
