// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Everything that is checked on the host: format, lints for host and kernel targets, unit tests,
//! licences. What CI runs, a person runs with `cargo xtask check`.

pub mod licences;

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::build::{self, Target, cargo};
use crate::ctx::Ctx;
use crate::docs;
use crate::kernels::KERNELS;
use crate::{probes, setup};

/// Packages with tests that run on the host, beside those of the tools.
const HOST_TESTED: &[&str] = &[
    "device-model",
    "fuzz",
    "insn-count",
    "macros",
    "nova-formats",
    "registers",
    "ring-device",
    "vfio-user",
    "vgpu",
    "vgpu-facts",
    "vgpu-model",
    "xtask",
];

/// Runs every check; prints one line for each.
///
/// # Errors
///
/// A check failed: the message names all that did, and what they printed has been shown.
pub fn all(ctx: &Ctx) -> Result<()> {
    let mut failed = Vec::new();
    let mut step = |name: &str, result: Result<()>, start: Instant| {
        let seconds = start.elapsed().as_secs_f64();
        match result {
            Ok(()) => ctx.ui.line(format!("check {name} ... ok ({seconds:.1} s)")),
            Err(error) => {
                ctx.ui.line(format!(
                    "check {name} ... FAILED ({seconds:.1} s)\n{error:#}"
                ));
                failed.push(name.to_owned());
            }
        }
    };
    let now = Instant::now();
    step("licences", licences::check(ctx), now);
    let now = Instant::now();
    step("format", plain(ctx, &["fmt", "--all", "--check"]), now);
    let now = Instant::now();
    step(
        "clippy (host)",
        host(ctx, &["clippy", "--quiet", "--all-targets"], &[]),
        now,
    );
    for spec in KERNELS {
        let now = Instant::now();
        let result = setup::kernel(ctx, spec)
            .and_then(|kernel| kernel_clippy(ctx, &Target::stock(ctx, &kernel)?));
        step(&format!("clippy ({})", spec.id), result, now);
    }
    let now = Instant::now();
    // The kernels have answered by now.
    step("page of probes", probes::check(ctx), now);
    let now = Instant::now();
    step("page of C interfaces", docs::c_api::check(&ctx.root), now);
    let now = Instant::now();
    let result = setup::kernel(ctx, &KERNELS[0])
        .and_then(|kernel| docs::pages::check(ctx, &Target::stock(ctx, &kernel)?));
    step("rustdoc", result, now);
    let now = Instant::now();
    let result = setup::kernel(ctx, &KERNELS[0])
        .and_then(|kernel| docs::refused::check(ctx, &Target::stock(ctx, &kernel)?));
    step("examples that do not compile", result, now);
    let now = Instant::now();
    // The ignored ones are those that fetch: what they need is there by now.
    step(
        "host tests",
        host(ctx, &["test", "--quiet"], &["--include-ignored"]),
        now,
    );
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

/// cargo on the packages that run on the host.
fn host(ctx: &Ctx, arguments: &[&str], to_tests: &[&str]) -> Result<()> {
    let mut arguments = arguments.to_vec();
    for package in HOST_TESTED {
        arguments.extend(["--package", package]);
    }
    if !to_tests.is_empty() {
        arguments.push("--");
        arguments.extend(to_tests);
    }
    plain(ctx, &arguments)
}

fn plain(ctx: &Ctx, arguments: &[&str]) -> Result<()> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(&ctx.root).args(arguments);
    if std::env::var_os(setup::FIRMWARE_VAR).is_none()
        && let Some(directory) = setup::vendor_firmware_in_cache(ctx)
    {
        command.env(setup::FIRMWARE_VAR, directory);
    }
    run(command)
}

/// clippy on everything that goes into a module of this kernel.
fn kernel_clippy(ctx: &Ctx, target: &Target) -> Result<()> {
    let prepared = build::target::prepare(ctx, target)?;
    for flavour in [cargo::Flavour::Plain, cargo::Flavour::Counted] {
        let mut command = cargo::command(ctx, target, &prepared, flavour, "clippy");
        command.args(["--quiet", "--profile", "module"]);
        for module in cargo::modules(ctx)? {
            let tests = flavour == cargo::Flavour::Counted;
            if module.ktest.is_empty() != tests {
                cargo::select(&mut command, &module, flavour);
            }
        }
        run(command)?;
    }
    Ok(())
}

fn run(mut command: Command) -> Result<()> {
    let output = command.output().context("cannot run cargo")?;
    if output.status.success() {
        return Ok(());
    }
    bail!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
