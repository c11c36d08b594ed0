// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The C compiler and `make` that fit a kernel.
//!
//! The host's are taken where they fit: the same major version of GCC that built the kernel, and it
//! takes the flags that the kernel's configuration asks for. Else a private root is unpacked and
//! entered for each command, by a user namespace, or by a mount namespace when root.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::Program;
use super::store::Store;
use super::tools;
use crate::ctx::Ctx;
use crate::kernels::Kernel;

pub(super) mod root;

/// `host` or `private` forces one of the two.
const FORCE_VAR: &str = "FERRITE_TOOLCHAIN";

/// How to run the C side of a kernel's build.
///
/// It is the host's toolchain where that fits, else a private root that is entered for each command
/// with the source tree, the cache and the build directory visible at their usual paths.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// What enters the root; nothing for the host's own toolchain.
    enter: Option<Program>,
    /// Directories to search before the host's `PATH`.
    path: Vec<PathBuf>,
    /// What to say in `CC=`, with no target flag in it: Kbuild adds `-m32` by itself.
    pub cc: String,
    /// One line for a person: `the host's gcc-12`.
    pub what: String,
}

impl Toolchain {
    /// The host's own toolchain, whatever it is: for a kernel whose build directory was named.
    #[must_use]
    pub fn host() -> Self {
        Self {
            enter: None,
            path: Vec::new(),
            cc: String::new(),
            what: "the host's toolchain".to_owned(),
        }
    }

    /// A command that runs `program` (`make`, `gcc-12`, `ld`, an absolute path in the tree) with
    /// this toolchain in front, `dir` being the working directory.
    #[must_use]
    pub fn command(&self, program: &str, dir: &Path) -> Command {
        let mut command = match &self.enter {
            Some(enter) => {
                let mut command = enter.command();
                command.arg(dir).arg(program);
                command
            }
            None => Command::new(program),
        };
        if !self.path.is_empty() {
            let host = std::env::var_os("PATH").unwrap_or_default();
            let all = self
                .path
                .iter()
                .cloned()
                .chain(std::env::split_paths(&host));
            // A directory with a colon in its name cannot be in PATH; the host's PATH then stays.
            if let Ok(joined) = std::env::join_paths(all) {
                command.env("PATH", joined);
            }
        }
        command.current_dir(dir);
        command
    }

    /// Whether it is a private root rather than the host's.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.enter.is_some()
    }
}

pub(super) fn choose(ctx: &Ctx, store: &Store<'_>, kernel: &Kernel) -> Result<Toolchain> {
    let config = std::fs::read_to_string(&kernel.config)
        .with_context(|| format!("cannot read {}", kernel.config.display()))?;
    let major = gcc_major(&config)
        .with_context(|| format!("{} does not name a GCC", kernel.config.display()))?;
    let force = std::env::var(FORCE_VAR).unwrap_or_default();
    let host = match force.as_str() {
        "private" => Err(format!("{FORCE_VAR}=private")),
        "host" | "" => host_fits(&config, major),
        other => bail!("{FORCE_VAR} is '{other}'; it may be 'host' or 'private'"),
    };
    match host {
        Ok(cc) => {
            let mut path = Vec::new();
            if wants_pahole(&config, kernel) && tools::on_host("pahole").is_none() {
                path.push(tools::pahole(store)?);
            }
            Ok(Toolchain {
                enter: None,
                path,
                what: format!("the host's {cc}"),
                cc,
            })
        }
        Err(reason) if force == "host" => {
            bail!(
                "the host's toolchain does not fit {}: {reason}",
                kernel.spec.id
            )
        }
        Err(reason) => root::choose(ctx, store, kernel, major)
            .with_context(|| format!("the host's toolchain does not fit: {reason}")),
    }
}

/// Whether modules get BTF, which needs the kernel's own beside the headers.
fn wants_pahole(config: &str, kernel: &Kernel) -> bool {
    is_set(config, "DEBUG_INFO_BTF_MODULES") && kernel.kdir.join("vmlinux").exists()
}

/// The name of a host compiler that fits, else why there is none.
pub(super) fn host_fits(config: &str, major: u32) -> Result<String, String> {
    for tool in ["make", "ld", "objcopy"] {
        if tools::on_host(tool).is_none() {
            return Err(format!("there is no {tool}"));
        }
    }
    let named = format!("gcc-{major}");
    let mut reason = format!("there is no {named}");
    for cc in [named.as_str(), "gcc"] {
        if tools::on_host(cc).is_none() {
            continue;
        }
        match version(cc) {
            Some(found) if found == major => {}
            Some(found) => {
                reason = format!("the kernel was built with GCC {major}, and {cc} is GCC {found}");
                continue;
            }
            None => continue,
        }
        match refused(cc, &flags(config)) {
            None => return Ok(cc.to_owned()),
            Some(flag) => reason = format!("{cc} does not take {flag}"),
        }
    }
    Err(reason)
}

