// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Signatures of microcode that the model knows how to check.
//!
//! There is no secret in them. They stand for what a card does with the vendor's key: a signature is
//! right for one piece of code, one engine, one microcode id and one version, and for nothing else.

use vgpu_facts::rom::SIGNATURE;

use super::noise;

/// What is signed, beside the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The engines that it may run on.
    pub engines: u32,
    /// Which microcode it is: 1 to 16.
    pub id: u8,
    /// Its version, as the fuse has it.
    pub version: u32,
}

/// The right signature.
#[must_use]
pub fn sign(code: &[u8], terms: Terms) -> Vec<u8> {
    let terms_bytes = [terms.engines, u32::from(terms.id), terms.version].map(u32::to_le_bytes);
    let all = code.iter().chain(terms_bytes.as_flattened());
    noise(fnv(all), SIGNATURE)
}

fn fnv<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_makes_another_signature() {
        let terms = Terms {
            engines: 0x400,
            id: 9,
            version: 2,
        };
        let right = sign(b"code", terms);
        assert_eq!(right.len(), SIGNATURE);
        assert_eq!(right, sign(b"code", terms));
        assert_ne!(right, sign(b"codf", terms));
        for other in [
            Terms {
                engines: 1,
                ..terms
            },
            Terms { id: 8, ..terms },
            Terms {
                version: 1,
                ..terms
            },
        ] {
            assert_ne!(right, sign(b"code", other));
        }
    }
}
