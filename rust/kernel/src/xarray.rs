// SPDX-License-Identifier: GPL-2.0-only

//! XArray: a sparse array of pointers, indexed by `usize`.
//!
//! An [`XArray`] owns its values. Whoever wants to see or change one takes the array's lock
//! ([`XArray::lock`]) and works with the [`Guard`]. What kind of lock that is, is part of the
//! type: [`Plain`], [`BhSafe`] or [`IrqSafe`].
//!
//! A store that needs memory may release the lock while it allocates, if its flags let it sleep. While a
//! guard is held nothing else may sleep; in which context it may be taken the kind of lock says.
//!
//! C header: `include/linux/xarray.h`. C source: `lib/xarray.c`.
//!
//! Consumers: `rnull` keeps its pages in one; `samples/idmap` gives out numbers with one, and knows ranges
//! by another; `samples/handles` has numbers come round, replaces values without the lock and changes them
//! where they are; an interrupt looks into that of `samples/lease`.

mod guard;
mod iter;
mod lock;
mod reserve;
#[cfg(feature = "ktest")]
mod tests;

pub use guard::{Cyclic, EntryId, Guard, StoreError};
pub use iter::Iter;
pub use lock::{BhSafe, IrqSafe, LockKind, Plain};
pub use reserve::Reservation;

use core::ffi::{c_ulong, c_void};
use core::marker::PhantomData;
use core::ptr::NonNull;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure, pinned_drop};

use crate::alloc::Flags;
use crate::error::code::EINVAL;
use crate::error::{Error, Result};
use crate::types::{ForeignOwnable, NotThreadSafe, Opaque};

/// Whether and how free indices are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocKind {
    /// The array gives out no indices.
    None,
    /// Free indices are given out from 0.
    Alloc,
    /// Free indices are given out from 1.
    Alloc1,
}

impl AllocKind {
    fn flags(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Alloc => bindings::FERRITE_XA_FLAGS_ALLOC,
            Self::Alloc1 => bindings::FERRITE_XA_FLAGS_ALLOC1,
        }
    }
}

/// One of the three bits that an entry can carry, and be found by.
///
/// The array keeps them beside the values: setting one does not touch the value, replacing the
/// value does not touch the mark, and removing the value clears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The first. An array that gives out indices keeps it for itself.
    Mark0,
    /// The second.
    Mark1,
    /// The third.
    Mark2,
}

impl Mark {
    fn as_raw(self) -> u32 {
        match self {
            Self::Mark0 => bindings::FERRITE_XA_MARK_0,
            Self::Mark1 => bindings::FERRITE_XA_MARK_1,
            Self::Mark2 => bindings::FERRITE_XA_MARK_2,
        }
    }
}

/// A sparse array of owned values.
///
/// `T`'s pointers must be aligned to four bytes, since the array uses the bits below; that is
/// checked when the array's constructor is compiled.
///
/// # Invariants
///
/// Every entry comes from `T::into_foreign`, and is taken back once; or `T` is `Copy`.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::xarray::{AllocKind, XArray};
///
/// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::None), GFP_KERNEL)?;
/// let mut guard = array.lock();
/// assert!(guard.store(7, KBox::new(70, GFP_KERNEL)?, GFP_KERNEL)?.is_none());
/// guard.insert(1 << 20, KBox::new(71, GFP_KERNEL)?, GFP_KERNEL)?;
/// assert_eq!(guard.get(7), Some(&70));
/// assert_eq!(guard.remove(7).map(|value| *value), Some(70));
/// assert_eq!(guard.get(7), None);
/// # Ok::<(), Error>(())
/// ```
///
/// A pointer that is not aligned does not compile:
///
/// ```compile_fail,E0080
/// # use kernel::prelude::*;
/// use kernel::xarray::{AllocKind, XArray};
///
/// let array = KBox::pin_init(XArray::<KBox<u8>>::new(AllocKind::None), GFP_KERNEL)?;
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
pub struct XArray<T: ForeignOwnable, L: LockKind = Plain> {
    #[pin]
    xa: Opaque<bindings::xarray>,
    kind: AllocKind,
    // Not covariant: what is stored through a shared reference must be a `T`, exactly.
    _owns: PhantomData<(*mut T, L)>,
}

// SAFETY: the array owns its values.
unsafe impl<T: ForeignOwnable + Send, L: LockKind> Send for XArray<T, L> {}
// SAFETY: shared access goes through the array's lock, which hands out one guard at a time.
unsafe impl<T: ForeignOwnable + Send, L: LockKind> Sync for XArray<T, L> {}

impl<T: ForeignOwnable> XArray<T> {
    /// An initialiser for an empty array with a plain lock.
    pub fn new(kind: AllocKind) -> impl PinInit<Self> {
        Self::with_lock(kind)
    }
}

impl<T: ForeignOwnable> XArray<T, BhSafe> {
    /// An initialiser for an empty array that soft interrupts may use too.
    pub fn new_bh(kind: AllocKind) -> impl PinInit<Self> {
        Self::with_lock(kind)
    }
}

impl<T: ForeignOwnable> XArray<T, IrqSafe> {
    /// An initialiser for an empty array that hard interrupts may use too.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, IrqSafe, XArray};
    ///
    /// let array = KBox::pin_init(
    ///     XArray::<KBox<u32>, IrqSafe>::new_irq(AllocKind::None),
    ///     GFP_KERNEL,
    /// )?;
    /// // Interrupts are off while the guard lives, so no handler can wait for it on this CPU.
    /// array.lock().insert(3, KBox::new(30, GFP_ATOMIC)?, GFP_ATOMIC)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new_irq(kind: AllocKind) -> impl PinInit<Self> {
        Self::with_lock(kind)
    }
}

