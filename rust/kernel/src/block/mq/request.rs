// SPDX-License-Identifier: GPL-2.0-only

//! Requests.

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

use super::Operations;
use crate::error::Result;
use crate::error::code::EINVAL;
use crate::page::{PAGE_SIZE, Page};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Reads sectors.
    Read,
    /// Writes sectors.
    Write,
    /// Makes what was written durable.
    Flush,
    /// Says that the contents of sectors do not matter any more.
    Discard,
    /// As `Discard`, and the old contents must be beyond reach.
    SecureErase,
    /// Writes zeroes.
    WriteZeroes,
    /// Something else, by its number in `enum req_op`.
    Other(u32),
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub(super) u8);

impl Status {
    /// All is well.
    pub const OK: Self = Self(bindings::FERRITE_BLK_STS_OK as u8);
    /// The device does not know the operation.
    pub const NOT_SUPPORTED: Self = Self(bindings::FERRITE_BLK_STS_NOTSUPP as u8);
    /// The device did not answer.
    pub const TIMEOUT: Self = Self(bindings::FERRITE_BLK_STS_TIMEOUT as u8);
    /// The device is full.
    pub const NO_SPACE: Self = Self(bindings::FERRITE_BLK_STS_NOSPC as u8);
    /// The medium is broken there.
    pub const MEDIUM: Self = Self(bindings::FERRITE_BLK_STS_MEDIUM as u8);
    /// The kernel lacks something, memory mostly; try again after a while.
    pub const RESOURCE: Self = Self(bindings::FERRITE_BLK_STS_RESOURCE as u8);
    /// The device lacks something; try again when one of its requests has ended.
    pub const DEVICE_RESOURCE: Self = Self(bindings::FERRITE_BLK_STS_DEV_RESOURCE as u8);
    /// Any other failure.
    pub const IO_ERROR: Self = Self(bindings::FERRITE_BLK_STS_IOERR as u8);
}

impl From<Result> for Status {
    /// Success, or the failure that comes closest.
    fn from(result: Result) -> Self {
        use crate::error::code;
        match result {
            Ok(()) => Self::OK,
            Err(code::EOPNOTSUPP) => Self::NOT_SUPPORTED,
            Err(code::ETIMEDOUT) => Self::TIMEOUT,
            Err(code::ENOSPC) => Self::NO_SPACE,
            Err(code::ENODATA) => Self::MEDIUM,
            Err(code::ENOMEM) => Self::RESOURCE,
            Err(_) => Self::IO_ERROR,
        }
    }
}

/// A request that the driver has not started, during one call of [`Operations::queue_rq`].
///
/// The lifetime is that call's and no other's, so that what is refused is what was offered. Dropping
/// the request ends it with an error and a warning.
///
/// # Invariants
///
/// The pointer is that of a request which belongs to the holder and has not been started.
pub struct IdleRequest<'call, T: Operations>(
    NonNull<bindings::request>,
    ThisCall<'call>,
    PhantomData<T>,
);

/// Neither longer nor shorter than `'call`.
type ThisCall<'call> = PhantomData<fn(&'call ()) -> &'call ()>;

impl<'call, T: Operations> IdleRequest<'call, T> {
    /// # Safety
    ///
    /// `request` is a request of a tag set for `T`, not started, and given to the caller.
    pub(super) unsafe fn from_raw(request: *mut bindings::request) -> Self {
        // SAFETY: a request is never null.
        let request = unsafe { NonNull::new_unchecked(request) };
        // INVARIANT: the caller promises it.
        Self(request, PhantomData, PhantomData)
    }

    /// Starts the request: its time-out runs from now on.
    #[must_use]
    pub fn start(self) -> Request<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant the request is ours and not started.
        unsafe { bindings::blk_mq_start_request(this.0.as_ptr()) };
        // INVARIANT: it is started now, and still ours.
        Request(this.0, PhantomData)
    }

    /// Gives the request back; the block layer will try again, at a time that `status` decides.
    ///
    /// Only [`Status::RESOURCE`] and [`Status::DEVICE_RESOURCE`] mean "again"; any other status ends
    /// the request.
    #[must_use = "`queue_rq` returns it"]
    pub fn refuse(self, status: Status) -> Refused<'call, T> {
        // The block layer takes it back when the call returns.
        let _ = ManuallyDrop::new(self);
        // "All is well" would leave a request that nobody ever ends.
        let status = if status == Status::OK {
            Status::IO_ERROR
        } else {
            status
        };
        Refused(status, PhantomData, PhantomData)
    }
}

impl<T: Operations> Drop for IdleRequest<'_, T> {
    fn drop(&mut self) {
        // INVARIANT: the request is ours and not started, and not used as idle again.
        let request: Self = Self(self.0, PhantomData, PhantomData);
        // Dropping a started request ends it, and warns.
        drop(request.start());
    }
}

/// The proof that the request of this call was given back.
pub struct Refused<'call, T>(Status, ThisCall<'call>, PhantomData<T>);

impl<T> Refused<'_, T> {
    pub(super) fn into_status(self) -> Status {
        self.0
    }
}

