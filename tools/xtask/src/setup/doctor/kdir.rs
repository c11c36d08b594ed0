// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Whether modules can be built for the kernel whose build directory was named.

use std::path::Path;

use super::Check;
use super::needs::toolchain_fits;
use crate::build::Target;
use crate::kernels::Arch;
use crate::setup::tools;

/// The checks, and the architecture if it could be found out.
pub(super) fn checks(kdir: &Path) -> (Vec<Check>, Option<Arch>) {
    const NAME: &str = "KDIR";
    let target = match Target::kdir(kdir) {
        Ok(target) => target,
        Err(error) => {
            let text = error.to_string();
            let (detail, cure) = text
                .split_once("; ")
                .unwrap_or((&text, "name another directory: KDIR=/lib/modules/…/build"));
            return (vec![Check::fail(NAME, detail, cure)], None);
        }
    };
    let mut checks = vec![
        Check::ok(
            NAME,
            format!("{} in {}", target.release, target.kdir.display()),
        ),
        symvers(&target),
        toolchain(&target),
    ];
    checks.extend(pahole(&target));
    checks.extend(forced_signatures(&target));
    (checks, Some(target.arch))
}

fn symvers(target: &Target) -> Check {
    const NAME: &str = "Module.symvers";
    if target.kdir.join(NAME).exists() {
        return Check::ok(NAME, "says what the kernel exports");
    }
    Check::fail(
        NAME,
        "is missing, so that symbols and their versions cannot be checked",
        format!(
            "apt install --reinstall linux-headers-{}; in a kernel tree of your own: make modules",
            target.release
        ),
    )
}

/// The kernel's own build decides which compiler it runs: what does not fit is a warning.
fn toolchain(target: &Target) -> Check {
    const NAME: &str = "C toolchain";
    if target.config.yes("CC_IS_CLANG") {
        return Check::warn(
            NAME,
            "the kernel was built with clang, which Ferrite was not tried with",
            "build for a kernel that was built with GCC",
        );
    }
    let config = target.kdir.join("include/config/auto.conf");
    match toolchain_fits(&config) {
        Ok(cc) => Check::ok(NAME, format!("{cc}, as the kernel was built with")),
        Err((reason, major)) => Check::warn(
            NAME,
            reason,
            format!("install the packages gcc-{major} and make"),
        ),
    }
}

/// cargo xtask does without; the kernel's own make does not.
fn pahole(target: &Target) -> Option<Check> {
    let wanted =
        target.config.yes("DEBUG_INFO_BTF_MODULES") && target.kdir.join("vmlinux").exists();
    let check = match tools::on_host("pahole") {
        Some(path) => Check::ok("pahole", path.display().to_string()),
        None => Check::warn(
            "pahole",
            "is missing: this kernel's own make gives modules BTF and would fail (cargo xtask gives none)",
            "install the package pahole, or pass CONFIG_DEBUG_INFO_BTF_MODULES= to make -C",
        ),
    };
    wanted.then_some(check)
}

fn forced_signatures(target: &Target) -> Option<Check> {
    target.config.yes("MODULE_SIG_FORCE").then(|| {
        Check::warn(
            "module signatures",
            "this kernel loads signed modules only",
            "sign the modules: make modules_sign KEY=<key> CERT=<certificate>",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::doctor::Verdict;

    #[test]
    fn what_is_missing_is_named_with_its_cure() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let verdicts = || {
            let (checks, arch) = checks(dir.path());
            let found = |name: &str| checks.iter().find(|c| c.name == name).map(|c| c.verdict);
            (
                found("KDIR"),
                found("Module.symvers"),
                found("module signatures"),
                arch,
            )
        };
        assert_eq!(verdicts(), (Some(Verdict::Fail), None, None, None));
        write(
            "include/config/auto.conf",
            "CONFIG_X86_64=y\nCONFIG_MODULE_SIG_FORCE=y\n",
        );
        write(
            "include/generated/utsrelease.h",
            "#define UTS_RELEASE \"6.1.0\"\n",
        );
        assert_eq!(
            verdicts(),
            (
                Some(Verdict::Ok),
                Some(Verdict::Fail),
                Some(Verdict::Warn),
                Some(Arch::X86_64)
            )
        );
        write("Module.symvers", "");
        assert_eq!(verdicts().1, Some(Verdict::Ok));
        assert_eq!(checks(Path::new("/nowhere")).0[0].verdict, Verdict::Fail);
    }
}
