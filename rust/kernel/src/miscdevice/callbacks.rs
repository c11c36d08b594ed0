// SPDX-License-Identifier: GPL-2.0-only

//! The callbacks through which C asks a driver.

use core::ffi::{c_int, c_long, c_uint, c_ulong, c_void};
use core::marker::PhantomData;
use core::mem::offset_of;
use core::sync::atomic::Ordering;

use super::{Gate, MiscDevice, MiscDeviceRegistration, Seek};
use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::code::{EINVAL, ENODEV};
use crate::error::{Result, to_c};
use crate::fs::{File, Kiocb};
use crate::iov::{IovIterDest, IovIterSource};
use crate::mm::virt::VmaNew;
use crate::module::ThisModule;
use crate::seq_file::SeqFile;
use crate::sync::Arc;
use crate::sync::poll::{Events, PollTable};
use crate::types::ForeignOwnable;

/// A table of file operations.
#[repr(transparent)]
pub(super) struct Table(bindings::file_operations);

// SAFETY: it is never written.
unsafe impl Sync for Table {}

impl Table {
    pub(super) fn as_ptr(&'static self) -> *const bindings::file_operations {
        &raw const self.0
    }
}

/// What the file's private data are: the driver's, and what we need to get at them.
#[repr(C)]
struct Open {
    /// For C: has to be first.
    head: bindings::ferrite_misc_open,
    /// From `T::Ptr::into_foreign`.
    private: *mut c_void,
    gate: Arc<Gate>,
}

/// What C gets for a number of bytes.
fn count(result: Result<usize>) -> isize {
    match result {
        Ok(count) => isize::try_from(count).unwrap_or(isize::MAX),
        Err(error) => error.to_errno() as isize,
    }
}

pub(super) struct Callbacks<T>(PhantomData<T>);

