// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which counter belongs to which function, in a module that counts what runs.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};

/// Where [`counters`] is kept, in the directory of a module's link.
pub const FILE: &str = "counters";

/// The section of the counters, and what the name of each function's begins with.
pub(super) const SECTION: &str = "__llvm_prf_cnts";
const PREFIX: &str = "__profc_";
/// The size of one.
const COUNTER: u64 = 8;

/// A line for each function, in the order of their counters: its first counter, how many it has,
/// its name as the linker sees it.
///
/// # Errors
///
/// The object is not well formed.
pub fn counters(object: &[u8]) -> Result<String> {
    let file = object::File::parse(object)?;
    let mut found = Vec::new();
    let Some(section) = file.section_by_name(SECTION) else {
        return Ok(String::new());
    };
    for symbol in file.symbols() {
        if symbol.section_index() != Some(section.index()) {
            continue;
        }
        if let Some(function) = symbol.name()?.strip_prefix(PREFIX) {
            found.push((symbol.address() / COUNTER, function));
        }
    }
    found.sort_unstable();
    let mut text = String::new();
    for (index, (first, function)) in found.iter().enumerate() {
        let end = section.size() / COUNTER;
        let next = found.get(index + 1).map_or(end, |(next, _)| *next);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{first} {} {function}", next - first);
    }
    Ok(text)
}

/// The counters of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The first and the one behind the last.
    pub range: std::ops::Range<u64>,
    /// The function's name, for people.
    pub function: String,
}

/// Reads what [`counters`] has written.
///
/// # Errors
///
/// It is not that.
pub fn parse(text: &str) -> Result<Vec<Counted>> {
    let line = |line: &str| -> Option<Counted> {
        let mut words = line.split(' ');
        let first: u64 = words.next()?.parse().ok()?;
        let count: u64 = words.next()?.parse().ok()?;
        Some(Counted {
            range: first..first.checked_add(count)?,
            function: format!("{:#}", rustc_demangle::demangle(words.next()?)),
        })
    };
    text.lines()
        .map(|text| line(text).with_context(|| format!("'{text}' is no line of counters")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_for_people() {
        let counted = parse("0 1 init_module\n1 3 _RNvCs4Q2Qx8jI5j6_1a5plain\n").unwrap();
        assert_eq!(counted[1].function, "a::plain");
        assert_eq!(counted[1].range, 1..4);
        assert!(parse("x 1 f\n").is_err());
    }
}
