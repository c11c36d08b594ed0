// SPDX-License-Identifier: GPL-2.0-only

//! Memory of the process that loads the test module, for tests.

use core::ffi::c_ulong;

use super::{UserPtr, UserSlice};
use crate::error::{Result, from_err_ptr};
use crate::page::PAGE_SIZE;

/// A mapping in the current process; gone when dropped.
pub(crate) struct Mapping {
    addr: usize,
    len: usize,
}

impl Mapping {
    /// `pages` pages that can be read and written, and behind them one that cannot be touched.
    pub(crate) fn anonymous(pages: usize) -> Result<Self> {
        let len = pages.saturating_add(1).saturating_mul(PAGE_SIZE);
        let flags = bindings::MAP_PRIVATE | bindings::MAP_ANONYMOUS;
        let mapping = Self::new(
            core::ptr::null_mut(),
            len,
            bindings::PROT_READ | bindings::PROT_WRITE,
            flags,
            0,
        )?;
        // SAFETY: the last page is in our own mapping.
        unsafe { bindings::vm_munmap(mapping.address(pages * PAGE_SIZE), PAGE_SIZE) };
        Ok(mapping)
    }

    /// What `mmap(2)` makes of these arguments.
    pub(crate) fn new(
        file: *mut bindings::file,
        len: usize,
        prot: u32,
        flags: u32,
        offset: usize,
    ) -> Result<Self> {
        // SAFETY: the file is open or null; the task has a memory.
        let addr = unsafe {
            bindings::vm_mmap(
                file,
                0,
                len as c_ulong,
                c_ulong::from(prot),
                c_ulong::from(flags),
                offset as c_ulong,
            )
        };
        // An errno is in the last page of the address space, as in a pointer.
        let addr = from_err_ptr(core::ptr::without_provenance_mut::<u8>(addr as usize))?.addr();
        Ok(Self { addr, len })
    }

    fn address(&self, offset: usize) -> c_ulong {
        self.addr.wrapping_add(offset) as c_ulong
    }

    /// Where it begins.
    pub(crate) fn addr(&self) -> usize {
        self.addr
    }

    /// `len` bytes from `offset`, inside or outside.
    pub(crate) fn slice(&self, offset: usize, len: usize) -> UserSlice {
        UserSlice::new(UserPtr::from_addr(self.addr.wrapping_add(offset)), len)
    }

    /// Writes into it, as the program would.
    pub(crate) fn put(&self, offset: usize, bytes: &[u8]) -> Result {
        self.slice(offset, bytes.len()).writer().write_slice(bytes)
    }

    /// Reads from it, as the program would.
    pub(crate) fn get<const N: usize>(&self, offset: usize) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.slice(offset, N).reader().read_slice(&mut bytes)?;
        Ok(bytes)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is our own.
        unsafe { bindings::vm_munmap(self.address(0), self.len) };
    }
}
