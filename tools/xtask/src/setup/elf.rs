// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Which libraries a program needs, and a tree that holds those and nothing else.
//!
//! A package's dependencies are written for an installed system; what a program needs to start is
//! in its ELF headers, and is much less.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use object::Endianness;
use object::elf;
use object::read::elf::{Dyn as _, ElfFile, FileHeader, ProgramHeader as _};

use super::unpack::Tree;
use crate::kernels::Arch;

/// What the dynamic loader reads of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dynamic {
    /// The loader itself.
    pub(super) interpreter: Option<PathBuf>,
    /// The libraries that have to be loaded first.
    pub(super) needed: Vec<String>,
    run_path: Vec<String>,
}

/// Reads the dynamic section; an archive, a script or a static program has an empty one.
///
/// # Errors
///
/// The file cannot be read, or its headers are damaged.
pub(super) fn dynamic(path: &Path) -> Result<Dynamic> {
    let data = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let read = match data.get(..5) {
        Some(b"\x7fELF\x01") => parse::<elf::FileHeader32<Endianness>>,
        Some(b"\x7fELF\x02") => parse::<elf::FileHeader64<Endianness>>,
        _ => return Ok(Dynamic::default()),
    };
    read(&data).with_context(|| format!("{} is a damaged ELF file", path.display()))
}

fn parse<H: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<Dynamic> {
    let file = ElfFile::<H>::parse(data)?;
    let endian = file.endian();
    let mut out = Dynamic::default();
    let headers = file.elf_header().program_headers(endian, data)?;
    let mut entries: &[H::Dyn] = &[];
    for header in headers {
        if let Ok(Some(name)) = header.interpreter(endian, data) {
            out.interpreter = Some(PathBuf::from(String::from_utf8_lossy(name).as_ref()));
        }
        if let Some(found) = header.dynamic(endian, data)? {
            entries = found;
        }
    }
    let value = |tag: elf::DynamicTag| {
        let found = entries.iter().find(|e| e.d_tag(endian) == tag);
        found.map(|e| e.d_val(endian).into())
    };
    let Some(address): Option<u64> = value(elf::DT_STRTAB) else {
        return Ok(out);
    };
    let size: u64 = value(elf::DT_STRSZ).unwrap_or(0);
    let strings = headers
        .iter()
        .filter(|h| h.p_type(endian) == elf::PT_LOAD)
        .find_map(|h| h.data_range(endian, data, address, size).ok().flatten())
        .context("the string table is in no segment")?;
    let text = |offset: u64| -> Option<String> {
        let tail = strings.get(usize::try_from(offset).ok()?..)?;
        let end = tail.iter().position(|b| *b == 0)?;
        Some(String::from_utf8_lossy(&tail[..end]).into_owned())
    };
    for entry in entries {
        let string = || text(entry.d_val(endian).into()).context("a name outside its table");
        match entry.d_tag(endian) {
            elf::DT_NEEDED => out.needed.push(string()?),
            elf::DT_RUNPATH | elf::DT_RPATH => {
                out.run_path.extend(string()?.split(':').map(str::to_owned));
            }
            _ => {}
        }
    }
    Ok(out)
}

/// Debian's directory for the libraries of one architecture, below `usr/lib`.
pub(super) fn triplet(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64-linux-gnu",
        Arch::I386 => "i386-linux-gnu",
    }
}

/// Every file that these programs and libraries need to be loaded, themselves included, as paths in
/// the tree; among them links, where a library is looked up by the link's name. `hosts` are the
/// libraries that come from elsewhere.
///
/// # Errors
///
/// A library is in none of the unpacked packages.
pub(super) fn closure(
    tree: &Tree,
    arch: Arch,
    roots: &[PathBuf],
    hosts: &[&str],
) -> Result<BTreeSet<PathBuf>> {
    let libraries = Path::new("usr/lib").join(triplet(arch));
    let standard = [libraries.clone(), PathBuf::from("usr/lib")];
    let mut found = BTreeSet::new();
    let mut todo = roots.to_vec();
    while let Some(path) = todo.pop() {
        if !found.insert(path.clone()) {
            continue;
        }
        let Some(trail) = tree.trail(&path) else {
            bail!("{} is in none of the packages", path.display());
        };
        let real = trail.last().unwrap_or(&path).clone();
        found.extend(trail);
        let dynamic = dynamic(&tree.root.join(&real))?;
        todo.extend(dynamic.interpreter.iter().map(|i| super::unpack::merged(i)));
        let origin = real.parent().unwrap_or(Path::new("")).to_owned();
        let own = dynamic.run_path.iter().map(|dir| {
            let dir = dir.replace("$ORIGIN", &format!("/{}", origin.display()));
            super::unpack::merged(Path::new(&dir))
        });
        let places: Vec<_> = own.chain(standard.iter().cloned()).collect();
        for name in &dynamic.needed {
            if hosts.contains(&name.as_str()) {
                continue;
            }
            let candidates = places.iter().map(|dir| dir.join(name));
            let library = candidates.into_iter().find(|p| tree.resolve(p).is_some());
            let Some(library) = library else {
                bail!(
                    "{} needs {name}, which is in none of the packages",
                    real.display()
                );
            };
            todo.push(library);
        }
    }
    Ok(found)
}

/// Takes everything out of the tree but these files and directories; returns the packages that
/// something is left of.
///
/// # Errors
///
/// The tree cannot be changed.
pub(super) fn prune(tree: &mut Tree, keep: &BTreeSet<PathBuf>) -> Result<BTreeSet<String>> {
    let kept = |path: &Path| path.ancestors().any(|part| keep.contains(part));
    let mut packages = BTreeSet::new();
    let mut gone = Vec::new();
    for (path, package) in &tree.files {
        if kept(path) {
            packages.insert(package.clone());
        } else {
            gone.push(path.clone());
        }
    }
    for path in gone {
        let _ = std::fs::remove_file(tree.root.join(&path));
        for dir in path.ancestors().skip(1) {
            let full = tree.root.join(dir);
            if full == tree.root || std::fs::remove_dir(full).is_err() {
                break;
            }
        }
        tree.files.remove(&path);
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_needs_libc_and_a_loader() {
        let dynamic = dynamic(&std::env::current_exe().unwrap()).unwrap();
        assert!(dynamic.interpreter.is_some());
        assert!(
            dynamic
                .needed
                .iter()
                .any(|name| name.starts_with("libc.so"))
        );
    }

    #[test]
    fn what_is_no_elf_file_needs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("script");
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        assert_eq!(dynamic(&path).unwrap(), Dynamic::default());
        std::fs::write(&path, b"\x7fELF\x02\x01\x01").unwrap();
        assert!(dynamic(&path).is_err());
    }
}
