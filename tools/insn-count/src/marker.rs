// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The instructions that begin and end a section.
//!
//! `0f 1f 80 imm32` is a no-operation of seven bytes, in 32-bit and in 64-bit code; compilers and
//! the kernel write it with a displacement of 0. In ours the upper half says that it is ours, the
//! lower half which section it is, and its top bit that the section ends.

/// How long a marker is.
pub const LENGTH: usize = 7;

const OPCODE: [u8; 3] = [0x0f, 0x1f, 0x80];
const OURS: u32 = 0x4654_0000;
const STOP: u32 = 0x8000;

/// What a marker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// The section of this number begins.
    Start(u16),
    /// It ends.
    Stop(u16),
}

impl Marker {
    /// Reads an instruction.
    #[must_use]
    pub fn read(bytes: &[u8; LENGTH]) -> Option<Self> {
        let [a, b, c, rest @ ..] = *bytes;
        if [a, b, c] != OPCODE {
            return None;
        }
        Self::decode(u32::from_le_bytes(rest))
    }

    /// Reads a displacement.
    #[must_use]
    pub fn decode(word: u32) -> Option<Self> {
        if word & 0xffff_0000 != OURS {
            return None;
        }
        let id = (word & (STOP - 1)) as u16;
        Some(if word & STOP == 0 {
            Self::Start(id)
        } else {
            Self::Stop(id)
        })
    }

    /// The displacement that says it.
    #[must_use]
    pub fn encode(self) -> u32 {
        match self {
            Self::Start(id) => OURS | u32::from(id),
            Self::Stop(id) => OURS | STOP | u32::from(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for id in [0, 1, 77, 0x7fff] {
            for marker in [Marker::Start(id), Marker::Stop(id)] {
                assert_eq!(Marker::decode(marker.encode()), Some(marker));
            }
        }
        let bytes = [0x0f, 0x1f, 0x80, 0x05, 0x80, 0x54, 0x46];
        assert_eq!(Marker::read(&bytes), Some(Marker::Stop(5)));
    }

    #[test]
    fn other_instructions_are_no_markers() {
        assert_eq!(Marker::read(&[0x0f, 0x1f, 0x80, 0, 0, 0, 0]), None);
        assert_eq!(Marker::read(&[0x90, 0x1f, 0x80, 5, 0, 0x54, 0x46]), None);
        assert_eq!(Marker::decode(0x4653_0001), None);
    }
}
