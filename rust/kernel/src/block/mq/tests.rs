// SPDX-License-Identifier: GPL-2.0-only

mod queues;

use core::pin::Pin;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use pinned_init::{PinInit, pin_data, try_pin_init};

use super::{
    CompletionBatch, Flags, GenDisk, GenDiskBuilder, HwContext, IdleRequest, Op, Operations,
    QueueLimits, Refused, Request, RequestList, RequestTimer, Status, TagSet, TagSetBuilder,
    TimedOut, TimeoutAction, TimerOperations,
};
use crate::alloc::flags::{GFP_KERNEL, GFP_ZERO};
use crate::alloc::{KBox, NumaNode};
use crate::block::{SECTOR_SHIFT, SECTOR_SIZE};
use crate::error::code::{EINVAL, EIO, ENODATA, ENOSPC, EOPNOTSUPP, ETIMEDOUT};
use crate::error::{Error, Result, to_result};
use crate::ktest::kernel_test;
use crate::page::{PAGE_SIZE, Page};
use crate::sync::{Arc, ArcBorrow, SpinLock};
use crate::time::hrtimer::RelativeMode;
use crate::time::{Delta, Monotonic};

const SECTORS: u64 = 1024;
const _: () = assert!(SECTOR_SIZE == 512 && 1 << SECTOR_SHIFT == SECTOR_SIZE);
const PAGE_LEN: u32 = PAGE_SIZE as u32;

/// What the driver does with the next request.
#[derive(Clone, Copy)]
enum Do {
    /// Serves it, and ends it at once.
    Serve,
    /// Ends it in `complete`.
    Complete,
    /// Lets it read zeroes.
    Zero,
    /// Gives it back unstarted, and serves the next.
    Refuse,
    /// Serves it, and gives the next one back unstarted: the device is full.
    ServeOne,
    /// Gives it back unstarted, because the device is full, and serves the next.
    Full,
    /// Gives it back started, and serves the next.
    Requeue,
    /// Ends it by a timer.
    Timer,
    /// Keeps it until it times out.
    Hold,
    /// Fails it with this status.
    Fail(Status),
}

/// A disk of one page, again and again.
#[pin_data]
struct State {
    page: Page,
    #[pin]
    next: SpinLock<Do>,
    #[pin]
    last: SpinLock<Option<(Op, u64, u32)>>,
    #[pin]
    held: SpinLock<RequestList<Tester>>,
    served: AtomicU32,
    polled: AtomicU32,
    late: AtomicU32,
    queues: AtomicU32,
    rung: AtomicU32,
    /// From this queue on there is no memory for what belongs to a queue.
    no_queue: AtomicU32,
}

#[pin_data]
struct Data {
    #[pin]
    timer: RequestTimer<Tester>,
}

struct Tester;

impl State {
    fn new() -> Result<Arc<Self>> {
        let page = Page::alloc(GFP_KERNEL | GFP_ZERO)?;
        let init = try_pin_init!(Self {
            page,
            next <- crate::new_spinlock!(Do::Serve),
            last <- crate::new_spinlock!(None),
            held <- crate::new_spinlock!(RequestList::new()),
            served: AtomicU32::new(0),
            polled: AtomicU32::new(0),
            late: AtomicU32::new(0),
            queues: AtomicU32::new(0),
            rung: AtomicU32::new(0),
            no_queue: AtomicU32::new(u32::MAX),
        }? Error);
        Arc::pin_init(init, GFP_KERNEL)
    }

    fn serve(&self, request: &Request<Tester>) -> Result {
        *self.last.lock() = Some((request.op(), request.sector(), request.len()));
        self.served.fetch_add(1, Ordering::Relaxed);
        for mut segment in request.segments() {
            while !segment.is_empty() {
                let len = segment.len().min(PAGE_SIZE);
                match request.op() {
                    Op::Write => segment.copy_to_page(&self.page, 0, len)?,
                    _ => segment.copy_from_page(&self.page, 0, len)?,
                }
                segment.advance(len)?;
            }
        }
        Ok(())
    }

    /// Zeroes what is asked for. More than that has to be refused.
    fn zero(request: &Request<Tester>) -> Result {
        for segment in request.segments() {
            if segment.zero(segment.len().wrapping_add(1)) != Err(EINVAL) {
                return Err(EIO);
            }
            segment.zero(segment.len())?;
        }
        if request.is_empty() {
            return Err(ENODATA);
        }
        Ok(())
    }

    fn last(&self) -> Option<(Op, u64, u32)> {
        *self.last.lock()
    }
}

