// SPDX-License-Identifier: GPL-2.0-only

//! Directories in directories.

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::mem::offset_of;
use core::sync::atomic::Ordering;

use macros::vtable;
use pinned_init::{PinInit, pin_init_from_closure};

use super::node::{Head, Node, Owned};
use super::{Item, check_name};
use crate::error::code::{EEXIST, ENODEV, EPERM};
use crate::error::{Error, Result};
use crate::interop::list::CList;
use crate::types::Opaque;

/// A directory in which user space makes directories.
///
/// An implementation has [`Self::make_group`] or [`Self::make_item`], not both. Only one of all three
/// functions runs at a time in a subsystem: configfs holds the subsystem's lock meanwhile. They may
/// sleep; they must not drop the subsystem, which would wait for itself.
#[vtable]
pub trait GroupOperations: Item {
    /// What the directories are that user space makes.
    type Child: Item;

    /// `mkdir`: what the new directory is. Directories can be made in it if its type says so.
    ///
    /// # Errors
    ///
    /// What it says, or what the initialiser says; `mkdir` fails with that errno.
    fn make_group(&self, _name: &CStr) -> Result<impl PinInit<Self::Child, Error>> {
        Ok(refuse())
    }

    /// As [`Self::make_group`], for directories that hold only files: `mkdir` in them fails with
    /// `EPERM`, whatever their type says, and their [`Item::default_groups`] do not show.
    ///
    /// # Errors
    ///
    /// As [`Self::make_group`].
    fn make_item(&self, _name: &CStr) -> Result<impl PinInit<Self::Child, Error>> {
        Ok(refuse())
    }

    /// `rmdir`: a directory goes, or was not made after all, since configfs had no memory for it. None of
    /// its files is being read or written, and none will be. Its value is dropped after this.
    fn drop_item(&self, _child: &Self::Child) {}
}

/// What a method makes that is not there.
fn refuse<T>() -> impl PinInit<T, Error> {
    // SAFETY: it never succeeds, and leaves the memory as it is.
    unsafe { pin_init_from_closure(|_: *mut T| Err(EPERM)) }
}

/// The callbacks for the directories of type `D`.
pub(super) struct Callbacks<D>(PhantomData<D>);

impl<D: GroupOperations> Callbacks<D> {
    pub(super) const TABLE: bindings::configfs_group_operations = {
        assert!(
            D::HAS_MAKE_GROUP != D::HAS_MAKE_ITEM,
            "GroupOperations need a make_group or a make_item, and #[vtable]"
        );
        // SAFETY: a table of pointers, all of which may be null.
        let mut table: bindings::configfs_group_operations = unsafe { core::mem::zeroed() };
        if D::HAS_MAKE_GROUP {
            table.make_group = Some(Self::make_group);
        } else {
            table.make_item = Some(Self::make_item);
        }
        table.drop_item = Some(Self::drop_item);
        table
    };

    /// The subsystem that a directory is made in, unless that is being taken away.
    ///
    /// # Safety
    ///
    /// `group` stands below a registered subsystem of ours during `'a`; the caller holds its lock.
    unsafe fn subsystem<'a>(group: *mut bindings::config_group) -> Result<&'a Head> {
        // SAFETY: the caller promises that it stands below a subsystem of ours.
        let subsystem = unsafe { Head::of_subsystem(group) };
        if subsystem.is_closing() {
            return Err(ENODEV);
        }
        Ok(subsystem)
    }

    /// Makes a directory, and counts it.
    fn make(
        subsystem: &Head,
        name: &CStr,
        data: impl PinInit<D::Child, Error>,
    ) -> Result<Owned<D::Child>> {
        let child = Node::make(name, data)?;
        subsystem.made.fetch_add(1, Ordering::Relaxed);
        Ok(child)
    }

