// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Tables and pools are cut up without changing what any entry says. The 64-bit objects have
//! relocations with addends (RELA), the 32-bit ones keep the addend in the field (REL).

mod assembly;

use std::collections::BTreeMap;

use assembly::{Bits, assemble, each, layout};
use object::read::elf::SectionHeader as _;
use object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};
use object::{Endianness, File, RelocationTarget, SectionIndex, elf};
use xtask::link::split::{EntrySizes, split};

/// Assembles and splits.
fn cut(bits: Bits, source: &str) -> anyhow::Result<(Vec<u8>, Option<Vec<u8>>)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("layout.o");
    layout(bits, &path);
    let sizes = EntrySizes::read(&path)?;
    let path = dir.path().join("x.o");
    assemble(bits, source, &path);
    let data = std::fs::read(path)?;
    let split = split(&data, &sizes)?;
    Ok((data, split))
}

fn is_split(bits: Bits, source: &str) -> (Vec<u8>, Vec<u8>) {
    let (before, after) = cut(bits, source).unwrap();
    (before, after.expect("there is something to cut"))
}

/// What a reference in a section means: where it stands, and what it points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    at: u64,
    /// The name of the section and the first bytes there, or the name of an undefined symbol.
    to: (String, Vec<u8>),
}

fn references(file: &File<'_>, section: SectionIndex) -> Vec<Reference> {
    let section = file.section_by_index(section).unwrap();
    let data = section.data().unwrap();
    let code = section.name().unwrap().starts_with(".text");
    let mut found: Vec<_> = section
        .relocations()
        .map(|(at, relocation)| {
            let RelocationTarget::Symbol(symbol) = relocation.target() else {
                panic!("a relocation without a symbol")
            };
            let symbol = file.symbol_by_index(symbol).unwrap();
            let addend = if relocation.has_implicit_addend() {
                let start = usize::try_from(at).unwrap();
                i64::from(i32::from_le_bytes(
                    data[start..start + 4].try_into().unwrap(),
                ))
            } else {
                relocation.addend()
            };
            let Some(index) = symbol.section_index() else {
                return Reference {
                    at,
                    to: (symbol.name().unwrap().to_owned(), Vec::new()),
                };
            };
            // A branch counts from the end of its field.
            let bias = if code { 4 } else { 0 };
            let target = file.section_by_index(index).unwrap();
            let offset = symbol.address().wrapping_add_signed(addend + bias);
            let bytes = &target.data().unwrap()[usize::try_from(offset).unwrap()..];
            let bytes = bytes[..bytes.len().min(2)].to_vec();
            Reference {
                at,
                to: (target.name().unwrap().to_owned(), bytes),
            }
        })
        .collect();
    found.sort();
    found
}

/// The parts of a table: the name of the section that each belongs to, its bytes without fields
/// that a relocation fills, and its references.
fn parts(data: &[u8], table: &str) -> BTreeMap<String, (Vec<u8>, Vec<Reference>)> {
    let file = File::parse(data).unwrap();
    let mut parts = BTreeMap::new();
    for section in file.sections().filter(|s| s.name() == Ok(table)) {
        let owner = owner(data, section.index()).expect("SHF_LINK_ORDER");
        let owner = file.section_by_index(owner).unwrap();
        let references = references(&file, section.index());
        let mut bytes = section.data().unwrap().to_vec();
        for reference in &references {
            let at = usize::try_from(reference.at).unwrap();
            bytes[at..at + 4].fill(0);
        }
        let old = parts.insert(owner.name().unwrap().to_owned(), (bytes, references));
        assert!(old.is_none(), "two parts of one function");
    }
    parts
}

/// The section that another one is tied to.
fn owner(data: &[u8], section: SectionIndex) -> Option<SectionIndex> {
    fn of<H: object::read::elf::FileHeader<Endian = Endianness>>(
        data: &[u8],
        section: SectionIndex,
    ) -> Option<SectionIndex> {
        let header = H::parse(data).unwrap();
        let endian = header.endian().unwrap();
        let section = header
            .sections(endian, data)
            .unwrap()
            .section(section)
            .unwrap();
        let tied = section.sh_flags(endian).contains(elf::SHF_LINK_ORDER);
        tied.then(|| section.link(endian))
    }
    if File::parse(data).unwrap().is_64() {
        of::<elf::FileHeader64<Endianness>>(data, section)
    } else {
        of::<elf::FileHeader32<Endianness>>(data, section)
    }
}

