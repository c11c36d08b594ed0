// SPDX-License-Identifier: GPL-2.0-only

//! What a driver does with requests, and the callbacks through which C asks for it.

use core::ffi::{c_int, c_uint, c_void};

use pinned_init::PinInit;

use super::hw_context::HwContext;
use super::request::{IdleRequest, Refused, Request, TimedOut, TimeoutAction};
use super::request_list::CompletionBatch;
use super::tag_set::Queues;
use crate::error::{Error, Result, to_c};
use crate::types::ForeignOwnable;

/// The operations of a block driver.
pub trait Operations: Sized + 'static {
    /// What the driver keeps for a disk; every operation gets it.
    type QueueData: ForeignOwnable + Send + Sync;

    /// What the driver keeps for each request; it is made once a tag, and used again and again.
    type RequestData: Send + Sync;

    /// What the driver keeps for each hardware queue of a disk; `()` if nothing.
    type HwData: ForeignOwnable + Send + Sync;

    /// Makes the data of one request. Runs when the tag set is made; may sleep.
    fn new_request_data() -> impl PinInit<Self::RequestData, Error>;

    /// Makes the data of the hardware queue number `index`. Runs when the disk is made, and when the
    /// number of queues changes; may sleep.
    ///
    /// # Errors
    ///
    /// Making the disk fails, with `ENOMEM` whatever the error; a change of the number of queues
    /// has no effect then.
    fn init_hctx(
        data: <Self::QueueData as ForeignOwnable>::Borrowed<'_>,
        index: u32,
    ) -> Result<Self::HwData>;

    /// Takes a request.
    ///
    /// The request is started and ended (here or later), or refused. `is_last` says that no more
    /// follows at once: a driver that collects requests rings the hardware's doorbell then. Requests
    /// that a task has gathered come one after the other (C's `queue_rqs`). Must not sleep, unless the
    /// tag set has [`Flags::BLOCKING`](super::Flags).
    ///
    /// # Errors
    ///
    /// A request that cannot be taken now is refused, which gives it back to the block layer.
    fn queue_rq<'call>(
        data: <Self::QueueData as ForeignOwnable>::Borrowed<'_>,
        hw: HwContext<'_, Self>,
        request: IdleRequest<'call, Self>,
        is_last: bool,
    ) -> Result<(), Refused<'call, Self>>;

    /// Rings the doorbell for requests taken with `is_last` false, when no more follow after all.
    fn commit_rqs(
        _data: <Self::QueueData as ForeignOwnable>::Borrowed<'_>,
        _hw: HwContext<'_, Self>,
    ) {
    }

    /// Ends the requests of a polled queue that are done, and says how many. Runs in the task that
    /// waits for one of them, and on several CPUs at once; must not sleep.
    fn poll(
        _data: <Self::QueueData as ForeignOwnable>::Borrowed<'_>,
        _hw: HwContext<'_, Self>,
        _batch: &mut CompletionBatch<'_>,
    ) -> u32 {
        0
    }

    /// A request was not ended in time. Runs in a worker, while the request may be ended; may
    /// sleep, but nothing else of the disk times out meanwhile.
    fn timeout(
        _data: <Self::QueueData as ForeignOwnable>::Borrowed<'_>,
        _hw: HwContext<'_, Self>,
        _request: &TimedOut<'_, Self>,
    ) -> TimeoutAction {
        TimeoutAction::ResetTimer
    }

    /// Finishes a request that was handed over with [`Request::complete`]. Usually runs in a soft
    /// interrupt on the CPU that submitted the request. Must not sleep.
    fn complete(request: Request<Self>);
}

/// The callbacks for a driver.
pub(super) struct Callbacks<T>(core::marker::PhantomData<T>);

impl<T: Operations> Callbacks<T> {
    /// The table that the shim copies into C's.
    pub(super) const TABLE: bindings::ferrite_blk_ops = bindings::ferrite_blk_ops {
        queue_rq: Some(Self::queue_rq),
        commit_rqs: Some(Self::commit_rqs),
        complete: Some(Self::complete),
        init_request: Some(Self::init_request),
        exit_request: Some(Self::exit_request),
        init_hctx: Some(Self::init_hctx),
        exit_hctx: Some(Self::exit_hctx),
        timeout: Some(Self::timeout),
        poll: Some(Self::poll),
        map_queues: Some(Self::map_queues),
    };

