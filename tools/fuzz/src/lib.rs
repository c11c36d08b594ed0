// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Wrong inputs for each parser of bytes that come from somewhere else.
//!
//! A [`Target`] is a parser with inputs that are right; [`mutate`] makes wrong ones of them, [`engine`]
//! tries them on all processors. A panic is a failure (an overflow and an index out of bounds are
//! panics: the profile `fuzz` has the checks on), and so is an input that takes too long, or more memory
//! than there is. [`shrink`] makes an input that fails small, and it is written to a file that can be
//! replayed.
//!
//! Nothing depends on time or on the number of threads: the cases of a target are dealt out in *lanes*,
//! each with its own numbers from the seed and its own corpus. An input whose outcome is new (another
//! error, another complaint) joins the corpus of its lane, so that later cases start behind the first
//! check. Same seed, same number of cases: same inputs.
//!
//! Of the ready-made, `bolero` and `libfuzzer` steer by coverage that needs a nightly compiler or a
//! sanitizer's runtime, and `mutatis` changes values of types; what was wanted is bytes, stable Rust,
//! repeatable, and one command. So the changes are made here, and the numbers come from `fastrand`.

#![forbid(unsafe_code)]

pub mod engine;
pub mod guard;
pub mod mutate;
pub mod report;
pub mod shrink;
pub mod targets;

/// A parser, and what it is given.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// `nova/vbios`
    pub name: &'static str,
    /// What it reads, in a line.
    pub about: &'static str,
    /// Inputs that are right, and some that are interesting.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads an input. What is returned says how it went: inputs with another number were read in another
    /// way.
    pub run: fn(&[u8]) -> u64,
    /// No input is longer, in bytes.
    pub longest: usize,
    /// Pieces that this parser knows.
    pub words: &'static [&'static str],
}

/// A number for what became of an input.
#[must_use]
pub fn outcome(value: impl std::hash::Hash) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
