// SPDX-License-Identifier: GPL-2.0-only

//! What goes where in the card's memory before the GSP runs.
//!
//! Everything hangs from the end of the memory: the workspace of the VGA, under it the protected region
//! (*WPR2*) with FRTS data, bootloader, the GSP's image and its heap, under that an unprotected heap.

use crate::bytes::{align_down, align_up};
use crate::{Error, Part, Result, What};

/// 2^20 bytes.
pub const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const KIB: u64 = 1 << 10;

/// How much FRTS data there are, on chips that have them.
pub const FRTS_SIZE: u64 = MIB;
/// The metadata at the start of WPR2.
const META_SIZE: u64 = 256;
const NON_WPR_HEAP: u64 = MIB;

/// A piece of the card's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Where it begins.
    pub start: u64,
    /// Where it ends; not in it any more.
    pub end: u64,
}

impl Region {
    /// How long it is.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.size() == 0
    }
}

/// How large the GSP's heap is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heap {
    /// What the GSP's kernel takes.
    pub carveout: u64,
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

impl Heap {
    const BASE: u64 = 8 * MIB;
    const CLIENTS: u64 = 96 * MIB;
    const PER_GIB: u64 = 96 * KIB;

    /// How much it is for a card with `fb` bytes of memory.
    ///
    /// # Errors
    ///
    /// There is no such memory.
    pub fn size(&self, fb: u64) -> Result<u64> {
        let gib = fb.div_ceil(GIB);
        gib.checked_mul(Self::PER_GIB)
            .and_then(|sum| align_up(sum, MIB))
            .and_then(|sum| sum.checked_add(self.carveout))
            .and_then(|sum| sum.checked_add(Self::BASE))
            .and_then(|sum| sum.checked_add(Self::CLIENTS))
            .map(|sum| sum.max(self.least).min(self.most))
            .ok_or(error(What::Size(fb)))
    }
}

/// What is to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// How much memory the card has.
    pub fb: u64,
    /// Where the display's registers say that the workspace of the VGA is, if they say so.
    pub vga_workspace: Option<u64>,
    /// How much FRTS data: [`FRTS_SIZE`], or nothing (GA100).
    pub frts: u64,
    /// How long the RISC-V bootloader is.
    pub bootloader: u64,
    /// How long the GSP's image is.
    pub image: u64,
    /// How large its heap shall be.
    pub heap: Heap,
}

/// Where everything goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How much memory the card has.
    pub fb: u64,
    /// The workspace of the VGA.
    pub vga_workspace: Region,
    /// The FRTS data.
    pub frts: Region,
    /// The RISC-V bootloader.
    pub bootloader: Region,
    /// The GSP's image.
    pub image: Region,
    /// Its heap.
    pub heap: Region,
    /// The protected region.
    pub wpr2: Region,
    /// The heap that is not protected.
    pub non_wpr_heap: Region,
    /// Where the firmware takes the protected region to end.
    pub wpr_end: u64,
}

impl Layout {
    /// Places everything.
    ///
    /// # Errors
    ///
    /// The memory is too small, or the workspace of the VGA lies outside of it.
    pub fn new(needs: &Needs) -> Result<Self> {
        let fb = needs.fb;
        if fb == 0 {
            return Err(error(What::Size(0)));
        }
        let vga_start = vga_workspace(fb, needs.vga_workspace)?;
        let wpr_end = align_down(vga_start, 128 * KIB);
        let frts = below(wpr_end, needs.frts, 1)?;
        let bootloader = below(frts.start, needs.bootloader, 4 * KIB)?;
        let image = below(bootloader.start, needs.image, 64 * KIB)?;
        let heap_start = below(image.start, needs.heap.size(fb)?, MIB)?.start;
        let heap_size = align_down(image.start.saturating_sub(heap_start), MIB);
        let wpr2_start = below(heap_start, META_SIZE, MIB)?.start;
        Ok(Self {
            fb,
            vga_workspace: Region {
                start: vga_start,
                end: fb,
            },
            frts,
            bootloader,
            image,
            heap: Region {
                start: heap_start,
                end: heap_start.saturating_add(heap_size),
            },
            wpr2: Region {
                start: wpr2_start,
                end: frts.end,
            },
            non_wpr_heap: below(wpr2_start, NON_WPR_HEAP, 1)?,
            wpr_end,
        })
    }
}

/// How much memory a card of Turing's kind has: a magnitude and a scale from its register, and whether it
/// keeps some of it for ECC.
///
/// # Errors
///
/// It would be none, or more than there can be.
pub fn size_by_scale(magnitude: u32, scale: u32, ecc: bool) -> Result<u64> {
    let wrong = error(What::Size(u64::from(magnitude)));
    let mib = u64::from(magnitude)
        .checked_mul(1_u64.checked_shl(scale).ok_or(wrong)?)
        .ok_or(wrong)?;
    let size = size_by_mib(mib)?;
    if !ecc {
        return Ok(size);
    }
    size.checked_mul(15).map(|size| size / 16).ok_or(wrong)
}

/// How much memory a card has whose register counts in MiB.
///
/// # Errors
///
/// It would be none, or more than there can be.
pub fn size_by_mib(mib: u64) -> Result<u64> {
    mib.checked_mul(MIB)
        .filter(|size| *size != 0)
        .ok_or(error(What::Size(mib)))
}

/// Where the workspace of the VGA begins.
fn vga_workspace(fb: u64, from_display: Option<u64>) -> Result<u64> {
    let base = below(fb, MIB, 1)?.start;
    match from_display {
        None => Ok(base),
        Some(place) if place < base => Ok(below(fb, 128 * KIB, 1)?.start),
        Some(place) if place < fb => Ok(place),
        Some(start) => Err(error(What::Outside { start, size: 1 })),
    }
}

/// `size` bytes that end no higher than `end` and begin at a multiple of `align`.
fn below(end: u64, size: u64, align: u64) -> Result<Region> {
    let needs = size;
    let start = end.checked_sub(size);
    let start = start.ok_or(error(What::NoRoom { needs, has: end }))?;
    let start = align_down(start, align);
    Ok(Region {
        start,
        end: start.saturating_add(size),
    })
}

const fn error(what: What) -> Error {
    Error {
        part: Part::FrameBuffer,
        at: 0,
        what,
    }
}
