// SPDX-License-Identifier: GPL-2.0-only

//! What the GSP's kernel, libos, is given: a page of arguments, each a piece of memory with a name; and the
//! logs, which are such pieces.

use zerocopy::little_endian::U64;

use crate::bytes::{Bytes, put, wide};
use crate::{Error, Part, Result, What};

/// The size of a page.
const PAGE_SIZE: u64 = 4096;
/// How large a log is.
pub const LOG_SIZE: usize = 0x1_0000;
/// How many pages a log has.
pub const LOG_PAGES: usize = 16;

const CONTIGUOUS: u8 = 1;
const SYSTEM_MEMORY: u8 = 1;

/// The names of the arguments, in their order.
pub const NAMES: [&str; 4] = ["LOGINIT", "LOGINTR", "LOGRM", "RMARGS"];

layout! {
    /// `LibosMemoryRegionInitArgument`.
    pub struct Argument: 32 {
        /// The name, with its last letter in the lowest byte.
        0x00 pub name: U64,
        /// The bus address.
        0x08 pub address: U64,
        /// How long it is.
        0x10 pub size: U64,
        /// 1: contiguous.
        0x18 pub kind: u8,
        /// 1: in the machine's memory.
        0x19 pub place: u8,
        0x1a _padding: [u8; 6],
    }
}

/// A name as a number: eight letters at most.
#[must_use]
pub const fn id8(name: &str) -> Option<u64> {
    let mut rest = name.as_bytes();
    if rest.is_empty() || rest.len() > 8 {
        return None;
    }
    let mut id = 0;
    while let [letter, behind @ ..] = rest {
        id = (id << 8) | (*letter as u64);
        rest = behind;
    }
    Some(id)
}

impl Argument {
    /// A contiguous piece of the machine's memory.
    ///
    /// # Errors
    ///
    /// The name has no or more than eight letters, or address or size are not multiples of 4096.
    pub fn new(name: &str, address: u64, size: u64) -> Result<Self> {
        let error = |at, what| Error {
            part: Part::LibosArgument,
            at,
            what,
        };
        let name = id8(name).ok_or(error(0, What::Size(wide(name.len()))))?;
        if !address.is_multiple_of(PAGE_SIZE) {
            return Err(error(8, What::Unaligned(address)));
        }
        if size == 0 || !size.is_multiple_of(PAGE_SIZE) {
            return Err(error(16, What::Unaligned(size)));
        }
        Ok(Self {
            name: U64::new(name),
            address: U64::new(address),
            size: U64::new(size),
            kind: CONTIGUOUS,
            place: SYSTEM_MEMORY,
            _padding: [0; 6],
        })
    }
}

/// Writes arguments, one behind the other; what follows them in the page must be zero.
///
/// # Errors
///
/// There is no room for them and the zeros of one more, which end the list.
pub fn write(page: &mut [u8], arguments: &[Argument]) -> Result<()> {
    let end = size_of_val(arguments);
    let nothing: Argument = zerocopy::FromZeros::new_zeroed();
    put(page, end, &nothing, Part::LibosArgument)?;
    put(page, 0, arguments, Part::LibosArgument)
}

/// Prepares a log: the addresses of its own pages, behind the index, which is zero.
///
/// # Errors
///
/// There is no room, or the address is not a multiple of 4096 or too high.
pub fn write_log(log: &mut [u8], address: u64) -> Result<()> {
    let error = |what| Error {
        part: Part::LibosLog,
        at: 0,
        what,
    };
    if !address.is_multiple_of(PAGE_SIZE) {
        return Err(error(What::Unaligned(address)));
    }
    let mut pages = [U64::new(0); LOG_PAGES];
    let mut next = Some(address);
    for page in &mut pages {
        let here = next.ok_or(error(What::Value(address)))?;
        page.set(here);
        next = here.checked_add(PAGE_SIZE);
    }
    put(log, size_of::<U64>(), &pages, Part::LibosLog)?;
    put(log, 0, &U64::new(0), Part::LibosLog)
}

/// How far a log has been written, in words; nothing, as long as it has not been.
///
/// # Errors
///
/// The log is too short, or its index points outside.
pub fn log_index(log: &[u8]) -> Result<Option<u64>> {
    let bytes = Bytes::new(Part::LibosLog, log);
    let put = bytes.view::<U64>(0)?.get();
    if put >= wide(log.len() / 8) {
        return Err(bytes.error(0, What::Value(put)));
    }
    Ok((put != 0).then_some(put))
}
