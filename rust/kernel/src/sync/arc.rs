// SPDX-License-Identifier: GPL-2.0-only

//! A value that several owners share.
//!
//! C header: `include/linux/refcount.h`. Making one allocates, by its flags; the rest is for any context, but
//! for what dropping the value asks.
//!
//! Consumers: nearly every sample.

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit, offset_of};
use core::ops::{Deref, DerefMut};
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
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::Arc;
///
/// let first = Arc::new(5, GFP_KERNEL)?;
/// let second = first.clone();
/// assert!(first.ptr_eq(&second));
/// drop(first);
/// assert_eq!(*second, 5);
/// # Ok::<(), Error>(())
/// ```
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

    /// Gives the count away, as a pointer to the value; [`Self::from_raw`] takes it back.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::Arc;
    ///
    /// let raw = Arc::new(5, GFP_KERNEL)?.into_raw();
    /// // SAFETY: the pointer comes from `into_raw`, and is given back once.
    /// assert_eq!(*unsafe { Arc::from_raw(raw) }, 5);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn into_raw(self) -> *const T {
        let this = ManuallyDrop::new(self);
        // SAFETY: the field is inside of the memory that the pointer is valid for.
        unsafe { &raw const (*this.pointer.as_ptr()).value }
    }

    /// Takes back what [`Self::into_raw`] gave away.
    ///
    /// # Safety
    ///
    /// `pointer` comes from `into_raw`, and is given back once.
    #[must_use]
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        // INVARIANT: the caller gives back the count that `into_raw` gave away.
        Self {
            pointer: container(pointer.cast_mut().cast()),
            _owns: PhantomData,
        }
    }

    /// The only owner of the value, if this is; otherwise one owner less.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::Arc;
    ///
    /// let first = Arc::new(5, GFP_KERNEL)?;
    /// let second = first.clone();
    /// assert!(first.into_unique_or_drop().is_none());
    /// let mut unique = second.into_unique_or_drop().ok_or(EINVAL)?;
    /// *unique += 1;
    /// assert_eq!(*unique, 6);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use = "the last owner drops the value"]
    pub fn into_unique_or_drop(self) -> Option<Pin<UniqueArc<T>>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant the value is there as long as this count is held.
        let count = unsafe { &this.pointer.as_ref().count };
        if !count.dec_and_test() {
            return None;
        }
        // It was the last count: nobody else can see it.
        count.set(1);
        // INVARIANT: the count of one is ours.
        let unique = UniqueArc(Self {
            pointer: this.pointer,
            _owns: PhantomData,
        });
        // SAFETY: the value is in memory of its own, and leaves it only by being dropped, since a
        // pinned `UniqueArc` is not dereferenced mutably.
        Some(unsafe { Pin::new_unchecked(unique) })
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

    /// The value, pinned.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::Arc;
    ///
    /// let shared = Arc::new(5, GFP_KERNEL)?;
    /// assert_eq!(*shared.as_pin(), 5);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn as_pin(&self) -> Pin<&T> {
        self.as_borrow().as_pin()
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

/// An [`Arc`] that is the only one, so that its value can still be changed.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::{Arc, UniqueArc};
///
/// let mut unique = UniqueArc::new([0_u8; 4], GFP_KERNEL)?;
/// unique[2] = 1;
/// let shared: Arc<_> = unique.into();
/// assert_eq!(*shared, [0, 0, 1, 0]);
/// // Memory now, a value later: nothing can fail any more.
/// let reserved = UniqueArc::<u32>::new_uninit(GFP_KERNEL)?;
/// assert_eq!(*reserved.write(7), 7);
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The count is one. Unless it is pinned, the value has never been shared.
pub struct UniqueArc<T>(Arc<T>);

// SAFETY: nobody else refers to the value.
unsafe impl<T: Send> Send for UniqueArc<T> {}
// SAFETY: a shared one gives shared access to the value only.
unsafe impl<T: Sync> Sync for UniqueArc<T> {}

impl<T> UniqueArc<T> {
    /// Moves a value into memory that can be shared later.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(value: T, flags: Flags) -> Result<Self> {
        // INVARIANT: the count of a new one is one.
        Ok(Self(Arc::new(value, flags)?))
    }

    /// Memory for a value.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new_uninit(flags: Flags) -> Result<UniqueArc<MaybeUninit<T>>> {
        UniqueArc::new(MaybeUninit::uninit(), flags)
    }
}

impl<T> UniqueArc<MaybeUninit<T>> {
    /// Puts the value in.
    pub fn write(mut self, value: T) -> UniqueArc<T> {
        MaybeUninit::write(&mut self, value);
        let inner = ManuallyDrop::new(self).0.pointer.cast();
        // INVARIANT: the same memory and count, and the value is there: `MaybeUninit` is laid out as
        // what it holds.
        UniqueArc(Arc {
            pointer: inner,
            _owns: PhantomData,
        })
    }
}

impl<T> Deref for UniqueArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for UniqueArc<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: by the invariant nobody else refers to the value. It may move: it has never been
        // shared, or else `self` is pinned, and this is not called.
        unsafe { &mut (*self.0.pointer.as_ptr()).value }
    }
}

impl<T> From<UniqueArc<T>> for Arc<T> {
    fn from(unique: UniqueArc<T>) -> Self {
        unique.0
    }
}

impl<T> From<Pin<UniqueArc<T>>> for Arc<T> {
    fn from(unique: Pin<UniqueArc<T>>) -> Self {
        // SAFETY: an `Arc` never moves its value.
        unsafe { Pin::into_inner_unchecked(unique) }.0
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
    /// Borrows what [`Arc::into_raw`] gave away.
    ///
    /// # Safety
    ///
    /// `pointer` comes from there, and is not given back during `'a`.
    pub(crate) unsafe fn from_raw(pointer: *const T) -> Self {
        // INVARIANT: the caller promises that the count given away stays for `'a`.
        Self {
            pointer: container(pointer.cast_mut().cast()),
            _borrows: PhantomData,
        }
    }

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
    type BorrowedMut<'a> = ArcBorrow<'a, T>;

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

    unsafe fn borrow_mut<'a>(pointer: *mut core::ffi::c_void) -> ArcBorrow<'a, T> {
        // SAFETY: the caller promises more. Others may share the value.
        unsafe { Self::borrow(pointer) }
    }
}
