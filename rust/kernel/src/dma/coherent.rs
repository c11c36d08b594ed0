// SPDX-License-Identifier: GPL-2.0-only

//! Memory that the CPU and a device see alike.

use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use zerocopy::{FromBytes, IntoBytes};

use super::{Attrs, DmaAddress, View};
use crate::alloc::flags::GFP_ZERO;
use crate::alloc::{Flags, seam};
use crate::device::{Bound, Device};
use crate::devres::Devres;
use crate::error::Result;
use crate::error::code::{EINVAL, ENOMEM, EOVERFLOW};
use crate::page::PAGE_SIZE;

/// Memory from `dma_alloc_attrs`; given back when dropped.
///
/// # Invariants
///
/// `memory` is that of an allocation for `device` of `size` bytes, which the device reaches at
/// `address`; they make a `T`. The allocation is ours to end.
struct Allocation<'bound, T: ?Sized> {
    device: &'bound Device<Bound>,
    memory: NonNull<T>,
    size: usize,
    address: DmaAddress,
    attrs: Attrs,
}

impl<'bound> Allocation<'bound, u8> {
    /// Memory of zeroes.
    fn bytes(
        device: &'bound Device<Bound>,
        size: usize,
        flags: Flags,
        attrs: Attrs,
    ) -> Result<Self> {
        if size == 0 {
            return Err(EINVAL);
        }
        seam::may_fail()?;
        let mut address = 0;
        let flags = flags | GFP_ZERO;
        // SAFETY: the device is bound; any size, flags and attributes are fine to ask with.
        let memory = unsafe {
            bindings::ferrite_dma_alloc(device.as_raw(), size, &raw mut address, flags.0, attrs.0)
        };
        let memory = NonNull::new(memory.cast::<u8>()).ok_or(ENOMEM)?;
        seam::born();
        // INVARIANT: the allocation is fresh.
        Ok(Self {
            device,
            memory,
            size,
            address,
            attrs,
        })
    }

    /// # Safety
    ///
    /// `memory` has the same address, and all bytes of the allocation make a `T`.
    unsafe fn cast<T: ?Sized>(self, memory: NonNull<T>) -> Allocation<'bound, T> {
        let this = core::mem::ManuallyDrop::new(self);
        // INVARIANT: the caller promises it; `self` does not end the allocation.
        Allocation {
            device: this.device,
            memory,
            size: this.size,
            address: this.address,
            attrs: this.attrs,
        }
    }
}

impl<T: ?Sized> Drop for Allocation<'_, T> {
    fn drop(&mut self) {
        seam::died();
        // SAFETY: by the invariant the allocation is ours, with all these values, and this is its
        // end; the device is still bound.
        unsafe {
            bindings::ferrite_dma_free(
                self.device.as_raw(),
                self.size,
                self.memory.as_ptr().cast(),
                &raw const self.address,
                self.attrs.0,
            )
        };
    }
}

/// Coherent memory that no device has been told of: a box for a `T`, to be filled and then shared,
/// as a [`Coherent`].
///
/// It does not say its address, so the CPU is alone with it, and there are references.
///
/// To be dropped with interrupts enabled.
///
/// # Examples
///
/// ```
/// use kernel::dma::{Coherent, CoherentBox, DmaMask};
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// # let registration = faux::Registration::new(c"ferrite-example", None)?;
/// # let device = registration.device();
/// # device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
/// let mut numbers = CoherentBox::<[u32; 3]>::zeroed(device, GFP_KERNEL)?;
/// numbers[1] = 5;
/// assert_eq!(*numbers, [0, 5, 0]);
/// let numbers: Coherent<'_, [u32; 3]> = numbers.into();
/// assert_eq!(numbers.view().read(), [0, 5, 0]);
/// # Ok::<(), Error>(())
/// ```
pub struct CoherentBox<'bound, T: ?Sized>(Allocation<'bound, T>);

// SAFETY: it owns the value, and the memory may be given back on any CPU.
unsafe impl<T: ?Sized + Send> Send for CoherentBox<'_, T> {}
// SAFETY: a shared one gives shared access to the value only.
unsafe impl<T: ?Sized + Sync> Sync for CoherentBox<'_, T> {}

