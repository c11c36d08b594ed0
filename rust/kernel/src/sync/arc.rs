// SPDX-License-Identifier: GPL-2.0-only

//! A value that several owners share.

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, offset_of};
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::NonNull;

use pinned_init::PinInit;

use super::Refcount;
use crate::alloc::{Flags, KBox};
use crate::error::{Error, Result};
use crate::types::ForeignOwnable;

/// What an [`Arc`] points to.
#[repr(C)]
struct Inner<T> {
    count: Refcount,
    value: T,
}

/// A reference-counted pointer to a value that never moves.
///
/// Unlike `alloc`'s, it has no weak references, it saturates as `refcount_t` does, and it is
/// always pinned.
///
/// # Invariants
///
/// The pointer comes from a `KBox<Inner<T>>`, and one of its counts is this pointer's.
pub struct Arc<T> {
    pointer: NonNull<Inner<T>>,
    _owns: PhantomData<Inner<T>>,
}

// SAFETY: an `Arc` gives shared access from any thread, and may drop the value on any thread.
unsafe impl<T: Send + Sync> Send for Arc<T> {}
// SAFETY: a shared `Arc` can be cloned, so the same holds for it.
unsafe impl<T: Send + Sync> Sync for Arc<T> {}

impl<T> Arc<T> {
    /// Moves a value into shared memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(value: T, flags: Flags) -> Result<Self> {
        let inner = KBox::new(
            Inner {
                count: Refcount::new(1),
                value,
            },
            flags,
        )?;
        Ok(Self::from_box(inner))
    }

    /// Initialises a value in shared memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, or what the initialiser says.
    pub fn pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self>
    where
        Error: From<E>,
    {
        let mut memory = KBox::<Inner<T>>::new_uninit(flags)?;
        let inner = memory.as_mut_ptr();
        // SAFETY: the field is inside of the box's memory.
        unsafe { (&raw mut (*inner).count).write(Refcount::new(1)) };
        // SAFETY:
        // - the field is inside of the box's memory; on an error that is freed without a drop;
        // - the value stays where it is: an `Arc` never moves it.
        unsafe { init.__pinned_init(&raw mut (*inner).value) }?;
        // SAFETY: both fields are initialised.
        Ok(Self::from_box(unsafe { memory.assume_init() }))
    }

    fn from_box(inner: KBox<Inner<T>>) -> Self {
        // SAFETY: a box's pointer is not null.
        let pointer = unsafe { NonNull::new_unchecked(inner.into_raw()) };
        // INVARIANT: the count of one is ours.
        Self {
            pointer,
            _owns: PhantomData,
        }
    }

    /// A borrow that can be turned into an owner.
    #[must_use]
    pub fn as_borrow(&self) -> ArcBorrow<'_, T> {
        // INVARIANT: `self` holds a count for as long as the borrow lives.
        ArcBorrow {
            pointer: self.pointer,
            _borrows: PhantomData,
        }
    }

    /// Whether both point to the same value.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.pointer == other.pointer
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        self.as_borrow().to_arc()
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the value is there as long as this count is held.
        if unsafe { self.pointer.as_ref() }.count.dec_and_test() {
            // SAFETY: it was the last count, and the memory comes from a box.
            drop(unsafe { KBox::from_raw(self.pointer.as_ptr()) });
        }
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant the value is there as long as this count is held.
        unsafe { &self.pointer.as_ref().value }
    }
}

/// A borrowed [`Arc`]: costs nothing to pass around.
///
/// # Invariants
///
/// Somebody holds a count for as long as `'a`.
pub struct ArcBorrow<'a, T> {
    pointer: NonNull<Inner<T>>,
    _borrows: PhantomData<&'a T>,
}

impl<T> Clone for ArcBorrow<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ArcBorrow<'_, T> {}

impl<'a, T> ArcBorrow<'a, T> {
    /// The value, for as long as it is borrowed.
    #[must_use]
    pub fn get(self) -> &'a T {
        // SAFETY: by the invariant the value is there during `'a`.
        unsafe { &(*self.pointer.as_ptr()).value }
    }

    /// The value, pinned.
    #[must_use]
    pub fn as_pin(self) -> Pin<&'a T> {
        // SAFETY: an `Arc`'s value never moves.
        unsafe { Pin::new_unchecked(self.get()) }
    }

    /// One more owner.
    #[must_use]
    pub fn to_arc(self) -> Arc<T> {
        // SAFETY: by the invariant somebody holds a count, so the memory is there.
        unsafe { self.pointer.as_ref() }.count.inc();
        // INVARIANT: the count just taken is the new pointer's.
        Arc {
            pointer: self.pointer,
            _owns: PhantomData,
        }
    }
}

impl<T> Deref for ArcBorrow<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.get()
    }
}

/// Where the memory around the value of an `Arc` begins.
fn container<T>(value: *mut core::ffi::c_void) -> NonNull<Inner<T>> {
    let start = value.wrapping_byte_sub(offset_of!(Inner<T>, value));
    // SAFETY: `value` points into memory that starts `offset` bytes earlier, and not at zero.
    unsafe { NonNull::new_unchecked(start.cast()) }
}

// SAFETY: the pointer is that of the value, which is not null and aligned for `T`.
unsafe impl<T: 'static> ForeignOwnable for Arc<T> {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = ArcBorrow<'a, T>;

    fn into_foreign(self) -> *mut core::ffi::c_void {
        let this = ManuallyDrop::new(self);
        // SAFETY: the field is inside of the memory that the pointer is valid for.
        unsafe { &raw mut (*this.pointer.as_ptr()).value }.cast()
    }

    unsafe fn from_foreign(pointer: *mut core::ffi::c_void) -> Self {
        // INVARIANT: the caller gives back the count that `into_foreign` gave away.
        Self {
            pointer: container(pointer),
            _owns: PhantomData,
        }
    }

    unsafe fn borrow<'a>(pointer: *mut core::ffi::c_void) -> ArcBorrow<'a, T> {
        // INVARIANT: the caller promises that the count given away is not taken back during `'a`.
        ArcBorrow {
            pointer: container(pointer),
            _borrows: PhantomData,
        }
    }
}
