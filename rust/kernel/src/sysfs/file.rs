// SPDX-License-Identifier: GPL-2.0-only

//! What C calls when a file is used. sysfs keeps the file, and so its data, while one of these runs.

use core::ffi::{c_char, c_uint, c_void};
use core::marker::PhantomData;

use crate::attribute::call::{Call, PageShow, TextStore};
use crate::attribute::{Blob, BlobMut, Input, Output};
use crate::error::Result;
use crate::error::code::{EFBIG, ENOSPC, EOVERFLOW};

/// The mode of a file about a `D`, and what is done for it.
pub(super) struct Kind<D> {
    pub(super) mode: c_uint,
    pub(super) ops: bindings::ferrite_sysfs_ops,
    _data: PhantomData<fn(&D)>,
}

const NONE: bindings::ferrite_sysfs_ops = bindings::ferrite_sysfs_ops {
    show: None,
    store: None,
    read: None,
    write: None,
};

impl<D> Kind<D> {
    const fn new(mode: c_uint, ops: bindings::ferrite_sysfs_ops) -> Self {
        Self {
            mode,
            ops,
            _data: PhantomData,
        }
    }
}

/// What C gets for a number of bytes.
fn count(result: Result<usize>) -> isize {
    match result {
        // Not more than a page.
        Ok(count) => count.cast_signed(),
        Err(error) => error.to_errno() as isize,
    }
}

/// A file of text.
pub(super) struct Text<D, R, W>(PhantomData<(D, R, W)>);

impl<D, R: PageShow<D>, W> Text<D, R, W> {
    pub(super) const READ: Kind<D> = Kind::new(
        bindings::FERRITE_SYSFS_RO,
        bindings::ferrite_sysfs_ops {
            show: Some(Self::show),
            ..NONE
        },
    );

    unsafe extern "C" fn show(data: *mut c_void, page: *mut c_char) -> isize {
        // SAFETY: the file is about a `D`; the page is the reader's, and ours during the call.
        let (data, mut page) = unsafe { (&*data.cast::<D>(), Output::from_raw(page)) };
        count(R::show(data, &mut page).and_then(|()| {
            let len = page.finish()?;
            // sysfs wants a byte behind the text.
            if len < Output::CAPACITY {
                Ok(len)
            } else {
                Err(EOVERFLOW)
            }
        }))
    }
}

impl<D, R, W: TextStore<D>> Text<D, R, W> {
    pub(super) const WRITE: Kind<D> = Kind::new(
        bindings::FERRITE_SYSFS_WO,
        bindings::ferrite_sysfs_ops {
            store: Some(Self::store),
            ..NONE
        },
    );

    unsafe extern "C" fn store(data: *mut c_void, page: *const c_char, len: usize) -> isize {
        // sysfs cuts what is longer than a page, and says nothing of the rest.
        if len >= Output::CAPACITY {
            return count(Err(EFBIG));
        }
        // SAFETY: the file is about a `D`; the page has that many bytes and a zero behind them, and is
        // ours during the call.
        let (data, input) = unsafe { (&*data.cast::<D>(), Input::from_raw(page, len)) };
        count(W::store(data, input).map(|()| len))
    }
}

impl<D, R: PageShow<D>, W: TextStore<D>> Text<D, R, W> {
    pub(super) const READ_WRITE: Kind<D> = Kind::new(
        bindings::FERRITE_SYSFS_RW,
        bindings::ferrite_sysfs_ops {
            show: Some(Self::show),
            store: Some(Self::store),
            ..NONE
        },
    );
}

/// A file of bytes.
pub(super) struct Bytes<D>(PhantomData<D>);

/// Where an offset is in some bytes.
///
/// # Safety
///
/// The pointer is valid.
unsafe fn at(pos: *const bindings::loff_t) -> usize {
    // SAFETY: the caller promises it.
    usize::try_from(unsafe { *pos }).unwrap_or(usize::MAX)
}

impl<D: Blob> Bytes<D> {
    pub(super) const READ: Kind<D> = Kind::new(
        bindings::FERRITE_SYSFS_RO,
        bindings::ferrite_sysfs_ops {
            read: Some(Self::read),
            ..NONE
        },
    );

    unsafe extern "C" fn read(
        data: *mut c_void,
        to: *mut c_char,
        pos: *const bindings::loff_t,
        len: usize,
    ) -> isize {
        // SAFETY: the file is about a `D`; the offset is a variable of the caller's.
        let (data, pos) = unsafe { (&*data.cast::<D>(), at(pos)) };
        let copied = data.with_bytes(|bytes| {
            let rest = bytes.get(pos..).unwrap_or_default();
            let part = rest.get(..len).unwrap_or(rest);
            // SAFETY: there is room for `len` bytes, which nobody else uses; the part is not longer.
            unsafe {
                to.cast::<u8>()
                    .copy_from_nonoverlapping(part.as_ptr(), part.len());
            }
            part.len()
        });
        count(Ok(copied))
    }
}

impl<D: BlobMut> Bytes<D> {
    pub(super) const READ_WRITE: Kind<D> = Kind::new(
        bindings::FERRITE_SYSFS_RW,
        bindings::ferrite_sysfs_ops {
            read: Some(Self::read),
            write: Some(Self::write),
            ..NONE
        },
    );

    unsafe extern "C" fn write(
        data: *mut c_void,
        from: *const c_char,
        pos: *const bindings::loff_t,
        len: usize,
    ) -> isize {
        // SAFETY: the file is about a `D`; the offset is a variable of the caller's.
        let (data, pos) = unsafe { (&*data.cast::<D>(), at(pos)) };
        count(data.with_bytes_mut(|bytes| {
            let rest = bytes.get_mut(pos..).unwrap_or_default();
            let fits = len.min(rest.len());
            if fits == 0 && len > 0 {
                return Err(ENOSPC);
            }
            // SAFETY: there are `len` bytes, and `rest` has room for the part of them; what a program
            // has written was copied first, so that the two are apart.
            unsafe {
                rest.as_mut_ptr()
                    .copy_from_nonoverlapping(from.cast(), fits);
            }
            Ok(fits)
        }))
    }
}

/// Whether files are there.
pub(super) unsafe extern "C" fn visible<D, F>(data: *mut c_void) -> bool
where
    F: Fn(&D) -> bool + Copy + Send + Sync + 'static,
{
    // SAFETY: the condition is about a `D`.
    Call::<F>::function()(unsafe { &*data.cast::<D>() })
}