impl<'bound, T: FromBytes + IntoBytes> CoherentBox<'bound, T> {
    /// A value of zeroes.
    ///
    /// Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: there is no memory, or none that the device reaches.
    /// - `EINVAL`: the type has no size.
    pub fn zeroed(device: &'bound Device<Bound>, flags: Flags) -> Result<Self> {
        Self::zeroed_with_attrs(device, flags, Attrs::NONE)
    }

    /// As [`Self::zeroed`], with wishes about the memory.
    ///
    /// # Errors
    ///
    /// As [`Self::zeroed`].
    pub fn zeroed_with_attrs(
        device: &'bound Device<Bound>,
        flags: Flags,
        attrs: Attrs,
    ) -> Result<Self> {
        const {
            assert!(
                align_of::<T>() <= PAGE_SIZE,
                "there is only a page's alignment"
            )
        };
        let bytes = Allocation::bytes(device, size_of::<T>(), flags, attrs)?;
        let memory = bytes.memory.cast::<T>();
        // SAFETY: there are as many bytes, all zero, which make a `T`; coherent memory starts at a
        // page.
        Ok(Self(unsafe { bytes.cast(memory) }))
    }
}

impl<'bound, T: FromBytes + IntoBytes> CoherentBox<'bound, [T]> {
    /// So many values of zeroes.
    ///
    /// Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: there is no memory, or none that the device reaches.
    /// - `EINVAL`: these are no bytes.
    /// - `EOVERFLOW`: these are more bytes than there are addresses.
    pub fn zeroed_slice(device: &'bound Device<Bound>, len: usize, flags: Flags) -> Result<Self> {
        Self::zeroed_slice_with_attrs(device, len, flags, Attrs::NONE)
    }

    /// As [`Self::zeroed_slice`], with wishes about the memory.
    ///
    /// # Errors
    ///
    /// As [`Self::zeroed_slice`].
    pub fn zeroed_slice_with_attrs(
        device: &'bound Device<Bound>,
        len: usize,
        flags: Flags,
        attrs: Attrs,
    ) -> Result<Self> {
        const {
            assert!(
                align_of::<T>() <= PAGE_SIZE,
                "there is only a page's alignment"
            )
        };
        let size = len.checked_mul(size_of::<T>()).ok_or(EOVERFLOW)?;
        let bytes = Allocation::bytes(device, size, flags, attrs)?;
        let memory = NonNull::slice_from_raw_parts(bytes.memory.cast::<T>(), len);
        // SAFETY: as in `zeroed_with_attrs`.
        Ok(Self(unsafe { bytes.cast(memory) }))
    }

    /// A copy of these values.
    ///
    /// Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// As [`Self::zeroed_slice`].
    pub fn from_slice(device: &'bound Device<Bound>, values: &[T], flags: Flags) -> Result<Self>
    where
        T: Copy,
    {
        let mut copy = Self::zeroed_slice(device, values.len(), flags)?;
        // The lengths are the same; this way there is nothing that panics.
        for (to, from) in copy.iter_mut().zip(values) {
            *to = *from;
        }
        Ok(copy)
    }
}

impl<T: ?Sized> Deref for CoherentBox<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant there is a `T`; no device has been told of it.
        unsafe { self.0.memory.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for CoherentBox<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { self.0.memory.as_mut() }
    }
}

/// Coherent memory that is shared with a device: a `T` that there are no references to.
///
/// To be dropped with interrupts enabled, and when the device does not use it any more.
///
/// # Examples
///
/// ```
/// use kernel::dma::{Coherent, DmaMask};
/// use kernel::faux;
/// use kernel::prelude::*;
///
/// # let registration = faux::Registration::new(c"ferrite-example", None)?;
/// # let device = registration.device();
/// # device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
/// let bytes = Coherent::<[u8]>::zeroed_slice(device, 100, GFP_KERNEL)?;
/// bytes.view().range(10..17)?.copy_from_slice(b"ferrite")?;
/// let mut copy = [0; 4];
/// bytes.view().range(8..12)?.copy_to_slice(&mut copy)?;
/// assert_eq!(copy, *b"\0\0fe");
/// // Where the device finds the 11th.
/// let address = bytes.dma_address_of(bytes.view().index(10)?)?;
/// assert_eq!(address, bytes.dma_address() + 10);
/// # Ok::<(), Error>(())
/// ```
pub struct Coherent<'bound, T: ?Sized>(Allocation<'bound, T>);

