// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What came out of a run, and where it ran.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::count::Cost;
use super::registers::CompileTime;
use super::size::Size;
use super::values::Value;
use crate::build::Target;
use crate::build::kernel_cc::KernelCc;
use crate::ctx::Ctx;
use crate::kernels::KernelSpec;
use crate::{run, setup};

/// The side whose costs are the numerator of every ratio.
pub const RUST: &str = "rust";
/// The side that the target applies to.
pub const TWIN: &str = "c";

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    /// Where it ran.
    pub environment: Environment,
    /// Each kernel, by its id.
    pub kernels: BTreeMap<String, KernelFacts>,
    /// What was counted.
    pub cases: Vec<Case>,
    /// What benchmarks have counted themselves.
    pub values: Vec<Value>,
    /// What was measured without a guest.
    pub sizes: Vec<Size>,
    /// How long registers take to compile.
    pub compile_time: Option<CompileTime>,
}

/// Where a run was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The command, as a person would type it.
    pub command: String,
    /// The commit of the tree, with `-dirty` behind it if there was more than that.
    pub commit: String,
    /// `rustc --version`
    pub rustc: String,
    /// The emulator.
    pub qemu: String,
}

/// What has to be the same for absolute counts to be comparable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelFacts {
    /// Debian's version of the package.
    pub version: String,
    /// What compiles C for its modules.
    pub compiler: String,
}

/// One operation with one setting, as each of those that are compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Case {
    /// The kernel's id.
    pub kernel: String,
    /// `rnull/read/depth=1`
    pub name: String,
    /// The costs by side.
    pub sides: BTreeMap<String, Cost>,
}

/// Rust's cost divided by that of another side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Of the modules' own instructions.
    pub own: f64,
    /// Of all that the kernel executed.
    pub inclusive: f64,
}

impl Results {
    /// Nothing yet.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        Self {
            environment,
            kernels: BTreeMap::new(),
            cases: Vec::new(),
            values: Vec::new(),
            sizes: Vec::new(),
            compile_time: None,
        }
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing_ran = self.cases.is_empty() && self.values.is_empty();
        nothing_ran && self.sizes.is_empty() && self.compile_time.is_none()
    }

    /// Notes what a kernel is.
    pub(super) fn add_kernel(&mut self, ctx: &Ctx, spec: &KernelSpec) -> Result<()> {
        let kernel = setup::kernel(ctx, spec)?;
        let target = Target::stock(ctx, &kernel)?;
        let cc = KernelCc::ask(&target, &target.dir(ctx).join("cc"))?;
        let (program, flags) = cc.cc.split_first().context("Kbuild names no compiler")?;
        let mut command = target.toolchain.command(program, &target.dir(ctx));
        let facts = KernelFacts {
            version: kernel.version.clone(),
            compiler: first_line(command.args(flags).arg("--version"))?,
        };
        self.kernels.insert(spec.id.to_owned(), facts);
        Ok(())
    }
}

impl Environment {
    /// Asks for what is there.
    pub(super) fn ask(ctx: &Ctx) -> Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let words: Vec<_> = std::env::args().skip(1).collect();
        let mut git = Command::new("git");
        git.current_dir(&ctx.root)
            .args(["describe", "--always", "--abbrev=12", "--dirty"]);
        Ok(Self {
            command: format!("cargo xtask {}", words.join(" ")),
            // A tree that was unpacked from an archive has none.
            commit: first_line(&mut git).unwrap_or_default(),
            rustc: first_line(Command::new(rustc).current_dir(&ctx.root).arg("--version"))?,
            qemu: first_line(setup::qemu(ctx)?.command().arg("--version"))?,
        })
    }
}

fn first_line(command: &mut Command) -> Result<String> {
    let text = run::output(command)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

impl Case {
    /// A case that nothing is known of yet.
    #[must_use]
    pub fn new(kernel: &str, name: &str) -> Self {
        Self {
            kernel: kernel.to_owned(),
            name: name.to_owned(),
            sides: BTreeMap::new(),
        }
    }

    /// How Rust compares with another side, if both are there.
    #[must_use]
    pub fn ratio(&self, side: &str) -> Option<Ratio> {
        let (rust, other) = (self.sides.get(RUST)?, self.sides.get(side)?);
        Some(Ratio {
            own: quotient(rust.own, other.own),
            inclusive: quotient(rust.inclusive, other.inclusive),
        })
    }

    /// The sides that Rust is compared with.
    pub fn others(&self) -> impl Iterator<Item = &str> {
        let sides = self.sides.keys().map(String::as_str);
        sides.filter(|side| *side != RUST)
    }

    /// The most that the ratio of all that the kernel executes may be: what only accesses memory may
    /// cost nothing, nor may a request to a disk.
    #[must_use]
    pub fn target(&self) -> f64 {
        let calls = ["dma/stream", "dma/sg/", "dma/interrupt"];
        if calls.iter().any(|case| self.name.starts_with(case)) {
            1.02
        } else {
            1.0
        }
    }

    /// Whether it costs more than the target allows: one in a thousand is the noise of ticks.
    #[must_use]
    pub fn is_above_target(&self) -> bool {
        let ratio = self.ratio(TWIN);
        ratio.is_some_and(|ratio| ratio.inclusive > self.target() + 0.001)
    }
}

fn quotient(a: f64, b: f64) -> f64 {
    if a == b { 1.0 } else { a / b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, rust: f64) -> Case {
        let mut case = Case::new("k", name);
        for (side, count) in [(RUST, rust), (TWIN, 1000.0), ("c-stock", 2000.0)] {
            let cost = Cost {
                module: "m".into(),
                own: 0.0,
                inclusive: count,
                range: (count, count),
                symbols: Vec::new(),
            };
            case.sides.insert(side.into(), cost);
        }
        case
    }

    #[test]
    fn what_calls_into_the_kernel_may_cost_a_little() {
        let is_above = |name, rust| case(name, rust).is_above_target();
        for name in ["io/read", "dma/ring", "dma/coherent", "rnull/read/depth=1"] {
            assert!(!is_above(name, 1000.0) && is_above(name, 1002.0), "{name}");
        }
        for name in ["dma/stream", "dma/sg/entries=16", "dma/interrupt"] {
            assert!(!is_above(name, 1020.0) && is_above(name, 1022.0), "{name}");
        }
    }

    #[test]
    fn ratios_are_of_each_other_side() {
        let case = case("io/read", 500.0);
        assert_eq!(case.others().collect::<Vec<_>>(), ["c", "c-stock"]);
        let ratio = |side| case.ratio(side).map(|ratio| (ratio.own, ratio.inclusive));
        // Nothing of nothing is as much.
        assert_eq!(ratio("c"), Some((1.0, 0.5)));
        assert_eq!(ratio("c-stock"), Some((1.0, 0.25)));
        assert_eq!(ratio("c++"), None);
    }
}
