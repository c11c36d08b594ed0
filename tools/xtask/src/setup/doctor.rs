// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Each prerequisite, its verdict and its cure.
//!
//! [`needs`] looks at what a build and a test run need, [`compiler`] at rustc, [`kdir`] at a kernel
//! whose build directory was named, [`running`] at what stands between a module
//! and the kernel that this host runs. Neither fetches anything, changes anything or fails: what
//! cannot be found out is said as such.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::store::{Policy, Store};
use crate::ctx::Ctx;
use crate::kernels::KernelSpec;

mod compiler;
mod kdir;
mod needs;
mod running;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing to do.
    Info,
    /// Something that works here will not work, or not as well.
    Warn,
    /// The build or the tests cannot work until it is cured.
    Fail,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        })
    }
}

/// One prerequisite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What to do about it, for [`Verdict::Warn`] and [`Verdict::Fail`].
    pub cure: Option<String>,
}

impl Check {
    /// A check that found what it wants.
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, name, detail)
    }

    /// A check that has something to say and nothing to ask for.
    pub fn info(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Verdict::Info, name, detail)
    }

    /// A check that found something in the way of some uses.
    pub fn warn(
        name: impl Into<String>,
        detail: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self::new(Verdict::Warn, name, detail).with(cure)
    }

    /// A check that found something in the way of every use.
    pub fn fail(
        name: impl Into<String>,
        detail: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self::new(Verdict::Fail, name, detail).with(cure)
    }

    fn new(verdict: Verdict, name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict,
            detail: detail.into(),
            cure: None,
        }
    }

    fn with(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }
}

/// Looks at the host, and at these kernels; or, if a kernel's build directory is given, at that one.
/// Fetches nothing and changes nothing.
#[must_use]
pub fn checks(ctx: &Ctx, kernels: &[&KernelSpec], kdir: Option<&Path>) -> Vec<Check> {
    let kernels = if kdir.is_some() { &[] } else { kernels };
    let mut arches = Vec::new();
    for spec in kernels {
        if !arches.contains(&spec.arch) {
            arches.push(spec.arch);
        }
    }
    let mut checks = Vec::new();
    match Store::open(ctx, Policy::Pinned) {
        Ok(store) => checks.extend(needs::checks(&store, kernels)),
        Err(error) => checks.push(Check::fail(
            "lock file",
            format!("{error:#}"),
            "restore tools/xtask/packages.lock from version control",
        )),
    }
    if let Some(kdir) = kdir {
        let (found, arch) = kdir::checks(kdir);
        checks.extend(found);
        arches.extend(arch);
    }
    checks.extend(compiler::checks(&ctx.root, &arches));
    checks.extend(running::checks(Path::new("/")));
    checks
}
