// SPDX-License-Identifier: GPL-2.0-only

//! A place for a pointer that is read and replaced at the same time.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use super::{Guard, synchronize_rcu, synchronize_rcu_expedited};
use crate::alloc::{Allocator, Box};
use crate::sync::Arc;
use crate::types::ForeignOwnable;

/// What an [`Rcu`] can point to: a pointer that knows how to go away while readers may see it.
///
/// # Safety
///
/// `retire` does not end the value before a grace period has.
pub unsafe trait Retire: ForeignOwnable {
    /// Takes a value back after a grace period, and drops it.
    ///
    /// Sleeps unless the type says otherwise.
    ///
    /// # Safety
    ///
    /// - `old` comes from [`ForeignOwnable::into_foreign`] and is not taken back otherwise.
    /// - It has been borrowed only for as long as a [`Guard`] was held, and will not be again.
    unsafe fn retire(old: *mut c_void) {
        synchronize_rcu();
        // SAFETY: the caller promises that it is ours to take, and no borrow is older than the
        // grace period.
        drop(unsafe { Self::from_foreign(old) });
    }
}

// SAFETY: the provided method waits.
unsafe impl<T: 'static, A: Allocator + 'static> Retire for Box<T, A> {}
// SAFETY: the provided method waits.
unsafe impl<T: 'static, A: Allocator + 'static> Retire for Pin<Box<T, A>> {}
// SAFETY: the provided method waits.
unsafe impl<T: 'static> Retire for Arc<T> {}

/// A place for a pointer, or for none, that is read without a lock and replaced at any time.
///
/// Readers need a [`Guard`]. Writers need nothing: to put a value in is one atomic exchange, and who
/// takes a value out is the only one who has it. If a new value depends on the old one, a lock must
/// keep other writers away.
///
/// What was read is valid while both the place and the guard are there. Therefore, dropping the
/// place drops the value at once: nobody can see it any more.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::rcu::{self, Rcu};
///
/// let place = Rcu::<KBox<u32>>::empty();
/// assert!(place.load(&rcu::read_lock()).is_none());
/// assert!(place.replace(KBox::new(1, GFP_KERNEL)?).is_none());
/// let old = place.clear();
/// assert_eq!(old.map(|old| *old.wait()), Some(1));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer is null, or comes from `P::into_foreign` and has not been taken back.
pub struct Rcu<P: Retire> {
    pointer: AtomicPtr<c_void>,
    _owns: PhantomData<P>,
}

// SAFETY: the place owns the value.
unsafe impl<P: Retire + Send> Send for Rcu<P> {}
// SAFETY: readers on any thread see the value (`Sync`), and any of them may take it (`Send`).
unsafe impl<P: Retire + Send + Sync> Sync for Rcu<P> {}

impl<P: Retire> Rcu<P> {
    /// A place with a value.
    pub fn new(value: P) -> Self {
        // INVARIANT: the pointer comes from `into_foreign`.
        Self {
            pointer: AtomicPtr::new(value.into_foreign()),
            _owns: PhantomData,
        }
    }

    /// A place without a value.
    #[must_use]
    pub const fn empty() -> Self {
        // INVARIANT: the pointer is null.
        Self {
            pointer: AtomicPtr::new(ptr::null_mut()),
            _owns: PhantomData,
        }
    }

    /// What is there now.
    ///
    /// What the writer did before it put the value in has happened for the reader.
    pub fn load<'a>(&'a self, _guard: &'a Guard) -> Option<P::Borrowed<'a>> {
        let pointer = self.pointer.load(Ordering::Acquire);
        // SAFETY: by the invariant the value was given away. It is taken back only
        // - by a writer, after a grace period, which does not end before the guard is dropped;
        // - when the place is dropped or taken apart, which `'a` does not outlive.
        (!pointer.is_null()).then(|| unsafe { P::borrow(pointer) })
    }

    /// Puts a value in; what was there is returned, for the caller to wait and to drop.
    ///
    /// In any context, but see [`Old`].
    pub fn replace(&self, value: P) -> Option<Old<P>> {
        self.exchange(value.into_foreign())
    }