/// Two functions with bugs: f at both ends of the table, g in the middle.
const BUGS: &str = r#"
    .section .rodata.str, "a"
        .byte 9
    file: .byte 0x66, 0x69
    .section .text.f, "ax"
    f:  nop
    1:  ud2
    3:  ud2
    .section .text.g, "ax"
    .globl g
    g:  nop
        nop
    2:  ud2
    .section __bug_table, "aw"
        .long 1b - .
        .long file - .
        .word 0x11, 0x1
        .long 2b - .
        .long file - .
        .word 0x22, 0x2
        .long 3b - .
        .long file - .
        .word 0x33, 0x3
"#;

#[test]
fn a_table_has_one_part_a_function() {
    each(|bits| {
        let (_, after) = is_split(bits, BUGS);
        let parts = parts(&after, "__bug_table");
        assert_eq!(parts.len(), 2);
        let entry = |line: u8, flags: u8| [0, 0, 0, 0, 0, 0, 0, 0, line, 0, flags, 0];
        let (f, g) = (&parts[".text.f"], &parts[".text.g"]);
        assert_eq!(f.0, [entry(0x11, 1), entry(0x33, 3)].concat());
        assert_eq!(g.0, entry(0x22, 2));
        let ud2 = |at, section: &str| Reference {
            at,
            to: (section.to_owned(), vec![0x0f, 0x0b]),
        };
        let file = |at| Reference {
            at,
            to: (".rodata.str".to_owned(), b"fi".to_vec()),
        };
        assert_eq!(
            f.1,
            [ud2(0, ".text.f"), file(4), ud2(12, ".text.f"), file(16)]
        );
        assert_eq!(g.1, [ud2(0, ".text.g"), file(4)]);
    });
}

/// A table whose entries are one reference each needs no size from the layout object.
#[test]
fn a_table_of_plain_references() {
    each(|bits| {
        let (_, after) = is_split(
            bits,
            r#"
    .section .text.f, "ax"
    1:  lock addl $0, 0
    .section .text.g, "ax"
    2:  lock addl $0, 0
    .section .smp_locks, "a"
        .balign 4
        .long 2b - .
        .long 1b - .
        "#,
        );
        let parts = parts(&after, ".smp_locks");
        let owners: Vec<_> = parts.keys().map(String::as_str).collect();
        assert_eq!(owners, [".text.f", ".text.g"]);
        for (owner, (_, references)) in &parts {
            assert_eq!(references.len(), 1);
            assert_eq!(references[0].to, (owner.clone(), vec![0xf0, 0x83]));
        }
    });
}

/// Replacements of alternatives, one with a call in it and an empty one at the end of the pool, and
/// a function that jumps into the other pool.
const ALTERNATIVES: &str = r#"
    .section .text.f, "ax"
    f:  jmp 7f
    1:  nop
    2:  ret
    .section .text.g, "ax"
    g:
    3:  nop
    4:  ret
    .section .altinstr_aux, "ax"
        xor %eax, %eax
    7:  mov $0x77, %cl
        jmp 2b
    .section .altinstr_replacement, "ax"
    5:  call outside
    6:  mov $0x66, %bl
    8:
    .section .altinstructions, "a"
        .long 1b - ., 5b - .
        .long 0x05010001
        .long 3b - ., 6b - .
        .long 0x02010002
        .long 3b - ., 8b - .
        .long 0x00010003
"#;