    unsafe extern "C" fn make_group(
        group: *mut bindings::config_group,
        name: *const c_char,
    ) -> *mut bindings::config_group {
        // SAFETY:
        // - configfs calls this for a directory of the type that holds this callback, with the lock of
        //   its subsystem held;
        // - the name is terminated, and there during the call.
        let (subsystem, data, name) = unsafe {
            (
                Self::subsystem(group),
                Node::<D>::data(group.cast()),
                CStr::from_ptr(name),
            )
        };
        let child =
            subsystem.and_then(|subsystem| Self::make(subsystem, name, data.make_group(name)?));
        child.map_or_else(Error::to_ptr, Owned::into_raw)
    }

    unsafe extern "C" fn make_item(
        group: *mut bindings::config_group,
        name: *const c_char,
    ) -> *mut bindings::config_item {
        // SAFETY: as for `make_group`.
        let (subsystem, data, name) = unsafe {
            (
                Self::subsystem(group),
                Node::<D>::data(group.cast()),
                CStr::from_ptr(name),
            )
        };
        let child =
            subsystem.and_then(|subsystem| Self::make(subsystem, name, data.make_item(name)?));
        child.map_or_else(Error::to_ptr, |child| child.into_raw().cast())
    }

    unsafe extern "C" fn drop_item(
        group: *mut bindings::config_group,
        item: *mut bindings::config_item,
    ) {
        // SAFETY: configfs calls this for a directory of the type that holds this callback, with an
        // item that `make` has made for it.
        let (parent, child) =
            unsafe { (Node::<D>::data(group.cast()), Node::<D::Child>::data(item)) };
        parent.drop_item(child);
        // SAFETY: the reference is the one that `make` gave to configfs.
        unsafe { bindings::config_item_put(item) };
        // SAFETY: the parent is linked as long as something is removed from it.
        let subsystem = unsafe { Head::of_subsystem(group) };
        subsystem.made.fetch_sub(1, Ordering::Release);
    }
}

/// A directory in the list of another one.
#[repr(transparent)]
struct Group(Opaque<bindings::config_group>);

impl Group {
    fn name(&self) -> &CStr {
        // SAFETY: a group in a list has a name, which is terminated and does not change.
        unsafe { CStr::from_ptr((*self.0.get()).cg_item.ci_name) }
    }
}

/// Takes the directories that come with a directory.
pub struct DefaultGroups<'a> {
    parent: *mut bindings::config_group,
    _parent: PhantomData<&'a ()>,
}

impl DefaultGroups<'_> {
    /// For a parent that lives as long as the result, and is part of nothing yet.
    pub(super) fn new(parent: *mut bindings::config_group) -> Self {
        Self {
            parent,
            _parent: PhantomData,
        }
    }

    /// Those that were added.
    fn list(&self) -> &CList<Group, { offset_of!(bindings::config_group, group_entry) }> {
        // SAFETY: the parent is initialised, and the list is made by `add` alone, of groups that live as
        // long as the parent.
        unsafe { CList::from_raw(&raw const (*self.parent).default_groups) }
    }

    /// Adds a directory. It cannot be removed by itself. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: no directory can have this name.
    /// - `ENAMETOOLONG`: the name has more than 255 bytes.
    /// - `EEXIST`: a file or a directory of this name comes with the parent already.
    /// - `ENOMEM`.
    /// - What `data` or its [`Item::default_groups`] says.
    pub fn add<D: Item, E>(&mut self, name: &CStr, data: impl PinInit<D, E>) -> Result
    where
        Error: From<E>,
    {
        check_name(name)?;
        // SAFETY: the parent is initialised, and nobody else has it yet; the name is terminated.
        let file = unsafe { bindings::ferrite_configfs_has_file(self.parent, name.as_ptr()) };
        if file || self.list().iter().any(|group| group.name() == name) {
            return Err(EEXIST);
        }
        let group = Node::make(name, data)?.into_raw();
        // SAFETY: both are initialised, and part of nothing yet. The parent owns the reference now; it
        // gives it back in `Node::release`.
        unsafe { bindings::ferrite_configfs_add_default_group(group, self.parent) };
        Ok(())
    }
}
