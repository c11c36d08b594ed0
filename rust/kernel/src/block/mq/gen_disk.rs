// SPDX-License-Identifier: GPL-2.0-only

//! Disks.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::{Operations, TagSet};
use crate::error::code::EINVAL;
use crate::error::{Result, from_err_ptr, to_result};
use crate::module::ThisModule;
use crate::sync::Arc;
use crate::types::ForeignOwnable;

/// What a disk will be like.
#[derive(Clone)]
pub struct GenDiskBuilder {
    limits: bindings::ferrite_blk_limits,
    capacity: u64,
}

impl Default for GenDiskBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl GenDiskBuilder {
    /// An empty disk with blocks of 512 bytes, that does not rotate and has no write cache.
    #[must_use]
    pub fn new() -> Self {
        let limits = bindings::ferrite_blk_limits {
            logical_block_size: super::super::SECTOR_SIZE,
            physical_block_size: super::super::SECTOR_SIZE,
            max_hw_sectors: 0,
            rotational: false,
            write_cache: false,
            fua: false,
        };
        Self {
            limits,
            capacity: 0,
        }
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
        self.limits.logical_block_size = size;
        if self.limits.physical_block_size < size {
            self.limits.physical_block_size = size;
        }
        Ok(self)
    }

    /// The unit that the device writes without reading first, in bytes; at least the logical one.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is not a power of two, or less than the logical one.
    pub fn physical_block_size(mut self, size: u32) -> Result<Self> {
        if !size.is_power_of_two() || size < self.limits.logical_block_size {
            return Err(EINVAL);
        }
        self.limits.physical_block_size = size;
        Ok(self)
    }

    /// The largest request, in sectors of 512 bytes; 0 leaves it to the block layer.
    #[must_use]
    pub fn max_hw_sectors(mut self, sectors: u32) -> Self {
        self.limits.max_hw_sectors = sectors;
        self
    }

    /// Whether seeking takes time.
    #[must_use]
    pub fn rotational(mut self, rotational: bool) -> Self {
        self.limits.rotational = rotational;
        self
    }

    /// Whether writes must be flushed to be durable, and whether a write can say so itself (FUA).
    #[must_use]
    pub fn write_cache(mut self, cache: bool, fua: bool) -> Self {
        self.limits.write_cache = cache;
        self.limits.fua = fua;
        self
    }

    /// The capacity in sectors of 512 bytes.
    #[must_use]
    pub fn capacity_sectors(mut self, sectors: u64) -> Self {
        self.capacity = sectors;
        self
    }

    /// Makes the disk and shows it to user space as `/dev/<name>`. Requests may come before this
    /// returns: the kernel looks for partitions. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the name has 32 bytes or more, or the kernel does not take the limits.
    /// - `EEXIST`: there is a disk of that name.
    /// - `ENOMEM`.
    pub fn build<T: Operations>(
        self,
        name: &str,
        tags: Arc<TagSet<T>>,
        data: T::QueueData,
    ) -> Result<GenDisk<T>> {
        let data = data.into_foreign();
        // SAFETY:
        // - the tag set is initialised, and lives as long as the disk: the disk owns a reference;
        // - the operations are static, and the name is valid for its length.
        let disk = from_err_ptr(unsafe {
            bindings::ferrite_blk_disk_alloc(
                tags.as_ptr(),
                &raw const self.limits,
                data,
                &FileOperations::<T>::TABLE,
                name.as_ptr().cast(),
                name.len(),
            )
        })
        .inspect_err(|_| {
            // SAFETY: no disk has seen the data.
            drop(unsafe { T::QueueData::from_foreign(data) });
        })?;
        // SAFETY: the disk is fresh.
        unsafe { bindings::ferrite_blk_disk_set_capacity(disk, &raw const self.capacity) };
        // SAFETY: the disk is complete, and added once.
        if let Err(error) = to_result(unsafe { bindings::ferrite_blk_disk_add(disk) }) {
            // SAFETY: the disk was not added, and the reference is ours.
            unsafe { bindings::put_disk(disk) };
            // SAFETY: no request can come any more.
            drop(unsafe { T::QueueData::from_foreign(data) });
            return Err(error);
        }
        // SAFETY: it is not null: that was no error.
        let disk = unsafe { NonNull::new_unchecked(disk) };
        // INVARIANT: the disk has been added.
        Ok(GenDisk {
            disk,
            data,
            _tags: tags,
            _driver: PhantomData,
        })
    }
}

/// A disk that user space sees. Dropping it takes it away: that waits for requests in flight, and
/// later ones fail. May sleep.
///
/// # Invariants
///
/// `disk` was added; `data` are its queue's, from `into_foreign`.
pub struct GenDisk<T: Operations> {
    disk: NonNull<bindings::gendisk>,
    data: *mut core::ffi::c_void,
    /// Released after the disk.
    _tags: Arc<TagSet<T>>,
    _driver: PhantomData<T>,
}

// SAFETY: a disk may be removed on any CPU; its data may be sent and shared.
unsafe impl<T: Operations> Send for GenDisk<T> {}
// SAFETY: as above.
unsafe impl<T: Operations> Sync for GenDisk<T> {}

impl<T: Operations> Drop for GenDisk<T> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the disk was added, and this happens once.
        unsafe { bindings::del_gendisk(self.disk.as_ptr()) };
        // SAFETY: the reference is ours. Who has the disk open has one of its own.
        unsafe { bindings::put_disk(self.disk.as_ptr()) };
        // SAFETY: `del_gendisk` has waited for every request; no operation runs any more.
        drop(unsafe { T::QueueData::from_foreign(self.data) });
    }
}

/// The operations on the open device: none but keeping the module in place.
struct FileOperations<T>(PhantomData<T>);

impl<T: Operations> FileOperations<T> {
    const TABLE: bindings::block_device_operations = {
        // SAFETY: a table of pointers, all of which may be null.
        let mut table: bindings::block_device_operations = unsafe { core::mem::zeroed() };
        table.owner = ThisModule::ADDRESS;
        table
    };
}
