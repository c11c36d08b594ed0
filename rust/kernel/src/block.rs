// SPDX-License-Identifier: GPL-2.0-only

//! Block devices.

pub mod mq;

/// The unit in which the block layer counts, whatever the device's block size is.
pub const SECTOR_SIZE: u32 = 1 << SECTOR_SHIFT;

/// The number of bits in an offset inside of a sector.
pub const SECTOR_SHIFT: u32 = 9;