impl Operations for Tester {
    type QueueData = Arc<State>;
    type RequestData = Data;
    type HwData = Pin<KBox<SpinLock<RequestList<Self>>>>;

    fn new_request_data() -> impl PinInit<Data, Error> {
        try_pin_init!(Data { timer <- RequestTimer::new() }? Error)
    }

    fn init_hctx(state: ArcBorrow<'_, State>, index: u32) -> Result<Self::HwData> {
        if index >= state.no_queue.load(Ordering::Relaxed) {
            return Err(EINVAL);
        }
        state
            .queues
            .fetch_max(index.wrapping_add(1), Ordering::Relaxed);
        KBox::pin_init(crate::new_spinlock!(RequestList::new()), GFP_KERNEL)
    }

    fn queue_rq<'call>(
        state: ArcBorrow<'_, State>,
        hw: HwContext<'_, Self>,
        request: IdleRequest<'call, Self>,
        is_last: bool,
    ) -> Result<(), Refused<'call, Self>> {
        if hw.is_poll() {
            hw.data().lock().push_back(request.start());
            return Ok(());
        }
        let next = core::mem::replace(&mut *state.next.lock(), Do::Serve);
        match next {
            Do::Refuse => return Err(request.refuse(Status::RESOURCE)),
            Do::Full => return Err(request.refuse(Status::DEVICE_RESOURCE)),
            Do::Requeue => request.start().requeue(true),
            Do::Hold => state.held.lock().push_back(request.start()),
            Do::Complete => request.start().complete(),
            Do::Fail(status) => request.start().quiet().end(status),
            Do::Timer => {
                if let Err(request) = request.start().start_timer(Delta::from_millis(1)) {
                    request.end(Status::IO_ERROR);
                }
            }
            Do::Zero => {
                let request = request.start();
                let result = State::zero(&request);
                request.end(result.into());
            }
            Do::Serve | Do::ServeOne => {
                if matches!(next, Do::ServeOne) && !is_last {
                    *state.next.lock() = Do::Full;
                }
                let request = request.start();
                let result = state.serve(&request);
                request.end(result.into());
            }
        }
        Ok(())
    }

    fn commit_rqs(state: ArcBorrow<'_, State>, _hw: HwContext<'_, Self>) {
        state.rung.fetch_add(1, Ordering::Relaxed);
    }

    fn complete(request: Request<Self>) {
        request.end(Status::OK);
    }

    fn poll(
        state: ArcBorrow<'_, State>,
        hw: HwContext<'_, Self>,
        batch: &mut CompletionBatch<'_>,
    ) -> u32 {
        let mut found: u32 = 0;
        let mut list = core::mem::take(&mut *hw.data().lock());
        while let Some(request) = list.pop_front() {
            let result = state.serve(&request);
            batch.end(request, result.into());
            found = found.saturating_add(1);
        }
        state.polled.fetch_add(found, Ordering::Relaxed);
        found
    }

    fn timeout(
        state: ArcBorrow<'_, State>,
        hw: HwContext<'_, Self>,
        late: &TimedOut<'_, Self>,
    ) -> TimeoutAction {
        // The first time the request gets more time.
        if hw.index() != 0 || state.late.fetch_add(1, Ordering::Relaxed) == 0 {
            return TimeoutAction::ResetTimer;
        }
        let found = state.held.lock().remove(late);
        match found {
            Some(request) if late.is(&request) => {
                // It was given to no timer.
                let idle = late.data().timer.take().is_none();
                let status = if idle {
                    Status::TIMEOUT
                } else {
                    Status::MEDIUM
                };
                request.quiet().end(status);
                TimeoutAction::Done
            }
            Some(other) => {
                other.quiet().end(Status::NO_SPACE);
                TimeoutAction::Done
            }
            None => TimeoutAction::ResetTimer,
        }
    }
}

impl TimerOperations for Tester {
    type TimerMode = RelativeMode<Monotonic>;

    fn timer(data: &Data) -> &RequestTimer<Self> {
        &data.timer
    }

    fn timer_expired(request: Request<Self>) {
        request.end(Status::OK);
    }
}

struct Disk {
    disk: GenDisk<Tester>,
    tags: Arc<TagSet<Tester>>,
    state: Arc<State>,
}

impl Disk {
    fn new(tags: TagSetBuilder, limits: QueueLimits) -> Result<Self> {
        let tags = Arc::pin_init(tags.build::<Tester>(), GFP_KERNEL)?;
        let state = State::new()?;
        let disk = GenDiskBuilder::new()
            .limits(limits)
            .capacity_sectors(SECTORS)
            .build("ktestblk", tags.clone(), state.clone())?;
        Ok(Self { disk, tags, state })
    }

