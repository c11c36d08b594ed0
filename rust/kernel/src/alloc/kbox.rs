// SPDX-License-Identifier: GPL-2.0-only

//! A value in memory of its own.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::ptr::NonNull;

use pinned_init::{Init, PinInit};

use super::{Allocator, Flags, KVmalloc, Kmalloc, NumaNode, Vmalloc};
use crate::error::{Error, Result};
use crate::types::ForeignOwnable;

/// A value in memory that comes from `A`; freed when dropped.
///
/// A value that wants more alignment than `A` gives does not compile.
///
/// # Invariants
///
/// The pointer is valid for reads and writes of a `T`, comes from `A` (or dangles, if `T` has no
/// size), and nobody else uses it.
pub struct Box<T: ?Sized, A: Allocator>(NonNull<T>, PhantomData<(A, T)>);

/// A [`Box`] from `kmalloc`.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// let boxed = KBox::new([1, 2, 3], GFP_KERNEL)?;
/// assert_eq!(boxed.iter().sum::<i32>(), 6);
/// assert_eq!(boxed.into_inner(), [1, 2, 3]);
/// # Ok::<(), Error>(())
/// ```
pub type KBox<T> = Box<T, Kmalloc>;

/// A [`Box`] from `vmalloc`, for what is large.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// // Made in place: on the stack there is no room for it.
/// let large = VBox::<[u8; 100_000]>::zeroed(GFP_KERNEL)?;
/// assert_eq!(large.last(), Some(&0));
/// # Ok::<(), Error>(())
/// ```
pub type VBox<T> = Box<T, Vmalloc>;

/// A [`Box`] from `kvmalloc`, for what may be large.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// let boxed = KVBox::new(7, GFP_KERNEL)?;
/// assert_eq!(*boxed, 7);
/// # Ok::<(), Error>(())
/// ```
pub type KVBox<T> = Box<T, KVmalloc>;

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

    /// The allocator gives the alignment that the value wants.
    const ALIGNED: () = assert!(
        align_of::<T>() <= A::MAX_ALIGN,
        "the allocator does not give that alignment"
    );

    /// Memory for a value.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new_uninit(flags: Flags) -> Result<Box<MaybeUninit<T>, A>> {
        Self::new_uninit_node(flags, NumaNode::NO_NODE)
    }

    /// Memory for a value, from a node if there is some, else from another.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::alloc::NumaNode;
    ///
    /// let mut near = KBox::<u32>::new_uninit_node(GFP_KERNEL, NumaNode::new(0)?)?;
    /// near.write(7);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new_uninit_node(flags: Flags, node: NumaNode) -> Result<Box<MaybeUninit<T>, A>> {
        let () = Self::ALIGNED;
        let layout = Layout::new::<T>();
        let memory = if layout.size() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the size is not zero, and the alignment has been checked.
            unsafe { A::alloc(layout, flags, node)? }.cast()
        };
        // INVARIANT: the memory is fresh and large enough; any bytes make a `MaybeUninit`.
        Ok(Box(memory, PhantomData))
    }

    /// A value of zeroes, made in place.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn zeroed(flags: Flags) -> Result<Self>
    where
        T: zerocopy::FromZeros,
    {
        let memory = Self::new_uninit(flags | super::flags::GFP_ZERO)?;
        // SAFETY: all bytes are zero, which make a `T`.
        Ok(unsafe { memory.assume_init() })
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

    /// Moves a value into new memory that it will never leave.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let pinned = KBox::pin(7, GFP_KERNEL)?;
    /// assert_eq!(*pinned, 7);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin(value: T, flags: Flags) -> Result<Pin<Self>> {
        Self::new(value, flags).map(Self::into_pin)
    }

    /// Drops the value and keeps the memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let memory = KBox::drop_contents(KBox::new(1, GFP_KERNEL)?);
    /// // Needs no memory, so it cannot fail.
    /// let boxed = KBox::write(memory, 2);
    /// assert_eq!(*boxed, 2);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn drop_contents(this: Self) -> Box<MaybeUninit<T>, A> {
        let this = ManuallyDrop::new(this);
        // SAFETY: by the invariant the value is there, and it is dropped once: `this` is not.
        unsafe { this.0.drop_in_place() };
        // INVARIANT: the same memory; any bytes make a `MaybeUninit`.
        Box(this.0.cast(), PhantomData)
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

