// SPDX-License-Identifier: GPL-2.0-only

//! debugfs: files for who debugs a driver, in `/sys/kernel/debug`.
//!
//! C header: `include/linux/debugfs.h`. Semantics: `fs/debugfs/inode.c`, `fs/debugfs/file.c`.
//!
//! - A [`Dir`] is a directory. It goes, with all that is in it, when the last handle of it or of a
//!   directory in it is dropped.
//! - A [`Scope`] is a directory with the driver's data: its files show and change parts of these, and
//!   go before they do. This is the way for what a driver has one of for each device.
//! - Files are made by the methods of a [`ScopedDir`], which is what both of them are inside. What a file
//!   is about has to live as long as the directory: it is a `static`, or part of a scope's data.
//!
//! | file | reads | writes |
//! |---|---|---|
//! | [`read_only_file`](ScopedDir::read_only_file), [`read_write_file`](ScopedDir::read_write_file), [`write_only_file`](ScopedDir::write_only_file) | [`Show`](crate::attribute::Show) | [`Store`](crate::attribute::Store) |
//! | [`read_callback_file`](ScopedDir::read_callback_file) and its like | a function with a [`SeqFile`](crate::seq_file::SeqFile) | a function with an [`Input`](crate::attribute::Input) |
//! | [`seq_file`](ScopedDir::seq_file) | [`SeqOperations`](crate::seq_file::SeqOperations), for long lists | |
//! | [`read_binary_file`](ScopedDir::read_binary_file), [`read_write_binary_file`](ScopedDir::read_write_binary_file) | [`Blob`](crate::attribute::Blob) | [`BlobMut`](crate::attribute::BlobMut) |
//!
//! A file that a program has open when it is removed fails with `EIO` from then on: whoever removes it
//! waits for the reads and writes that are running. The module stays loaded as long as a file is open.
//! The functions of a file must therefore not drop the directory that it is in, nor wait for a lock that
//! is held while the directory is dropped.
//!
//! debugfs may be switched off (`debugfs=off` on the kernel's command line). As with C's functions, no
//! driver fails for that: directories and files are made as if nothing was wrong, and do not exist.
//! [`is_enabled`] and [`ScopedDir::exists`] tell.
//!
//! Directories are root's (0700 on the mount's root), and everything here may sleep.
//!
//! Used by `samples/debugfs`.
//!
//! # Examples
//!
//! ```
//! use kernel::debugfs::Scope;
//! use kernel::new_mutex;
//! use kernel::prelude::*;
//! use kernel::seq_print;
//! use kernel::sync::Mutex;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//!
//! #[pin_data]
//! struct Port {
//!     packets: Atomic<u64>,
//!     #[pin]
//!     limit: Mutex<u32>,
//! }
//!
//! let port = try_pin_init!(Port {
//!     packets: Atomic::new(0),
//!     limit <- new_mutex!(10),
//! }? Error);
//! let scope = Scope::new(c"ferrite_example", port, |port, dir| {
//!     dir.read_only_file(c"packets", &port.packets)?;
//!     dir.read_write_file(c"limit", &port.limit)?;
//!     dir.read_callback_file(c"summary", port, |port, seq| {
//!         let (packets, limit) = (port.packets.load(Relaxed), *port.limit.lock());
//!         seq_print!(seq, "{packets} of {limit}\n");
//!         Ok(())
//!     })
//! });
//! let port = KBox::pin_init(scope, GFP_KERNEL)?;
//! port.packets.add(1, Relaxed);
//! # Ok::<(), Error>(())
//! ```

mod file;
mod scoped;
#[cfg(feature = "ktest")]
pub(crate) mod testing;
#[cfg(feature = "ktest")]
mod tests;

pub use scoped::ScopedDir;

use core::ffi::CStr;
use core::marker::PhantomPinned;
use core::ops::Deref;
use core::ptr;

use pinned_init::{PinInit, pin_init_from_closure};

