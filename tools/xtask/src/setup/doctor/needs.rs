// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a build and a test run need of the host.

use std::path::Path;
use std::process::Command;

use super::Check;
use crate::kernels::KernelSpec;
use crate::setup::store::Store;
use crate::setup::toolchain::{self, root};
use crate::setup::{clang, kernel, rust_src, sources, tools};

/// The oldest rustc that the tree compiles with, and the newest that it was tried with.
const RUSTC: (u32, u32) = (95, 95);

/// What all kernels and tools take when unpacked, with room for their builds, in MiB.
const WANTED_MIB: u64 = 6144;

pub(super) fn checks(store: &Store<'_>, kernels: &[&KernelSpec]) -> Vec<Check> {
    let mut checks = vec![cargo()];
    checks.extend(rust(store));
    checks.push(archive());
    checks.push(match clang::in_cache(store) {
        Some(dir) => Check::ok("libclang", dir.display().to_string()),
        None => Check::info("libclang", "will be fetched"),
    });
    let namespace = namespace();
    for kernel in kernels {
        checks.push(of_kernel(store, kernel, namespace.is_some()));
    }
    checks.push(private_roots(namespace));
    checks.push(disk_space(store));
    checks.push(kvm());
    checks
}

fn cargo() -> Check {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    match crate::run::output(Command::new(program).arg("--version")) {
        Ok(version) => Check::ok("cargo", version.trim()),
        Err(error) => Check::fail("cargo", first_line(&error), "install Rust from rustup.rs"),
    }
}

fn rust(store: &Store<'_>) -> Vec<Check> {
    let rustc = match rust_src::rustc() {
        Ok(rustc) => rustc,
        Err(error) => {
            let cure = "install Rust from rustup.rs";
            return vec![Check::fail("rustc", first_line(&error), cure)];
        }
    };
    let source = match rust_src::in_sysroot(&rustc).or_else(|| rust_src::in_cache(store, &rustc)) {
        Some(library) => Check::ok("rust-src", library.display().to_string()),
        None => Check::info("rust-src", "will be fetched"),
    };
    vec![version(&rustc.version), source]
}

fn version(text: &str) -> Check {
    let (from, to) = RUSTC;
    let minor = text.split('.').nth(1).and_then(|m| m.parse::<u32>().ok());
    match minor {
        Some(minor) if (from..=to).contains(&minor) => Check::ok("rustc", text),
        Some(minor) if minor > to => Check::warn(
            "rustc",
            format!("{text} is newer than 1.{to}, the newest that Ferrite was tried with"),
            format!("if the build fails: rustup toolchain install 1.{to} && cargo +1.{to} xtask …"),
        ),
        _ => Check::fail(
            "rustc",
            format!("{text} is older than 1.{from}"),
            format!("rustup toolchain install 1.{to}"),
        ),
    }
}

fn archive() -> Check {
    const NAME: &str = "Debian archive";
    for program in ["apt-get", "dpkg-deb", "tar"] {
        if tools::on_host(program).is_none() {
            return Check::fail(
                NAME,
                format!("there is no {program}, with which kernels and tools are fetched"),
                "install the packages apt, dpkg and tar of this system",
            );
        }
    }
    match sources::archive() {
        Ok(archive) => {
            let security = match &archive.security {
                Some(security) => format!(", {security}"),
                None => ", no security archive".to_owned(),
            };
            Check::ok(
                NAME,
                format!("{}{security} (from {})", archive.main, archive.origin),
            )
        }
        Err(error) => {
            let text = error.to_string();
            let (detail, cure) = text.split_once("; ").unwrap_or((&text, "see above"));
            Check::fail(NAME, detail, cure)
        }
    }
}

fn of_kernel(store: &Store<'_>, spec: &KernelSpec, private: bool) -> Check {
    let Some(kernel) = kernel::in_cache(store, spec) else {
        return Check::info(spec.id, "will be fetched");
    };
    let found = format!("{} ({})", kernel.release, kernel.version);
    match toolchain_fits(&kernel.config) {
        Ok(cc) => Check::ok(spec.id, format!("{found}, built with the host's {cc}")),
        Err((reason, major)) if root::is_known(major) && private => Check::info(
            spec.id,
            format!(
                "{found}; the host's C toolchain does not fit ({reason}): a private one serves"
            ),
        ),
        Err((reason, major)) => Check::fail(
            spec.id,
            format!("{found}; the host's C toolchain does not fit: {reason}"),
            format!("install the packages gcc-{major} and make, or see 'private roots'"),
        ),
    }
}

/// Whether the host's toolchain is that of the kernel with this configuration: its compiler, or
/// why not, and the major version of GCC that is wanted.
pub(super) fn toolchain_fits(config: &Path) -> Result<String, (String, u32)> {
    let config = std::fs::read_to_string(config).unwrap_or_default();
    let major = toolchain::gcc_major(&config).unwrap_or(0);
    toolchain::host_fits(&config, major).map_err(|reason| (reason, major))
}

/// The way into a namespace that this user may go.
fn namespace() -> Option<&'static [&'static str]> {
    root::namespaces()
        .into_iter()
        .find(|flags| crate::run::quiet(Command::new("unshare").args(*flags).arg("true")).is_ok())
}

fn private_roots(namespace: Option<&[&str]>) -> Check {
    const NAME: &str = "private roots";
    match namespace {
        Some(flags) => Check::ok(NAME, format!("unshare {} works", flags.join(" "))),
        None => Check::warn(
            NAME,
            "this user may not make a mount namespace, so that only the host's own C toolchain can be used",
            "sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    }
}

fn disk_space(store: &Store<'_>) -> Check {
    const NAME: &str = "disk space";
    let cache = &store.ctx.cache;
    let output = crate::run::output(Command::new("df").args(["-Pk"]).arg(cache));
    let Some(free) = output.ok().as_deref().and_then(available_mib) else {
        return Check::info(NAME, "could not be found out");
    };
    let detail = format!("{free} MiB free for {}", cache.display());
    if free >= WANTED_MIB || cache.join("sets/qemu").exists() {
        return Check::ok(NAME, detail);
    }
    Check::warn(
        NAME,
        detail,
        format!("make {WANTED_MIB} MiB free, or set FERRITE_CACHE to a larger disk"),
    )
}

/// Parses `df -Pk`.
fn available_mib(text: &str) -> Option<u64> {
    let line = text.lines().nth(1)?;
    let kibibytes: u64 = line.split_whitespace().nth(3)?.parse().ok()?;
    Some(kibibytes / 1024)
}

/// KVM is never needed: many hosts that have the device cannot run a guest with it.
fn kvm() -> Check {
    let detail = match std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/kvm")
    {
        Ok(_) => "/dev/kvm can be opened; tests use emulation all the same",
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => "none; tests use emulation",
        Err(_) => "/dev/kvm is not open to this user; tests use emulation",
    };
    Check::info("KVM", detail)
}

pub(super) fn first_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::doctor::Verdict;

    #[test]
    fn rustc_versions_are_judged() {
        assert_eq!(version("1.95.0").verdict, Verdict::Ok);
        assert_eq!(version("1.96.1").verdict, Verdict::Warn);
        assert_eq!(version("1.85.1").verdict, Verdict::Fail);
        assert_eq!(version("?").verdict, Verdict::Fail);
    }

    #[test]
    fn df_is_read() {
        let text =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a 9 1 8388608 1% /\n";
        assert_eq!(available_mib(text), Some(8192));
        assert_eq!(available_mib("df: no"), None);
    }
}
