// SPDX-License-Identifier: GPL-2.0-only

//! The card's ROM, as far as FWSEC.
//!
//! The ROM is a chain of PCI images. The one for PCs has the *BIT*, a table of tables; one of these, the
//! *PMU table*, says where in the image of type [`Kind::Fwsec`] the firmware FWSEC is described.
//! Reading the ROM is slow, so it goes in two steps: [`rom::scan`] follows the chain with a few dozen
//! words; the driver then reads the two images that are needed, and [`find`] does the rest in memory.
//!
//! Pointers in the tables count as if FWSEC followed the image for PCs at once, whatever lies between
//! them in the ROM.

pub mod bit;
pub mod fwsec;
pub mod pmu;
pub mod rom;

pub use fwsec::Fwsec;
pub use rom::{Extent, Image, Kind, Prom, Rom, scan};

use crate::bytes::{Bytes, index};
use crate::{Part, Result, What};

/// Finds FWSEC: `pc_at` are the bytes of [`Rom::pc_at`], `fwsec` those of [`Rom::fwsec`].
///
/// # Errors
///
/// One of the tables on the way is missing, broken or points outside.
pub fn find<'a>(pc_at: &[u8], fwsec: &'a [u8]) -> Result<Fwsec<'a>> {
    let table = bit::falcon_data(pc_at)?;
    let table = place(pc_at, fwsec, table, Part::FalconData)?;
    let address = pmu::find(fwsec, table, pmu::FWSEC_PRODUCTION)?;
    let descriptor = place(pc_at, fwsec, address, Part::PmuEntry)?;
    Fwsec::parse(fwsec, descriptor)
}

/// Where in the FWSEC image a pointer leads.
fn place(pc_at: &[u8], fwsec: &[u8], pointer: u32, part: Part) -> Result<usize> {
    let bytes = Bytes::new(part, fwsec);
    index(pointer)
        .checked_sub(pc_at.len())
        .filter(|place| *place < fwsec.len())
        .ok_or_else(|| {
            let start = u64::from(pointer);
            bytes.error(0, What::Outside { start, size: 1 })
        })
}
