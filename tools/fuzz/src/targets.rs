// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Every parser of untrusted bytes in the tree.
//!
//! What a target does beyond reading says with an assertion what holds of everything that was taken: a
//! parser that takes what it should refuse is found, too.

mod bits;
mod memory;
mod nova;
mod ring;
mod vfio_user;
mod vgpu;
#[cfg(feature = "xtask")]
mod xtask;

use crate::Target;

/// All of them.
#[must_use]
pub fn all() -> Vec<Target> {
    let mut all = nova::TARGETS.to_vec();
    all.extend(vgpu::TARGETS);
    all.extend(ring::TARGETS);
    all.extend(vfio_user::TARGETS);
    #[cfg(feature = "xtask")]
    all.extend(xtask::TARGETS);
    all
}

/// Those with one of these in their names; all of them, if there is none.
#[must_use]
pub fn matching(filters: &[String]) -> Vec<Target> {
    let mut all = all();
    all.retain(|target| filters.is_empty() || filters.iter().any(|f| target.name.contains(f)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_one_target() {
        let all = all();
        let names: std::collections::BTreeSet<_> = all.iter().map(|target| target.name).collect();
        assert_eq!(names.len(), all.len());
        assert!(matching(&["nova/".to_owned()]).len() > 5);
        assert!(matching(&["no such".to_owned()]).is_empty());
    }
}
