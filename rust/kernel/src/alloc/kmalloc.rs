// SPDX-License-Identifier: GPL-2.0-only

//! Memory from `kmalloc`.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::{Allocator, Flags, NumaNode, seam};
use crate::error::Result;
use crate::error::code::ENOMEM;

/// `kmalloc`: physically contiguous memory, for small objects.
///
/// Any context, if the flags do not let it sleep. From a few pages on it fails easily.
#[derive(Debug)]
pub struct Kmalloc;

/// The size to ask `kmalloc` for, so that it returns the alignment of `layout`: a power of two is
/// aligned to itself, any other size to at least eight bytes.
pub(super) fn kmalloc_size(layout: Layout) -> usize {
    const GUARANTEED: usize = 8;
    if layout.align() <= GUARANTEED {
        layout.size()
    } else {
        let least = if layout.size() > layout.align() {
            layout.size()
        } else {
            layout.align()
        };
        // An overflow gives 0; ask for what cannot be had instead.
        least.checked_next_power_of_two().unwrap_or(usize::MAX)
    }
}

/// What C returned, if it is memory.
pub(super) fn fresh(memory: *mut core::ffi::c_void) -> Result<NonNull<u8>> {
    let memory = NonNull::new(memory.cast()).ok_or(ENOMEM)?;
    seam::born();
    Ok(memory)
}

// SAFETY:
// - kmalloc's memory belongs to the caller until kfree;
// - krealloc copies what was there, up to the smaller size.
unsafe impl Allocator for Kmalloc {
    /// What the page allocator gives at the most, and so aligns to.
    const MAX_ALIGN: usize = crate::page::PAGE_SIZE << bindings::FERRITE_MAX_PAGE_ORDER;

    unsafe fn alloc(layout: Layout, flags: Flags, node: NumaNode) -> Result<NonNull<u8>> {
        seam::may_fail()?;
        let size = kmalloc_size(layout);
        // SAFETY: any size and flags are fine to ask for, and the node is there.
        fresh(unsafe {
            if node == NumaNode::NO_NODE {
                bindings::ferrite_slab_alloc(size, flags.0)
            } else {
                bindings::ferrite_slab_alloc_node(size, flags.0, node.as_raw())
            }
        })
    }

    unsafe fn realloc(
        old: NonNull<u8>,
        _old_layout: Layout,
        layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>> {
        seam::may_fail()?;
        let size = kmalloc_size(layout);
        // SAFETY: the caller promises that `old` is a live allocation of kmalloc's.
        let memory = unsafe { bindings::ferrite_slab_realloc(old.as_ptr().cast(), size, flags.0) };
        NonNull::new(memory.cast()).ok_or(ENOMEM)
    }

    unsafe fn free(memory: NonNull<u8>) {
        seam::died();
        // SAFETY: the caller promises that this is a live allocation of kmalloc's, used no more.
        unsafe { bindings::ferrite_slab_free(memory.as_ptr().cast()) };
    }
}
