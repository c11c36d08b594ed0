// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What goes over the socket: a [`Header`], then what [`Request`] and [`Reply`] say.
//!
//! Both directions are here, so that tests can be a client, too. Nothing here allocates by a size
//! that a message names.

mod reply;
mod request;

use std::fmt;

pub use reply::{Reply, ReplyTo};
pub use request::{Action, Data, Request};

use crate::wire::{Reader, Writer};

/// How much data a read or a write of a region may carry, in bytes: what is agreed on at the start.
pub const MAX_DATA: u32 = 1 << 20;

/// How many descriptors may come with a message: what is agreed on at the start.
pub const MAX_FDS: usize = 8;

/// The largest message: data, the fields of a read or a write, and a header.
const MAX_SIZE: u32 = MAX_DATA + 16 + Header::SIZE;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It ends before its fields do.
    Short,
    /// Something follows its fields.
    Long,
    /// Its header gives a size that no message has.
    Size(u32),
    /// It has flags that are not known, or that do not go together.
    Flags(u32),
    /// It is a command that is not known, or not supported.
    Command(u16),
    /// Its text has no end, or is no text.
    Text,
    /// It names a range that is empty or goes past the end of all addresses.
    Range,
    /// It has another number of things than it says.
    Count,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => write!(f, "it ends too early"),
            Self::Long => write!(f, "it goes on after its end"),
            Self::Size(size) => write!(f, "its size of {size} bytes is impossible"),
            Self::Flags(flags) => write!(f, "it has the flags {flags:#x}"),
            Self::Command(command) => write!(f, "its command {command} is not supported"),
            Self::Text => write!(f, "its text is none"),
            Self::Range => write!(f, "its range is empty or has no end"),
            Self::Count => write!(f, "it says another number than it has"),
        }
    }
}

impl std::error::Error for Malformed {}

/// The numbers of the commands.
pub(crate) mod command {
    pub(crate) const VERSION: u16 = 1;
    pub(crate) const DMA_MAP: u16 = 2;
    pub(crate) const DMA_UNMAP: u16 = 3;
    pub(crate) const DEVICE_GET_INFO: u16 = 4;
    pub(crate) const DEVICE_GET_REGION_INFO: u16 = 5;
    pub(crate) const DEVICE_GET_IRQ_INFO: u16 = 7;
    pub(crate) const DEVICE_SET_IRQS: u16 = 8;
    pub(crate) const REGION_READ: u16 = 9;
    pub(crate) const REGION_WRITE: u16 = 10;
    pub(crate) const DEVICE_RESET: u16 = 13;
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A command whose sender waits for a reply.
    Command,
    /// A command that is not replied to.
    CommandWithoutReply,
    /// A reply.
    Reply,
    /// A reply that says why a command failed: an errno.
    Failure(u32),
}

const TYPE_REPLY: u32 = 1;
const NO_REPLY: u32 = 1 << 4;
const ERROR: u32 = 1 << 5;

/// What every message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The sender's number for it; a reply has that of its command.
    pub id: u16,
    /// What it is about.
    pub command: u16,
    /// What it is.
    pub kind: Kind,
    /// How many bytes follow it.
    pub payload: u32,
}

impl Header {
    /// Its own size, in bytes.
    pub const SIZE: u32 = 16;

    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`Malformed::Size`] for a size that no message has, [`Malformed::Flags`] for what is neither a
    /// command nor a reply. Nothing that follows can be understood, then.
    pub fn parse(bytes: &[u8; Self::SIZE as usize]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let id = reader.u16()?;
        let command = reader.u16()?;
        let size = reader.u32()?;
        let flags = reader.u32()?;
        let error = reader.u32()?;
        let kind = match flags {
            0 => Kind::Command,
            NO_REPLY => Kind::CommandWithoutReply,
            TYPE_REPLY => Kind::Reply,
            flags if flags == TYPE_REPLY | ERROR => Kind::Failure(error),
            flags => return Err(Malformed::Flags(flags)),
        };
        if size > MAX_SIZE {
            return Err(Malformed::Size(size));
        }
        let payload = size.checked_sub(Self::SIZE).ok_or(Malformed::Size(size))?;
        Ok(Self {
            id,
            command,
            kind,
            payload,
        })
    }

    /// A message with this header; how many bytes follow is taken from `payload`.
    #[must_use]
    pub fn encode(&self, payload: &[u8]) -> Vec<u8> {
        let (flags, error) = match self.kind {
            Kind::Command => (0, 0),
            Kind::CommandWithoutReply => (NO_REPLY, 0),
            Kind::Reply => (TYPE_REPLY, 0),
            Kind::Failure(error) => (TYPE_REPLY | ERROR, error),
        };
        let size = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        Writer::default()
            .u16(self.id)
            .u16(self.command)
            .u32(size.saturating_add(Self::SIZE))
            .u32(flags)
            .u32(error)
            .bytes(payload)
            .0
    }
}

/// Something has to be in a range of addresses, and it has to end.
pub(crate) fn range(start: u64, size: u64) -> Result<(), Malformed> {
    if size == 0 || start.checked_add(size).is_none() {
        return Err(Malformed::Range);
    }
    Ok(())
}