    fn usual() -> Result<Self> {
        let tags = TagSetBuilder::new(1, 8).flags(Flags::NO_SCHED);
        Self::new(tags, QueueLimits::new())
    }

    /// One request, and what became of it. Without a page it covers a page's worth of sectors.
    fn submit(&self, op: u32, sector: u64, page: Option<&Page>, poll: bool) -> Result {
        let page = page.map_or(ptr::null_mut(), Page::as_ptr);
        // SAFETY: the disk is there, and the page until this returns.
        to_result(unsafe {
            bindings::ferrite_blk_test_io(
                self.disk.as_ptr(),
                op,
                &raw const sector,
                page,
                PAGE_LEN,
                poll,
            )
        })
    }

    /// Two requests at once that cannot become one: sectors 0 and 64.
    fn read_two(&self, page: &Page) -> Result {
        // SAFETY: the disk is there, and the page until this returns.
        to_result(unsafe {
            bindings::ferrite_blk_test_two(self.disk.as_ptr(), page.as_ptr(), PAGE_LEN)
        })
    }

    fn read(&self) -> Result {
        let page = Page::alloc(GFP_KERNEL)?;
        self.submit(bindings::REQ_OP_READ, 0, Some(&page), false)
    }

    fn next(&self, next: Do) {
        *self.state.next.lock() = next;
    }
}

#[kernel_test]
fn data_get_to_the_driver_and_back() -> Result {
    let disk = Disk::usual()?;
    let page = Page::alloc(GFP_KERNEL)?;
    page.fill(0, 0x5a, PAGE_SIZE)?;
    disk.submit(bindings::REQ_OP_WRITE, 16, Some(&page), false)?;
    assert_eq!(disk.state.last(), Some((Op::Write, 16, PAGE_LEN)));
    page.fill(0, 0, PAGE_SIZE)?;
    disk.submit(bindings::REQ_OP_READ, 8, Some(&page), false)?;
    assert_eq!(disk.state.last(), Some((Op::Read, 8, PAGE_LEN)));
    let mut got = [0; 4];
    page.read(PAGE_SIZE - 4, &mut got)?;
    assert_eq!(got, [0x5a; 4]);
    Ok(())
}

#[kernel_test]
fn each_way_to_end_a_request() -> Result {
    let disk = Disk::usual()?;
    disk.next(Do::Complete);
    disk.read()?;
    disk.next(Do::Timer);
    disk.read()?;
    let served = disk.state.served.load(Ordering::Relaxed);
    disk.next(Do::Refuse);
    disk.read()?;
    disk.next(Do::Requeue);
    disk.read()?;
    disk.disk.kick_requeued();
    assert_eq!(
        disk.state.served.load(Ordering::Relaxed),
        served.wrapping_add(2)
    );
    for (status, error) in [
        (Status::IO_ERROR, EIO),
        (Status::NOT_SUPPORTED, EOPNOTSUPP),
        (Status::TIMEOUT, ETIMEDOUT),
        (Status::NO_SPACE, ENOSPC),
        (Status::MEDIUM, ENODATA),
    ] {
        disk.next(Do::Fail(status));
        assert_eq!(disk.read(), Err(error));
        assert_eq!(Status::from(Err(error)), status);
    }
    assert_eq!(Status::from(Ok(())), Status::OK);
    Ok(())
}

#[kernel_test]
fn a_segment_is_zeroed_to_its_end_and_no_further() -> Result {
    let disk = Disk::usual()?;
    let page = Page::alloc(GFP_KERNEL)?;
    page.fill(0, 0x5a, PAGE_SIZE)?;
    disk.next(Do::Zero);
    disk.submit(bindings::REQ_OP_READ, 0, Some(&page), false)?;
    for at in [0, PAGE_SIZE - 4] {
        let mut got = [1; 4];
        page.read(at, &mut got)?;
        assert_eq!(got, [0; 4]);
    }
    Ok(())
}

/// The driver was told that more would follow, took the first and could not take the next.
#[kernel_test]
fn the_doorbell_is_rung_when_no_more_follow_after_all() -> Result {
    let disk = Disk::usual()?;
    let page = Page::alloc(GFP_KERNEL)?;
    let counts = || {
        let (rung, served) = (&disk.state.rung, &disk.state.served);
        (rung.load(Ordering::Relaxed), served.load(Ordering::Relaxed))
    };
    // Who looks for partitions has read, too.
    let (rung, served) = counts();
    disk.read_two(&page)?;
    assert_eq!(counts(), (rung, served.wrapping_add(2)));
    disk.next(Do::ServeOne);
    disk.read_two(&page)?;
    assert_eq!(counts(), (rung.wrapping_add(1), served.wrapping_add(4)));
    Ok(())
}

