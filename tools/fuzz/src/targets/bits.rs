// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Takes an input apart into numbers and pieces. What is missing is zero: every input means something.

/// What is left of an input.
pub(super) struct Bits<'a>(pub(super) &'a [u8]);

impl<'a> Bits<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As many bytes as there are, up to `most`.
    pub(super) fn piece(&mut self, most: usize) -> &'a [u8] {
        let (piece, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        piece
    }

    fn number<const N: usize>(&mut self) -> [u8; N] {
        let piece = self.piece(N);
        let mut bytes = [0; N];
        bytes[..piece.len()].copy_from_slice(piece);
        bytes
    }

    pub(super) fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.number())
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.number())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.number())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.number())
    }

    /// A piece with its length before it, in two bytes.
    pub(super) fn counted(&mut self) -> &'a [u8] {
        let size = usize::from(self.u16());
        self.piece(size)
    }
}

/// A piece with its length before it.
pub(super) fn counted(out: &mut Vec<u8>, piece: &[u8]) {
    out.extend((piece.len() as u16).to_le_bytes());
    out.extend(piece);
}

/// Words, as bytes.
pub(super) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
