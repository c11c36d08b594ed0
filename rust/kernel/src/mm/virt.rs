// SPDX-License-Identifier: GPL-2.0-only

//! Areas of virtual memory.
//!
//! A driver's `mmap` gets a [`VmaNew`]. It may refuse it, restrict it, and fill it, in one of three
//! ways:
//!
//! - with pages that are put in now or later ([`VmaMixedMap::vm_insert_page`]);
//! - with pages that are put in when the program touches them ([`VmaNew::set_ops`], [`VmaOps::fault`]);
//! - with contiguous memory, all at once ([`VmaNew::remap_pages`]).
//!
//! Whatever the program can reach it can change at any time. So only pages of which nobody has a
//! slice can be given to it: [`SharedPage`] and [`Pages`]. They should be zeroed: what was in them
//! before may be a secret.
//!
//! C header: `include/linux/mm.h`.

mod new;
mod ops;

#[cfg(feature = "ktest")]
pub(crate) mod tests;

pub use new::VmaNew;
pub use ops::{FaultError, VmFault, VmaOps};

use crate::error::{Result, to_result};
use crate::fs::LocalFile;
use crate::mm::MmWithUser;
use crate::page::SharedPage;
use crate::types::Opaque;
use core::ffi::c_ulong;

#[expect(unused_imports, reason = "for the documentation")]
use crate::page::Pages;

/// The flags of an area, by their C names (without `VM_`).
pub mod flags {
    use bindings as c;

    /// It can be read.
    pub const READ: usize = c::FERRITE_VM_READ as usize;
    /// It can be written.
    pub const WRITE: usize = c::FERRITE_VM_WRITE as usize;
    /// It can be executed.
    pub const EXEC: usize = c::FERRITE_VM_EXEC as usize;
    /// It is shared: what is written is seen by all who have it mapped.
    pub const SHARED: usize = c::FERRITE_VM_SHARED as usize;
    /// `mprotect(2)` may make it readable.
    pub const MAYREAD: usize = c::FERRITE_VM_MAYREAD as usize;
    /// `mprotect(2)` may make it writable.
    pub const MAYWRITE: usize = c::FERRITE_VM_MAYWRITE as usize;
    /// `mprotect(2)` may make it executable.
    pub const MAYEXEC: usize = c::FERRITE_VM_MAYEXEC as usize;
    /// It may be shared.
    pub const MAYSHARE: usize = c::FERRITE_VM_MAYSHARE as usize;
    /// It consists of frames that need not have a `struct page`.
    pub const PFNMAP: usize = c::FERRITE_VM_PFNMAP as usize;
    /// It is of a device: reading it may have effects, so nobody but the program does.
    pub const IO: usize = c::FERRITE_VM_IO as usize;
    /// A child does not get it.
    pub const DONTCOPY: usize = c::FERRITE_VM_DONTCOPY as usize;
    /// `mremap(2)` does not make it larger.
    pub const DONTEXPAND: usize = c::FERRITE_VM_DONTEXPAND as usize;
    /// It is not in a core dump.
    pub const DONTDUMP: usize = c::FERRITE_VM_DONTDUMP as usize;
    /// It consists of pages and frames, put in by a driver.
    pub const MIXEDMAP: usize = c::FERRITE_VM_MIXEDMAP as usize;
    /// It is of hugetlbfs, and consists of huge pages only.
    pub const HUGETLB: usize = c::FERRITE_VM_HUGETLB as usize;
    /// Huge pages are wanted.
    pub const HUGEPAGE: usize = c::FERRITE_VM_HUGEPAGE as usize;
    /// Huge pages are not wanted.
    pub const NOHUGEPAGE: usize = c::FERRITE_VM_NOHUGEPAGE as usize;
}

/// An area of virtual memory, locked for reading at the least: C's `struct vm_area_struct`.
///
/// Holding one proves that the area is neither removed nor resized meanwhile.
#[repr(transparent)]
pub struct VmaRef(Opaque<bindings::vm_area_struct>);

