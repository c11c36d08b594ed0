// SPDX-License-Identifier: GPL-2.0-only

//! PID namespaces: within which a process ID means something.
//!
//! C header: `include/linux/pid_namespace.h`.
//!
//! A [`Task`](crate::task::Task) has an ID in each namespace that can see it.
//!
//! Consumer: `samples/pages`.

use core::ptr::NonNull;

use crate::sync::{ARef, AlwaysRefCounted};
use crate::types::Opaque;

/// A PID namespace: C's `struct pid_namespace`.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::current;
/// use kernel::pid_namespace::PidNamespace;
///
/// let init = PidNamespace::init();
/// let ours = current!().get_pid_ns().ok_or(ESRCH)?;
/// // The tests run in the first namespace.
/// assert!(*ours == *init && ours.level() == 0);
/// assert_eq!(current!().tgid_nr_ns(&init), current!().tgid());
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct PidNamespace(Opaque<bindings::pid_namespace>);

// SAFETY: what it offers may be used on any CPU, and it may be given up on any.
unsafe impl Send for PidNamespace {}
// SAFETY: as above.
unsafe impl Sync for PidNamespace {}

// SAFETY: a namespace is there as long as somebody holds a reference.
unsafe impl AlwaysRefCounted for PidNamespace {
    fn inc_ref(&self) {
        // SAFETY: there is a reference, as `self` is there.
        unsafe { bindings::ferrite_pid_ns_get(self.as_ptr()) };
    }

    unsafe fn dec_ref(ns: NonNull<Self>) {
        // SAFETY: the caller gives up a reference.
        unsafe { bindings::ferrite_pid_ns_put(ns.cast().as_ptr()) };
    }
}

impl PidNamespace {
    /// The first namespace, in which every process has an ID.
    #[must_use]
    pub fn init() -> ARef<Self> {
        // SAFETY: the first namespace is always there; the type is transparent.
        unsafe { &*bindings::ferrite_pid_ns_init().cast::<Self>() }.into()
    }

    /// C's namespace.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::pid_namespace {
        self.0.get()
    }

    /// How many namespaces it is inside of.
    #[must_use]
    pub fn level(&self) -> u32 {
        // SAFETY: the namespace is there; the level never changes.
        unsafe { bindings::ferrite_pid_ns_level(self.as_ptr()) }
    }
}

impl PartialEq for PidNamespace {
    fn eq(&self, other: &Self) -> bool {
        self.as_ptr() == other.as_ptr()
    }
}

impl Eq for PidNamespace {}
