// SPDX-License-Identifier: GPL-2.0-only

//! sysfs: one file a value, for programs that configure and watch.
//!
//! C headers: `include/linux/sysfs.h`, `include/linux/kobject.h`. Semantics: `fs/sysfs/group.c`,
//! `fs/sysfs/file.c`, `fs/kernfs/file.c`.
//!
//! A [`Directory`] is a directory of a driver's own, below its module's (`/sys/module/<name>`) or in
//! `/sys/kernel`, with the data that its files are about. The files are chosen by a function that gets
//! [`Files`]: values that [show](crate::attribute::Show) and [store](crate::attribute::Store) themselves,
//! functions, and [bytes](crate::attribute::Blob). A misc device has such files in its own directory
//! ([`MiscDeviceRegistration::register_with_files`](crate::miscdevice::MiscDeviceRegistration::register_with_files)).
//! A driver has [`DeviceFiles`] in the directory of a device that it is bound to.
//!
//! Whoever takes a directory away waits for the reads and writes that are running; a file that is open
//! then fails with `ENODEV`. The functions of a file must therefore not drop or update the directory that
//! it is in, nor wait for a lock that is held while that happens. They may sleep, and any number of them
//! may run at once.
//!
//! Used by `samples/sysfs` and `samples/platform`.
//!
//! # Examples
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//! use kernel::sysfs::{Directory, Parent};
//!
//! struct Port {
//!     packets: Atomic<u64>,
//!     limit: Atomic<u32>,
//! }
//!
//! let port = init!(Port {
//!     packets: Atomic::new(0),
//!     limit: Atomic::new(10),
//! });
//! let port = Directory::new(Parent::Module, c"ferrite_example", port, |port, files| {
//!     files.read_only_file(c"packets", &port.packets)?;
//!     files.read_write_file(c"limit", &port.limit)?;
//!     files.read_callback_file(c"left", port, |port, page| {
//!         let left = u64::from(port.limit.load(Relaxed)).saturating_sub(port.packets.load(Relaxed));
//!         page.integer(left).text("\n");
//!         Ok(())
//!     })
//! });
//! let port = KBox::pin_init(port, GFP_KERNEL)?;
//! port.packets.add(1, Relaxed);
//! # Ok::<(), Error>(())
//! ```

mod device;
mod file;
mod group;
#[cfg(feature = "ktest")]
mod tests;

pub use device::DeviceFiles;
pub use group::Files;
pub(crate) use group::{Group, Owner};

use core::ffi::CStr;
use core::marker::PhantomPinned;
use core::ops::Deref;

use pinned_init::{PinInit, pin_init_from_closure};

use crate::configfs::check_name;
use crate::error::code::{EEXIST, ENOMEM};
use crate::error::{Error, Result};
use crate::module::ThisModule;
use crate::new_mutex;
use crate::sync::Mutex;

/// What a [`Directory`] is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// `/sys/module/<name>`, of this module.
    Module,
    /// `/sys/kernel`.
    Kernel,
}

impl Parent {
    fn kobject(self) -> *mut bindings::kobject {
        // SAFETY: both only read; the module's kobject is there as long as its code.
        unsafe {
            match self {
                Self::Module => bindings::ferrite_sysfs_module(ThisModule::get().as_ptr()),
                Self::Kernel => bindings::ferrite_sysfs_kernel(),
            }
        }
    }
}

/// A kobject of ours with its files.
///
/// # Invariants
///
/// The kobject is in sysfs, and one of its references is ours; the files are attached to it.
struct Node {
    kobj: *mut bindings::kobject,
    group: Group,
}

// SAFETY: sysfs has locks of its own, and any thread may take a kobject away.
unsafe impl Send for Node {}
// SAFETY: as above.
unsafe impl Sync for Node {}

impl Node {
    /// # Safety
    ///
    /// What the files are about is there until the node has been dropped.
    unsafe fn new(parent: Parent, name: &CStr, group: Group) -> Result<Self> {
        check_name(name)?;
        let parent = parent.kobject();
        // SAFETY: the parent is in sysfs; the name is terminated, and copied.
        let kobj = unsafe {
            // C would log a duplicate with a trace, and not tell.
            if bindings::ferrite_sysfs_exists(parent, name.as_ptr()) {
                return Err(EEXIST);
            }
            bindings::kobject_create_and_add(name.as_ptr(), parent)
        };
        if kobj.is_null() {
            return Err(ENOMEM);
        }
        // SAFETY:
        // - The kobject has just been added, and the reference is handed on.
        // - The caller promises the rest.
        unsafe { Self::attach(kobj, group) }
    }

