// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The tools that run inside a guest, on a disk of their own.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::apt::Universe;
use super::store::{Recipe, Store};
use super::unpack::Tree;
use super::{E2fs, GuestTools, elf, tools};
use crate::kernels::{Arch, Release};

const LAYOUT: u32 = 2;

const PACKAGES: [&str; 7] = [
    "busybox-static",
    "e2fsprogs",
    "ethtool",
    "fio",
    "kmod",
    "mount",
    "util-linux",
];

/// What goes onto the disk, with the libraries that it needs.
const PROGRAMS: [&str; 17] = [
    "usr/bin/fio",
    "usr/bin/kmod",
    "usr/bin/lsblk",
    "usr/sbin/blockdev",
    "usr/sbin/debugfs",
    "usr/sbin/depmod",
    "usr/sbin/dumpe2fs",
    "usr/sbin/e2fsck",
    "usr/sbin/ethtool",
    "usr/sbin/insmod",
    "usr/sbin/losetup",
    "usr/sbin/mke2fs",
    "usr/sbin/mkfs.ext4",
    "usr/sbin/modinfo",
    "usr/sbin/modprobe",
    "usr/sbin/rmmod",
    "usr/sbin/tune2fs",
];

const BUSYBOX: &str = "usr/bin/busybox";
const DISK: &str = "tools.ext4";

fn loader(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "/lib64/ld-linux-x86-64.so.2",
        Arch::I386 => "/lib/ld-linux.so.2",
    }
}

pub(super) fn get(store: &Store<'_>, arch: Arch) -> Result<GuestTools> {
    let name = format!("guest-{}", arch.debian());
    let set = match store.present(&name, LAYOUT) {
        Some(set) => set,
        None => {
            let e2fs = tools::e2fs(store)?;
            let universe = Universe::new(Release::Bookworm, arch);
            store.ensure(&Recipe {
                name: &name,
                layout: LAYOUT,
                only: &[],
                newest: &|store| {
                    let apt = store.fresh_apt(universe)?;
                    let debs = apt.closure(&PACKAGES.map(str::to_owned), false)?;
                    Ok(vec![(universe, debs)])
                },
                finish: &|tree| {
                    let roots = PROGRAMS.iter().chain([&BUSYBOX]).map(PathBuf::from);
                    let mut keep = elf::closure(tree, arch, &roots.collect::<Vec<_>>(), &[])?;
                    keep.insert("etc/mke2fs.conf".into());
                    let packages = elf::prune(tree, &keep)?;
                    write_disk(tree, &e2fs)?;
                    Ok(Some(packages))
                },
            })?
        }
    };
    Ok(GuestTools {
        disk: set.dir.join(DISK),
        busybox: set.dir.join("busybox"),
        loader: loader(arch).into(),
    })
}

/// Turns the tree into the image of a file system, and leaves that and busybox in its place.
fn write_disk(tree: &mut Tree, e2fs: &E2fs) -> Result<()> {
    let root = &tree.root;
    std::fs::copy(root.join(BUSYBOX), root.join("../.busybox"))?;
    let image = root.join("../.disk");
    let _ = std::fs::remove_file(&image);
    let mut size = 0;
    for path in tree.files.keys() {
        // A block of its own for what each file needs beside its data.
        size += root
            .join(path)
            .symlink_metadata()?
            .len()
            .next_multiple_of(4096)
            + 4096;
    }
    let kibibytes = (size + size / 16 + (4 << 20)) / 1024;
    let mut command = e2fs.mke2fs.command();
    command
        .args(["-q", "-t", "ext4", "-b", "4096", "-m", "0"])
        // It is mounted read-only: a journal would only be in the way.
        .args(["-O", "^has_journal", "-L", "ferrite-tools", "-d"])
        .arg(root)
        .arg(&image)
        .arg(format!("{kibibytes}k"));
    crate::run::quiet(&mut command).context("cannot make the disk of guest tools")?;
    std::fs::remove_dir_all(root)?;
    std::fs::create_dir(root)?;
    std::fs::rename(&image, root.join(DISK))?;
    std::fs::rename(root.join("../.busybox"), root.join("busybox"))?;
    tree.files.clear();
    Ok(())
}
