// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a static key costs while it is off, in a finished module.
//!
//! `__jump_table` names, for each place where code asks a static key, the instruction there. A key of
//! the module's own, such as a tracepoint's, begins off; so where the code goes on straight while the
//! key is off, that instruction must do nothing: as the compiler wrote it, or as objtool made it of
//! a jump. Where the kernel's keys are asked, the kernel's macros decide.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use object::read::{
    Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionIndex,
};

const TABLE: &str = "__jump_table";

/// Where an entry has its code, and its key: two 32-bit offsets, then a word.
const CODE: u64 = 0;
const KEY: u64 = 8;

/// What the lowest bit of a key's address says in an entry: the code goes on straight while it is on.
const STRAIGHT_IF_ON: u64 = 1;

/// The instructions that do nothing, as compilers for either machine and objtool write them, of the two
/// lengths that a jump has.
const NOPS: &[&[u8]] = &[
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x3e, 0x8d, 0x74, 0x26, 0x00],
    &[0x66, 0x90],
];

/// A place where code asks a key of its own module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The function.
    pub function: String,
    /// Where in it.
    pub offset: u64,
    /// The bytes there: the instruction, and what follows it.
    pub code: Vec<u8>,
}

impl Check {
    /// Whether the instruction does nothing.
    #[must_use]
    pub fn is_nop(&self) -> bool {
        NOPS.iter().any(|nop| self.code.starts_with(nop))
    }
}

/// The places where a module asks its own keys and goes on straight while they are off.
///
/// # Errors
///
/// The module is not well formed.
pub fn checks(module: &[u8]) -> Result<Vec<Check>> {
    let file = object::File::parse(module)?;
    let mut found = Vec::new();
    for table in file.sections() {
        if table.name()? != TABLE {
            continue;
        }
        let data = table.uncompressed_data()?;
        let places = Places::of(&file, &table, &data)?;
        let size = if file.is_64() { 16 } else { 12 };
        for entry in (0..table.size()).step_by(size) {
            let (key, at) = places.get(entry + KEY)?;
            let Some(code) = places.get(entry + CODE)?.0 else {
                continue;
            };
            if key.is_some() && at & STRAIGHT_IF_ON == 0 {
                found.push(check(&file, code, places.get(entry + CODE)?.1)?);
            }
        }
    }
    Ok(found)
}

/// Fails if a key of the module's own costs more than an instruction that does nothing.
///
/// # Errors
///
/// It does: the message says where; or the module is not well formed.
pub fn verify(module: &[u8]) -> Result<()> {
    for check in checks(module)? {
        ensure!(
            check.is_nop(),
            "{}+{:#x} asks a static key that is off by something else than a no-op: {:02x?}",
            check.function,
            check.offset,
            check.code
        );
    }
    Ok(())
}

/// What the words of a table refer to: a section of the module, if it is not another's, and where in it.
struct Places(BTreeMap<u64, (Option<SectionIndex>, u64)>);

impl Places {
    fn of(file: &object::File<'_>, table: &object::Section<'_, '_>, data: &[u8]) -> Result<Self> {
        let mut places = BTreeMap::new();
        for (offset, relocation) in table.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else {
                continue;
            };
            let symbol = file.symbol_by_index(index)?;
            let addend = if relocation.has_implicit_addend() {
                let start = usize::try_from(offset)?;
                let field = data.get(start..start + 4).context("a truncated table")?;
                i64::from(i32::from_le_bytes(field.try_into()?))
            } else {
                relocation.addend()
            };
            let at = symbol.address().wrapping_add_signed(addend);
            places.insert(offset, (symbol.section_index(), at));
        }
        Ok(Self(places))
    }

    fn get(&self, offset: u64) -> Result<(Option<SectionIndex>, u64)> {
        let place = self.0.get(&offset);
        place
            .copied()
            .with_context(|| format!("{TABLE}+{offset:#x} refers to nothing"))
    }
}

fn check(file: &object::File<'_>, section: SectionIndex, at: u64) -> Result<Check> {
    let code = file.section_by_index(section)?.uncompressed_data()?;
    let start = usize::try_from(at)?;
    let code = code.get(start..).context("an entry behind the code")?;
    let before = file
        .symbols()
        .filter(|s| s.section_index() == Some(section) && s.address() <= at)
        .filter(|s| {
            s.name()
                .is_ok_and(|name| !name.is_empty() && !name.starts_with(".L"))
        })
        .max_by_key(|s| s.address());
    let (function, offset) = match before {
        Some(symbol) => {
            let name = rustc_demangle::demangle(symbol.name()?);
            (format!("{name:#}"), at - symbol.address())
        }
        None => ("?".to_owned(), at),
    };
    Ok(Check {
        function,
        offset,
        code: code.iter().take(5).copied().collect(),
    })
}
