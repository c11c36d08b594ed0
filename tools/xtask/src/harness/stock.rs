// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The distribution's own modules that a guest needs, with all that they depend on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// What every guest gets: a disk, and a file system to put on one.
pub const ALWAYS: &[&str] = &["virtio_pci", "virtio_blk", "ext4"];

/// What is loaded by an alias rather than by a dependency, and is part of newer kernels' images.
pub const IF_THERE: &[&str] = &["crc32c_generic"];

/// `modules.dep` and its companions.
#[derive(Debug, Default)]
pub struct Index {
    /// Path and direct or indirect dependencies (paths), by the module's name.
    modules: BTreeMap<String, (String, Vec<String>)>,
    builtin: BTreeSet<String>,
}

/// The name that `lsmod` shows for a path: `kernel/fs/ext4/ext4.ko.xz` is `ext4`.
#[must_use]
pub fn module_name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split(".ko").next().unwrap_or(file);
    stem.replace('-', "_")
}

impl Index {
    /// Reads `modules.dep` and `modules.builtin`.
    #[must_use]
    pub fn parse(dep: &str, builtin: &str) -> Self {
        let modules = dep
            .lines()
            .filter_map(|line| {
                let (path, deps) = line.split_once(':')?;
                let deps = deps.split_whitespace().map(str::to_owned).collect();
                Some((module_name(path), (path.trim().to_owned(), deps)))
            })
            .collect();
        let builtin = builtin.lines().map(module_name).collect();
        Self { modules, builtin }
    }

    /// The paths of these modules and of all that they depend on, dependencies first.
    ///
    /// # Errors
    ///
    /// The kernel has no such module, neither as a file nor built in.
    pub fn closure(&self, wanted: &[&str]) -> Result<Vec<String>> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for name in wanted {
            self.visit(name, &mut seen, &mut order)?;
        }
        Ok(order)
    }

    fn visit(
        &self,
        name: &str,
        seen: &mut BTreeSet<String>,
        order: &mut Vec<String>,
    ) -> Result<()> {
        let name = name.replace('-', "_");
        if !seen.insert(name.clone()) {
            return Ok(());
        }
        let Some((path, deps)) = self.modules.get(&name) else {
            if self.builtin.contains(&name) {
                return Ok(());
            }
            bail!("the kernel has no module '{name}', neither as a file nor built in");
        };
        for dep in deps {
            self.visit(&module_name(dep), seen, order)?;
        }
        order.push(path.clone());
        Ok(())
    }

    /// Whether it is there as a file.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.modules.contains_key(name)
    }

    /// `modules.dep` for these paths alone, the files being uncompressed in the guest.
    #[must_use]
    pub fn dep_file(&self, paths: &[String]) -> String {
        let mut text = String::new();
        for path in paths {
            let deps = self.modules.get(&module_name(path)).map(|(_, deps)| deps);
            text.push_str(uncompressed(path));
            text.push(':');
            for dep in deps.into_iter().flatten() {
                text.push(' ');
                text.push_str(uncompressed(dep));
            }
            text.push('\n');
        }
        text
    }
}

/// The lines of `modules.alias` that lead to one of these modules.
#[must_use]
pub fn alias_file(aliases: &str, paths: &[String]) -> String {
    let names: BTreeSet<_> = paths.iter().map(|p| module_name(p)).collect();
    aliases
        .lines()
        .filter(|line| {
            let name = line.rsplit(' ').next().unwrap_or_default();
            names.contains(&name.replace('-', "_"))
        })
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The path without the compression's suffix.
#[must_use]
pub fn uncompressed(path: &str) -> &str {
    match path.rfind(".ko.") {
        Some(at) => &path[..at + 3],
        None => path,
    }
}

/// Reads a module, uncompressed.
///
/// # Errors
///
/// It cannot be read, or is compressed in a way that we cannot undo.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut plain = Vec::new();
    let suffix = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    match suffix {
        "ko" => return Ok(bytes),
        "xz" => liblzma::read::XzDecoder::new(&*bytes).read_to_end(&mut plain),
        "gz" => flate2::read::GzDecoder::new(&*bytes).read_to_end(&mut plain),
        _ => bail!(
            "{}: do not know how to decompress '.{suffix}'; teach harness/stock.rs",
            path.display()
        ),
    }
    .with_context(|| format!("{} is damaged", path.display()))?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEP: &str = "\
kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/mbcache.ko.xz kernel/fs/jbd2/jbd2.ko.xz
kernel/fs/jbd2/jbd2.ko.xz:
kernel/lib/crc16.ko.xz:
kernel/fs/mbcache.ko.xz:
kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio_ring.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio.ko:
kernel/a/loop-a.ko: kernel/a/loop_b.ko
kernel/a/loop_b.ko: kernel/a/loop-a.ko
";

    fn index() -> Index {
        Index::parse(DEP, "kernel/drivers/virtio/virtio_pci.ko\n")
    }

    #[test]
    fn dependencies_come_first() {
        let order = index()
            .closure(&["virtio_pci", "virtio_blk", "ext4"])
            .unwrap();
        let names: Vec<_> = order.iter().map(|p| module_name(p)).collect();
        assert_eq!(
            names,
            [
                "virtio",
                "virtio_ring",
                "virtio_blk",
                "crc16",
                "mbcache",
                "jbd2",
                "ext4"
            ]
        );
    }

    #[test]
    fn a_missing_module_is_named_and_a_circle_ends() {
        let error = index().closure(&["nonesuch"]).unwrap_err().to_string();
        assert!(error.contains("'nonesuch'"), "{error}");
        assert_eq!(index().closure(&["loop_a"]).unwrap().len(), 2);
    }

    #[test]
    fn files_for_the_guest() {
        let order = index().closure(&["ext4"]).unwrap();
        let dep = index().dep_file(&order);
        assert!(dep.contains("kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/mbcache.ko"));
        assert!(!dep.contains(".xz"));
        let aliases = "alias fs-ext4 ext4\nalias fs-xfs xfs\n";
        assert_eq!(alias_file(aliases, &order), "alias fs-ext4 ext4\n");
    }

    proptest! {
        #[test]
        fn any_files_are_survived(dep in "\\PC{0,200}", builtin in "\\PC{0,100}") {
            let index = Index::parse(&dep, &builtin);
            let _ = index.closure(&["ext4"]);
        }
    }
}
