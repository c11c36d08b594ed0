// SPDX-License-Identifier: GPL-2.0-only

//! Tag sets: hardware queues and the requests that can be in flight on them.

use core::marker::PhantomData;
use core::pin::Pin;

use pinned_init::{PinInit, pin_data, pin_init_from_closure, pinned_drop};

use super::Operations;
use super::operations::Callbacks;
use crate::error::{Error, to_result};
use crate::types::Opaque;

/// What a driver asks of a tag set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Nothing special.
    pub const NONE: Self = Self(0);
    /// [`Operations::queue_rq`] may sleep.
    pub const BLOCKING: Self = Self(bindings::FERRITE_BLK_BLOCKING);
    /// No I/O scheduler, unless user space sets one where the kernel lets it.
    pub const NO_SCHED: Self = Self(bindings::FERRITE_BLK_NO_SCHED);

    /// These flags, and others if `condition` holds.
    #[must_use]
    pub const fn and_if(self, condition: bool, other: Self) -> Self {
        if condition {
            Self(self.0 | other.0)
        } else {
            self
        }
    }
}

/// Hardware queues and their tags.
///
/// # Invariants
///
/// `set` was initialised by C, which keeps a pointer to `ops`.
#[pin_data(PinnedDrop)]
pub struct TagSet<T: Operations> {
    #[pin]
    set: Opaque<bindings::blk_mq_tag_set>,
    #[pin]
    ops: Opaque<bindings::blk_mq_ops>,
    _driver: PhantomData<T>,
}

// SAFETY: C's own locks protect the set.
unsafe impl<T: Operations> Send for TagSet<T> {}
// SAFETY: as above.
unsafe impl<T: Operations> Sync for TagSet<T> {}

impl<T: Operations> TagSet<T> {
    /// The data of a request lie right behind C's struct, which is aligned to a word.
    const ALIGNED: () = assert!(
        align_of::<T::RequestData>() <= align_of::<usize>(),
        "the data of a request cannot be aligned to more than a word"
    );

    /// An initialiser: `hardware_queues` queues with `depth` tags each. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: there is no queue, or none has a tag.
    /// - `ENOMEM`.
    /// - What [`Operations::new_request_data`] says.
    pub fn new(hardware_queues: u32, depth: u32, flags: Flags) -> impl PinInit<Self, Error> {
        let () = Self::ALIGNED;
        const ANY_NODE: i32 = bindings::NUMA_NO_NODE;
        // SAFETY: on success C has initialised both structs, and the third field has no size. On
        // failure it has released what it had.
        unsafe {
            pin_init_from_closure(move |slot: *mut Self| {
                let data_size = u32::try_from(size_of::<T::RequestData>())?;
                to_result(bindings::ferrite_blk_tag_set_init(
                    (&raw mut (*slot).set).cast(),
                    (&raw mut (*slot).ops).cast(),
                    &Callbacks::<T>::TABLE,
                    hardware_queues,
                    depth,
                    data_size,
                    ANY_NODE,
                    flags.0,
                ))
            })
        }
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::blk_mq_tag_set {
        self.set.get()
    }
}

#[pinned_drop]
impl<T: Operations> PinnedDrop for TagSet<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: by the invariant the set is initialised; disks on it keep it alive, so it has
        // none now.
        unsafe { bindings::blk_mq_free_tag_set(self.set.get()) };
    }
}
