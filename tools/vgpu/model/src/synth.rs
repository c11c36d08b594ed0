// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a card or a firmware package would bring along, made here: nobody else's bytes are in it.
//!
//! - [`firmware`] is what a package of firmware has.
//! - [`rom`] is a VBIOS.
//! - [`sign`] signs microcode, so that the model can tell what is right from what was changed.

pub mod firmware;
pub mod rom;
pub mod sign;

/// Bytes that look like code: the same for the same seed.
#[must_use]
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let words = std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    });
    words.flat_map(u64::to_le_bytes).take(length).collect()
}

/// Bytes with room for everything that is put into them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if self.0.len() < end {
            self.0.resize(end, 0);
        }
        self.0[at..end].copy_from_slice(bytes);
    }

    pub(crate) fn put8(&mut self, at: usize, value: u8) {
        self.put(at, &[value]);
    }

    pub(crate) fn put16(&mut self, at: usize, value: u16) {
        self.put(at, &value.to_le_bytes());
    }

    pub(crate) fn put32(&mut self, at: usize, value: u32) {
        self.put(at, &value.to_le_bytes());
    }

    /// Where the next thing goes, at a multiple of `unit`.
    pub(crate) fn end(&self, unit: usize) -> usize {
        self.0.len().next_multiple_of(unit)
    }

    pub(crate) fn pad(&mut self, unit: usize) {
        self.0.resize(self.end(unit), 0);
    }
}
