// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A private QEMU, new enough for the virtual GPU, that runs on any glibc.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::apt::Universe;
use super::store::{Recipe, Store};
use super::{Program, elf, tools};
use crate::kernels::{Arch, Release};

const LAYOUT: u32 = 1;
const UNIVERSE: Universe = Universe::new(Release::Trixie, Arch::X86_64);
const BINARY: &str = "usr/bin/qemu-system-x86_64";

/// Where its firmware lies. It has no network boot ROMs: give a network card `romfile=`.
const FIRMWARE: [&str; 2] = ["usr/share/qemu", "usr/share/seabios"];

/// Packages that an installed QEMU wants, for users, services and network boot, and ours does not.
const LEFT_OUT: [&str; 9] = [
    "adduser",
    "debconf",
    "libpam-modules",
    "libpam-modules-bin",
    "passwd",
    "openssl-provider-legacy",
    "ipxe-qemu",
    "qemu-system-common",
    "libc-bin",
];

/// QEMU looks for its loadable modules in this directory even when it is started from elsewhere, and
/// aborts when it finds those of another QEMU there.
const MODULES: &[u8] = b"/usr/lib/x86_64-linux-gnu/qemu\0";
/// As long, and on no host.
const NO_MODULES: &[u8] = b"/nonexistent/ferrite-has-none/\0";

pub(super) fn get(store: &Store<'_>) -> Result<Program> {
    let set = store.ensure(&Recipe {
        name: "qemu",
        layout: LAYOUT,
        only: &[],
        newest: &|store| {
            let apt = store.fresh_apt(UNIVERSE)?;
            let mut debs = apt.closure(&["qemu-system-x86".to_owned()], true)?;
            debs.retain(|deb| !LEFT_OUT.contains(&deb.pin.name.as_str()));
            let version = debs.iter().find(|deb| deb.pin.name == "qemu-system-x86");
            let version = version.map_or("", |deb| deb.pin.version.as_str());
            ensure!(
                has_vfio_user(version),
                "QEMU {version} is too old: the virtual GPU needs 10.1{}",
                apt.hint()
            );
            Ok(vec![(UNIVERSE, debs)])
        },
        finish: &|tree| {
            let mut keep = elf::closure(tree, UNIVERSE.arch, &[BINARY.into()], &[])?;
            keep.extend(FIRMWARE.map(Into::into));
            let packages = elf::prune(tree, &keep)?;
            without_modules(&tree.root.join(BINARY))?;
            Ok(Some(packages))
        },
    })?;
    let mut program = tools::private(&set, Path::new(BINARY));
    for dir in FIRMWARE {
        program.argv.extend(["-L".into(), set.dir.join(dir).into()]);
    }
    Ok(program)
}

/// Whether a Debian version (`1:11.1.3+ds-1`) is 10.1 or later.
fn has_vfio_user(version: &str) -> bool {
    let upstream = version.split_once(':').map_or(version, |(_, v)| v);
    let mut numbers = upstream.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next().and_then(|n| n.parse::<u32>().ok());
    (number(), number()) >= (Some(10), Some(1))
}

fn without_modules(path: &Path) -> Result<()> {
    let mut data =
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    replace(&mut data, MODULES, NO_MODULES);
    std::fs::write(path, data).with_context(|| format!("cannot write {}", path.display()))
}

fn replace(data: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len(), "nothing in the file may move");
    let mut at = 0;
    while let Some(found) = data[at..].windows(from.len()).position(|w| w == from) {
        at += found;
        data[at..at + to.len()].copy_from_slice(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_refused() {
        assert!(has_vfio_user("1:11.1.3+ds-1~bpo13+1"));
        assert!(has_vfio_user("1:10.1.0+ds-1"));
        assert!(!has_vfio_user("1:10.0.13+ds-0+deb13u1"));
        assert!(!has_vfio_user("1:7.2+dfsg-7"));
        assert!(!has_vfio_user(""));
    }

    #[test]
    fn a_string_is_replaced_in_place() {
        let mut data = [b"ab".as_slice(), MODULES, b"cd", MODULES].concat();
        replace(&mut data, MODULES, NO_MODULES);
        assert_eq!(
            data,
            [b"ab".as_slice(), NO_MODULES, b"cd", NO_MODULES].concat()
        );
    }
}
