// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! rustc's flags for a kernel, derived from its configuration.
//!
//! Each flag has a reason and a condition; an unstable one has the spellings that different
//! compilers know, tried once in that order. `KBUILD_RUSTFLAGS` is no help: a kernel's own list has
//! the spellings of the rustc that its distribution had.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::config::KConfig;
use crate::kernels::Arch;

/// One thing that the compiler must be told.
struct Flag {
    /// What goes wrong without it.
    reason: &'static str,
    /// Whether this kernel needs it.
    needed: fn(&KConfig) -> bool,
    /// Spellings, the newest first.
    spellings: &'static [&'static str],
}

fn always(_: &KConfig) -> bool {
    true
}

/// Flags of every architecture.
const COMMON: &[Flag] = &[
    Flag {
        reason: "a panic is an oops",
        needed: always,
        spellings: &["-Cpanic=abort"],
    },
    Flag {
        reason: "no unwinder reads .eh_frame",
        needed: always,
        spellings: &["-Cforce-unwind-tables=n"],
    },
    Flag {
        reason: "backtraces that kallsyms can show",
        needed: always,
        spellings: &["-Csymbol-mangling-version=v0"],
    },
    Flag {
        reason: "the module loader knows no GOT relocations",
        needed: always,
        spellings: &["-Crelocation-model=static"],
    },
    Flag {
        reason: "bitcode is never used",
        needed: always,
        spellings: &["-Cembed-bitcode=n"],
    },
    Flag {
        reason: "what `module!` puts into .modinfo must not be marked as retained, or its sections do not merge",
        needed: always,
        spellings: &["-Zcrate-attr=feature(used_with_arg)"],
    },
    Flag {
        reason: "frame sizes are checked at link time",
        needed: always,
        spellings: &["-Zemit-stack-sizes"],
    },
    Flag {
        reason: "objtool and retpolines need calls, not tables of jumps",
        needed: always,
        spellings: &["-Cjump-tables=n", "-Zno-jump-tables"],
    },
    Flag {
        reason: "indirect branches must go through the kernel's thunks",
        needed: retpoline,
        spellings: &["-Zretpoline-external-thunk"],
    },
    Flag {
        reason: "the kernel patches retpoline sites by their CS prefix",
        needed: retpoline,
        spellings: &["-Zindirect-branch-cs-prefix"],
    },
];

fn retpoline(config: &KConfig) -> bool {
    config.yes("MITIGATION_RETPOLINE") || config.yes("RETPOLINE")
}

fn rethunk(config: &KConfig) -> bool {
    config.yes("MITIGATION_RETHUNK") || config.yes("RETHUNK")
}

fn sls(config: &KConfig) -> bool {
    config.yes("MITIGATION_SLS") || config.yes("SLS")
}

const X86_64: &[Flag] = &[
    Flag {
        reason: "kernel addresses are in the top 2 GiB",
        needed: always,
        spellings: &["-Ccode-model=kernel"],
    },
    Flag {
        reason: "interrupts use the stack below the pointer",
        needed: always,
        spellings: &["-Cno-redzone=y"],
    },
    Flag {
        reason: "without it core is called through the GOT",
        needed: always,
        spellings: &["-Zplt=yes"],
    },
    Flag {
        reason: "returns must go through the kernel's return thunk",
        needed: rethunk,
        spellings: &["-Zfunction-return=thunk-extern"],
    },
    Flag {
        reason: "indirect calls must land on ENDBR",
        needed: |config| config.yes("X86_KERNEL_IBT"),
        spellings: &["-Zcf-protection=branch"],
    },
    Flag {
        reason: "straight-line speculation stops after returns and jumps",
        needed: sls,
        spellings: &["-Ctarget-feature=+harden-sls-ijmp,+harden-sls-ret"],
    },
    Flag {
        reason: "call depth tracking writes into the bytes before a function; without them it oopses",
        needed: |config| config.yes("CALL_PADDING"),
        spellings: &["-Zpatchable-function-entry=16,16"],
    },
];

