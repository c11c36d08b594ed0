// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The guest's initramfs, in two parts: what depends only on the kernel, made once, and what
//! belongs to one run. The kernel unpacks archives that follow each other in one file.
//!
//! They are not compressed: unpacking costs an emulated CPU more than loading costs the host.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result};
use cpio::newc;
use tempfile::NamedTempFile;

use super::stock;
use crate::kernels::Kernel;

const DIRECTORY: u32 = 0o040_755;
const FILE: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;
const LINK: u32 = 0o120_777;

/// An archive in the making.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    directories: BTreeSet<String>,
    inode: u32,
}

impl Archive {
    /// Adds a file, and the directories that lead to it.
    ///
    /// # Errors
    ///
    /// It is larger than an archive can hold (4 GiB).
    pub fn file(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.entry(path, FILE, content)
    }

    /// Adds a program.
    ///
    /// # Errors
    ///
    /// As [`Archive::file`].
    pub fn program(&mut self, path: &str, content: &[u8]) -> Result<()> {
        self.entry(path, PROGRAM, content)
    }

    /// Adds a symbolic link.
    ///
    /// # Errors
    ///
    /// As [`Archive::file`].
    pub fn link(&mut self, path: &str, target: &str) -> Result<()> {
        self.entry(path, LINK, target.as_bytes())
    }

    /// Adds an empty directory.
    ///
    /// # Errors
    ///
    /// As [`Archive::file`].
    pub fn directory(&mut self, path: &str) -> Result<()> {
        if self.directories.insert(path.to_owned()) {
            self.entry(path, DIRECTORY, &[])?;
        }
        Ok(())
    }

