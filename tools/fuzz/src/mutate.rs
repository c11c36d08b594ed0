// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Makes wrong inputs of right ones.

use fastrand::Rng;

/// Numbers at which something changes.
const INTERESTING: [u64; 24] = [
    0,
    1,
    2,
    3,
    4,
    0x0f,
    0x10,
    0x7f,
    0x80,
    0xff,
    0x100,
    0xfff,
    0x1000,
    0x7fff,
    0x8000,
    0xffff,
    0x10_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

/// How many changes an input gets at most, but for rare ones with a heap of them.
const CHANGES: usize = 4;

/// Changes an input. `other` is one of the same kind that pieces may come from.
pub fn change(input: &mut Vec<u8>, other: &[u8], words: &[&str], longest: usize, rng: &mut Rng) {
    let most = if rng.u8(..) < 8 { 32 } else { CHANGES };
    for _ in 0..rng.usize(1..=most) {
        one(input, other, words, rng);
    }
    input.truncate(longest);
}

fn one(input: &mut Vec<u8>, other: &[u8], words: &[&str], rng: &mut Rng) {
    if input.is_empty() {
        let size = rng.usize(1..64);
        input.extend(std::iter::repeat_with(|| rng.u8(..)).take(size));
        return;
    }
    let at = place(input.len(), rng);
    match rng.u8(0..20) {
        0 | 1 => input[at] ^= 1 << rng.u8(0..8),
        2 => input[at] = rng.u8(..),
        3 => input.truncate(at),
        4..=6 => {
            let value = INTERESTING[rng.usize(0..INTERESTING.len())];
            number(input, at, value, rng);
        }
        7 => {
            // Lengths and places are near the length of the whole.
            let near = input.len() as u64;
            let value = near.wrapping_add(rng.u64(0..16)).wrapping_sub(8);
            number(input, at, value, rng);
        }
        8 => {
            let value = rng.u64(..) >> rng.u32(0..64);
            number(input, at, value, rng);
        }
        9 | 10 => add(input, at, rng),
        11 => {
            // Once more what stands elsewhere.
            let size = piece(input.len() - at, rng);
            let from = rng.usize(0..=input.len() - size);
            input.copy_within(from..from + size, at);
        }
        12 => {
            let size = piece(input.len() - at, rng);
            input.drain(at..at + size);
        }
        13 => {
            let size = piece(input.len() - at, rng);
            let copy = input[at..at + size].to_vec();
            let to = place(input.len() + 1, rng);
            input.splice(to..to, copy);
        }
        14 => {
            let size = piece(input.len() - at, rng);
            let value = [0, 0xff, b'0', b' ', rng.u8(..)][rng.usize(0..5)];
            input[at..at + size].fill(value);
        }
        15 if !other.is_empty() => {
            let from = rng.usize(0..other.len());
            let size = piece(other.len() - from, rng);
            let end = (at + size).min(input.len());
            input.splice(at..end, other[from..from + size].iter().copied());
        }
        16 if !other.is_empty() => {
            // The start of one and the end of the other.
            let from = rng.usize(0..other.len());
            input.truncate(at);
            input.extend(&other[from..]);
        }
        _ if !words.is_empty() => {
            let word = words[rng.usize(0..words.len())].as_bytes();
            let end = if rng.bool() {
                (at + word.len()).min(input.len())
            } else {
                at
            };
            input.splice(at..end, word.iter().copied());
        }
        _ => input[at] = input[at].wrapping_add(if rng.bool() { 1 } else { 0xff }),
    }
}

/// Headers are at the start, and what is at the very end is often forgotten.
fn place(size: usize, rng: &mut Rng) -> usize {
    match rng.u8(0..5) {
        0 | 1 => rng.usize(0..size),
        2 => rng.usize(0..size.min(0x80)),
        3 => rng.usize(0..size.min(0x400)),
        _ => size - 1 - rng.usize(0..size.min(0x80)),
    }
}

/// How long a piece is: mostly short.
fn piece(most: usize, rng: &mut Rng) -> usize {
    let size = if rng.u8(0..8) == 0 {
        rng.usize(0..=most)
    } else {
        rng.usize(1..=64)
    };
    size.min(most)
}

fn width(left: usize, rng: &mut Rng) -> usize {
    [1, 2, 4, 8][rng.usize(0..4)].min(left)
}

/// Writes a number, mostly where numbers stand: at a multiple of its width.
fn number(input: &mut [u8], at: usize, value: u64, rng: &mut Rng) {
    let width = width(input.len() - at, rng);
    let at = if rng.u8(0..4) == 0 {
        at
    } else {
        at - at % width
    };
    let bytes = if rng.u8(0..8) == 0 {
        (value << (64 - 8 * width)).to_be_bytes()
    } else {
        value.to_le_bytes()
    };
    input[at..at + width].copy_from_slice(&bytes[..width]);
}

/// Makes the number that stands somewhere a little larger or smaller.
fn add(input: &mut [u8], at: usize, rng: &mut Rng) {
    let width = width(input.len() - at, rng);
    let mut bytes = [0; 8];
    bytes[..width].copy_from_slice(&input[at..at + width]);
    let step = rng.u64(1..=16);
    let step = if rng.bool() {
        step
    } else {
        step.wrapping_neg()
    };
    let sum = u64::from_le_bytes(bytes).wrapping_add(step);
    input[at..at + width].copy_from_slice(&sum.to_le_bytes()[..width]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_make_the_same_inputs() {
        let make = |seed| {
            let mut rng = Rng::with_seed(seed);
            let mut inputs = Vec::new();
            for _ in 0..200 {
                let mut input = b"a right input, of some length".to_vec();
                change(&mut input, b"another one", &["word"], 64, &mut rng);
                assert!(input.len() <= 64);
                inputs.push(input);
            }
            inputs
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        let all = make(3);
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert!(different.len() > 150, "{}", different.len());
    }

    #[test]
    fn nothing_becomes_something() {
        let mut rng = Rng::with_seed(7);
        for _ in 0..1000 {
            let mut input = Vec::new();
            change(&mut input, &[], &[], 16, &mut rng);
            assert!(input.len() <= 16);
        }
    }
}
