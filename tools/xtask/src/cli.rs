// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The command line.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand};

use crate::bench;
use crate::build::cargo::Flavour;
use crate::build::{self, Target, cargo};
use crate::check;
use crate::ctx::Ctx;
use crate::docs;
use crate::fuzz;
use crate::harness::{self, Outcome};
use crate::ide;
use crate::kernels::{self, KERNELS, KernelSpec};
use crate::link;
use crate::new;
use crate::probes;
use crate::setup::{self, doctor::Verdict};
use crate::ui::Ui;

/// Ferrite: Rust drivers for the Linux kernel that people already run.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch kernels and tools into the cache (the other commands do that by themselves, too)
    Setup {
        /// Only for this kernel (may be given again) [default: all]
        #[arg(long = "kernel", value_name = "ID", value_parser = kernels::find)]
        kernels: Vec<&'static KernelSpec>,
        /// Take the newest packages and pin them in the lock file; with --kernel, of those alone
        #[arg(long)]
        update_lock: bool,
        /// NVIDIA's own firmware instead (104 MB, not free software), which some tests read; nothing else fetches it
        #[arg(long, conflicts_with = "kernels")]
        vendor_firmware: bool,
    },
    /// Say what is there, what is missing, and how to get it
    Doctor {
        /// Ask for this kernel (may be given again) [default: all]
        #[arg(long = "kernel", value_name = "ID", value_parser = kernels::find, conflicts_with = "kdir")]
        kernels: Vec<&'static KernelSpec>,
        /// Ask for the kernel with this build directory: /lib/modules/$(uname -r)/build
        #[arg(long, value_name = "DIR", env = "KDIR")]
        kdir: Option<PathBuf>,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// List the kernels
    Kernels,
    /// Build all modules
    Build {
        #[command(flatten)]
        target: TargetOptions,
        /// Only these modules [default: all; with --kdir, all but the test modules]
        #[arg(value_name = "MODULE")]
        modules: Vec<String>,
    },
    /// Build the modules, install them, and run depmod
    Install {
        #[command(flatten)]
        target: TargetOptions,
        /// Below this directory [default: /, with --kdir]
        #[arg(long, value_name = "DIR", env = "INSTALL_MOD_PATH")]
        path: Option<PathBuf>,
        /// Sign them, too, with this private key, in PEM
        #[arg(long, value_name = "FILE", requires = "certificate")]
        key: Option<PathBuf>,
        /// The certificate of the key, in PEM or DER
        #[arg(long, value_name = "FILE", requires = "key")]
        certificate: Option<PathBuf>,
    },
    /// Build the modules and sign them, for machines that load only signed ones
    Sign {
        #[command(flatten)]
        target: TargetOptions,
        /// The private key, in PEM
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The certificate, in PEM or DER
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
    },
    /// Print the settings with which rust-analyzer understands the kernel crates
    Ide {
        /// As they are compiled for this kernel
        #[arg(long, value_name = "ID", value_parser = kernels::find, default_value = KERNELS[0].id)]
        kernel: &'static KernelSpec,
        /// For the kernel with this build directory: /lib/modules/$(uname -r)/build
        #[arg(long, value_name = "DIR", env = "KDIR")]
        kdir: Option<PathBuf>,
        /// Write them to .vscode/settings.json instead, beside the others there
        #[arg(long)]
        write: bool,
    },
    /// Begin a driver: a package that builds, loads and has tests
    New {
        #[command(subcommand)]
        what: New,
    },
    /// Make the documentation of the tree, and print where it begins
    Docs {
        /// As it is compiled for this kernel
        #[arg(long, value_name = "ID", value_parser = kernels::find, default_value = KERNELS[0].id)]
        kernel: &'static KernelSpec,
        /// Show it in the browser
        #[arg(long)]
        open: bool,
        /// Write Documentation/c-api.md instead
        #[arg(long, conflicts_with = "open")]
        write: bool,
        /// Fail if Documentation/c-api.md is out of date
        #[arg(long, conflicts_with_all = ["open", "write"])]
        check: bool,
    },
    /// Ask the kernels all that the shims want to know of them, and print the answers
    Probes {
        /// Only this kernel (may be given again) [default: all]
        #[arg(long = "kernel", value_name = "ID", value_parser = kernels::find)]
        kernels: Vec<&'static KernelSpec>,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
        /// Write Documentation/probes.md instead
        #[arg(long, conflicts_with_all = ["kernels", "json"])]
        write: bool,
        /// Fail if Documentation/probes.md is out of date
        #[arg(long, conflicts_with_all = ["kernels", "json", "write"])]
        check: bool,
    },
    /// Check everything that needs no guest: format, lints, unit tests, licences
    Check,
    /// Build all modules, boot every kernel, use the modules there, and print what happened
    Run {
        /// Only on this kernel (may be given again) [default: all]
        #[arg(long = "kernel", value_name = "ID", value_parser = kernels::find)]
        kernels: Vec<&'static KernelSpec>,
        /// Print the QEMU command of each boot
        #[arg(long)]
        show_qemu: bool,
    },
    /// Run the regression suite
    #[command(after_help = harness::EXIT_CODES)]
    Test(harness::Options),
    /// Count the instructions that the Rust executes, beside the same in C
    Bench(bench::Options),
    /// Give each parser of untrusted bytes wrong ones, by the thousand
    Fuzz(fuzz::Options),
    /// Start a guest with the modules in it and a shell on this terminal
    Shell {
        /// On this kernel
        #[arg(long, value_name = "ID", value_parser = kernels::find, default_value = KERNELS[0].id)]
        kernel: &'static KernelSpec,
        /// With these devices only, as a scenario's header has them: 'vgpu chip=tu102 fault=gfw-stuck'
        #[arg(long, value_name = "DEVICES", default_value = "")]
        device: String,
        /// Print the QEMU command
        #[arg(long)]
        show_qemu: bool,
    },
    /// Build the Rust libraries only: the first half of a Kbuild run
    #[command(hide = true)]
    Rust {
        #[arg(long)]
        kdir: PathBuf,
        #[arg(long)]
        output: PathBuf,
        modules: Vec<String>,
    },
    /// Join a library with the shims: called from Kbuild
    #[command(hide = true)]
    Link(link::Options),
}

