// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Whose code lies where: the guest's `/proc/kallsyms`.

use anyhow::{Result, ensure};

/// A name of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    address: u64,
    /// The function, or the section if no function begins there.
    pub name: String,
    /// The module that it is in; none for the kernel's own image.
    pub module: Option<String>,
}

/// All names of code, by address.
#[derive(Debug, Default)]
pub struct Symbols(Vec<Symbol>);

/// Where on the disk the next list begins.
const EACH: usize = 16 << 20;

impl Symbols {
    /// Reads every list that the guest has written to its disk.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn all(disk: &[u8]) -> Result<Vec<Self>> {
        disk.chunks(EACH)
            .take_while(|list| list.first().is_some_and(|byte| *byte != 0))
            .map(|list| Self::parse(&String::from_utf8_lossy(list)))
            .collect()
    }

    /// Reads `/proc/kallsyms`, ended by a line `end`.
    ///
    /// # Errors
    ///
    /// The end is missing: not all of it was written.
    pub fn parse(text: &str) -> Result<Self> {
        let mut symbols = Vec::new();
        let mut lines = text.lines();
        let is_whole = lines
            .by_ref()
            .take_while(|line| *line != "end")
            .map(|line| symbols.extend(Symbol::parse(line)))
            .count()
            < text.lines().count();
        ensure!(
            is_whole,
            "the guest did not write all of its symbols: {} came",
            symbols.len()
        );
        // A function's own name counts for more than that of the section which it begins.
        symbols.sort_by_key(|symbol| (symbol.address, !symbol.name.starts_with('.')));
        Ok(Self(symbols))
    }

    /// The last name at or before an address.
    #[must_use]
    pub fn at(&self, address: u64) -> Option<&Symbol> {
        let after = self.0.partition_point(|symbol| symbol.address <= address);
        self.0.get(after.checked_sub(1)?)
    }
}

impl Symbol {
    /// `ffffffffc0000000 t rnull_queue [rnull]`, with a tab or a space
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let address = u64::from_str_radix(words.next()?, 16).ok()?;
        let is_code = matches!(words.next()?, "t" | "T" | "w" | "W");
        let name = words.next()?.to_owned();
        let module = words.next().and_then(|word| {
            let word = word.strip_prefix('[')?.strip_suffix(']')?;
            Some(word.to_owned())
        });
        is_code.then_some(Self {
            address,
            name,
            module,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000100 t first
ffffffffc0001000 t .text [rnull]
ffffffffc0001000 t rnull_queue\t[rnull]
ffffffffc0001800 d a_table [rnull]
ffffffffc0002000 t .text [null_blk]
end
\0\0";

    #[test]
    fn code_belongs_to_the_last_name_before_it() {
        let symbols = Symbols::parse(TEXT).unwrap();
        let at = |address| {
            let symbol = symbols.at(address)?;
            Some((symbol.name.as_str(), symbol.module.as_deref()))
        };
        assert_eq!(at(0xffff_ffff_8100_0000), Some(("_stext", None)));
        assert_eq!(at(0xffff_ffff_8100_01ff), Some(("first", None)));
        let queue = Some(("rnull_queue", Some("rnull")));
        assert_eq!(at(0xffff_ffff_c000_1000), queue);
        assert_eq!(at(0xffff_ffff_c000_1fff), queue);
        let other = Some((".text", Some("null_blk")));
        assert_eq!(at(0xffff_ffff_c000_2004), other);
        assert_eq!(at(0x1000), None);
    }

    #[test]
    fn the_lists_of_a_disk_are_apart() {
        let mut disk = vec![0; 4 * EACH];
        disk[..TEXT.len()].copy_from_slice(TEXT.as_bytes());
        let later = "ffffffffc0001000 t other_queue [other]\nend\n";
        disk[EACH..EACH + later.len()].copy_from_slice(later.as_bytes());
        let lists = Symbols::all(&disk).unwrap();
        let names: Vec<_> = lists
            .iter()
            .map(|list| list.at(0xffff_ffff_c000_1004).unwrap().name.as_str())
            .collect();
        assert_eq!(names, ["rnull_queue", "other_queue"]);
        // One that is too long runs into the next, and has no end of its own.
        let at = EACH - TEXT.len() / 2;
        disk[..EACH].fill(b' ');
        disk[at..at + TEXT.len()].copy_from_slice(TEXT.as_bytes());
        assert!(Symbols::all(&disk).is_err());
    }

    #[test]
    fn half_a_list_is_refused() {
        let half = TEXT.split_once("end").unwrap().0;
        assert!(Symbols::parse(half).is_err());
    }
}
