// SPDX-License-Identifier: GPL-2.0-only

//! What the GSP says unasked: counted, and said in the log, but not too often.

use kernel::device::AsDevice;
use kernel::do_ratelimited;
use kernel::prelude::*;
use kernel::seq_file::SeqFile;
use kernel::seq_print;
use kernel::sync::atomic::{Atomic, Relaxed};
use nova_formats::message::Header;
use nova_formats::rpc::{Event, Function, LibosPrint, OsErrorLog, PostEvent, R570, Release as _};

use crate::boot::Fault;

macro_rules! counts {
    ($($(#[$meta:meta])* $count:ident,)*) => {
        /// How often something has happened.
        pub(crate) struct Counts {
            $($(#[$meta])* pub(super) $count: Count,)*
            /// Each event, in the order of [`Event::ALL`].
            events: [Count; Event::ALL.len()],
        }

        impl Counts {
            pub(super) const fn new() -> Self {
                Self {
                    $($count: Count::new(),)*
                    events: [const { Count::new() }; Event::ALL.len()],
                }
            }

            /// A line for each, and for each event that there was.
            pub(super) fn show(&self, seq: &SeqFile) {
                $(seq_print!(seq, "{}: {}\n", stringify!($count), self.$count.get());)*
                for (event, count) in Event::ALL.iter().zip(&self.events) {
                    if count.get() != 0 {
                        seq_print!(seq, "event {}: {}\n", event.name(), count.get());
                    }
                }
            }
        }
    };
}

counts! {
    /// Interrupts that have come.
    interrupts,
    /// Interrupts that have not come, though there was something.
    lost,
    /// How often there was more than is read at once.
    storms,
    /// Messages that were whole.
    messages,
    /// Messages that were not, or did not say what they should.
    broken,
    /// Messages of a failure.
    failed,
    /// Messages with a number that is not known.
    unknown,
    /// Replies that nobody has asked for.
    unasked,
}

pub(super) struct Count(Atomic<u32>);

impl Count {
    const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Any context.
    pub(super) fn up(&self) {
        self.0.add(1, Relaxed);
    }

    pub(super) fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

impl Counts {
    /// Takes note of a message that is whole. Whether it is an event is returned. Any context.
    pub(super) fn message(&self, device: &impl AsDevice, header: Header) -> Option<Event> {
        self.messages.up();
        let Function(number) = header.function;
        if header.result != 0 {
            self.failed.up();
            do_ratelimited!(dev_warn!(
                device,
                "the GSP's message {:#x} is of a failure",
                number
            ));
        }
        let event = R570.event(number);
        if let Some(count) = event.and_then(|event| self.events.get(event.place())) {
            count.up();
        } else if header.function.name().is_none() {
            self.unknown.up();
            do_ratelimited!(dev_warn!(
                device,
                "the GSP says {:#x}, which is unknown",
                number
            ));
        }
        event
    }

    /// A message was none. Any context.
    pub(super) fn no_message(&self, device: &impl AsDevice, fault: &Fault) {
        self.broken.up();
        do_ratelimited!(fault.warn(device, "what the GSP says is left out"));
    }
}

/// Says what an event says. Any context.
///
/// # Errors
///
/// It is too short for that.
#[inline(never)]
pub(super) fn tell(device: &impl AsDevice, event: Event, payload: &[u8]) -> Result<(), Fault> {
    match event {
        Event::OsErrorLog => {
            let log = OsErrorLog::parse(payload)?;
            let (kind, channel, line) = (log.kind, log.channel, log.line());
            do_ratelimited!(dev_err!(
                device,
                "the GSP reports Xid {} of channel {:#x}: {}",
                kind,
                channel,
                line
            ));
        }
        Event::RcTriggered => {
            let rc = R570.rc_triggered(payload)?;
            let (kind, channel) = (rc.kind, rc.channel);
            let address = rc.fault_address.unwrap_or(0);
            do_ratelimited!(dev_warn!(
                device,
                "the GSP stops channel {:#x}: Xid {}, at {:#x}",
                channel,
                kind,
                address
            ));
        }
        Event::PostEvent => {
            let post = PostEvent::parse(payload)?;
            let (event, index, data) = (post.event, post.notify_index, post.data);
            dev_dbg!(
                device,
                "the GSP says POST_EVENT: event {:#x}, index {}, data {:#x}",
                event,
                index,
                data
            );
        }
        Event::LibosPrint => {
            let print = LibosPrint::parse(payload)?;
            let (engine, size) = (print.engine, print.bytes.len());
            dev_dbg!(device, "engine {} prints {} bytes", engine, size);
        }
        Event::RunCpuSequencer => {
            do_ratelimited!(dev_warn!(
                device,
                "the GSP asks for register accesses after its boot: they are not done"
            ));
        }
        event => dev_dbg!(device, "the GSP says {}", event.name()),
    }
    Ok(())
}
