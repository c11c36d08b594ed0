// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Cuts tables up, so that link-time garbage collection can treat their entries one by one.
//!
//! The kernel's inline assembly writes entries into sections such as `__bug_table`, one section a
//! file. An entry points at the instruction that it is about; so keeping the table would keep every
//! function of the file. Here each function's entries become a section of their own, marked
//! `SHF_LINK_ORDER` to that function's section: the linker then keeps them exactly if it keeps the
//! function. Pools of code, such as the replacements of alternatives, are cut at the places that
//! are referred to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use object::build::ByteString;
use object::build::elf::{Builder, Relocation, SectionData, SectionId};
use object::elf;
use object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};

/// Sizes of the entries of tables whose entries are the kernel's structs.
#[derive(Debug, Clone, Default)]
pub struct EntrySizes(BTreeMap<&'static str, usize>);

/// The symbol in the layout object that holds the size of a table's entries.
const SIZES: &[(&str, &str)] = &[
    ("__bug_table", "ferrite_size_bug_entry"),
    ("__ex_table", "ferrite_size_exception_table_entry"),
    ("__jump_table", "ferrite_size_jump_entry"),
    (".altinstructions", "ferrite_size_alt_instr"),
    (".parainstructions", "ferrite_size_paravirt_patch_site"),
];

/// Tables whose entries are one reference, or references at equal distances.
const PLAIN: &[&str] = &[
    ".smp_locks",
    ".discard.reachable",
    ".discard.unreachable",
    ".discard.retpoline_safe",
    ".discard.instr_begin",
    ".discard.instr_end",
    ".discard.intra_function_calls",
    ".discard.annotate_insn",
    ".discard.noendbr",
    ".discard.ibt_endbr_noseal",
];

/// Sections that hold pieces of code for several functions.
const POOLS: &[&str] = &[".altinstr_replacement", ".altinstr_aux"];

impl EntrySizes {
    /// Reads the sizes that the kernel's compiler wrote into the layout object.
    ///
    /// # Errors
    ///
    /// The object cannot be read, or a size is missing.
    pub fn read(path: &Path) -> Result<Self> {
        let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file = object::File::parse(data.as_slice())?;
        let mut sizes = BTreeMap::new();
        for symbol in file.symbols() {
            let Some((table, _)) = SIZES.iter().find(|(_, name)| symbol.name() == Ok(*name)) else {
                continue;
            };
            let section = symbol.section_index().context("a size is not defined")?;
            let section = file.section_by_index(section)?;
            let bytes = section
                .data_range(symbol.address(), 4)?
                .context("a size is not initialised")?;
            sizes.insert(*table, u32::from_le_bytes(bytes.try_into()?) as usize);
        }
        Ok(Self(sizes))
    }
}

/// A section that is cut, with the section of its relocations.
struct Cut {
    section: SectionId,
    relocations: SectionId,
    name: String,
}

/// Splits the tables of one object. `None` if it has none.
///
/// # Errors
///
/// The object is not well formed, or an entry belongs to no function.
pub fn split(data: &[u8], sizes: &EntrySizes) -> Result<Option<Vec<u8>>> {
    let mut builder = Builder::read(data)?;
    let tables = cuts(&builder, |name| {
        sizes.0.contains_key(name) || PLAIN.contains(&name)
    });
    let pools = cuts(&builder, |name| POOLS.contains(&name));
    // GCC writes one such table a file, tied to one function and naming all of them; LLVM one a
    // function. It says where padding begins, which only tracers ask.
    let mut unread = cuts(&builder, |name| name == "__patchable_function_entries");
    unread.retain(|cut| relocations(&builder, cut.relocations).len() > 1);
    // Which bytes of the tables make up an entry: for tools that make live patches.
    unread.extend(cuts(&builder, |name| name == ".discard.annotate_data"));
    if tables.is_empty() && pools.is_empty() && unread.is_empty() {
        return Ok(None);
    }
    for table in &unread {
        drop_cut(&mut builder, table);
    }
    // LLVM keeps the names of sections and of symbols in one table; the writer wants two.
    if !builder
        .sections
        .iter()
        .any(|s| matches!(s.data, SectionData::SectionString))
    {
        let names = builder.sections.add();
        names.name = ByteString::from(".shstrtab".as_bytes());
        names.sh_type = elf::SHT_STRTAB;
        names.sh_addralign = 1;
        names.data = SectionData::SectionString;
    }
    // Pools first: the tables' references into them then name the pieces.
    for pool in &pools {
        split_pool(&mut builder, pool).with_context(|| format!("section {}", pool.name))?;
    }
    for table in &tables {
        split_table(&mut builder, table, sizes)
            .with_context(|| format!("section {}", table.name))?;
    }
    let mut out = Vec::new();
    builder.write(&mut out)?;
    Ok(Some(out))
}

/// The sections whose names are wanted, in file order.
fn cuts(builder: &Builder<'_>, wanted: impl Fn(&str) -> bool) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for section in &builder.sections {
        let Ok(name) = std::str::from_utf8(section.name.as_slice()) else {
            continue;
        };
        if !wanted(name) {
            continue;
        }
        let id = section.id();
        let is_ours = |s: &&object::build::elf::Section<'_>| {
            s.sh_info_section == Some(id) && matches!(s.data, SectionData::Relocation(_))
        };
        if let Some(relocations) = builder.sections.iter().find(is_ours) {
            cuts.push(Cut {
                section: id,
                relocations: relocations.id(),
                name: name.to_owned(),
            });
        }
    }
    cuts
}

