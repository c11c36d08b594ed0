// SPDX-License-Identifier: GPL-2.0-only

//! configfs: kernel objects that user space makes, with `mkdir`, and configures, by writing files.
//!
//! C header: `include/linux/configfs.h`. Semantics: `fs/configfs/dir.c`, `fs/configfs/file.c`.
//!
//! A [`Subsystem`] is a directory in `/sys/kernel/config`. Every directory is a value of the
//! driver's, of a type that implements [`Item`]:
//!
//! - its files are its attributes, [`AttributeOperations`] and [`BinAttributeOperations`], listed by
//!   [`configfs_attrs!`](crate::configfs_attrs);
//! - what `mkdir` makes in it comes from its [`GroupOperations`];
//! - directories that come with it are made by [`Item::default_groups`].
//!
//! The values live in memory that configfs counts references to; they never move. A directory's
//! value is dropped after `rmdir` (or with the subsystem, or with the directory around it, if it came
//! with that), when no file of it is being read or written any more. A file that is still open then
//! fails with `ENOENT`.
//!
//! A module cannot be unloaded while there is a directory that was made with `mkdir`.
//!
//! A module that uses this depends on the kernel's module `configfs`. Used by `samples/configfs` and
//! `rnull`.
//!
//! # Examples
//!
//! ```
//! use core::ffi::CStr;
//! use kernel::attribute::{Input, Output};
//! use kernel::configfs::{AttributeOperations, GroupOperations, Item, ItemType, Subsystem};
//! use kernel::prelude::*;
//! use kernel::sync::Mutex;
//! use kernel::{configfs_attrs, new_mutex};
//!
//! /// `/sys/kernel/config/example_disks`: `mkdir` makes a disk.
//! struct Disks {}
//!
//! impl Item for Disks {
//!     const TYPE: &'static ItemType<Self> = configfs_attrs! { data: Disks, child: Disk };
//! }
//!
//! #[vtable]
//! impl GroupOperations for Disks {
//!     type Child = Disk;
//!
//!     fn make_group(&self, _name: &CStr) -> Result<impl PinInit<Disk, Error>> {
//!         Ok(try_pin_init!(Disk { size <- new_mutex!(0) }? Error))
//!     }
//! }
//!
//! #[pin_data]
//! struct Disk {
//!     #[pin]
//!     size: Mutex<u64>,
//! }
//!
//! impl Item for Disk {
//!     const TYPE: &'static ItemType<Self> = configfs_attrs! {
//!         data: Disk,
//!         attributes: [size: 0],
//!     };
//! }
//!
//! #[vtable]
//! impl AttributeOperations<0> for Disk {
//!     fn show(&self, page: &mut Output<'_>) -> Result {
//!         page.integer(*self.size.lock()).text("\n");
//!         Ok(())
//!     }
//!
//!     fn store(&self, page: Input<'_>) -> Result {
//!         *self.size.lock() = page.parse()?;
//!         Ok(())
//!     }
//! }
//!
//! let disks = Subsystem::new(c"example_disks", init!(Disks {}))?;
//! # drop(disks);
//! # Ok::<(), Error>(())
//! ```

mod attributes;
mod group;
mod node;
#[cfg(feature = "ktest")]
mod tests;

#[doc(hidden)]
pub use attributes::{Attribute, AttributeList, BinAttribute, BinAttributeList};
pub use attributes::{AttributeOperations, BinAttributeOperations, ItemType};
pub use group::{DefaultGroups, GroupOperations};

use core::ffi::CStr;
use core::ops::Deref;

use pinned_init::PinInit;

use crate::error::code::{EINVAL, ENAMETOOLONG};
use crate::error::{Error, Result, to_result};
use node::Node;

/// What a directory in configfs is.
///
/// Any number of processes may use its files at once: hence `Sync`. It may be dropped by another
/// thread than the one that made it: hence `Send`.
pub trait Item: Sized + Send + Sync + 'static {
    /// Its files, and whether directories can be made in it; of
    /// [`configfs_attrs!`](crate::configfs_attrs).
    const TYPE: &'static ItemType<Self>;

    /// Makes the directories that come with this one. Runs once, before the directory can be seen.
    /// May sleep.
    ///
    /// # Errors
    ///
    /// What it says; the directory is not made then, and `mkdir` fails with that errno.
    fn default_groups(&self, _groups: &mut DefaultGroups<'_>) -> Result {
        Ok(())
    }
}

/// The longest name of a directory: `NAME_MAX`.
const NAME_MAX: usize = bindings::NAME_MAX as usize;

