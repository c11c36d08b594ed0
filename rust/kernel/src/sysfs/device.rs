// SPDX-License-Identifier: GPL-2.0-only

//! Files in the directory of a device.

use core::ffi::CStr;

use pinned_init::PinInit;

use super::{Directory, Files, Node, Owner};
use crate::configfs::check_name;
use crate::device::{Bound, Device};
use crate::devres::Devres;
use crate::error::{Error, Result};

/// Files of a driver in the directory of a device that it is bound to, with the data that they are about.
///
/// They go, and then the data, when the device is unbound, or when this is dropped, whichever is first;
/// both wait for the reads and writes that are running. If they have a directory of their own it goes with
/// them.
///
/// C source of the semantics: `devm_device_add_group` in `drivers/base/core.c`.
///
/// # Examples
///
/// ```
/// use kernel::faux;
/// use kernel::prelude::*;
/// use kernel::sync::atomic::{Atomic, Relaxed};
/// use kernel::sysfs::DeviceFiles;
///
/// let registration = faux::Registration::new(c"ferrite-lamp", None)?;
/// let device = registration.device();
/// let files = DeviceFiles::new(device, Some(c"lamp"), Atomic::new(false), |lit, files| {
///     files.read_write_file(c"lit", lit)
/// })?;
/// files.access(device)?.store(true, Relaxed);
/// # Ok::<(), Error>(())
/// ```
pub struct DeviceFiles<T: Send + Sync + 'static>(Devres<Directory<T>>);

impl<T: Send + Sync + 'static> DeviceFiles<T> {
    /// Makes the data, lets `setup` choose the files, and then makes them: in a directory of that name, or
    /// without a name in the device's own. They can be used before it returns. User space that hears of
    /// the device's binding finds them if this is called by `probe`. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: nothing can have this name.
    /// - `ENAMETOOLONG`: the name has more than 255 bytes.
    /// - `EEXIST`: the name, or that of a file, is taken.
    /// - `ENOMEM`.
    /// - What `data` and `setup` say.
    pub fn new<E, F>(
        device: &Device<Bound>,
        name: Option<&'static CStr>,
        data: impl PinInit<T, E>,
        setup: F,
    ) -> Result<Self>
    where
        F: for<'data> FnOnce(&'data T, &mut Files<'data>) -> Result,
        Error: From<E>,
    {
        if let Some(name) = name {
            check_name(name)?;
        }
        let directory = Directory::with(Owner::Device, data, setup, |mut group| {
            if let Some(name) = name {
                group.set_name(name);
            }
            // SAFETY: a device that is bound is there; the reference is the node's.
            let kobj =
                unsafe { bindings::kobject_get(bindings::ferrite_sysfs_device(device.as_raw())) };
            // SAFETY:
            // - A device is in sysfs until it has been unbound, and `Devres` drops the node before.
            // - The files are about what `with` keeps as long as the node.
            unsafe { Node::attach(kobj, group) }
        });
        Ok(Self(Devres::new::<Error>(device, directory)?))
    }

    /// The data. Any context; they may be kept while sleeping.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the files are in another device.
    /// - `ENXIO`: the device was unbound since, and has been bound again.
    pub fn access<'a>(&'a self, device: &'a Device<Bound>) -> Result<&'a T> {
        self.0.access(device).map(|directory| &**directory)
    }

    /// Asks the conditions of [`Files::visible_if`] again: files come and go. May sleep.
    ///
    /// # Errors
    ///
    /// - `ENOMEM`: some files may be missing now.
    /// - Those of [`Self::access`].
    pub fn update(&self, device: &Device<Bound>) -> Result {
        self.0.access(device)?.update()
    }
}
