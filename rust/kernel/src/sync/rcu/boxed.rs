// SPDX-License-Identifier: GPL-2.0-only

//! A box that readers may still look into when it has been dropped.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, needs_drop, offset_of};
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::NonNull;

use pinned_init::PinInit;

use super::Retire;
use crate::alloc::{Flags, KBox};
use crate::error::{Error, Result};
use crate::types::{ForeignOwnable, Opaque};

/// What a [`Box`] points to.
#[repr(C)]
struct Inner<T> {
    head: Opaque<bindings::ferrite_rcu_head>,
    value: T,
}

/// A value in memory of its own that is dropped a grace period after its box.
///
/// Dropping the box returns at once, in any context. The value's own `Drop` then runs in a soft
/// interrupt, after every [`Guard`](super::Guard) of now is gone: it must not sleep, nor take a
/// lock that is taken elsewhere with interrupts on. If the value must not be dropped there, keep it
/// in a [`KBox`] and use [`Old`](super::Old). A value that needs no drop is freed by the kernel
/// itself (`kvfree_rcu`).
///
/// The value is only lent: readers may see it at any time. It never moves.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::rcu;
///
/// let name = rcu::Box::new(*b"ferrite", GFP_KERNEL)?;
/// assert_eq!(name.len(), 7);
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer comes from a `KBox<Inner<T>>`, whose head is not in use.
pub struct Box<T: Send + 'static>(NonNull<Inner<T>>, PhantomData<Inner<T>>);

// SAFETY: the box owns the value. Who else sees it does so through an `Rcu`, which asks for `Sync`
// before another thread may.
unsafe impl<T: Send + 'static> Send for Box<T> {}
// SAFETY: a shared box gives shared access to the value only.
unsafe impl<T: Send + Sync + 'static> Sync for Box<T> {}

impl<T: Send + 'static> Box<T> {
    /// Moves a value into new memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(value: T, flags: Flags) -> Result<Self> {
        let inner = Inner {
            head: Opaque::uninit(),
            value,
        };
        Ok(Self::from_inner(KBox::new(inner, flags)?))
    }

    /// Initialises a value in new memory.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::{new_mutex, sync::rcu};
    ///
    /// let shared = rcu::Box::pin_init(new_mutex!(3), GFP_KERNEL)?;
    /// assert_eq!(*shared.lock(), 3);
    /// # Ok::<(), Error>(())
    /// ```
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
        // SAFETY:
        // - the field is inside of the box's memory; on an error that is freed without a drop;
        // - the value stays where it is: it is only lent from now on.
        unsafe { init.__pinned_init(&raw mut (*inner).value) }?;
        // SAFETY: the value is initialised, and the head needs not be.
        Ok(Self::from_inner(unsafe { memory.assume_init() }))
    }

    fn from_inner(inner: KBox<Inner<T>>) -> Self {
        // SAFETY: a box's pointer is not null.
        let pointer = unsafe { NonNull::new_unchecked(inner.into_raw()) };
        // INVARIANT: the pointer comes from a box, and nobody has used its head.
        Self(pointer, PhantomData)
    }

    /// The value, pinned.
    #[must_use]
    pub fn as_pin(&self) -> Pin<&T> {
        // SAFETY: the value never moves.
        unsafe { Pin::new_unchecked(self) }
    }

    /// The end of a value: the callback of [`Drop`].
    ///
    /// # Safety
    ///
    /// `head` is that of an `Inner<T>` which nothing refers to any more.
    unsafe extern "C" fn release(head: *mut bindings::callback_head) {
        // SAFETY: the head is the first field, and the caller promises that the rest is ours.
        drop(unsafe { KBox::from_raw(head.cast::<Inner<T>>()) });
    }
}

impl<T: Send + 'static> Drop for Box<T> {
    fn drop(&mut self) {
        let head = self.0.as_ptr().cast::<bindings::ferrite_rcu_head>();
        if needs_drop::<T>() {
            // SAFETY:
            // - by the invariant the head is not in use, and the memory is given up here;
            // - when the call comes, the guards of all readers are gone, and with them what they
            //   have read;
            // - `T` is `Send`, and `'static`: it may be dropped elsewhere, and later.
            unsafe { super::call(head, Self::release) };
        } else {
            crate::alloc::freed_elsewhere();
            // SAFETY: by the invariant the memory comes from kmalloc, and begins with a head.
            unsafe { bindings::ferrite_rcu_free(head) };
        }
    }
}

impl<T: Send + 'static> Deref for Box<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant the value is there; nobody has mutable access.
        unsafe { &self.0.as_ref().value }
    }
}

// SAFETY: the pointer is that of the value, which is not null and aligned for `T`.
unsafe impl<T: Send + 'static> ForeignOwnable for Box<T> {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = &'a T;
    type BorrowedMut<'a> = &'a T;

    fn into_foreign(self) -> *mut c_void {
        let this = ManuallyDrop::new(self);
        // SAFETY: the field is inside of the memory that the pointer is valid for.
        unsafe { &raw mut (*this.0.as_ptr()).value }.cast()
    }

    unsafe fn from_foreign(pointer: *mut c_void) -> Self {
        let inner = pointer.wrapping_byte_sub(offset_of!(Inner<T>, value));
        // INVARIANT: the caller promises that the value is that of a box given away.
        // SAFETY: the memory of a box does not begin at zero.
        Self(unsafe { NonNull::new_unchecked(inner.cast()) }, PhantomData)
    }

    unsafe fn borrow<'a>(pointer: *mut c_void) -> &'a T {
        // SAFETY: the caller promises that the value is there during `'a`.
        unsafe { &*pointer.cast::<T>() }
    }

    unsafe fn borrow_mut<'a>(pointer: *mut c_void) -> &'a T {
        // SAFETY: the caller promises more. Readers may look at it all the same.
        unsafe { Self::borrow(pointer) }
    }
}

// SAFETY: dropping the box is what waits.
unsafe impl<T: Send + 'static> Retire for Box<T> {
    unsafe fn retire(old: *mut c_void) {
        // SAFETY: the caller promises that the value was given away, and is not taken back
        // otherwise. Readers may still see it: the drop waits for them.
        drop(unsafe { Self::from_foreign(old) });
    }
}
