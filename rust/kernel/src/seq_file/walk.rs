// SPDX-License-Identifier: GPL-2.0-only

//! The way of one open file through a list.

use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};

use super::{SeqFile, SeqOperations};
use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::{Result, to_c, to_result};

/// Where an open file is in a list of `D`.
///
/// The three options borrow from the next, and the last from the list: for as long as they are there, so
/// their lifetimes are no real ones. They are there between `start` and `stop` only, which C calls in
/// pairs, on one thread, in one call of `read` or `lseek`.
pub(crate) struct Walk<D: SeqOperations> {
    entry: Option<<D::Iter<'static> as Iterator>::Item>,
    iter: Option<D::Iter<'static>>,
    guard: Option<D::Guard<'static>>,
    list: NonNull<D>,
}

impl<D: SeqOperations> Walk<D> {
    const OPERATIONS: &'static bindings::seq_operations = &bindings::seq_operations {
        start: Some(Self::start),
        stop: Some(Self::stop),
        next: Some(Self::next),
        show: Some(Self::show),
    };

    /// Sets a file up that is being opened.
    ///
    /// # Safety
    ///
    /// The list is there whenever the file is read; its end is [`Self::release`].
    unsafe fn try_open(file: *mut bindings::file, list: NonNull<D>) -> Result {
        let walk = Self {
            entry: None,
            iter: None,
            guard: None,
            list,
        };
        let walk = KBox::new(walk, GFP_KERNEL)?;
        // SAFETY: the file is ours to set up; the table lives as long as the module.
        to_result(unsafe { bindings::seq_open(file, Self::OPERATIONS) })?;
        // SAFETY: `seq_open` has made the file's private data a `struct seq_file`.
        unsafe {
            let seq = bindings::ferrite_file_private(file).cast();
            bindings::ferrite_seq_set_private(seq, walk.into_raw().cast());
        }
        Ok(())
    }

    /// As [`Self::try_open`], for C.
    ///
    /// # Safety
    ///
    /// As [`Self::try_open`].
    pub(crate) unsafe fn open(file: *mut bindings::file, list: NonNull<D>) -> c_int {
        // SAFETY: the caller promises it.
        to_c(unsafe { Self::try_open(file, list) })
    }

    /// The file's end. The list may be gone.
    ///
    /// # Safety
    ///
    /// The file was opened by [`Self::open`]; C calls this once, as the last thing.
    pub(crate) unsafe extern "C" fn release(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY:
        // - `open` has put both pointers there;
        // - every `start` has had its `stop`, so that nothing is borrowed.
        unsafe {
            let seq = bindings::ferrite_file_private(file).cast();
            drop(KBox::<Self>::from_raw(
                bindings::ferrite_seq_private(seq).cast(),
            ));
            bindings::seq_release(inode, file)
        }
    }

    unsafe extern "C" fn start(
        seq: *mut bindings::seq_file,
        pos: *mut bindings::loff_t,
    ) -> *mut c_void {
        // SAFETY:
        // - `open` has put the walk there; it is only used through this pointer, part by part, so
        //   that what one part borrows from another stays valid;
        // - the list is there during the call, and until `stop`;
        // - the guard is in its place before anything borrows from it, and leaves it last.
        unsafe {
            let walk: *mut Self = bindings::ferrite_seq_private(seq).cast();
            let list: &'static D = (*walk).list.as_ref();
            let guard = &raw mut (*walk).guard;
            guard.write(Some(list.lock()));
            let Some(guard) = &*guard else {
                return ptr::null_mut();
            };
            let iter = &raw mut (*walk).iter;
            iter.write(Some(D::iter(guard)));
            let entry = match (&mut *iter, usize::try_from(*pos)) {
                (Some(iter), Ok(pos)) => iter.nth(pos),
                _ => None,
            };
            Self::arrive(walk, entry)
        }
    }

    unsafe extern "C" fn next(
        seq: *mut bindings::seq_file,
        _entry: *mut c_void,
        pos: *mut bindings::loff_t,
    ) -> *mut c_void {
        // SAFETY: `start` has been called, and `stop` not yet: the walk and its parts are as above.
        unsafe {
            let walk: *mut Self = bindings::ferrite_seq_private(seq).cast();
            *pos = (*pos).wrapping_add(1);
            drop((&raw mut (*walk).entry).replace(None));
            let iter = &mut (*walk).iter;
            let entry = iter.as_mut().and_then(Iterator::next);
            Self::arrive(walk, entry)
        }
    }

    /// Keeps the entry, and tells C whether there is one.
    ///
    /// # Safety
    ///
    /// The walk is valid, and has no entry; this one comes from its iterator.
    unsafe fn arrive(
        walk: *mut Self,
        entry: Option<<D::Iter<'static> as Iterator>::Item>,
    ) -> *mut c_void {
        let there = entry.is_some();
        // SAFETY: the caller promises it.
        unsafe { (&raw mut (*walk).entry).write(entry) };
        if there { walk.cast() } else { ptr::null_mut() }
    }

    unsafe extern "C" fn show(seq: *mut bindings::seq_file, _entry: *mut c_void) -> c_int {
        // SAFETY: between `start` and `stop`, so there is an entry; the file is ours during the call.
        let (entry, seq) = unsafe {
            let walk: *mut Self = bindings::ferrite_seq_private(seq).cast();
            (&(*walk).entry, SeqFile::from_raw(seq))
        };
        to_c(entry.as_ref().map_or(Ok(()), |entry| D::show(entry, seq)))
    }

    unsafe extern "C" fn stop(seq: *mut bindings::seq_file, _entry: *mut c_void) {
        // SAFETY: `start` has been called. What borrows goes before what it borrows from.
        unsafe {
            let walk: *mut Self = bindings::ferrite_seq_private(seq).cast();
            drop((&raw mut (*walk).entry).replace(None));
            drop((&raw mut (*walk).iter).replace(None));
            drop((&raw mut (*walk).guard).replace(None));
        }
    }
}
