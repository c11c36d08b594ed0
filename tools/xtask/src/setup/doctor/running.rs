// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What stands between a module and the kernel that this host runs.
//!
//! Nothing here is needed for tests, which run in QEMU.

use std::path::{Path, PathBuf};

use super::Check;

const SIGN: &str = "sign the modules: make modules_sign KEY=<key> CERT=<certificate>";

/// `root` is where this host's `/sys`, `/proc` and `/lib` are.
pub(super) fn checks(root: &Path) -> Vec<Check> {
    let release = read(&root.join("proc/sys/kernel/osrelease"));
    let mut checks = vec![secure_boot(root), lockdown(root), signatures(root)];
    match release {
        Some(release) => checks.extend(headers(root, &release)),
        None => checks.push(Check::info("running kernel", "could not be found out")),
    }
    checks
}

fn read(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

/// The firmware's variable: four bytes of attributes, then 0 or 1.
fn secure_boot(root: &Path) -> Check {
    const NAME: &str = "Secure Boot";
    const VARIABLE: &str =
        "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    match std::fs::read(root.join(VARIABLE)).as_deref() {
        Ok([_, _, _, _, 1]) => Check::warn(
            NAME,
            "on: this kernel loads signed modules only",
            format!("{SIGN}, the certificate having been enrolled with mokutil --import"),
        ),
        Ok(_) => Check::ok(NAME, "off"),
        Err(_) if root.join("sys/firmware/efi").exists() => {
            Check::info(NAME, "the firmware does not say")
        }
        Err(_) => Check::ok(NAME, "this host was not booted by UEFI"),
    }
}

/// The file names all levels, the present one in brackets.
fn lockdown(root: &Path) -> Check {
    const NAME: &str = "lockdown";
    let text = read(&root.join("sys/kernel/security/lockdown"));
    let level = text.as_deref().and_then(|text| {
        let (_, rest) = text.split_once('[')?;
        rest.split_once(']').map(|(level, _)| level)
    });
    match level {
        None => Check::ok(NAME, "not in this kernel, or not visible to this user"),
        Some("none") => Check::ok(NAME, "none"),
        Some(level) => Check::warn(
            NAME,
            format!("{level}: this kernel loads signed modules only"),
            format!("{SIGN}; or boot without lockdown= and with Secure Boot off"),
        ),
    }
}

fn signatures(root: &Path) -> Check {
    const NAME: &str = "module.sig_enforce";
    match read(&root.join("sys/module/module/parameters/sig_enforce")).as_deref() {
        Some("Y" | "1") => Check::warn(
            NAME,
            "on: this kernel loads signed modules only",
            format!("{SIGN}; or boot without module.sig_enforce"),
        ),
        Some(_) => Check::ok(NAME, "off"),
        None => Check::ok(NAME, "this kernel does not check signatures"),
    }
}

fn headers(root: &Path, release: &str) -> Vec<Check> {
    const NAME: &str = "running kernel";
    let modules = root.join("lib/modules").join(release);
    let build = modules.join("build");
    if !build.join("Makefile").exists() {
        return vec![Check::warn(
            NAME,
            format!("{release} has no headers on this host, so that no module can be built for it"),
            format!("apt install linux-headers-{release}, or build for one of `xtask kernels`"),
        )];
    }
    let mut checks = vec![Check::ok(
        NAME,
        format!("{release}, headers in {}", build.display()),
    )];
    if !build.join("Module.symvers").exists() {
        checks.push(Check::warn(
            "Module.symvers",
            "is missing: undefined symbols and their versions cannot be checked",
            format!("apt install --reinstall linux-headers-{release}; in a kernel tree of your own: make modules"),
        ));
    }
    checks.push(vermagic(&modules, &build, release));
    checks
}

