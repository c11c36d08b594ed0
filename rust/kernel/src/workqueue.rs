// SPDX-License-Identifier: GPL-2.0-only

//! Work queues: functions that the kernel's worker threads call.
//!
//! C header: `include/linux/workqueue.h`. What the functions do: `kernel/workqueue.c`.
//!
//! A struct embeds a [`Work`] or a [`DelayedWork`], says so with
//! [`impl_has_work!`](crate::impl_has_work) or [`impl_has_delayed_work!`](crate::impl_has_delayed_work), and
//! implements [`WorkItem`]. A [`Queue`] takes an [`Arc`](crate::sync::Arc) or a `Pin<KBox>` of the
//! struct, owns it while the work waits, and gives it to [`WorkItem::run`]. What needs nothing of that is a
//! closure ([`Queue::try_spawn`]).
//!
//! # Context
//!
//! - Work runs in process context, and may sleep; on [`system_bh`] in a soft interrupt, where the
//!   kernel has such queues.
//! - Putting work on a queue is possible in any context but NMI.
//! - Cancelling, flushing and dropping a queue sleep.
//!
//! # Unloading
//!
//! A module that has put work on one of the kernel's own queues is not unloaded before the work has
//! run, or was cancelled: the unload waits. So work that puts itself on a queue again and again must
//! be told to stop, or be cancelled, when the module's value is dropped.
//!
//! Consumer: `samples/workqueue`.

mod closure;
mod delayed;
mod item;
mod queue;

pub use delayed::{DelayedWork, HasDelayedWork};
pub use item::{HasWork, Work, WorkItem, WorkItemPointer};
pub use queue::{
    Flags, OwnedQueue, Queue, system, system_bh, system_freezable, system_highpri, system_long,
    system_power_efficient, system_unbound,
};

#[cfg(feature = "ktest")]
mod tests;
