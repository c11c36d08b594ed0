// SPDX-License-Identifier: GPL-2.0-only

//! Trace events: `/sys/kernel/tracing/events/ferrite_sample`.
//!
//! Writing a number to the parameter `post` sends so many letters; each is traced.

#![no_std]
#![forbid(unsafe_code)]

use kernel::prelude::*;
use kernel::trace_events;

module! {
    type: Sample,
    name: "tracepoint_sample",
    authors: ["The Ferrite developers"],
    description: "Trace events of a driver",
    license: "GPL",
    params: {
        post: u8 {
            default: 0,
            permissions: 0o644,
            description: "Sends so many letters",
            changed: post,
        },
    },
}

trace_events! {
    system: ferrite_sample,

    /// A letter is sent.
    event letter {
        number: u8,
        zip: u16,
        weight: i32,
        stamp: u64,
        debt: i64,
        express: bool,
        to: [char; 12],
    } => "letter {number} to {to}, {zip:x}: weight {weight}, stamp {stamp:x}, debt {debt}, express {express}";

    /// All letters are sent.
    event done { count: u32 } => "{{{count}}} 100%";
}

fn post(count: &u8) {
    for number in 0..*count {
        trace_letter(
            number,
            0xbeef,
            -5,
            0x0123_4567_89ab_cdef_u64.wrapping_add(u64::from(number)),
            i64::MIN,
            number == 1,
            "a name that is long",
        );
    }
    if trace_done_enabled() {
        pr_info!("somebody listens");
    }
    trace_done(u32::from(*count));
}

struct Sample;

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