    /// # Safety
    ///
    /// - The kobject is in sysfs until the node has been dropped, and its reference is the node's.
    /// - What the files are about is there as long.
    unsafe fn attach(kobj: *mut bindings::kobject, group: Group) -> Result<Self> {
        // SAFETY: the caller promises both; the group is new.
        if let Err(error) = unsafe { group.attach(kobj) } {
            // SAFETY: the reference is ours.
            unsafe { bindings::kobject_put(kobj) };
            return Err(error);
        }
        // INVARIANT: as attached just now.
        Ok(Self { kobj, group })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: by the invariant the files are attached, and the reference is ours.
        unsafe {
            self.group.detach(self.kobj);
            bindings::kobject_put(self.kobj);
        }
    }
}

/// A directory in sysfs with the data that its files are about.
///
/// It dereferences to the data. Dropping it takes the directory away, and then drops the data. The example
/// of [`kernel::sysfs`](crate::sysfs) has one.
///
/// # Invariants
///
/// The files refer to nothing but `data` and what outlives it.
pub struct Directory<T> {
    /// Goes first.
    node: Node,
    /// Updates take turns: C would find a file there that another one has just made.
    updating: Mutex<()>,
    data: T,
    _pin: PhantomPinned,
}

impl<T: Send + Sync + 'static> Directory<T> {
    /// An initialiser: makes the data, lets `setup` choose the files, and then makes the directory. The
    /// files can be used before it returns. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: nothing can have this name.
    /// - `ENAMETOOLONG`: the name has more than 255 bytes.
    /// - `EEXIST`: the name is taken.
    /// - `ENOMEM`.
    /// - What `data` and `setup` say.
    pub fn new<E, F>(
        parent: Parent,
        name: &CStr,
        data: impl PinInit<T, E>,
        setup: F,
    ) -> impl PinInit<Self, Error>
    where
        F: for<'data> FnOnce(&'data T, &mut Files<'data>) -> Result,
        Error: From<E>,
    {
        Self::with(Owner::Kobject, data, setup, move |group| {
            // SAFETY: the files are about what `with` keeps as long as the node.
            unsafe { Node::new(parent, name, group) }
        })
    }

    /// The data, the files that `setup` chooses, and the node that `attach` makes of them: the data, and
    /// what outlives them, are there until it has been dropped.
    fn with<E, F>(
        owner: Owner,
        data: impl PinInit<T, E>,
        setup: F,
        attach: impl FnOnce(Group) -> Result<Node>,
    ) -> impl PinInit<Self, Error>
    where
        F: for<'data> FnOnce(&'data T, &mut Files<'data>) -> Result,
        Error: From<E>,
    {
        let fill = move |slot: *mut Self| {
            // SAFETY: the slot is memory for a directory that does not move.
            let data_slot = unsafe { &raw mut (*slot).data };
            // SAFETY: as above.
            unsafe { data.__pinned_init(data_slot) }?;
            // SAFETY: the data are initialised, and stay where they are until the node is gone.
            let shared = unsafe { &*data_slot };
            let node = Group::new(owner, |files| setup(shared, files)).and_then(attach);
            match node {
                Ok(node) => {
                    // SAFETY: the slot is memory for a directory that does not move.
                    unsafe {
                        (&raw mut (*slot).node).write(node);
                        let updating = new_mutex!((), "sysfs_directory");
                        updating.__pinned_init(&raw mut (*slot).updating)?;
                    }
                    Ok(())
                }
                Err(error) => {
                    // SAFETY: they were initialised, and nothing refers to them any more.
                    unsafe { data_slot.drop_in_place() };
                    Err(error)
                }
            }
        };
        // SAFETY: the closure initialises all fields (the last has no size), or none, and says so.
        unsafe { pin_init_from_closure(fill) }
    }

    /// Asks the conditions of [`Files::visible_if`] again: files come and go. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: some files may be missing now.
    pub fn update(&self) -> Result {
        let _turn = self.updating.lock();
        // SAFETY: by the invariant the files are attached.
        unsafe { self.node.group.update(self.node.kobj) }
    }
}

impl<T> Deref for Directory<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}
