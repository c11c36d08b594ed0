// SPDX-License-Identifier: GPL-2.0-only

//! Queues.

use core::ffi::{CStr, c_int};
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::delayed::HasDelayedWork;
use super::item::{HasWork, WorkItem, WorkItemPointer, give_back, work_of};
use crate::cpumask;
use crate::error::Result;
use crate::error::code::{EINVAL, ENOMEM};
use crate::time::{Delta, Jiffies, delay};
use crate::types::{ForeignOwnable, Opaque};

/// How much of this module's work waits or runs.
static OUTSTANDING: AtomicUsize = AtomicUsize::new(0);

/// Which of the kernel's own queues this module has used, in bits.
static USED: AtomicU32 = AtomicU32::new(0);

/// Work has run or was cancelled.
pub(super) fn left() {
    OUTSTANDING.fetch_sub(1, Ordering::Release);
}

/// Waits for the module's work. Nobody adds any but the work itself.
fn drain() {
    while OUTSTANDING.load(Ordering::Acquire) > 0 {
        delay::fsleep(Delta::from_millis(10));
    }
    // The last work may still be on its way out of the module's code.
    let used = USED.load(Ordering::Acquire);
    for which in 0..bindings::FERRITE_WQ_SYSTEM_COUNT {
        if used & (1 << which) != 0 {
            // SAFETY: the kernel's own queues live for ever; the module's exit may sleep.
            unsafe {
                bindings::ferrite_workqueue_flush(bindings::ferrite_workqueue_system(which));
            }
        }
    }
}

/// A queue.
#[repr(transparent)]
pub struct Queue(Opaque<bindings::workqueue_struct>);

// SAFETY: C's functions may be called on any CPU.
unsafe impl Send for Queue {}
// SAFETY: C has its own locking.
unsafe impl Sync for Queue {}