impl VmaRef {
    /// An area of C's.
    ///
    /// # Safety
    ///
    /// The area, or all areas of its memory, are locked for reading or writing during `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(vma: *const bindings::vm_area_struct) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the type is transparent.
        unsafe { &*vma.cast() }
    }

    /// C's area.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::vm_area_struct {
        self.0.get()
    }

    /// The memory that it is in.
    #[must_use]
    pub fn mm(&self) -> &MmWithUser {
        // SAFETY: an area that is locked is in a memory that has users.
        unsafe { MmWithUser::from_raw(bindings::ferrite_vma_mm(self.as_ptr())) }
    }

    /// The flags: see [`flags`].
    #[must_use]
    pub fn flags(&self) -> usize {
        // SAFETY: the area is there. Bits above those of a word are of no interest here.
        unsafe { bindings::ferrite_vma_flags(self.as_ptr()) as usize }
    }

    /// The address of its first byte.
    #[must_use]
    pub fn start(&self) -> usize {
        // SAFETY: the area is there.
        unsafe { bindings::ferrite_vma_start(self.as_ptr()) as usize }
    }

    /// The address behind its last byte.
    #[must_use]
    pub fn end(&self) -> usize {
        // SAFETY: the area is there.
        unsafe { bindings::ferrite_vma_end(self.as_ptr()) as usize }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.end().saturating_sub(self.start())
    }

    /// Where in the file it begins, in pages: the offset that `mmap(2)` was given.
    #[must_use]
    pub fn pgoff(&self) -> usize {
        // SAFETY: the area is there.
        unsafe { bindings::ferrite_vma_pgoff(self.as_ptr()) as usize }
    }

    /// Whether it maps this open file (`vm_file`): how a driver knows its own areas among those of a
    /// program.
    #[must_use]
    pub fn is_mapping_of(&self, file: &LocalFile) -> bool {
        // SAFETY: the area is there, and does not change its file.
        let ours = unsafe { bindings::ferrite_vma_file(self.as_ptr()) };
        core::ptr::eq(ours, file.as_ptr())
    }

    /// Whether `size` bytes from `address` lie inside.
    fn contains(&self, address: usize, size: usize) -> bool {
        address
            .checked_add(size)
            .is_some_and(|end| self.start() <= address && end <= self.end())
    }

    /// Takes the pages of a part of the area away: the program faults when it touches them again. May
    /// sleep.
    ///
    /// # Errors
    ///
    /// `EINVAL`: that is not inside of the area, or does not begin and end at pages; or the area is of
    /// huge pages of hugetlbfs, which C takes away as a whole or not at all.
    pub fn zap_vma_range(&self, address: usize, size: usize) -> Result {
        if !self.contains(address, size)
            || (address | size) & !crate::page::PAGE_MASK != 0
            || self.flags() & flags::HUGETLB != 0
        {
            return Err(crate::error::code::EINVAL);
        }
        if size == 0 {
            return Ok(());
        }
        // SAFETY: the area is locked, and the range lies inside of it.
        unsafe { bindings::ferrite_vma_zap(self.as_ptr(), address as c_ulong, size as c_ulong) };
        Ok(())
    }

    /// The area as one for single pages, if it is one.
    #[must_use]
    pub fn as_mixedmap_vma(&self) -> Option<&VmaMixedMap> {
        if self.flags() & flags::MIXEDMAP == 0 {
            return None;
        }
        // SAFETY: it is one; the type is transparent.
        Some(unsafe { &*core::ptr::from_ref(self).cast() })
    }
}

/// An area into which single pages can be put.
///
/// # Invariants
///
/// Its flags hold [`flags::MIXEDMAP`], and not [`flags::PFNMAP`].
#[repr(transparent)]
pub struct VmaMixedMap(VmaRef);

impl core::ops::Deref for VmaMixedMap {
    type Target = VmaRef;

    fn deref(&self) -> &VmaRef {
        &self.0
    }
}

impl VmaMixedMap {
    /// Puts a page at an address. The area holds a count of the page until it is unmapped. May
    /// sleep.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: the address is not inside of the area.
    /// - `EBUSY`: there is a page at the address.
    /// - `ENOMEM`.
    pub fn vm_insert_page(&self, address: usize, page: &SharedPage) -> Result {
        // SAFETY:
        // - the area is locked, and by the invariant takes pages;
        // - a shared page is one page with a count of its own, that nobody has a slice of.
        to_result(unsafe {
            bindings::vm_insert_page(self.as_ptr(), address as c_ulong, page.as_ptr())
        })
    }
}
