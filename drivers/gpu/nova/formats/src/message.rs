// SPDX-License-Identifier: GPL-2.0-only

//! What goes through a queue: elements, each a header, the header of an RPC, and its payload.
//!
//! A received element lies in memory that the GSP can still change. So the driver copies its first
//! [`HEADER_SIZE`] bytes to memory of its own and asks [`Header::parse`] how long it is; then it copies the
//! rest behind them and gives all of it to [`Message::parse`].
//!
//! What is too long for an element goes as several: the first has the function, the others are continuation
//! records. [`parts`] cuts, [`Assembly`] puts together.

mod assembly;

pub use assembly::Assembly;

use core::ops::Range;

use zerocopy::IntoBytes as _;
use zerocopy::little_endian::U32;

use crate::bytes::{Bytes, index, wide};
use crate::queue::{PAGE, RING_PAGES};
use crate::rpc::Function;
use crate::{Error, Part, Result, What};

/// How long the two headers are.
pub const HEADER_SIZE: usize = 80;
/// How long the header of an RPC is.
pub const RPC_HEADER_SIZE: usize = 32;
/// The most that an element can have.
pub const LARGEST: usize = 0x1_0000;
/// The longest payload of an element.
pub const LARGEST_PAYLOAD: usize = LARGEST - HEADER_SIZE;

const ELEMENT_HEADER_SIZE: usize = HEADER_SIZE - RPC_HEADER_SIZE;
const RPC_VERSION: u32 = 0x0300_0000;
/// "VRPC".
const RPC_SIGNATURE: u32 = 0x4350_5256;
/// The result in a command, which has none.
const NO_RESULT: u32 = 0xffff_ffff;

layout! {
    /// `GSP_MSG_QUEUE_ELEMENT`, with `rpc_message_header_v`.
    pub struct ElementHeader: 80 {
        0x00 _authentication: [u8; 32],
        /// Makes the checksum of the whole zero.
        0x20 pub checksum: U32,
        /// Which element of the queue it is.
        0x24 pub sequence: U32,
        /// How many pages it has.
        0x28 pub pages: U32,
        0x2c _padding: U32,
        /// The version of what follows.
        0x30 pub rpc_version: U32,
        /// "VRPC".
        0x34 pub rpc_signature: U32,
        /// How long this header and the payload are.
        0x38 pub rpc_length: U32,
        /// What the RPC is.
        0x3c pub function: U32,
        /// Zero, if it was done.
        0x40 pub result: U32,
        /// The same, for the GSP itself.
        0x44 pub private_result: U32,
        /// Which RPC it is.
        0x48 pub rpc_sequence: U32,
        0x4c _spare: U32,
    }
}

/// The sum over the bytes of an element; zero for one that is whole.
///
/// The exclusive or of all its words of 64 bits, and then of the two halves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checksum {
    sum: u64,
    /// How many bytes of a word have been added.
    odd: u32,
}

impl Checksum {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: 0, odd: 0 }
    }

    /// With the next bytes, too.
    #[must_use]
    pub fn over(mut self, bytes: &[u8]) -> Self {
        let mut rest = bytes;
        while let Some((byte, behind)) = rest.split_first()
            && self.odd != 0
        {
            self.byte(*byte);
            rest = behind;
        }
        while let Some((word, behind)) = rest.split_first_chunk::<8>() {
            self.sum ^= u64::from_le_bytes(*word);
            rest = behind;
        }
        for byte in rest {
            self.byte(*byte);
        }
        self
    }

    fn byte(&mut self, byte: u8) {
        self.sum ^= u64::from(byte).rotate_left(self.odd.saturating_mul(8));
        self.odd = self.odd.saturating_add(1) % 8;
    }

    /// The sum.
    #[must_use]
    pub const fn get(self) -> u32 {
        let [a, b, c, d, e, f, g, h] = self.sum.to_le_bytes();
        u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h])
    }
}

/// What the headers of a received element say, and can be believed.
///
/// # Invariants
///
/// `size` is at least [`HEADER_SIZE`] and at most what had arrived and [`LARGEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    size: usize,
    /// What the RPC is.
    pub function: Function,
    /// Which element of the queue it is.
    pub sequence: u32,
    /// Which RPC it is.
    pub rpc_sequence: u32,
    /// Zero, if it was done.
    pub result: u32,
}

impl Header {
    /// Reads the headers of an element, of which `available` bytes have arrived.
    ///
    /// # Errors
    ///
    /// Less has arrived than there must be, or it is not an RPC of the known version.
    pub fn parse(header: &[u8; HEADER_SIZE], available: usize) -> Result<Self> {
        Self::read(Bytes::new(Part::QueueElement, header), available)
    }

