// SPDX-License-Identifier: GPL-2.0-only

//! Trace events: `/sys/kernel/tracing/events/rnull`.

use kernel::block::mq::{Op, Request};
use kernel::print::Text;
use kernel::trace_events;

use crate::device::NullBlk;

trace_events! {
    system: rnull,

    /// A request is about to be served.
    event rnull_queue { disk: [char; 32], op: [char; 16], sector: u64, bytes: u32, queue: u32 }
        => "{disk}: {op} at sector {sector}, {bytes} bytes, queue {queue}";

    /// A request is about to end, with 0 or a negative errno.
    event rnull_complete { sector: u64, bytes: u32, errno: i32 }
        => "sector {sector}, {bytes} bytes: {errno}";
}

fn name(op: Op) -> &'static str {
    match op {
        Op::Read => "read",
        Op::Write => "write",
        Op::Flush => "flush",
        Op::Discard => "discard",
        _ => "other",
    }
}

/// What a request says is asked for only if somebody listens.
#[inline(always)]
pub(crate) fn queued(disk: &Text<31>, request: &Request<NullBlk>, queue: u32) {
    if trace_rnull_queue_enabled() {
        let (disk, op) = (disk.as_str().unwrap_or_default(), name(request.op()));
        trace_rnull_queue(disk, op, request.sector(), request.len(), queue);
    }
}

/// As [`queued`].
#[inline(always)]
pub(crate) fn ending(request: &Request<NullBlk>, errno: i32) {
    if trace_rnull_complete_enabled() {
        trace_rnull_complete(request.sector(), request.len(), errno);
    }
}
