// SPDX-License-Identifier: GPL-2.0-only

//! References to what counts its references itself.
//!
//! Many C objects have a count inside, and functions to raise and to lower it. For such a type
//! [`ARef`] is what [`Arc`](super::Arc) is for a type of Rust.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

/// A type that counts its references.
///
/// # Safety
///
/// - As long as somebody holds a reference that [`Self::inc_ref`] has added, the value is there and
///   does not move.
/// - There is no way to get a value of the type that is not counted and may go away, nor a mutable
///   reference to one that is shared.
pub unsafe trait AlwaysRefCounted {
    /// One reference more.
    fn inc_ref(&self);

    /// One reference less; after the last one the value is gone.
    ///
    /// # Safety
    ///
    /// The caller gives up a reference that was added for it, and does not use the value because of
    /// it any more.
    unsafe fn dec_ref(object: NonNull<Self>);
}

/// An owned reference to a value that counts its references.
///
/// ```
/// use core::ptr::NonNull;
/// use kernel::prelude::*;
/// use kernel::sync::{ARef, AlwaysRefCounted, Refcount};
///
/// struct Counted(Refcount);
///
/// // SAFETY: the value below is static, so it is always there.
/// unsafe impl AlwaysRefCounted for Counted {
///     fn inc_ref(&self) {
///         self.0.inc();
///     }
///     unsafe fn dec_ref(object: NonNull<Self>) {
///         // SAFETY: it is static.
///         let _ = unsafe { object.as_ref() }.0.dec_and_test();
///     }
/// }
///
/// static COUNTED: Counted = Counted(Refcount::new(1));
/// let first: ARef<Counted> = (&COUNTED).into();
/// let second = first.clone();
/// assert_eq!(second.0.get(), 3);
/// drop(first);
/// let raw = ARef::into_raw(second);
/// // SAFETY: the reference comes from `into_raw`.
/// drop(unsafe { ARef::from_raw(raw) });
/// assert_eq!(COUNTED.0.get(), 1);
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer is that of a value, and one of the value's references is ours.
pub struct ARef<T: AlwaysRefCounted>(NonNull<T>, PhantomData<T>);

// SAFETY: it gives shared access from any thread, and the last reference may go on any thread.
unsafe impl<T: AlwaysRefCounted + Send + Sync> Send for ARef<T> {}
// SAFETY: a shared one can be cloned, so the same holds for it.
unsafe impl<T: AlwaysRefCounted + Send + Sync> Sync for ARef<T> {}

impl<T: AlwaysRefCounted> ARef<T> {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// One of the value's references is the caller's, who gives it up.
    pub const unsafe fn from_raw(pointer: NonNull<T>) -> Self {
        // INVARIANT: the caller gives us a reference.
        Self(pointer, PhantomData)
    }

    /// Gives the reference away; [`Self::from_raw`] takes it back.
    #[must_use]
    pub fn into_raw(this: Self) -> NonNull<T> {
        ManuallyDrop::new(this).0
    }
}

impl<T: AlwaysRefCounted> Clone for ARef<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T: AlwaysRefCounted> Deref for ARef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant a reference is ours, so the value is there.
        unsafe { self.0.as_ref() }
    }
}

impl<T: AlwaysRefCounted> From<&T> for ARef<T> {
    fn from(value: &T) -> Self {
        value.inc_ref();
        // INVARIANT: a reference has just been added for us.
        Self(NonNull::from(value), PhantomData)
    }
}

impl<T: AlwaysRefCounted> Drop for ARef<T> {
    fn drop(&mut self) {
        // SAFETY: by the invariant a reference is ours, and this is the end of it.
        unsafe { T::dec_ref(self.0) };
    }
}
