// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What is checked on a linked module before anything is loaded.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use anyhow::{Context as _, Result, bail};
use object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};
use object::{RelocationTarget, SectionIndex, SectionKind};

use super::symvers::Symvers;
use super::{Options, frame_limit};
use crate::kernels::Arch;

/// What the checks found out.
#[derive(Debug, Default)]
pub struct Findings {
    /// Undefined symbols that nothing refers to.
    pub unused: BTreeSet<String>,
    /// Bytes of code.
    pub text: u64,
    /// Places that can panic.
    pub panic_sites: u64,
    /// The largest stack frame of a Rust function, and whose it is.
    pub frame: (u64, String),
}

impl Findings {
    /// For the person who builds.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self {
            text,
            panic_sites,
            frame,
            ..
        } = self;
        format!(
            "{text} bytes of code, {panic_sites} panic sites, largest frame {} bytes ({})",
            frame.0, frame.1
        )
    }
}

/// Symbols that Kbuild adds to the module after us.
const FROM_KBUILD: &[&str] = &["__this_module"];

/// Runs all checks.
///
/// # Errors
///
/// A check fails: everything that is wrong is in the message.
pub fn check(data: &[u8], options: &Options) -> Result<Findings> {
    let file = object::File::parse(data)?;
    let arch = if file.is_64() {
        Arch::X86_64
    } else {
        Arch::I386
    };
    let names = Names::of(&file);
    let mut findings = Findings::default();
    let mut wrong = Vec::new();

    let uses = uses(&file, &names)?;
    let symvers = fs::read_to_string(&options.symvers).with_context(|| {
        format!(
            "cannot read {}; install the kernel's headers package",
            options.symvers.display()
        )
    })?;
    wrong.extend(exports(&file, &uses, &Symvers::parse(&symvers))?);
    for symbol in file.symbols().filter(|s| s.is_undefined()) {
        let name = symbol.name()?;
        if !name.is_empty() && !uses.contains_key(name) {
            findings.unused.insert(name.to_owned());
        }
    }

    for (function, size) in frames(&file, &names)? {
        if size > frame_limit(arch) {
            wrong.push(format!(
                "{function}: a stack frame of {size} bytes, more than {}",
                frame_limit(arch)
            ));
        }
        if size >= findings.frame.0 {
            findings.frame = (size, function);
        }
    }

    for symbol in file.symbols().filter(|s| s.is_definition()) {
        let name = symbol.name()?;
        if SOFT_FLOAT.contains(&name) {
            let places = uses.get(name).map_or(&[][..], Vec::as_slice);
            wrong.push(format!(
                "{name}: floating point has no place in the kernel (used in {})",
                functions(places)
            ));
        }
    }

    findings.panic_sites = uses.values().flatten().filter(|site| site.panics).count() as u64;
    if let Some(limit) = options.panic_sites
        && findings.panic_sites > limit
    {
        let sites = uses.values().flatten().filter(|site| site.panics);
        wrong.push(format!(
            "{} panic sites, more than the {limit} in the module's Cargo.toml; they are in: {}",
            findings.panic_sites,
            functions(sites)
        ));
    }
    findings.text = file
        .sections()
        .filter(|s| s.kind() == SectionKind::Text)
        .map(|s| s.size())
        .sum();
    if !wrong.is_empty() {
        bail!("{}.ko:\n  {}", options.module, wrong.join("\n  "));
    }
    Ok(findings)
}

/// A place that refers to a symbol.
struct Use {
    function: String,
    panics: bool,
}

/// The functions of these places, each once.
fn functions<'a>(places: impl IntoIterator<Item = &'a Use>) -> String {
    let functions: BTreeSet<_> = places
        .into_iter()
        .map(|place| place.function.as_str())
        .collect();
    functions.into_iter().collect::<Vec<_>>().join(", ")
}

/// Every symbol that a relocation names, and from where.
fn uses(file: &object::File<'_>, names: &Names) -> Result<BTreeMap<String, Vec<Use>>> {
    let mut uses: BTreeMap<String, Vec<Use>> = BTreeMap::new();
    for section in file.sections() {
        if section.name()?.starts_with(".stack_sizes") {
            continue;
        }
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else {
                continue;
            };
            let symbol = file.symbol_by_index(index)?;
            let function = names.at(section.index(), offset);
            let name = symbol.name()?.to_owned();
            let panics = section.kind() == SectionKind::Text
                && is_panic(&demangled(&name))
                && !function.starts_with("core::panicking");
            uses.entry(name).or_default().push(Use { function, panics });
        }
    }
    Ok(uses)
}

/// Whether control never comes back from a function of `core`.
fn is_panic(name: &str) -> bool {
    const ENTRIES: &[&str] = &[
        "core::option::unwrap_failed",
        "core::option::expect_failed",
        "core::result::unwrap_failed",
        "core::cell::panic_already",
        "core::str::slice_error_fail",
        "core::slice::copy_from_slice_impl::len_mismatch_fail",
    ];
    name.starts_with("core::panicking::")
        || ENTRIES.iter().any(|entry| name.starts_with(entry))
        || (name.starts_with("core::slice::index::slice_") && name.contains("fail"))
}

fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// Symbols that the kernel does not let us have.
fn exports(
    file: &object::File<'_>,
    uses: &BTreeMap<String, Vec<Use>>,
    symvers: &Symvers,
) -> Result<Vec<String>> {
    let modinfo = match file.section_by_name(".modinfo") {
        Some(section) => section.uncompressed_data()?.into_owned(),
        None => Vec::new(),
    };
    let modinfo = String::from_utf8_lossy(&modinfo).into_owned();
    let values = |key: &str| -> Vec<String> {
        modinfo
            .split('\0')
            .filter_map(|item| Some(item.strip_prefix(key)?.to_owned()))
            .collect()
    };
    let gpl = values("license=")
        .iter()
        .any(|licence| licence.contains("GPL"));
    let imports = values("import_ns=");
    let mut wrong = Vec::new();
    for symbol in file.symbols().filter(|s| s.is_undefined()) {
        let name = symbol.name()?;
        let Some(places) = uses.get(name) else {
            continue;
        };
        if FROM_KBUILD.contains(&name) {
            continue;
        }
        if let Err(refusal) = symvers.allow(name, gpl, &imports) {
            wrong.push(format!(
                "{}: {refusal} (used in {})",
                demangled(name),
                functions(places)
            ));
        }
    }
    Ok(wrong)
}

/// The frame size of every function that rustc compiled.
fn frames(file: &object::File<'_>, names: &Names) -> Result<Vec<(String, u64)>> {
    let Some(section) = file.section_by_name(".stack_sizes") else {
        return Ok(Vec::new());
    };
    let data = section.uncompressed_data()?;
    let width = if file.is_64() { 8 } else { 4 };
    let mut frames = Vec::new();
    for (offset, relocation) in section.relocations() {
        let RelocationTarget::Symbol(index) = relocation.target() else {
            continue;
        };
        let symbol = file.symbol_by_index(index)?;
        let start = usize::try_from(offset)?;
        let addend = if relocation.has_implicit_addend() {
            let field = data
                .get(start..start + 4)
                .context("a truncated .stack_sizes")?;
            i64::from(i32::from_le_bytes(field.try_into()?))
        } else {
            relocation.addend()
        };
        let size = uleb128(data.get(start + width..).unwrap_or_default())
            .context("a truncated .stack_sizes")?;
        let Some(code) = symbol.section_index() else {
            continue;
        };
        let address = symbol.address().wrapping_add_signed(addend);
        frames.push((names.at(code, address), size));
    }
    Ok(frames)
}

fn uleb128(data: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for (index, byte) in data.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Which function or object lies where.
struct Names(HashMap<SectionIndex, BTreeMap<u64, String>>);

impl Names {
    fn of(file: &object::File<'_>) -> Self {
        let mut names: HashMap<SectionIndex, BTreeMap<u64, String>> = HashMap::new();
        for symbol in file.symbols() {
            let (Some(section), Ok(name)) = (symbol.section_index(), symbol.name()) else {
                continue;
            };
            if !name.is_empty() && !name.starts_with(".L") {
                names
                    .entry(section)
                    .or_default()
                    .insert(symbol.address(), demangled(name));
            }
        }
        Self(names)
    }

    fn at(&self, section: SectionIndex, offset: u64) -> String {
        let before = self
            .0
            .get(&section)
            .and_then(|symbols| symbols.range(..=offset).next_back());
        before.map_or_else(|| "?".to_owned(), |(_, name)| name.clone())
    }
}

/// What LLVM calls for floating point on a machine that has none.
const SOFT_FLOAT: &[&str] = &[
    "__addsf3",
    "__adddf3",
    "__subsf3",
    "__subdf3",
    "__mulsf3",
    "__muldf3",
    "__divsf3",
    "__divdf3",
    "__negsf2",
    "__negdf2",
    "__fixsfsi",
    "__fixdfsi",
    "__fixsfdi",
    "__fixdfdi",
    "__fixunssfsi",
    "__fixunsdfsi",
    "__fixunssfdi",
    "__fixunsdfdi",
    "__floatsisf",
    "__floatsidf",
    "__floatdisf",
    "__floatdidf",
    "__floatunsisf",
    "__floatunsidf",
    "__floatundisf",
    "__floatundidf",
    "__extendsfdf2",
    "__truncdfsf2",
    "__eqsf2",
    "__eqdf2",
    "__ltsf2",
    "__ltdf2",
    "__gesf2",
    "__gedf2",
    "__unordsf2",
    "__unorddf2",
    "__powisf2",
    "__powidf2",
];

#[cfg(test)]
mod tests {
    use super::{is_panic, uleb128};

    #[test]
    fn leb128() {
        assert_eq!(uleb128(&[0x08]), Some(8));
        assert_eq!(uleb128(&[0x88, 0x01]), Some(136));
        assert_eq!(uleb128(&[0x80]), None);
    }

    #[test]
    fn what_panics() {
        assert!(is_panic(
            "core::panicking::panic_const::panic_const_add_overflow"
        ));
        assert!(is_panic("core::slice::index::slice_index_fail"));
        assert!(!is_panic("core::fmt::write"));
    }
}
