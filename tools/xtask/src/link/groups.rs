// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Dissolves section groups.
//!
//! A group says that its sections are kept or dropped together, or that one of several copies is
//! enough. Only the counters of a build that counts come in groups, and each copy of theirs is as
//! good as another. `object` reads groups, and cannot write them.
//!
//! LLVM gives a function's counters no name, but names their group after them: that name goes to
//! the counters themselves, so that [`super::coverage`] finds it behind the link.

use std::borrow::Cow;

use object::elf::{
    SHF_EXCLUDE, SHF_GROUP, SHF_INFO_LINK, SHT_GROUP, SHT_PROGBITS, SHT_REL, SHT_RELA,
};
use object::read::elf::{FileHeader, SectionHeader as _, SectionTable};
use object::{Endianness, elf};

/// The object without groups: their sections stand alone, and what is left of a group itself is
/// a section that no linker takes.
#[must_use]
pub fn ungrouped(data: &[u8]) -> Cow<'_, [u8]> {
    let dissolved = match object::FileKind::parse(data) {
        Ok(object::FileKind::Elf64) => dissolve::<elf::FileHeader64<Endianness>>(data),
        Ok(object::FileKind::Elf32) => dissolve::<elf::FileHeader32<Endianness>>(data),
        _ => None,
    };
    // If it has none, or is no object, that is for the reader to say.
    dissolved.map_or(Cow::Borrowed(data), Cow::Owned)
}

/// Where a section's header has its type and its flags: the same in both classes, but for the
/// width of the flags, of which we want the lower half.
const TYPE: usize = 4;
const FLAGS: usize = 8;

/// Where a symbol has the index of its section, by the size of a symbol.
const SYMBOL_SECTION: [(u64, usize); 2] = [(24, 6), (16, 14)];

fn dissolve<Header: FileHeader<Endian = Endianness>>(data: &[u8]) -> Option<Vec<u8>> {
    let header = Header::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, data).ok()?;
    if !sections.iter().any(|s| s.sh_type(endian) == SHT_GROUP) {
        return None;
    }
    let table: usize = header.e_shoff(endian).into().try_into().ok()?;
    let mut copy = data.to_vec();
    for (index, section) in sections.iter().enumerate() {
        let at = table + index * size_of_val(section);
        let flags: u64 = section.sh_flags(endian).0;
        let (kind, flags) = if section.sh_type(endian) == SHT_GROUP {
            if let Some((at, index)) = counters(&sections, section, endian, data) {
                copy.get_mut(at..at + 2)?
                    .copy_from_slice(&index.to_le_bytes());
            }
            (SHT_PROGBITS, flags | SHF_EXCLUDE.0)
        } else {
            let kind = section.sh_type(endian);
            let flags = flags & !SHF_GROUP.0;
            // In a group LLVM does not say that the number of the section that is relocated is one,
            // and without that it would be left as it is where sections before it are taken out.
            let is_of_another = [SHT_RELA, SHT_REL].contains(&kind);
            (
                kind,
                flags | if is_of_another { SHF_INFO_LINK.0 } else { 0 },
            )
        };
        let flags = u32::try_from(flags).ok()?;
        put(&mut copy, at + TYPE, kind.0)?;
        put(&mut copy, at + FLAGS, flags)?;
    }
    Some(copy)
}

/// For a group of counters: where its symbol has the index of its section, and what that should be.
fn counters<Header: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Header>,
    group: &Header::SectionHeader,
    endian: Endianness,
    data: &[u8],
) -> Option<(usize, u16)> {
    let members = group.data(endian, data).ok()?.chunks_exact(4).skip(1);
    let index = members
        .filter_map(|word| Some(u32::from_le_bytes(word.try_into().ok()?)))
        .find(|&index| {
            let section = sections.section(object::SectionIndex(index as usize));
            section.is_ok_and(|s| {
                sections.section_name(endian, s) == Ok(super::coverage::SECTION.as_bytes())
            })
        })?;
    let symbols = object::SectionIndex(group.sh_link(endian) as usize);
    let symbols = sections.section(symbols).ok()?;
    let size: u64 = symbols.sh_entsize(endian).into();
    let (_, field) = SYMBOL_SECTION.iter().find(|(entry, _)| *entry == size)?;
    let start: u64 = symbols.sh_offset(endian).into();
    let at = start.checked_add(size.checked_mul(group.sh_info(endian).into())?)?;
    let at = usize::try_from(at).ok()?.checked_add(*field)?;
    // Indices from 0xff00 on stand elsewhere.
    let index = u16::try_from(index).ok().filter(|&index| index < 0xff00)?;
    Some((at, index))
}

fn put(data: &mut [u8], at: usize, word: u32) -> Option<()> {
    let place = data.get_mut(at..at + 4)?;
    place.copy_from_slice(&word.to_le_bytes());
    Some(())
}