use crate::alloc::flags::GFP_KERNEL;
use crate::configfs::check_name;
use crate::error::code::EEXIST;
use crate::error::{Error, Result, from_err_ptr};
use crate::sync::Arc;

/// Whether there is a debugfs at all: it may be switched off on the kernel's command line.
#[must_use]
pub fn is_enabled() -> bool {
    // SAFETY: only reads.
    unsafe { bindings::ferrite_debugfs_initialized() }
}

/// A directory that goes when this is dropped.
///
/// # Invariants
///
/// The pointer is a directory's that is there and that nobody else removes, or null where there is no
/// debugfs.
struct Entry {
    dentry: *mut bindings::dentry,
    /// What it is in; C would remove this with that.
    _parent: Option<Arc<Entry>>,
}

// SAFETY: debugfs has locks of its own, and any thread may remove an entry.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

impl Entry {
    /// Makes a directory, in another or at the top.
    fn new(name: &CStr, parent: Option<&Arc<Entry>>) -> Result<Self> {
        check_name(name)?;
        let dentry = match parent {
            // SAFETY: by the invariant the directory is there.
            Some(parent) => unsafe { make_dir(name, parent.dentry) }?,
            // SAFETY: the name is terminated.
            None if is_enabled() => from_err_ptr(unsafe {
                bindings::ferrite_debugfs_create_dir(name.as_ptr(), ptr::null_mut())
            })?,
            None => ptr::null_mut(),
        };
        // INVARIANT: a new directory's, or null because the parent's is, or there is no debugfs.
        Ok(Self {
            dentry,
            _parent: parent.cloned(),
        })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: by the invariant the directory is there, or the pointer is null, which C ignores. What
        // has a handle of its own in it has kept this from being dropped.
        unsafe { bindings::ferrite_debugfs_remove(self.dentry) };
    }
}

/// Makes a directory in another; null in null, which is where there is no debugfs.
///
/// # Safety
///
/// `parent` is there, or null.
unsafe fn make_dir(name: &CStr, parent: *mut bindings::dentry) -> Result<*mut bindings::dentry> {
    check_name(name)?;
    if parent.is_null() {
        return Ok(parent);
    }
    // SAFETY: the caller promises that the parent is there; the name is terminated.
    unsafe {
        check_free(name, parent)?;
        from_err_ptr(bindings::ferrite_debugfs_create_dir(name.as_ptr(), parent))
    }
}

/// Refuses a name that is taken before C logs it as an error.
///
/// # Safety
///
/// `parent` is there.
unsafe fn check_free(name: &CStr, parent: *mut bindings::dentry) -> Result {
    // SAFETY: the caller promises it; the name is terminated.
    if unsafe { bindings::ferrite_debugfs_exists(name.as_ptr(), parent) } {
        return Err(EEXIST);
    }
    Ok(())
}

/// A directory in debugfs.
///
/// It can be cloned; all clones are the same directory. What is made in it by way of [`ScopedDir`] is about
/// data that are never dropped.
///
/// ```
/// use kernel::debugfs::Dir;
/// use kernel::prelude::*;
/// use kernel::sync::atomic::Atomic;
///
/// static TOTAL: Atomic<u64> = Atomic::new(0);
///
/// let top = Dir::new(c"ferrite_dir")?;
/// top.read_only_file(c"total", &TOTAL)?;
/// let inner = top.subdir(c"inner")?;
/// // The outer directory stays as long as the inner one.
/// drop(top);
/// inner.read_write_file(c"total", &TOTAL)?;
/// assert_eq!(inner.clone().subdir(c"total").err(), Some(EEXIST));
/// # Ok::<(), Error>(())
/// ```
pub struct Dir {
    /// Refers to `entry`, which it does not outlive: it is not given away.
    inside: ScopedDir<'static, 'static>,
    entry: Arc<Entry>,
}

impl Dir {
    /// Makes a directory at the top of debugfs.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: nothing can have this name.
    /// - `ENAMETOOLONG`: the name has more than 255 bytes.
    /// - `EEXIST`: the name is taken; the kernel logs that.
    /// - `ENOMEM`.
    pub fn new(name: &CStr) -> Result<Self> {
        Self::of(Entry::new(name, None)?)
    }

