// SPDX-License-Identifier: GPL-2.0-only

//! Memory that need not be physically contiguous.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::kmalloc::{fresh, kmalloc_size};
use super::{Allocator, Flags, NumaNode, flags, seam};
use crate::error::Result;
use crate::error::code::ENOMEM;
use crate::page::PAGE_SIZE;

/// `vmalloc`: whole pages, contiguous for the kernel but not for a device. For large buffers.
///
/// Process context only, and the flags must let it sleep: with others every allocation fails. On
/// 32-bit x86 all of it together is about 128 MiB. A wish for a node counts with `GFP_KERNEL`.
#[derive(Debug)]
pub struct Vmalloc;

/// `kvmalloc`: from `kmalloc` if that has it, else from `vmalloc`.
///
/// With flags that do not let it sleep it is `kmalloc`. A device must not be given the address.
#[derive(Debug)]
pub struct KVmalloc;

/// Moves an allocation to new memory: what every kernel can do.
///
/// # Safety
///
/// As for [`Allocator::realloc`].
unsafe fn move_to<A: Allocator>(
    old: NonNull<u8>,
    old_layout: Layout,
    layout: Layout,
    flags: Flags,
) -> Result<NonNull<u8>> {
    // SAFETY: the caller promises that the size is not zero; the alignment is that of the old one,
    // which was to be had.
    let new = unsafe { A::alloc(layout, flags, NumaNode::NO_NODE)? };
    let len = old_layout.size().min(layout.size());
    // SAFETY: both are at least that large, and the new one is fresh.
    unsafe { new.copy_from_nonoverlapping(old, len) };
    // SAFETY: the caller promises that it is a live allocation, and gives it up.
    unsafe { A::free(old) };
    Ok(new)
}

// SAFETY:
// - vmalloc's memory belongs to the caller until vfree, and starts at a page;
// - `realloc` copies what was there, up to the smaller size, or leaves it where it is.
unsafe impl Allocator for Vmalloc {
    const MAX_ALIGN: usize = PAGE_SIZE;

    unsafe fn alloc(layout: Layout, flags: Flags, node: NumaNode) -> Result<NonNull<u8>> {
        seam::may_fail()?;
        if !flags.may_sleep() {
            return Err(ENOMEM);
        }
        let size = layout.size();
        // SAFETY: any size and such flags are fine to ask for, and the node is there.
        fresh(unsafe {
            if node != NumaNode::NO_NODE && flags == flags::GFP_KERNEL {
                bindings::ferrite_vmalloc_alloc_node(size, node.as_raw())
            } else {
                bindings::ferrite_vmalloc_alloc(size, flags.0)
            }
        })
    }

    unsafe fn realloc(
        old: NonNull<u8>,
        old_layout: Layout,
        layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>> {
        let pages = |layout: Layout| layout.size().div_ceil(PAGE_SIZE);
        if pages(old_layout) == pages(layout) {
            return Ok(old);
        }
        // SAFETY: what the caller promises.
        unsafe { move_to::<Self>(old, old_layout, layout, flags) }
    }

    unsafe fn free(memory: NonNull<u8>) {
        seam::died();
        // SAFETY: the caller promises that this is a live allocation of vmalloc's, used no more.
        unsafe { bindings::vfree(memory.as_ptr().cast()) };
    }
}

// SAFETY:
// - kvmalloc's memory belongs to the caller until kvfree; it starts at a page, or is aligned as
//   kmalloc aligns its size;
// - `realloc` copies what was there, up to the smaller size.
unsafe impl Allocator for KVmalloc {
    const MAX_ALIGN: usize = PAGE_SIZE;

    unsafe fn alloc(layout: Layout, flags: Flags, node: NumaNode) -> Result<NonNull<u8>> {
        seam::may_fail()?;
        // SAFETY: any size and flags are fine to ask for, and the node is there.
        fresh(unsafe {
            bindings::ferrite_kvmalloc_alloc(kmalloc_size(layout), flags.0, node.as_raw())
        })
    }

    unsafe fn realloc(
        old: NonNull<u8>,
        old_layout: Layout,
        layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>> {
        // C's kvrealloc shrinks on some kernels and not on others.
        // SAFETY: what the caller promises.
        unsafe { move_to::<Self>(old, old_layout, layout, flags) }
    }

    unsafe fn free(memory: NonNull<u8>) {
        seam::died();
        // SAFETY: the caller promises that this is a live allocation of kvmalloc's, used no more.
        unsafe { bindings::kvfree(memory.as_ptr().cast()) };
    }
}
