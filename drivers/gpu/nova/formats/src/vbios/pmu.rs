// SPDX-License-Identifier: GPL-2.0-only

//! The table of the firmware for the card's small processors.

use zerocopy::little_endian::U32;

use crate::bytes::{Bytes, index, wide};
use crate::{Part, Result, What};

/// FWSEC for chips that are sold.
pub const FWSEC_PRODUCTION: u8 = 0x85;
/// FWSEC for chips in development.
pub const FWSEC_DEBUG: u8 = 0x45;

layout! {
    /// The head of the table.
    pub struct Header: 4 {
        /// Its version.
        0x00 pub version: u8,
        /// How long this header is.
        0x01 pub header_size: u8,
        /// How long an entry is.
        0x02 pub entry_size: u8,
        /// How many entries follow.
        0x03 pub entries: u8,
    }

    /// A firmware.
    pub struct Entry: 6 {
        /// Which one.
        0x00 pub application: u8,
        /// For which processor.
        0x01 pub target: u8,
        /// Where its descriptor is.
        0x02 pub descriptor: U32,
    }
}

/// The pointer to the descriptor of the first firmware with this id, in the table at `at`.
///
/// # Errors
///
/// The table is broken, or has no such firmware.
pub fn find(fwsec: &[u8], at: usize, application: u8) -> Result<u32> {
    let bytes = Bytes::new(Part::PmuTable, fwsec);
    let header: &Header = bytes.view(at)?;
    if header.version != 1 {
        return Err(bytes.error(at, What::Version(u32::from(header.version))));
    }
    let (header_size, entry_size) = (index(header.header_size), index(header.entry_size));
    if header_size < size_of::<Header>() {
        return Err(bytes.error(at, What::Size(wide(header_size))));
    }
    if entry_size < size_of::<Entry>() {
        return Err(bytes.error(at, What::Size(wide(entry_size))));
    }
    let bytes = bytes.as_part(Part::PmuEntry);
    let mut at = at.saturating_add(header_size);
    for _ in 0..header.entries {
        let entry: &Entry = bytes.view(at)?;
        if entry.application == application {
            return Ok(entry.descriptor.get());
        }
        at = at.saturating_add(entry_size);
    }
    Err(bytes.error(at, What::Missing))
}
