// SPDX-License-Identifier: GPL-2.0-only

//! Sleepable read-copy-update: read sides that may sleep, in a domain of their own.
//!
//! C header: `include/linux/srcu.h`. Semantics: `kernel/rcu/srcutree.c`.
//!
//! A writer that waits for a grace period of one [`Srcu`] waits for the readers of that one only.
//! For drivers whose callbacks may sleep while they are taken away.
//!
//! Consumer: `samples/locks`.

use core::ffi::{CStr, c_int};
use core::pin::Pin;

use pinned_init::{PinInit, pin_data, pin_init_from_closure, pinned_drop, try_pin_init};

use super::LockClassKey;
use crate::error::{Error, to_result};
use crate::types::{NotThreadSafe, Opaque};

/// A domain of sleepable read-copy-update.
///
/// ```
/// use kernel::new_srcu;
/// use kernel::prelude::*;
///
/// let domain = KBox::pin_init(new_srcu!(), GFP_KERNEL)?;
/// let guard = domain.read_lock();
/// drop(guard);
/// domain.synchronize();
/// domain.synchronize_expedited();
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
pub struct Srcu {
    #[pin]
    domain: Opaque<bindings::srcu_struct>,
}

// SAFETY: C's own locking lets every CPU use it.
unsafe impl Send for Srcu {}
// SAFETY: as above.
unsafe impl Sync for Srcu {}

impl Srcu {
    /// An initialiser; [`new_srcu!`](crate::new_srcu) supplies name and class. Sleeps.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(name: &'static CStr, key: &'static LockClassKey) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, or returns an error.
            domain <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::srcu_struct>| {
                    let slot = slot.cast();
                    to_result(bindings::ferrite_srcu_init(slot, name.as_ptr(), key.as_ptr()))
                })
            },
        }? Error)
    }

    /// Begins a read side. It may sleep, but must end in the task that has begun it.
    ///
    /// A guard that is forgotten keeps every later grace period, and the drop of the domain, waiting
    /// for ever.
    pub fn read_lock(&self) -> Guard<'_> {
        // SAFETY: the domain is initialised.
        let index = unsafe { bindings::ferrite_srcu_read_lock(self.domain.get()) };
        Guard {
            srcu: self,
            index,
            _not_send: NotThreadSafe::new(),
        }
    }

    /// Waits for a grace period: until every guard of this domain that is held now has been dropped.
    ///
    /// Sleeps; process context only, and not while this task holds a guard of the domain.
    pub fn synchronize(&self) {
        // SAFETY: the domain is initialised. The context is the caller's duty, as in C.
        unsafe { bindings::ferrite_srcu_synchronize(self.domain.get()) };
    }

    /// As [`Self::synchronize`], but hurries.
    pub fn synchronize_expedited(&self) {
        // SAFETY: the domain is initialised. The context is the caller's duty, as in C.
        unsafe { bindings::ferrite_srcu_synchronize_expedited(self.domain.get()) };
    }
}

#[pinned_drop]
impl PinnedDrop for Srcu {
    /// Sleeps.
    fn drop(self: Pin<&mut Self>) {
        // C does not free a domain that has readers. Guards borrow it, so only forgotten ones can
        // be left: with them, this never returns, and the memory stays.
        self.synchronize_expedited();
        // SAFETY: the domain is initialised, has no readers, and is never used again.
        unsafe { bindings::ferrite_srcu_cleanup(self.domain.get()) };
    }
}

/// Holding one proves that no grace period of its domain ends which began after it was made.
#[must_use = "the read side ends when the guard is dropped"]
pub struct Guard<'a> {
    srcu: &'a Srcu,
    index: c_int,
    _not_send: NotThreadSafe,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // SAFETY: the guard stands for one `srcu_read_lock` with this index in this task.
        unsafe { bindings::ferrite_srcu_read_unlock(self.srcu.domain.get(), self.index) };
    }
}

/// An initialiser for an [`Srcu`](crate::sync::Srcu): `new_srcu!()` or `new_srcu!("name")`.
#[macro_export]
macro_rules! new_srcu {
    () => {
        $crate::new_srcu!(::core::concat!(::core::file!(), ":", ::core::line!()))
    };
    ($name:expr $(,)?) => {
        $crate::sync::Srcu::new($crate::c_str!($name), $crate::static_lock_class!())
    };
}
