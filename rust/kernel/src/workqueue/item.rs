// SPDX-License-Identifier: GPL-2.0-only

//! What is put on a queue.

use core::marker::PhantomData;
use core::pin::Pin;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure};

use super::queue;
use crate::alloc::{Allocator, Box};
use crate::sync::Arc;
use crate::types::{ForeignOwnable, Opaque};

/// Work, embedded in a `T`. The number tells several in one struct apart.
///
/// It is made in place, with `work <- Work::new()`.
#[pin_data]
#[repr(C)]
pub struct Work<T, const ID: u64 = 0> {
    #[pin]
    work: Opaque<bindings::work_struct>,
    _container: PhantomData<fn(T)>,
}

// SAFETY: C's functions may be called on any CPU.
unsafe impl<T, const ID: u64> Send for Work<T, ID> {}
// SAFETY: C has its own locking.
unsafe impl<T, const ID: u64> Sync for Work<T, ID> {}

impl<T, const ID: u64> Work<T, ID> {
    /// An initialiser for work that is on no queue.
    pub fn new() -> impl PinInit<Self>
    where
        T: WorkItem<ID> + HasWork<T, ID>,
    {
        pin_init!(Self {
            // SAFETY:
            // - the closure initialises the memory that it is given, and always succeeds;
            // - the work is inside of a `T`, and gets on a queue only through a `T::Pointer`: that
            //   is what the function expects.
            work <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::work_struct>| {
                    bindings::ferrite_work_init(slot.cast(), Some(run::<T, ID>));
                    Ok::<(), core::convert::Infallible>(())
                })
            },
            _container: PhantomData,
        })
    }

    /// Whether it waits on a queue. Any context. It is about the past: a worker may have taken it
    /// meanwhile.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        // SAFETY: the work is initialised.
        unsafe { bindings::ferrite_work_pending(self.work.get()) }
    }

    /// Takes it off its queue, and waits until it does not run any more. Returns whether it was on
    /// a queue; what the queue owned is dropped then. May sleep.
    ///
    /// Work that cancels itself does not wait for itself; on [`system_bh`](super::system_bh) it must
    /// not, since there C cannot tell.
    pub fn cancel_sync(&self) -> bool
    where
        T: WorkItem<ID> + HasWork<T, ID>,
    {
        // SAFETY: the work is initialised. Waiting for itself is left out.
        let was_pending = unsafe {
            if bindings::ferrite_work_is_current(self.work.get()) {
                bindings::cancel_work(self.work.get())
            } else {
                bindings::cancel_work_sync(self.work.get())
            }
        };
        if was_pending {
            // SAFETY: the queue owned a pointer to the value, and does not use it any more.
            unsafe { give_back::<T, ID>(self.work.get()) };
        }
        was_pending
    }

    /// Waits until it has run, if it is on a queue or runs. Returns whether it had to wait. May sleep; not
    /// for work that flushes itself: that returns false at once.
    pub fn flush(&self) -> bool {
        // SAFETY: the work is initialised, and does not wait for itself.
        unsafe {
            !bindings::ferrite_work_is_current(self.work.get())
                && bindings::flush_work(self.work.get())
        }
    }
}

/// A type whose work can be put on a queue.
pub trait WorkItem<const ID: u64 = 0>: Sized {
    /// What is put on the queue: an [`Arc`] or a pinned box of the type.
    type Pointer: WorkItemPointer<Self>;

    /// The work. May sleep, but for work on [`system_bh`](super::system_bh).
    fn run(this: Self::Pointer);
}

/// A pointer that a queue can own.
///
/// # Safety
///
/// [`ForeignOwnable::into_foreign`] returns a pointer to the `T`, which does not move.
pub unsafe trait WorkItemPointer<T>: ForeignOwnable + Send {}

// SAFETY: it returns the address of the value.
unsafe impl<T: Send + Sync + 'static> WorkItemPointer<T> for Arc<T> {}

// SAFETY: it returns the address of the value, which is pinned.
unsafe impl<T: Send + 'static, A: Allocator + 'static> WorkItemPointer<T> for Pin<Box<T, A>> {}