const I386: &[Flag] = &[
    Flag {
        reason: "arguments go in registers",
        needed: always,
        spellings: &["-Zregparm=3"],
    },
    Flag {
        reason: "small structs return in registers",
        needed: always,
        spellings: &["-Zreg-struct-return"],
    },
    Flag {
        // rustc's own declaration of memcmp says "on the stack", and the link renames those calls
        // to a shim. A memcmp that LLVM makes up would say "in registers".
        reason: "every call of memcmp must pass its arguments in the same place",
        needed: always,
        spellings: &["-Cllvm-args=--disable-mergeicmps"],
    },
    Flag {
        reason: "the frame-pointer unwinder reads the stack",
        needed: |config| config.yes("FRAME_POINTER"),
        spellings: &["-Cforce-frame-pointers=y"],
    },
];

/// The `--target` of an architecture.
#[must_use]
pub fn triple(root: &Path, arch: Arch) -> String {
    match arch {
        Arch::X86_64 => "x86_64-unknown-none".to_owned(),
        Arch::I386 => root
            .join("tools/xtask/targets/i686-kernel.json")
            .display()
            .to_string(),
    }
}

/// The directory that cargo and a sysroot name after the target.
#[must_use]
pub fn triple_dir(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64-unknown-none",
        Arch::I386 => "i686-kernel",
    }
}

/// The flags for this kernel, each in the spelling that this compiler takes.
///
/// # Errors
///
/// The compiler takes none of a flag's spellings, or cannot be run.
pub fn for_kernel(root: &Path, arch: Arch, config: &KConfig) -> Result<Vec<String>> {
    let own = match arch {
        Arch::X86_64 => X86_64,
        Arch::I386 => I386,
    };
    let triple = triple(root, arch);
    let needed = COMMON
        .iter()
        .chain(own)
        .filter(|flag| (flag.needed)(config));
    let first: Vec<_> = needed.map(|flag| (flag, flag.spellings[0])).collect();
    // One run for all of them in the usual case; one each only to find what is wrong.
    let spelled: Vec<_> = first.iter().map(|(_, spelling)| *spelling).collect();
    if accepted(&triple, &spelled)? {
        return Ok(spelled.into_iter().map(str::to_owned).collect());
    }
    let mut flags = Vec::new();
    for (flag, _) in first {
        let mut found = None;
        for spelling in flag.spellings {
            if accepted(&triple, &[spelling])? {
                found = Some((*spelling).to_owned());
                break;
            }
        }
        match found {
            Some(spelling) => flags.push(spelling),
            None => bail!(
                "this rustc takes none of {:?} ({}); Ferrite is tried with rustc 1.95: use that toolchain",
                flag.spellings,
                flag.reason
            ),
        }
    }
    Ok(flags)
}

/// A flag that this compiler does not take in any spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The spellings that were tried.
    pub spellings: &'static [&'static str],
    /// What the flag is for.
    pub reason: &'static str,
}

/// Tries every flag that a kernel of this architecture may need. Returns how many there are, and
/// those that the compiler does not take.
///
/// # Errors
///
/// The compiler cannot be run.
pub fn try_all(root: &Path, arch: Arch) -> Result<(usize, Vec<Refused>)> {
    let triple = triple(root, arch);
    let own = match arch {
        Arch::X86_64 => X86_64,
        Arch::I386 => I386,
    };
    let flags: Vec<_> = COMMON.iter().chain(own).collect();
    let first: Vec<_> = flags.iter().map(|flag| flag.spellings[0]).collect();
    let mut refused = Vec::new();
    if !accepted(&triple, &first)? {
        for flag in &flags {
            let mut taken = false;
            for spelling in flag.spellings {
                taken = taken || accepted(&triple, &[spelling])?;
            }
            if !taken {
                refused.push(Refused {
                    spellings: flag.spellings,
                    reason: flag.reason,
                });
            }
        }
    }
    Ok((flags.len(), refused))
}

/// Whether rustc knows all of `flags`.
fn accepted(triple: &str, flags: &[&str]) -> Result<bool> {
    let status = rustc()
        .args(["--target", triple, "--print", "cfg"])
        .args(json_spec(triple))
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot run rustc")?;
    Ok(status.success())
}

/// What rustc wants to hear before it takes a JSON target.
#[must_use]
pub fn json_spec(triple: &str) -> Option<&'static str> {
    std::path::Path::new(triple)
        .extension()
        .is_some_and(|e| e == "json")
        .then_some("-Zunstable-options")
}

/// rustc, with the unstable flags unlocked. Only for kernel targets: nothing on the host sees this.
#[must_use]
pub fn rustc() -> Command {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(program);
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}
