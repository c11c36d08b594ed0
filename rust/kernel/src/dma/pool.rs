// SPDX-License-Identifier: GPL-2.0-only

//! Small pieces of coherent memory.
//!
//! Consumer: `samples/ring`, with `pieces=Y`.

use core::ffi::CStr;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use zerocopy::{FromBytes, IntoBytes};

use super::{DmaAddress, View};
use crate::alloc::flags::GFP_ZERO;
use crate::alloc::{Flags, seam};
use crate::device::{Bound, Device};
use crate::error::Result;
use crate::error::code::{EINVAL, ENOMEM};
use crate::page::PAGE_SIZE;

/// Coherent memory for many values of one type, which share pages (`dmam_pool_create`).
///
/// The pool goes when the device is unbound, and not before, so this can be copied. The values are
/// aligned as their type is: a device that wants more than Rust does is served by `#[repr(align)]`.
///
/// # Invariants
///
/// The pool is there during `'bound`; its pieces are large enough for a `T`, and aligned.
///
/// # Examples
///
/// ```
/// use kernel::dma::{DmaMask, Pool, PoolObject};
/// use kernel::prelude::*;
/// use kernel::{dma_read, dma_write, faux};
/// use zerocopy::{FromBytes, IntoBytes};
///
/// #[derive(FromBytes, IntoBytes)]
/// #[repr(C, align(16))]
/// struct Command {
///     code: u64,
///     next: u64,
/// }
///
/// # let registration = faux::Registration::new(c"ferrite-example", None)?;
/// # let device = registration.device();
/// # device.dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
/// let pool = Pool::<Command>::new(device, c"commands", None)?;
/// let mut first = pool.alloc(GFP_KERNEL)?;
/// first.code = 1;
/// let first: PoolObject<'_, Command> = first.into();
/// let second: PoolObject<'_, Command> = pool.alloc(GFP_ATOMIC)?.into();
/// dma_write!(first, .next, second.dma_address());
/// assert_eq!(dma_read!(first, .next) % 16, 0);
/// # Ok::<(), Error>(())
/// ```
pub struct Pool<'bound, T> {
    pool: NonNull<bindings::dma_pool>,
    _device: PhantomData<&'bound Device<Bound>>,
    _values: PhantomData<fn() -> T>,
}

impl<T> Clone for Pool<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pool<'_, T> {}

// SAFETY: a pool has a lock of its own.
unsafe impl<T> Send for Pool<'_, T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Pool<'_, T> {}

impl<'bound, T: FromBytes + IntoBytes> Pool<'bound, T> {
    /// A pool of that name, as the device's file `pools` in sysfs shows it. No value crosses an
    /// address that is a multiple of `boundary`, if there is one. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `boundary` is no power of two, or less than a value has; or the type has no
    ///   size.
    /// - `ENOMEM`.
    pub fn new(
        device: &'bound Device<Bound>,
        name: &CStr,
        boundary: Option<usize>,
    ) -> Result<Self> {
        const {
            assert!(
                align_of::<T>() <= PAGE_SIZE,
                "there is only a page's alignment"
            )
        };
        let size = size_of::<T>();
        let fits = |boundary: usize| boundary.is_power_of_two() && boundary >= size;
        if size == 0 || !boundary.is_none_or(fits) {
            return Err(EINVAL);
        }
        seam::may_fail()?;
        // SAFETY:
        // - the device is bound, so that its resources are released some day;
        // - the name is terminated, and copied.
        let pool = unsafe {
            bindings::dmam_pool_create(
                name.as_ptr(),
                device.as_raw(),
                size,
                align_of::<T>(),
                boundary.unwrap_or(0),
            )
        };
        // INVARIANT: it goes when the device's resources are released, after `'bound`.
        Ok(Self {
            pool: NonNull::new(pool).ok_or(ENOMEM)?,
            _device: PhantomData,
            _values: PhantomData,
        })
    }

    /// A value of zeroes, which no device has been told of. Any context, if `flags` do not sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn alloc(&self, flags: Flags) -> Result<PoolBox<'bound, T>> {
        seam::may_fail()?;
        let mut address = 0;
        let flags = flags | GFP_ZERO;
        // SAFETY: by the invariant the pool is there; the address is a variable.
        let memory = unsafe {
            bindings::ferrite_dma_pool_alloc(self.pool.as_ptr(), flags.0, &raw mut address)
        };
        let memory = NonNull::new(memory.cast::<T>()).ok_or(ENOMEM)?;
        seam::born();
        // INVARIANT: it is fresh; zeroes make a `T`.
        Ok(PoolBox(Piece {
            pool: *self,
            memory,
            address,
        }))
    }
}

/// A piece of a pool; given back when dropped.
///
/// # Invariants
///
/// `memory` is one of `pool`'s pieces, which the device finds at `address`, and holds a `T`. It is
/// ours to give back.
struct Piece<'bound, T> {
    pool: Pool<'bound, T>,
    memory: NonNull<T>,
    address: DmaAddress,
}

impl<T> Drop for Piece<'_, T> {
    fn drop(&mut self) {
        seam::died();
        // SAFETY: by the invariants the pool is there, and the piece its and ours to give back.
        unsafe {
            bindings::ferrite_dma_pool_free(
                self.pool.pool.as_ptr(),
                self.memory.as_ptr().cast(),
                &raw const self.address,
            )
        };
    }
}

/// A value in a [`Pool`] that no device has been told of: as a
/// [`CoherentBox`](super::CoherentBox). Any context may drop it.
pub struct PoolBox<'bound, T>(Piece<'bound, T>);

// SAFETY: it owns the value, and may be given back on any CPU.
unsafe impl<T: Send> Send for PoolBox<'_, T> {}
// SAFETY: a shared one gives shared access to the value only.
unsafe impl<T: Sync> Sync for PoolBox<'_, T> {}

impl<T> Deref for PoolBox<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant there is a `T`; no device has been told of it.
        unsafe { self.0.memory.as_ref() }
    }
}

impl<T> DerefMut for PoolBox<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { self.0.memory.as_mut() }
    }
}

/// A value in a [`Pool`] that is shared with a device: as a [`Coherent`](super::Coherent). Any
/// context may drop it, when the device does not use it any more.
pub struct PoolObject<'bound, T>(Piece<'bound, T>);

// SAFETY: it may be used and given back on any CPU.
unsafe impl<T: Send> Send for PoolObject<'_, T> {}
// SAFETY: a shared one gives views only, which may be shared.
unsafe impl<T: Send> Sync for PoolObject<'_, T> {}

impl<T> PoolObject<'_, T> {
    /// Where the device finds it.
    #[must_use]
    #[inline]
    pub fn dma_address(&self) -> DmaAddress {
        self.0.address
    }

    /// The memory, for [`dma_read!`](crate::dma_read) and its like.
    #[must_use]
    #[inline]
    pub fn view(&self) -> View<'_, T> {
        // SAFETY: the memory is there as long as this value, and this type makes no references.
        unsafe { View::new(self.0.memory) }
    }
}

impl<'bound, T> From<PoolBox<'bound, T>> for PoolObject<'bound, T> {
    fn from(value: PoolBox<'bound, T>) -> Self {
        Self(value.0)
    }
}