fn bytes(builder: &Builder<'_>, id: SectionId) -> Result<Vec<u8>> {
    match &builder.sections.get(id).data {
        SectionData::Data(data) => Ok(data.to_vec()),
        _ => bail!("the section has no contents"),
    }
}

fn relocations(builder: &Builder<'_>, id: SectionId) -> Vec<Relocation> {
    match &builder.sections.get(id).data {
        SectionData::Relocation(relocations) => {
            let mut relocations = relocations.clone();
            relocations.sort_by_key(|r| r.r_offset);
            relocations
        }
        _ => Vec::new(),
    }
}

/// The section that a relocation points into.
fn target(builder: &Builder<'_>, relocation: &Relocation) -> Option<SectionId> {
    builder.symbols.get(relocation.symbol?).section
}

fn is_code(builder: &Builder<'_>, id: SectionId) -> bool {
    builder
        .sections
        .get(id)
        .sh_flags
        .contains(elf::SHF_EXECINSTR)
}

/// One section for the entries of each function.
fn split_table(builder: &mut Builder<'_>, cut: &Cut, sizes: &EntrySizes) -> Result<()> {
    let data = bytes(builder, cut.section)?;
    let relocations = relocations(builder, cut.relocations);
    let size = match sizes.0.get(cut.name.as_str()) {
        Some(size) => *size,
        None => plain_size(&data, &relocations)?,
    };
    ensure!(
        size > 0 && data.len().is_multiple_of(size),
        "{} bytes are no multiple of {size}",
        data.len()
    );
    // The entries of each function, in order: alternatives of one place apply in file order.
    let mut owners: Vec<(SectionId, Vec<usize>)> = Vec::new();
    for start in (0..data.len()).step_by(size) {
        let entry = in_range(&relocations, start..start + size);
        let code = entry
            .filter_map(|r| target(builder, r))
            .find(|id| is_code(builder, *id));
        let owner =
            code.ok_or_else(|| anyhow!("the entry at {start:#x} belongs to no function"))?;
        match owners.iter_mut().find(|(id, _)| *id == owner) {
            Some((_, starts)) => starts.push(start),
            None => owners.push((owner, vec![start])),
        }
    }
    for (owner, starts) in owners {
        let mut part = Vec::new();
        let mut moved = Vec::new();
        for start in starts {
            let to = part.len() as u64;
            part.extend_from_slice(&data[start..start + size]);
            let entry = in_range(&relocations, start..start + size);
            moved.extend(entry.map(|r| Relocation {
                r_offset: r.r_offset - start as u64 + to,
                ..*r
            }));
        }
        let new = add_part(builder, cut, part, moved);
        let section = builder.sections.get_mut(new);
        section.sh_flags |= elf::SHF_LINK_ORDER;
        section.sh_link_section = Some(owner);
    }
    drop_cut(builder, cut);
    Ok(())
}

/// The size of an entry that has one reference.
fn plain_size(data: &[u8], relocations: &[Relocation]) -> Result<usize> {
    ensure!(!relocations.is_empty(), "a table with no references");
    let size = data.len() / relocations.len();
    let even = relocations
        .iter()
        .enumerate()
        .all(|(i, r)| r.r_offset == (i * size) as u64);
    ensure!(
        even && size * relocations.len() == data.len(),
        "its entries are not of one size"
    );
    Ok(size)
}

fn in_range(
    relocations: &[Relocation],
    range: std::ops::Range<usize>,
) -> impl Iterator<Item = &Relocation> {
    relocations
        .iter()
        .filter(move |r| range.contains(&(r.r_offset as usize)))
}

/// Adds a section with its relocations, like the one that is cut.
fn add_part(
    builder: &mut Builder<'_>,
    cut: &Cut,
    data: Vec<u8>,
    moved: Vec<Relocation>,
) -> SectionId {
    let section = builder.sections.copy(cut.section);
    section.data = SectionData::Data(data.into());
    let id = section.id();
    if !moved.is_empty() {
        let section = builder.sections.copy(cut.relocations);
        section.data = SectionData::Relocation(moved);
        section.sh_info_section = Some(id);
    }
    id
}

/// Takes the section that was cut out of the object, with the symbols that stand for it.
fn drop_cut(builder: &mut Builder<'_>, cut: &Cut) {
    builder.sections.get_mut(cut.section).delete = true;
    builder.sections.get_mut(cut.relocations).delete = true;
    for symbol in &mut builder.symbols {
        if symbol.section == Some(cut.section) {
            symbol.delete = true;
        }
    }
}

