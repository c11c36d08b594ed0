// SPDX-License-Identifier: GPL-2.0-only

//! Tag sets: hardware queues and the requests that can be in flight on them.

use core::ffi::c_int;
use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use pinned_init::{PinInit, pin_data, pin_init_from_closure, pinned_drop};

use super::Operations;
use super::operations::Callbacks;
use crate::alloc::NumaNode;
use crate::error::code::{EBUSY, EINVAL, ENOMEM};
use crate::error::{Error, Result, to_result};
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

/// What a tag set will be like.
#[derive(Debug, Clone, Copy)]
pub struct TagSetBuilder {
    queues: u32,
    poll_queues: u32,
    depth: u32,
    timeout_ms: u32,
    node: NumaNode,
    flags: Flags,
}

impl TagSetBuilder {
    /// `queues` hardware queues, with `depth` tags each.
    #[must_use]
    pub const fn new(queues: u32, depth: u32) -> Self {
        Self {
            queues,
            poll_queues: 0,
            depth,
            timeout_ms: 0,
            node: NumaNode::NO_NODE,
            flags: Flags::NONE,
        }
    }

    /// As many further queues without interrupts, whose requests complete in
    /// [`Operations::poll`].
    #[must_use]
    pub const fn poll_queues(mut self, queues: u32) -> Self {
        self.poll_queues = queues;
        self
    }

    /// How long a request may take before [`Operations::timeout`] is asked, in milliseconds; 0 is
    /// the block layer's 30 seconds. It is looked at about once a second.
    #[must_use]
    pub const fn timeout_ms(mut self, milliseconds: u32) -> Self {
        self.timeout_ms = milliseconds;
        self
    }

    /// The node whose memory is used first.
    #[must_use]
    pub const fn node(mut self, node: NumaNode) -> Self {
        self.node = node;
        self
    }

    /// Further wishes.
    #[must_use]
    pub const fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    /// An initialiser for the tag set. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: there is no queue but polled ones, or none has a tag; or there are too many.
    /// - `ENOMEM`.
    /// - What [`Operations::new_request_data`] says.
    pub fn build<T: Operations>(self) -> impl PinInit<TagSet<T>, Error> {
        let () = TagSet::<T>::ALIGNED;
        // SAFETY: on success all fields are initialised, the last of which has no size. On failure
        // C has released what it had, and nothing else needs to be dropped.
        unsafe {
            pin_init_from_closure(move |slot: *mut TagSet<T>| {
                if self.queues == 0 || self.queues.checked_add(self.poll_queues).is_none() {
                    return Err(EINVAL);
                }
                (&raw mut (*slot).queues).write(Queues::new(self.queues, self.poll_queues));
                let tags = bindings::ferrite_blk_tags {
                    driver_data: (&raw mut (*slot).queues).cast(),
                    queues: self.queues,
                    poll_queues: self.poll_queues,
                    depth: self.depth,
                    data_size: u32::try_from(size_of::<T::RequestData>())?,
                    timeout_ms: self.timeout_ms,
                    flags: self.flags.0,
                    node: self.node.as_raw(),
                };
                to_result(bindings::ferrite_blk_tag_set_init(
                    (&raw mut (*slot).set).cast(),
                    (&raw mut (*slot).ops).cast(),
                    &Callbacks::<T>::TABLE,
                    &raw const tags,
                ))
            })
        }
    }
}

/// How the hardware queues of a tag set are shared out. C reads it through the set's driver data.
pub(super) struct Queues {
    /// Polled queues, where a change has been asked for and where it may be undone.
    poll: AtomicU32,
    poll_before: AtomicU32,
    /// All queues, likewise.
    total: AtomicU32,
    changing: AtomicBool,
}

impl Queues {
    fn new(others: u32, poll: u32) -> Self {
        Self {
            poll: AtomicU32::new(poll),
            poll_before: AtomicU32::new(0),
            total: AtomicU32::new(others.wrapping_add(poll)),
            changing: AtomicBool::new(false),
        }
    }

    /// What `total` queues consist of: polled ones and others.
    ///
    /// The block layer may have made fewer queues than were asked for, or have failed to change
    /// their number and gone back.
    pub(super) fn split(&self, total: u32) -> (u32, u32) {
        let poll = if total == self.total.load(Ordering::Relaxed) {
            self.poll.load(Ordering::Relaxed)
        } else {
            self.poll_before.load(Ordering::Relaxed)
        };
        match total.checked_sub(poll) {
            Some(others) if others > 0 => (others, poll),
            _ => (total, 0),
        }
    }
}

/// Hardware queues and their tags. Several disks may share one.
///
/// # Invariants
///
/// `set` was initialised by C, which keeps pointers to `ops` and `queues`.
#[pin_data(PinnedDrop)]
pub struct TagSet<T: Operations> {
    #[pin]
    set: Opaque<bindings::blk_mq_tag_set>,
    #[pin]
    ops: Opaque<bindings::blk_mq_ops>,
    #[pin]
    queues: Queues,
    _driver: PhantomData<T>,
}

// SAFETY: C's own locks protect the set.
unsafe impl<T: Operations> Send for TagSet<T> {}
// SAFETY: as above; the queues are atomic.
unsafe impl<T: Operations> Sync for TagSet<T> {}

impl<T: Operations> TagSet<T> {
    /// The data of a request lie right behind C's struct, which is aligned to a word.
    const ALIGNED: () = assert!(
        align_of::<T::RequestData>() <= align_of::<usize>(),
        "the data of a request cannot be aligned to more than a word"
    );

    /// How many hardware queues there are, without the polled ones and of those.
    pub fn queues(&self) -> (u32, u32) {
        // SAFETY: by the invariant the set is initialised. A change at the same time gives either
        // number.
        let total = unsafe { (&raw const (*self.set.get()).nr_hw_queues).read_volatile() };
        self.queues.split(total)
    }

    /// Changes the number of hardware queues, and of polled ones, on all disks of the set; their
    /// requests wait meanwhile. May sleep. Must not be called from an operation of the driver.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: there is no queue but polled ones; or the set was made without polled queues and
    ///   shall have some, or more queues than there are CPUs.
    /// - `EBUSY`: somebody else changes it.
    /// - `ENOMEM`: nothing has changed.
    pub fn set_queues(&self, queues: u32, poll_queues: u32) -> Result {
        let total = queues.checked_add(poll_queues).ok_or(EINVAL)?;
        let wanted = c_int::try_from(total).map_err(|_| EINVAL)?;
        // SAFETY: by the invariant the set is initialised; the number of maps never changes.
        let can_poll = unsafe { (*self.set.get()).nr_maps } > 1;
        // Without polled queues C would take fewer.
        let too_many = !can_poll && (poll_queues != 0 || queues > crate::cpu::possible());
        if queues == 0 || too_many {
            return Err(EINVAL);
        }
        if self.queues.changing.swap(true, Ordering::Acquire) {
            return Err(EBUSY);
        }
        let (_, poll_before) = self.queues();
        self.queues
            .poll_before
            .store(poll_before, Ordering::Relaxed);
        self.queues.poll.store(poll_queues, Ordering::Relaxed);
        self.queues.total.store(total, Ordering::Relaxed);
        // SAFETY: by the invariant the set is initialised, and C's lock protects it.
        let now = unsafe {
            bindings::blk_mq_update_nr_hw_queues(self.set.get(), wanted);
            (&raw const (*self.set.get()).nr_hw_queues).read_volatile()
        };
        self.queues.changing.store(false, Ordering::Release);
        if now == total { Ok(()) } else { Err(ENOMEM) }
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