#[derive(Debug, Subcommand)]
enum New {
    /// A driver, made from the sample of its kind
    Driver {
        /// The module's name
        name: String,
        /// Which sample it begins as: one of `cargo xtask new kinds`
        #[arg(long, default_value = "minimal")]
        kind: String,
        /// Where it lies, from the top of the tree [default: drivers/misc/NAME; drivers/block/NAME
        /// for the kind block]
        #[arg(long, value_name = "DIR")]
        path: Option<PathBuf>,
        /// Print what would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the kinds of drivers
    Kinds,
}

/// What to build for.
#[derive(Debug, Args)]
struct TargetOptions {
    /// For this kernel (may be given again) [default: the first of `kernels`]
    #[arg(long = "kernel", value_name = "ID", value_parser = kernels::find, conflicts_with = "kdir")]
    kernels: Vec<&'static KernelSpec>,
    /// For the kernel with this build directory: /lib/modules/$(uname -r)/build
    #[arg(long, value_name = "DIR", env = "KDIR")]
    kdir: Option<PathBuf>,
}

impl TargetOptions {
    fn all(&self, ctx: &Ctx) -> Result<Vec<Target>> {
        if let Some(kdir) = &self.kdir {
            return Ok(vec![Target::kdir(kdir)?]);
        }
        let kernels = if self.kernels.is_empty() {
            vec![&KERNELS[0]]
        } else {
            self.kernels.clone()
        };
        kernels
            .into_iter()
            .map(|spec| Target::stock(ctx, &setup::kernel(ctx, spec)?))
            .collect()
    }
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(Outcome::Broken)
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    if let Command::Link(options) = command {
        // Kbuild may run this where the tree cannot be seen.
        link::link(&options)?;
        return Ok(ExitCode::SUCCESS);
    }
    let ctx = Ctx::new(Ui::default())?;
    match command {
        Command::Setup {
            update_lock,
            vendor_firmware: true,
            ..
        } => {
            let directory = setup::vendor_firmware(&ctx, update_lock)?;
            println!("{}={}", setup::FIRMWARE_VAR, directory.display());
        }
        Command::Setup {
            kernels,
            update_lock,
            ..
        } => {
            if update_lock {
                setup::update_lock(&ctx, &kernels)?;
            }
            setup::all(&ctx, &or_all(kernels))?;
        }
        Command::Doctor {
            kernels,
            kdir,
            json,
        } => {
            let checks = setup::doctor::checks(&ctx, &or_all(kernels), kdir.as_deref());
            return doctor(&checks, json);
        }
        Command::Kernels => {
            for (index, kernel) in KERNELS.iter().enumerate() {
                println!(
                    "{}{}",
                    kernel.id,
                    if index == 0 { "  (default)" } else { "" }
                );
            }
        }
        Command::Build { target, modules } => {
            for target in target.all(&ctx)? {
                report(&build_target(&ctx, &target, &modules)?);
            }
        }
        Command::Install {
            target,
            path,
            key,
            certificate,
        } => {
            let root = path.or_else(|| target.kdir.is_some().then(|| PathBuf::from("/")));
            let root = root.context("say where to: INSTALL_MOD_PATH=DIR, or name the running kernel: KDIR=/lib/modules/$(uname -r)/build")?;
            std::fs::create_dir_all(&root)
                .with_context(|| format!("cannot create {}", root.display()))?;
            let root = root.canonicalize()?;
            for target in target.all(&ctx)? {
                let built = build_target(&ctx, &target, &[])?;
                if let (Some(key), Some(certificate)) = (&key, &certificate) {
                    build::install::sign(&target, &built, key, certificate)?;
                }
                build::install::install(&ctx, &target, &built, &root)?;
                ctx.ui.line(format!(
                    "installed {} modules for {} below {}",
                    built.modules.len(),
                    target.release,
                    root.display()
                ));
            }
        }
        Command::Sign {
            target,
            key,
            certificate,
        } => {
            for target in target.all(&ctx)? {
                let built = build_target(&ctx, &target, &[])?;
                build::install::sign(&target, &built, &key, &certificate)?;
                ctx.ui.line(format!(
                    "signed {} modules for {}",
                    built.modules.len(),
                    target.release
                ));
            }
        }
        Command::Ide {
            kernel,
            kdir,
            write,
        } => {
            let target = match kdir {
                Some(kdir) => Target::kdir(&kdir)?,
                None => Target::stock(&ctx, &setup::kernel(&ctx, kernel)?)?,
            };
            let settings = ide::settings(&ctx, &target)?;
            if write {
                ide::write(&ctx.root.join(ide::FILE), &settings)?;
                ctx.ui.line(format!("written to {}", ide::FILE));
            } else {
                println!("{}", serde_json::to_string_pretty(&settings)?);
            }
        }
        Command::New { what } => begin(&ctx, what)?,
        Command::Docs {
            kernel,
            open,
            write,
            check,
        } => {
            if check {
                docs::c_api::check(&ctx.root)?;
            } else if write {
                let changed = docs::c_api::write(&ctx.root)?;
                let what = if changed { "written" } else { "up to date" };
                ctx.ui.line(format!("{}: {what}", docs::c_api::PAGE));
            } else {
                let target = Target::stock(&ctx, &setup::kernel(&ctx, kernel)?)?;
                let page = docs::pages::make(&ctx, &target)?;
                println!("{}", page.display());
                if open {
                    docs::pages::open(&page)?;
                }
            }
        }
        Command::Probes {
            kernels,
            json,
            write,
            check,
        } => {
            if check {
                probes::check(&ctx)?;
            } else if write {
                let changed = probes::write(&ctx)?;
                let what = if changed { "written" } else { "up to date" };
                ctx.ui.line(format!("{}: {what}", probes::PAGE));
            } else {
                let table = probes::ask(&ctx, &or_all(kernels))?;
                print!("{}", if json { table.json()? } else { table.text() });
            }
        }
        Command::Check => check::all(&ctx)?,
        Command::Run { kernels, show_qemu } => {
            return Ok(harness::run_demo(&ctx, &or_all(kernels), show_qemu, &for_guest)?.into());
        }
        Command::Test(options) => return Ok(harness::test(&ctx, &options, &for_guest)?.into()),
        Command::Fuzz(options) => return fuzz::run(&ctx, &options),
        Command::Bench(options) => return bench::bench(&ctx, &options, &for_guest),
        Command::Shell {
            kernel,
            device,
            show_qemu,
        } => {
            return Ok(harness::shell(&ctx, kernel, &device, show_qemu, &for_guest)?.into());
        }
        Command::Rust {
            kdir,
            output,
            modules,
        } => {
            let target = Target::kdir(&kdir)?;
            let modules = wanted_modules(&ctx, &modules)?;
            build::rust_only(&ctx, &target, &modules, &output)?;
        }
        Command::Link(_) => unreachable!("handled above"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints every check; fails if one of them does.
fn doctor(checks: &[setup::doctor::Check], json: bool) -> Result<ExitCode> {
    for check in checks {
        if json {
            println!("{}", serde_json::to_string(check)?);
            continue;
        }
        println!(
            "{:<5} {}: {}",
            check.verdict.to_string(),
            check.name,
            check.detail
        );
        if let Some(cure) = &check.cure {
            println!("      → {cure}");
        }
    }
    let failed = checks.iter().any(|check| check.verdict == Verdict::Fail);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// `xtask new`.
fn begin(ctx: &Ctx, what: New) -> Result<()> {
    let (name, kind, path, dry_run) = match what {
        New::Kinds => {
            print!("{}", new::list(&new::kinds(&ctx.root)?));
            return Ok(());
        }
        New::Driver {
            name,
            kind,
            path,
            dry_run,
        } => (name, kind, path, dry_run),
    };
    let plan = new::plan(&ctx.root, &name, &kind, path.as_deref())?;
    if dry_run {
        print!("{}", plan.dry());
        return Ok(());
    }
    new::write(&ctx.root, &plan)?;
    for path in plan.paths() {
        println!("wrote {}", path.display());
    }
    println!(
        "\nIt is a copy of samples/{kind}. What it does, and `authors` in its lib.rs, are yours to write; then:\n  \
         cargo xtask build {name}\n  cargo xtask test {name}\n  cargo xtask test --unit {name}"
    );
    Ok(())
}

fn or_all(kernels: Vec<&'static KernelSpec>) -> Vec<&'static KernelSpec> {
    if kernels.is_empty() {
        KERNELS.iter().collect()
    } else {
        kernels
    }
}

fn all_modules(ctx: &Ctx, keep: impl Fn(&build::Module) -> bool) -> Result<Vec<build::Module>> {
    let mut modules = cargo::modules(ctx)?;
    modules.retain(keep);
    Ok(modules)
}

/// The modules of these names. Test modules only go into guests, or where they are named.
fn wanted_modules(ctx: &Ctx, names: &[String]) -> Result<Vec<build::Module>> {
    let modules = all_modules(ctx, |m| {
        if names.is_empty() {
            !m.test_only
        } else {
            names.contains(&m.name)
        }
    })?;
    if let Some(unknown) = names
        .iter()
        .find(|name| !modules.iter().any(|m| m.name == **name))
    {
        bail!("there is no module '{unknown}'");
    }
    Ok(modules)
}

fn build_target(ctx: &Ctx, target: &Target, names: &[String]) -> Result<build::Built> {
    build::build(ctx, target, Flavour::Plain, &wanted_modules(ctx, names)?)
}

fn report(built: &build::Built) {
    for (_, ko) in &built.modules {
        println!("{}", ko.display());
    }
}

/// What the harness calls to get the modules for a guest.
fn for_guest(
    ctx: &Ctx,
    spec: &'static KernelSpec,
    scope: harness::Scope,
) -> Result<harness::Built> {
    let kernel = setup::kernel(ctx, spec)?;
    let target = Target::stock(ctx, &kernel)?;
    let used = all_modules(ctx, |m| m.ktest.is_empty() && scope.wants(&m.name))?;
    let mut result = harness::Built::default();
    if !used.is_empty() {
        let built = build::build(ctx, &target, Flavour::Plain, &used)?;
        result.install_root = Some(build::install::for_guest(ctx, &target, &built)?);
        result.ko_files = built.modules.into_iter().map(|(_, ko)| ko).collect();
    }
    let all = all_modules(ctx, |_| true)?;
    let crates: BTreeSet<&str> = all
        .iter()
        .flat_map(|m| &m.ktest)
        .map(String::as_str)
        .collect();
    let is_wanted = |m: &&build::Module| {
        if m.ktest.is_empty() {
            scope.counted && scope.wants(&m.name)
        } else {
            scope.wants_tests(&m.ktest, &crates)
        }
    };
    let wanted: Vec<_> = all.iter().filter(is_wanted).cloned().collect();
    if wanted.is_empty() {
        return Ok(result);
    }
    let built = build::build(ctx, &target, Flavour::Counted, &wanted)?;
    for (module, ko) in built.modules {
        let link = built.kbuild.join(".ferrite/link").join(&module.name);
        let is_used = module.ktest.is_empty();
        result.counters.push(harness::CountedModule {
            counters: link.join(link::coverage::FILE),
            sources: is_used.then(|| ctx.root.join(&module.dir).join("src")),
            name: module.name.clone(),
        });
        if module.ktest.is_empty() {
            result.counted.push(ko);
        } else {
            result.unit.push(ko);
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
