// SPDX-License-Identifier: GPL-2.0-only

//! Lists of requests that a driver has not ended yet, and of those that end together.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::Operations;
use super::request::{Request, Status, TimedOut};

/// Requests in the order in which they came.
///
/// The links are in the requests themselves, so that nothing is allocated and nothing can fail.
/// Dropping a list drops its requests, which ends each with an error and a warning.
///
/// # Invariants
///
/// `first` leads over the links of requests that belong to the list, to `last`, whose link is null.
/// An empty list has a null `first`, and then `last` means nothing.
pub struct RequestList<T: Operations> {
    first: *mut bindings::request,
    last: *mut bindings::request,
    _owns: PhantomData<Request<T>>,
}

// SAFETY: a list owns its requests, which may be sent.
unsafe impl<T: Operations> Send for RequestList<T> {}
// SAFETY: shared access only asks whether the list is empty.
unsafe impl<T: Operations> Sync for RequestList<T> {}

impl<T: Operations> Default for RequestList<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Operations> RequestList<T> {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        // INVARIANT: it is empty.
        Self {
            first: core::ptr::null_mut(),
            last: core::ptr::null_mut(),
            _owns: PhantomData,
        }
    }

    /// Whether there is no request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Adds a request at the end.
    pub fn push_back(&mut self, request: Request<T>) {
        let new = request.into_raw();
        // SAFETY: the request is the list's now; a request of a driver is on no other list.
        unsafe { bindings::ferrite_blk_rq_set_next(new, core::ptr::null_mut()) };
        self.link(self.last_or_null(), new);
        // INVARIANT: what was last leads to the new one, which leads nowhere.
        self.last = new;
    }

    /// Takes the first request.
    pub fn pop_front(&mut self) -> Option<Request<T>> {
        let first = NonNull::new(self.first)?;
        Some(self.unlink(core::ptr::null_mut(), first))
    }

    /// Takes the request whose time is up, if it is here.
    ///
    /// Where it is not, somebody else has it, and ends it.
    pub fn remove(&mut self, wanted: &TimedOut<'_, T>) -> Option<Request<T>> {
        let mut before = core::ptr::null_mut();
        let mut at = self.first;
        while let Some(request) = NonNull::new(at) {
            if wanted.is_raw(request) {
                return Some(self.unlink(before, request));
            }
            before = at;
            // SAFETY: by the invariant the request is the list's.
            at = unsafe { bindings::ferrite_blk_rq_next(request.as_ptr()) };
        }
        None
    }

    fn last_or_null(&self) -> *mut bindings::request {
        if self.first.is_null() {
            core::ptr::null_mut()
        } else {
            self.last
        }
    }

    /// Makes `next` follow `before`, or be the first if that is null.
    fn link(&mut self, before: *mut bindings::request, next: *mut bindings::request) {
        if before.is_null() {
            self.first = next;
        } else {
            // SAFETY: the callers pass requests of the list.
            unsafe { bindings::ferrite_blk_rq_set_next(before, next) };
        }
    }

    /// Takes `request`, which follows `before` or is the first if that is null.
    fn unlink(
        &mut self,
        before: *mut bindings::request,
        request: NonNull<bindings::request>,
    ) -> Request<T> {
        // SAFETY: by the invariant the request is the list's.
        let next = unsafe { bindings::ferrite_blk_rq_next(request.as_ptr()) };
        self.link(before, next);
        if next.is_null() {
            // INVARIANT: what led to the request leads nowhere now, so it is the last.
            self.last = before;
        }
        // SAFETY: the request was the list's, started, and now it is the caller's.
        unsafe { Request::from_raw(request.as_ptr()) }
    }
}

impl<T: Operations> Drop for RequestList<T> {
    fn drop(&mut self) {
        while let Some(request) = self.pop_front() {
            drop(request);
        }
    }
}

/// Requests that end together, which saves work for each (`struct io_comp_batch`).
///
/// [`Operations::poll`] gets one. There may be no batch behind it: then requests end at once.
///
/// # Invariants
///
/// The pointer is null, or valid during `'a`.
pub struct CompletionBatch<'a>(
    *mut bindings::io_comp_batch,
    PhantomData<&'a mut bindings::io_comp_batch>,
);

impl CompletionBatch<'_> {
    /// # Safety
    ///
    /// `batch` is null, or nobody else uses it while the result lives.
    pub(super) unsafe fn from_raw(batch: *mut bindings::io_comp_batch) -> Self {
        // INVARIANT: the caller promises it.
        Self(batch, PhantomData)
    }

    /// Ends a request: with the others if it went well and can wait that long, else here and now.
    pub fn end<T: Operations>(&mut self, request: Request<T>, status: Status) {
        if status != Status::OK {
            return request.end(status);
        }
        let request = request.into_raw();
        // SAFETY:
        // - the request is ours and started; if the batch takes it, the batch ends it;
        // - the batch is null, which is refused, or valid.
        let taken = unsafe { bindings::ferrite_blk_rq_add_to_batch(request, self.0) };
        if !taken {
            // SAFETY: the request is still ours.
            unsafe { Request::<T>::from_raw(request) }.end(status);
        }
    }
}
