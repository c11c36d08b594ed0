// SPDX-License-Identifier: GPL-2.0-only

//! Disks, and what happens to their requests.

use core::pin::Pin;
use core::sync::atomic::{AtomicI32, Ordering};

use kernel::block::mq::{
    CompletionBatch, Flags, GenDisk, GenDiskBuilder, HwContext, IdleRequest, Op, Operations,
    QueueLimits, Refused, Request, RequestList, RequestTimer, TagSet, TagSetBuilder, TimedOut,
    TimeoutAction, TimerOperations,
};
use kernel::error::to_result;
use kernel::page::PAGE_SIZE;
use kernel::prelude::*;
use kernel::print::Text;
use kernel::sync::{Arc, ArcBorrow, SpinLock};
use kernel::time::hrtimer::RelativeMode;
use kernel::time::{Delta, Monotonic};

use crate::config::{Completion, Config};
use crate::store::Store;
use crate::trace;

/// The largest discard: all that a request can say in bytes.
const MAX_DISCARD_SECTORS: u32 = u32::MAX >> kernel::block::SECTOR_SHIFT;

/// How long a request may take: too long are those that nobody polls for, and those whose timer
/// was set to more.
const TIMEOUT_MS: u32 = 5000;

/// What a disk needs to serve requests.
pub(crate) struct Device {
    /// The disk's name, for who traces.
    name: Text<31>,
    completion: Completion,
    store: Option<Arc<Store>>,
}

/// The driver, as blk-mq sees it.
pub(crate) struct NullBlk;

/// What a request carries from where it is served to where it completes.
#[pin_data]
pub(crate) struct Pending {
    /// 0 or an errno.
    errno: AtomicI32,
    /// Owns the request with `irqmode=2`.
    #[pin]
    timer: RequestTimer<NullBlk>,
}

/// The name of a disk of the module's parameters.
pub(crate) fn name(index: u32) -> Text<31> {
    let mut name = Text::new();
    name.text("rnullb").integer(index);
    name
}

/// Makes the queues for one disk, or for all of them.
pub(crate) fn make_tags(config: &Config) -> Result<Arc<TagSet<NullBlk>>> {
    let flags = Flags::NONE
        .and_if(config.blocking, Flags::BLOCKING)
        .and_if(config.no_sched, Flags::NO_SCHED);
    let tags = TagSetBuilder::new(config.submit_queues, config.hw_queue_depth)
        .poll_queues(config.poll_queues)
        .timeout_ms(TIMEOUT_MS)
        .node(config.node()?)
        .flags(flags);
    Arc::pin_init(tags.build(), GFP_KERNEL)
}

/// Makes a disk.
pub(crate) fn make(
    config: &Config,
    name: &str,
    tags: Arc<TagSet<NullBlk>>,
    store: Option<Arc<Store>>,
) -> Result<GenDisk<NullBlk>> {
    let mut known = Text::new();
    known.text(name);
    let device = Device {
        name: known,
        completion: config.completion(),
        store,
    };
    GenDiskBuilder::new()
        .limits(limits(config)?)
        .capacity_sectors(config.capacity())
        .build(name, tags, Arc::new(device, GFP_KERNEL)?)
}

fn limits(config: &Config) -> Result<QueueLimits> {
    let boundary = if config.virt_boundary { PAGE_SIZE } else { 0 };
    let discard = if config.discard {
        MAX_DISCARD_SECTORS
    } else {
        0
    };
    Ok(QueueLimits::new()
        .logical_block_size(config.block_size)?
        .max_hw_sectors(config.max_sectors)?
        .virt_boundary(boundary)?
        .discard(discard, config.block_size)?
        .rotational(config.rotational)
        .write_cache(config.cache_size != 0, config.fua))
}

