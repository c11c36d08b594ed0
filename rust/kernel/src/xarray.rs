// SPDX-License-Identifier: GPL-2.0-only

//! XArray: a sparse array of pointers, indexed by `usize`.
//!
//! C header: `include/linux/xarray.h`.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::NonNull;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure, pinned_drop};

use crate::alloc::Flags;
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

/// A sparse array of owned values.
///
/// # Invariants
///
/// Every entry comes from `T::into_foreign`, and is taken back once.
#[pin_data(PinnedDrop)]
pub struct XArray<T: ForeignOwnable> {
    #[pin]
    xa: Opaque<bindings::xarray>,
    _owns: PhantomData<T>,
}

// SAFETY: the array owns its values.
unsafe impl<T: ForeignOwnable + Send> Send for XArray<T> {}
// SAFETY: shared access goes through the array's lock, which hands out one guard at a time.
unsafe impl<T: ForeignOwnable + Send> Sync for XArray<T> {}

impl<T: ForeignOwnable> XArray<T> {
    /// The two lowest bits of an entry are the array's.
    const ALIGNED: () = assert!(
        T::FOREIGN_ALIGN >= 4,
        "an entry must be a pointer aligned to 4"
    );

    /// An initialiser for an empty array.
    pub fn new(kind: AllocKind) -> impl PinInit<Self> {
        let () = Self::ALIGNED;
        let flags = match kind {
            AllocKind::None => 0,
            AllocKind::Alloc => bindings::FERRITE_XA_FLAGS_ALLOC,
            AllocKind::Alloc1 => bindings::FERRITE_XA_FLAGS_ALLOC1,
        };
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            xa <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::xarray>| {
                    bindings::ferrite_xarray_init(slot.cast(), flags);
                    Ok::<(), core::convert::Infallible>(())
                })
            },
            _owns: PhantomData,
        })
    }

    /// The first entry at or after `index`, which becomes the entry's own.
    fn find(&self, index: &mut core::ffi::c_ulong) -> Option<NonNull<c_void>> {
        // SAFETY: the array is initialised; this locks by itself, and only reads.
        NonNull::new(unsafe { bindings::ferrite_xarray_find(self.xa.get(), index) })
    }

    /// Takes the array's spinlock: until the guard is dropped nothing here may sleep. Not for use
    /// in interrupts.
    pub fn lock(&self) -> Guard<'_, T> {
        // SAFETY: the array is initialised.
        unsafe { bindings::ferrite_xarray_lock(self.xa.get()) };
        Guard {
            array: self,
            _not_send: NotThreadSafe::new(),
        }
    }
}

#[pinned_drop]
impl<T: ForeignOwnable> PinnedDrop for XArray<T> {
    fn drop(self: core::pin::Pin<&mut Self>) {
        let xa = self.xa.get();
        let mut index: core::ffi::c_ulong = 0;
        while let Some(entry) = self.find(&mut index) {
            // SAFETY: by the invariant the entry is a value given away. `xa_destroy`, below, drops
            // the array's reference to it without looking at it.
            drop(unsafe { T::from_foreign(entry.as_ptr()) });
            match index.checked_add(1) {
                Some(next) => index = next,
                None => break,
            }
        }
        // SAFETY: the array is initialised, and never used again.
        unsafe { bindings::xa_destroy(xa) };
    }
}

/// What a failed store gives back.
pub struct StoreError<T> {
    /// Why: `ENOMEM`, or `EINVAL` for a value that cannot be an entry.
    pub error: Error,
    /// What was not stored.
    pub value: T,
}

impl<T> From<StoreError<T>> for Error {
    fn from(failed: StoreError<T>) -> Self {
        failed.error
    }
}

/// Holding one proves that the array's lock is ours.
pub struct Guard<'a, T: ForeignOwnable> {
    array: &'a XArray<T>,
    _not_send: NotThreadSafe,
}

impl<T: ForeignOwnable> Guard<'_, T> {
    /// The value at an index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T::Borrowed<'_>> {
        // SAFETY: the array is initialised; the lock, which is ours, keeps the entry in place.
        let entry = NonNull::new(unsafe {
            bindings::xa_load(self.array.xa.get(), index as core::ffi::c_ulong)
        })?;
        // SAFETY: by the invariant the entry is a value given away. It is taken back only by
        // methods that need the guard mutably, that is, after this borrow.
        Some(unsafe { T::borrow(entry.as_ptr()) })
    }

    /// Takes the value at an index out of the array.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        // SAFETY: the array is initialised, and the lock is ours.
        let entry =
            unsafe { bindings::__xa_erase(self.array.xa.get(), index as core::ffi::c_ulong) };
        // SAFETY: by the invariant the entry is a value given away, and now it is out of the array.
        NonNull::new(entry).map(|entry| unsafe { T::from_foreign(entry.as_ptr()) })
    }

    /// Puts a value at an index; returns what was there.
    ///
    /// If `flags` allow it, the lock is released while memory is allocated, and taken again.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, or `EINVAL` for a value that cannot be an entry; with the value.
    pub fn store(
        &mut self,
        index: usize,
        value: T,
        flags: Flags,
    ) -> Result<Option<T>, StoreError<T>> {
        let new = value.into_foreign();
        // SAFETY:
        // - the array is initialised, and the lock is ours, and again ours afterwards;
        // - nothing that was borrowed is alive: `self` is borrowed mutably.
        let old = unsafe {
            bindings::__xa_store(
                self.array.xa.get(),
                index as core::ffi::c_ulong,
                new,
                flags.0,
            )
        };
        // SAFETY: this only looks at the value of the pointer.
        let errno = unsafe { bindings::ferrite_xarray_err(old) };
        if errno != 0 {
            // SAFETY: the array did not take it.
            let value = unsafe { T::from_foreign(new) };
            return Err(StoreError {
                error: Error::from_errno(errno),
                value,
            });
        }
        Ok(Self::taken(old))
    }

    /// Puts a value at an index that is free.
    ///
    /// If `flags` allow it, the lock is released while memory is allocated, and taken again.
    ///
    /// # Errors
    ///
    /// `EBUSY` if the index is taken, `ENOMEM`, or `EINVAL` for a value that cannot be an entry;
    /// with the value.
    pub fn insert(&mut self, index: usize, value: T, flags: Flags) -> Result<(), StoreError<T>> {
        let new = value.into_foreign();
        // SAFETY:
        // - the array is initialised, and the lock is ours, and again ours afterwards;
        // - nothing that was borrowed is alive: `self` is borrowed mutably.
        let errno = unsafe {
            bindings::__xa_insert(
                self.array.xa.get(),
                index as core::ffi::c_ulong,
                new,
                flags.0,
            )
        };
        if errno == 0 {
            return Ok(());
        }
        // SAFETY: the array did not take it.
        let value = unsafe { T::from_foreign(new) };
        Err(StoreError {
            error: Error::from_errno(errno),
            value,
        })
    }

    /// A value that the array has let go of.
    fn taken(entry: *mut c_void) -> Option<T> {
        // SAFETY: by the invariant every entry is a value given away; this one is out of the array.
        NonNull::new(entry).map(|entry| unsafe { T::from_foreign(entry.as_ptr()) })
    }
}

impl<T: ForeignOwnable> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the guard proves that the lock is ours.
        unsafe { bindings::ferrite_xarray_unlock(self.array.xa.get()) };
    }
}
