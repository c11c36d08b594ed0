// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Joins a module's Rust library and the C shims into one relocatable object.
//!
//! Kbuild calls this for each module, between compiling the shims and running objtool. Only what
//! the module's entry points reach is kept, in Rust and in C alike, so that a module does not
//! depend on symbols that it never uses. Three things need care:
//!
//! - Tables such as `__bug_table` hold one entry for each use in some function. [`split`] cuts them
//!   up and ties each piece to its function, so that both live and die together.
//! - What remains is checked ([`check`]) before anything is loaded: symbols against the kernel's
//!   exports, stack frames, floating point, panic sites.
//! - Undefined symbols that no relocation names any more are removed: modpost would take them for
//!   dependencies.

pub mod check;
pub mod coverage;
pub mod groups;
pub mod nops;
pub mod script;
pub mod split;
pub mod symvers;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use object::elf;
use object::read::archive::ArchiveFile;
use object::read::{Object as _, ObjectSymbol as _};

use crate::kernels::Arch;
use crate::run;
use split::EntrySizes;

/// What Kbuild tells us.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The module's name
    #[arg(long)]
    pub module: String,
    /// The static library that cargo made
    #[arg(long)]
    pub library: PathBuf,
    /// The linker, with its flags
    #[arg(long, allow_hyphen_values = true)]
    pub ld: String,
    /// objcopy, with its flags
    #[arg(long)]
    pub objcopy: String,
    /// The kernel's Module.symvers
    #[arg(long)]
    pub symvers: PathBuf,
    /// The probes' answers
    #[arg(long)]
    pub probes: PathBuf,
    /// Fail above this number of panic sites
    #[arg(long)]
    pub panic_sites: Option<u64>,
    /// Run the tests of this crate when the module is loaded (may be given again)
    #[arg(long, value_name = "CRATE")]
    pub ktest: Vec<String>,
    /// It was compiled to count which functions run
    #[arg(long)]
    pub counted: bool,
    /// A directory for what comes in between; it stays, for those who want to look, but for the
    /// objects of a build that counts
    #[arg(long)]
    pub work: PathBuf,
    /// Where the object goes
    #[arg(short, long)]
    pub output: PathBuf,
    /// The shims' objects
    #[arg(required = true)]
    pub shims: Vec<PathBuf>,
}

/// The shim object that only carries the sizes of the kernel's table entries.
const LAYOUT: &str = "link_layout.o";

/// Links one module.
///
/// # Errors
///
/// The linker fails, an input holds a section that is not known here, or a check fails.
pub fn link(options: &Options) -> Result<()> {
    let work = &options.work;
    if work.exists() {
        fs::remove_dir_all(work).with_context(|| format!("cannot empty {}", work.display()))?;
    }
    fs::create_dir_all(work).with_context(|| format!("cannot create {}", work.display()))?;
    let (layout, shims): (Vec<_>, Vec<_>) = options
        .shims
        .iter()
        .partition(|path| path.ends_with(LAYOUT));
    let Some(layout) = layout.first() else {
        bail!("Kbuild passed no {LAYOUT}")
    };
    let sizes = EntrySizes::read(layout)?;

    let mut objects = Vec::new();
    for (index, shim) in shims.iter().enumerate() {
        let data = fs::read(shim).with_context(|| format!("cannot read {}", shim.display()))?;
        all_known(&data, &shim.display().to_string())?;
        let split =
            split::split(&data, &sizes).with_context(|| format!("in {}", shim.display()))?;
        objects.push(match split {
            None => (*shim).clone(),
            Some(data) => write(&work.join(format!("shim{index}.o")), &data)?,
        });
    }
    let library = own_names(options, layout, work)?;
    let archive =
        fs::read(&library).with_context(|| format!("cannot read {}", library.display()))?;
    objects.extend(split_members(&archive, &sizes, work)?);

    let script = write(
        &work.join("gc.ld"),
        script::text(&options.ktest, options.counted).as_bytes(),
    )?;
    let linked = work.join("linked.o");
    let mut ld = words(&options.ld)?;
    ld.args([
        "-r",
        "--gc-sections",
        "--orphan-handling=error",
        "-u",
        "init_module",
        "-u",
        "cleanup_module",
    ]);
    if options.counted {
        // Each object of a build that counts has one and the same name for a file of results.
        ld.args(["-z", "muldefs"]);
    }
    run::quiet(
        ld.arg("-T")
            .arg(script)
            .arg("-o")
            .arg(&linked)
            .args(&objects)
            .arg(&library),
    )
    .context("the link failed")?;

    let data = fs::read(&linked)?;
    let findings = check::check(&data, options)?;
    let counters = coverage::counters(&data).context("the counters cannot be read")?;
    write(&work.join(coverage::FILE), counters.as_bytes())?;
    let mut objcopy = words(&options.objcopy)?;
    objcopy.args([
        "--keep-global-symbol=init_module",
        "--keep-global-symbol=cleanup_module",
        "--discard-locals",
    ]);
    for name in static_calls(&data)?.into_iter().chain(cold_parents(&data)?) {
        objcopy.arg(format!("--keep-global-symbol={name}"));
    }
    objcopy.args([
        "--remove-section=.stack_sizes",
        "--remove-section=.rel*.stack_sizes",
    ]);
    let kmod = fs::read_to_string(&options.probes)
        .with_context(|| format!("cannot read {}", options.probes.display()))?
        .contains("HAVE_MOD_DEVICE_TABLE_KMOD");
    for (symbol, modpost) in device_tables(&data, &options.module, kmod)? {
        objcopy.arg(format!("--redefine-sym={symbol}={modpost}"));
    }
    for name in &findings.unused {
        objcopy.arg(format!("--strip-symbol={name}"));
    }
    run::quiet(objcopy.arg(&linked).arg(&options.output))?;
    if options.counted {
        // In such a build they would be nearly all that is in this directory.
        objects.extend([linked, library]);
        for object in objects.iter().filter(|path| path.starts_with(work)) {
            fs::remove_file(object)
                .with_context(|| format!("cannot remove {}", object.display()))?;
        }
    }
    println!("  ferrite: {}: {}", options.module, findings.summary());
    Ok(())
}

