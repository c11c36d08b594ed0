// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The guest's memory, as far as the client has handed it over.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{Ordering, fence};

use vm_memory::{FileOffset, MmapRegion, VolatileMemory as _};

/// How many ranges a client may hand over: what the protocol has where nothing else is agreed on.
const MAX_RANGES: usize = 65535;

/// The device reached for an address where there is nothing, or nothing that it may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmapped(pub u64);

impl fmt::Display for Unmapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no memory at {:#x}", self.0)
    }
}

impl std::error::Error for Unmapped {}

#[derive(Debug)]
struct Range {
    size: u64,
    writable: bool,
    /// Nothing, where the client passed no file: what is there cannot be reached.
    mapped: Option<MmapRegion>,
}

/// The guest's memory, by the addresses that the device uses.
#[derive(Debug, Default)]
pub struct GuestMemory {
    ranges: BTreeMap<u64, Range>,
}

impl GuestMemory {
    /// Reads from the guest's memory; of ranges that lie side by side as if they were one.
    ///
    /// # Errors
    ///
    /// Something of it is not there; part of `into` may have been filled.
    pub fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Unmapped> {
        let mut done = 0;
        while let Some(left) = into.get_mut(done..).filter(|left| !left.is_empty()) {
            let (range, offset) = self.at(address, done, false)?;
            let slice = range
                .as_volatile_slice()
                .offset(offset)
                .map_err(|_| Unmapped(address))?;
            done += slice.copy_to(left);
        }
        // What is read next was written no earlier than what has been read.
        fence(Ordering::Acquire);
        Ok(())
    }

    /// Writes to the guest's memory. Whoever sees it there sees all that was written before it;
    /// 2, 4 or 8 bytes that are aligned come as one.
    ///
    /// # Errors
    ///
    /// Something of it is not there, or not to be written; part of it may have been.
    pub fn write(&self, address: u64, from: &[u8]) -> Result<(), Unmapped> {
        fence(Ordering::Release);
        let mut done = 0;
        while let Some(left) = from.get(done..).filter(|left| !left.is_empty()) {
            let (range, offset) = self.at(address, done, true)?;
            let slice = range
                .as_volatile_slice()
                .offset(offset)
                .map_err(|_| Unmapped(address))?;
            slice.copy_from(left);
            done += slice.len().min(left.len());
        }
        Ok(())
    }

    /// What is `done` bytes after an address, and where in it.
    fn at(&self, address: u64, done: usize, write: bool) -> Result<(&MmapRegion, usize), Unmapped> {
        let missing = Unmapped(address);
        let done = u64::try_from(done).map_err(|_| missing)?;
        let address = address.checked_add(done).ok_or(missing)?;
        let (start, range) = self.ranges.range(..=address).next_back().ok_or(missing)?;
        let offset = address - start;
        if offset >= range.size || (write && !range.writable) {
            return Err(Unmapped(address));
        }
        let mapped = range.mapped.as_ref().ok_or(Unmapped(address))?;
        let offset = usize::try_from(offset).map_err(|_| missing)?;
        Ok((mapped, offset))
    }

    /// How many bytes can be reached.
    #[must_use]
    pub fn size(&self) -> u64 {
        let mapped = self.ranges.values().filter(|r| r.mapped.is_some());
        mapped.map(|r| r.size).sum()
    }

    /// Adds a range; an errno, if that cannot be.
    pub(crate) fn map(
        &mut self,
        address: u64,
        size: u64,
        writable: bool,
        file: Option<(OwnedFd, u64)>,
    ) -> Result<(), i32> {
        let end = address.checked_add(size).ok_or(libc::EINVAL)?;
        let before = self.ranges.range(..end).next_back();
        if before.is_some_and(|(start, range)| start.saturating_add(range.size) > address) {
            return Err(libc::EEXIST);
        }
        if self.ranges.len() >= MAX_RANGES {
            return Err(libc::ENOSPC);
        }
        let mapped = file.map(|(file, offset)| map(file.into(), offset, size, writable));
        let range = Range {
            size,
            writable,
            mapped: mapped.transpose()?,
        };
        self.ranges.insert(address, range);
        Ok(())
    }

    /// Removes the ranges in a range; an errno, and nothing, if it would cut one in two.
    pub(crate) fn unmap(&mut self, address: u64, size: u64) -> Result<(), i32> {
        let end = address.checked_add(size).ok_or(libc::EINVAL)?;
        let inside =
            |start: u64, range: &Range| start >= address && start.saturating_add(range.size) <= end;
        let overlapping = self
            .ranges
            .range(..end)
            .filter(|(start, range)| start.saturating_add(range.size) > address);
        let found: Vec<(u64, bool)> = overlapping
            .map(|(start, range)| (*start, inside(*start, range)))
            .collect();
        if found.iter().any(|(_, inside)| !inside) {
            return Err(libc::EINVAL);
        }
        for (start, _) in found {
            self.ranges.remove(&start);
        }
        Ok(())
    }

    pub(crate) fn unmap_all(&mut self) {
        self.ranges.clear();
    }
}

fn map(file: File, offset: u64, size: u64, writable: bool) -> Result<MmapRegion, i32> {
    // Past the end of a file there are only signals.
    let length = file.metadata().map_err(|error| errno(&error))?.len();
    let end = offset.checked_add(size).ok_or(libc::EINVAL)?;
    if end > length {
        return Err(libc::EINVAL);
    }
    let size = usize::try_from(size).map_err(|_| libc::ENOMEM)?;
    let write = if writable { libc::PROT_WRITE } else { 0 };
    let mapped = MmapRegion::build(
        Some(FileOffset::new(file, offset)),
        size,
        libc::PROT_READ | write,
        libc::MAP_SHARED | libc::MAP_NORESERVE,
    );
    mapped.map_err(|error| match error {
        vm_memory::mmap::MmapRegionError::Mmap(error) => errno(&error),
        _ => libc::EINVAL,
    })
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
