// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Boots a stock kernel in QEMU with our modules in it, uses them there, and judges what happened.
//!
//! A *scenario* is a shell script in `tests/qemu/scenarios`; its header says on which kernels and
//! in which *boots* it runs. A *test* is one scenario on one kernel in one boot configuration, and is
//! named `kernel/scenario` (`kernel/scenario@boot` where the boot is not the default one). Tests
//! that share a kernel and a boot configuration share a guest; when one of them takes the guest
//! down, the rest go on in a new one.
//!
//! The guest has one channel to the world, its serial console, and writes its KTAP to `/dev/kmsg`:
//! so what the kernel complains about stands in the log between the start and the end of the test
//! that caused it, and that is how it is attributed.

pub mod archive;
pub mod boot;
pub mod console;
pub mod coverage;
mod demo;
pub mod device;
pub mod dmesg;
pub mod guest;
pub mod image;
pub mod judge;
pub mod ktap;
pub mod plan;
pub mod program;
pub mod qemu;
pub mod report;
pub mod run;
pub mod scenario;
pub mod server;
pub mod stock;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::ctx::Ctx;
use crate::kernels::{self, KernelSpec};

/// What the build hands to the harness, for one kernel.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// Every module that goes into the guest: drivers, samples and test modules.
    pub ko_files: Vec<PathBuf>,
    /// The same modules, compiled to count which functions run; only if they were asked for.
    pub counted: Vec<PathBuf>,
    /// What is known of each module that counts.
    pub counters: Vec<CountedModule>,
    /// The modules that run tests of their own when they are loaded; only if they were asked for.
    pub unit: Vec<PathBuf>,
    /// What `modules_install` with this `INSTALL_MOD_PATH` made, with depmod's files in it: the
    /// directory that holds `lib/modules/<release>`.
    pub install_root: Option<PathBuf>,
}

/// A module that counts which functions run.
#[derive(Debug, Clone)]
pub struct CountedModule {
    /// Its name.
    pub name: String,
    /// Where the link wrote down which counter is whose.
    pub counters: PathBuf,
    /// Its sources, if it is there to be used.
    pub sources: Option<PathBuf>,
}

/// Which modules a guest wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of those that are there to be used only these; all of them, if it does not say.
    pub used: Option<BTreeSet<String>>,
    /// Those that run their own tests, too.
    pub unit: bool,
    /// Which of their own tests shall run: parts of their names; if there are none, all.
    pub tests: Vec<String>,
    /// Those that are there to be used again, such that they count which functions run.
    pub counted: bool,
}

impl Scope {
    /// Whether a module to be used is wanted.
    #[must_use]
    pub fn wants(&self, module: &str) -> bool {
        self.used.as_ref().is_none_or(|used| used.contains(module))
    }

    /// Whether a module is wanted that runs the tests of `crates`. Only what begins with a crate's
    /// name, `name::`, says that the others' are not; `all` has every crate with tests.
    #[must_use]
    pub fn wants_tests(&self, crates: &[String], all: &BTreeSet<&str>) -> bool {
        let crate_of = |words: &String| {
            let (name, _) = words.split_once("::")?;
            all.get(name).copied()
        };
        let wanted: Option<Vec<_>> = self.tests.iter().map(crate_of).collect();
        let wanted = wanted.filter(|wanted| !wanted.is_empty());
        self.unit && wanted.is_none_or(|wanted| crates.iter().any(|c| wanted.contains(&c.as_str())))
    }
}

/// Builds the modules for one kernel; called once for each kernel that has a test to run.
pub type Builder<'a> = &'a dyn Fn(&Ctx, &'static KernelSpec, Scope) -> Result<Built>;

/// Which tests to run, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Only tests whose id contains one of these
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
    /// Only the tests in the sources and the examples in the documentation; FILTER is for their
    /// names, and each is reported
    #[arg(long)]
    pub unit: bool,
    /// Count which functions of the kernel crate run [default: in a run of all tests of a kernel,
    /// which fails if a public one did not run]
    #[arg(long)]
    pub coverage: bool,
    /// Only on this kernel (may be given again) [default: all]
    #[arg(long = "kernel", value_name = "ID", value_parser = kernels::find)]
    pub kernels: Vec<&'static KernelSpec>,
    /// Only with this boot (may be given again) [default: all]
    #[arg(long = "boot", value_name = "NAME", value_parser = boot::find)]
    pub boots: Vec<&'static boot::Config>,
    /// Print the ids of the tests and stop
    #[arg(long)]
    pub list: bool,
    /// Run each test this many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Run the I-th of N equal parts of the tests
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write one JSON object a line: each test, then the summary
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Print the QEMU command of each boot
    #[arg(long)]
    pub show_qemu: bool,
    /// Multiply every time-out, for a slow host
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub timeout_scale: f64,
    /// How many guests run at the same time [default: two for each CPU, at most 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub jobs: Option<u32>,
}

impl Options {
    /// Whether this run says which of the public items ran.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.coverage || self.is_whole()
    }

    /// Whether this run is one of all tests of its kernels, so that what it did not run is run by
    /// none.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let is_some = self.unit || self.shard.is_some() || !self.boots.is_empty();
        self.filter.is_empty() && !is_some
    }
}

/// One of several equal parts of the tests: `1/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts.
    pub count: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not I/N with 1 <= I <= N");
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let index = index.parse().map_err(|_| wrong())?;
        let count = count.parse().map_err(|_| wrong())?;
        if index == 0 || index > count {
            return Err(wrong());
        }
        Ok(Self { index, count })
    }
}

/// How a whole run ended; the worst thing that happened decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Every test passed or was skipped for a stated reason.
    Passed,
    /// A test failed, or the kernel complained while it ran.
    Failed,
    /// A test did not end in its time.
    TimedOut,
    /// A test took the guest down.
    Panicked,
    /// The harness itself failed: QEMU did not start, the guest did not reach its init.
    Broken,
}

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  every test passed, or was skipped for a stated reason
  1  a test failed, or the kernel warned while it ran
  2  the command line is wrong
  3  a test took the guest down (panic, oops, lockup)
  4  a test did not end in its time
  5  the harness is broken: no QEMU, no kernel, no build, or a guest that never reached its init";

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Passed => 0,
            Outcome::Failed => 1,
            Outcome::Panicked => 3,
            Outcome::TimedOut => 4,
            Outcome::Broken => 5,
        })
    }
}

/// `xtask test`: runs the tests and reports them.
///
/// # Errors
///
/// The harness is broken ([`Outcome::Broken`]'s exit code is right for it): something could not be
/// fetched, built or started.
pub fn test(ctx: &Ctx, options: &Options, build: Builder<'_>) -> Result<Outcome> {
    run::test(ctx, options, &guest::Lab::fetch, build)
}

/// `xtask run`: boots each kernel, uses every module for real, and prints one table.
///
/// # Errors
///
/// As [`test`].
pub fn run_demo(
    ctx: &Ctx,
    kernels: &[&'static KernelSpec],
    show_qemu: bool,
    build: Builder<'_>,
) -> Result<Outcome> {
    demo::run_demo(ctx, kernels, show_qemu, build)
}

/// `xtask shell`: an interactive guest with the modules in `/modules`, and with these devices, as a
/// scenario's header has them; all that there are, if none is named.
///
/// # Errors
///
/// As [`test`].
pub fn shell(
    ctx: &Ctx,
    kernel: &'static KernelSpec,
    devices: &str,
    show_qemu: bool,
    build: Builder<'_>,
) -> Result<Outcome> {
    demo::shell(ctx, kernel, devices, show_qemu, build)
}