impl<T, A: Allocator> Box<MaybeUninit<T>, A> {
    /// Puts a value into the memory.
    #[must_use]
    pub fn write(mut this: Self, value: T) -> Box<T, A> {
        MaybeUninit::write(&mut this, value);
        // SAFETY: it has just been written.
        unsafe { this.assume_init() }
    }

    /// Initialises a value in the memory; frees that if it fails.
    ///
    /// # Errors
    ///
    /// What the initialiser says.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// let memory = KBox::<u32>::new_uninit(GFP_KERNEL)?;
    /// let boxed = KBox::write_init(memory, 7)?;
    /// assert_eq!(*boxed, 7);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn write_init<E>(this: Self, init: impl Init<T, E>) -> Result<Box<T, A>, E> {
        // SAFETY: the memory is valid for writes; on an error it is freed without a drop of `T`.
        unsafe { init.__init(this.0.as_ptr().cast::<T>()) }?;
        // SAFETY: the initialiser has succeeded.
        Ok(unsafe { this.assume_init() })
    }
}

impl<T: ?Sized, A: Allocator> Box<T, A> {
    /// For [`box_unsize!`](crate::box_unsize): the pointer, and which allocator it belongs to.
    #[doc(hidden)]
    #[must_use]
    pub fn __into_parts(self) -> (*mut T, PhantomData<A>) {
        (self.into_raw(), PhantomData)
    }

    /// For [`box_unsize!`](crate::box_unsize).
    ///
    /// # Safety
    ///
    /// Both come from [`Self::__into_parts`], of a box of what `T` is a wider view of.
    #[doc(hidden)]
    #[must_use]
    pub unsafe fn __from_parts(pointer: *mut T, _: PhantomData<A>) -> Self {
        // SAFETY: what the caller promises.
        unsafe { Self::from_raw(pointer) }
    }

    /// Gives the value and the memory up for ever.
    ///
    /// # Examples
    ///
    /// ```text
    /// // Not run, because a test may leave nothing allocated behind.
    /// let forever: &'static mut u32 = KBox::leak(KBox::new(7, GFP_KERNEL)?);
    /// ```
    pub fn leak<'a>(this: Self) -> &'a mut T
    where
        T: 'a,
    {
        // SAFETY: by the invariant the value is there; it is never dropped, and nobody else has it.
        unsafe { &mut *this.into_raw() }
    }

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

impl<T: ?Sized + core::fmt::Debug, A: Allocator> core::fmt::Debug for Box<T, A> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}

/// Makes a [`Box`] of a trait object or of a slice from one of a value: what the unstable
/// `CoerceUnsized` does by itself.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::box_unsize;
///
/// trait Shape {
///     fn corners(&self) -> u32;
/// }
/// struct Polygon(u32);
/// impl Shape for Polygon {
///     fn corners(&self) -> u32 {
///         self.0
///     }
/// }
///
/// let shape = box_unsize!(KBox::new(Polygon(5), GFP_KERNEL)? => dyn Shape);
/// assert_eq!(shape.corners(), 5);
/// let slice = box_unsize!(KBox::new([1, 2, 3], GFP_KERNEL)? => [i32]);
/// assert_eq!(slice.len(), 3);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! box_unsize {
    ($boxed:expr => $to:ty) => {{
        let (pointer, allocator) = $crate::alloc::Box::__into_parts($boxed);
        // The compiler makes the pointer wide, if it may be.
        let pointer: *mut $to = pointer;
        // SAFETY: both come from the box, which is used up.
        unsafe { $crate::alloc::Box::<$to, _>::__from_parts(pointer, allocator) }
    }};
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
    type BorrowedMut<'a> = &'a mut T;

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

    unsafe fn borrow_mut<'a>(pointer: *mut core::ffi::c_void) -> &'a mut T {
        // SAFETY: the caller promises that the value is there for as long as `'a`, and nobody else
        // looks at it.
        unsafe { &mut *pointer.cast::<T>() }
    }
}

// SAFETY: as for the box itself; a pinned value stays where it is.
unsafe impl<T: 'static, A: Allocator + 'static> ForeignOwnable for Pin<Box<T, A>> {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = Pin<&'a T>;
    type BorrowedMut<'a> = Pin<&'a mut T>;

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

    unsafe fn borrow_mut<'a>(pointer: *mut core::ffi::c_void) -> Pin<&'a mut T> {
        // SAFETY:
        // - the caller promises that the value is there for as long as `'a`, and nobody else looks
        //   at it;
        // - it was pinned when it was given away.
        unsafe { Pin::new_unchecked(&mut *pointer.cast::<T>()) }
    }
}
