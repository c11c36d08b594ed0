// SPDX-License-Identifier: GPL-2.0-only

//! Elements of a queue, as the GSP writes them.

use super::{Image, u32_at};

/// The sum by the words of the definition: over all words of 64 bits, then over the halves.
pub(crate) fn sum(bytes: &[u8]) -> u32 {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let words = bytes.chunks(8).map(|word| {
        let (low, high) = (u32_at(word, 0), u32_at(word, 4));
        low ^ high
    });
    words.fold(0, |sum, word| sum ^ word)
}

/// An element with a payload.
pub(crate) fn element(function: u32, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut element = Image::of(80);
    element
        .u32(0x24, sequence)
        .u32(0x28, (80 + payload.len()).div_ceil(4096) as u32)
        .u32(0x30, 0x0300_0000)
        .put(0x34, b"VRPC")
        .u32(0x38, 32 + payload.len() as u32)
        .u32(0x3c, function)
        .put(0x50, payload);
    let sum = sum(&element.0);
    element.u32(0x20, sum);
    element.0
}

/// The payload of an event with a list of register accesses.
pub(crate) fn sequence(words: &[u32]) -> Vec<u8> {
    let mut payload = Image::of(40);
    payload
        .words(0, &[words.len() as u32, words.len() as u32])
        .words(40, words);
    payload.0
}
