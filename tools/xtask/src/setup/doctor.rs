// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Each prerequisite, its verdict and its cure.

use crate::ctx::Ctx;
use crate::kernels::KernelSpec;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
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

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

/// One prerequisite.
#[derive(Debug, Clone, serde::Serialize)]
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

/// Looks at the host, and at one kernel if it is given. Fetches nothing and changes nothing.
#[must_use]
pub fn checks(ctx: &Ctx, kernel: Option<&KernelSpec>) -> Vec<Check> {
    let _ = (ctx, kernel);
    Vec::new()
}
