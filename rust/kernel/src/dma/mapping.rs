// SPDX-License-Identifier: GPL-2.0-only

//! Memory that a device has for a while.

use core::ffi::c_ulong;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

use super::buffer::{BufferMut, Contiguous};
use super::direction::{CpuWrites, Direction, ForCpu, ForDevice, Turn};
use super::{Attrs, DmaAddress};
use crate::alloc::seam;
use crate::device::{Bound, Device};
use crate::error::code::{EINVAL, ENOMEM};
use crate::error::{Error, Result};

/// A mapping that could not be made, and what was to be mapped.
///
/// `?` makes an [`Error`] of it.
pub struct MapError<B> {
    error: Error,
    buffer: B,
}

impl<B> MapError<B> {
    pub(super) fn new(error: Error, buffer: B) -> Self {
        Self { error, buffer }
    }

    /// Why.
    #[must_use]
    pub fn error(&self) -> Error {
        self.error
    }

    /// The memory, for another try.
    #[must_use]
    pub fn into_buffer(self) -> B {
        self.buffer
    }
}

impl<B> From<MapError<B>> for Error {
    fn from(error: MapError<B>) -> Self {
        error.error
    }
}

impl<B> core::fmt::Debug for MapError<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.error.fmt(f)
    }
}

/// What is no address.
const NOWHERE: DmaAddress = DmaAddress::MAX;

/// What C has mapped.
///
/// # Invariants
///
/// - The memory of `buffer`, of `size` bytes, is mapped for `device` in direction `D` at `address`.
/// - The mapping is ours to end.
struct Mapped<'bound, B: Contiguous, D: Direction> {
    device: &'bound Device<Bound>,
    address: DmaAddress,
    size: usize,
    buffer: B,
    _direction: PhantomData<D>,
}

impl<B: Contiguous, D: Direction> Mapped<'_, B, D> {
    /// # Safety
    ///
    /// This is the end of the mapping.
    #[inline]
    unsafe fn unmap(&mut self, attrs: Attrs) {
        seam::died();
        // In two words: a pointer would keep the whole of this in memory.
        let high = self.address.checked_shr(c_ulong::BITS).unwrap_or(0);
        // SAFETY: by the invariant these are the values that it was made with; the device is still
        // bound. The caller promises that it is done once.
        unsafe {
            bindings::ferrite_dma_unmap(
                self.device.as_raw(),
                self.address as c_ulong,
                high as c_ulong,
                self.size,
                D::DIRECTION.as_raw(),
                attrs.0,
            )
        };
    }
}

impl<B: Contiguous, D: Direction> Drop for Mapped<'_, B, D> {
    fn drop(&mut self) {
        // SAFETY: nobody uses it any more. The buffer is dropped afterwards, as a field.
        unsafe { self.unmap(Attrs::NONE) };
    }
}

/// Memory that is mapped for a device (`dma_map_single`, `dma_map_page`): a [`KBox`], a [`KVec`],
/// a [`Page`] or [`Pages`], which the mapping owns.
///
/// `D` says who writes, `S` whose turn it is: first the device's. There is no way to the memory but
/// [`Self::sync_for_cpu`], which is also what makes the device's writes visible (there may be a
/// bounce buffer in between), and [`Self::unmap`].
///
/// To be dropped when the device does not use it any more. One that is leaked keeps its memory.
///
/// [`KBox`]: crate::alloc::KBox
/// [`KVec`]: crate::alloc::KVec
/// [`Page`]: crate::page::Page
/// [`Pages`]: crate::page::Pages
///
/// # Examples
///
/// ```
/// use kernel::dma::{DmaMask, FromDevice, Mapping, ToDevice};
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// # let registration = faux::Registration::new(c"ferrite-example", None)?;
/// # let device = registration.device();
/// # device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
/// let request = KBox::new([1_u32, 2], GFP_KERNEL)?;
/// let request = Mapping::<_, ToDevice>::new(device, request)?;
/// let answer = KVec::from_elem(0_u8, 64, GFP_KERNEL)?;
/// let answer = Mapping::<_, FromDevice>::new(device, answer)?;
/// // Here the device would be told, and waited for.
/// assert!(request.dma_address() != answer.dma_address() && answer.size() == 64);
/// let answer = answer.sync_for_cpu();
/// assert_eq!(answer.first(), Some(&0));
/// // Once more.
/// let mut request = request.sync_for_cpu();
/// request[0] = 3;
/// let request = request.sync_for_device();
/// assert_eq!(*request.unmap(), [3, 2]);
/// # Ok::<(), Error>(())
/// ```
pub struct Mapping<'bound, B: Contiguous, D: Direction, S: Turn = ForDevice>(
    Mapped<'bound, B, D>,
    PhantomData<S>,
);

