// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Programs that run on the host: the host's own where it has them, else private ones.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::apt::Universe;
use super::store::{Recipe, Set, Store};
use super::{E2fs, Kmod, Program, elf};
use crate::kernels::{Arch, Release};

const LAYOUT: u32 = 1;

/// The universe of private host programs. They bring their own libc, so that any host will do.
const HOST: Universe = Universe::new(Release::Bookworm, Arch::X86_64);

pub(super) fn kmod(store: &Store<'_>) -> Result<Kmod> {
    let [depmod, modinfo] = programs(store, "kmod", ["depmod", "modinfo"])?;
    Ok(Kmod { depmod, modinfo })
}

pub(super) fn e2fs(store: &Store<'_>) -> Result<E2fs> {
    let [mke2fs, debugfs, e2fsck] = programs(store, "e2fsprogs", ["mke2fs", "debugfs", "e2fsck"])?;
    Ok(E2fs {
        mke2fs,
        debugfs,
        e2fsck,
    })
}

/// Programs of one package, all from the host or all private.
fn programs<const N: usize>(
    store: &Store<'_>,
    package: &str,
    names: [&str; N],
) -> Result<[Program; N]> {
    let force = std::env::var_os("FERRITE_PRIVATE_TOOLS").is_some();
    let host = names.map(on_host);
    if !force && !store.renews(package) && host.iter().all(Option::is_some) {
        return Ok(host.map(|path| Program::host(path.unwrap_or_default())));
    }
    let set = store.ensure(&Recipe {
        name: package,
        layout: LAYOUT,
        only: &[],
        newest: &|store| {
            let apt = store.fresh_apt(HOST)?;
            Ok(vec![(HOST, apt.closure(&[package.to_owned()], false)?)])
        },
        finish: &|tree| {
            let roots: Vec<_> = names
                .iter()
                .map(|n| Path::new("usr/sbin").join(n))
                .collect();
            let keep = elf::closure(tree, Arch::X86_64, &roots, &[])?;
            elf::prune(tree, &keep).map(Some)
        },
    })?;
    Ok(names.map(|name| private(&set, &Path::new("usr/sbin").join(name))))
}

/// The directory that holds a `pahole`, for `PATH`: Kbuild wants it under that name.
///
/// # Errors
///
/// It cannot be fetched.
pub(super) fn pahole(store: &Store<'_>) -> Result<PathBuf> {
    let program = "usr/bin/pahole";
    let set = store.ensure(&Recipe {
        name: "pahole",
        layout: LAYOUT,
        only: &[],
        newest: &|store| {
            let apt = store.fresh_apt(HOST)?;
            Ok(vec![(HOST, apt.closure(&["pahole".to_owned()], false)?)])
        },
        finish: &|tree| {
            let keep = elf::closure(tree, HOST.arch, &[program.into()], &[])?;
            let packages = elf::prune(tree, &keep)?;
            let wrapper = tree.root.join("wrapper");
            std::fs::create_dir(&wrapper)?;
            let wrapper = wrapper.join("pahole");
            std::fs::write(&wrapper, WRAPPER.replace("PROGRAM", program))?;
            std::fs::set_permissions(&wrapper, PermissionsExt::from_mode(0o755))?;
            Ok(Some(packages))
        },
    })?;
    Ok(set.dir.join("wrapper"))
}

/// [`private`] as a script, which finds its set from its own place.
const WRAPPER: &str = "\
#!/bin/sh
root=${0%/*}/..
lib=$root/usr/lib/x86_64-linux-gnu
exec \"$lib/ld-linux-x86-64.so.2\" --library-path \"$lib\" \"$root/PROGRAM\" \"$@\"
";

/// A program in a set, started through the set's own loader: it would find the host's libc
/// otherwise, which may be older than it wants.
pub(super) fn private(set: &Set, program: &Path) -> Program {
    let libraries = set.dir.join("usr/lib").join(elf::triplet(Arch::X86_64));
    let loader = libraries.join("ld-linux-x86-64.so.2");
    Program {
        argv: vec![
            loader.into(),
            "--library-path".into(),
            libraries.into(),
            set.dir.join(program).into(),
        ],
    }
}

/// Finds a program as the host's root would; what handles disks is on no ordinary user's `PATH`.
pub(super) fn on_host(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}
