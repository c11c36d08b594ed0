// SPDX-License-Identifier: GPL-2.0-only

//! Memory that a device reads and writes by itself.
//!
//! C headers: `include/linux/dma-mapping.h`, `include/linux/dmapool.h`,
//! `include/linux/scatterlist.h`. What the functions do: `kernel/dma/mapping.c`,
//! `kernel/dma/direct.c`, `kernel/dma/swiotlb.c`, `mm/dmapool.c`, `lib/scatterlist.c`.
//!
//! A driver first says which addresses its device can produce (a [`DmaMask`], set at the
//! [`Device`]). Then there are two kinds of memory:
//!
//! - *Coherent* memory is for what both sides look at again and again, such as rings. A
//!   [`CoherentBox`] is still the CPU's alone, and can be filled as any box; it becomes a
//!   [`Coherent`], which has an address for the device, and from then on there is no reference to
//!   it, only single accesses through a [`View`]: [`dma_read!`](crate::dma_read) and
//!   [`dma_write!`](crate::dma_write). A [`Pool`] has small pieces of it.
//! - *Streaming* mappings are for what goes one way, such as the contents of a buffer. A [`Mapping`]
//!   of a buffer in one piece, or an [`SGTable`] of scattered pages, owns the memory; whose turn it
//!   is, the device's or the CPU's, is in its type, and so is the direction.
//!
//! # What holding one of these proves
//!
//! All of it borrows the device as `'bound`, so it is gone before the device is unbound. What is
//! leaked instead stays with the device for ever; nothing else comes of it.
//!
//! It proves nothing about the device's good manners. A device that still writes to memory that was
//! given back writes to somebody else's, unless an IOMMU is in between, as it does if it is told a
//! wrong address; the driver has to stop it first, as in C.
//!
//! Barriers between accesses are [`dma_wmb`](crate::sync::barrier::dma_wmb) and
//! [`dma_rmb`](crate::sync::barrier::dma_rmb).
//!
//! Consumers: `samples/edu`, `samples/ring`.
//!
//! # Examples
//!
//! ```
//! use kernel::dma::{Coherent, CoherentBox, DmaMask};
//! use kernel::prelude::*;
//! use kernel::sync::barrier::{dma_rmb, dma_wmb};
//! use kernel::{dma_read, dma_write, faux};
//! use zerocopy::{FromBytes, IntoBytes};
//!
//! #[derive(FromBytes, IntoBytes)]
//! #[repr(C)]
//! struct Descriptor {
//!     address: u64,
//!     len: u32,
//!     flags: u32,
//! }
//!
//! #[derive(FromBytes, IntoBytes)]
//! #[repr(C)]
//! struct Ring {
//!     head: u32,
//!     tail: u32,
//!     descriptors: [Descriptor; 8],
//! }
//!
//! let registration = faux::Registration::new(c"ferrite-example", None)?;
//! let device = registration.device();
//! device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
//!
//! let mut ring = CoherentBox::<Ring>::zeroed(device, GFP_KERNEL)?;
//! ring.tail = 1;
//! let ring: Coherent<'_, Ring> = ring.into();
//! // Here the device would be told `ring.dma_address()`.
//! let tail = dma_read!(ring, .tail);
//! dma_write!(ring, .descriptors[tail as usize & 7]?.len, 512);
//! dma_wmb();
//! dma_write!(ring, .tail, tail + 1);
//! if dma_read!(ring, .head) != tail {
//!     dma_rmb();
//!     assert_eq!(dma_read!(ring, .descriptors[1].len), 512);
//! }
//! # Ok::<(), Error>(())
//! ```

mod buffer;
mod coherent;
mod direction;
mod mapping;
mod pool;
mod scatterlist;
#[cfg(feature = "ktest")]
mod tests;
mod view;