    /// Adds all that is below a directory of the host, leaving out links that lead out of it.
    ///
    /// # Errors
    ///
    /// Something in it cannot be read.
    pub fn tree(&mut self, path: &str, host: &Path) -> Result<()> {
        let mut entries: Vec<_> = fs::read_dir(host)
            .with_context(|| format!("cannot read {}", host.display()))?
            .collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let inside = format!("{path}/{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.directory(&inside)?;
                self.tree(&inside, &entry.path())?;
            } else if kind.is_file() {
                self.file(&inside, &fs::read(entry.path())?)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<()> {
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.directory(parent)?;
        }
        let size = u32::try_from(content.len()).with_context(|| format!("{path} is too large"))?;
        self.inode += 1;
        let bytes = std::mem::take(&mut self.bytes);
        let mut writer = newc::Builder::new(path)
            .ino(self.inode)
            .nlink(1)
            .mode(mode)
            .write(bytes, size);
        writer.write_all(content)?;
        self.bytes = writer.finish()?;
        Ok(())
    }

    /// Ends the archive.
    ///
    /// # Errors
    ///
    /// None in practice: it is written to memory.
    pub fn finish(self) -> Result<Vec<u8>> {
        let mut bytes = newc::trailer(self.bytes)?;
        // The next archive has to begin at a multiple of four.
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        Ok(bytes)
    }
}

/// The part that depends only on the kernel; it is kept in `dir` and made again when something
/// that it is made of has changed.
///
/// # Errors
///
/// A module that the guest needs is not there, or a file cannot be read or written.
pub fn base(
    dir: &Path,
    kernel: &Kernel,
    busybox: &Path,
    init: &Path,
    extra: &[&str],
) -> Result<PathBuf> {
    let modules = kernel
        .modules_root
        .join("lib/modules")
        .join(&kernel.release);
    let dep = modules.join("modules.dep");
    let key = format!("{extra:?}\n{}", fingerprint(&[busybox, init, &dep])?);
    let archive = dir.join("base.cpio");
    let key_file = dir.join("base.key");
    if archive.exists() && fs::read_to_string(&key_file).is_ok_and(|old| old == key) {
        return Ok(archive);
    }
    fs::create_dir_all(dir)?;
    let bytes = make_base(kernel, &modules, busybox, init, extra)
        .with_context(|| format!("cannot make the initramfs for {}", kernel.spec.id))?;
    keep(&archive, &bytes, &key_file, &key)?;
    Ok(archive)
}

/// What tells whether something that was made of these files has to be made again: their places,
/// sizes and ages.
///
/// # Errors
///
/// One of them is missing.
pub fn fingerprint(files: &[&Path]) -> Result<String> {
    let mut key = String::new();
    for path in files {
        let meta = fs::metadata(path).with_context(|| format!("{} is missing", path.display()))?;
        let age = meta.modified()?.duration_since(UNIX_EPOCH)?;
        key += &format!("{} {} {}\n", path.display(), meta.len(), age.as_nanos());
    }
    Ok(key)
}

/// Keeps something that was made, with the fingerprint of what it was made of. Both are written
/// aside and renamed, the key last, so that a broken-off write is never taken for whole, nor by
/// another guest that is put together at the same time, in this xtask or in another.
///
/// # Errors
///
/// It cannot be written.
pub fn keep(file: &Path, bytes: &[u8], key_file: &Path, key: &str) -> Result<()> {
    for (path, content) in [(file, bytes), (key_file, key.as_bytes())] {
        let write = || -> Result<()> {
            let dir = path.parent().context("it has no directory")?;
            let mut aside = NamedTempFile::new_in(dir)?;
            aside.write_all(content)?;
            aside.persist(path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn make_base(
    kernel: &Kernel,
    modules: &Path,
    busybox: &Path,
    init: &Path,
    extra: &[&str],
) -> Result<Vec<u8>> {
    let read = |name: &str| {
        let path = modules.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let index = stock::Index::parse(&read("modules.dep")?, &read("modules.builtin")?);
    let mut wanted = stock::ALWAYS.to_vec();
    wanted.extend(stock::IF_THERE.iter().filter(|name| index.has(name)));
    wanted.extend(extra);
    let paths = index.closure(&wanted)?;

    let mut archive = Archive::default();
    for dir in ["dev", "proc", "sys", "tmp", "mnt", "tools", "etc", "sbin"] {
        archive.directory(dir)?;
    }
    archive.program("bin/busybox", &fs::read(busybox)?)?;
    archive.link("bin/sh", "busybox")?;
    archive.link("sbin/modprobe", "../bin/busybox")?;
    archive.program("init", &fs::read(init)?)?;
    let inside = format!("lib/modules/{}", kernel.release);
    archive.file(
        &format!("{inside}/modules.dep"),
        index.dep_file(&paths).as_bytes(),
    )?;
    let aliases = stock::alias_file(&read("modules.alias").unwrap_or_default(), &paths);
    archive.file(&format!("{inside}/modules.alias"), aliases.as_bytes())?;
    archive.file(
        &format!("{inside}/modules.builtin"),
        read("modules.builtin")?.as_bytes(),
    )?;
    for path in &paths {
        let content = stock::read(&modules.join(path))?;
        archive.file(&format!("{inside}/{}", stock::uncompressed(path)), &content)?;
    }
    archive.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_guests_may_keep_the_same_file_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (file, key) = (dir.path().join("base.cpio"), dir.path().join("base.key"));
        let bytes = vec![7; 1 << 20];
        std::thread::scope(|scope| {
            let keep = || (0..20).try_for_each(|_| keep(&file, &bytes, &key, "k"));
            let both = [scope.spawn(keep), scope.spawn(keep)];
            for one in both {
                one.join().unwrap().unwrap();
            }
        });
        assert_eq!(fs::read(&file).unwrap(), bytes);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn an_archive_reads_back() {
        let mut archive = Archive::default();
        archive.file("a/b/c.txt", b"hello").unwrap();
        archive.file("a/b/d.txt", b"").unwrap();
        archive.link("a/l", "b/c.txt").unwrap();
        let bytes = archive.finish().unwrap();
        assert_eq!(bytes.len() % 512, 0);
        let mut names = Vec::new();
        let mut input = &*bytes;
        loop {
            let reader = newc::Reader::new(input).unwrap();
            if reader.entry().is_trailer() {
                break;
            }
            names.push((reader.entry().name().to_owned(), reader.entry().mode()));
            input = reader.finish().unwrap();
        }
        assert_eq!(
            names,
            [
                ("a".to_owned(), DIRECTORY),
                ("a/b".to_owned(), DIRECTORY),
                ("a/b/c.txt".to_owned(), FILE),
                ("a/b/d.txt".to_owned(), FILE),
                ("a/l".to_owned(), LINK),
            ]
        );
    }
}
