// SPDX-License-Identifier: GPL-2.0-only

//! The memory of a process.
//!
//! - [`Mm`] is the structure. It can be there when the process is gone and nothing is mapped any more.
//! - [`MmWithUser`] is one with a user: what is mapped stays mapped while it is held.
//! - [`virt::VmaRef`] is one area of it, to be had below a lock: [`MmWithUser::mmap_read_lock`]
//!   locks all areas, [`MmWithUser::lock_vma_under_rcu`] one of them, if the kernel has such locks.
//! - [`virt::VmaNew`] is an area that is just being made: what a driver's `mmap` gets.
//!
//! C headers: `include/linux/mm.h`, `include/linux/sched/mm.h`, `include/linux/mmap_lock.h`.
//!
//! Consumers: `samples/pages` looks for areas, takes pages away, and maps a row of them; `samples/misc`, by its `mmap`.

#[cfg(feature = "ktest")]
mod tests;
pub mod virt;

use core::ffi::c_ulong;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::sync::{ARef, AlwaysRefCounted};
use crate::types::{NotThreadSafe, Opaque};
use virt::VmaRef;

/// The structure of a process' memory: C's `struct mm_struct`, with a count of those who hold the
/// structure (`mmgrab`).
#[repr(transparent)]
pub struct Mm(Opaque<bindings::mm_struct>);

// SAFETY: what it offers may be used on any CPU, and it may be given up on any.
unsafe impl Send for Mm {}
// SAFETY: as above.
unsafe impl Sync for Mm {}

// SAFETY: the structure is there as long as somebody holds it.
unsafe impl AlwaysRefCounted for Mm {
    fn inc_ref(&self) {
        // SAFETY: somebody holds it, as `self` is there.
        unsafe { bindings::ferrite_mm_grab(self.as_raw()) };
    }

    unsafe fn dec_ref(mm: NonNull<Self>) {
        // SAFETY: the caller gives up a count.
        unsafe { bindings::ferrite_mm_drop(mm.cast().as_ptr()) };
    }
}

impl Mm {
    /// C's structure.
    #[must_use]
    pub fn as_raw(&self) -> *mut bindings::mm_struct {
        self.0.get()
    }

    /// A user's reference, if the memory still has a user: `None` once the process is gone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::current;
    /// use kernel::mm::Mm;
    /// use kernel::sync::ARef;
    ///
    /// // What a driver keeps beyond the system call: the memory may go meanwhile.
    /// let kept: ARef<Mm> = (&**current!().mm().ok_or(EINVAL)?).into();
    /// assert!(kept.mmget_not_zero().is_some());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn mmget_not_zero(&self) -> Option<ARef<MmWithUser>> {
        // SAFETY: the structure is there.
        let ours = unsafe { bindings::ferrite_mm_get_not_zero(self.as_raw()) };
        // SAFETY: the count just taken is ours.
        ours.then(|| unsafe { ARef::from_raw(NonNull::from(self).cast()) })
    }
}

impl PartialEq for Mm {
    fn eq(&self, other: &Self) -> bool {
        self.as_raw() == other.as_raw()
    }
}

impl Eq for Mm {}

/// The memory of a process with a count of its users (`mmget`).
///
/// Holding one proves that what is mapped is not torn down as a whole; the process may still map
/// and unmap as it likes. Giving up the last reference tears it down, and may sleep.
#[derive(PartialEq, Eq)]
#[repr(transparent)]
pub struct MmWithUser(Mm);

// SAFETY: what it offers may be used on any CPU, and it may be given up on any.
unsafe impl Send for MmWithUser {}
// SAFETY: as above.
unsafe impl Sync for MmWithUser {}

// SAFETY: the memory has a user as long as somebody holds a user's reference.
unsafe impl AlwaysRefCounted for MmWithUser {
    fn inc_ref(&self) {
        // SAFETY: there is a user, as `self` is there.
        unsafe { bindings::ferrite_mm_get(self.as_raw()) };
    }

    unsafe fn dec_ref(mm: NonNull<Self>) {
        // SAFETY: the caller gives up a user's reference.
        unsafe { bindings::mmput(mm.cast().as_ptr()) };
    }
}

impl Deref for MmWithUser {
    type Target = Mm;

    fn deref(&self) -> &Mm {
        &self.0
    }
}