/// A request that the driver works on.
///
/// # Invariants
///
/// The pointer is that of a request which belongs to the holder and has been started.
pub struct Request<T: Operations>(NonNull<bindings::request>, PhantomData<T>);

// SAFETY: a request may be worked on and ended on any CPU.
unsafe impl<T: Operations> Send for Request<T> {}
// SAFETY: shared access only reads what does not change while the driver has the request.
unsafe impl<T: Operations> Sync for Request<T> {}

impl<T: Operations> Request<T> {
    /// # Safety
    ///
    /// `request` is a request of a tag set for `T`, started, and given to the caller.
    pub(super) unsafe fn from_raw(request: *mut bindings::request) -> Self {
        // INVARIANT: the caller promises it.
        // SAFETY: a request is never null.
        Self(unsafe { NonNull::new_unchecked(request) }, PhantomData)
    }

    /// Gives the request away; [`Self::from_raw`] takes it back.
    pub(super) fn into_raw(self) -> *mut bindings::request {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// What is asked for.
    #[must_use]
    pub fn op(&self) -> Op {
        // SAFETY: by the invariant the request is ours.
        match unsafe { bindings::ferrite_blk_rq_op(self.0.as_ptr()) } {
            bindings::REQ_OP_READ => Op::Read,
            bindings::REQ_OP_WRITE => Op::Write,
            bindings::REQ_OP_FLUSH => Op::Flush,
            bindings::REQ_OP_DISCARD => Op::Discard,
            bindings::REQ_OP_SECURE_ERASE => Op::SecureErase,
            bindings::REQ_OP_WRITE_ZEROES => Op::WriteZeroes,
            other => Op::Other(other),
        }
    }

    /// The first sector, in units of 512 bytes.
    #[must_use]
    pub fn sector(&self) -> u64 {
        // SAFETY: by the invariant the request is ours.
        unsafe { bindings::ferrite_blk_rq_sector(self.0.as_ptr()) }
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> u32 {
        // SAFETY: by the invariant the request is ours.
        unsafe { bindings::ferrite_blk_rq_bytes(self.0.as_ptr()) }
    }

    /// Whether it covers nothing, as a flush does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The driver's data for this request.
    #[must_use]
    pub fn data(&self) -> &T::RequestData {
        // SAFETY: this only computes an address.
        let data = unsafe { bindings::ferrite_blk_rq_data(self.0.as_ptr()) };
        // SAFETY: `init_request` has made the data, and they live as long as the tag set.
        unsafe { &*data.cast::<T::RequestData>() }
    }

    /// The memory to read from or to write to, piece by piece; none for a request without data.
    #[must_use]
    pub fn segments(&self) -> Segments<'_, T> {
        Segments {
            request: self,
            state: MaybeUninit::uninit(),
            walk: Walk::Before,
        }
    }

    /// Gives the request back to the block layer, which offers it again: at once if `kick` is set,
    /// or else when [`GenDisk::kick_requeued`](super::GenDisk::kick_requeued) is called. May be
    /// called from a hard interrupt.
    pub fn requeue(self, kick: bool) {
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant the request is ours and started; it is given away here.
        unsafe { bindings::ferrite_blk_rq_requeue(this.0.as_ptr(), kick) };
    }

    /// Keeps the block layer from logging it if the request fails: the driver expects that, or has
    /// said more.
    #[must_use]
    pub fn quiet(self) -> Self {
        // SAFETY: by the invariant the request is ours, and nobody else changes its flags.
        unsafe { bindings::ferrite_blk_rq_set_quiet(self.0.as_ptr()) };
        self
    }

    /// Ends the request, here and now.
    pub fn end(self, status: Status) {
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant the request is ours and started; it is given away here.
        unsafe { bindings::ferrite_blk_rq_end(this.0.as_ptr(), status.0) };
    }

    /// Hands the request to [`Operations::complete`], on the CPU that submitted it. May be called
    /// from a hard interrupt.
    pub fn complete(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant the request is ours and started; it is given away here.
        unsafe { bindings::ferrite_blk_rq_complete(this.0.as_ptr()) };
    }
}

impl<T: Operations> Drop for Request<T> {
    fn drop(&mut self) {
        crate::warn_on!(true);
        // SAFETY: by the invariant the request is ours and started. A request that nobody ends
        // hangs its submitter for ever, so it ends as a failure.
        unsafe { bindings::ferrite_blk_rq_end(self.0.as_ptr(), Status::IO_ERROR.0) };
    }
}

/// A request that was not ended in time, as [`Operations::timeout`] sees it.
///
/// It does not own the request: whoever has it may be ending it at this very moment. So it can be
/// recognised, but not ended. To end it, the driver takes the [`Request`] from where it keeps it
/// (see [`RequestList::remove`](super::RequestList::remove)); of a driver and its time-out handler
/// only one can have it, so that no request ends twice.
///
/// # Invariants
///
/// The pointer is that of a started request of a tag set for `T`, which is not used for something
/// else during `'a`, even if it ends meanwhile.
pub struct TimedOut<'a, T: Operations>(NonNull<bindings::request>, PhantomData<&'a T>);