/// The trampolines of static calls that a module defines: a tracepoint has one. objtool knows them by
/// name, and only if they are global.
fn static_calls(data: &[u8]) -> Result<Vec<String>> {
    let file = object::File::parse(data)?;
    let mut names = Vec::new();
    for symbol in file.symbols().filter(|symbol| symbol.is_definition()) {
        let name = symbol.name()?;
        if name.starts_with("__SCT__") || name.starts_with("__SCK__") {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// On 32-bit machines, the library with other names for what Rust calls by a convention of its own.
/// Nothing answers to `ferrite_bcmp`: LLVM does not use it for these targets, and if that changes,
/// the link has to fail.
fn own_names(options: &Options, layout: &Path, work: &Path) -> Result<PathBuf> {
    let data = fs::read(layout).with_context(|| format!("cannot read {}", layout.display()))?;
    if object::File::parse(data.as_slice())?.is_64() {
        return Ok(options.library.clone());
    }
    let renamed = work.join("library.a");
    let mut objcopy = words(&options.objcopy)?;
    objcopy.args([
        "--redefine-sym=memcmp=ferrite_memcmp",
        "--redefine-sym=bcmp=ferrite_bcmp",
    ]);
    run::quiet(objcopy.arg(&options.library).arg(&renamed))?;
    Ok(renamed)
}

/// The global functions that GCC has put the unlikely part of aside, as `<name>.cold`: objtool
/// looks for that part's function in the same file, which a symbol made local has lost, or among
/// the global ones.
fn cold_parents(data: &[u8]) -> Result<Vec<String>> {
    let file = object::File::parse(data)?;
    let mut parents = Vec::new();
    for symbol in file.symbols() {
        if let Some((name, _)) = symbol.name()?.split_once(".cold") {
            parents.push(name.to_owned());
        }
    }
    let global = |name: &String| file.symbol_by_name(name).is_some_and(|s| s.is_global());
    parents.retain(global);
    Ok(parents)
}

/// The device tables of a module, and the names by which this kernel's modpost looks for them.
fn device_tables(data: &[u8], module: &str, kmod: bool) -> Result<Vec<(String, String)>> {
    let file = object::File::parse(data)?;
    let mut tables = Vec::new();
    for symbol in file.symbols() {
        let name = symbol.name()?;
        let Some((bus, table)) = name
            .strip_prefix("__ferrite_device_table__")
            .and_then(|rest| rest.split_once("__"))
        else {
            continue;
        };
        let modpost = if kmod {
            format!("__mod_device_table__kmod_{module}__{bus}__{table}")
        } else {
            format!("__mod_{bus}__{table}_device_table")
        };
        tables.push((name.to_owned(), modpost));
    }
    Ok(tables)
}

/// A command from a line of words, as makefiles pass it.
fn words(line: &str) -> Result<Command> {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().context("Kbuild passed an empty command")?);
    command.args(words);
    Ok(command)
}

/// Writes those members of an archive that had to be split: given to the linker first, they stand
/// before the archive's own.
fn split_members(archive: &[u8], sizes: &EntrySizes, work: &Path) -> Result<Vec<PathBuf>> {
    let file = ArchiveFile::parse(archive).context("the library is no archive")?;
    let mut objects = Vec::new();
    for (index, member) in file.members().enumerate() {
        let member = member?;
        let data = member.data(archive)?;
        if !data.starts_with(b"\x7fELF") {
            continue;
        }
        let name = String::from_utf8_lossy(member.name()).into_owned();
        all_known(data, &name)?;
        few_sections(data, &name)?;
        let data = groups::ungrouped(data);
        let split = split::split(&data, sizes).with_context(|| format!("in {name}"))?;
        let changed = match (split, &data) {
            (Some(split), _) => split,
            (None, Cow::Owned(ungrouped)) => ungrouped.clone(),
            (None, Cow::Borrowed(_)) => continue,
        };
        objects.push(write(&work.join(format!("rust{index}.o")), &changed)?);
    }
    Ok(objects)
}

/// Fails on a section that the script does not name.
fn all_known(object: &[u8], name: &str) -> Result<()> {
    let unknown = script::unknown(object).with_context(|| format!("in {name}"))?;
    if unknown.is_empty() {
        return Ok(());
    }
    bail!(
        "{name} has sections that the link does not know: {}; what reads them decides where they \
         belong in tools/xtask/src/link/script.rs",
        unknown.join(", ")
    )
}

/// Fails on an object with more sections than ld can be trusted with: from the first number that ELF
/// reserves on, ld 2.44 forgets local symbols.
fn few_sections(object: &[u8], name: &str) -> Result<()> {
    let count = object::File::parse(object)?.sections().count();
    ensure!(
        count < usize::from(elf::SHN_LORESERVE),
        "{name} has {count} sections, and the linker loses symbols of those beyond {}; compile it in more \
         codegen units (tools/xtask/src/build/cargo.rs)",
        elf::SHN_LORESERVE
    );
    Ok(())
}

fn write(path: &Path, data: &[u8]) -> Result<PathBuf> {
    fs::write(path, data).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path.to_owned())
}

/// The largest frame of a Rust function.
fn frame_limit(arch: Arch) -> u64 {
    match arch {
        Arch::X86_64 => 2048,
        // The whole stack has 8 KiB there.
        Arch::I386 => 1024,
    }
}
