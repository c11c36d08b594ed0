// SPDX-License-Identifier: GPL-2.0-only

//! Disks.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::{Operations, QueueLimits, TagSet};
use crate::error::{Result, from_err_ptr, to_result};
use crate::module::ThisModule;
use crate::sync::Arc;
use crate::types::{ForeignOwnable, NotThreadSafe};

/// What a disk will be like.
#[derive(Clone, Default)]
pub struct GenDiskBuilder {
    limits: QueueLimits,
    capacity: u64,
}

impl GenDiskBuilder {
    /// An empty disk with the limits of [`QueueLimits::new`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            limits: QueueLimits::new(),
            capacity: 0,
        }
    }

    /// What the disk can do.
    #[must_use]
    pub fn limits(mut self, limits: QueueLimits) -> Self {
        self.limits = limits;
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
                &raw const self.limits.0,
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

impl<T: Operations> GenDisk<T> {
    /// Changes the capacity, in sectors of 512 bytes; user space hears of it. May sleep.
    pub fn set_capacity(&self, sectors: u64) {
        // SAFETY: by the invariant the disk was added.
        unsafe { bindings::ferrite_blk_disk_resize(self.disk.as_ptr(), &raw const sectors) };
    }

    /// Changes what the disk can do, when no request is in flight. May sleep.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the kernel does not take the limits.
    pub fn set_limits(&self, limits: &QueueLimits) -> Result {
        // SAFETY: by the invariant the disk was added.
        to_result(unsafe {
            bindings::ferrite_blk_disk_update_limits(self.disk.as_ptr(), &raw const limits.0)
        })
    }

    /// Waits until no request is in flight, and keeps new ones out while the result lives. May
    /// sleep. Meanwhile the task does no I/O to get memory.
    #[must_use = "requests come again when it is dropped"]
    pub fn freeze(&self) -> Frozen<'_, T> {
        // SAFETY: by the invariant the disk was added.
        let flags = unsafe { bindings::ferrite_blk_disk_freeze(self.disk.as_ptr()) };
        Frozen(self, flags, NotThreadSafe::new())
    }

    /// Keeps requests from the driver while the result lives, and waits until
    /// [`Operations::queue_rq`] runs nowhere. Requests that the driver has are not waited for. May
    /// sleep.
    #[must_use = "requests come again when it is dropped"]
    pub fn quiesce(&self) -> Quiesced<'_, T> {
        // SAFETY: by the invariant the disk was added.
        unsafe { bindings::ferrite_blk_disk_quiesce(self.disk.as_ptr()) };
        Quiesced(self)
    }

    /// Keeps requests from the driver until [`Self::start_queues`]; waits for nothing, so that a
    /// few may still come. For a device that is full.
    pub fn stop_queues(&self) {
        // SAFETY: by the invariant the disk was added.
        unsafe { bindings::ferrite_blk_disk_stop(self.disk.as_ptr()) };
    }

    /// Undoes [`Self::stop_queues`]. May be called from an interrupt.
    pub fn start_queues(&self) {
        // SAFETY: by the invariant the disk was added.
        unsafe { bindings::ferrite_blk_disk_start(self.disk.as_ptr()) };
    }

    /// C's disk, for tests.
    #[cfg(feature = "ktest")]
    pub(super) fn as_ptr(&self) -> *mut bindings::gendisk {
        self.disk.as_ptr()
    }

    /// Offers the requests again that were given back with [`Request::requeue`](super::Request).
    pub fn kick_requeued(&self) {
        // SAFETY: by the invariant the disk was added, and so has a queue.
        unsafe { bindings::blk_mq_kick_requeue_list((*self.disk.as_ptr()).queue) };
    }
}

/// A disk without requests in flight. Dropping it lets them in again.
pub struct Frozen<'a, T: Operations>(&'a GenDisk<T>, core::ffi::c_uint, NotThreadSafe);

impl<T: Operations> Drop for Frozen<'_, T> {
    fn drop(&mut self) {
        // SAFETY: it was frozen by this task, which gave these flags, and is thawed once.
        unsafe { bindings::ferrite_blk_disk_unfreeze(self.0.disk.as_ptr(), self.1) };
    }
}

/// A disk whose driver gets no requests. Dropping it lets them come again.
pub struct Quiesced<'a, T: Operations>(&'a GenDisk<T>);

impl<T: Operations> Drop for Quiesced<'_, T> {
    fn drop(&mut self) {
        // SAFETY: it was quiesced, and this is undone once.
        unsafe { bindings::ferrite_blk_disk_unquiesce(self.0.disk.as_ptr()) };
    }
}

impl<T: Operations> Drop for GenDisk<T> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the disk was added, and this happens once.
        unsafe { bindings::ferrite_blk_disk_del(self.disk.as_ptr()) };
        // SAFETY: the reference is ours. Who has the disk open has one of its own.
        unsafe { bindings::put_disk(self.disk.as_ptr()) };
        // SAFETY: the removal has waited for every request, and for every call that has had one; no
        // operation runs any more.
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