    /// Takes the value out.
    ///
    /// In any context, but see [`Old`].
    pub fn clear(&self) -> Option<Old<P>> {
        self.exchange(ptr::null_mut())
    }

    fn exchange(&self, new: *mut c_void) -> Option<Old<P>> {
        // Release for the readers of the new value, acquire for who takes the old one.
        let old = self.pointer.swap(new, Ordering::AcqRel);
        // INVARIANT: the value has left the place, by an exchange, so only once.
        NonNull::new(old).map(|old| Old(old, PhantomData))
    }

    /// Takes the value out of a place that nobody else can see: nobody needs to wait.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::rcu::Rcu;
    ///
    /// let mut place = Rcu::new(KBox::new(7, GFP_KERNEL)?);
    /// assert_eq!(place.take().map(KBox::into_inner), Some(7));
    /// assert!(place.take().is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn take(&mut self) -> Option<P> {
        let pointer = core::mem::replace(self.pointer.get_mut(), ptr::null_mut());
        // SAFETY:
        // - by the invariant the value was given away; the place has forgotten it;
        // - `load` borrows the place, so that nothing borrowed from it is alive.
        (!pointer.is_null()).then(|| unsafe { P::from_foreign(pointer) })
    }
}

impl<P: Retire> Drop for Rcu<P> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// A value that has been taken out of an [`Rcu`], and that readers may still see.
///
/// Dropping it waits for a grace period and drops the value: that may sleep, except for
/// [`rcu::Box`](super::Box), which defers it. Where that must not be, keep it and drop it later.
///
/// # Invariants
///
/// The pointer comes from `P::into_foreign`, and is ours to take back after a grace period.
#[must_use = "dropping it may wait for a grace period"]
pub struct Old<P: Retire>(NonNull<c_void>, PhantomData<P>);

// SAFETY: the value is ours, but readers may see it on the thread that it comes from (`Sync`).
unsafe impl<P: Retire + Send + Sync> Send for Old<P> {}
// SAFETY: a shared one gives shared access to the value.
unsafe impl<P: Retire + Sync> Sync for Old<P> {}

impl<P: Retire> Old<P> {
    /// The value, which readers may still see.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::rcu::Rcu;
    ///
    /// let place = Rcu::new(KBox::new(7, GFP_KERNEL)?);
    /// let old = place.clear().ok_or(EINVAL)?;
    /// assert_eq!(*old.get(), 7);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn get(&self) -> P::Borrowed<'_> {
        // SAFETY: by the invariant the value was given away; taking it back takes `self`.
        unsafe { P::borrow(self.0.as_ptr()) }
    }

    /// Waits for a grace period; then the value is the caller's alone.
    ///
    /// Sleeps; process context only, and not while this task holds a [`Guard`].
    #[must_use]
    pub fn wait(self) -> P {
        synchronize_rcu();
        // SAFETY: a grace period has ended since the value left its place.
        unsafe { self.take() }
    }

    /// As [`Self::wait`], with an expedited grace period.
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::{Arc, rcu::Rcu};
    ///
    /// let place = Rcu::new(Arc::new(7, GFP_KERNEL)?);
    /// let old = place.clear().ok_or(EINVAL)?.wait_expedited();
    /// assert_eq!(*old, 7);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn wait_expedited(self) -> P {
        synchronize_rcu_expedited();
        // SAFETY: a grace period has ended since the value left its place.
        unsafe { self.take() }
    }

    /// # Safety
    ///
    /// A grace period has ended since the value left its place.
    unsafe fn take(self) -> P {
        let this = ManuallyDrop::new(self);
        // SAFETY: by the invariant it is ours, and the caller promises that no reader is left.
        unsafe { P::from_foreign(this.0.as_ptr()) }
    }
}

impl<P: Retire> Drop for Old<P> {
    fn drop(&mut self) {
        // SAFETY:
        // - by the invariant it is ours to take back;
        // - readers had it from an `Rcu`, with a guard, and it has left that.
        unsafe { P::retire(self.0.as_ptr()) };
    }
}
