// SPDX-License-Identifier: GPL-2.0-only

//! The two rings between driver and GSP, in memory that both can write.
//!
//! The memory begins with the addresses of its own pages, then come the *command queue*, which the driver
//! writes, and the *status queue*, which the GSP writes. A queue is a page of headers and 63 pages for
//! messages. A queue's write pointer stands in its own header; the pointer of its *reader* stands in the
//! header of the other queue, so that each side writes only its own pages.
//!
//! Pointers that the GSP writes come in by [`Pointer::from_gsp`] only: a [`Pointer`] is always a page of the
//! ring. With equal pointers a ring is empty, so one page is always left free.

use core::ops::Range;

use zerocopy::little_endian::{U32, U64};

use crate::bytes::put;
use crate::{Error, Part, Result, What};

/// The size of a page.
pub const PAGE: usize = 0x1000;
/// How many pages of a queue are for messages.
pub const RING_PAGES: u32 = 63;
/// The size of a queue, with its headers.
pub const QUEUE_SIZE: usize = 0x4_0000;
/// Where the command queue begins in the memory.
pub const COMMANDS_AT: usize = 0x1000;
/// Where the status queue begins in the memory.
pub const STATUS_AT: usize = 0x4_1000;
/// The size of the memory.
pub const SIZE: usize = 0x8_1000;
/// How many pages that are.
pub const PAGES: u32 = 129;
/// Where in a queue the pages for messages begin.
pub const RING_AT: usize = 0x1000;
/// Where in a queue its write pointer is.
pub const WRITE_POINTER_AT: usize = 0x10;
/// Where in a queue the read pointer of the *other* queue is.
pub const READ_POINTER_AT: usize = 0x20;

layout! {
    /// `msgqTxHeader`: what the writer says of a queue.
    pub struct WriterHeader: 32 {
        /// 0.
        0x00 pub version: U32,
        /// [`QUEUE_SIZE`].
        0x04 pub size: U32,
        /// The size of a page.
        0x08 pub message_size: U32,
        /// [`RING_PAGES`].
        0x0c pub message_count: U32,
        /// The write pointer.
        0x10 pub write_pointer: U32,
        /// 1: the read pointers stand in the other queue.
        0x14 pub flags: U32,
        /// Where the header of the reader is.
        0x18 pub reader_header_at: U32,
        /// Where the pages for messages begin.
        0x1c pub entries_at: U32,
    }
}

impl WriterHeader {
    /// The header of the driver's queue, which is empty.
    pub const COMMANDS: Self = Self {
        version: U32::new(0),
        size: U32::new(0x4_0000),
        message_size: U32::new(0x1000),
        message_count: U32::new(RING_PAGES),
        write_pointer: U32::new(0),
        flags: U32::new(1),
        reader_header_at: U32::new(0x20),
        entries_at: U32::new(0x1000),
    };
}

/// Prepares the memory, which must be zero and contiguous for the bus: the addresses of its pages, and the
/// header of the command queue. The status queue is for the GSP to prepare.
///
/// # Errors
///
/// There is too little of it, or the address is not a multiple of the page size, or too high.
pub fn write(memory: &mut [u8], address: u64) -> Result<()> {
    let error = |what| Error {
        part: Part::QueueElement,
        at: 0,
        what,
    };
    if !address.is_multiple_of(0x1000) {
        return Err(error(What::Unaligned(address)));
    }
    let (mut at, mut next) = (0_usize, Some(address));
    for _ in 0..PAGES {
        let page = next.ok_or(error(What::Value(address)))?;
        put(memory, at, &U64::new(page), Part::QueueElement)?;
        at = at.saturating_add(size_of::<U64>());
        next = page.checked_add(0x1000);
    }
    put(
        memory,
        COMMANDS_AT,
        &WriterHeader::COMMANDS,
        Part::QueueElement,
    )
}

/// A page of a ring, of which there are [`RING_PAGES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pointer(u32);