impl<T: MiscDevice> Callbacks<T> {
    pub(super) const TABLE: &'static Table = &Table({
        // SAFETY: a table of pointers and flags, all of which may be zero.
        let mut table: bindings::file_operations = unsafe { core::mem::zeroed() };
        table.owner = ThisModule::ADDRESS;
        table.open = Some(Self::open);
        table.release = Some(Self::release);
        if T::HAS_READ_ITER {
            table.read_iter = Some(Self::read_iter);
            table.splice_read = Some(bindings::ferrite_misc_splice_read);
        }
        if T::HAS_WRITE_ITER {
            table.write_iter = Some(Self::write_iter);
            table.splice_write = Some(bindings::ferrite_misc_splice_write);
        }
        if T::HAS_LLSEEK {
            let llseek: unsafe extern "C" fn() = bindings::ferrite_misc_llseek;
            // On 32-bit x86 the bindings have no type for this member: rustc would call it
            // wrongly.
            let member = (&raw mut table.llseek).cast::<unsafe extern "C" fn()>();
            // SAFETY: the member is a pointer to a function, and C knows what kind this one is.
            unsafe { member.write(llseek) };
        }
        if T::HAS_POLL {
            table.poll = Some(Self::poll);
        }
        if T::HAS_IOCTL {
            table.unlocked_ioctl = Some(Self::ioctl);
        }
        if T::HAS_IOCTL || T::HAS_COMPAT_IOCTL {
            table.compat_ioctl = Some(Self::compat_ioctl);
        }
        if T::HAS_SHOW_FDINFO {
            table.show_fdinfo = Some(Self::show_fdinfo);
        }
        if T::HAS_MMAP {
            table.mmap = Some(Self::mmap);
        }
        table
    });

    /// What the driver keeps for an open file, if the device is still there.
    ///
    /// # Safety
    ///
    /// The file was opened by `open` below, and is not released during `'a`.
    unsafe fn live<'a>(file: *mut bindings::file) -> Result<&'a Open> {
        // SAFETY: `open` has set the private data, and `release` frees them.
        let open = unsafe { &*bindings::ferrite_file_private(file).cast::<Open>() };
        if !open.gate.0.load(Ordering::Acquire) {
            return Err(ENODEV);
        }
        Ok(open)
    }

    /// The file, and what the driver keeps for it.
    ///
    /// # Safety
    ///
    /// As [`Self::live`], and the operation does not use the file's offset, or has locked it.
    unsafe fn device<'a>(
        file: *mut bindings::file,
    ) -> Result<(<T::Ptr as ForeignOwnable>::Borrowed<'a>, &'a File)> {
        // SAFETY: the caller promises it.
        let open = unsafe { Self::live(file) }?;
        // SAFETY:
        // - the driver's data are taken back by `release` only;
        // - the file is open, and its offset is as `File` wants it.
        unsafe { Ok((T::Ptr::borrow(open.private), File::from_raw_file(file))) }
    }

    /// # Safety
    ///
    /// `file` is being opened for a device of `T` that is registered until this returns.
    unsafe fn try_open(file: *mut bindings::file) -> Result {
        // SAFETY: the misc core has put the device there.
        let misc = unsafe { bindings::ferrite_file_private(file) };
        let registration = misc.wrapping_byte_sub(offset_of!(MiscDeviceRegistration<T>, misc));
        // SAFETY: the device is the member of a registration, all of whose members are initialised
        // before it.
        let registration = unsafe { &*registration.cast::<MiscDeviceRegistration<T>>() };
        let memory = KBox::<Open>::new_uninit(GFP_KERNEL)?;
        // SAFETY: the file is open enough, and nobody else knows it.
        let device = T::open(unsafe { File::from_raw_file(file) }, registration)?;
        let mut memory = memory;
        memory.write(Open {
            head: bindings::ferrite_misc_open {
                llseek: Some(Self::llseek),
            },
            private: device.into_foreign(),
            gate: registration.gate.clone(),
        });
        // SAFETY: it has just been written; the file is ours to set up.
        unsafe {
            bindings::ferrite_file_set_private(file, memory.assume_init().into_raw().cast());
        }
        Ok(())
    }

    unsafe extern "C" fn open(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: the misc core calls this under its lock, which deregistering takes as well.
        to_c(unsafe { Self::try_open(file) })
    }

    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open` has put a box there; C calls this once, after every other operation.
        let open = unsafe { KBox::from_raw(bindings::ferrite_file_private(file).cast::<Open>()) };
        // SAFETY: the data come from `into_foreign`, and nobody borrows them any more.
        let device = unsafe { T::Ptr::from_foreign(open.private) };
        // SAFETY: the file is there until this returns, and nobody else uses it.
        T::release(device, unsafe { File::from_raw_file(file) });
        0
    }

    unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY:
        // - the control block is valid, and of a file that `open` has set up;
        // - the iterator is a destination, and ours during the call.
        let (open, mut to) = unsafe {
            let file = bindings::ferrite_kiocb_file(kiocb);
            (Self::live(file), IovIterDest::from_raw(iter))
        };
        count(open.and_then(|open| {
            // SAFETY: the control block is ours during the call; the data are the file's.
            T::read_iter(unsafe { Kiocb::from_raw(kiocb, open.private) }, &mut to)
        }))
    }

    unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY:
        // - the control block is valid, and of a file that `open` has set up;
        // - the iterator is a source, and ours during the call.
        let (open, mut from) = unsafe {
            let file = bindings::ferrite_kiocb_file(kiocb);
            (Self::live(file), IovIterSource::from_raw(iter))
        };
        count(open.and_then(|open| {
            // SAFETY: the control block is ours during the call; the data are the file's.
            T::write_iter(unsafe { Kiocb::from_raw(kiocb, open.private) }, &mut from)
        }))
    }

    unsafe extern "C" fn llseek(
        file: *mut bindings::file,
        offset: *mut bindings::loff_t,
        whence: c_int,
    ) {
        // SAFETY: C calls this with a file that `open` has set up, and locks its offset.
        let device = unsafe { Self::device(file) };
        // SAFETY: the offset is a variable of the caller's.
        let offset = unsafe { &mut *offset };
        let result =
            device.and_then(|(device, file)| T::llseek(device, Seek::new(file, *offset, whence)));
        *offset = match result {
            Ok(new) if new >= 0 => new,
            Ok(_) => i64::from(EINVAL.to_errno()),
            Err(error) => i64::from(error.to_errno()),
        };
    }

    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> bindings::__poll_t {
        // SAFETY: C calls this with a file that `open` has set up; polling does not use the offset.
        let Ok((device, _)) = (unsafe { Self::device(file) }) else {
            return (Events::ERR | Events::HUP).bits();
        };
        // SAFETY: the table is C's for this file. `device` is borrowed from what is there until
        // the file's release, for a lifetime that `T::poll` knows nothing about but its name.
        let table = unsafe { PollTable::from_raw(table, file) };
        T::poll(device, &table).bits()
    }

    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        // SAFETY: C calls this with a file that `open` has set up; an ioctl does not use the offset.
        let result = unsafe { Self::device(file) }
            .and_then(|(device, file)| T::ioctl(device, file, cmd, arg as usize));
        Self::answer(result)
    }

    unsafe extern "C" fn compat_ioctl(
        file: *mut bindings::file,
        cmd: c_uint,
        arg: c_ulong,
    ) -> c_long {
        // SAFETY: as above.
        let result = unsafe { Self::device(file) }.and_then(|(device, file)| {
            if T::HAS_COMPAT_IOCTL {
                T::compat_ioctl(device, file, cmd, arg as usize)
            } else {
                // C's compat_ptr(): a pointer of a 32-bit program.
                #[allow(clippy::identity_op, reason = "on a 32-bit machine it is all of it")]
                let pointer = (arg & 0xffff_ffff) as usize;
                T::ioctl(device, file, cmd, pointer)
            }
        });
        Self::answer(result)
    }

    fn answer(result: Result<isize>) -> c_long {
        match result {
            Ok(value) => value as c_long,
            Err(error) => c_long::from(error.to_errno()),
        }
    }

    unsafe extern "C" fn show_fdinfo(seq: *mut bindings::seq_file, file: *mut bindings::file) {
        // SAFETY: C calls this with a file that `open` has set up, and does not use the offset.
        let Ok((device, file)) = (unsafe { Self::device(file) }) else {
            return;
        };
        // SAFETY: the file that is read is ours during the call.
        T::show_fdinfo(device, unsafe { SeqFile::from_raw(seq) }, file);
    }

    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: C calls this with a file that `open` has set up; mmap does not use the offset.
        let device = unsafe { Self::device(file) };
        to_c(device.and_then(|(device, file)| {
            // SAFETY: C calls this with a new area, and gets what this returns.
            unsafe { VmaNew::offer(vma, |vma| T::mmap(device, file, vma)) }
        }))
    }
}