/// Moves the data of a request. Apart, so that a disk without memory does not pay for it.
#[inline(never)]
fn serve(store: &Store, request: &Request<NullBlk>) -> Result {
    match request.op() {
        Op::Read => store.read(request),
        Op::Write => store.write(request),
        Op::Discard => store.discard(request.sector(), request.len()),
        // What is in memory is as durable as it gets.
        Op::Flush => Ok(()),
        _ => Err(EOPNOTSUPP),
    }
}

impl Pending {
    fn set(&self, result: Result) {
        self.errno.store(errno(result), Ordering::Relaxed);
    }

    fn result(&self) -> Result {
        to_result(self.errno.load(Ordering::Relaxed))
    }
}

fn errno(result: Result) -> i32 {
    result.map_or_else(Error::to_errno, |()| 0)
}

/// The end of a request.
fn end(request: Request<NullBlk>, result: Result) {
    trace::ending(&request, errno(result));
    request.end(result.into());
}

impl Operations for NullBlk {
    type QueueData = Arc<Device>;
    type RequestData = Pending;
    /// On a polled queue, the requests that have been served.
    type HwData = Pin<KBox<SpinLock<RequestList<Self>>>>;

    fn new_request_data() -> impl PinInit<Pending, Error> {
        try_pin_init!(Pending {
            errno: AtomicI32::new(0),
            timer <- RequestTimer::new(),
        }? Error)
    }

    fn init_hctx(_device: ArcBorrow<'_, Device>, _index: u32) -> Result<Self::HwData> {
        KBox::pin_init(kernel::new_spinlock!(RequestList::new()), GFP_KERNEL)
    }

    fn queue_rq<'call>(
        device: ArcBorrow<'_, Device>,
        hw: HwContext<'_, Self>,
        request: IdleRequest<'call, Self>,
        _is_last: bool,
    ) -> Result<(), Refused<'call, Self>> {
        let request = request.start();
        trace::queued(&device.name, &request, hw.index());
        let result = match &device.store {
            Some(store) => serve(store, &request),
            None => Ok(()),
        };
        if hw.is_poll() {
            request.data().set(result);
            hw.data().lock().push_back(request);
            return Ok(());
        }
        match device.completion {
            Completion::Direct => end(request, result),
            Completion::SoftIrq => {
                request.data().set(result);
                request.complete();
            }
            Completion::Timer(nanos) => {
                request.data().set(result);
                if let Err(request) = request.start_timer(Delta::from_nanos(nanos)) {
                    // The timer of a request that has just begun is idle.
                    end(request, Err(EIO));
                }
            }
        }
        Ok(())
    }

    fn complete(request: Request<Self>) {
        let result = request.data().result();
        end(request, result);
    }

    fn poll(
        _device: ArcBorrow<'_, Device>,
        hw: HwContext<'_, Self>,
        batch: &mut CompletionBatch<'_>,
    ) -> u32 {
        let mut served = core::mem::take(&mut *hw.data().lock());
        let mut found: u32 = 0;
        while let Some(request) = served.pop_front() {
            let result = request.data().result();
            trace::ending(&request, errno(result));
            batch.end(request, result.into());
            found = found.saturating_add(1);
        }
        found
    }

    fn timeout(
        _device: ArcBorrow<'_, Device>,
        hw: HwContext<'_, Self>,
        late: &TimedOut<'_, Self>,
    ) -> TimeoutAction {
        let held = late.data().timer.take();
        let held = held.or_else(|| hw.data().lock().remove(late));
        match held {
            Some(request) => {
                pr_info!("a request timed out");
                end(request, Err(ETIMEDOUT));
                TimeoutAction::Done
            }
            // It is being served, or on its way out.
            None => TimeoutAction::ResetTimer,
        }
    }
}

impl TimerOperations for NullBlk {
    type TimerMode = RelativeMode<Monotonic>;

    fn timer(data: &Pending) -> &RequestTimer<Self> {
        &data.timer
    }

    fn timer_expired(request: Request<Self>) {
        let result = request.data().result();
        end(request, result);
    }
}
