// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Whether this rustc compiles for kernels.

use std::path::Path;

use super::Check;
use super::needs::first_line;
use crate::build::flags::{self, Refused};
use crate::kernels::Arch;

/// One check that all flags are taken, or one for each that is not.
pub(super) fn checks(root: &Path, arches: &[Arch]) -> Vec<Check> {
    let mut checks = Vec::new();
    for arch in arches {
        match flags::try_all(root, *arch) {
            Ok(tried) => checks.extend(judge(*arch, &tried)),
            // Without rustc there is another check that says so.
            Err(error) => checks.push(Check::info(name(*arch), first_line(&error))),
        }
    }
    checks
}

fn name(arch: Arch) -> String {
    format!("rustc flags, {}", arch.debian())
}

fn judge(arch: Arch, (count, refused): &(usize, Vec<Refused>)) -> Vec<Check> {
    if refused.is_empty() {
        return vec![Check::ok(name(arch), format!("all {count} are taken"))];
    }
    let fail = |flag: &Refused| {
        Check::fail(
            name(arch),
            format!(
                "{} is not taken: {}",
                flag.spellings.join(" or "),
                flag.reason
            ),
            "use the rustc that Ferrite is tried with: see the check of rustc",
        )
    };
    refused.iter().map(fail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::doctor::Verdict;

    #[test]
    fn a_refused_flag_comes_with_its_reason() {
        let refused = Refused {
            spellings: &["-Znew=y", "-Zold"],
            reason: "the kernel wants it",
        };
        let checks = judge(Arch::I386, &(9, vec![refused]));
        assert_eq!(checks[0].verdict, Verdict::Fail);
        assert_eq!(
            checks[0].detail,
            "-Znew=y or -Zold is not taken: the kernel wants it"
        );
        assert_eq!(judge(Arch::I386, &(9, vec![]))[0].verdict, Verdict::Ok);
    }
}
