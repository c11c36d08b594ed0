// SPDX-License-Identifier: GPL-2.0-only

//! Who a task acts for: user IDs and capabilities.
//!
//! C headers: `include/linux/cred.h`, `include/linux/uidgid.h`, `include/linux/capability.h`.
//!
//! Consumers: `samples/misc` asks for a capability, `samples/pages` who has opened a file.

#[cfg(feature = "ktest")]
mod tests;

use core::ptr::NonNull;

use crate::error::Result;
use crate::error::code::ENOMEM;
use crate::sync::{ARef, AlwaysRefCounted};
use crate::types::Opaque;

/// A user ID as the kernel has it, the same in every user namespace: C's `kuid_t`.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::cred::Kuid;
///
/// // The tests run as root in the initial namespace.
/// assert_eq!(Kuid::current_euid(), Kuid::ROOT);
/// assert_eq!(Kuid::from_raw(1000).into_uid_in_current_ns(), 1000);
/// assert_eq!(Kuid::from_raw(1000).into_raw(), 1000);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kuid(u32);

impl Kuid {
    /// The administrator of the initial user namespace.
    pub const ROOT: Self = Self(0);

    /// The ID with this number in the initial user namespace.
    #[must_use]
    pub const fn from_raw(number: u32) -> Self {
        Self(number)
    }

    /// Its number in the initial user namespace.
    #[must_use]
    pub const fn into_raw(self) -> u32 {
        self.0
    }

    /// The effective user ID of the current task.
    #[must_use]
    pub fn current_euid() -> Self {
        // SAFETY: the current task's credentials are there, and replaced by itself only.
        Self(unsafe { bindings::ferrite_cred_euid(bindings::ferrite_cred_current()) })
    }

    /// Its number in the user namespace of the current task; one that has no number there is the
    /// overflow user's (65534).
    #[must_use]
    pub fn into_uid_in_current_ns(self) -> u32 {
        // SAFETY: the function has no requirements.
        unsafe { bindings::ferrite_kuid_in_current_ns(self.0) }
    }
}

/// One of the powers that root is made of; see capabilities(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability(u32);