/// A type that embeds a [`Work`]. Implemented by [`impl_has_work!`](crate::impl_has_work) and
/// [`impl_has_delayed_work!`](crate::impl_has_delayed_work).
///
/// # Safety
///
/// At [`Self::OFFSET`] of every value of the type is a `Work<T, ID>`.
pub unsafe trait HasWork<T, const ID: u64 = 0> {
    /// Where the work is.
    const OFFSET: usize;
}

/// Says which field of a type is its work: `impl HasWork<Self> for Type { self.work }`, or
/// `impl HasWork<Self, 1> for Type { self.other }` for further ones.
///
/// ```
/// use core::pin::Pin;
/// use kernel::impl_has_work;
/// use kernel::prelude::*;
/// use kernel::sync::{Arc, Completion};
/// use kernel::workqueue::{self, Work, WorkItem};
///
/// #[pin_data]
/// struct Job {
///     done: Arc<Completion>,
///     #[pin]
///     work: Work<Self>,
/// }
///
/// impl_has_work! { impl HasWork<Self> for Job { self.work } }
///
/// impl WorkItem for Job {
///     type Pointer = Pin<KBox<Self>>;
///
///     fn run(this: Pin<KBox<Self>>) {
///         this.done.complete();
///     }
/// }
///
/// let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
/// let theirs = done.clone();
/// let job = KBox::pin_init(pin_init!(Job { done: theirs, work <- Work::new() }), GFP_KERNEL)?;
/// workqueue::system().enqueue(job);
/// done.wait_for_completion();
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! impl_has_work {
    ($(
        impl $({$($generics:tt)*})? HasWork<Self $(, $id:literal)?> for $type:ty { self.$field:ident }
    )*) => { $(
        // SAFETY: the constant does not compile if the field has another type.
        unsafe impl $(<$($generics)*>)? $crate::workqueue::HasWork<Self $(, $id)?> for $type {
            const OFFSET: usize = {
                let _: fn(&Self) -> &$crate::workqueue::Work<Self $(, $id)?> = |this| &this.$field;
                ::core::mem::offset_of!(Self, $field)
            };
        }
    )* };
}

/// C's work inside of a value.
///
/// # Safety
///
/// `this` points to a `T`.
pub(super) unsafe fn work_of<T: HasWork<T, ID>, const ID: u64>(
    this: *mut T,
) -> *mut bindings::work_struct {
    // SAFETY: the trait promises that it is there. C's work is the first field of ours.
    unsafe { this.byte_add(T::OFFSET) }.cast()
}

/// Takes back what a queue owns.
///
/// # Safety
///
/// `work` is inside of a `T` that a queue owned, and does not use any more.
unsafe fn taken<T, const ID: u64>(work: *mut bindings::work_struct) -> T::Pointer
where
    T: WorkItem<ID> + HasWork<T, ID>,
{
    // SAFETY: the caller promises that the value starts so much earlier.
    let this = unsafe { work.byte_sub(T::OFFSET) };
    // SAFETY: the pointer was given to the queue by `into_foreign`, and is taken back once.
    unsafe { T::Pointer::from_foreign(this.cast()) }
}

/// Drops what a queue owned.
///
/// # Safety
///
/// As [`taken`].
pub(super) unsafe fn give_back<T, const ID: u64>(work: *mut bindings::work_struct)
where
    T: WorkItem<ID> + HasWork<T, ID>,
{
    // SAFETY: the caller promises it.
    drop(unsafe { taken::<T, ID>(work) });
    queue::left();
}

/// What a worker calls.
///
/// # Safety
///
/// Called by C with work inside of a `T` that a queue owns.
pub(super) unsafe extern "C" fn run<T, const ID: u64>(work: *mut bindings::work_struct)
where
    T: WorkItem<ID> + HasWork<T, ID>,
{
    // SAFETY: C has taken the work off the queue before it calls this.
    T::run(unsafe { taken::<T, ID>(work) });
    queue::left();
}
