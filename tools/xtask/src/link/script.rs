// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The linker script: every section that may stand in a module, by name.
//!
//! A section that is not named here makes the link fail, on purpose: a table that the kernel reads
//! must not vanish in silence while the code that needs it stays. The linker would only complain of
//! a section that it keeps, and nothing refers to a table: so [`unknown`] looks at what goes in.

use std::fmt::Write as _;

use anyhow::Result;
use object::elf::SHF_ALLOC;
use object::read::{Object as _, ObjectSection as _};
use object::{File, SectionFlags};

/// What is kept for its own sake is inside `KEEP`; everything else lives if something refers to
/// it, or, for the tables, if the function lives that an entry belongs to.
const TEXT: &str = "\
SECTIONS
{
  /* What the module loader looks for. */
  .init.text 0 : { KEEP(*(.init.text)) }
  .exit.text 0 : { KEEP(*(.exit.text)) }
  .init.data 0 : { KEEP(*(.init.data)) }
  .exit.data 0 : { KEEP(*(.exit.data)) }
  .modinfo 0 : { KEEP(*(.modinfo)) }
  __param 0 : { KEEP(*(__param)) }
TESTS
  /* A module's own trace events: the kernel looks for all of them. */
  _ftrace_events 0 : { KEEP(*(_ftrace_events)) }
  __tracepoints_ptrs 0 : { KEEP(*(__tracepoints_ptrs)) }
  __tracepoints 0 : { KEEP(*(__tracepoints)) }
  __tracepoints_strings 0 : { *(__tracepoints_strings) }
  __bpf_raw_tp_map 0 : { KEEP(*(__bpf_raw_tp_map)) }
  .static_call.text 0 : { *(.static_call.text) }

  /* Code and data. */
  .noinstr.text 0 : { *(.noinstr.text) }
  .text 0 : { *(.text .text.*) }
  .rodata 0 : {
    /* Only modpost reads them. */
    KEEP(*(.rodata.ferrite_device_table))
    *(.rodata .rodata.*) *(.data.rel.ro .data.rel.ro.*)
  }
  /* Numbers of types in BTF, which trace events refer to; zero where nobody fills them in. */
  .BTF_ids 0 : { *(.BTF_ids) }
  .data..ro_after_init 0 : { *(.data..ro_after_init) }
  .data..read_mostly 0 : { *(.data..read_mostly) }
  .data 0 : { *(.data .data.* .ref.data) }
  .bss 0 : { *(.bss .bss.*) }

  /* Tables: each entry is tied to its function. */
  __bug_table 0 : { *(__bug_table) }
  __ex_table 0 : { *(__ex_table) }
  __jump_table 0 : { *(__jump_table) }
  .altinstructions 0 : { *(.altinstructions) }
  .altinstr_replacement 0 : { *(.altinstr_replacement) }
  .altinstr_aux 0 : { *(.altinstr_aux) }
  .parainstructions 0 : { *(.parainstructions) }
  .smp_locks 0 : { *(.smp_locks) }

  /* Notes to objtool, which drops them. */
  .discard.reachable 0 : { *(.discard.reachable) }
  .discard.unreachable 0 : { *(.discard.unreachable) }
  .discard.retpoline_safe 0 : { *(.discard.retpoline_safe) }
  .discard.instr_begin 0 : { *(.discard.instr_begin) }
  .discard.instr_end 0 : { *(.discard.instr_end) }
  .discard.intra_function_calls 0 : { *(.discard.intra_function_calls) }
  .discard.annotate_insn 0 : { *(.discard.annotate_insn) }
  .discard.noendbr 0 : { *(.discard.noendbr) }
  .discard.ibt_endbr_noseal 0 : { *(.discard.ibt_endbr_noseal) }
  /* Keeps symbols addressable for the compiler; nobody reads it. */
  .discard.addressable 0 : { *(.discard.addressable) }

  /* Read by the link checks, then removed. */
  .stack_sizes 0 : { *(.stack_sizes) }

  /DISCARD/ : {
    *(.comment) *(.note.*) *(.eh_frame) *(.llvmbc) *(.llvmcmd) *(.llvm_addrsig) *(.debug_*)
    /* Where a function's padding begins: only for tracers, and our functions are not traced. */
    *(__patchable_function_entries)
    /* Where entries of tables begin and end: for tools that make live patches. */
    *(.discard.annotate_data)
    *(.group)
    /* Which tracepoints a file uses: for the kernel's own build. */
    *(__tracepoint_check)
    /* Tests of crates that this module does not run. */
    *(.ferrite_ktest.*)
    /* What a profiler of the compiler's own would read. */
    *(__llvm_prf_cnts) *(__llvm_prf_data) *(__llvm_prf_names) *(__llvm_covfun) *(__llvm_covmap)
  }
}
";

