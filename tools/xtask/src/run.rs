// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Running other programs: their output is kept, and shown when they fail.

use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// Runs a command and returns its standard output.
///
/// # Errors
///
/// It cannot be started, or it failed; the message holds what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = captured(command)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command and drops what it prints, unless it fails.
///
/// # Errors
///
/// As [`output`].
pub fn quiet(command: &mut Command) -> Result<()> {
    captured(command).map(drop)
}

/// Runs a command and returns both its streams.
///
/// # Errors
///
/// As [`output`].
pub fn captured(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    if !output.status.success() {
        bail!(
            "{} failed ({}):\n{}{}",
            describe(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output)
}

/// A command as a person would type it.
#[must_use]
pub fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    words.join(" ")
}
