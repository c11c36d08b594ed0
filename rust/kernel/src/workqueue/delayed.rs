// SPDX-License-Identifier: GPL-2.0-only

//! Work that is put on a queue later.

use core::marker::PhantomData;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure};

use super::item::{HasWork, WorkItem, give_back, run};
use crate::types::Opaque;

/// Delayed work, embedded in a `T`. The number tells several in one struct apart.
///
/// It is made in place, with `work <- DelayedWork::new()`.
#[pin_data]
#[repr(C)]
pub struct DelayedWork<T, const ID: u64 = 0> {
    /// Begins with the work.
    #[pin]
    work: Opaque<bindings::delayed_work>,
    _container: PhantomData<fn(T)>,
}

// SAFETY: C's functions may be called on any CPU.
unsafe impl<T, const ID: u64> Send for DelayedWork<T, ID> {}
// SAFETY: C has its own locking.
unsafe impl<T, const ID: u64> Sync for DelayedWork<T, ID> {}

impl<T, const ID: u64> DelayedWork<T, ID> {
    /// An initialiser for work that is on no queue.
    pub fn new() -> impl PinInit<Self>
    where
        T: WorkItem<ID> + HasDelayedWork<T, ID>,
    {
        pin_init!(Self {
            // SAFETY:
            // - the closure initialises the memory that it is given, and always succeeds;
            // - the work is inside of a `T`, and gets on a queue only through a `T::Pointer`: that
            //   is what the function expects.
            work <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::delayed_work>| {
                    bindings::ferrite_delayed_work_init(slot.cast(), Some(run::<T, ID>));
                    Ok::<(), core::convert::Infallible>(())
                })
            },
            _container: PhantomData,
        })
    }

    /// C's work, which the delayed work begins with.
    fn work(&self) -> *mut bindings::work_struct {
        self.work.get().cast()
    }

    /// Whether it waits for its time, or on a queue. Any context. It is about the past: a worker may
    /// have taken it meanwhile.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        // SAFETY: the work is initialised.
        unsafe { bindings::ferrite_work_pending(self.work()) }
    }

    /// Keeps it from being put on a queue, or takes it off, and waits until it does not run any
    /// more. Returns whether it was on its way; what the queue owned is dropped then. May sleep.
    ///
    /// Work that cancels itself does not wait for itself.
    pub fn cancel_sync(&self) -> bool
    where
        T: WorkItem<ID> + HasDelayedWork<T, ID>,
    {
        // SAFETY: the work is initialised. Waiting for itself is left out.
        let was_pending = unsafe {
            if bindings::ferrite_work_is_current(self.work()) {
                bindings::cancel_delayed_work(self.work.get())
            } else {
                bindings::cancel_delayed_work_sync(self.work.get())
            }
        };
        if was_pending {
            // SAFETY: the queue owned a pointer to the value, and does not use it any more.
            unsafe { give_back::<T, ID>(self.work()) };
        }
        was_pending
    }

    /// Puts it on its queue at once, if it is on its way, and waits until it has run. Returns
    /// whether it had to wait. May sleep; for work that flushes itself it returns false at once.
    pub fn flush(&self) -> bool {
        // SAFETY: the work is initialised, and does not wait for itself.
        unsafe {
            !bindings::ferrite_work_is_current(self.work())
                && bindings::flush_delayed_work(self.work.get())
        }
    }
}

/// A type whose [`HasWork`] is the beginning of a [`DelayedWork`]. Implemented by
/// [`impl_has_delayed_work!`](crate::impl_has_delayed_work).
///
/// # Safety
///
/// At [`HasWork::OFFSET`] of every value of the type is a `DelayedWork<T, ID>`.
pub unsafe trait HasDelayedWork<T, const ID: u64 = 0>: HasWork<T, ID> {}

/// Says which field of a type is its delayed work: `impl HasDelayedWork<Self> for Type { self.work }`.
///
/// Only [`Queue::enqueue_delayed`](crate::workqueue::Queue::enqueue_delayed) and
/// [`mod_delayed`](crate::workqueue::Queue::mod_delayed) make sense for it, but with
/// [`enqueue`](crate::workqueue::Queue::enqueue) it goes on a queue at once.
///
/// ```
/// use kernel::impl_has_delayed_work;
/// use kernel::prelude::*;
/// use kernel::sync::{Arc, Completion};
/// use kernel::workqueue::{self, DelayedWork, WorkItem};
///
/// #[pin_data]
/// struct Later {
///     #[pin]
///     done: Completion,
///     #[pin]
///     work: DelayedWork<Self>,
/// }
///
/// impl_has_delayed_work! { impl HasDelayedWork<Self> for Later { self.work } }
///
/// impl WorkItem for Later {
///     type Pointer = Arc<Self>;
///
///     fn run(this: Arc<Self>) {
///         this.done.complete();
///     }
/// }
///
/// let later = Arc::pin_init(
///     pin_init!(Later { done <- Completion::new(), work <- DelayedWork::new() }),
///     GFP_KERNEL,
/// )?;
/// assert!(workqueue::system().enqueue_delayed(later.clone(), 2));
/// later.done.wait_for_completion();
/// // It has run, so it can be put off again.
/// assert!(!workqueue::system().mod_delayed(later.clone(), 1_000_000));
/// assert!(later.work.cancel_sync());
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! impl_has_delayed_work {
    ($(
        impl $({$($generics:tt)*})? HasDelayedWork<Self $(, $id:literal)?> for $type:ty {
            self.$field:ident
        }
    )*) => { $(
        // SAFETY: the constant does not compile if the field has another type; delayed work begins
        // with its work.
        unsafe impl $(<$($generics)*>)? $crate::workqueue::HasWork<Self $(, $id)?> for $type {
            const OFFSET: usize = {
                let _: fn(&Self) -> &$crate::workqueue::DelayedWork<Self $(, $id)?> =
                    |this| &this.$field;
                ::core::mem::offset_of!(Self, $field)
            };
        }

        // SAFETY: see above.
        unsafe impl $(<$($generics)*>)? $crate::workqueue::HasDelayedWork<Self $(, $id)?> for $type {}
    )* };
}
