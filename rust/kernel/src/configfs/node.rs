// SPDX-License-Identifier: GPL-2.0-only

//! A directory's memory: what configfs keeps for it, with the driver's value behind that.

use core::ffi::CStr;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pinned_init::PinInit;

use super::{DefaultGroups, Item};
use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::code::ENOMEM;
use crate::error::{Error, Result, to_result};
use crate::module::Registration;
use crate::types::Opaque;

/// What configfs keeps for a directory.
///
/// Every directory has what a subsystem needs, so that a directory's value lies at one place whatever
/// its directory is used as. (`layout.rs` checks that the item is the first in it.)
#[repr(C)]
pub(super) struct Head {
    dir: Opaque<bindings::configfs_subsystem>,
    /// How many directories made with `mkdir` there are below: counted in the subsystem's head.
    pub(super) made: AtomicUsize,
    /// No more are to be made: set in the subsystem's head, with its lock held.
    closing: AtomicBool,
    /// Added as long as it is a subsystem that configfs knows.
    registration: Registration,
}

impl Head {
    const fn new() -> Self {
        Self {
            dir: Opaque::zeroed(),
            made: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            registration: Registration::new(),
        }
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::configfs_subsystem {
        self.dir.get()
    }

    /// The head of the subsystem that a group is part of.
    ///
    /// # Safety
    ///
    /// - `group` is one of ours, and stands below a registered subsystem of ours during `'a`.
    pub(super) unsafe fn of_subsystem<'a>(group: *mut bindings::config_group) -> &'a Self {
        // SAFETY: the group is live, and its subsystem is set as long as it is linked. That is ours,
        // so it is the first field of a `Head`.
        unsafe { &*bindings::ferrite_configfs_subsystem(group).cast::<Self>() }
    }

    /// Tells the module of a subsystem, for the case that it is never dropped.
    ///
    /// # Safety
    ///
    /// It was registered with configfs just now, and is in a [`Node`] that lives until
    /// [`Self::end`].
    pub(super) unsafe fn registered(&self) {
        // SAFETY: it is registered for the first time. The node stays where it is, and `hold` takes a
        // reference to it.
        unsafe { self.registration.add(Self::hold, Self::left) };
    }

    /// # Safety
    ///
    /// `registration` is a head's.
    unsafe fn of_registration<'a>(registration: *mut bindings::ferrite_registration) -> &'a Self {
        let offset = core::mem::offset_of!(Self, registration);
        // SAFETY: it is that far inside of a head, which the caller promises.
        unsafe { &*registration.byte_sub(offset).cast::<Self>() }
    }

    unsafe extern "C" fn hold(registration: *mut bindings::ferrite_registration) {
        // SAFETY: the module's exit calls this for what `registered` has added, and which its owner
        // cannot give up meanwhile.
        unsafe {
            let head = Self::of_registration(registration);
            bindings::config_item_get(head.as_ptr().cast());
        }
    }

    /// The module's exit ends a subsystem that was never dropped.
    unsafe extern "C" fn left(registration: *mut bindings::ferrite_registration) {
        // SAFETY: it is one that `hold` has taken a reference to.
        let head = unsafe { Self::of_registration(registration) };
        // SAFETY: a directory has a name, which is terminated, as long as it is there.
        let name = unsafe { CStr::from_ptr((*head.as_ptr()).su_group.cg_item.ci_name) };
        crate::pr_warn!("configfs: {} was never dropped, and is taken away", name);
        head.end();
        // SAFETY: the reference is that of `hold`.
        unsafe { bindings::config_item_put(head.as_ptr().cast()) };
    }

    /// Takes a subsystem away, unless the module's exit does. Waits until what was made with `mkdir` has
    /// been removed.
    ///
    /// # Safety
    ///
    /// [`Self::registered`] was called.
    pub(super) unsafe fn unregister(&self) {
        // SAFETY: the caller promises that it was added.
        if unsafe { self.registration.remove() } {
            self.end();
        }
    }

    /// Takes a registered subsystem away, once.
    fn end(&self) {
        self.close();
        if self.made.load(Ordering::Acquire) != 0 {
            crate::pr_warn!("configfs: waiting for the removal of what was made with mkdir");
            while self.made.load(Ordering::Acquire) != 0 {
                // SAFETY: may sleep, as `drop` may.
                unsafe { bindings::ferrite_configfs_pause() };
            }
        }
        // An `rmdir` that has counted down may not have returned yet. It holds the lock of the
        // directory that it happened in: this one's, or one's that came with it. Taking those away
        // takes their locks.
        // SAFETY: the subsystem is registered; it is empty.
        unsafe { bindings::configfs_unregister_subsystem(self.as_ptr()) };
    }

    /// From now on no directory is made below this subsystem.
    fn close(&self) {
        // SAFETY: the lock was initialised with the directory; this may sleep, as `drop` may.
        unsafe { bindings::ferrite_configfs_lock(self.as_ptr()) };
        self.closing.store(true, Ordering::Relaxed);
        // SAFETY: we hold it.
        unsafe { bindings::ferrite_configfs_unlock(self.as_ptr()) };
    }

    /// Whether the subsystem is being taken away. The caller holds its lock.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}

/// A directory. It lies in a `KBox` that belongs to the references which configfs counts.
#[repr(C)]
pub(super) struct Node<D> {
    head: Head,
    data: D,
}

impl<D: Item> Node<D> {
    /// A directory that is part of nothing yet.
    pub(super) fn make<E>(name: &CStr, data: impl PinInit<D, E>) -> Result<Owned<D>>
    where
        Error: From<E>,
    {
        let mut memory = KBox::<Self>::new_uninit(GFP_KERNEL)?;
        let place = memory.as_mut_ptr();
        // SAFETY:
        // - the field is inside of the box's memory; on an error that is freed without a drop;
        // - the value stays where it is: the box is only taken apart to be freed.
        unsafe { data.__pinned_init(&raw mut (*place).data) }?;
        // SAFETY: as above.
        unsafe { (&raw mut (*place).head).write(Head::new()) };
        // SAFETY: both fields are initialised.
        let node = unsafe { memory.assume_init() };
        let kind = D::TYPE.as_ptr();
        // SAFETY: the directory's memory is zeroed and stays where it is; the name is copied; the type
        // is a static for directories of `D`.
        let named =
            unsafe { bindings::ferrite_configfs_init(node.head.as_ptr(), name.as_ptr(), kind) };
        // All that can fail is an allocation, whatever C calls it.
        to_result(named).map_err(|_| ENOMEM)?;
        // INVARIANT: the first reference is ours.
        // SAFETY: a box's pointer is not null.
        let owned = Owned(unsafe { NonNull::new_unchecked(node.into_raw()) });
        owned
            .data()
            .default_groups(&mut DefaultGroups::new(owned.group()))?;
        Ok(owned)
    }

    /// The value of a directory.
    ///
    /// # Safety
    ///
    /// `item` is the item of a `Node<D>`, which lives during `'a`.
    pub(super) unsafe fn data<'a>(item: *mut bindings::config_item) -> &'a D {
        // SAFETY: the item is the first in its node.
        unsafe { &(*item.cast::<Self>()).data }
    }

    /// Called when the last reference to a directory is given back.
    ///
    /// # Safety
    ///
    /// `item` is the item of a `Node<D>` that nothing refers to any more.
    pub(super) unsafe extern "C" fn release(item: *mut bindings::config_item) {
        // The directories that came with this one go first.
        // SAFETY: the item is the first in its group, which is initialised; the directories in its
        // list are those that `DefaultGroups` has put there, with a reference each.
        unsafe { bindings::configfs_remove_default_groups(item.cast()) };
        // SAFETY: the node comes from `make`, which took it out of a box; the caller promises that
        // this is the end of it.
        drop(unsafe { KBox::from_raw(item.cast::<Self>()) });
    }
}

/// A reference to a directory.
///
/// # Invariants
///
/// The pointer is that of a live node, and one of its references is ours.
pub(super) struct Owned<D: Item>(NonNull<Node<D>>);

impl<D: Item> Owned<D> {
    pub(super) fn head(&self) -> &Head {
        // SAFETY: by the invariant the node is live. What C changes in it is in an `Opaque`.
        unsafe { &(*self.0.as_ptr()).head }
    }

    pub(super) fn data(&self) -> &D {
        // SAFETY: by the invariant the node is live; its value is only ever shared.
        unsafe { &(*self.0.as_ptr()).data }
    }

    /// The group, for C; its item is at the same address.
    pub(super) fn group(&self) -> *mut bindings::config_group {
        self.0.as_ptr().cast()
    }

    /// Gives the reference to C.
    pub(super) fn into_raw(self) -> *mut bindings::config_group {
        core::mem::ManuallyDrop::new(self).group()
    }
}

impl<D: Item> Drop for Owned<D> {
    fn drop(&mut self) {
        // SAFETY: by the invariant the reference is ours; it is given back once.
        unsafe { bindings::config_item_put(self.group().cast()) };
    }
}
