// SPDX-License-Identifier: GPL-2.0-only

//! blk-mq: block drivers with several hardware queues.
//!
//! C headers: `include/linux/blk-mq.h`, `include/linux/blkdev.h`.
//!
//! A driver implements [`Operations`], makes a [`TagSet`] (the queues and their request tags) and
//! a [`GenDisk`] on it (what user space sees). A request comes as an [`IdleRequest`]; once started
//! it is a [`Request`], which belongs to the driver until it is ended. A request cannot be
//! forgotten: dropping one ends it with an I/O error.

mod gen_disk;
mod hw_context;
mod operations;
mod queue_limits;
mod request;
mod request_list;
mod tag_set;
#[cfg(feature = "ktest")]
mod tests;
mod timer;

pub use gen_disk::{Frozen, GenDisk, GenDiskBuilder, Quiesced};
pub use hw_context::HwContext;
pub use operations::Operations;
pub use queue_limits::QueueLimits;
pub use request::{
    IdleRequest, Op, Refused, Request, Segment, Segments, Status, TimedOut, TimeoutAction,
};
pub use request_list::{CompletionBatch, RequestList};
pub use tag_set::{Flags, TagSet, TagSetBuilder};
pub use timer::{RequestTimer, TimerOperations};
