// SPDX-License-Identifier: GPL-2.0-only

//! The ioctls of `/dev/pages_sample`.

use kernel::current;
use kernel::fs::file::flags::O_CLOEXEC;
use kernel::fs::{File, FileDescriptorReservation, LocalFile};
use kernel::ioctl::{Dispatch, Io, IoR, IoW, IoWR};
use kernel::mm::virt::VmaRef;
use kernel::page::PAGE_SIZE;
use kernel::prelude::*;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::Store;

/// A part of a program's memory. Its words are as wide as the program's pointers: hence a 32-bit program
/// has ioctls of its own on a 64-bit kernel.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Span {
    start: usize,
    end: usize,
}

/// The same, for 32-bit programs.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Span32 {
    start: u32,
    end: u32,
}

/// Who asks, laid out alike for all programs.
#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Who {
    /// The process, by its number in its own namespace, and how deep that lies.
    process: i32,
    level: u32,
    /// Whom it acts for, and who opened the file, by their numbers in the namespace of who asks.
    user: u32,
    opener: u32,
}

/// The area in which `start` lies.
const AREA: IoWR<Span> = IoWR::new(b'p', 1);
const AREA_32: IoWR<Span32> = IoWR::new(b'p', 1);
/// Takes pages out of the program's memory, as `MADV_DONTNEED` does. Those of this file come anew, for
/// whoever touches them next.
const FORGET: IoW<Span> = IoW::new(b'p', 2);
const FORGET_32: IoW<Span32> = IoW::new(b'p', 2);
/// Another descriptor for the same open file.
const AGAIN: Io = Io::new(b'p', 3);
/// Whether a descriptor is one for the same open file: 1 or 0.
const SAME: IoW<u32> = IoW::new(b'p', 4);
/// Who asks.
const WHO: IoR<Who> = IoR::new(b'p', 5);

pub(crate) fn native(store: &Store, file: &File, cmd: u32, arg: usize) -> Result<isize> {
    Dispatch::new(cmd, arg)
        .read_write(AREA, |span| area(span.start))
        .write(FORGET, |span| forget(store, file, span))
        .none(AGAIN, || again(file))
        .write(SAME, |fd| same(file, fd))
        .read(WHO, || who(file))
        .end()
}

/// What 32-bit programs lay out otherwise; the rest is as for all.
pub(crate) fn compat(store: &Store, file: &File, cmd: u32, arg: usize) -> Result<isize> {
    if ![AREA_32.number(), FORGET_32.number()].contains(&cmd) {
        return native(store, file, cmd, arg);
    }
    Dispatch::new(cmd, arg)
        .read_write(AREA_32, |span| {
            let found = area(span.start as usize)?;
            Ok(Span32 {
                start: found.start.try_into()?,
                end: found.end.try_into()?,
            })
        })
        .write(FORGET_32, |span| {
            let (start, end) = (span.start as usize, span.end as usize);
            forget(store, file, Span { start, end })
        })
        .end()
}

/// Calls `work` with the area that an address is in, which stays as it is meanwhile. `EFAULT` if there is none.
fn with_area<R>(address: usize, work: impl FnOnce(&VmaRef) -> R) -> Result<R> {
    let me = current!();
    let mm = me.mm().ok_or(ESRCH)?;
    // Mostly nobody is changing it, and its own lock is enough.
    if let Some(area) = mm.lock_vma_under_rcu(address) {
        return Ok(work(&area));
    }
    let areas = mm.mmap_read_lock();
    areas.vma_lookup(address).map(work).ok_or(EFAULT)
}

fn area(address: usize) -> Result<Span> {
    with_area(address, |area| Span {
        start: area.start(),
        end: area.end(),
    })
}

fn forget(store: &Store, file: &File, span: Span) -> Result<isize> {
    let size = span.end.checked_sub(span.start).ok_or(EINVAL)?;
    let ours = with_area(span.start, |area| {
        area.zap_vma_range(span.start, size)?;
        let inside = span.start.wrapping_sub(area.start()) / PAGE_SIZE;
        let first = area.pgoff().saturating_add(inside);
        Ok::<_, Error>(area.is_mapping_of(file).then_some(first))
    })??;
    if let Some(first) = ours {
        store.forget(first..first.saturating_add(size / PAGE_SIZE));
    }
    Ok(0)
}

fn again(file: &File) -> Result<isize> {
    let reserved = FileDescriptorReservation::get_unused_fd_flags(O_CLOEXEC)?;
    let fd = isize::try_from(reserved.reserved_fd())?;
    // From here on the program has it.
    reserved.fd_install(file.into());
    Ok(fd)
}

fn same(file: &File, fd: u32) -> Result<isize> {
    let other = LocalFile::fget(fd)?;
    Ok(isize::from(core::ptr::eq::<LocalFile>(&*other, &**file)))
}

fn who(file: &File) -> Result<Who> {
    let me = current!();
    let namespace = me.get_pid_ns().ok_or(ESRCH)?;
    Ok(Who {
        process: me.tgid_nr_ns(&namespace),
        level: namespace.level(),
        user: me.euid().into_uid_in_current_ns(),
        opener: file.cred().euid().into_uid_in_current_ns(),
    })
}
