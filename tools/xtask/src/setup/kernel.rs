// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A stock kernel: image, modules, headers and kbuild of one version.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::apt::Universe;
use super::store::{Recipe, Resolved, Set, Store};
use super::tools;
use super::unpack::Tree;
use crate::kernels::{Arch, Kernel, KernelSpec};

const LAYOUT: u32 = 1;

/// What a kernel's image is split into, where it is split.
const PARTS: [&str; 3] = ["base", "binary", "modules"];

/// The kernel that an earlier set-up has fetched.
pub(super) fn in_cache(store: &Store<'_>, spec: &KernelSpec) -> Option<Kernel> {
    let set = store.present(spec.id, LAYOUT)?;
    describe(&set, spec).ok()
}

pub(super) fn get(store: &Store<'_>, spec: &KernelSpec) -> Result<Kernel> {
    let set = match store.present(spec.id, LAYOUT) {
        Some(set) => set,
        None => fetch(store, spec)?,
    };
    describe(&set, spec)
}

fn fetch(store: &Store<'_>, spec: &KernelSpec) -> Result<Set> {
    // Before the cache is locked for the kernel: it may have to be fetched itself.
    let depmod = tools::kmod(store)?.depmod;
    store.ensure(&Recipe {
        name: spec.id,
        layout: LAYOUT,
        only: &[],
        newest: &|store| newest(store, spec),
        finish: &|tree: &mut Tree| {
            let release = release_in(&tree.root, spec)?;
            adjust_headers(&tree.root)?;
            let mut command = depmod.command();
            command.arg("-b").arg(&tree.root).arg(&release);
            crate::run::quiet(&mut command)?;
            Ok(None)
        },
    })
}