impl MmWithUser {
    /// A memory of C's.
    ///
    /// # Safety
    ///
    /// It has a user during `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(mm: *const bindings::mm_struct) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the type is transparent.
        unsafe { &*mm.cast() }
    }

    /// Changes the way in which a reference is given up: see [`MmWithUserAsync`].
    #[must_use]
    pub fn into_mmput_async(this: ARef<Self>) -> ARef<MmWithUserAsync> {
        // SAFETY: the reference is passed on; the type is transparent.
        unsafe { ARef::from_raw(ARef::into_raw(this).cast()) }
    }

    /// Takes the lock of all areas, for reading. Sleeps. A thread that holds it must not take it again,
    /// nor touch user memory, which may want it for a fault.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::current;
    ///
    /// let me = current!();
    /// let areas = me.mm().ok_or(EINVAL)?.mmap_read_lock();
    /// // No program has memory at address 0.
    /// assert!(areas.vma_lookup(0).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn mmap_read_lock(&self) -> MmapReadGuard<'_> {
        // SAFETY: the memory is there.
        unsafe { bindings::ferrite_mm_read_lock(self.as_raw()) };
        // INVARIANT: the lock is ours.
        MmapReadGuard {
            mm: self,
            _not_send: NotThreadSafe::new(),
        }
    }

    /// Takes the lock of all areas, for reading, if that needs no wait. Never sleeps.
    pub fn mmap_read_trylock(&self) -> Option<MmapReadGuard<'_>> {
        // SAFETY: the memory is there.
        let ours = unsafe { bindings::ferrite_mm_read_trylock(self.as_raw()) };
        // INVARIANT: the lock is ours.
        ours.then(|| MmapReadGuard {
            mm: self,
            _not_send: NotThreadSafe::new(),
        })
    }

    /// Locks the area that an address is in, for reading, if that needs no wait. Never sleeps.
    ///
    /// `None` means that there is none or that it is being changed: take
    /// [`Self::mmap_read_lock`] to know. Where the kernel has no locks for single areas, or keeps
    /// them from modules (6.1 and 6.12), this tries the lock of all of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::current;
    ///
    /// let me = current!();
    /// assert!(me.mm().ok_or(EINVAL)?.lock_vma_under_rcu(0).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn lock_vma_under_rcu(&self, address: usize) -> Option<VmaReadGuard<'_>> {
        // SAFETY: the memory is there.
        let vma = unsafe { bindings::ferrite_mm_lock_vma(self.as_raw(), address as c_ulong) };
        // SAFETY: the area is locked until the guard is dropped.
        let vma = NonNull::new(vma).map(|vma| unsafe { VmaRef::from_raw(vma.as_ptr()) })?;
        // INVARIANT: the lock is ours.
        Some(VmaReadGuard {
            vma,
            _not_send: NotThreadSafe::new(),
        })
    }
}

/// As [`MmWithUser`], but giving up the last reference does not sleep: a worker tears the memory
/// down (`mmput_async`). For references that may be dropped below a spinlock.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::current;
/// use kernel::mm::MmWithUser;
/// use kernel::sync::ARef;
///
/// let mm: ARef<MmWithUser> = current!().mm().ok_or(EINVAL)?.into();
/// let mm = MmWithUser::into_mmput_async(mm);
/// assert!(mm.mmap_read_trylock().is_some());
/// drop(mm.clone());
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct MmWithUserAsync(MmWithUser);

// SAFETY: as for `MmWithUser`.
unsafe impl Send for MmWithUserAsync {}
// SAFETY: as for `MmWithUser`.
unsafe impl Sync for MmWithUserAsync {}

// SAFETY: as for `MmWithUser`.
unsafe impl AlwaysRefCounted for MmWithUserAsync {
    fn inc_ref(&self) {
        self.0.inc_ref();
    }

    unsafe fn dec_ref(mm: NonNull<Self>) {
        // SAFETY: the caller gives up a user's reference.
        unsafe { bindings::mmput_async(mm.cast().as_ptr()) };
    }
}

impl Deref for MmWithUserAsync {
    type Target = MmWithUser;

    fn deref(&self) -> &MmWithUser {
        &self.0
    }
}

/// Holding one proves that no area is added, removed or resized.
///
/// # Invariants
///
/// The lock for reading is this thread's.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct MmapReadGuard<'a> {
    mm: &'a MmWithUser,
    _not_send: NotThreadSafe,
}

impl MmapReadGuard<'_> {
    /// The area that an address is in.
    #[must_use]
    pub fn vma_lookup(&self, address: usize) -> Option<&VmaRef> {
        // SAFETY: the memory is there, and by the invariant locked.
        let vma = unsafe { bindings::ferrite_mm_vma_lookup(self.mm.as_raw(), address as c_ulong) };
        // SAFETY: the area stays as it is while the lock is held, that is, while `self` is there.
        NonNull::new(vma).map(|vma| unsafe { VmaRef::from_raw(vma.as_ptr()) })
    }
}

impl Drop for MmapReadGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the lock is ours.
        unsafe { bindings::ferrite_mm_read_unlock(self.mm.as_raw()) };
    }
}

/// Holding one proves that this area is not removed or resized.
///
/// # Invariants
///
/// The lock of the area, for reading, is this thread's.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct VmaReadGuard<'a> {
    vma: &'a VmaRef,
    _not_send: NotThreadSafe,
}

impl Deref for VmaReadGuard<'_> {
    type Target = VmaRef;

    fn deref(&self) -> &VmaRef {
        self.vma
    }
}

impl Drop for VmaReadGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the lock is ours.
        unsafe { bindings::ferrite_mm_unlock_vma(self.vma.as_ptr()) };
    }
}
