// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Unpacks `.deb` files into one tree, without their maintainer scripts.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// A tree that packages were unpacked into.
///
/// It is laid out as Debian is today, `/lib` and its like being links into `/usr`, whatever the
/// packages themselves say; paths below are in that layout, relative to the root.
#[derive(Debug)]
pub(super) struct Tree {
    /// Its root directory.
    pub(super) root: PathBuf,
    /// Which package each file is from.
    pub(super) files: BTreeMap<PathBuf, String>,
}

/// The links of a merged `/usr`.
const MERGED: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Nobody reads documentation in the cache.
const LEFT_OUT: [&str; 6] = [
    "./usr/share/doc",
    "./usr/share/doc-base",
    "./usr/share/man",
    "./usr/share/locale",
    "./usr/share/lintian",
    "./usr/share/bug",
];

impl Tree {
    /// Makes an empty tree with the links in place, which has to be before anything is unpacked.
    ///
    /// # Errors
    ///
    /// The directory cannot be written.
    pub(super) fn new(root: &Path) -> Result<Self> {
        for name in MERGED {
            merge_link(root, name)?;
        }
        Ok(Self {
            root: root.to_owned(),
            files: BTreeMap::new(),
        })
    }

    /// Unpacks one package, or only these paths of it (`./usr/src/x`).
    ///
    /// # Errors
    ///
    /// `dpkg-deb` or `tar` failed.
    pub(super) fn add(&mut self, package: &str, deb: &Path, only: &[String]) -> Result<()> {
        let mut source = Command::new("dpkg-deb")
            .arg("--fsys-tarfile")
            .arg(deb)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run dpkg-deb")?;
        let data = source.stdout.take().expect("it was asked for");
        let unpacked = Command::new("tar")
            .args(["-x", "-v", "-f", "-", "--quoting-style=literal"])
            .args([
                "--keep-directory-symlink",
                "--no-same-owner",
                "--delay-directory-restore",
            ])
            .args(LEFT_OUT.iter().map(|path| format!("--exclude={path}")))
            .args(only)
            .current_dir(&self.root)
            .env_remove("TAR_OPTIONS")
            .stdin(data)
            .output()
            .context("cannot run tar")?;
        let source = source.wait_with_output()?;
        if !source.status.success() || !unpacked.status.success() {
            bail!(
                "cannot unpack {}: {}{}",
                deb.display(),
                String::from_utf8_lossy(&source.stderr),
                String::from_utf8_lossy(&unpacked.stderr)
            );
        }
        for name in String::from_utf8_lossy(&unpacked.stdout).lines() {
            if !name.ends_with('/') {
                self.files
                    .insert(merged(Path::new(name)), package.to_owned());
            }
        }
        Ok(())
    }

    /// Makes every absolute link in the tree relative: the tree is never the root of this host.
    ///
    /// # Errors
    ///
    /// The tree cannot be changed.
    pub(super) fn relative_links(&self) -> Result<()> {
        for path in self.files.keys() {
            let link = self.root.join(path);
            let Ok(target) = std::fs::read_link(&link) else {
                continue;
            };
            if target.is_absolute() {
                let up: PathBuf = path.iter().skip(1).map(|_| "..").collect();
                std::fs::remove_file(&link)?;
                std::os::unix::fs::symlink(up.join(merged(&target)), &link)
                    .with_context(|| format!("cannot change the link {}", link.display()))?;
            }
        }
        Ok(())
    }

    /// Where a path in the tree ends up when every link on the way is followed as it would be with
    /// this tree as `/`; relative to the root. `None` when there is nothing.
    pub(super) fn resolve(&self, path: &Path) -> Option<PathBuf> {
        self.trail(path)?.pop()
    }

    /// The same, with every link on the way, in the order in which they are followed.
    pub(super) fn trail(&self, path: &Path) -> Option<Vec<PathBuf>> {
        trail(&self.root, path)
    }
}