/// A reference into a pool: where the relocation stands, and the offset that it means.
struct Reference {
    relocations: SectionId,
    index: usize,
    offset: u64,
    /// What its addend says beyond the offset: -4 where an instruction ends behind the field.
    bias: i64,
}

/// One section for each piece that something refers to.
fn split_pool(builder: &mut Builder<'_>, cut: &Cut) -> Result<()> {
    let data = bytes(builder, cut.section)?;
    let own = relocations(builder, cut.relocations);
    let references = references(builder, cut.section)?;
    let mut starts: BTreeSet<u64> = references.iter().map(|r| r.offset).collect();
    starts.insert(0);
    let starts: Vec<u64> = starts
        .into_iter()
        .filter(|start| *start < data.len() as u64)
        .collect();
    let mut pieces = BTreeMap::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(data.len() as u64);
        let part = data[*start as usize..end as usize].to_vec();
        let moved = in_range(&own, *start as usize..end as usize);
        let moved = moved
            .map(|r| Relocation {
                r_offset: r.r_offset - start,
                ..*r
            })
            .collect();
        let section = add_part(builder, cut, part, moved);
        let name: ByteString<'_> = format!("{}.{start:x}", cut.name).into_bytes().into();
        let symbol = builder.symbols.add();
        symbol.name = name;
        symbol.section = Some(section);
        symbol.set_st_info(elf::STB_LOCAL, elf::STT_NOTYPE);
        pieces.insert(*start, symbol.id());
    }
    for reference in &references {
        // An empty replacement at the very end of the pool points behind the last piece.
        let (start, symbol) = pieces
            .range(..=reference.offset)
            .next_back()
            .context("a reference before the pool")?;
        let addend = (reference.offset - start) as i64 + reference.bias;
        retarget(builder, reference, *symbol, addend)?;
    }
    drop_cut(builder, cut);
    Ok(())
}

/// All references into a section from elsewhere.
fn references(builder: &Builder<'_>, pool: SectionId) -> Result<Vec<Reference>> {
    let mut found = Vec::new();
    for section in &builder.sections {
        let SectionData::Relocation(list) = &section.data else {
            continue;
        };
        let Some(place) = section.sh_info_section else {
            continue;
        };
        for (index, relocation) in list.iter().enumerate() {
            if target(builder, relocation) != Some(pool) {
                continue;
            }
            ensure!(place != pool, "a reference from the section to itself");
            let symbol = relocation
                .symbol
                .map(|id| builder.symbols.get(id))
                .context("a relocation without symbol")?;
            let addend = match section.sh_type {
                elf::SHT_REL => implicit_addend(&bytes(builder, place)?, relocation.r_offset)?,
                _ => relocation.r_addend,
            };
            let is_branch = is_code(builder, place) && is_relative(builder, relocation.r_type);
            let bias = if is_branch { -4 } else { 0 };
            let offset = u64::try_from(symbol.st_value as i64 + addend - bias)
                .context("a reference before the pool")?;
            found.push(Reference {
                relocations: section.id(),
                index,
                offset,
                bias,
            });
        }
    }
    Ok(found)
}

fn is_relative(builder: &Builder<'_>, kind: elf::RelocationType) -> bool {
    if builder.is_64 {
        matches!(kind, elf::R_X86_64_PC32 | elf::R_X86_64_PLT32)
    } else {
        matches!(kind, elf::R_386_PC32 | elf::R_386_PLT32)
    }
}

fn implicit_addend(data: &[u8], offset: u64) -> Result<i64> {
    let at = offset as usize;
    let field = data
        .get(at..at + 4)
        .context("a relocation outside of its section")?;
    Ok(i64::from(i32::from_le_bytes(field.try_into()?)))
}

/// Lets a reference name another symbol.
fn retarget(
    builder: &mut Builder<'_>,
    reference: &Reference,
    symbol: object::build::elf::SymbolId,
    addend: i64,
) -> Result<()> {
    let section = builder.sections.get_mut(reference.relocations);
    let implicit = section.sh_type == elf::SHT_REL;
    let place = section.sh_info_section;
    let SectionData::Relocation(list) = &mut section.data else {
        bail!("no relocations")
    };
    let relocation = &mut list[reference.index];
    relocation.symbol = Some(symbol);
    let at = relocation.r_offset as usize;
    if implicit {
        let place = place.context("relocations without a section")?;
        let SectionData::Data(data) = &mut builder.sections.get_mut(place).data else {
            bail!("no contents")
        };
        let field = data
            .to_mut()
            .get_mut(at..at + 4)
            .context("a relocation outside of its section")?;
        field.copy_from_slice(&i32::try_from(addend)?.to_le_bytes());
    } else {
        relocation.r_addend = addend;
    }
    Ok(())
}