    fn read(bytes: Bytes<'_>, available: usize) -> Result<Self> {
        let header: &ElementHeader = bytes.view(0)?;
        let rpc = bytes.as_part(Part::RpcHeader);
        if header.rpc_signature.get() != RPC_SIGNATURE {
            return Err(rpc.error(0x34, What::Signature(header.rpc_signature.get())));
        }
        if header.rpc_version.get() != RPC_VERSION {
            return Err(rpc.error(0x30, What::Version(header.rpc_version.get())));
        }
        let length = index(header.rpc_length.get());
        let size = length.checked_add(ELEMENT_HEADER_SIZE);
        let Some(size) = size.filter(|size| (HEADER_SIZE..=LARGEST).contains(size)) else {
            return Err(rpc.error(0x38, What::Size(wide(length))));
        };
        if size > available {
            let (needs, has) = (size, available);
            return Err(rpc.error(0x38, What::Short { needs, has }));
        }
        // INVARIANT: both bounds have just been checked.
        Ok(Self {
            size,
            function: Function(header.function.get()),
            sequence: header.sequence.get(),
            rpc_sequence: header.rpc_sequence.get(),
            result: header.result.get(),
        })
    }

    /// How long the element is.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// How many pages of the queue it takes.
    #[must_use]
    pub fn pages(&self) -> u32 {
        pages(self.size)
    }
}

/// A received element.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its headers.
    pub header: Header,
    /// Its payload.
    pub payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads an element that nobody else can change any more.
    ///
    /// # Errors
    ///
    /// As for [`Header::parse`], or the checksum is wrong.
    pub fn parse(element: &'a [u8]) -> Result<Self> {
        let bytes = Bytes::new(Part::QueueElement, element);
        let header = Header::read(bytes, element.len())?;
        let element = bytes.slice(0, header.size())?;
        let sum = Checksum::new().over(element.data()).get();
        if sum != 0 {
            return Err(bytes.error(0x20, What::Checksum(sum)));
        }
        let payload = element.from(HEADER_SIZE)?.data();
        Ok(Self { header, payload })
    }
}

/// Whether elements arrive in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InOrder {
    next: u32,
}

impl InOrder {
    /// Before the first element.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: 0 }
    }

    /// The number of the next element.
    #[must_use]
    pub const fn next(self) -> u32 {
        self.next
    }

    /// An element came that cannot be told its number from: it was the next.
    pub fn skip(&mut self) {
        self.next = self.next.wrapping_add(1);
    }

    /// Takes an element. What comes after it is expected behind it, also if it was not the next.
    ///
    /// # Errors
    ///
    /// It is not the next: elements are missing before it, or it comes for the second time.
    pub fn take(&mut self, found: u32) -> Result<()> {
        let expected = self.next;
        self.next = found.wrapping_add(1);
        if found == expected {
            return Ok(());
        }
        Err(Error {
            part: Part::QueueElement,
            at: 0x24,
            what: What::Order { expected, found },
        })
    }
}

/// An element to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub function: Function,
    /// Which bytes of the payload are in it.
    pub range: Range<usize>,
}

/// Cuts a payload of `size` bytes into elements.
pub fn parts(function: Function, size: usize) -> impl Iterator<Item = Piece> {
    let mut next = Some(0_usize);
    core::iter::from_fn(move || {
        let start = next?;
        let end = start.saturating_add(LARGEST_PAYLOAD).min(size);
        next = (end < size).then_some(end);
        let function = match start {
            0 => function,
            _ => Function::CONTINUATION_RECORD,
        };
        Some(Piece {
            function,
            range: start..end,
        })
    })
}

impl ElementHeader {
    /// The headers of a command, with its checksum. The payload may come in pieces.
    ///
    /// # Errors
    ///
    /// The payload is too long for one element.
    pub fn command(function: Function, sequence: u32, payload: &[&[u8]]) -> Result<Self> {
        let size = payload
            .iter()
            .fold(0_usize, |sum, piece| sum.saturating_add(piece.len()));
        let too_long = Error {
            part: Part::QueueElement,
            at: 0x38,
            what: What::NoRoom {
                needs: wide(size),
                has: wide(LARGEST_PAYLOAD),
            },
        };
        if size > LARGEST_PAYLOAD {
            return Err(too_long);
        }
        let length = u32::try_from(size.saturating_add(RPC_HEADER_SIZE)).map_err(|_| too_long)?;
        let mut header = Self {
            _authentication: [0; 32],
            checksum: U32::new(0),
            sequence: U32::new(sequence),
            pages: U32::new(pages(size.saturating_add(HEADER_SIZE))),
            _padding: U32::new(0),
            rpc_version: U32::new(RPC_VERSION),
            rpc_signature: U32::new(RPC_SIGNATURE),
            rpc_length: U32::new(length),
            function: U32::new(function.0),
            result: U32::new(NO_RESULT),
            private_result: U32::new(NO_RESULT),
            rpc_sequence: U32::new(0),
            _spare: U32::new(0),
        };
        let headers = Checksum::new().over(header.as_bytes());
        let sum = payload.iter().fold(headers, |sum, piece| sum.over(piece));
        header.checksum.set(sum.get());
        Ok(header)
    }
}

/// How many pages `size` bytes take; never more than a ring has.
fn pages(size: usize) -> u32 {
    u32::try_from(size.div_ceil(PAGE)).map_or(RING_PAGES, |pages| pages.min(RING_PAGES))
}
