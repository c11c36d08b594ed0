// SPDX-License-Identifier: GPL-2.0-only

//! Hardware contexts: one for each queue of a disk.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::Operations;
use crate::types::ForeignOwnable;

/// A hardware queue of a disk (`struct blk_mq_hw_ctx`), during a call of one of the [`Operations`].
///
/// # Invariants
///
/// The pointer is that of a live context of a disk for `T`, whose driver data are there during `'a`.
pub struct HwContext<'a, T: Operations>(NonNull<bindings::blk_mq_hw_ctx>, PhantomData<&'a T>);

impl<T: Operations> Clone for HwContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Operations> Copy for HwContext<'_, T> {}

impl<'a, T: Operations> HwContext<'a, T> {
    /// # Safety
    ///
    /// `hctx` is a live context of a disk for `T`, and `init_hctx` has succeeded for it; both stay
    /// so during `'a`.
    pub(super) unsafe fn from_raw(hctx: *mut bindings::blk_mq_hw_ctx) -> Self {
        // INVARIANT: the caller promises it.
        // SAFETY: a live context is not null.
        Self(unsafe { NonNull::new_unchecked(hctx) }, PhantomData)
    }

    /// What [`Operations::init_hctx`] has made for this queue.
    #[must_use]
    pub fn data(self) -> <T::HwData as ForeignOwnable>::Borrowed<'a> {
        // SAFETY: by the invariant the context is live.
        let data = unsafe { (*self.0.as_ptr()).driver_data };
        // SAFETY: they come from `into_foreign`, and are taken back when no operation runs on the
        // queue any more, which is after `'a`.
        unsafe { T::HwData::borrow(data) }
    }

    /// Whether the queue has no interrupts: its requests complete in [`Operations::poll`].
    #[must_use]
    pub fn is_poll(self) -> bool {
        // SAFETY: by the invariant the context is live; its type changes only while no operation runs.
        let kind = unsafe { (*self.0.as_ptr()).type_ };
        u32::from(kind) == bindings::HCTX_TYPE_POLL
    }

    /// The number of the queue in its tag set. Polled queues come behind the others.
    #[must_use]
    pub fn index(self) -> u32 {
        // SAFETY: by the invariant the context is live; its number never changes.
        unsafe { (*self.0.as_ptr()).queue_num }
    }
}
