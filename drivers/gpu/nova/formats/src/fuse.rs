// SPDX-License-Identifier: GPL-2.0-only

//! Which of several signatures the chip's fuses ask for.

/// The version that a fuse register stands for: the number of its highest set bit, counted from one.
#[must_use]
pub const fn version(register: u32) -> u32 {
    u32::BITS.saturating_sub(register.leading_zeros())
}

/// Which signature of FWSEC fits a chip with this fuse register.
///
/// `versions` has a bit for each signature that is there; they lie in the order of the bits.
#[must_use]
pub fn by_versions(versions: u16, register: u32) -> Option<usize> {
    let bit = 1_u16.checked_shl(version(register))?;
    if versions & bit == 0 {
        return None;
    }
    let below = versions & bit.checked_sub(1)?;
    usize::try_from(below.count_ones()).ok()
}

/// Which of the `count` signatures of a booter fits a chip with this fuse register; `newest` is the
/// version of the first.
///
/// A chip without fuses takes the last.
#[must_use]
pub fn by_distance(count: u32, newest: u32, register: u32) -> Option<usize> {
    let index = match version(register) {
        0 => count.checked_sub(1)?,
        version => newest.checked_sub(version)?,
    };
    (index < count)
        .then(|| usize::try_from(index).ok())
        .flatten()
}
