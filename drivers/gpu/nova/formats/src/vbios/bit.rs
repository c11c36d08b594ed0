// SPDX-License-Identifier: GPL-2.0-only

//! The BIOS information table (BIT) in the image for PCs.

use zerocopy::little_endian::{U16, U32};

use crate::bytes::{Bytes, index, wide};
use crate::{Part, Result, What};

/// What the table begins with.
const PATTERN: [u8; 6] = *b"\xff\xb8BIT\0";
/// The token of the data for falcons, 'p'.
const FALCON_DATA: u8 = 0x70;
const FALCON_DATA_VERSION: u8 = 2;
/// The token of what the image is, 'i'.
const INFORMATION: u8 = 0x69;

layout! {
    /// The head of the table.
    pub struct Header: 12 {
        0x00 _pattern: [u8; 6],
        /// Its version, as BCD.
        0x06 pub version: U16,
        /// How long this header is.
        0x08 pub header_size: u8,
        /// How long a token is.
        0x09 pub token_size: u8,
        /// How many tokens follow.
        0x0a pub tokens: u8,
        0x0b _checksum: u8,
    }

    /// Where one of the tables is.
    pub struct Token: 6 {
        /// Which table.
        0x00 pub id: u8,
        /// Its version.
        0x01 pub version: u8,
        /// How long it is.
        0x02 pub size: U16,
        /// Where it is, from the start of the image.
        0x04 pub at: U16,
    }
}

/// The pointer to the PMU table, as it stands there.
///
/// # Errors
///
/// There is no table, no such token in it, or one of them is broken.
pub fn falcon_data(pc_at: &[u8]) -> Result<u32> {
    let bytes = Bytes::new(Part::FalconData, pc_at);
    let token = token(pc_at, FALCON_DATA)?;
    let at = index(token.at.get());
    if token.version != FALCON_DATA_VERSION {
        return Err(bytes.error(at, What::Version(u32::from(token.version))));
    }
    if index(token.size.get()) < size_of::<U32>() {
        return Err(bytes.error(at, What::Size(u64::from(token.size.get()))));
    }
    bytes.u32(at)
}

/// The version of the image, as people write it: most significant byte first. Nothing needs it, so what
/// is broken has none.
#[must_use]
pub fn version(pc_at: &[u8]) -> Option<[u8; 5]> {
    let token = token(pc_at, INFORMATION).ok()?;
    if index(token.size.get()) < 5 {
        return None;
    }
    let bytes = pc_at.get(index(token.at.get())..)?;
    let [d, c, b, a, e] = *bytes.first_chunk()?;
    Some([a, b, c, d, e])
}

/// The first token with this id.
///
/// # Errors
///
/// There is no table, no such token in it, or one of them is broken.
pub fn token(pc_at: &[u8], id: u8) -> Result<&Token> {
    let bytes = Bytes::new(Part::BitHeader, pc_at);
    let at = pc_at
        .windows(PATTERN.len())
        .position(|window| window == PATTERN)
        .ok_or(bytes.error(0, What::Missing))?;
    let header: &Header = bytes.view(at)?;
    let (header_size, token_size) = (index(header.header_size), index(header.token_size));
    if header_size < size_of::<Header>() {
        return Err(bytes.error(at, What::Size(wide(header_size))));
    }
    if token_size < size_of::<Token>() {
        return Err(bytes.error(at, What::Size(wide(token_size))));
    }
    let bytes = bytes.as_part(Part::BitToken);
    let mut at = at.saturating_add(header_size);
    for _ in 0..header.tokens {
        let token: &Token = bytes.view(at)?;
        if token.id == id {
            return Ok(token);
        }
        at = at.saturating_add(token_size);
    }
    Err(bytes.error(at, What::Missing))
}