// SAFETY: the mapping may be synchronised and ended on any CPU; it owns the buffer.
unsafe impl<B: Contiguous + Send, D: Direction, S: Turn> Send for Mapping<'_, B, D, S> {}
// SAFETY: a shared one gives shared access to the buffer only.
unsafe impl<B: Contiguous + Sync, D: Direction, S: Turn> Sync for Mapping<'_, B, D, S> {}

impl<'bound, B: Contiguous, D: Direction> Mapping<'bound, B, D> {
    /// Maps a buffer. Any context.
    ///
    /// # Errors
    ///
    /// With the buffer:
    ///
    /// - `ENOMEM`: the device does not reach the memory, and there is no bounce buffer or no place
    ///   in an IOMMU for it.
    /// - `EINVAL`: it has no bytes.
    #[inline]
    pub fn new(device: &'bound Device<Bound>, buffer: B) -> Result<Self, MapError<B>> {
        let size = buffer.size();
        if size == 0 {
            return Err(MapError::new(EINVAL, buffer));
        }
        if let Err(error) = seam::may_fail() {
            return Err(MapError::new(error, buffer));
        }
        // SAFETY: there are bytes. Only this value has the buffer from now on, and lends it in the
        // CPU's turn alone.
        let address = unsafe { buffer.map(device, D::DIRECTION) };
        if address == NOWHERE {
            return Err(MapError::new(ENOMEM, buffer));
        }
        seam::born();
        // INVARIANT: that is what it was mapped with.
        Ok(Self(
            Mapped {
                device,
                address,
                size,
                buffer,
                _direction: PhantomData,
            },
            PhantomData,
        ))
    }

    /// Where the device finds it. It is told in the device's turn only.
    #[must_use]
    #[inline]
    pub fn dma_address(&self) -> DmaAddress {
        self.0.address
    }

    /// The CPU's turn (`dma_sync_single_for_cpu`): the device is done. Any context.
    #[must_use]
    pub fn sync_for_cpu(self) -> Mapping<'bound, B, D, ForCpu> {
        // SAFETY: by the invariant it is mapped so.
        unsafe {
            bindings::ferrite_dma_sync_for_cpu(
                self.0.device.as_raw(),
                &raw const self.0.address,
                self.0.size,
                D::DIRECTION.as_raw(),
            )
        };
        Mapping(self.0, PhantomData)
    }
}

impl<'bound, B: Contiguous, D: Direction> Mapping<'bound, B, D, ForCpu> {
    /// The device's turn (`dma_sync_single_for_device`). Any context.
    #[must_use]
    pub fn sync_for_device(self) -> Mapping<'bound, B, D> {
        // SAFETY: by the invariant it is mapped so.
        unsafe {
            bindings::ferrite_dma_sync_for_device(
                self.0.device.as_raw(),
                &raw const self.0.address,
                self.0.size,
                D::DIRECTION.as_raw(),
            )
        };
        Mapping(self.0, PhantomData)
    }
}

impl<B: Contiguous, D: Direction, S: Turn> Mapping<'_, B, D, S> {
    /// How many bytes are mapped.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// Ends the mapping, and gives the buffer back, with what the device has written. The device
    /// is done. Any context.
    #[must_use]
    #[inline]
    pub fn unmap(self) -> B {
        let mut mapped = ManuallyDrop::new(self.0);
        // SAFETY: the value is gone, and will not be dropped.
        unsafe { mapped.unmap(S::UNMAP) };
        // SAFETY: as above, so nobody else takes the buffer.
        unsafe { core::ptr::read(&raw const mapped.buffer) }
    }
}

impl<B: Contiguous, D: Direction> Deref for Mapping<'_, B, D, ForCpu> {
    type Target = B::Target;

    fn deref(&self) -> &B::Target {
        self.0.buffer.as_cpu()
    }
}

impl<B: Contiguous + BufferMut, D: CpuWrites> DerefMut for Mapping<'_, B, D, ForCpu> {
    fn deref_mut(&mut self) -> &mut B::Target {
        self.0.buffer.as_cpu_mut()
    }
}