/// Refuses what can be no directory's name.
pub(crate) fn check_name(name: &CStr) -> Result {
    let name = name.to_bytes();
    if name.len() > NAME_MAX {
        return Err(ENAMETOOLONG);
    }
    match name {
        b"" | b"." | b".." => Err(EINVAL),
        _ if name.contains(&b'/') => Err(EINVAL),
        _ => Ok(()),
    }
}

/// A directory in `/sys/kernel/config`. Dropping it takes it away.
///
/// One that is never dropped (`mem::forget`) is taken away by the module's exit, with a line in the log;
/// its value stays in memory.
///
/// # Invariants
///
/// The node was registered with configfs as a subsystem, and with the module; one of its references is
/// ours.
pub struct Subsystem<D: Item> {
    node: node::Owned<D>,
}

// SAFETY: `D` is `Send` and `Sync`; C's part has locks of its own.
unsafe impl<D: Item> Send for Subsystem<D> {}
// SAFETY: as above.
unsafe impl<D: Item> Sync for Subsystem<D> {}

impl<D: Item> Subsystem<D> {
    /// Makes the directory. User space can use it before this returns. May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: there is a directory of this name.
    /// - `EINVAL`: no directory can have this name.
    /// - `ENAMETOOLONG`: the name has more than 255 bytes.
    /// - `ENOMEM`.
    /// - What `data` or [`Item::default_groups`] says.
    pub fn new<E>(name: &CStr, data: impl PinInit<D, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        check_name(name)?;
        let node = Node::make(name, data)?;
        // SAFETY: the node is initialised, of a name, and part of nothing else. configfs takes its
        // own references.
        to_result(unsafe { bindings::configfs_register_subsystem(node.head().as_ptr()) })?;
        // SAFETY: configfs has just got it. The node lives as long as it has references, and one is given
        // up only when this is dropped.
        unsafe { node.head().registered() };
        // INVARIANT: it has just been registered; `node` is a reference.
        Ok(Self { node })
    }
}

impl<D: Item> Deref for Subsystem<D> {
    type Target = D;

    fn deref(&self) -> &D {
        self.node.data()
    }
}

impl<D: Item> Drop for Subsystem<D> {
    /// If there are directories that were made with `mkdir` (which an exit of the module rules out), no
    /// more can be made from now on, and this waits until they have been removed.
    fn drop(&mut self) {
        // SAFETY: it was registered when it was made.
        unsafe { self.node.head().unregister() };
    }
}

/// The [`ItemType`] of a kind of directory: its files, by name, and whether `mkdir` works in it.
///
/// ```text
/// configfs_attrs! {
///     data: Disk,                          // the type that implements Item
///     child: Partition,                    // if it implements GroupOperations
///     attributes: [size: 0, power: 1],     // each with the ID of its AttributeOperations<ID>
///     bin_attributes: [image: 0],          // each with the ID of its BinAttributeOperations<ID>
/// }
/// ```
///
/// `child` and the two lists may be left out. A file can be read if its operations have a `show`, and
/// written, by root, if they have a `store`.
#[macro_export]
macro_rules! configfs_attrs {
    (
        data: $data:ty
        $(, child: $child:ty)?
        $(, attributes: [$($name:ident: $id:expr),* $(,)?])?
        $(, bin_attributes: [$($bin_name:ident: $bin_id:expr),* $(,)?])?
        $(,)?
    ) => {{
        use $crate::configfs as __configfs;
        static ATTRIBUTES: __configfs::AttributeList<
            $data,
            { <[&str]>::len(&[$($(stringify!($name)),*)?]) + 1 },
        > = __configfs::AttributeList::new([
            $($(::core::option::Option::Some(const {
                &__configfs::Attribute::new::<{ $id }>($crate::c_str!(::core::stringify!($name)))
            }),)*)?
            ::core::option::Option::None,
        ]);
        static BIN_ATTRIBUTES: __configfs::BinAttributeList<
            $data,
            { <[&str]>::len(&[$($(stringify!($bin_name)),*)?]) + 1 },
        > = __configfs::BinAttributeList::new([
            $($(::core::option::Option::Some(const {
                &__configfs::BinAttribute::new::<{ $bin_id }>($crate::c_str!(::core::stringify!($bin_name)))
            }),)*)?
            ::core::option::Option::None,
        ]);
        static TYPE: __configfs::ItemType<$data> =
            __configfs::ItemType::new(&ATTRIBUTES, &BIN_ATTRIBUTES)$(.with_child::<$child>())?;
        &TYPE
    }};
}