pub use buffer::{Buffer, BufferMut, Contiguous};
pub use coherent::{Coherent, CoherentBox};
pub use direction::{
    Bidirectional, CpuWrites, DataDirection, Direction, ForCpu, ForDevice, FromDevice, ToDevice,
    Turn,
};
pub use mapping::{MapError, Mapping};
pub use pool::{Pool, PoolBox, PoolObject};
pub use scatterlist::{SGEntry, SGTable, SGTableIter};
pub use view::{NoDeref, View};

use core::ops::BitOr;

use crate::device::{Bound, Device};
use crate::error::code::EINVAL;
use crate::error::{Result, to_result};

/// An address as a device uses it. It is meant for that device alone, and need not be a physical
/// one.
///
/// The kernel's `dma_addr_t` may be narrower; it never gives more than fits there.
pub type DmaAddress = u64;

/// The addresses that a device can produce: those of so many bits.
///
/// # Invariants
///
/// The lowest bits are set, one of them at least, and no others.
///
/// # Examples
///
/// ```
/// use kernel::dma::DmaMask;
/// use kernel::prelude::*;
///
/// assert_eq!(DmaMask::new::<32>().value(), 0xffff_ffff);
/// assert_eq!(DmaMask::try_new(64)?.value(), u64::MAX);
/// assert_eq!(DmaMask::try_new(0), Err(EINVAL));
/// assert_eq!(DmaMask::try_new(65), Err(EINVAL));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DmaMask(u64);

impl DmaMask {
    /// Addresses of `BITS` bits. None, or more than 64, do not compile.
    #[must_use]
    pub const fn new<const BITS: u32>() -> Self {
        const {
            assert!(
                BITS >= 1 && BITS <= u64::BITS,
                "an address has 1 to 64 bits"
            );
        }
        // INVARIANT: between 0 and 63 of the bits are shifted out.
        Self(u64::MAX.wrapping_shr(u64::BITS - BITS))
    }

    /// Addresses of so many bits.
    ///
    /// # Errors
    ///
    /// `EINVAL`: these are none, or more than 64.
    pub const fn try_new(bits: u32) -> Result<Self> {
        if bits < 1 || bits > u64::BITS {
            return Err(EINVAL);
        }
        // INVARIANT: as above.
        Ok(Self(u64::MAX.wrapping_shr(u64::BITS - bits)))
    }

    /// The mask, which is also the largest address.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

/// Wishes about coherent memory, as C's `DMA_ATTR_*`; the kernel may ignore them.
///
/// # Examples
///
/// ```
/// use kernel::dma::{CoherentBox, DmaMask, attrs};
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// let registration = faux::Registration::new(c"ferrite-example", None)?;
/// let device = registration.device();
/// device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
/// let wishes = attrs::FORCE_CONTIGUOUS | attrs::NO_WARN;
/// let numbers = CoherentBox::<[u32]>::zeroed_slice_with_attrs(device, 2000, GFP_KERNEL, wishes)?;
/// assert_eq!(numbers.iter().sum::<u32>(), 0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attrs(u32);

impl Attrs {
    /// No wishes.
    pub const NONE: Self = Self(0);
}

impl BitOr for Attrs {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The wishes.
pub mod attrs {
    use super::Attrs;

