// SPDX-License-Identifier: GPL-2.0-only

//! What an area asks of the driver while it exists.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::VmaRef;
use crate::error::{Error, code::ENOMEM};
use crate::page::SharedPage;
use crate::sync::{Arc, ArcBorrow};
use crate::types::ForeignOwnable;

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultError {
    /// There is none at this place: the program gets `SIGBUS`.
    Bus,
    /// There was no memory for it.
    NoMemory,
    /// Not now: the program touches it again, and faults again if there still is none.
    Again,
}

impl From<Error> for FaultError {
    fn from(error: Error) -> Self {
        if error == ENOMEM {
            Self::NoMemory
        } else {
            Self::Bus
        }
    }
}

/// The data and the operations of an area; see [`VmaNew::set_ops`](super::VmaNew::set_ops).
///
/// The value is shared by the area and its copies: a part that was split off or moved, a child's. It
/// is dropped when the last of them is unmapped.
pub trait VmaOps: Send + Sync + Sized + 'static {
    /// Provides the page that the program has touched. May sleep, unless it holds a lock.
    ///
    /// The area holds a count of the page until it is unmapped or zapped. In a private mapping the
    /// program gets a copy of the page when it writes.
    ///
    /// # Errors
    ///
    /// Why there is no page.
    fn fault(this: ArcBorrow<'_, Self>, fault: &VmFault<'_>) -> Result<SharedPage, FaultError>;

    /// The area was copied: it was split or moved, or the process has forked.
    fn open(_this: ArcBorrow<'_, Self>) {}

    /// The area or a copy of it goes away, perhaps because the process does.
    fn close(_this: ArcBorrow<'_, Self>) {}

    /// The table for C.
    #[doc(hidden)]
    const TABLE: &'static Table = &Table(bindings::vm_operations_struct {
        open: Some(Callbacks::<Self>::open),
        close: Some(Callbacks::<Self>::close),
        fault: Some(Callbacks::<Self>::fault),
        ..EMPTY
    });
}

/// A page that a program has touched, and that is not there.
///
/// # Invariants
///
/// The pointer is valid during `'a`.
pub struct VmFault<'a>(NonNull<bindings::vm_fault>, PhantomData<&'a VmaRef>);

impl VmFault<'_> {
    /// The area. It is locked for reading.
    #[must_use]
    pub fn vma(&self) -> &VmaRef {
        // SAFETY: by the invariant the fault is valid; the area is locked during a fault.
        unsafe { VmaRef::from_raw(bindings::ferrite_vmf_vma(self.0.as_ptr())) }
    }

    /// The address that was touched.
    #[must_use]
    pub fn address(&self) -> usize {
        // SAFETY: by the invariant the fault is valid.
        unsafe { bindings::ferrite_vmf_address(self.0.as_ptr()) as usize }
    }

    /// The page's place in the file, in pages: counted from the file's beginning, not from the area's.
    #[must_use]
    pub fn pgoff(&self) -> usize {
        // SAFETY: by the invariant the fault is valid.
        unsafe { bindings::ferrite_vmf_pgoff(self.0.as_ptr()) as usize }
    }

    /// Whether the program writes.
    #[must_use]
    pub fn is_write(&self) -> bool {
        // SAFETY: by the invariant the fault is valid.
        let flags = unsafe { bindings::ferrite_vmf_flags(self.0.as_ptr()) };
        flags & bindings::FERRITE_FAULT_FLAG_WRITE != 0
    }
}

/// A table of operations.
#[doc(hidden)]
#[repr(transparent)]
pub struct Table(bindings::vm_operations_struct);

// SAFETY: it is never written.
unsafe impl Sync for Table {}

impl Table {
    pub(super) fn as_ptr(&'static self) -> *const bindings::vm_operations_struct {
        &raw const self.0
    }
}

// SAFETY: a table of pointers, all of which may be null.
const EMPTY: bindings::vm_operations_struct = unsafe { core::mem::zeroed() };

/// An area's reference to its data.
pub(super) struct Keep<D>(PhantomData<D>);

impl<D: Send + Sync + 'static> Keep<D> {
    /// For an area that was filled when it was made.
    pub(super) const TABLE: &'static Table = &Table(bindings::vm_operations_struct {
        open: Some(Self::open),
        close: Some(Self::close),
        ..EMPTY
    });

    /// Takes a reference back.
    ///
    /// # Safety
    ///
    /// `data` are those of an area of ours, which uses them no more.
    pub(super) unsafe fn release(data: *mut c_void) {
        // SAFETY: they come from `into_foreign`; the caller promises the rest.
        drop(unsafe { Arc::<D>::from_foreign(data) });
    }

    /// The data of an area.
    ///
    /// # Safety
    ///
    /// The area is one of ours, and keeps its reference during `'a`.
    unsafe fn borrow<'a>(vma: *mut bindings::vm_area_struct) -> ArcBorrow<'a, D> {
        // SAFETY: an area of ours has data that come from `into_foreign`.
        unsafe { Arc::<D>::borrow(bindings::ferrite_vma_private(vma)) }
    }

    unsafe extern "C" fn open(vma: *mut bindings::vm_area_struct) {
        // SAFETY: C has copied an area of ours, whose reference is still there. The copy gets one
        // of its own, at the same address.
        let _ = unsafe { Self::borrow(vma) }.to_arc().into_foreign();
    }

    unsafe extern "C" fn close(vma: *mut bindings::vm_area_struct) {
        // SAFETY: the area goes, and with it its reference.
        unsafe { Self::release(bindings::ferrite_vma_private(vma)) };
    }
}

/// The callbacks for a driver.
struct Callbacks<O>(PhantomData<O>);

impl<O: VmaOps> Callbacks<O> {
    unsafe extern "C" fn open(vma: *mut bindings::vm_area_struct) {
        // SAFETY: C calls this with a copy of an area of ours.
        unsafe { Keep::<O>::open(vma) };
        // SAFETY: the copy has a reference now.
        O::open(unsafe { Keep::borrow(vma) });
    }

    unsafe extern "C" fn close(vma: *mut bindings::vm_area_struct) {
        // SAFETY: the area still has its reference; nobody else can reach it any more.
        O::close(unsafe { Keep::borrow(vma) });
        // SAFETY: C calls this once for each area.
        unsafe { Keep::<O>::close(vma) };
    }

    unsafe extern "C" fn fault(vmf: *mut bindings::vm_fault) -> bindings::vm_fault_t {
        // SAFETY: C calls this with a valid fault.
        let fault = unsafe { VmFault(NonNull::new_unchecked(vmf), PhantomData) };
        // SAFETY: it is in an area of ours, which keeps its reference meanwhile.
        let data = unsafe { Keep::borrow(bindings::ferrite_vmf_vma(vmf)) };
        match O::fault(data, &fault) {
            Ok(page) => {
                // SAFETY: the page and the fault are valid. C gets a count of its own.
                unsafe {
                    bindings::ferrite_page_get(page.as_ptr());
                    bindings::ferrite_vmf_set_page(vmf, page.as_ptr());
                }
                0
            }
            Err(FaultError::Bus) => bindings::FERRITE_VM_FAULT_SIGBUS,
            Err(FaultError::NoMemory) => bindings::FERRITE_VM_FAULT_OOM,
            Err(FaultError::Again) => bindings::FERRITE_VM_FAULT_NOPAGE,
        }
    }
}
