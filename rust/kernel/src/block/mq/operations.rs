// SPDX-License-Identifier: GPL-2.0-only

//! What a driver does with requests, and the callbacks through which C asks for it.

use core::ffi::c_int;

use pinned_init::PinInit;

use super::request::{IdleRequest, Refused, Request};
use crate::error::{Error, to_c};
use crate::types::ForeignOwnable;

/// The operations of a block driver.
pub trait Operations: Sized + 'static {
    /// What the driver keeps for a disk; every operation gets it.
    type QueueData: ForeignOwnable + Send + Sync;

    /// What the driver keeps for each request; it is made once a tag, and used again and again.
    type RequestData: Send + Sync;

    /// Makes the data of one request. Runs when the tag set is made; may sleep.
    fn new_request_data() -> impl PinInit<Self::RequestData, Error>;

    /// Takes a request.
    ///
    /// The request is started and ended (here or later), or refused. `is_last` says that no more follows at once: a driver that collects requests rings the
    /// hardware's doorbell then. Must not sleep, unless the tag set has [`Flags::BLOCKING`]
    /// (`super::Flags`).
    ///
    /// # Errors
    ///
    /// A request that cannot be taken now is refused, which gives it back to the block layer.
    fn queue_rq<'call>(
        data: <Self::QueueData as ForeignOwnable>::Borrowed<'_>,
        request: IdleRequest<'call, Self>,
        is_last: bool,
    ) -> Result<(), Refused<'call, Self>>;

    /// Rings the doorbell for requests taken with `is_last` false, when no more follow after all.
    fn commit_rqs(_data: <Self::QueueData as ForeignOwnable>::Borrowed<'_>) {}

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
        // SAFETY: `bd` is valid during the call.
        let (request, last) = unsafe { ((*bd).rq, (*bd).last) };
        // SAFETY: the request has not been started, and is the driver's until it is refused.
        let request = unsafe { IdleRequest::from_raw(request) };
        match T::queue_rq(data, request, last) {
            Ok(()) => super::request::Status::OK.0,
            Err(refused) => refused.into_status().0,
        }
    }

    unsafe extern "C" fn commit_rqs(hctx: *mut bindings::blk_mq_hw_ctx) {
        // SAFETY: the block layer calls this with a live context of the driver's disk.
        T::commit_rqs(unsafe { Self::data(hctx) });
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
