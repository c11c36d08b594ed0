// SPDX-License-Identifier: GPL-2.0-only

//! What C calls when a file is used.
//!
//! debugfs keeps the data of a file while one of these runs, but for `release`: that may come when the
//! data are gone.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::alloc::KVec;
use crate::alloc::flags::GFP_KERNEL;
use crate::attribute::call::{SeqShow, TextStore};
use crate::attribute::{Blob, BlobMut, Input, Output};
use crate::error::code::{EFBIG, EIO, ENOSPC};
use crate::error::{Result, to_c};
use crate::module::ThisModule;
use crate::seq_file::{SeqFile, SeqOperations, Walk};
use crate::uaccess::{UserPtr, UserSlice};

/// The mode of a file about a `D`, and its operations.
pub(super) struct Kind<D> {
    pub(super) mode: c_uint,
    pub(super) operations: &'static bindings::file_operations,
    _data: PhantomData<fn(&D)>,
}

impl<D> Kind<D> {
    const fn new(mode: c_uint, operations: &'static bindings::file_operations) -> Self {
        Self {
            mode,
            operations,
            _data: PhantomData,
        }
    }
}

const RO: c_uint = bindings::FERRITE_DEBUGFS_RO;
const WO: c_uint = bindings::FERRITE_DEBUGFS_WO;
const RW: c_uint = bindings::FERRITE_DEBUGFS_RW;

/// A table with nothing but the owner: debugfs refers to the module while a file is open.
const fn table() -> bindings::file_operations {
    // SAFETY: a table of pointers and flags, all of which may be zero.
    let mut table: bindings::file_operations = unsafe { core::mem::zeroed() };
    table.owner = ThisModule::ADDRESS;
    table
}

/// Sets `llseek`. On 32-bit x86 the bindings have no type for this member: rustc would call it wrongly.
const fn with_llseek(
    mut table: bindings::file_operations,
    llseek: unsafe extern "C" fn(),
) -> bindings::file_operations {
    let member = (&raw mut table.llseek).cast::<unsafe extern "C" fn()>();
    // SAFETY: the member is a pointer to a function, and C knows what kind this one is.
    unsafe { member.write(llseek) };
    table
}

/// The data of a file.
///
/// # Safety
///
/// The file is about a `D`.
unsafe fn of_file<D>(file: *const bindings::file) -> NonNull<D> {
    // SAFETY: the pointer comes from a reference, when the file was made.
    unsafe { NonNull::new_unchecked(bindings::ferrite_debugfs_file_private(file).cast()) }
}

/// What C gets for a number of bytes.
fn count(result: Result<usize>) -> isize {
    match result {
        // Not more than what was asked for, which C limits.
        Ok(count) => count.cast_signed(),
        Err(error) => error.to_errno() as isize,
    }
}

/// A file of text.
pub(super) struct Text<D, R, W>(PhantomData<(D, R, W)>);

impl<D, R: SeqShow<D>, W> Text<D, R, W> {
    pub(super) const READ: Kind<D> = Kind::new(RO, const { &Self::with_show(table()) });

    const fn with_show(table: bindings::file_operations) -> bindings::file_operations {
        let mut table = with_llseek(table, bindings::ferrite_seq_lseek);
        table.open = Some(Self::open);
        table.read = Some(bindings::seq_read);
        table.release = Some(bindings::single_release);
        table
    }

    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: the file is being opened; what C keeps for it goes with `single_release`.
        unsafe {
            let data = bindings::ferrite_debugfs_inode_private(inode);
            bindings::single_open(file, Some(Self::show), data)
        }
    }

    unsafe extern "C" fn show(seq: *mut bindings::seq_file, _: *mut c_void) -> c_int {
        // SAFETY: `open` has passed the data, which debugfs keeps now; the file is ours during the call.
        let (data, seq) = unsafe {
            let data: *const D = bindings::ferrite_seq_private(seq).cast();
            (&*data, SeqFile::from_raw(seq))
        };
        to_c(R::show(data, seq))
    }
}

impl<D, R, W: TextStore<D>> Text<D, R, W> {
    pub(super) const WRITE: Kind<D> = Kind::new(WO, const { &Self::with_store(table()) });

    const fn with_store(mut table: bindings::file_operations) -> bindings::file_operations {
        table.write = Some(Self::write);
        table
    }

    unsafe extern "C" fn write(
        file: *mut bindings::file,
        from: *const c_char,
        len: usize,
        pos: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: the file is about a `D`, which debugfs keeps now; the offset is the file's.
        let (data, pos) = unsafe { (of_file::<D>(file).as_ref(), &mut *pos) };
        count(take(from, len, pos, |input| W::store(data, input)))
    }
}

