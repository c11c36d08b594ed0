// SPDX-License-Identifier: GPL-2.0-only

//! Makes images of everything that is parsed. It has numbers where the crate has names and types: what
//! shares nothing does not share a mistake either.

pub(crate) mod firmware;
pub(crate) mod message;
pub(crate) mod vbios;

/// Bytes that are written at places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image(pub(crate) Vec<u8>);

impl Image {
    pub(crate) fn of(size: usize) -> Self {
        Self(vec![0; size])
    }

    /// Writes `bytes` at `at`; the image grows if it must.
    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        if self.0.len() < at + bytes.len() {
            self.0.resize(at + bytes.len(), 0);
        }
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(crate) fn u8(&mut self, at: usize, value: u8) -> &mut Self {
        self.put(at, &[value])
    }

    pub(crate) fn u16(&mut self, at: usize, value: u16) -> &mut Self {
        self.put(at, &value.to_le_bytes())
    }

    pub(crate) fn u32(&mut self, at: usize, value: u32) -> &mut Self {
        self.put(at, &value.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, at: usize, value: u64) -> &mut Self {
        self.put(at, &value.to_le_bytes())
    }

    /// Words, one behind the other.
    pub(crate) fn words(&mut self, at: usize, words: &[u32]) -> &mut Self {
        for (index, word) in words.iter().enumerate() {
            self.u32(at + 4 * index, *word);
        }
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Reads a word of `bytes`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Reads a word of 64 bits of `bytes`.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Bytes that are all different from their neighbours, and from those of another `seed`.
pub(crate) fn pattern(seed: u8, size: usize) -> Vec<u8> {
    (0..size)
        .map(|index| (index as u8).wrapping_mul(31).wrapping_add(seed) ^ (index >> 8) as u8)
        .collect()
}