impl Pointer {
    /// The first page.
    pub const START: Self = Self(0);

    /// A pointer that the GSP has written.
    ///
    /// # Errors
    ///
    /// There is no such page: the GSP is gone, or does not do what it should.
    pub fn from_gsp(raw: u32) -> Result<Self> {
        if raw < RING_PAGES {
            return Ok(Self(raw));
        }
        Err(Error {
            part: Part::QueuePointer,
            at: 0,
            what: What::Value(u64::from(raw)),
        })
    }

    /// What is to be written for the GSP.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// Where in a queue the page begins.
    #[must_use]
    pub const fn place(self) -> usize {
        (self.0 as usize)
            .saturating_mul(PAGE)
            .saturating_add(RING_AT)
    }

    /// The pointer behind this and `pages` more.
    #[must_use]
    pub const fn after(self, pages: u32) -> Self {
        Self(self.0.saturating_add(pages % RING_PAGES) % RING_PAGES)
    }
}

/// What of a ring is whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// Where the writer goes on.
    pub write: Pointer,
    /// Where the reader goes on.
    pub read: Pointer,
}

impl Ring {
    /// How many pages are to be read.
    #[must_use]
    pub const fn used(self) -> u32 {
        // Both are below the size of the ring: nothing is cut off.
        let distance = self.write.0.saturating_add(RING_PAGES);
        distance.saturating_sub(self.read.0) % RING_PAGES
    }

    /// How many pages can be written.
    #[must_use]
    pub const fn free(self) -> u32 {
        RING_PAGES.saturating_sub(1).saturating_sub(self.used())
    }

    /// Where in the queue the pages to be read are.
    #[must_use]
    pub fn to_read(self) -> Pieces {
        Pieces::new(self.read, self.used())
    }

    /// Where in the queue `pages` pages can be written.
    ///
    /// # Errors
    ///
    /// There are not so many.
    pub fn to_write(self, pages: u32) -> Result<Pieces> {
        if pages > self.free() {
            let (needs, has) = (u64::from(pages), u64::from(self.free()));
            return Err(Error {
                part: Part::QueuePointer,
                at: 0,
                what: What::NoRoom { needs, has },
            });
        }
        Ok(Pieces::new(self.write, pages))
    }
}

/// Pages that lie side by side, and those that go on at the start of the ring; as bytes of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// The first.
    pub first: Range<usize>,
    /// The rest, if the ring ended before them.
    pub second: Range<usize>,
}

impl Pieces {
    fn new(from: Pointer, pages: u32) -> Self {
        let to_the_end = RING_PAGES.saturating_sub(from.0);
        let first = pages.min(to_the_end);
        let piece = |start: Pointer, pages: u32| {
            let size = crate::bytes::index(pages).saturating_mul(PAGE);
            start.place()..start.place().saturating_add(size)
        };
        Self {
            first: piece(from, first),
            second: piece(Pointer::START, pages.saturating_sub(first)),
        }
    }

    /// How many bytes they are together.
    #[must_use]
    pub fn size(&self) -> usize {
        self.first.len().saturating_add(self.second.len())
    }

    /// Where in the queue `range` of these bytes is.
    ///
    /// # Errors
    ///
    /// It goes beyond them.
    pub fn within(&self, range: Range<usize>) -> Result<Self> {
        if range.start > range.end || range.end > self.size() {
            return Err(Error {
                part: Part::QueueElement,
                at: range.start,
                what: What::Short {
                    needs: range.end,
                    has: self.size(),
                },
            });
        }
        let turn = self.first.len();
        let piece = |of: &Range<usize>, from: usize, to: usize| {
            of.start.saturating_add(from)..of.start.saturating_add(to)
        };
        Ok(Self {
            first: piece(&self.first, range.start.min(turn), range.end.min(turn)),
            second: piece(
                &self.second,
                range.start.saturating_sub(turn),
                range.end.saturating_sub(turn),
            ),
        })
    }
}