impl Queue {
    fn system(which: u32) -> &'static Self {
        // One bit for each: there are fewer than 32.
        USED.fetch_or(1 << (which & 31), Ordering::Relaxed);
        crate::module::drain_work_with(drain);
        // SAFETY: the kernel's own queues live for ever.
        unsafe { &*bindings::ferrite_workqueue_system(which).cast() }
    }

    /// Puts work on the queue; the queue owns the pointer until it runs. Any context but NMI.
    ///
    /// # Errors
    ///
    /// The pointer, if the work is on a queue already. That cannot happen to a box.
    pub fn try_enqueue<T, const ID: u64>(&self, item: T::Pointer) -> Result<(), T::Pointer>
    where
        T: WorkItem<ID> + HasWork<T, ID>,
    {
        self.put::<T, ID>(item, -1)
    }

    /// As [`Self::try_enqueue`], for a worker of this CPU; for any, if there is no such CPU, or if it
    /// does not run now.
    ///
    /// # Errors
    ///
    /// As [`Self::try_enqueue`].
    pub fn try_enqueue_on<T, const ID: u64>(
        &self,
        cpu: u32,
        item: T::Pointer,
    ) -> Result<(), T::Pointer>
    where
        T: WorkItem<ID> + HasWork<T, ID>,
    {
        // Work for a CPU that does not run waits until it does, which may be never.
        let cpu = Some(cpu).filter(|cpu| cpumask::online().test(*cpu));
        let cpu = cpu.and_then(|cpu| c_int::try_from(cpu).ok()).unwrap_or(-1);
        self.put::<T, ID>(item, cpu)
    }

    fn put<T, const ID: u64>(&self, item: T::Pointer, cpu: c_int) -> Result<(), T::Pointer>
    where
        T: WorkItem<ID> + HasWork<T, ID>,
    {
        let this = item.into_foreign();
        OUTSTANDING.fetch_add(1, Ordering::Relaxed);
        // SAFETY:
        // - the pointer is that of a `T`, whose work is initialised, and which does not move;
        // - it is the queue's until the work runs or is cancelled.
        let taken = unsafe {
            let work = work_of::<T, ID>(this.cast());
            bindings::ferrite_work_queue(self.0.get(), work, cpu)
        };
        if taken {
            return Ok(());
        }
        left();
        // SAFETY: the queue did not take it.
        Err(unsafe { T::Pointer::from_foreign(this) })
    }

    /// As [`Self::try_enqueue`]; returns whether it was put on the queue. If not, it is on one
    /// already, and the pointer is dropped.
    pub fn enqueue<P, const ID: u64>(&self, item: P) -> bool
    where
        P: Deref + WorkItemPointer<<P as Deref>::Target>,
        P::Target: WorkItem<ID, Pointer = P> + HasWork<P::Target, ID>,
    {
        self.try_enqueue::<P::Target, ID>(item).is_ok()
    }

    /// Puts work on the queue when so many jiffies have passed. Returns whether it did; if not, the
    /// work is on a queue or on its way already, and the pointer is dropped. Any context but NMI.
    pub fn enqueue_delayed<P, const ID: u64>(&'static self, item: P, delay: Jiffies) -> bool
    where
        P: Deref + WorkItemPointer<<P as Deref>::Target>,
        P::Target: WorkItem<ID, Pointer = P> + HasDelayedWork<P::Target, ID>,
    {
        let this = item.into_foreign();
        OUTSTANDING.fetch_add(1, Ordering::Relaxed);
        // SAFETY:
        // - the pointer is that of a value whose work is initialised, and which does not move;
        // - it is the queue's until the work runs or is cancelled;
        // - the queue lives for ever, so it is there when the time is over.
        let taken = unsafe {
            let work = work_of::<P::Target, ID>(this.cast());
            bindings::ferrite_delayed_work_queue(self.0.get(), work.cast(), delay)
        };
        if !taken {
            left();
            // SAFETY: the queue did not take it.
            drop(unsafe { P::from_foreign(this) });
        }
        taken
    }

    /// Has work put on the queue when so many jiffies have passed, also if it was on its way
    /// already: `mod_delayed_work`. Returns whether it was; the pointer that the queue had is dropped
    /// then. Any context but NMI.
    pub fn mod_delayed<P, const ID: u64>(&'static self, item: P, delay: Jiffies) -> bool
    where
        P: Deref + WorkItemPointer<<P as Deref>::Target>,
        P::Target: WorkItem<ID, Pointer = P> + HasDelayedWork<P::Target, ID>,
    {
        let work: *mut bindings::work_struct = {
            let this: *const P::Target = &raw const *item;
            // SAFETY: the pointer is that of a value, whose work is initialised.
            unsafe { work_of::<P::Target, ID>(this.cast_mut()) }
        };
        // Not C's `mod_delayed_work`: while another CPU cancels the work, that does not say whether
        // it has taken the work.
        // SAFETY: delayed work begins with its work, and is initialised.
        let was_pending = unsafe { bindings::cancel_delayed_work(work.cast()) };
        if was_pending {
            // SAFETY: the queue owned a pointer to the value, and does not use it any more.
            unsafe { give_back::<P::Target, ID>(work) };
        }
        self.enqueue_delayed::<P, ID>(item, delay);
        was_pending
    }
}

/// What a queue of one's own is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Work runs on the CPU that put it on the queue.
    pub const NONE: Self = Self(0);
    /// Work runs on any CPU.
    pub const UNBOUND: Self = Self(bindings::FERRITE_WQ_UNBOUND);
    /// Work waits while the machine is being suspended.
    pub const FREEZABLE: Self = Self(bindings::FERRITE_WQ_FREEZABLE);
    /// There is always a worker, also when memory is short: for work that frees memory.
    pub const MEM_RECLAIM: Self = Self(bindings::FERRITE_WQ_MEM_RECLAIM);
    /// Workers run at a high priority.
    pub const HIGHPRI: Self = Self(bindings::FERRITE_WQ_HIGHPRI);
    /// Work that keeps a CPU busy does not hold up other work.
    pub const CPU_INTENSIVE: Self = Self(bindings::FERRITE_WQ_CPU_INTENSIVE);
    /// The queue is seen in sysfs.
    pub const SYSFS: Self = Self(bindings::FERRITE_WQ_SYSFS);
    /// As `UNBOUND`, if the machine is to save power.
    pub const POWER_EFFICIENT: Self = Self(bindings::FERRITE_WQ_POWER_EFFICIENT);
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A queue of one's own. Dropping it waits until its work has run, also what that puts on it. May
/// sleep; not to be dropped by its own work.
///
/// # Invariants
///
/// The pointer comes from `alloc_workqueue`, and is destroyed once.
pub struct OwnedQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: as for a queue.
unsafe impl Send for OwnedQueue {}
// SAFETY: as for a queue.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// A queue of this name, which runs at most `max_active` works at once on a CPU; 0 leaves that
    /// to the kernel. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `max_active` is more than 512.
    /// - `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::workqueue::{Flags, OwnedQueue};
    ///
    /// let queue = OwnedQueue::new(c"demo", Flags::UNBOUND | Flags::HIGHPRI, 1)?;
    /// queue.flush();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(name: &CStr, flags: Flags, max_active: u32) -> Result<Self> {
        const MOST: u32 = 512;
        let max_active = c_int::try_from(max_active).map_err(|_| EINVAL)?;
        if max_active.cast_unsigned() > MOST {
            return Err(EINVAL);
        }
        // SAFETY: the name is terminated, and copied.
        let queue =
            unsafe { bindings::ferrite_workqueue_alloc(name.as_ptr(), flags.0, max_active) };
        // INVARIANT: it has just been made.
        NonNull::new(queue).map(Self).ok_or(ENOMEM)
    }

    /// Waits until everything that is on the queue now has run. May sleep; not for the queue's own
    /// work.
    pub fn flush(&self) {
        // SAFETY: the queue is there.
        unsafe { bindings::ferrite_workqueue_flush(self.0.as_ptr()) };
    }
}

