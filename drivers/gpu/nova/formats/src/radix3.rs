// SPDX-License-Identifier: GPL-2.0-only

//! Radix3 tables: how the GSP finds the pages of its image in the machine's memory.
//!
//! Three levels of pages of 512 addresses each. The only page of level 0 holds the addresses of the pages of
//! level 1, those hold the addresses of the pages of level 2, and those hold the addresses of the pages
//! of the image, in order. What is left of a page is zero.

use zerocopy::FromBytes as _;
use zerocopy::little_endian::U64;

use crate::bytes::wide;
use crate::{Error, Part, Result, What};

/// The size of a page, of the tables and of the image.
pub const PAGE: usize = 4096;
/// How many addresses there are in a page.
pub const ENTRIES: u32 = 512;

const PAGE_SIZE: u64 = 4096;

/// How many pages there are of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Radix3 {
    level1: u32,
    level2: u32,
    image: u32,
}

/// A level of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The one page that the booter is told of.
    Zero,
    /// In between.
    One,
    /// The addresses of the image.
    Two,
}

impl Radix3 {
    /// The tables for an image of `size` bytes.
    ///
    /// # Errors
    ///
    /// The image is empty, or larger than three levels can show (512 GiB).
    pub fn new(size: u64) -> Result<Self> {
        let error = error(0, What::Size(size));
        if size == 0 {
            return Err(error);
        }
        let image = u32::try_from(size.div_ceil(PAGE_SIZE)).map_err(|_| error)?;
        let level2 = image.div_ceil(ENTRIES);
        let level1 = level2.div_ceil(ENTRIES);
        if level1 > ENTRIES {
            return Err(error);
        }
        Ok(Self {
            level1,
            level2,
            image,
        })
    }

    /// How many pages this level has.
    #[must_use]
    pub const fn pages(&self, level: Level) -> u32 {
        match level {
            Level::Zero => 1,
            Level::One => self.level1,
            Level::Two => self.level2,
        }
    }

    /// How many addresses this level has.
    #[must_use]
    pub const fn entries(&self, level: Level) -> u32 {
        match level {
            Level::Zero => self.level1,
            Level::One => self.level2,
            Level::Two => self.image,
        }
    }

    /// How many pages all levels have.
    #[must_use]
    pub const fn all_pages(&self) -> u32 {
        self.level1.saturating_add(self.level2).saturating_add(1)
    }

    /// How many pages the image has; the last may be used in part.
    #[must_use]
    pub const fn image_pages(&self) -> u32 {
        self.image
    }
}

/// Fills a page of the tables with the next addresses, as many as fit, and zeros the rest. Returns how
/// many there were.
///
/// # Errors
///
/// An address is not one of a page: it is not a multiple of 4096, or zero. The page is then filled up to
/// that address.
pub fn fill(page: &mut [u8; PAGE], addresses: &mut impl Iterator<Item = u64>) -> Result<usize> {
    let at_start = error(0, What::Size(wide(PAGE)));
    let entries = <[U64]>::mut_from_bytes(page.as_mut_slice()).map_err(|_| at_start)?;
    let mut count = 0_usize;
    for entry in entries {
        let address = match addresses.next() {
            Some(address) if address == 0 || !address.is_multiple_of(PAGE_SIZE) => {
                return Err(error(count.saturating_mul(8), What::Unaligned(address)));
            }
            Some(address) => {
                count = count.saturating_add(1);
                address
            }
            None => 0,
        };
        entry.set(address);
    }
    Ok(count)
}

const fn error(at: usize, what: What) -> Error {
    Error {
        part: Part::Radix3,
        at,
        what,
    }
}
