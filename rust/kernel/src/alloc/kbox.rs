// SPDX-License-Identifier: GPL-2.0-only

//! A value in memory of its own.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::ptr::NonNull;

use pinned_init::{Init, PinInit};

use super::{Allocator, Flags, Kmalloc};
use crate::error::{Error, Result};
use crate::types::ForeignOwnable;

/// A value in memory that comes from `A`; freed when dropped.
///
/// # Invariants
///
/// The pointer is valid for reads and writes of a `T`, comes from `A` (or dangles, if `T` has no
/// size), and nobody else uses it.
pub struct Box<T: ?Sized, A: Allocator>(NonNull<T>, PhantomData<(A, T)>);

/// A [`Box`] from `kmalloc`.
pub type KBox<T> = Box<T, Kmalloc>;

// SAFETY: the box owns the value; nothing else refers to it.
unsafe impl<T: ?Sized + Send, A: Allocator> Send for Box<T, A> {}
// SAFETY: a shared box gives shared access to the value only.
unsafe impl<T: ?Sized + Sync, A: Allocator> Sync for Box<T, A> {}

impl<T, A: Allocator> Box<T, A> {
    /// Moves a value into new memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(value: T, flags: Flags) -> Result<Self> {
        let mut memory = Self::new_uninit(flags)?;
        memory.write(value);
        // SAFETY: it has just been written.
        Ok(unsafe { memory.assume_init() })
    }

    /// Memory for a value.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new_uninit(flags: Flags) -> Result<Box<MaybeUninit<T>, A>> {
        let layout = Layout::new::<T>();
        let memory = if layout.size() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: there is no old memory, and the size is not zero.
            unsafe { A::realloc(None, layout, layout, flags)? }.cast()
        };
        // INVARIANT: the memory is fresh and large enough; any bytes make a `MaybeUninit`.
        Ok(Box(memory, PhantomData))
    }

    /// Initialises a value in new memory.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, or what the initialiser says.
    pub fn init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self>
    where
        Error: From<E>,
    {
        let memory = Self::new_uninit(flags)?;
        // SAFETY: the memory is valid for writes; on an error it is freed without a drop of `T`.
        unsafe { init.__init(memory.0.as_ptr().cast::<T>()) }?;
        // SAFETY: the initialiser has succeeded.
        Ok(unsafe { memory.assume_init() })
    }

    /// Initialises a value in new memory that it will never leave.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, or what the initialiser says.
    pub fn pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Pin<Self>>
    where
        Error: From<E>,
    {
        let memory = Self::new_uninit(flags)?;
        // SAFETY:
        // - the memory is valid for writes, and on an error it is freed without a drop of `T`;
        // - the box is pinned below, so the value stays where it is.
        unsafe { init.__pinned_init(memory.0.as_ptr().cast::<T>()) }?;
        // SAFETY: the initialiser has succeeded.
        Ok(Self::into_pin(unsafe { memory.assume_init() }))
    }

    /// Moves the value out and frees the memory.
    #[must_use]
    pub fn into_inner(self) -> T {
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant the value is there, and it is read once: `this` is not dropped.
        let value = unsafe { this.0.read() };
        // SAFETY: the memory is the box's own, and the value has left it.
        unsafe { this.free() };
        value
    }
}

impl<T, A: Allocator> Box<MaybeUninit<T>, A> {
    /// Says that the value is there.
    ///
    /// # Safety
    ///
    /// It has been initialised.
    #[must_use]
    pub unsafe fn assume_init(self) -> Box<T, A> {
        let this = ManuallyDrop::new(self);
        // INVARIANT: the same memory; the caller promises that the value is there.
        Box(this.0.cast(), PhantomData)
    }
}

impl<T: ?Sized, A: Allocator> Box<T, A> {
    /// Gives the memory away; [`Self::from_raw`] takes it back.
    #[must_use]
    pub fn into_raw(self) -> *mut T {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// Takes back what [`Self::into_raw`] gave away.
    ///
    /// # Safety
    ///
    /// `pointer` comes from `into_raw` of a box with the same allocator, and is given back once.
    #[must_use]
    pub unsafe fn from_raw(pointer: *mut T) -> Self {
        // INVARIANT: the caller promises that it was a box's.
        // SAFETY: a box's pointer is never null.
        Self(unsafe { NonNull::new_unchecked(pointer) }, PhantomData)
    }

    /// Pins the value where it is.
    #[must_use]
    pub fn into_pin(this: Self) -> Pin<Self> {
        // SAFETY: the value is in memory of its own, and leaves it only by being dropped, since
        // a pinned box is not dereferenced mutably.
        unsafe { Pin::new_unchecked(this) }
    }

    /// Frees the memory without dropping the value.
    ///
    /// # Safety
    ///
    /// The box is not used again.
    unsafe fn free(&self) {
        // SAFETY: by the invariant the pointer is valid for a `T`.
        if size_of_val(unsafe { self.0.as_ref() }) != 0 {
            // SAFETY: by the invariant it comes from `A`; the caller promises that this is the end.
            unsafe { A::free(self.0.cast()) };
        }
    }
}

impl<T: ?Sized, A: Allocator> Drop for Box<T, A> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the value is there and ours.
        unsafe { self.0.drop_in_place() };
        // SAFETY: a box is dropped once.
        unsafe { self.free() };
    }
}

impl<T: ?Sized, A: Allocator> Deref for Box<T, A> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant the value is there and ours.
        unsafe { self.0.as_ref() }
    }
}

impl<T: ?Sized, A: Allocator> DerefMut for Box<T, A> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: by the invariant the value is there and ours.
        unsafe { self.0.as_mut() }
    }
}

// SAFETY: the pointer of `into_foreign` is the box's own, which is not null and aligned for `T`.
unsafe impl<T: 'static, A: Allocator + 'static> ForeignOwnable for Box<T, A> {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = &'a T;

    fn into_foreign(self) -> *mut core::ffi::c_void {
        self.into_raw().cast()
    }

    unsafe fn from_foreign(pointer: *mut core::ffi::c_void) -> Self {
        // SAFETY: the caller promises that it comes from `into_foreign`, once.
        unsafe { Self::from_raw(pointer.cast()) }
    }

    unsafe fn borrow<'a>(pointer: *mut core::ffi::c_void) -> &'a T {
        // SAFETY: the caller promises that the value is there, unchanged, for as long as `'a`.
        unsafe { &*pointer.cast::<T>() }
    }
}

// SAFETY: as for the box itself; a pinned value stays where it is.
unsafe impl<T: 'static, A: Allocator + 'static> ForeignOwnable for Pin<Box<T, A>> {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = Pin<&'a T>;

    fn into_foreign(self) -> *mut core::ffi::c_void {
        // SAFETY: the value is not moved: `from_foreign` pins it again.
        unsafe { Pin::into_inner_unchecked(self) }.into_raw().cast()
    }

    unsafe fn from_foreign(pointer: *mut core::ffi::c_void) -> Self {
        // SAFETY: the caller promises that it comes from `into_foreign`, once.
        Box::into_pin(unsafe { Box::from_raw(pointer.cast()) })
    }

    unsafe fn borrow<'a>(pointer: *mut core::ffi::c_void) -> Pin<&'a T> {
        // SAFETY:
        // - the caller promises that the value is there, unchanged, for as long as `'a`;
        // - it was pinned when it was given away.
        unsafe { Pin::new_unchecked(&*pointer.cast::<T>()) }
    }
}