/// The counters of a build that counts which functions run; each lives with its function.
const COVERAGE: &str = "  __llvm_prf_cnts 0 : {
    __ferrite_coverage_start = .;
    *(__llvm_prf_cnts)
    __ferrite_coverage_end = .;
  }
";

/// The script for a module that runs the tests of these crates, or of none if it is to be used;
/// `counted` says whether it counts which functions run.
#[must_use]
pub fn text(tests_of: &[String], counted: bool) -> String {
    let mut tests = String::new();
    if !tests_of.is_empty() {
        tests.push_str("  .ferrite_ktest 0 : {\n    __ferrite_ktest_start = .;\n");
        for name in tests_of {
            // Writing to a string does not fail.
            let _ = writeln!(tests, "    KEEP(*(.ferrite_ktest.{name}))");
        }
        tests.push_str("    __ferrite_ktest_end = .;\n  }\n");
    }
    if counted {
        tests.push_str(COVERAGE);
    }
    TEXT.replace("TESTS\n", &tests)
}

/// The sections of an object that would be loaded with a module and that the script does not name.
///
/// # Errors
///
/// The object is not well formed.
pub fn unknown(object: &[u8]) -> Result<Vec<String>> {
    let mut unknown = Vec::new();
    for section in File::parse(object)?.sections() {
        let loaded = match section.flags() {
            SectionFlags::Elf { sh_flags, .. } => sh_flags.contains(SHF_ALLOC),
            _ => false,
        };
        let name = section.name()?;
        if loaded && !is_named(name) {
            unknown.push(name.to_owned());
        }
    }
    Ok(unknown)
}

/// Whether a pattern of the script matches.
fn is_named(section: &str) -> bool {
    patterns().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => section.starts_with(start),
        None => section == pattern,
    })
}

/// The words inside of `*( )`.
fn patterns() -> impl Iterator<Item = &'static str> {
    let lists = TEXT.split("*(").skip(1);
    lists.flat_map(|list| {
        list.split(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
    })
}

#[cfg(test)]
mod tests {
    use super::{is_named, patterns, text};

    #[test]
    fn only_the_tests_of_the_named_crates_are_kept() {
        assert!(!text(&[], false).contains("KEEP(*(.ferrite_ktest"));
        let text = text(&["kernel".to_owned(), "unit".to_owned()], true);
        assert!(text.contains("KEEP(*(.ferrite_ktest.kernel))\n    KEEP(*(.ferrite_ktest.unit))"));
        assert!(!text.contains("TESTS"));
    }

    #[test]
    fn patterns_match_as_the_linker_does() {
        assert!(patterns().any(|pattern| pattern == "__bug_table"));
        assert!(patterns().all(|pattern| !pattern.trim_end_matches('*').contains(['*', '?', '['])));
        assert!(is_named(".text") && is_named(".text.f") && is_named(".note.gnu.property"));
        assert!(!is_named(".textual") && !is_named("__bug_tables") && !is_named("__weird"));
    }
}