impl<T: ForeignOwnable, L: LockKind> XArray<T, L> {
    /// The two lowest bits of an entry are the array's.
    const ALIGNED: () = assert!(
        T::FOREIGN_ALIGN >= 4,
        "an entry must be a pointer aligned to 4"
    );

    fn with_lock(kind: AllocKind) -> impl PinInit<Self> {
        let () = Self::ALIGNED;
        let flags = kind.flags() | L::FLAGS;
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            xa <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::xarray>| {
                    bindings::ferrite_xarray_init(slot.cast(), flags);
                    Ok::<(), core::convert::Infallible>(())
                })
            },
            kind,
            _owns: PhantomData,
        })
    }

    /// Takes the array's spinlock: until the guard is dropped nothing here may sleep, except a
    /// store whose flags say so. From which contexts it may be called, `L` says.
    pub fn lock(&self) -> Guard<'_, T, L> {
        // SAFETY: the array is initialised. The context is the caller's duty, as in C.
        let saved = unsafe { L::lock(self.xa.get()) };
        Guard {
            array: self,
            saved,
            _not_send: NotThreadSafe::new(),
        }
    }

    /// As [`Self::lock`], if nobody has the lock; never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// let array = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    /// let guard = array.lock();
    /// assert!(array.try_lock().is_none());
    /// drop(guard);
    /// assert!(array.try_lock().is_some_and(|guard| guard.get(0).is_none()));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_lock(&self) -> Option<Guard<'_, T, L>> {
        // SAFETY: the array is initialised. The context is the caller's duty, as in C.
        let saved = unsafe { L::try_lock(self.xa.get()) }?;
        Some(Guard {
            array: self,
            saved,
            _not_send: NotThreadSafe::new(),
        })
    }

    /// The first entry after `index`, or at it if it is the `first`, up to `last`; its index
    /// becomes `index`.
    fn find(
        &self,
        index: &mut c_ulong,
        last: c_ulong,
        first: bool,
        filter: u32,
    ) -> Option<NonNull<c_void>> {
        let xa = self.xa.get();
        // SAFETY: the array is initialised; this locks by itself, and only reads.
        NonNull::new(unsafe {
            if first {
                bindings::xa_find(xa, index, last, filter)
            } else {
                bindings::xa_find_after(xa, index, last, filter)
            }
        })
    }
}

impl<T: ForeignOwnable + Copy> XArray<T> {
    /// Puts one value at every index from `first` to `last`, both included, over what is there.
    ///
    /// The array keeps it in pieces of a power of two, so that a range costs little memory. A
    /// piece goes, or is replaced, as a whole: by [`Guard::remove`], by [`Guard::store`], and by
    /// another range that covers a part of it. Only for values that may be copied, since each
    /// piece is one. Sleeps if `flags` let it; takes the lock.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `last` is before `first`, or the array gives out indices;
    /// - `ENOMEM`: a part of the range may have been stored.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::xarray::{AllocKind, XArray};
    ///
    /// static LOW: u32 = 1;
    /// let array = KBox::pin_init(XArray::<&'static u32>::new(AllocKind::None), GFP_KERNEL)?;
    /// array.store_range(16, 31, &LOW, GFP_KERNEL)?;
    /// assert_eq!(array.lock().get(20), Some(&1));
    /// assert_eq!(array.lock().get(32), None);
    /// assert_eq!(array.store_range(2, 1, &LOW, GFP_KERNEL), Err(EINVAL));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn store_range(&self, first: usize, last: usize, value: T, flags: Flags) -> Result {
        if last < first || self.kind != AllocKind::None {
            return Err(EINVAL);
        }
        // SAFETY:
        // - the array is initialised; this takes the lock by itself;
        // - what it overwrites needs no drop, since `T` is `Copy`.
        let result = unsafe {
            bindings::xa_store_range(
                self.xa.get(),
                first as c_ulong,
                last as c_ulong,
                value.into_foreign(),
                flags.0,
            )
        };
        // SAFETY: this only looks at the value of the pointer.
        match unsafe { bindings::ferrite_xarray_err(result) } {
            0 => Ok(()),
            errno => Err(Error::from_errno(errno)),
        }
    }
}

#[pinned_drop]
impl<T: ForeignOwnable, L: LockKind> PinnedDrop for XArray<T, L> {
    fn drop(self: core::pin::Pin<&mut Self>) {
        let xa = self.xa.get();
        // An entry may stand at more indices than one could walk over: only if `T` is `Copy`.
        if core::mem::needs_drop::<T>() {
            let mut index: c_ulong = 0;
            let mut first = true;
            while let Some(entry) = self.find(
                &mut index,
                c_ulong::MAX,
                first,
                bindings::FERRITE_XA_PRESENT,
            ) {
                first = false;
                // SAFETY: by the invariant the entry is a value given away. `xa_destroy`, below,
                // drops the array's reference to it without looking at it.
                drop(unsafe { T::from_foreign(entry.as_ptr()) });
            }
        }
        // SAFETY: the array is initialised, and never used again.
        unsafe { bindings::xa_destroy(xa) };
    }
}