/// Makes one link of a merged `/usr`, and the directory that it points to.
pub(super) fn merge_link(root: &Path, name: &str) -> Result<()> {
    let target = root.join("usr").join(name);
    std::fs::create_dir_all(&target)
        .with_context(|| format!("cannot create {}", target.display()))?;
    std::os::unix::fs::symlink(Path::new("usr").join(name), root.join(name))
        .with_context(|| format!("cannot create {}", root.join(name).display()))
}

/// A path as a merged layout has it: `./lib/x` and `/lib/x` are `usr/lib/x`.
pub(super) fn merged(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if let Component::Normal(part) = part {
            if out.as_os_str().is_empty() && MERGED.iter().any(|name| *name == part) {
                out.push("usr");
            }
            out.push(part);
        }
    }
    out
}

fn trail(root: &Path, path: &Path) -> Option<Vec<PathBuf>> {
    let mut todo: Vec<_> = merged(path).iter().rev().map(PathBuf::from).collect();
    let mut done = PathBuf::new();
    let mut seen = Vec::new();
    // The kernel gives up after 40 links as well.
    let mut links = 40;
    while let Some(part) = todo.pop() {
        if part == Path::new("..") {
            done.pop();
            continue;
        }
        let here = root.join(&done).join(&part);
        let kind = here.symlink_metadata().ok()?.file_type();
        if !kind.is_symlink() {
            done.push(part);
            continue;
        }
        links -= 1;
        if links == 0 {
            return None;
        }
        seen.push(done.join(&part));
        let target = std::fs::read_link(&here).ok()?;
        if target.is_absolute() {
            done = PathBuf::new();
        }
        for part in target.components().rev() {
            match part {
                Component::Normal(part) => todo.push(part.into()),
                Component::ParentDir => todo.push("..".into()),
                _ => {}
            }
        }
    }
    seen.push(done);
    Some(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_merged() {
        assert_eq!(merged(Path::new("./lib/x/a")), Path::new("usr/lib/x/a"));
        assert_eq!(merged(Path::new("/usr/lib/a")), Path::new("usr/lib/a"));
        assert_eq!(merged(Path::new("./boot/lib")), Path::new("boot/lib"));
    }

    #[test]
    fn links_are_followed_within_the_tree() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::new(dir.path()).unwrap();
        let link = |to: &str, at: &str| {
            std::os::unix::fs::symlink(to, dir.path().join(at)).unwrap();
        };
        std::fs::create_dir_all(dir.path().join("usr/lib/x")).unwrap();
        std::fs::write(dir.path().join("usr/lib/x/real"), "").unwrap();
        link("/lib/x/real", "usr/lib64/ld.so");
        link("../lib64/ld.so", "usr/lib/again");
        link("loop", "usr/lib/loop");
        let real = Some(PathBuf::from("usr/lib/x/real"));
        assert_eq!(tree.resolve(Path::new("/lib64/ld.so")), real);
        assert_eq!(tree.resolve(Path::new("/usr/lib/again")), real);
        let trail = ["usr/lib/again", "usr/lib64/ld.so", "lib", "usr/lib/x/real"];
        let trail = trail.map(PathBuf::from).to_vec();
        assert_eq!(tree.trail(Path::new("/usr/lib/again")), Some(trail));
        assert_eq!(tree.resolve(Path::new("/usr/lib/loop")), None);
        assert_eq!(tree.resolve(Path::new("/etc/passwd")), None);
    }

    #[test]
    fn absolute_links_become_relative() {
        let dir = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(dir.path()).unwrap();
        let path = PathBuf::from("usr/sbin/depmod");
        std::os::unix::fs::symlink("/bin/kmod", dir.path().join(&path)).unwrap();
        std::fs::write(dir.path().join("usr/bin/kmod"), "it").unwrap();
        tree.files.insert(path.clone(), "kmod".to_owned());
        tree.relative_links().unwrap();
        assert_eq!(
            std::fs::read_to_string(dir.path().join(path)).unwrap(),
            "it"
        );
    }
}