macro_rules! capabilities {
    ($($name:ident = $constant:ident, $doc:literal;)*) => {
        impl Capability {
            $(
                #[doc = $doc]
                pub const $name: Self = Self(bindings::$constant);
            )*

            /// Every capability that has a name here.
            #[cfg(feature = "ktest")]
            const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

capabilities! {
    CHOWN = CAP_CHOWN, "Give files away.";
    DAC_OVERRIDE = CAP_DAC_OVERRIDE, "Pass permissions of files.";
    KILL = CAP_KILL, "Send signals to other users' processes.";
    NET_ADMIN = CAP_NET_ADMIN, "Configure networks.";
    NET_RAW = CAP_NET_RAW, "Use raw sockets.";
    SYS_MODULE = CAP_SYS_MODULE, "Load and unload modules.";
    SYS_RAWIO = CAP_SYS_RAWIO, "Reach I/O ports and the like.";
    SYS_ADMIN = CAP_SYS_ADMIN, "Administrate: what no other capability covers.";
    SYS_NICE = CAP_SYS_NICE, "Raise priorities.";
    SYS_RESOURCE = CAP_SYS_RESOURCE, "Pass limits of resources.";
    SYS_TIME = CAP_SYS_TIME, "Set the clock.";
    PERFMON = CAP_PERFMON, "Observe performance.";
    BPF = CAP_BPF, "Use BPF.";
}

impl Capability {
    pub(crate) fn as_raw(self) -> i32 {
        self.0.cast_signed()
    }
}

/// Whether the current task has a capability in the initial user namespace. Marks the task as having
/// used it, and may leave a line in the audit log: ask when the answer decides something.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::cred::{Capability, capable};
///
/// if !capable(Capability::SYS_ADMIN) {
///     return Err(EPERM);
/// }
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn capable(capability: Capability) -> bool {
    // SAFETY: the capability is one.
    unsafe { bindings::ferrite_cred_capable(capability.as_raw()) }
}

/// Credentials: C's `struct cred`. They never change; a task that changes gets new ones.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::cred::{Capability, Credential, Kuid};
///
/// let kernel = Credential::kernel()?;
/// assert_eq!((kernel.uid(), kernel.euid()), (Kuid::ROOT, Kuid::ROOT));
/// assert!(kernel.has(Capability::SYS_ADMIN));
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct Credential(Opaque<bindings::cred>);

// SAFETY: they never change, and may be given up on any CPU.
unsafe impl Send for Credential {}
// SAFETY: they never change.
unsafe impl Sync for Credential {}

// SAFETY: credentials are there as long as somebody holds a reference.
unsafe impl AlwaysRefCounted for Credential {
    fn inc_ref(&self) {
        // SAFETY: there is a reference, as `self` is there.
        unsafe { bindings::ferrite_cred_get(self.as_ptr()) };
    }

    unsafe fn dec_ref(cred: NonNull<Self>) {
        // SAFETY: the caller gives up a reference.
        unsafe { bindings::ferrite_cred_put(cred.cast().as_ptr()) };
    }
}

impl Credential {
    /// Credentials of C's.
    ///
    /// # Safety
    ///
    /// They are valid during `'a`.
    #[must_use]
    pub unsafe fn from_ptr<'a>(cred: *const bindings::cred) -> &'a Self {
        // SAFETY: the caller promises that they are valid; the type is transparent.
        unsafe { &*cred.cast() }
    }

    /// Takes over a reference of C's.
    ///
    /// # Safety
    ///
    /// `cred` is null, or one of its references is the caller's, who gives it up.
    unsafe fn owned(cred: *mut bindings::cred) -> Result<ARef<Self>> {
        let cred = NonNull::new(cred).ok_or(ENOMEM)?;
        // SAFETY: the caller gives us a reference.
        Ok(unsafe { ARef::from_raw(cred.cast()) })
    }

    /// Credentials with which the kernel itself acts (`prepare_kernel_cred`). May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn kernel() -> Result<ARef<Self>> {
        // SAFETY: the new credentials have one reference, which is ours.
        unsafe { Self::owned(bindings::ferrite_cred_prepare_kernel()) }
    }

    /// The current task's own.
    #[must_use]
    pub fn current() -> ARef<Self> {
        // SAFETY: they are there until the task replaces them, which it does not do meanwhile.
        unsafe { Self::from_ptr(bindings::ferrite_cred_current()) }.into()
    }

    pub(crate) fn as_ptr(&self) -> *const bindings::cred {
        self.0.get()
    }

    /// The real user ID: who started the task.
    #[must_use]
    pub fn uid(&self) -> Kuid {
        // SAFETY: the credentials are valid.
        Kuid(unsafe { bindings::ferrite_cred_uid(self.as_ptr()) })
    }

    /// The effective user ID: whom the task acts for.
    #[must_use]
    pub fn euid(&self) -> Kuid {
        // SAFETY: the credentials are valid.
        Kuid(unsafe { bindings::ferrite_cred_euid(self.as_ptr()) })
    }

    /// The saved user ID: whom the task may act for again.
    #[must_use]
    pub fn suid(&self) -> Kuid {
        // SAFETY: the credentials are valid.
        Kuid(unsafe { bindings::ferrite_cred_suid(self.as_ptr()) })
    }

    /// The user ID for access to files.
    #[must_use]
    pub fn fsuid(&self) -> Kuid {
        // SAFETY: the credentials are valid.
        Kuid(unsafe { bindings::ferrite_cred_fsuid(self.as_ptr()) })
    }

    /// The real group ID, by its number in the initial user namespace.
    #[must_use]
    pub fn gid(&self) -> u32 {
        // SAFETY: the credentials are valid.
        unsafe { bindings::ferrite_cred_gid(self.as_ptr()) }
    }

    /// The effective group ID, by its number in the initial user namespace.
    #[must_use]
    pub fn egid(&self) -> u32 {
        // SAFETY: the credentials are valid.
        unsafe { bindings::ferrite_cred_egid(self.as_ptr()) }
    }

    /// Whether a capability is among the effective ones. That is a fact, not a decision: security
    /// modules are not asked. [`capable`] asks them.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        // SAFETY: the credentials are valid, and the capability is one.
        unsafe { bindings::ferrite_cred_has(self.as_ptr(), capability.as_raw()) }
    }

    /// Calls `work` with these credentials in place of the current task's (`override_creds`):
    /// what it asks of the kernel is asked in their name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::cred::{Credential, Kuid};
    ///
    /// let euid = Credential::kernel()?.with(Kuid::current_euid);
    /// assert_eq!(euid, Kuid::ROOT);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with<R>(&self, work: impl FnOnce() -> R) -> R {
        // SAFETY: the credentials are valid until the end of this call, and the task has its own
        // again before.
        let old = unsafe { bindings::ferrite_cred_override(self.as_ptr()) };
        let result = work();
        // SAFETY: these are the ones that were overridden: what `work` overrides is reverted by
        // the end of the call that did.
        unsafe { bindings::ferrite_cred_revert(old) };
        result
    }
}