impl<T: Operations> TimedOut<'_, T> {
    /// # Safety
    ///
    /// `request` is a started request of a tag set for `T`, and is not freed during `'a`.
    pub(super) unsafe fn from_raw(request: *mut bindings::request) -> Self {
        // INVARIANT: the caller promises it.
        // SAFETY: a request is never null.
        Self(unsafe { NonNull::new_unchecked(request) }, PhantomData)
    }

    /// Whether that is this one.
    #[must_use]
    pub fn is(&self, request: &Request<T>) -> bool {
        self.is_raw(request.0)
    }

    pub(super) fn is_raw(&self, request: NonNull<bindings::request>) -> bool {
        self.0 == request
    }

    /// The driver's data for this request.
    #[must_use]
    pub fn data(&self) -> &T::RequestData {
        // SAFETY: this only computes an address.
        let data = unsafe { bindings::ferrite_blk_rq_data(self.0.as_ptr()) };
        // SAFETY: `init_request` has made the data, and they live as long as the tag set.
        unsafe { &*data.cast::<T::RequestData>() }
    }
}

/// What becomes of a request that was not ended in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeoutAction {
    /// It has been ended, or will be soon; its time-out does not run any more.
    Done,
    /// It gets as much time again.
    ResetTimer,
}

/// A walk over the memory of a request.
pub struct Segments<'a, T: Operations> {
    request: &'a Request<T>,
    state: MaybeUninit<bindings::ferrite_blk_segments>,
    walk: Walk,
}

/// How far a walk has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// The state is not initialised.
    Before,
    /// The state is that of a segment.
    At,
    /// There are no more.
    After,
}

impl<'a, T: Operations> Iterator for Segments<'a, T> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let state = self.state.as_mut_ptr();
        let more = match self.walk {
            // SAFETY: the request is ours for as long as it is borrowed.
            Walk::Before => unsafe {
                bindings::ferrite_blk_segment_first(self.request.0.as_ptr(), state)
            },
            // SAFETY: the state was initialised by the call that found the segment.
            Walk::At => unsafe { bindings::ferrite_blk_segment_next(state) },
            Walk::After => false,
        };
        if !more {
            self.walk = Walk::After;
            return None;
        }
        // SAFETY: the call has found a segment, and filled it in.
        let (bvec, is_last) = unsafe { ((*state).bvec, (*state).last) };
        self.walk = if is_last { Walk::After } else { Walk::At };
        Some(Segment {
            page: NonNull::new(bvec.bv_page)?,
            offset: bvec.bv_offset as usize,
            len: bvec.bv_len as usize,
            _request: PhantomData,
        })
    }
}

impl<T: Operations> core::iter::FusedIterator for Segments<'_, T> {}

/// A piece of a request's memory, inside of one page.
///
/// The memory is not ours alone: user space may change it at any time. So it can be copied, but
/// not referred to.
///
/// # Invariants
///
/// `offset + len` is at most a page, and the page lives during `'a`.
pub struct Segment<'a> {
    page: NonNull<bindings::page>,
    offset: usize,
    len: usize,
    _request: PhantomData<&'a ()>,
}

impl Segment<'_> {
    /// The length in bytes.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is left of it.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes `len` bytes off the front.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it has fewer.
    #[inline]
    pub fn advance(&mut self, len: usize) -> Result {
        self.len = self.len.checked_sub(len).ok_or(EINVAL)?;
        // INVARIANT: what the length lost the offset gains, so the end stays where it was.
        self.offset = self.offset.wrapping_add(len);
        Ok(())
    }

    /// Copies the first `len` bytes to a page.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the segment has fewer, or they do not fit into the page there.
    #[inline]
    pub fn copy_to_page(&self, page: &Page, offset: usize, len: usize) -> Result {
        self.check(offset, len)?;
        // SAFETY: both ranges have just been checked; both pages are there.
        unsafe {
            bindings::ferrite_page_copy(page.as_ptr(), offset, self.page.as_ptr(), self.offset, len)
        };
        Ok(())
    }

    /// Copies `len` bytes of a page to the front.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is no room for as many, or the page has fewer from there on.
    #[inline]
    pub fn copy_from_page(&self, page: &Page, offset: usize, len: usize) -> Result {
        self.check(offset, len)?;
        // SAFETY: both ranges have just been checked; both pages are there.
        unsafe {
            bindings::ferrite_page_copy(self.page.as_ptr(), self.offset, page.as_ptr(), offset, len)
        };
        Ok(())
    }

    /// Sets the first `len` bytes to zero.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is no room for as many.
    #[inline]
    pub fn zero(&self, len: usize) -> Result {
        self.check(0, len)?;
        // SAFETY: the range has just been checked; the page is there.
        unsafe { bindings::ferrite_page_fill(self.page.as_ptr(), self.offset, 0, len) };
        Ok(())
    }

    #[inline]
    fn check(&self, offset: usize, len: usize) -> Result {
        let end = offset.checked_add(len).ok_or(EINVAL)?;
        if len > self.len || end > PAGE_SIZE {
            Err(EINVAL)
        } else {
            Ok(())
        }
    }
}
