// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! How BAR 1 and BAR 2 reach the card's memory: as it lies, until the GSP runs and a driver has given it
//! tables; then through those. The GSP has the first page of them, the driver makes the others.
//!
//! A virtual address has 49 bits. Three directories have an entry of 8 bytes for each 128 TiB, 256 GiB and
//! 512 MiB; the fourth has 16 for each 2 MiB: for pages of 64 KiB, and for pages of 4 KiB.

use vgpu_facts::register::BAR3_SIZE;

use super::Gpu;

const PAGE: u64 = 4096;
const BIG_PAGE: u64 = 64 << 10;
const HUGE_PAGE: u64 = 2 << 20;

/// The first three directories: the lowest bit of the address that each looks at, and how many.
const DIRECTORIES: [(u32, u32); 3] = [(47, 2), (38, 9), (29, 9)];
/// What an UPDATE_BAR_PDE for the first of them has for its level.
const LEVEL: u64 = 47;

/// Bit 0 of an entry: it is a page's.
const VALID: u64 = 1;
/// Where what an entry points at is, in bits 2:1.
const DIRECTORY_IN_VRAM: u64 = 1;
const PAGE_IN_VRAM: u64 = 0;

/// Where in what the firmware keeps for itself its two directories are.
const OWN_DIRECTORIES: u64 = 0x1_0000;

/// The sizes that follow each other in UPDATE_BAR_PDE.
const UPDATE_SIZE: usize = 24;

/// Bits 32:8 of an entry are bits 36:12 of an address.
fn address(entry: u64) -> u64 {
    (entry >> 8 & 0x1ff_ffff) << 12
}

fn place(entry: u64) -> u64 {
    entry >> 1 & 3
}

/// The next table.
fn next(entry: u64, address: u64) -> Option<u64> {
    (place(entry) == DIRECTORY_IN_VRAM).then_some(address)
}

impl Gpu {
    /// The firmware's own first directory for BAR 1 or BAR 2.
    pub(super) fn own_directory(&self, bar: u32) -> u64 {
        let index = u64::from(bar != 1);
        self.rm_reserved() + OWN_DIRECTORIES + index * PAGE
    }

    /// Where in memory a place in BAR 1 or BAR 3, which drivers call BAR 2, is.
    fn translate(&self, bar: u32, offset: u64) -> Result<u64, String> {
        let root = self.own_directory(bar);
        if self.rm_has_tables() && self.entry(root) != 0 {
            return self.walk(root, offset);
        }
        // The one shows the start of memory, the other its end.
        let end = self.vram.size().saturating_sub(BAR3_SIZE);
        Ok(if bar == 1 {
            offset
        } else {
            end.saturating_add(offset)
        })
    }

    fn entry(&self, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.vram.read(at, &mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Follows the tables.
    fn walk(&self, root: u64, virt: u64) -> Result<u64, String> {
        let word = |at| self.entry(at);
        let mut table = root;
        for (shift, bits) in DIRECTORIES {
            let at = table + 8 * (virt >> shift & ((1 << bits) - 1));
            let entry = word(at);
            table = next(entry, address(entry)).ok_or_else(|| {
                format!("the directory of bit {shift} has {entry:#x} at {at:#x} for {virt:#x}")
            })?;
        }
        let at = table + 16 * (virt >> 21 & 0xff);
        let (big, small) = (word(at), word(at + 8));
        let page = |entry: u64, size: u64| {
            let is_there = entry & VALID != 0 && place(entry) == PAGE_IN_VRAM;
            is_there.then(|| address(entry) + virt % size)
        };
        if let Some(found) = page(big, HUGE_PAGE) {
            return Ok(found);
        }
        // Tables of big pages may be shorter than a page, so that their addresses have more bits.
        let big_table = next(big, (big >> 4 & 0x1fff_ffff) << 8);
        let big_page = big_table.and_then(|table| {
            let entry = word(table + 8 * (virt >> 16 & 0x1f));
            page(entry, BIG_PAGE)
        });
        let small_page = || {
            let table = next(small, address(small))?;
            page(word(table + 8 * (virt >> 12 & 0x1ff)), PAGE)
        };
        let found = big_page.or_else(small_page);
        found.ok_or_else(|| {
            format!("there is no page for {virt:#x}: {big:#x}, {small:#x} at {at:#x}")
        })
    }

    /// A window is read.
    pub(super) fn window_read(&mut self, bar: u32, offset: u64, into: &mut [u8]) {
        for (piece, at) in pieces(offset, into.len()) {
            let bytes = into.get_mut(piece).unwrap_or_default();
            match self.translate(bar, at) {
                Ok(address) => self.vram.read(address, bytes),
                Err(text) => {
                    bytes.fill(0xff);
                    self.journal.complain(format!("BAR {bar} is read: {text}"));
                }
            }
        }
    }

    /// A window is written to.
    pub(super) fn window_write(&mut self, bar: u32, offset: u64, from: &[u8]) {
        for (piece, at) in pieces(offset, from.len()) {
            let bytes = from.get(piece).unwrap_or_default();
            match self.translate(bar, at) {
                Ok(address) => self.memory_write(address, bytes),
                Err(text) => self
                    .journal
                    .complain(format!("BAR {bar} is written to: {text}")),
            }
        }
    }

    /// UPDATE_BAR_PDE: the first entry of the firmware's own directory.
    pub(super) fn update_directory(&mut self, payload: &[u8]) -> Result<(), String> {
        let Ok(bytes) = <&[u8; UPDATE_SIZE]>::try_from(payload) else {
            return Err(format!("{} bytes, not {UPDATE_SIZE}", payload.len()));
        };
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or([0; 8]));
        let (bar, entry, level) = (word(0) as u32, word(8), word(16));
        if bar > 1 {
            return Err(format!("barType is {bar}"));
        }
        if level != LEVEL {
            return Err(format!("entryLevelShift is {level}, not {LEVEL}"));
        }
        if entry != 0 && next(entry, 0).is_none() {
            return Err(format!("entryValue {entry:#x} is not of the card's memory"));
        }
        let at = self.own_directory(bar + 1);
        self.vram.write(at, &entry.to_le_bytes());
        self.journal.say(format!(
            "the GSP: the tables of BAR {} are at {:#x}",
            bar + 1,
            address(entry)
        ));
        Ok(())
    }
}

/// The pieces of a range that are in one page each, and where those are.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (std::ops::Range<usize>, u64)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done >= length {
            return None;
        }
        let at = offset.wrapping_add(done as u64);
        let left = (PAGE - at % PAGE) as usize;
        let piece = done..length.min(done + left);
        done = piece.end;
        Some((piece, at))
    })
}