    fn of(entry: Entry) -> Result<Self> {
        let entry = Arc::new(entry, GFP_KERNEL)?;
        Ok(Self::handle(entry))
    }

    fn handle(entry: Arc<Entry>) -> Self {
        // INVARIANT: the entry is kept as long as the handle.
        let inside = ScopedDir::of(entry.dentry);
        Self { inside, entry }
    }

    /// Makes a directory in this one, with a handle of its own: it goes before this one does.
    ///
    /// # Errors
    ///
    /// As [`Self::new`]; nothing is logged.
    pub fn subdir(&self, name: &CStr) -> Result<Self> {
        Self::of(Entry::new(name, Some(&self.entry))?)
    }

    /// As [`Scope::new`], in this directory.
    pub fn scope<T, E, F>(
        &self,
        name: &CStr,
        data: impl PinInit<T, E>,
        setup: F,
    ) -> impl PinInit<Scope<T>, Error>
    where
        T: Send + Sync + 'static,
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) -> Result,
        Error: From<E>,
    {
        Scope::make(name, Some(&self.entry), data, setup)
    }
}

impl Clone for Dir {
    fn clone(&self) -> Self {
        Self::handle(self.entry.clone())
    }
}

impl Deref for Dir {
    type Target = ScopedDir<'static, 'static>;

    fn deref(&self) -> &Self::Target {
        &self.inside
    }
}

/// A directory with the data that its files are about.
///
/// It dereferences to the data. Dropping it removes the directory, and then drops the data. The example of
/// [`kernel::debugfs`](crate::debugfs) has one.
///
/// # Invariants
///
/// Nothing in the directory refers to anything but `data` and what outlives it.
pub struct Scope<T> {
    /// Goes first.
    entry: Entry,
    data: T,
    _pin: PhantomPinned,
}

impl<T: Send + Sync + 'static> Scope<T> {
    /// An initialiser: makes the data, then a directory at the top of debugfs, and lets `setup` fill it.
    /// The files can be read before it returns.
    ///
    /// # Errors
    ///
    /// - As [`Dir::new`].
    /// - What `data` and `setup` say; what there was of the directory is removed.
    pub fn new<E, F>(name: &CStr, data: impl PinInit<T, E>, setup: F) -> impl PinInit<Self, Error>
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) -> Result,
        Error: From<E>,
    {
        Self::make(name, None, data, setup)
    }

    fn make<E, F>(
        name: &CStr,
        parent: Option<&Arc<Entry>>,
        data: impl PinInit<T, E>,
        setup: F,
    ) -> impl PinInit<Self, Error>
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) -> Result,
        Error: From<E>,
    {
        let fill = move |slot: *mut Self| {
            // SAFETY: the slot is memory for a scope that does not move.
            let data_slot = unsafe { &raw mut (*slot).data };
            // SAFETY: as above.
            unsafe { data.__pinned_init(data_slot) }?;
            let entry = Entry::new(name, parent).and_then(|entry| {
                // INVARIANT: the entry is there during the call.
                let dir = ScopedDir::of(entry.dentry);
                // SAFETY: the data are initialised, and stay where they are until the entry is gone.
                setup(unsafe { &*data_slot }, &dir)?;
                Ok(entry)
            });
            match entry {
                Ok(entry) => {
                    // SAFETY: the slot is memory for a scope.
                    unsafe { (&raw mut (*slot).entry).write(entry) };
                    Ok(())
                }
                Err(error) => {
                    // SAFETY: they were initialised, and the entry, if there was one, is gone.
                    unsafe { data_slot.drop_in_place() };
                    Err(error)
                }
            }
        };
        // SAFETY: the closure initialises both fields (the third has no size), or none, and says so.
        unsafe { pin_init_from_closure(fill) }
    }

    /// Whether it is there; not if debugfs is switched off.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.entry.dentry.is_null()
    }
}

impl<T> Deref for Scope<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}
