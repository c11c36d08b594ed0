// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Objects and archives for the link's tests, made by the host's binutils.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

use object::read::{Object as _, ObjectSection as _, ObjectSymbol as _};
use xtask::link::{self, Options};
use xtask::run;

/// Which machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bits {
    B64,
    B32,
}

impl Bits {
    pub(crate) fn pick<T>(self, b64: T, b32: T) -> T {
        match self {
            Self::B64 => b64,
            Self::B32 => b32,
        }
    }
}

/// Runs a test for both machines, if the host has an assembler.
pub(crate) fn each(test: impl Fn(Bits)) {
    for bits in [Bits::B64, Bits::B32] {
        if Fixture::if_possible(bits).is_some() {
            test(bits);
        }
    }
}

/// Assembles `source` into `output`.
pub(crate) fn assemble(bits: Bits, source: &str, output: &Path) {
    let file = output.with_extension("s");
    std::fs::write(&file, source).unwrap();
    let mut command = Command::new("as");
    command.arg(bits.pick("--64", "--32")).arg("-o").arg(output);
    run::quiet(command.arg(&file)).unwrap();
}

/// The object that holds the sizes of table entries, as far as the tests have tables.
pub(crate) fn layout(bits: Bits, output: &Path) {
    let sizes = [
        ("bug_entry", 12),
        ("exception_table_entry", 12),
        ("jump_entry", 16),
        ("alt_instr", 12),
        ("paravirt_patch_site", 16),
    ];
    let mut source = ".section .rodata, \"a\"\n".to_owned();
    for (name, size) in sizes {
        source += &format!(".globl ferrite_size_{name}\nferrite_size_{name}: .long {size}\n");
    }
    assemble(bits, &source, output);
}

/// A directory with what Kbuild gives the link.
pub(crate) struct Fixture {
    bits: Bits,
    dir: tempfile::TempDir,
    pub(crate) options: Options,
}

const SYMVERS: &str = "0x1\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n\
    0x2\tdma_buf_fd\tvmlinux\tEXPORT_SYMBOL_GPL\tDMA_BUF\n\
    0x3\tkvm_only\tvmlinux\tEXPORT_SYMBOL_GPL\tmodule:kvm\n\
    0x4\tgpl_only\tvmlinux\tEXPORT_SYMBOL_GPL\t\n";

impl Fixture {
    pub(crate) fn if_possible(bits: Bits) -> Option<Self> {
        let found = run::quiet(Command::new("as").arg("--version")).is_ok();
        found.then(|| Self::new(bits))
    }

    pub(crate) fn new(bits: Bits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("Module.symvers"), SYMVERS).unwrap();
        std::fs::write(at("probes.h"), "").unwrap();
        layout(bits, &at("link_layout.o"));
        let options = Options {
            module: "test".to_owned(),
            library: at("libtest.a"),
            ld: format!("ld -m {}", bits.pick("elf_x86_64", "elf_i386")),
            objcopy: "objcopy".to_owned(),
            symvers: at("Module.symvers"),
            probes: at("probes.h"),
            panic_sites: None,
            ktest: Vec::new(),
            counted: false,
            work: at("work"),
            output: at("test.rust.o"),
            shims: vec![at("link_layout.o")],
        };
        Self { bits, dir, options }
    }

    fn object(&self, name: &str, source: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        assemble(self.bits, source, &path);
        path
    }

    /// Makes the library that stands for cargo's.
    pub(crate) fn rust(&mut self, source: &str) {
        let object = self.object("rust.o", source);
        let _ = std::fs::remove_file(&self.options.library);
        let mut ar = Command::new("ar");
        run::quiet(ar.arg("crs").arg(&self.options.library).arg(object)).unwrap();
    }

    /// Adds an object that stands for a C shim.
    pub(crate) fn shim(&mut self, source: &str) {
        let object = self.object("shim.o", source);
        self.options.shims.push(object);
    }

    pub(crate) fn link(&self) -> anyhow::Result<()> {
        link::link(&self.options)
    }

    pub(crate) fn linked(&self) -> Linked {
        Linked(std::fs::read(&self.options.output).unwrap())
    }
}

/// What the link made.
pub(crate) struct Linked(Vec<u8>);

impl Linked {
    fn file(&self) -> object::File<'_> {
        object::File::parse(self.0.as_slice()).unwrap()
    }

    pub(crate) fn undefined(&self) -> Vec<String> {
        let file = self.file();
        let symbols = file.symbols().filter(|s| s.is_undefined());
        let names = symbols.map(|s| s.name().unwrap().to_owned());
        names.filter(|name| !name.is_empty()).collect()
    }

    pub(crate) fn global(&self) -> Vec<String> {
        let file = self.file();
        let symbols = file
            .symbols()
            .filter(|s| s.is_definition() && s.is_global());
        symbols.map(|s| s.name().unwrap().to_owned()).collect()
    }

    pub(crate) fn has_symbol(&self, name: &str) -> bool {
        self.file().symbols().any(|s| s.name() == Ok(name))
    }

    pub(crate) fn section(&self, name: &str) -> Vec<u8> {
        let file = self.file();
        let section = file.section_by_name(name).expect("the section is there");
        section.data().unwrap().to_vec()
    }
}
