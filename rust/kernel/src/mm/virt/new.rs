// SPDX-License-Identifier: GPL-2.0-only

//! Areas that are being made.

use core::cell::Cell;
use core::ffi::c_ulong;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

use super::ops::{Keep, Table, VmaOps};
use super::{VmaMixedMap, VmaRef, flags};
use crate::error::code::{EBUSY, EINVAL};
use crate::error::{Result, to_result};
use crate::page::{PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Pages};
use crate::sync::Arc;
use crate::types::ForeignOwnable;

/// What the area had when the driver got it, to be put back if the driver refuses it.
#[derive(Clone, Copy)]
struct Before {
    ops: *const bindings::vm_operations_struct,
    release: unsafe fn(*mut core::ffi::c_void),
}

/// An area that `mmap(2)` is making, and that nobody else knows yet: its flags may be changed.
///
/// What it is to become is said by calls; then `mmap` returns `Ok`. If it returns an error, the
/// area is given up, with everything that was put into it.
///
/// # Invariants
///
/// - The area is locked for writing, is not known to others, and is valid during `'a`.
/// - If `before` is there, the area's operations are ours, and its private data come from
///   `into_foreign` of what `release` takes back.
pub struct VmaNew<'a> {
    vma: NonNull<bindings::vm_area_struct>,
    before: Cell<Option<Before>>,
    _area: PhantomData<&'a VmaRef>,
}

impl Deref for VmaNew<'_> {
    type Target = VmaRef;

    fn deref(&self) -> &VmaRef {
        // SAFETY: by the invariant it is valid and locked.
        unsafe { VmaRef::from_raw(self.vma.as_ptr()) }
    }
}