/// The newest kernel of the series for which image, headers and kbuild are there in one version.
fn newest(store: &Store<'_>, spec: &KernelSpec) -> Result<Resolved> {
    let native = Universe::new(spec.release, spec.arch);
    // The programs in kbuild run on this host, whatever the kernel runs on.
    let host = Universe::new(spec.release, Arch::X86_64);
    let apt = store.fresh_apt(native)?;
    let prefix = format!("linux-image-{}", spec.series);
    let suffix = format!("-{}", spec.flavour);
    let mut releases: Vec<_> = apt
        .names(&prefix)?
        .iter()
        .filter_map(|name| name.strip_prefix("linux-image-")?.strip_suffix(&suffix))
        .filter(|abi| is_abi(abi))
        .map(str::to_owned)
        .collect();
    releases.sort_by(|a, b| natural(b, a));
    let mut reason = None;
    for abi in &releases {
        match resolve(store, spec, abi, native, host) {
            Ok(resolved) => return Ok(resolved),
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    match reason {
        Some(reason) => Err(reason.context(format!("no kernel {prefix}*{suffix} is complete"))),
        None => bail!("the archive has no package {prefix}*{suffix}{}", apt.hint()),
    }
}

fn resolve(
    store: &Store<'_>,
    spec: &KernelSpec,
    abi: &str,
    native: Universe,
    host: Universe,
) -> Result<Resolved> {
    let apt = store.fresh_apt(native)?;
    let of = |what: &str| format!("linux-{what}-{abi}-{}", spec.flavour);
    let versions = apt.versions(&of("image"))?;
    let version = versions.first().context("it has no version")?;
    let pinned = |name: &str| format!("{name}={version}");
    let mut wanted = vec![
        pinned(&of("image")),
        pinned(&of("headers")),
        pinned(&format!("linux-headers-{abi}-common")),
    ];
    // Newer packages of the image are empty and depend on others, which hold what it held.
    for part in PARTS.map(of) {
        if apt.versions(&part)?.contains(version) {
            wanted.push(pinned(&part));
        }
    }
    let mut debs = apt.locate(&wanted)?;
    let apt = store.fresh_apt(host)?;
    // Older kernels share one kbuild in a series, newer ones have one for each release.
    let own = pinned(&format!("linux-kbuild-{abi}"));
    let shared = pinned(&format!(
        "linux-kbuild-{}",
        spec.series.trim_end_matches('.')
    ));
    let kbuild = apt.locate(&[own]).or_else(|_| apt.locate(&[shared]))?;
    if native == host {
        debs.extend(kbuild);
        return Ok(vec![(native, debs)]);
    }
    Ok(vec![(native, debs), (host, kbuild)])
}

/// Whether this is an ABI name and not one with another flavour's name in it: `6.1.0-50-rt`.
fn is_abi(abi: &str) -> bool {
    abi.split('-')
        .all(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

/// Compares numbers inside names as numbers.
fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let key = |text: &str| -> Vec<(u64, String)> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (number, tail) = rest.split_at(digits);
            let words = tail
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(tail.len());
            let (word, tail) = tail.split_at(words);
            parts.push((number.parse().unwrap_or(0), word.to_owned()));
            rest = tail;
        }
        parts
    };
    key(a).cmp(&key(b))
}

/// The headers package names its own place as `/usr/src`; here it may be anywhere.
fn adjust_headers(root: &Path) -> Result<()> {
    let src = root.join("usr/src");
    for entry in std::fs::read_dir(&src).context("the headers are not in usr/src")? {
        let makefile = entry?.path().join("Makefile");
        let Ok(text) = std::fs::read_to_string(&makefile) else {
            continue;
        };
        if let Some(text) = relative_paths(&text) {
            std::fs::write(&makefile, text)?;
        }
    }
    Ok(())
}

/// A headers package's Makefile with paths that are relative to the file itself.
fn relative_paths(text: &str) -> Option<String> {
    let mut adjusted = text.to_owned();
    // The second is assigned at once: the list of makefiles grows.
    for (prefix, new) in [
        ("include ", "include "),
        ("KBUILD_OUTPUT=", "KBUILD_OUTPUT:="),
    ] {
        adjusted = adjusted.replace(
            &format!("{prefix}/usr/src/"),
            &format!("{new}$(dir $(lastword $(MAKEFILE_LIST)))../"),
        );
    }
    (adjusted != text).then_some(adjusted)
}

fn release_in(root: &Path, spec: &KernelSpec) -> Result<String> {
    let modules = root.join("usr/lib/modules");
    let entries = std::fs::read_dir(&modules).context("the packages hold no modules")?;
    for entry in entries.flatten() {
        let release = entry.file_name().to_string_lossy().into_owned();
        if in_boot(root, "vmlinuz", &release).exists() {
            return Ok(release);
        }
    }
    bail!("the packages of {} hold no kernel image", spec.id)
}

/// What was in `/boot` alone once, and is beside the modules in newer packages.
fn in_boot(root: &Path, what: &str, release: &str) -> PathBuf {
    let beside = root.join("usr/lib/modules").join(release).join(what);
    if beside.exists() {
        return beside;
    }
    root.join("boot").join(format!("{what}-{release}"))
}

fn describe(set: &Set, spec: &KernelSpec) -> Result<Kernel> {
    let image = set
        .package(|name| name.starts_with("linux-image-"))
        .with_context(|| format!("the cache has no image of {}", spec.id))?;
    let release = image.0.trim_start_matches("linux-image-").to_owned();
    Ok(Kernel {
        spec: *spec,
        version: image.1.to_owned(),
        image: in_boot(&set.dir, "vmlinuz", &release),
        config: in_boot(&set.dir, "config", &release),
        modules_root: set.dir.clone(),
        kdir: set
            .dir
            .join("usr/src")
            .join(format!("linux-headers-{release}")),
        release,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flavours_are_told_from_abis() {
        assert!(is_abi("6.12.95+deb12"));
        assert!(is_abi("6.1.0-50"));
        assert!(!is_abi("6.1.0-50-rt"));
        assert!(!is_abi("6.12.95+deb12-cloud"));
    }

    #[test]
    fn the_newest_release_sorts_last() {
        let mut releases = [
            "6.12.90+deb12.1",
            "6.12.9+deb12",
            "6.12.90+deb12",
            "6.12.100+deb12",
        ];
        releases.sort_by(|a, b| natural(a, b));
        assert_eq!(
            releases,
            [
                "6.12.9+deb12",
                "6.12.90+deb12",
                "6.12.90+deb12.1",
                "6.12.100+deb12"
            ]
        );
    }

    #[test]
    fn the_makefile_becomes_relocatable() {
        let text = "KBUILD_OUTPUT=/usr/src/h-amd64\ninclude /usr/src/h-common/Makefile\n";
        let adjusted = relative_paths(text).unwrap();
        assert_eq!(
            adjusted,
            "KBUILD_OUTPUT:=$(dir $(lastword $(MAKEFILE_LIST)))../h-amd64\n\
             include $(dir $(lastword $(MAKEFILE_LIST)))../h-common/Makefile\n"
        );
        assert_eq!(relative_paths(&adjusted), None);
    }
}