/// A module's vermagic begins with the release of its headers and has to equal the kernel's.
fn vermagic(modules: &Path, build: &Path, release: &str) -> Check {
    const NAME: &str = "vermagic";
    let of_headers = read(&build.join("include/config/kernel.release"));
    if let Some(headers) = of_headers.filter(|headers| headers != release) {
        return Check::warn(
            NAME,
            format!(
                "the headers are of {headers} and the kernel is {release}: modules would not load"
            ),
            format!("apt install linux-headers-{release}, or reboot into {headers}"),
        );
    }
    let stock = any_module(&modules.join("kernel"), 6);
    let magic = stock.and_then(|module| {
        let modinfo = crate::setup::tools::on_host("modinfo")?;
        let mut command = std::process::Command::new(modinfo);
        let text = crate::run::output(command.args(["-F", "vermagic"]).arg(module)).ok()?;
        Some(text.trim().to_owned())
    });
    match magic {
        Some(magic) => Check::ok(NAME, magic),
        None => Check::info(NAME, format!("{release} (no stock module to compare with)")),
    }
}

/// Some module of the kernel; they all have one vermagic.
fn any_module(dir: &Path, depth: u32) -> Option<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(dir).ok()?.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = depth
                .checked_sub(1)
                .and_then(|depth| any_module(&path, depth))
            {
                return Some(found);
            }
        } else if entry.file_name().to_string_lossy().contains(".ko") {
            return Some(path);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::doctor::Verdict;

    fn host(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Vec<Check>) {
        let dir = tempfile::tempdir().unwrap();
        for (path, data) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, data).unwrap();
        }
        let checks = checks(dir.path());
        (dir, checks)
    }

    fn verdict(checks: &[Check], name: &str) -> Verdict {
        let check = checks.iter().find(|check| check.name == name);
        let check = check.unwrap_or_else(|| panic!("no check of {name}"));
        assert_eq!(
            check.cure.is_some(),
            check.verdict >= Verdict::Warn,
            "{name}"
        );
        check.verdict
    }

    #[test]
    fn an_open_host_is_fine() {
        let (_dir, checks) = host(&[
            ("proc/sys/kernel/osrelease", b"6.1.0\n"),
            (
                "sys/kernel/security/lockdown",
                b"[none] integrity confidentiality\n",
            ),
            ("sys/module/module/parameters/sig_enforce", b"N\n"),
            ("lib/modules/6.1.0/build/Makefile", b""),
            ("lib/modules/6.1.0/build/Module.symvers", b""),
            (
                "lib/modules/6.1.0/build/include/config/kernel.release",
                b"6.1.0\n",
            ),
        ]);
        for name in [
            "Secure Boot",
            "lockdown",
            "module.sig_enforce",
            "running kernel",
        ] {
            assert_eq!(verdict(&checks, name), Verdict::Ok, "{name}");
        }
        assert_eq!(verdict(&checks, "vermagic"), Verdict::Info);
    }

    #[test]
    fn a_closed_host_is_named_with_its_cures() {
        let (_dir, checks) = host(&[
            ("proc/sys/kernel/osrelease", b"6.1.0\n"),
            (
                "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                &[6, 0, 0, 0, 1],
            ),
            (
                "sys/kernel/security/lockdown",
                b"none [integrity] confidentiality\n",
            ),
            ("sys/module/module/parameters/sig_enforce", b"Y\n"),
            ("lib/modules/6.1.0/build/Makefile", b""),
            (
                "lib/modules/6.1.0/build/include/config/kernel.release",
                b"6.1.1\n",
            ),
        ]);
        for name in [
            "Secure Boot",
            "lockdown",
            "module.sig_enforce",
            "Module.symvers",
            "vermagic",
        ] {
            assert_eq!(verdict(&checks, name), Verdict::Warn, "{name}");
        }
    }

    #[test]
    fn a_host_without_headers_says_so() {
        let (_dir, checks) = host(&[("proc/sys/kernel/osrelease", b"6.1.0\n")]);
        assert_eq!(verdict(&checks, "running kernel"), Verdict::Warn);
        let (_dir, checks) = host(&[]);
        assert_eq!(verdict(&checks, "running kernel"), Verdict::Info);
    }
}