    /// Accesses may pass each other.
    pub const WEAK_ORDERING: Attrs = Attrs(bindings::FERRITE_DMA_ATTR_WEAK_ORDERING);
    /// Writes may be gathered.
    pub const WRITE_COMBINE: Attrs = Attrs(bindings::FERRITE_DMA_ATTR_WRITE_COMBINE);
    /// Physically in one piece, where an IOMMU would make that unnecessary.
    pub const FORCE_CONTIGUOUS: Attrs = Attrs(bindings::FERRITE_DMA_ATTR_FORCE_CONTIGUOUS);
    /// Large pages are not worth the trouble.
    pub const ALLOC_SINGLE_PAGES: Attrs = Attrs(bindings::FERRITE_DMA_ATTR_ALLOC_SINGLE_PAGES);
    /// The end of a mapping copies nothing.
    pub(super) const SKIP_CPU_SYNC: Attrs = Attrs(bindings::FERRITE_DMA_ATTR_SKIP_CPU_SYNC);
    /// Nothing in the log if there is no memory.
    pub const NO_WARN: Attrs = Attrs(bindings::FERRITE_DMA_ATTR_NO_WARN);
}

/// What a driver says of its device, in `probe`, before it maps anything; what is mapped at the
/// same time may get an address for either mask.
impl Device<Bound> {
    /// Says which addresses the device can produce for what is mapped for a while (`dma_set_mask`).
    ///
    /// # Errors
    ///
    /// `EIO`: the kernel cannot give it memory that these reach; or it is a device that does no
    /// DMA, as far as its bus knows. The old mask stays.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::dma::DmaMask;
    /// use kernel::faux;
    /// use kernel::prelude::*;
    ///
    /// let registration = faux::Registration::new(c"ferrite-example", None)?;
    /// let device = registration.device();
    /// device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
    /// device.dma_set_mask(DmaMask::new::<48>())?;
    /// device.dma_set_coherent_mask(DmaMask::new::<32>())?;
    /// // No machine has memory for that.
    /// assert_eq!(device.dma_set_mask(DmaMask::new::<4>()), Err(EIO));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn dma_set_mask(&self, mask: DmaMask) -> Result {
        // SAFETY: the device is there.
        to_result(unsafe { bindings::ferrite_dma_set_mask(self.as_raw(), &raw const mask.0) })
    }

    /// Says which addresses the device can produce for coherent memory (`dma_set_coherent_mask`).
    ///
    /// # Errors
    ///
    /// `EIO`, as [`Self::dma_set_mask`].
    pub fn dma_set_coherent_mask(&self, mask: DmaMask) -> Result {
        // SAFETY: the device is there.
        to_result(unsafe {
            bindings::ferrite_dma_set_coherent_mask(self.as_raw(), &raw const mask.0)
        })
    }

    /// Both of them (`dma_set_mask_and_coherent`).
    ///
    /// # Errors
    ///
    /// `EIO`, as [`Self::dma_set_mask`].
    pub fn dma_set_mask_and_coherent(&self, mask: DmaMask) -> Result {
        // SAFETY: the device is there.
        to_result(unsafe {
            bindings::ferrite_dma_set_mask_and_coherent(self.as_raw(), &raw const mask.0)
        })
    }

    /// Both of them, for a device whose bus gives it no mask (`dma_coerce_mask_and_coherent`): one
    /// that is but a name, such as [`faux`](crate::faux)'s. The two masks are one from then on.
    ///
    /// # Errors
    ///
    /// `EIO`, as [`Self::dma_set_mask`].
    pub fn dma_coerce_mask_and_coherent(&self, mask: DmaMask) -> Result {
        // SAFETY: the device is there.
        to_result(unsafe {
            bindings::ferrite_dma_coerce_mask_and_coherent(self.as_raw(), &raw const mask.0)
        })
    }

    /// Says how many bytes the device can take in one piece of a scattered mapping
    /// (`dma_set_max_seg_size`); it is 64 KiB without.
    ///
    /// # Errors
    ///
    /// `EIO`: its bus does not keep such a thing.
    pub fn dma_set_max_seg_size(&self, size: u32) -> Result {
        // SAFETY: the device is there.
        to_result(unsafe { bindings::ferrite_dma_set_max_seg_size(self.as_raw(), size) })
    }

    /// How many bytes can be mapped in one piece (`dma_max_mapping_size`): with bounce buffers not
    /// many.
    #[must_use]
    pub fn dma_max_mapping_size(&self) -> usize {
        // SAFETY: the device is there.
        unsafe { bindings::ferrite_dma_max_mapping_size(self.as_raw()) }
    }
}