    /// The driver's data of the queue that a hardware context belongs to.
    ///
    /// # Safety
    ///
    /// `hctx` is a live context of a disk that [`GenDiskBuilder`](super::GenDiskBuilder) has made
    /// for `T`; it lives during `'a`.
    unsafe fn data<'a>(
        hctx: *mut bindings::blk_mq_hw_ctx,
    ) -> <T::QueueData as ForeignOwnable>::Borrowed<'a> {
        // SAFETY: a live context has a queue, whose data were set when the disk was made.
        let data = unsafe { (*(*hctx).queue).queuedata };
        // SAFETY: they come from `into_foreign`, and are taken back after the last request.
        unsafe { T::QueueData::borrow(data) }
    }

    unsafe extern "C" fn queue_rq(
        hctx: *mut bindings::blk_mq_hw_ctx,
        bd: *const bindings::blk_mq_queue_data,
    ) -> bindings::blk_status_t {
        // SAFETY: the block layer calls this with a live context of the driver's disk.
        let data = unsafe { Self::data(hctx) };
        // SAFETY: as above; its data are taken back after the last call.
        let hw = unsafe { HwContext::from_raw(hctx) };
        // SAFETY: `bd` is valid during the call.
        let (request, last) = unsafe { ((*bd).rq, (*bd).last) };
        // SAFETY: the request has not been started, and is the driver's until it is refused.
        let request = unsafe { IdleRequest::from_raw(request) };
        match T::queue_rq(data, hw, request, last) {
            Ok(()) => super::request::Status::OK.0,
            Err(refused) => refused.into_status().0,
        }
    }

    unsafe extern "C" fn commit_rqs(hctx: *mut bindings::blk_mq_hw_ctx) {
        // SAFETY: the block layer calls this with a live context of the driver's disk.
        let (data, hw) = unsafe { (Self::data(hctx), HwContext::from_raw(hctx)) };
        T::commit_rqs(data, hw);
    }

    unsafe extern "C" fn poll(
        hctx: *mut bindings::blk_mq_hw_ctx,
        batch: *mut bindings::io_comp_batch,
    ) -> c_int {
        // SAFETY: the block layer calls this with a live context of the driver's disk, and keeps
        // the disk from being removed meanwhile.
        let (data, hw) = unsafe { (Self::data(hctx), HwContext::from_raw(hctx)) };
        // SAFETY: the batch is null or the caller's, who waits.
        let mut batch = unsafe { CompletionBatch::from_raw(batch) };
        c_int::try_from(T::poll(data, hw, &mut batch)).unwrap_or(c_int::MAX)
    }

    unsafe extern "C" fn timeout(request: *mut bindings::request) -> bindings::blk_eh_timer_return {
        // SAFETY: a started request has a context.
        let hctx = unsafe { bindings::ferrite_blk_rq_hctx(request) };
        // SAFETY: it is live: the block layer keeps the disk from being removed meanwhile.
        let (data, hw) = unsafe { (Self::data(hctx), HwContext::from_raw(hctx)) };
        // SAFETY: the block layer holds a reference to the request, so that it is not freed.
        let request = unsafe { TimedOut::from_raw(request) };
        match T::timeout(data, hw, &request) {
            TimeoutAction::Done => bindings::FERRITE_BLK_TIMEOUT_DONE,
            TimeoutAction::ResetTimer => bindings::FERRITE_BLK_TIMEOUT_RESET,
        }
    }

    unsafe extern "C" fn init_hctx(
        hctx: *mut bindings::blk_mq_hw_ctx,
        _set: *mut c_void,
        index: c_uint,
    ) -> c_int {
        // SAFETY: the context is live, and belongs to a queue whose data were set.
        let data = unsafe { Self::data(hctx) };
        match T::init_hctx(data, index) {
            Ok(data) => {
                // SAFETY: the context is not used yet, and its data are the driver's.
                unsafe { (*hctx).driver_data = data.into_foreign() };
                0
            }
            Err(error) => error.to_errno(),
        }
    }

    unsafe extern "C" fn exit_hctx(hctx: *mut bindings::blk_mq_hw_ctx, _index: c_uint) {
        if core::mem::needs_drop::<T::HwData>() {
            // The last request may have ended while the call that started it is still on its way
            // out, with a borrow of the data.
            // SAFETY: the context and its queue are live.
            unsafe { bindings::ferrite_blk_wait_dispatch((*hctx).queue) };
        }
        // SAFETY: the context is live.
        let data = unsafe { (*hctx).driver_data };
        // SAFETY:
        // - `init_hctx` has put them there, and this is called once for each time;
        // - the queue is empty, and no operation runs on it any more.
        drop(unsafe { T::HwData::from_foreign(data) });
    }

    unsafe extern "C" fn map_queues(set: *mut bindings::blk_mq_tag_set) {
        // SAFETY: the driver data are those of the tag set that holds this callback.
        let queues = unsafe { &*(*set).driver_data.cast::<Queues>() };
        // SAFETY: the set is valid, and it is the block layer that asks.
        let total = unsafe { (*set).nr_hw_queues };
        let (others, poll) = queues.split(total);
        // SAFETY: both together are as many queues as there are.
        unsafe { bindings::ferrite_blk_map_queues(set, others, poll) };
    }

    unsafe extern "C" fn complete(request: *mut bindings::request) {
        // SAFETY: `Request::complete` has given the started request away, to this call.
        T::complete(unsafe { Request::from_raw(request) });
    }

    unsafe extern "C" fn init_request(
        _set: *mut bindings::blk_mq_tag_set,
        request: *mut bindings::request,
    ) -> c_int {
        // SAFETY: this only computes an address.
        let data = unsafe { bindings::ferrite_blk_rq_data(request) };
        // SAFETY:
        // - the tag set was told the size of the data, and its memory never moves;
        // - if it fails, the block layer gives up the tag set and never uses this request.
        let result = unsafe { T::new_request_data().__pinned_init(data.cast()) };
        to_c(result)
    }

    unsafe extern "C" fn exit_request(
        _set: *mut bindings::blk_mq_tag_set,
        request: *mut bindings::request,
    ) {
        // SAFETY: this only computes an address.
        let data = unsafe { bindings::ferrite_blk_rq_data(request) };
        // SAFETY: `init_request` has made the data; the request is never used again.
        unsafe { data.cast::<T::RequestData>().drop_in_place() };
    }
}
