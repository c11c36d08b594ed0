// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The C compiler and `make` that fit a kernel.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::Program;
use crate::ctx::Ctx;
use crate::kernels::Kernel;

/// How to run the C side of a kernel's build.
///
/// It is the host's toolchain where that fits, else a private root that is entered for each command
/// with the source tree, the cache and the build directory visible at their usual paths.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// `env`-like prefix that enters the root; empty for the host's own toolchain.
    enter: Option<Program>,
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
        command.current_dir(dir);
        command
    }

    /// Whether it is a private root rather than the host's.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.enter.is_some()
    }
}

pub(super) fn choose(ctx: &Ctx, kernel: &Kernel) -> Result<Toolchain> {
    let _ = ctx;
    if super::tools::on_host("gcc-12").is_none() {
        bail!("{} needs gcc-12; install the package gcc-12", kernel.spec.id)
    }
    Ok(Toolchain {
        enter: None,
        cc: "gcc-12".to_owned(),
        what: "the host's gcc-12".to_owned(),
    })
}
