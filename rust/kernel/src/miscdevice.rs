// SPDX-License-Identifier: GPL-2.0-only

//! Misc devices: one character device with a name, `/dev/<name>`, and its operations.
//!
//! A driver implements [`MiscDevice`] and keeps a [`MiscDeviceRegistration`]. Each `open` gives a
//! value, [`MiscDevice::Ptr`], which the operations on that open file get, and which is dropped when the
//! file is closed for the last time.
//!
//! When the registration is dropped the name goes away, and the operations on files that are still
//! open fail with `ENODEV`. Those that are running run on: what they use is theirs by reference.
//! The module stays loaded as long as a file is open.
//!
//! C header: `include/linux/miscdevice.h`.
//!
//! Consumers: `samples/misc`, `samples/pages` (`compat_ioctl`).

mod callbacks;
mod seek;
#[cfg(feature = "ktest")]
pub(crate) mod testing;
#[cfg(feature = "ktest")]
mod tests;

pub use seek::{Seek, Whence};

use core::ffi::CStr;
use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};

use pinned_init::{PinInit, pin_data, pin_init_from_closure, pinned_drop, try_pin_init};

use crate::alloc::flags::GFP_KERNEL;
use crate::error::code::{EINVAL, ENOTTY, ESPIPE};
use crate::error::{Error, Result, to_result};
use crate::fs::{File, Kiocb};
use crate::iov::{IovIterDest, IovIterSource};
use crate::mm::virt::VmaNew;
use crate::seq_file::SeqFile;
use crate::sync::poll::{Events, PollTable};
use crate::sync::{Arc, ArcBorrow};
use crate::sysfs::{Files, Group, Owner};
use crate::types::{ForeignOwnable, Opaque};
use crate::vtable;

/// What is chosen when a device is registered.
#[derive(Debug, Clone, Copy)]
pub struct MiscDeviceOptions {
    /// The name: that of the node in `/dev`.
    pub name: &'static CStr,
    /// The permissions of the node, for example `0o600`; 0 for the kernel's default, which is that.
    pub mode: u16,
}

/// A driver's operations on its device.
///
/// Only those that are implemented exist: without `read_iter` a `read(2)` is `EINVAL`, without `ioctl`
/// every ioctl is `ENOTTY`, without `mmap` it is `ENODEV`, without `llseek` it is `ESPIPE`, and
/// without `poll` the file is always ready. A device that reads can also be spliced from, one that
/// writes be spliced to, as `sendfile(2)` does. All of them run in process context and may sleep,
/// several at once.
#[vtable]
pub trait MiscDevice: Sized + 'static {
    /// What belongs to one open file.
    type Ptr: ForeignOwnable + Send + Sync;

    /// What belongs to the device; `()` if there is nothing.
    type Data: Send + Sync + 'static;

    /// The device is opened. While this runs, no other misc device can be opened or registered: do
    /// neither here.
    ///
    /// # Errors
    ///
    /// What the driver says; `open(2)` fails with that errno.
    fn open(file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr>;

    /// The file is closed for the last time. Runs also when the registration is gone.
    fn release(device: Self::Ptr, _file: &File) {
        drop(device);
    }

    /// `read(2)` and its like: writes to `to`, moves the offset on, and returns how many bytes that
    /// were; none at the end.
    ///
    /// # Errors
    ///
    /// What the driver says, if nothing was read.
    fn read_iter(_kiocb: Kiocb<'_, Self::Ptr>, _to: &mut IovIterDest<'_>) -> Result<usize> {
        Err(EINVAL)
    }

    /// `write(2)` and its like: reads from `from`, moves the offset on, and returns how many bytes
    /// that were.
    ///
    /// # Errors
    ///
    /// What the driver says, if nothing was written.
    fn write_iter(_kiocb: Kiocb<'_, Self::Ptr>, _from: &mut IovIterSource<'_>) -> Result<usize> {
        Err(EINVAL)
    }

    /// `lseek(2)`: returns the new offset.
    ///
    /// # Errors
    ///
    /// What the driver says.
    fn llseek(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _seek: Seek<'_>,
    ) -> Result<i64> {
        Err(ESPIPE)
    }

    /// `poll(2)` and its like: registers where the caller will be told of changes, then says what is
    /// possible now.
    fn poll<'a>(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'a>,
        _table: &PollTable<'a>,
    ) -> Events {
        Events::IN | Events::OUT
    }

    /// `ioctl(2)`; see [`ioctl`](crate::ioctl) for the numbers.
    ///
    /// # Errors
    ///
    /// What the driver says; `ENOTTY` for a number that it does not know.
    fn ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        Err(ENOTTY)
    }

    /// `ioctl(2)` of a 32-bit program on a 64-bit kernel. Without it such an ioctl goes to
    /// [`Self::ioctl`], with a pointer as its argument: right for types that are laid out alike.
    ///
    /// # Errors
    ///
    /// As [`Self::ioctl`].
    fn compat_ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        Err(ENOTTY)
    }

    /// What `/proc/<pid>/fdinfo/<fd>` says of the file, after what the kernel says of every file. Whole
    /// lines.
    fn show_fdinfo(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _seq: &SeqFile,
        _file: &File,
    ) {
    }

    /// `mmap(2)`.
    ///
    /// # Errors
    ///
    /// What the driver says; then nothing is mapped.
    fn mmap(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _vma: &VmaNew<'_>,
    ) -> Result {
        Err(EINVAL)
    }
}

