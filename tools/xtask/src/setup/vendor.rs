// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! NVIDIA's own firmware, for tests that read it: fetched only when it is asked for, because its licence is not
//! free, and never put into a guest or into the tree.

use std::path::PathBuf;

use anyhow::Result;

use super::apt::Universe;
use super::store::{Recipe, Set, Store};
use crate::kernels::{Arch, Release};

/// The set's name in the lock file.
pub(super) const SET: &str = "nvidia-firmware";

const LAYOUT: u32 = 1;
const PACKAGE: &str = "firmware-nvidia-graphics";
const UNIVERSE: Universe = Universe::firmware(Release::Trixie, Arch::X86_64);

/// Where its files are in the set; the drivers call that `nvidia`.
const FILES: &str = "usr/lib/firmware/nvidia";

fn files(set: &Set) -> PathBuf {
    set.dir.join(FILES)
}

pub(super) fn get(store: &Store<'_>) -> Result<PathBuf> {
    let set = store.ensure(&Recipe {
        name: SET,
        layout: LAYOUT,
        only: &[format!("./{FILES}")],
        newest: &|store| {
            let apt = store.fresh_apt(UNIVERSE)?;
            // That of the release itself is too old for 570.144.
            let backport = format!("{PACKAGE}/trixie-backports");
            Ok(vec![(UNIVERSE, apt.locate(&[backport])?)])
        },
        finish: &|tree| {
            let chip = tree.root.join(FILES).join("tu102/gsp");
            anyhow::ensure!(chip.is_dir(), "the package holds no firmware of a GSP");
            Ok(None)
        },
    })?;
    Ok(files(&set))
}

/// What an earlier set-up has fetched.
pub(super) fn in_cache(store: &Store<'_>) -> Option<PathBuf> {
    store.present(SET, LAYOUT).map(|set| files(&set))
}
