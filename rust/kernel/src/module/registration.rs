// SPDX-License-Identifier: GPL-2.0-only

//! What a module has registered with the kernel by way of a value, whose drop safe code may leave out.
//!
//! `mem::forget`, a leaked box, a cycle of `Arc`s: the module's exit would leave the kernel with pointers
//! into code that is gone. So what is registered stands in a list of the module's, from which its drop
//! takes it; the exit ends what is left there. Its memory stays, since somebody may still look at it
//! while the last of the module's work runs: as the driver wanted it, it is leaked.

use crate::types::Opaque;

/// A place in the list.
#[repr(transparent)]
pub(crate) struct Registration(Opaque<bindings::ferrite_registration>);

/// A function of a registration's.
type Callback = unsafe extern "C" fn(*mut bindings::ferrite_registration);

impl Registration {
    /// In no list.
    pub(crate) const fn new() -> Self {
        Self(Opaque::zeroed())
    }

    /// Puts it into the list. May sleep.
    ///
    /// At the exit `hold` is called, and then `end`; in between the owner may give it up. `hold` must
    /// not wait for anything that ends a registration.
    ///
    /// # Safety
    ///
    /// - It is in no list.
    /// - It stays where it is until [`Self::remove`] was called, or `end` has returned. What `hold` does
    ///   keeps it in place for `end`.
    pub(crate) unsafe fn add(&self, hold: Callback, end: Callback) {
        end_registrations();
        let this = self.0.get();
        // SAFETY: the caller promises that nobody else uses it yet, and that it stays.
        unsafe {
            (*this).hold = Some(hold);
            (*this).end = Some(end);
            bindings::ferrite_registration_add(this);
        }
    }

    /// Takes it out of the list. Returns whether it was there: if not, the exit ends it, and its
    /// owner must not. May sleep.
    ///
    /// # Safety
    ///
    /// It was added.
    pub(crate) unsafe fn remove(&self) -> bool {
        // SAFETY: the caller promises that its links are initialised.
        unsafe { bindings::ferrite_registration_remove(self.0.get()) }
    }
}

/// Has the module's exit end what is in the list: to be called before something is put there.
pub(crate) fn end_registrations() {
    super::end_with(end_all);
}

/// Ends what is in the list, the youngest first.
fn end_all() {
    loop {
        // SAFETY: what is in the list is valid by the promise of `add`.
        let registration = unsafe { bindings::ferrite_registration_take() };
        if registration.is_null() {
            return;
        }
        // SAFETY: it is held, so that it stays where it is.
        if let Some(end) = unsafe { (*registration).end } {
            // SAFETY: its own function; it is called once, as it is in no list any more.
            unsafe { end(registration) };
        }
    }
}
