// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! libclang, for bindgen, on a host that has none.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow};

use super::apt::Universe;
use super::store::{Recipe, Set, Store};
use super::{Libclang, elf};
use crate::kernels::{Arch, Release};

const NAME: &str = "libclang";
const LAYOUT: u32 = 2;
const UNIVERSE: Universe = Universe::new(Release::Bookworm, Arch::X86_64);
const DIR: &str = "usr/lib/x86_64-linux-gnu";
const LIBRARY: &str = "libclang-14.so.1";

/// What this process has loaded already, in the host's version. A second libc in one process is one
/// too many, and the host's C++ library serves older programs as well.
const THE_HOSTS: [&str; 8] = [
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
];

pub(super) fn in_cache(store: &Store<'_>) -> Option<PathBuf> {
    store.present(NAME, LAYOUT).map(|set| set.dir.join(DIR))
}

pub(super) fn get(store: &Store<'_>) -> Result<Libclang> {
    let set = store.ensure(&Recipe {
        name: NAME,
        layout: LAYOUT,
        only: &[],
        newest: &|store| {
            let apt = store.fresh_apt(UNIVERSE)?;
            let debs = apt.closure(&["libclang1-14".to_owned()], false)?;
            Ok(vec![(UNIVERSE, debs)])
        },
        finish: &|tree| {
            let roots = [Path::new(DIR).join(LIBRARY)];
            let keep = elf::closure(tree, UNIVERSE.arch, &roots, &THE_HOSTS)?;
            let packages = elf::prune(tree, &keep)?;
            let dir = tree.root.join(DIR);
            std::os::unix::fs::symlink(LIBRARY, dir.join("libclang.so"))?;
            Ok(Some(packages))
        },
    })?;
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED
        .get_or_init(|| load_dependencies(&set).map_err(|e| format!("{e:#}")))
        .clone()
        .map_err(|e| anyhow!(e))?;
    let dir = set.dir.join(DIR);
    Ok(Libclang {
        lib_dirs: vec![dir.clone()],
        dir,
    })
}

/// Loads what libclang needs into this process, the deepest first.
///
/// The dynamic loader does not look for a library that it has loaded under the same name, so
/// libclang finds all of it without `LD_LIBRARY_PATH`, which would reach every child process too.
fn load_dependencies(set: &Set) -> Result<()> {
    let mut order = Vec::new();
    visit(&set.dir.join(DIR), LIBRARY, &mut order)?;
    for path in &order {
        // SAFETY: these are Debian's own builds of plain C and C++ libraries; their initialisers
        // expect nothing but a libc, which this process has.
        let library = unsafe { libloading::os::unix::Library::new(path) };
        let library = library.with_context(|| format!("cannot load {}", path.display()))?;
        // It stays for the life of the process, as what depends on it does.
        std::mem::forget(library);
    }
    Ok(())
}

fn visit(dir: &Path, name: &str, order: &mut Vec<PathBuf>) -> Result<()> {
    let path = dir.join(name);
    if !path.exists() || order.contains(&path) {
        return Ok(());
    }
    for needed in elf::dynamic(&path)?.needed {
        visit(dir, &needed, order)?;
    }
    order.push(path);
    Ok(())
}