/// Whether a device is still registered, shared with its open files.
struct Gate(AtomicBool);

/// A device that is registered. It goes when this is dropped, which waits for an `open` that is
/// running.
///
/// # Invariants
///
/// `misc` is registered, with operations for `T`.
#[pin_data(PinnedDrop)]
pub struct MiscDeviceRegistration<T: MiscDevice> {
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    gate: Arc<Gate>,
    /// Files in the device's directory in sysfs, about `data`.
    _files: Option<Group>,
    data: Arc<T::Data>,
    _driver: PhantomData<T>,
}

// SAFETY: a device may be removed on any CPU; its data may be sent and shared.
unsafe impl<T: MiscDevice> Send for MiscDeviceRegistration<T> {}
// SAFETY: what a shared one offers may be used on any CPU.
unsafe impl<T: MiscDevice> Sync for MiscDeviceRegistration<T> {}

impl<T: MiscDevice> MiscDeviceRegistration<T> {
    /// An initialiser that registers a device. Files may be opened before it returns. May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: there is a device of that name; the kernel logs where.
    /// - `EBUSY`: there is no minor number left.
    /// - `ENOMEM`.
    pub fn register(options: MiscDeviceOptions, data: Arc<T::Data>) -> impl PinInit<Self, Error> {
        Self::make(options, data, |_| Ok(None))
    }

    /// As [`Self::register`], with files in the device's directory in sysfs, which are there before user
    /// space hears of the device. They go with the registration.
    ///
    /// # Errors
    ///
    /// As [`Self::register`], and what `setup` says. A file with a name that the device has by itself
    /// (`dev`, `uevent`, `power`) is `EEXIST`, with a trace in the log.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::fs::File;
    /// # use kernel::prelude::*;
    /// # use kernel::miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration};
    /// # use kernel::sync::Arc;
    /// # use kernel::sync::atomic::Atomic;
    /// # struct Device;
    /// # struct State {
    /// #     opened: Atomic<u32>,
    /// # }
    /// # #[vtable]
    /// # impl MiscDevice for Device {
    /// #     type Ptr = ();
    /// #     type Data = State;
    /// #     fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let state = Arc::new(State { opened: Atomic::new(0) }, GFP_KERNEL)?;
    /// let options = MiscDeviceOptions {
    ///     name: c"ferrite-example",
    ///     mode: 0o600,
    /// };
    /// let device = MiscDeviceRegistration::<Device>::register_with_files(
    ///     options,
    ///     state,
    ///     // /sys/class/misc/ferrite-example/opened
    ///     |state, files| files.read_only_file(c"opened", &state.opened),
    /// );
    /// let device = KBox::pin_init(device, GFP_KERNEL)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn register_with_files<F>(
        options: MiscDeviceOptions,
        data: Arc<T::Data>,
        setup: F,
    ) -> impl PinInit<Self, Error>
    where
        F: for<'data> FnOnce(&'data T::Data, &mut Files<'data>) -> Result,
    {
        // The data stay where they are as long as the registration, which goes before they do.
        Self::make(options, data, |data| {
            Group::new(Owner::Device, |files| setup(data, files)).map(Some)
        })
    }

    fn make(
        options: MiscDeviceOptions,
        data: Arc<T::Data>,
        files: impl FnOnce(&T::Data) -> Result<Option<Group>>,
    ) -> impl PinInit<Self, Error> {
        let init = move |slot: *mut Self| {
            let files = files(&data)?;
            // SAFETY: the slot is memory for a registration that does not move.
            unsafe { Self::with(options, data, files).__pinned_init(slot) }
        };
        // SAFETY: it initialises the memory, or fails, as what it calls does.
        unsafe { pin_init_from_closure(init) }
    }

    fn with(
        options: MiscDeviceOptions,
        data: Arc<T::Data>,
        files: Option<Group>,
    ) -> impl PinInit<Self, Error> {
        let groups = files.as_ref().map_or(core::ptr::null_mut(), Group::list);
        try_pin_init!(Self {
            gate: Arc::new(Gate(AtomicBool::new(true)), GFP_KERNEL)?,
            _files: files,
            data,
            _driver: PhantomData,
            // Last: files may be opened from here on.
            // SAFETY: the closure either registers the device in the memory that it is given, or
            // fails and leaves it unused.
            misc <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::miscdevice>| {
                    to_result(bindings::ferrite_misc_register(
                        slot.cast(),
                        options.name.as_ptr(),
                        u32::from(options.mode),
                        callbacks::Callbacks::<T>::TABLE.as_ptr(),
                        groups,
                    ))
                })
            },
        }? Error)
    }

    /// What belongs to the device.
    #[must_use]
    pub fn data(&self) -> ArcBorrow<'_, T::Data> {
        self.data.as_borrow()
    }

    /// The device's minor number, which the kernel has chosen.
    #[must_use]
    pub fn minor(&self) -> u32 {
        // SAFETY: by the invariant it is registered, so the number does not change.
        unsafe { bindings::ferrite_misc_minor(self.misc.get()) }.cast_unsigned()
    }
}

#[pinned_drop]
impl<T: MiscDevice> PinnedDrop for MiscDeviceRegistration<T> {
    fn drop(self: Pin<&mut Self>) {
        self.gate.0.store(false, Ordering::Release);
        // SAFETY: by the invariant it is registered, and this is the end of it.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}