// SAFETY: the memory may be used and given back on any CPU.
unsafe impl<T: ?Sized + Send> Send for Coherent<'_, T> {}
// SAFETY: a shared one gives views only, which may be shared.
unsafe impl<T: ?Sized + Send> Sync for Coherent<'_, T> {}

impl<'bound, T: FromBytes + IntoBytes> Coherent<'bound, T> {
    /// A value of zeroes.
    ///
    /// Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// As [`CoherentBox::zeroed`].
    pub fn zeroed(device: &'bound Device<Bound>, flags: Flags) -> Result<Self> {
        CoherentBox::zeroed(device, flags).map(Self::from)
    }
}

impl<'bound, T: FromBytes + IntoBytes> Coherent<'bound, [T]> {
    /// So many values of zeroes.
    ///
    /// Sleeps if `flags` let it.
    ///
    /// # Errors
    ///
    /// As [`CoherentBox::zeroed_slice`].
    pub fn zeroed_slice(device: &'bound Device<Bound>, len: usize, flags: Flags) -> Result<Self> {
        CoherentBox::zeroed_slice(device, len, flags).map(Self::from)
    }
}

impl<T: ?Sized> Coherent<'_, T> {
    /// Where the device finds it.
    #[must_use]
    #[inline]
    pub fn dma_address(&self) -> DmaAddress {
        self.0.address
    }

    /// Where the device finds a part of it.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it is no part of it.
    pub fn dma_address_of<U: ?Sized>(&self, part: View<'_, U>) -> Result<DmaAddress> {
        let place = part.as_ptr().addr();
        match place.checked_sub(self.0.memory.as_ptr().addr()) {
            // Cannot wrap: the whole allocation has addresses.
            Some(offset) if offset < self.0.size => {
                Ok(self.0.address.wrapping_add(offset as DmaAddress))
            }
            _ => Err(EINVAL),
        }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// The memory, for [`dma_read!`](crate::dma_read) and its like.
    #[must_use]
    #[inline]
    pub fn view(&self) -> View<'_, T> {
        // SAFETY: the memory is there as long as this value, and this type makes no references.
        unsafe { View::new(self.0.memory) }
    }
}

impl<'bound, T: ?Sized + Send + 'static> Coherent<'bound, T> {
    /// The same memory, for whoever may outlive the binding. It is given back when the [`Devres`] is
    /// dropped, or else at the end of the binding, after the driver's data; the device has to be stopped
    /// by then. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; it is then given back.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::devres::Devres;
    /// use kernel::dma::{Coherent, DmaMask};
    /// use kernel::faux;
    /// use kernel::prelude::*;
    ///
    /// let registration = faux::Registration::new(c"ferrite-example", None)?;
    /// # let device = registration.device();
    /// # device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
    /// let number = Coherent::<u32>::zeroed(registration.device(), GFP_KERNEL)?;
    /// let number: Devres<Coherent<'static, u32>> = number.into_devres()?;
    /// number.try_access_with(|number| number.view().write(7)).ok_or(ENXIO)?;
    /// assert_eq!(number.access(registration.device())?.view().read(), 7);
    /// drop(registration);
    /// assert!(number.try_access().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn into_devres(self) -> Result<Devres<Coherent<'static, T>>> {
        let device = self.0.device;
        // SAFETY: the types differ in the lifetime alone. A `Devres` drops its value while the
        // device is there, and lends it for as long as it is bound at most; what is lent gives
        // nobody the device.
        let memory = unsafe { core::mem::transmute::<Self, Coherent<'static, T>>(self) };
        Devres::new(device, memory)
    }
}

impl<'bound, T: ?Sized> From<CoherentBox<'bound, T>> for Coherent<'bound, T> {
    fn from(memory: CoherentBox<'bound, T>) -> Self {
        Self(memory.0)
    }
}
