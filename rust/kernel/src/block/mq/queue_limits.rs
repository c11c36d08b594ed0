// SPDX-License-Identifier: GPL-2.0-only

//! What a disk can do, and in which units.

use crate::error::Result;
use crate::error::code::EINVAL;
use crate::page::PAGE_SIZE;

use super::super::{SECTOR_SHIFT, SECTOR_SIZE};

/// The limits of a queue (`struct queue_limits`).
#[derive(Clone, Copy)]
pub struct QueueLimits(pub(super) bindings::ferrite_blk_limits);

impl Default for QueueLimits {
    fn default() -> Self {
        Self::new()
    }
}

impl QueueLimits {
    /// Blocks of 512 bytes, on a disk that does not rotate, and has neither a write cache nor any
    /// operation but reading and writing.
    #[must_use]
    pub const fn new() -> Self {
        Self(bindings::ferrite_blk_limits {
            virt_boundary_mask: 0,
            logical_block_size: SECTOR_SIZE,
            physical_block_size: SECTOR_SIZE,
            max_hw_sectors: 0,
            max_discard_sectors: 0,
            discard_granularity: 0,
            max_write_zeroes_sectors: 0,
            rotational: false,
            write_cache: false,
            fua: false,
        })
    }

    /// The smallest unit that can be read or written, in bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is not a power of two between 512 and the size of a page.
    pub fn logical_block_size(mut self, size: u32) -> Result<Self> {
        if !size.is_power_of_two() || !(512..=4096).contains(&size) {
            return Err(EINVAL);
        }
        self.0.logical_block_size = size;
        if self.0.physical_block_size < size {
            self.0.physical_block_size = size;
        }
        Ok(self)
    }

    /// The unit that the device writes without reading first, in bytes; at least the logical one.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is not a power of two, or less than the logical one.
    pub fn physical_block_size(mut self, size: u32) -> Result<Self> {
        if !size.is_power_of_two() || size < self.0.logical_block_size {
            return Err(EINVAL);
        }
        self.0.physical_block_size = size;
        Ok(self)
    }

    /// The largest request, in sectors of 512 bytes; 0 leaves it to the block layer.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is less than a page.
    pub fn max_hw_sectors(mut self, sectors: u32) -> Result<Self> {
        if sectors != 0 && (sectors as usize) < PAGE_SIZE >> SECTOR_SHIFT {
            return Err(EINVAL);
        }
        self.0.max_hw_sectors = sectors;
        Ok(self)
    }

    /// No gap between the pieces of a request's memory but at multiples of `size` bytes; 0 allows
    /// gaps anywhere.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is neither 0 nor a power of two of at least a page.
    pub fn virt_boundary(mut self, size: usize) -> Result<Self> {
        if size != 0 && (!size.is_power_of_two() || size < PAGE_SIZE) {
            return Err(EINVAL);
        }
        // Without a boundary the mask is zero as well.
        self.0.virt_boundary_mask = size.saturating_sub(1) as core::ffi::c_ulong;
        Ok(self)
    }

    /// The largest discard in sectors of 512 bytes, and its unit in bytes; 0 sectors: none at all.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the unit is not a power of two of at least 512 bytes.
    pub fn discard(mut self, max_sectors: u32, granularity: u32) -> Result<Self> {
        if max_sectors != 0 && (!granularity.is_power_of_two() || granularity < SECTOR_SIZE) {
            return Err(EINVAL);
        }
        self.0.max_discard_sectors = max_sectors;
        self.0.discard_granularity = if max_sectors == 0 { 0 } else { granularity };
        Ok(self)
    }

    /// The largest range that can be zeroed without data being sent, in sectors of 512 bytes; 0:
    /// zeroes are written as data.
    #[must_use]
    pub fn max_write_zeroes_sectors(mut self, sectors: u32) -> Self {
        self.0.max_write_zeroes_sectors = sectors;
        self
    }

    /// Whether seeking takes time.
    #[must_use]
    pub fn rotational(mut self, rotational: bool) -> Self {
        self.0.rotational = rotational;
        self
    }

    /// Whether writes must be flushed to be durable, and whether a write can say so itself (FUA);
    /// without a cache there is nothing to say.
    #[must_use]
    pub fn write_cache(mut self, cache: bool, fua: bool) -> Self {
        self.0.write_cache = cache;
        self.0.fua = cache && fua;
        self
    }
}