#[test]
fn pools_are_cut_where_they_are_referred_to() {
    each(|bits| {
        let (before, after) = is_split(bits, ALTERNATIVES);
        let file = File::parse(after.as_slice()).unwrap();
        let pieces = |name: &str| file.sections().filter(|s| s.name() == Ok(name)).count();
        assert_eq!(pieces(".altinstr_replacement"), 2);
        assert_eq!(pieces(".altinstr_aux"), 2);

        let parts = parts(&after, ".altinstructions");
        let to = |at, section: &str, bytes: &[u8]| Reference {
            at,
            to: (section.to_owned(), bytes.to_vec()),
        };
        let pool = ".altinstr_replacement";
        let f = &parts[".text.f"].1;
        assert_eq!(f[0], to(0, ".text.f", &[0x90, 0xc3]));
        assert_eq!((f[1].at, f[1].to.0.as_str(), f[1].to.1[0]), (4, pool, 0xe8));
        let g = &parts[".text.g"].1;
        assert_eq!(g[1], to(4, pool, &[0xb3, 0x66]));
        assert_eq!(g[3], to(16, pool, &[]));

        // The code in and around the pools still goes where it went.
        let code = |data: &[u8], name: &str| -> Vec<Reference> {
            let file = File::parse(data).unwrap();
            let sections = file.sections().filter(|s| s.name() == Ok(name));
            sections
                .flat_map(|s| references(&file, s.index()))
                .collect()
        };
        let jump = code(&after, ".text.f");
        assert_eq!(jump, code(&before, ".text.f"));
        assert_eq!(jump[0].to, (".altinstr_aux".to_owned(), vec![0xb1, 0x77]));
        let call = code(&after, pool);
        assert_eq!((call.len(), call[0].to.0.as_str()), (1, "outside"));
    });
}

#[test]
fn an_object_without_tables_is_left_alone() {
    each(|bits| {
        let (_, after) = cut(bits, ".section .text.f, \"ax\"\nf: call g\n").unwrap();
        assert!(after.is_none());
    });
}

#[test]
fn what_cannot_be_cut_is_refused() {
    let cases = [
        (
            ".section .text.f, \"ax\"\n1: ud2\n.section __bug_table, \"aw\"\n.long 1b - ., 0",
            "8 bytes are no multiple of 12",
        ),
        (
            ".data\n1: .long 0\n.section __bug_table, \"aw\"\n.long 1b - ., 0, 0",
            "the entry at 0x0 belongs to no function",
        ),
        (
            ".section .text.f, \"ax\"\n1: nop\n.section .smp_locks, \"a\"\n.long 1b - .\n.long 0, 1b - .",
            "its entries are not of one size",
        ),
    ];
    each(|bits| {
        for (source, reason) in cases {
            let error = format!("{:#}", cut(bits, source).unwrap_err());
            assert!(error.contains(reason), "{error}");
        }
    });
}

/// A table about tables would keep them whole.
#[test]
fn notes_on_the_entries_of_tables_go() {
    let source = ".section .text.f,\"ax\"\n1: ud2\n.section .text.g,\"ax\"\n2: ud2\n\
        .section __bug_table,\"aw\"\n3: .long 1b - ., 0, 0x1111\n4: .long 2b - ., 0, 0x2222\n\
        .section .discard.annotate_data,\"M\",@progbits,8\n.long 3b - ., 1\n.long 4b - ., 1\n";
    each(|bits| {
        let (_, after) = is_split(bits, source);
        let file = File::parse(after.as_slice()).unwrap();
        let named = |name: &str| {
            let sections = file.sections();
            sections
                .filter(|s| s.name().unwrap().contains(name))
                .count()
        };
        assert_eq!(named("annotate_data"), 0);
        // Two pieces, each with its relocations.
        assert_eq!(named("__bug_table"), 4);
    });
}

/// GCC's table of padded functions names every function of a file: it must not keep them.
#[test]
fn a_table_of_padding_for_a_whole_file_goes() {
    let one = ".section .text.a,\"ax\",@progbits\na: nop\n\
        .section __patchable_function_entries,\"awo\",@progbits,.text.a\n.long a\n";
    let two = format!("{one}.long b\n.section .text.b,\"ax\",@progbits\nb: nop\n");
    let names = |data: &[u8]| -> Vec<String> {
        let file = File::parse(data).unwrap();
        file.sections()
            .map(|s| s.name().unwrap().to_owned())
            .collect()
    };
    let (before, after) = is_split(Bits::B64, &two);
    assert!(
        names(&before)
            .iter()
            .any(|name| name == "__patchable_function_entries")
    );
    assert!(
        !names(&after)
            .iter()
            .any(|name| name.contains("__patchable_function_entries"))
    );
    assert!(names(&after).iter().any(|name| name == ".text.b"));
    // One that names a single function lives and dies with it, as it should.
    assert!(cut(Bits::B64, one).unwrap().1.is_none());
}