impl Deref for OwnedQueue {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        // SAFETY: the queue is there as long as this is.
        unsafe { &*self.0.as_ptr().cast() }
    }
}

impl Drop for OwnedQueue {
    fn drop(&mut self) {
        // SAFETY: the queue is there, and not used again. Delayed work never gets here: it needs a
        // queue that lives for ever.
        unsafe { bindings::ferrite_workqueue_destroy(self.0.as_ptr()) };
    }
}

macro_rules! system {
    ($($(#[$doc:meta])* $name:ident: $which:ident;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name() -> &'static Queue {
            Queue::system(bindings::$which)
        }
    )* };
}

system! {
    /// The kernel's queue for short work. Any context.
    system: FERRITE_WQ_SYSTEM;
    /// The kernel's queue for short work at a high priority. Any context.
    system_highpri: FERRITE_WQ_SYSTEM_HIGHPRI;
    /// The kernel's queue for work that may take long. Any context.
    system_long: FERRITE_WQ_SYSTEM_LONG;
    /// The kernel's queue for work that runs on any CPU. Any context.
    system_unbound: FERRITE_WQ_SYSTEM_UNBOUND;
    /// The kernel's queue for work that waits while the machine is being suspended. Any context.
    system_freezable: FERRITE_WQ_SYSTEM_FREEZABLE;
    /// The kernel's queue for work that may run anywhere to save power. Any context.
    system_power_efficient: FERRITE_WQ_SYSTEM_POWER_EFFICIENT;
    /// The kernel's queue for work in soft interrupts, which must not sleep. Kernels before 6.9 have
    /// none: there it is the one of [`system_highpri`]. Any context.
    system_bh: FERRITE_WQ_SYSTEM_BH;
}
