// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Examples that must not compile: misuse that types or constants refuse.
//!
//! Their fence says so, and with which error: `compile_fail,E0080`. They are compiled against the
//! `kernel` crate of one kernel, each by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::examples::{self, Example};
use super::source;
use crate::build::{self, Target, cargo, flags};
use crate::ctx::Ctx;

/// Whether each of them is refused, and for that reason.
///
/// # Errors
///
/// The build's preparation failed, or some of them are not: the message names all.
pub fn check(ctx: &Ctx, target: &Target) -> Result<()> {
    let source = source::read(&ctx.root, Path::new("rust/kernel/src/lib.rs"), "kernel")?;
    let compiler = Compiler::new(ctx, target)?;
    // What is refused whatever it says would prove nothing.
    compiler
        .compile("use kernel::prelude::*;\npub fn nothing() -> Result { Ok(()) }\n")?
        .map_err(|messages| anyhow::anyhow!("what is right does not compile:\n{messages}"))?;
    let mut wrong = Vec::new();
    for (example, code) in examples::refused(&source.entries) {
        let outcome = compiler.compile(&as_function(&example))?;
        if let Some(complaint) = complaint(&outcome, &code) {
            wrong.push(format!(
                "{}:{}: {complaint}",
                example.file.display(),
                example.line
            ));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{}", wrong.join("\n"))
}

/// As `as_tests` does with those that are run.
fn as_function(example: &Example) -> String {
    format!(
        "pub fn example() -> ::kernel::error::Result {{\n{}\n; Ok(()) }}\n",
        example.code.replace("# Ok::<(), Error>(())", "")
    )
}

/// What is wrong about what the compiler said, if anything.
fn complaint(outcome: &std::result::Result<(), String>, code: &str) -> Option<String> {
    if code.is_empty() {
        return Some("it does not say with which error: `compile_fail,E…`".to_owned());
    }
    match outcome {
        Ok(()) => Some(format!("it compiles, rather than to fail with {code}")),
        Err(messages) if !messages.contains(&format!("error[{code}]")) => {
            Some(format!("it fails otherwise than with {code}:\n{messages}"))
        }
        Err(_) => None,
    }
}

/// rustc, for one kernel. It makes code: what is constant in a generic function is looked at then only.
struct Compiler {
    arguments: Vec<String>,
    dependencies: PathBuf,
    kernel: PathBuf,
    directory: tempfile::TempDir,
}

impl Compiler {
    fn new(ctx: &Ctx, target: &Target) -> Result<Self> {
        let prepared = build::target::prepare(ctx, target)?;
        let mut command = cargo::command(ctx, target, &prepared, cargo::Flavour::Plain, "build");
        command.args(["--quiet", "--profile", "module", "--package", "kernel"]);
        command.arg("--message-format=json");
        let output = command
            .stdin(Stdio::null())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        let kernel = metadata(&String::from_utf8_lossy(&output.stdout))
            .context("cargo does not say where the kernel crate is")?;
        let environment = cargo::environment(ctx, target, &prepared, cargo::Flavour::Plain);
        let flags = environment
            .into_iter()
            .find_map(|(name, value)| (name == "CARGO_ENCODED_RUSTFLAGS").then_some(value))
            .and_then(|flags| flags.into_string().ok())
            .unwrap_or_default();
        let mut arguments: Vec<String> = flags.split('\x1f').map(str::to_owned).collect();
        arguments.extend(["--target".to_owned(), flags::triple(&ctx.root, target.arch)]);
        Ok(Self {
            arguments,
            dependencies: kernel
                .parent()
                .context("it is in a directory")?
                .to_path_buf(),
            kernel,
            directory: tempfile::tempdir().context("cannot make a directory")?,
        })
    }

    /// What came of it: nothing, or the messages.
    fn compile(&self, code: &str) -> Result<std::result::Result<(), String>> {
        let file = self.directory.path().join("example.rs");
        std::fs::write(&file, format!("#![no_std]\n{code}"))
            .with_context(|| format!("cannot write {}", file.display()))?;
        let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(program);
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .args(&self.arguments)
            .args(["--edition", "2024", "--crate-type", "lib"])
            .args(["--emit", "obj", "-Cpanic=abort", "--out-dir"])
            .arg(self.directory.path())
            .arg("-L")
            .arg(format!("dependency={}", self.dependencies.display()));
        // What procedural macros are made of is built for the host.
        if let Some(directory) = host_dependencies(&self.dependencies) {
            command
                .arg("-L")
                .arg(format!("dependency={}", directory.display()));
        }
        let output = command
            .arg("--extern")
            .arg(format!("kernel={}", self.kernel.display()))
            .arg(&file)
            .stdin(Stdio::null())
            .output()
            .context("cannot run rustc")?;
        Ok(if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        })
    }
}

/// Where cargo keeps what it has compiled for the host, seen from where it keeps the target's:
/// `dir/TRIPLE/module/deps` and `dir/module/deps`.
fn host_dependencies(target: &Path) -> Option<PathBuf> {
    let profile = target.parent()?;
    let top = profile.parent()?.parent()?;
    Some(top.join(profile.file_name()?).join("deps"))
}

/// The file of the kernel crate, of cargo's messages.
fn metadata(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"] == "kernel")
        .find_map(|message| {
            let files = message["filenames"].as_array()?;
            let mut files = files.iter().filter_map(|file| file.as_str());
            files
                .find(|file| file.ends_with(".rmeta"))
                .map(PathBuf::from)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_to_fail_as_it_says() {
        let refused = Err("error[E0080]: evaluation panicked".to_owned());
        assert_eq!(complaint(&refused, "E0080"), None);
        assert!(complaint(&refused, "E0308").is_some());
        assert!(complaint(&refused, "").is_some());
        assert!(complaint(&Ok(()), "E0080").is_some());
    }

    #[test]
    fn the_crate_is_found() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"macros"},"filenames":["/t/libmacros.so"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"kernel"},"filenames":["/t/libkernel-1.rmeta"]}"#,
        );
        assert_eq!(metadata(messages), Some("/t/libkernel-1.rmeta".into()));
        assert_eq!(metadata("{}"), None);
        assert_eq!(
            host_dependencies(Path::new("/d/x86_64-unknown-none/module/deps")),
            Some("/d/module/deps".into())
        );
    }
}