fn version(cc: &str) -> Option<u32> {
    let text = crate::run::output(Command::new(cc).arg("-dumpversion")).ok()?;
    text.trim().split('.').next()?.parse().ok()
}

/// The first flag that the compiler does not take, all being tried at once first.
fn refused(cc: &str, flags: &[&'static str]) -> Option<&'static str> {
    let takes = |flags: &[&str]| {
        let mut command = Command::new(cc);
        command.args(["-Werror", "-ffreestanding", "-nostdinc", "-fno-pie"]);
        command
            .args(flags)
            .args(["-S", "-x", "c", "/dev/null", "-o", "/dev/null"]);
        crate::run::quiet(&mut command).is_ok()
    };
    if takes(flags) {
        return None;
    }
    // Some flags belong together, so each is tried with those before it.
    let count = (1..=flags.len()).find(|count| !takes(&flags[..*count]));
    count.and_then(|count| flags.get(count - 1).copied())
}

/// Flags that not every GCC takes, by the configuration that asks for them.
const FLAGS: &[(&str, &str)] = &[
    ("X86_32", "-m32"),
    ("X86_64", "-m64"),
    ("X86_64", "-mcmodel=kernel"),
    ("RETPOLINE", "-mindirect-branch=thunk-extern"),
    ("MITIGATION_RETPOLINE", "-mindirect-branch=thunk-extern"),
    ("RETHUNK", "-mfunction-return=thunk-extern"),
    ("MITIGATION_RETHUNK", "-mfunction-return=thunk-extern"),
    ("SLS", "-mharden-sls=all"),
    ("MITIGATION_SLS", "-mharden-sls=all"),
    ("X86_KERNEL_IBT", "-fcf-protection=branch"),
    ("CC_HAS_ENTRY_PADDING", "-fpatchable-function-entry=16,16"),
    (
        "CC_HAS_MIN_FUNCTION_ALIGNMENT",
        "-fmin-function-alignment=16",
    ),
    (
        "CC_HAS_AUTO_VAR_INIT_ZERO_BARE",
        "-ftrivial-auto-var-init=zero",
    ),
    (
        "CC_HAS_ZERO_CALL_USED_REGS",
        "-fzero-call-used-regs=used-gpr",
    ),
    ("STACKPROTECTOR_STRONG", "-fstack-protector-strong"),
];

fn flags(config: &str) -> Vec<&'static str> {
    let wanted = FLAGS.iter().filter(|(option, _)| is_set(config, option));
    wanted.map(|(_, flag)| *flag).collect()
}

fn is_set(config: &str, option: &str) -> bool {
    value(config, option) == Some("y")
}

fn value<'a>(config: &'a str, option: &str) -> Option<&'a str> {
    config.lines().find_map(|line| {
        line.strip_prefix("CONFIG_")?
            .strip_prefix(option)?
            .strip_prefix('=')
    })
}

/// The major version of the GCC that built the kernel.
pub(super) fn gcc_major(config: &str) -> Option<u32> {
    let version: u32 = value(config, "GCC_VERSION")?.parse().ok()?;
    (version >= 10_000).then_some(version / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "CONFIG_GCC_VERSION=120200\nCONFIG_X86_32=y\n# CONFIG_SLS is not set\n\
        CONFIG_CC_HAS_SLS=y\nCONFIG_STACKPROTECTOR_STRONG=y\n";

    #[test]
    fn the_configuration_names_compiler_and_flags() {
        assert_eq!(gcc_major(CONFIG), Some(12));
        assert_eq!(gcc_major("CONFIG_GCC_VERSION=0\n"), None);
        assert_eq!(flags(CONFIG), ["-m32", "-fstack-protector-strong"]);
    }

    #[test]
    fn a_flag_that_is_refused_is_named() {
        let Some(cc) = tools::on_host("gcc") else {
            return;
        };
        let cc = cc.to_string_lossy();
        assert_eq!(refused(&cc, &["-mcmodel=kernel", "-mharden-sls=all"]), None);
        assert_eq!(
            refused(&cc, &["-O2", "-fno-such-flag"]),
            Some("-fno-such-flag")
        );
    }

    #[test]
    fn a_private_toolchain_is_entered_with_the_directory_first() {
        let toolchain = Toolchain {
            enter: Some(Program::host("/enter")),
            ..Toolchain::host()
        };
        let command = toolchain.command("make", Path::new("/tmp"));
        assert_eq!(crate::run::describe(&command), "/enter /tmp make");
        assert!(toolchain.is_private());
        assert!(!Toolchain::host().is_private());
    }
}