#[kernel_test]
fn a_late_request_gets_more_time_once_and_then_fails() -> Result {
    let tags = TagSetBuilder::new(1, 2)
        .flags(Flags::NO_SCHED)
        .timeout_ms(1);
    let disk = Disk::new(tags, QueueLimits::new())?;
    disk.next(Do::Hold);
    assert_eq!(disk.read(), Err(ETIMEDOUT));
    assert!(disk.state.held.lock().is_empty());
    assert_eq!(disk.state.late.load(Ordering::Relaxed), 2);
    disk.read()
}

#[kernel_test]
fn polled_requests_end_where_somebody_polls() -> Result {
    let tags = TagSetBuilder::new(1, 4)
        .poll_queues(1)
        .flags(Flags::NO_SCHED);
    let disk = Disk::new(tags, QueueLimits::new())?;
    assert_eq!(disk.tags.queues(), (1, 1));
    assert_eq!(disk.state.queues.load(Ordering::Relaxed), 2);
    let page = Page::alloc(GFP_KERNEL)?;
    disk.submit(bindings::REQ_OP_READ, 0, Some(&page), true)?;
    assert_eq!(disk.state.polled.load(Ordering::Relaxed), 1);
    disk.submit(bindings::REQ_OP_READ, 0, Some(&page), false)?;
    assert_eq!(disk.state.polled.load(Ordering::Relaxed), 1);
    Ok(())
}

#[kernel_test]
fn a_tag_set_needs_queues_and_tags() -> Result {
    for wrong in [
        TagSetBuilder::new(0, 8),
        TagSetBuilder::new(0, 8).poll_queues(1),
        TagSetBuilder::new(u32::MAX, 8).poll_queues(1),
        TagSetBuilder::new(1, 0),
    ] {
        let made = Arc::pin_init(wrong.build::<Tester>(), GFP_KERNEL);
        assert_eq!(made.err(), Some(EINVAL));
    }
    Ok(())
}

#[kernel_test]
fn a_disk_holds_still() -> Result {
    let tags = TagSetBuilder::new(1, 2).flags(Flags::NONE.and_if(true, Flags::BLOCKING));
    let disk = Disk::new(tags, QueueLimits::new())?;
    drop(disk.disk.freeze());
    disk.read()?;
    drop(disk.disk.quiesce());
    disk.read()?;
    disk.disk.stop_queues();
    disk.disk.start_queues();
    disk.read()
}

#[kernel_test]
fn capacity_and_limits_change_while_the_disk_is_there() -> Result {
    let limits = QueueLimits::new()
        .logical_block_size(1024)?
        .physical_block_size(4096)?
        .discard(1 << 20, 4096)?
        .max_write_zeroes_sectors(1 << 16)
        .max_hw_sectors(64)?
        .virt_boundary(PAGE_SIZE)?
        .rotational(true)
        .write_cache(true, true);
    let disk = Disk::new(TagSetBuilder::new(1, 2), limits)?;
    disk.submit(bindings::REQ_OP_DISCARD, 8, None, false)?;
    assert_eq!(disk.state.last(), Some((Op::Discard, 8, PAGE_LEN)));
    disk.submit(bindings::REQ_OP_WRITE_ZEROES, 16, None, false)?;
    assert_eq!(disk.state.last(), Some((Op::WriteZeroes, 16, PAGE_LEN)));
    disk.disk.set_limits(&QueueLimits::new())?;
    assert_eq!(
        disk.submit(bindings::REQ_OP_DISCARD, 8, None, false),
        Err(EOPNOTSUPP)
    );
    let page = Page::alloc(GFP_KERNEL)?;
    let read = || disk.submit(bindings::REQ_OP_READ, SECTORS, Some(&page), false);
    assert_eq!(read(), Err(EIO));
    disk.disk.set_capacity(2 * SECTORS);
    read()
}

#[kernel_test]
fn limits_that_make_no_sense() -> Result {
    let limits = QueueLimits::default();
    assert!(limits.logical_block_size(256).is_err());
    assert!(limits.logical_block_size(1000).is_err());
    assert!(limits.logical_block_size(65536).is_err());
    assert!(
        limits
            .logical_block_size(4096)?
            .physical_block_size(512)
            .is_err()
    );
    assert!(limits.max_hw_sectors(1).is_err());
    assert!(limits.virt_boundary(512).is_err());
    assert!(limits.discard(8, 100).is_err());
    assert!(limits.discard(0, 100).is_ok());
    Ok(())
}