impl<D, R: SeqShow<D>, W: TextStore<D>> Text<D, R, W> {
    pub(super) const READ_WRITE: Kind<D> =
        Kind::new(RW, const { &Self::with_store(Self::with_show(table())) });
}

/// Hands a text of a program's over.
fn take(
    from: *const c_char,
    len: usize,
    pos: &mut bindings::loff_t,
    store: impl FnOnce(Input<'_>) -> Result,
) -> Result<usize> {
    if len >= Output::CAPACITY {
        return Err(EFBIG);
    }
    let mut text = KVec::new();
    text.reserve(len.wrapping_add(1), GFP_KERNEL)?;
    UserSlice::new(UserPtr::from_ptr(from.cast_mut().cast()), len)
        .read_all(&mut text, GFP_KERNEL)?;
    text.push(0, GFP_KERNEL)?;
    // SAFETY: there are `len` bytes and a zero byte behind them, which nobody else knows.
    store(unsafe { Input::from_raw(text.as_ptr().cast(), len) })?;
    *pos = pos.wrapping_add(len as bindings::loff_t);
    Ok(len)
}

/// A file of a list.
pub(super) struct Lines<D>(PhantomData<D>);

impl<D: SeqOperations> Lines<D> {
    pub(super) const READ: Kind<D> = Kind::new(RO, const { &Self::table() });

    const fn table() -> bindings::file_operations {
        let mut table = with_llseek(table(), bindings::ferrite_seq_lseek);
        table.open = Some(Self::open);
        table.read = Some(bindings::seq_read);
        table.release = Some(Walk::<D>::release);
        table
    }

    unsafe extern "C" fn open(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: the file is about a `D`, which debugfs keeps whenever it is read.
        unsafe { Walk::<D>::open(file, of_file(file)) }
    }
}

/// A file of bytes.
pub(super) struct Bytes<D>(PhantomData<D>);

/// The part of some bytes that a file's offset is at.
fn at(pos: bindings::loff_t) -> usize {
    usize::try_from(pos).unwrap_or(usize::MAX)
}

/// Moves an offset on.
fn on(pos: &mut bindings::loff_t, result: Result<usize>) -> isize {
    if let Ok(len) = result {
        *pos = pos.wrapping_add(len as bindings::loff_t);
    }
    count(result)
}

impl<D: Blob> Bytes<D> {
    pub(super) const READ: Kind<D> = Kind::new(RO, const { &Self::with_read(table()) });

    const fn with_read(table: bindings::file_operations) -> bindings::file_operations {
        let mut table = with_llseek(table, bindings::ferrite_debugfs_lseek);
        table.read = Some(Self::read);
        table
    }

    unsafe extern "C" fn read(
        file: *mut bindings::file,
        to: *mut c_char,
        len: usize,
        pos: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: the file is about a `D`, which debugfs keeps now; the offset is the file's.
        let (data, pos) = unsafe { (of_file::<D>(file).as_ref(), &mut *pos) };
        let user = UserSlice::new(UserPtr::from_ptr(to.cast()), len);
        let result = data.with_bytes(|bytes| {
            let rest = bytes.get(at(*pos)..).unwrap_or_default();
            let part = rest.get(..len).unwrap_or(rest);
            user.writer().write_slice(part)?;
            Ok(part.len())
        });
        on(pos, result)
    }
}

impl<D: BlobMut> Bytes<D> {
    pub(super) const READ_WRITE: Kind<D> =
        Kind::new(RW, const { &Self::with_write(Self::with_read(table())) });

    const fn with_write(mut table: bindings::file_operations) -> bindings::file_operations {
        table.write = Some(Self::write);
        table
    }

    unsafe extern "C" fn write(
        file: *mut bindings::file,
        from: *const c_char,
        len: usize,
        pos: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: the file is about a `D`, which debugfs keeps now; the offset is the file's.
        let (data, pos) = unsafe { (of_file::<D>(file).as_ref(), &mut *pos) };
        let user = UserSlice::new(UserPtr::from_ptr(from.cast_mut().cast()), len);
        let result = data.with_bytes_mut(|bytes| {
            let rest = bytes.get_mut(at(*pos)..).unwrap_or_default();
            let fits = len.min(rest.len());
            if fits == 0 && len > 0 {
                return Err(ENOSPC);
            }
            let part = rest.get_mut(..fits).ok_or(EIO)?;
            user.reader().read_slice(part)?;
            Ok(fits)
        });
        on(pos, result)
    }
}
