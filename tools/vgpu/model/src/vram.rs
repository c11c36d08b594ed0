// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The frame buffer: as large as the card's, and only what was written takes memory here.

use std::collections::BTreeMap;

const PAGE: u64 = 4096;

/// The memory of the card.
#[derive(Debug, Clone)]
pub struct Vram {
    size: u64,
    pages: BTreeMap<u64, Box<[u8; PAGE as usize]>>,
}

impl Vram {
    /// So many bytes, all 0.
    #[must_use]
    pub fn new(size: u64) -> Self {
        Self {
            size,
            pages: BTreeMap::new(),
        }
    }

    /// How large it is.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes it takes here.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.pages.len() as u64 * PAGE
    }

    /// Reads; past the end there are ones.
    pub fn read(&self, address: u64, into: &mut [u8]) {
        into.fill(0xff);
        for (byte, at) in into.iter_mut().zip(address..=u64::MAX) {
            *byte = if at < self.size {
                let page = self.pages.get(&(at / PAGE));
                page.map_or(0, |page| page[(at % PAGE) as usize])
            } else {
                0xff
            };
        }
    }

    /// Writes; past the end that has no effect.
    pub fn write(&mut self, address: u64, from: &[u8]) {
        for (byte, at) in from.iter().zip(address..=u64::MAX) {
            if at < self.size {
                let new = || Box::new([0; PAGE as usize]);
                self.pages.entry(at / PAGE).or_insert_with(new)[(at % PAGE) as usize] = *byte;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_and_little_else() {
        let mut vram = Vram::new(24 << 30);
        vram.write((24 << 30) - 2, &[1, 2, 3]);
        vram.write(PAGE - 1, &[4, 5]);
        let mut bytes = [0; 3];
        vram.read((24 << 30) - 2, &mut bytes);
        assert_eq!(bytes, [1, 2, 0xff]);
        vram.read(PAGE - 1, &mut bytes);
        assert_eq!(bytes, [4, 5, 0]);
        assert_eq!(vram.used(), 3 * PAGE);
    }
}
