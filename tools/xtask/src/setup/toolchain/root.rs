// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A private root with a C toolchain, and the way into it.
//!
//! The packages are only unpacked: none of their maintainer scripts runs. What those would have
//! done and a kernel build misses is done in [`complete`].

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::Toolchain;
use crate::ctx::Ctx;
use crate::kernels::{Arch, Kernel, Release};
use crate::setup::Program;
use crate::setup::apt::{Universe, codename};
use crate::setup::store::{Recipe, Set, Store};
use crate::setup::unpack::Tree;

const LAYOUT: u32 = 1;

/// Which Debian release has which GCC. A root for another compiler is another line here.
const ROOTS: [(u32, Release); 2] = [(12, Release::Bookworm), (14, Release::Trixie)];

/// What Kbuild runs, beside the compiler.
const PACKAGES: [&str; 16] = [
    "bash",
    "binutils",
    "coreutils",
    "dash",
    "diffutils",
    "dpkg",
    "findutils",
    "grep",
    "gzip",
    "kmod",
    "make",
    "mawk",
    "pahole",
    "perl-base",
    "sed",
    "xz-utils",
];

/// Libraries for programs that such a compiler could make, and that nobody makes with it here.
const LEFT_OUT: [&str; 8] = [
    "libasan8",
    "libgprofng0",
    "libitm1",
    "liblsan0",
    "libquadmath0",
    "libtsan2",
    "libubsan1",
    "tar",
];

/// Whether there is a root for this major version of GCC.
pub(in crate::setup) fn is_known(major: u32) -> bool {
    ROOTS.iter().any(|(known, _)| *known == major)
}

/// Unpacks the root for this major version of GCC.
pub(in crate::setup) fn fetch(store: &Store<'_>, major: u32) -> Result<Set> {
    let Some((_, release)) = ROOTS.iter().find(|(known, _)| *known == major) else {
        bail!(
            "the kernel was built with GCC {major}, for which no toolchain is known here; install \
             gcc-{major} and make on this host"
        );
    };
    let universe = Universe::new(*release, Arch::X86_64);
    store.ensure(&Recipe {
        name: &format!("toolchain-{}-gcc-{major}", codename(*release)),
        layout: LAYOUT,
        only: &[],
        newest: &|store| {
            let mut wanted = PACKAGES.map(str::to_owned).to_vec();
            wanted.push(format!("gcc-{major}"));
            let mut debs = store.fresh_apt(universe)?.closure(&wanted, false)?;
            debs.retain(|deb| !LEFT_OUT.contains(&deb.pin.name.as_str()));
            Ok(vec![(universe, debs)])
        },
        finish: &complete,
    })
}

/// The links that maintainer scripts make.
fn complete(tree: &mut Tree) -> Result<Option<BTreeSet<String>>> {
    for (link, target) in [("usr/bin/sh", "dash"), ("usr/bin/awk", "mawk")] {
        let link = tree.root.join(link);
        if link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(target, link)?;
        }
    }
    std::fs::create_dir_all(tree.root.join("tmp"))?;
    Ok(None)
}

/// The private toolchain for a kernel.
///
/// # Errors
///
/// It cannot be fetched, or this user cannot enter it; the message says what to do.
pub(super) fn choose(
    ctx: &Ctx,
    store: &Store<'_>,
    kernel: &Kernel,
    major: u32,
) -> Result<Toolchain> {
    let set = fetch(store, major)?;
    let visible = visible(&[&ctx.root, &ctx.cache, &ctx.out, &kernel.kdir]);
    let mut reasons = Vec::new();
    for namespace in namespaces() {
        let enter = enter(namespace, &set.dir, &visible);
        let mut probe = enter.command();
        probe.arg("/").args(["/bin/sh", "-c", "test -d /proc/self"]);
        match crate::run::quiet(&mut probe) {
            Ok(()) => {
                return Ok(Toolchain {
                    enter: Some(enter),
                    path: Vec::new(),
                    cc: format!("gcc-{major}"),
                    what: format!("a private gcc-{major} ({})", set_name(&set)),
                });
            }
            Err(error) => reasons.push(format!("unshare {}: {error:#}", namespace.join(" "))),
        }
    }
    bail!(
        "{} needs gcc-{major}, and this user cannot enter a private root that has it. Install \
         gcc-{major} and make; or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, \
         or kernel.apparmor_restrict_unprivileged_userns=0); or run as root with CAP_SYS_ADMIN.\n{}",
        kernel.spec.id,
        reasons.join("\n")
    )
}

fn set_name(set: &Set) -> String {
    let name = set.dir.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The ways into a namespace where mounts are private, the least demanding first. A user namespace
/// would do for root as well, but containers often let root mount and forbid user namespaces.
pub(in crate::setup) fn namespaces() -> Vec<&'static [&'static str]> {
    const USER: &[&str] = &["--user", "--map-root-user", "--mount"];
    const ROOT: &[&str] = &["--mount"];
    match std::fs::metadata("/proc/self") {
        Ok(own) if std::os::unix::fs::MetadataExt::uid(&own) == 0 => vec![ROOT, USER],
        _ => vec![USER],
    }
}

fn enter(namespace: &[&str], root: &Path, visible: &[PathBuf]) -> Program {
    let mut argv = vec!["unshare".into()];
    argv.extend(namespace.iter().map(Into::into));
    argv.extend(["--", "/bin/sh", "-c"].map(Into::into));
    argv.push(include_str!("enter.sh").into());
    argv.extend(["enter".into(), root.into()]);
    argv.extend(visible.iter().map(Into::into));
    argv.push("--".into());
    Program { argv }
}

/// What has to be seen inside: these directories, this program and the system's own.
fn visible(dirs: &[&Path]) -> Vec<PathBuf> {
    let mut wanted: Vec<PathBuf> = ["/proc", "/dev"].map(PathBuf::from).to_vec();
    wanted.extend(dirs.iter().map(|dir| top(dir)));
    wanted.extend([std::env::temp_dir()].iter().map(|dir| top(dir)));
    // Kbuild calls this program back.
    let own = std::env::current_exe().ok();
    wanted.extend(own.as_deref().and_then(Path::parent).map(top));
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in wanted {
        if !kept.iter().any(|above| path.starts_with(above)) {
            kept.push(path);
        }
    }
    kept
}

/// The first directory of a path, so that whatever a build names beside it is seen too; the path
/// itself where the first directory is one that the private root has of its own.
fn top(path: &Path) -> PathBuf {
    let system = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "etc", "var"];
    let mut parts = path.iter().skip(1);
    match parts.next() {
        Some(first) if parts.next().is_some() && !system.iter().any(|s| *s == first) => {
            Path::new("/").join(first)
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_top_directories_are_shown_but_never_system_ones() {
        assert_eq!(top(Path::new("/home/me/ferrite")), Path::new("/home"));
        assert_eq!(top(Path::new("/tmp")), Path::new("/tmp"));
        assert_eq!(
            top(Path::new("/usr/src/ferrite")),
            Path::new("/usr/src/ferrite")
        );
    }

    #[test]
    fn nothing_is_shown_twice() {
        let dirs = ["/home/a/x", "/home/b", "/srv/x/y"].map(Path::new);
        let shown = visible(&dirs);
        assert!(shown.starts_with(&["/proc".into(), "/dev".into(), "/home".into(), "/srv".into()]));
        let unique: BTreeSet<_> = shown.iter().collect();
        assert_eq!(unique.len(), shown.len());
    }
}
