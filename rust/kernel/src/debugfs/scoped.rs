// SPDX-License-Identifier: GPL-2.0-only

//! Where files are made.

use core::ffi::CStr;
use core::marker::PhantomData;

use super::file::{Bytes, Kind, Lines, Text};
use super::{check_free, make_dir};
use crate::attribute::call::{Call, Value};
use crate::attribute::{Blob, BlobMut, Input, Show, Store};
use crate::configfs::check_name;
use crate::error::{Result, from_err_ptr};
use crate::seq_file::{SeqFile, SeqOperations};

/// A directory as a place for files about data that live for `'data`.
///
/// Every file is removed with the directory, before the data go.
///
/// The errors of all methods are those of [`Dir::subdir`](super::Dir::subdir).
///
/// # Invariants
///
/// The pointer is a directory's that is there during `'dir`, and is removed before `'data` ends; or null.
pub struct ScopedDir<'data, 'dir> {
    dentry: *mut bindings::dentry,
    /// Neither a shorter nor a longer lifetime will do.
    _data: PhantomData<fn(&'data ()) -> &'data ()>,
    _dir: PhantomData<&'dir ()>,
}

// SAFETY: debugfs has locks of its own.
unsafe impl Send for ScopedDir<'_, '_> {}
// SAFETY: as above.
unsafe impl Sync for ScopedDir<'_, '_> {}

impl<'data> ScopedDir<'data, '_> {
    /// Whoever calls this sees to the invariant.
    pub(super) fn of(dentry: *mut bindings::dentry) -> Self {
        Self {
            dentry,
            _data: PhantomData,
            _dir: PhantomData,
        }
    }

    /// Whether it is there; not if debugfs is switched off.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.dentry.is_null()
    }

    /// Makes a directory in this one. It is removed with this one, not when what is returned is dropped.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn dir(&self, name: &CStr) -> Result<ScopedDir<'data, '_>> {
        // SAFETY: by the invariant the directory is there.
        let dentry = unsafe { make_dir(name, self.dentry) }?;
        // INVARIANT: it is removed with the directory that it is in, which is borrowed.
        Ok(ScopedDir::of(dentry))
    }

    /// A file that shows a value.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn read_only_file<D: Show + Sync>(&self, name: &CStr, data: &'data D) -> Result {
        self.file(name, Text::<D, Value, Value>::READ, data)
    }

    /// A file that shows a value, and changes it when it is written to.
    ///
    /// A text is at most 4095 bytes, else `EFBIG`. Each `write` is one text.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn read_write_file<D: Show + Store + Sync>(&self, name: &CStr, data: &'data D) -> Result {
        self.file(name, Text::<D, Value, Value>::READ_WRITE, data)
    }

    /// A file that changes a value when it is written to, as [`Self::read_write_file`].
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn write_only_file<D: Store + Sync>(&self, name: &CStr, data: &'data D) -> Result {
        self.file(name, Text::<D, Value, Value>::WRITE, data)
    }

    /// A file that shows what a function writes. It captures nothing: what it needs is `data`.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn read_callback_file<D, F>(&self, name: &CStr, data: &'data D, _show: F) -> Result
    where
        D: Sync,
        F: Fn(&D, &SeqFile) -> Result + Copy + Send + Sync + 'static,
    {
        self.file(name, Text::<D, Call<F>, Value>::READ, data)
    }

    /// A file that shows what one function writes, and hands what is written to another. They capture
    /// nothing: what they need is `data`.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn read_write_callback_file<D, F, G>(
        &self,
        name: &CStr,
        data: &'data D,
        _show: F,
        _store: G,
    ) -> Result
    where
        D: Sync,
        F: Fn(&D, &SeqFile) -> Result + Copy + Send + Sync + 'static,
        G: Fn(&D, Input<'_>) -> Result + Copy + Send + Sync + 'static,
    {
        self.file(name, Text::<D, Call<F>, Call<G>>::READ_WRITE, data)
    }

    /// A file that hands what is written to a function. It captures nothing: what it needs is `data`.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn write_only_callback_file<D, G>(&self, name: &CStr, data: &'data D, _store: G) -> Result
    where
        D: Sync,
        G: Fn(&D, Input<'_>) -> Result + Copy + Send + Sync + 'static,
    {
        self.file(name, Text::<D, Value, Call<G>>::WRITE, data)
    }

    /// A file that shows a list entry by entry.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn seq_file<D: SeqOperations>(&self, name: &CStr, data: &'data D) -> Result {
        self.file(name, Lines::<D>::READ, data)
    }

    /// A file of bytes.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn read_binary_file<D: Blob + Sync>(&self, name: &CStr, data: &'data D) -> Result {
        self.file(name, Bytes::<D>::READ, data)
    }

    /// A file of bytes that can be overwritten where they are: its length stays. Behind its end a write
    /// is `ENOSPC`.
    ///
    /// # Errors
    ///
    /// As [`Dir::subdir`](super::Dir::subdir).
    pub fn read_write_binary_file<D: BlobMut + Sync>(&self, name: &CStr, data: &'data D) -> Result {
        self.file(name, Bytes::<D>::READ_WRITE, data)
    }

    /// Makes a file; its operations are for a `D`.
    fn file<D>(&self, name: &CStr, kind: Kind<D>, data: &'data D) -> Result {
        check_name(name)?;
        if self.dentry.is_null() {
            return Ok(());
        }
        let data: *const D = data;
        // SAFETY:
        // - by the invariant the directory is there, and the file is removed with it, before the data go:
        //   until then the operations use the data;
        // - the operations are for data of this type, and take them for shared;
        // - the name is terminated, and copied.
        unsafe {
            check_free(name, self.dentry)?;
            from_err_ptr(bindings::ferrite_debugfs_create_file(
                name.as_ptr(),
                kind.mode,
                self.dentry,
                data.cast_mut().cast(),
                kind.operations,
            ))?;
        }
        Ok(())
    }
}
