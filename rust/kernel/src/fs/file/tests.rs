// SPDX-License-Identifier: GPL-2.0-only

use core::ffi::CStr;
use core::ptr::NonNull;

use super::{File, FileDescriptorReservation, LocalFile, flags};
use crate::alloc::KVec;
use crate::alloc::flags::GFP_KERNEL;
use crate::cred::{Capability, Kuid};
use crate::error::code::{EMFILE, ENOENT};
use crate::error::{Result, from_err_ptr};
use crate::ktest::kernel_test;
use crate::sync::ARef;

/// Opens a file as a program would.
pub(crate) fn open(path: &CStr, how: u32) -> Result<ARef<File>> {
    // SAFETY: the path is terminated.
    let file =
        from_err_ptr(unsafe { bindings::filp_open(path.as_ptr(), how.cast_signed(), 0o600) })?;
    // SAFETY: no error, so there is a file, and a reference for us; nobody else knows it.
    Ok(unsafe { ARef::from_raw(NonNull::new_unchecked(file).cast()) })
}

#[kernel_test]
fn a_file_says_how_it_was_opened() -> Result {
    let file = open(c"/dev/null", flags::O_RDONLY | flags::O_NONBLOCK)?;
    assert_eq!(file.flags() & flags::O_ACCMODE, flags::O_RDONLY);
    assert!(file.is_readable() && !file.is_writable() && file.is_nonblocking());
    assert_eq!(file.pos(), 0);
    assert_eq!(file.cred().euid(), Kuid::current_euid());
    assert!(file.opener_capable(Capability::SYS_ADMIN));
    let file = open(c"/dev/null", flags::O_WRONLY | flags::O_APPEND)?;
    assert!(!file.is_readable() && file.is_writable() && !file.is_nonblocking());
    assert_ne!(file.flags() & flags::O_APPEND, 0);
    Ok(())
}

#[kernel_test]
fn the_open_flags_are_distinct() {
    use flags::*;
    let all = [
        O_WRONLY,
        O_RDWR,
        O_CREAT,
        O_EXCL,
        O_TRUNC,
        O_APPEND,
        O_NONBLOCK,
        O_DSYNC,
        O_DIRECT,
        O_LARGEFILE,
        O_CLOEXEC,
        O_PATH,
    ];
    let mut seen = 0;
    for flag in all {
        // On 64-bit machines user space does not see O_LARGEFILE, but the kernel has it.
        assert_eq!((flag.count_ones(), seen & flag), (1, 0));
        seen |= flag;
    }
    assert_eq!(O_ACCMODE, O_RDONLY | O_WRONLY | O_RDWR);
    assert_eq!(O_SYNC & O_DSYNC, O_DSYNC);
}

#[kernel_test]
fn an_installed_file_is_found_by_its_number_and_closed_with_it() -> Result {
    let file = open(c"/dev/null", flags::O_RDWR)?;
    let reserved = FileDescriptorReservation::get_unused_fd_flags(flags::O_CLOEXEC)?;
    let fd = reserved.reserved_fd();
    reserved.fd_install(file.clone());
    let found = LocalFile::fget(fd)?;
    assert_eq!(found.as_ptr(), file.as_ptr());
    // SAFETY: no operation on the offset of this file is going on in this thread.
    let found = unsafe { LocalFile::assume_no_fdget_pos(found) };
    assert!(found.is_writable());
    drop(found);
    // SAFETY: the number is ours.
    unsafe { bindings::close_fd(fd) };
    assert!(LocalFile::fget(fd).is_err());
    // The file itself is still open for us.
    assert!(file.is_readable());
    Ok(())
}

#[kernel_test]
fn a_process_has_only_so_many_numbers() -> Result {
    let mut reserved = KVec::new();
    let error = loop {
        match FileDescriptorReservation::get_unused_fd_flags(0) {
            Ok(number) => reserved.push(number, GFP_KERNEL)?,
            Err(error) => break error,
        }
    };
    assert_eq!(error, EMFILE);
    // One that is given back can be had again.
    let last = reserved.pop().ok_or(ENOENT)?;
    let number = last.reserved_fd();
    drop(last);
    let again = FileDescriptorReservation::get_unused_fd_flags(0)?;
    assert_eq!(again.reserved_fd(), number);
    Ok(())
}
