// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A program that may not be the host's.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// A host program, or one that is started through its own loader from a private directory.
///
/// The caller adds arguments to [`Program::command`] and needs not know which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program to execute and the arguments that come before the caller's.
    pub argv: Vec<OsString>,
}

impl Program {
    /// A program of the host.
    #[must_use]
    pub fn host(path: impl Into<PathBuf>) -> Self {
        Self {
            argv: vec![path.into().into()],
        }
    }

    /// A command that runs it, for the caller to add arguments to.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.argv[0]);
        command.args(&self.argv[1..]);
        command
    }
}