impl VmaNew<'_> {
    /// Lets a driver have an area, and gives up what it has put into it if it refuses.
    ///
    /// # Safety
    ///
    /// - The area is valid, locked for writing and not known to others: `mmap` of file operations.
    /// - What this returns is what `mmap` returns.
    pub(crate) unsafe fn offer(
        vma: *mut bindings::vm_area_struct,
        mmap: impl FnOnce(&VmaNew<'_>) -> Result,
    ) -> Result {
        // SAFETY: the caller promises that it is valid, so it is not null.
        let vma = unsafe { NonNull::new_unchecked(vma) };
        // INVARIANT: the caller promises it.
        let new = VmaNew {
            vma,
            before: Cell::new(None),
            _area: PhantomData,
        };
        let result = mmap(&new);
        if result.is_err()
            && let Some(before) = new.before.take()
        {
            // SAFETY: the area is valid; nobody calls the operations of one that was refused.
            unsafe {
                let data = bindings::ferrite_vma_private(vma.as_ptr());
                bindings::ferrite_vma_set_ops(vma.as_ptr(), before.ops);
                bindings::ferrite_vma_set_private(vma.as_ptr(), core::ptr::null_mut());
                (before.release)(data);
            }
        }
        result
    }

    /// # Safety
    ///
    /// The flags may be set in an area of this kind.
    unsafe fn set(&self, flags: usize) {
        // SAFETY: by the invariant the area is locked for writing; the caller promises the rest.
        unsafe { bindings::ferrite_vma_flags_set(self.as_ptr(), flags as c_ulong) };
    }

    /// Makes it an area into which single pages can be put ([`flags::MIXEDMAP`]).
    ///
    /// # Errors
    ///
    /// `EINVAL`: it consists of frames already: it cannot be both.
    pub fn set_mixedmap(&self) -> Result<&VmaMixedMap> {
        if self.flags() & flags::PFNMAP != 0 {
            return Err(EINVAL);
        }
        // SAFETY: the area has no frames of another kind.
        unsafe { self.set(flags::MIXEDMAP) };
        self.as_mixedmap_vma().ok_or(EINVAL)
    }

    /// Says that it is of a device: reading it may have effects ([`flags::IO`]).
    pub fn set_io(&self) {
        // SAFETY: any area may have it.
        unsafe { self.set(flags::IO) };
    }

    /// Keeps `mremap(2)` from making it larger ([`flags::DONTEXPAND`]).
    pub fn set_dontexpand(&self) {
        // SAFETY: any area may have it.
        unsafe { self.set(flags::DONTEXPAND) };
    }

    /// Keeps it out of children ([`flags::DONTCOPY`]).
    pub fn set_dontcopy(&self) {
        // SAFETY: any area may have it.
        unsafe { self.set(flags::DONTCOPY) };
    }

    /// Keeps it out of core dumps ([`flags::DONTDUMP`]).
    pub fn set_dontdump(&self) {
        // SAFETY: any area may have it.
        unsafe { self.set(flags::DONTDUMP) };
    }

    /// Whether it can be read now.
    #[must_use]
    pub fn readable(&self) -> bool {
        self.flags() & flags::READ != 0
    }

    /// Whether it can be written now.
    #[must_use]
    pub fn writable(&self) -> bool {
        self.flags() & flags::WRITE != 0
    }

    /// Whether it can be executed now.
    #[must_use]
    pub fn executable(&self) -> bool {
        self.flags() & flags::EXEC != 0
    }

    /// Whether writes are seen by others (`MAP_SHARED`).
    #[must_use]
    pub fn shared(&self) -> bool {
        self.flags() & flags::SHARED != 0
    }

    /// Takes a permission that `mprotect(2)` might give, if the area does not have it now.
    fn try_clear(&self, now: usize, may: usize) -> Result {
        if self.flags() & now != 0 {
            return Err(EINVAL);
        }
        // SAFETY: by the invariant the area is locked for writing. It does not have what it is
        // now forbidden to get.
        unsafe { bindings::ferrite_vma_flags_clear(self.as_ptr(), may as c_ulong) };
        Ok(())
    }

    /// Keeps it from ever becoming readable.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is readable.
    pub fn try_clear_mayread(&self) -> Result {
        self.try_clear(flags::READ, flags::MAYREAD)
    }

    /// Keeps it from ever becoming writable: what a driver does whose memory programs may only
    /// read.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is writable.
    pub fn try_clear_maywrite(&self) -> Result {
        self.try_clear(flags::WRITE, flags::MAYWRITE)
    }

    /// Keeps it from ever becoming executable.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is executable.
    pub fn try_clear_mayexec(&self) -> Result {
        self.try_clear(flags::EXEC, flags::MAYEXEC)
    }

    /// Has the area use operations, and keep a reference to their data until its last copy is
    /// unmapped.
    fn keep<D: Send + Sync + 'static>(&self, table: &'static Table, data: Arc<D>) -> Result {
        if self.before.get().is_some() {
            return Err(EBUSY);
        }
        // SAFETY: by the invariant the area is ours.
        unsafe {
            let ops = bindings::ferrite_vma_ops(self.as_ptr());
            bindings::ferrite_vma_set_private(self.as_ptr(), data.into_foreign());
            bindings::ferrite_vma_set_ops(self.as_ptr(), table.as_ptr());
            // INVARIANT: the operations and the data are ours now.
            self.before.set(Some(Before {
                ops,
                release: Keep::<D>::release,
            }));
        }
        Ok(())
    }

    /// Says who provides the pages when the program touches them. The area keeps a reference to
    /// `data` until its last copy is unmapped: also when the device or its driver's state is gone.
    ///
    /// The area is kept from growing ([`flags::DONTEXPAND`]).
    ///
    /// # Errors
    ///
    /// - `EBUSY`: that was said before.
    /// - `EINVAL`: it consists of frames.
    pub fn set_ops<O: VmaOps>(&self, data: Arc<O>) -> Result {
        if self.flags() & flags::PFNMAP != 0 {
            return Err(EINVAL);
        }
        self.keep(O::TABLE, data)?;
        self.set_dontexpand();
        Ok(())
    }

    /// Fills the whole area with contiguous pages, from the area's offset
    /// ([`VmaRef::pgoff`]) on. The area keeps a reference to them until its last copy is unmapped.
    ///
    /// C's `remap_pfn_range`: the area gets [`flags::IO`], [`flags::PFNMAP`], [`flags::DONTEXPAND`]
    /// and [`flags::DONTDUMP`]. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the area is longer than the pages are from the offset on; it is for single pages;
    ///   or it is private and can be written, but would not be as a whole.
    /// - `EBUSY`: it has operations already.
    /// - `ENOMEM`.
    pub fn remap_pages(&self, pages: Arc<Pages>) -> Result {
        if self.flags() & flags::MIXEDMAP != 0 {
            return Err(EINVAL);
        }
        let offset = self.pgoff().checked_mul(PAGE_SIZE).ok_or(EINVAL)?;
        let end = offset.checked_add(self.size()).ok_or(EINVAL)?;
        if end > pages.size() {
            return Err(EINVAL);
        }
        let first = pages.phys_addr() >> PAGE_SHIFT;
        let pfn = usize::try_from(first)
            .ok()
            .and_then(|first| first.checked_add(self.pgoff()))
            .ok_or(EINVAL)?;
        self.keep(Keep::<Pages>::TABLE, pages)?;
        // SAFETY: the frames are those of pages that the area now keeps, which nobody has a slice
        // of.
        unsafe { self.remap_pfn_range(self.start(), pfn, self.size()) }
    }

    /// Fills a part of the area with frames of physical memory, as [`Self::remap_pages`] does.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the part is not inside of the area or does not begin and end at pages, or the area
    ///   is for single pages, or private and writable and the part is not all of it.
    /// - `ENOMEM`.
    ///
    /// # Safety
    ///
    /// The program may read and, if the area can become writable, write these frames until the area's
    /// last copy is unmapped. Nobody else relies on their contents or frees them before.
    pub unsafe fn remap_pfn_range(&self, address: usize, pfn: usize, size: usize) -> Result {
        if self.flags() & flags::MIXEDMAP != 0
            || size == 0
            || (address | size) & !PAGE_MASK != 0
            || !self.contains(address, size)
        {
            return Err(EINVAL);
        }
        // SAFETY: the area is new, and the part lies inside; the caller promises the rest.
        to_result(unsafe {
            bindings::ferrite_vma_remap_pfn(
                self.as_ptr(),
                address as c_ulong,
                pfn as c_ulong,
                size as c_ulong,
            )
        })
    }
}
