// SPDX-License-Identifier: GPL-2.0-only

//! Memory that may run out.
//!
//! C headers: `include/linux/slab.h`, `include/linux/vmalloc.h`, `include/linux/gfp.h`.
//!
//! Every allocation takes [`Flags`] that say what the allocator may do to satisfy it, and every
//! one can fail with [`ENOMEM`](crate::error::code::ENOMEM). A size that no machine has makes the
//! kernel warn, unless [`GFP_NOWARN`](flags::GFP_NOWARN) is among them.
//!
//! | | memory | for |
//! |---|---|---|
//! | [`KBox`], [`KVec`] | [`Kmalloc`] | small objects, in any context |
//! | [`VBox`], [`VVec`] | [`Vmalloc`] | large buffers, in process context |
//! | [`KVBox`], [`KVVec`] | [`KVmalloc`] | what may be small or large |
//!
//! Consumers: `rnull`, and nearly every sample.

pub(crate) mod seam;

mod kbox;
mod kmalloc;
mod kvec;
mod numa;
#[cfg(feature = "ktest")]
mod tests;
mod vmalloc;

pub use kbox::{Box, KBox, KVBox, VBox};
pub use kmalloc::Kmalloc;
pub use kvec::{Drain, IntoIter, KVVec, KVec, VVec, Vec};
pub use numa::NumaNode;
pub use vmalloc::{KVmalloc, Vmalloc};

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::error::Result;

/// What the allocator may do: the GFP flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(pub(crate) u32);

impl Flags {
    /// Whether an allocation with them may sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// assert!(GFP_KERNEL.may_sleep());
    /// assert!(!GFP_ATOMIC.may_sleep());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn may_sleep(self) -> bool {
        self.0 & bindings::FERRITE_GFP_DIRECT_RECLAIM != 0
    }

    /// The same, but never sleeping.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// assert!(!GFP_KERNEL.without_sleep().may_sleep());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn without_sleep(self) -> Self {
        Self(self.0 & !bindings::FERRITE_GFP_DIRECT_RECLAIM)
    }

    /// Whether all of `other` is in them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// assert!((GFP_KERNEL | GFP_ZERO).contains(GFP_ZERO));
    /// assert!(!GFP_KERNEL.contains(GFP_ZERO));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The GFP flags, by their C names.
pub mod flags {
    use super::Flags;

    /// May sleep, and may start I/O: the usual case in process context.
    pub const GFP_KERNEL: Flags = Flags(bindings::FERRITE_GFP_KERNEL);
    /// As [`GFP_KERNEL`], charged to the current cgroup.
    pub const GFP_KERNEL_ACCOUNT: Flags = Flags(bindings::FERRITE_GFP_KERNEL_ACCOUNT);
    /// Never sleeps, and may use reserves: for interrupts and below spinlocks.
    pub const GFP_ATOMIC: Flags = Flags(bindings::FERRITE_GFP_ATOMIC);
    /// Never sleeps, and uses no reserves.
    pub const GFP_NOWAIT: Flags = Flags(bindings::FERRITE_GFP_NOWAIT);
    /// May sleep, but starts no I/O: for a block driver that serves the I/O.
    pub const GFP_NOIO: Flags = Flags(bindings::FERRITE_GFP_NOIO);
    /// May sleep, but calls into no file system.
    pub const GFP_NOFS: Flags = Flags(bindings::FERRITE_GFP_NOFS);
    /// The memory comes zeroed.
    pub const GFP_ZERO: Flags = Flags(bindings::FERRITE_GFP_ZERO);
    /// A failure prints nothing.
    pub const GFP_NOWARN: Flags = Flags(bindings::FERRITE_GFP_NOWARN);
    /// A page need not be in the kernel's own mapping: only for pages.
    pub const GFP_HIGHMEM: Flags = Flags(bindings::FERRITE_GFP_HIGHMEM);
    /// For user space, which the kernel must reach too; obeys the limits of the task's cpuset.
    pub const GFP_USER: Flags = Flags(bindings::FERRITE_GFP_USER);
    /// As [`GFP_USER`], and may lie in high memory: only for pages.
    pub const GFP_HIGHUSER: Flags = Flags(bindings::FERRITE_GFP_HIGHUSER);
    /// In the lowest memory, for the oldest devices; new code asks the DMA API.
    pub const GFP_DMA: Flags = Flags(bindings::FERRITE_GFP_DMA);
    /// Below 4 GiB: only for pages.
    pub const GFP_DMA32: Flags = Flags(bindings::FERRITE_GFP_DMA32);
    /// Fails rather than try hard.
    pub const GFP_NORETRY: Flags = Flags(bindings::FERRITE_GFP_NORETRY);
    /// Tries hard, but fails rather than have a task killed.
    pub const GFP_RETRY_MAYFAIL: Flags = Flags(bindings::FERRITE_GFP_RETRY_MAYFAIL);
    /// Uses no reserves, even where the task might.
    pub const GFP_NOMEMALLOC: Flags = Flags(bindings::FERRITE_GFP_NOMEMALLOC);
    /// From the node that is asked for, or not at all.
    pub const GFP_THISNODE: Flags = Flags(bindings::FERRITE_GFP_THISNODE);
    /// Charged to the current cgroup.
    pub const GFP_ACCOUNT: Flags = Flags(bindings::FERRITE_GFP_ACCOUNT);
}

/// Where memory comes from.
///
/// # Safety
///
/// - Memory returned by `alloc` or `realloc` is valid for its layout, and nobody else's, until it
///   is freed.
/// - `realloc` keeps the contents up to the smaller of both sizes.
pub unsafe trait Allocator {
    /// The largest alignment that is to be had. Asking for more does not compile, see [`Box`] and
    /// [`Vec`].
    const MAX_ALIGN: usize;

    /// Memory; zeroed if `flags` hold `GFP_ZERO`, else arbitrary. The node is a wish.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    ///
    /// # Safety
    ///
    /// `layout` is not of size zero, and its alignment is at most [`Self::MAX_ALIGN`].
    unsafe fn alloc(layout: Layout, flags: Flags, node: NumaNode) -> Result<NonNull<u8>>;

    /// Changes the size of an allocation. What is new is arbitrary.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; the old memory is untouched then.
    ///
    /// # Safety
    ///
    /// - `old` came from this allocator with the layout `old_layout`, and was not freed.
    /// - `layout` is not of size zero, and has the alignment of `old_layout`.
    unsafe fn realloc(
        old: NonNull<u8>,
        old_layout: Layout,
        layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>>;

    /// Frees memory.
    ///
    /// # Safety
    ///
    /// `memory` came from this allocator and was not freed; nothing refers to it any more.
    unsafe fn free(memory: NonNull<u8>);
}

/// Says that memory of ours goes to the kernel, which will free it.
pub(crate) fn freed_elsewhere() {
    seam::died();
}
