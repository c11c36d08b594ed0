// SPDX-License-Identifier: GPL-2.0-only

//! Files that come and go together.

use core::ffi::{CStr, c_void};
use core::marker::PhantomData;
use core::ptr;

use super::file::{Bytes, Kind, Text, visible};
use crate::alloc::flags::GFP_KERNEL;
use crate::alloc::{KBox, KVec};
use crate::attribute::call::{Call, Value};
use crate::attribute::{Blob, BlobMut, Input, Output, Show, Store};
use crate::configfs::check_name;
use crate::error::code::EEXIST;
use crate::error::{Result, to_result};
use crate::types::Opaque;

type File = Opaque<bindings::ferrite_sysfs_file>;

/// What the files are in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A kobject that is nothing more.
    Kobject,
    /// A device's.
    Device,
}

/// When files are there.
#[derive(Clone, Copy)]
struct Condition {
    visible: Option<unsafe extern "C" fn(*mut c_void) -> bool>,
    data: *mut c_void,
}

/// The files of a directory, while they are being chosen.
///
/// What a file is about lives for `'data`: it is a part of the data of the directory, or a `static`. The
/// files appear together, when all of them have been chosen.
///
/// The errors of all methods:
///
/// - `EINVAL`: no file can have this name.
/// - `ENAMETOOLONG`: the name has more than 255 bytes.
/// - `EEXIST`: there is a file of this name.
/// - `ENOMEM`.
pub struct Files<'data> {
    owner: Owner,
    names: KVec<&'static CStr>,
    /// C keeps pointers to each.
    files: KVec<KBox<File>>,
    text: KVec<*mut bindings::attribute>,
    bytes: KVec<*mut bindings::bin_attribute>,
    condition: Condition,
    /// Neither a shorter nor a longer lifetime will do.
    _data: PhantomData<fn(&'data ()) -> &'data ()>,
}

impl<'data> Files<'data> {
    fn new(owner: Owner) -> Self {
        Self {
            owner,
            names: KVec::new(),
            files: KVec::new(),
            text: KVec::new(),
            bytes: KVec::new(),
            condition: Condition {
                visible: None,
                data: ptr::null_mut(),
            },
            _data: PhantomData,
        }
    }

    /// A file that shows a value; at most 4095 bytes, else reading it is `EOVERFLOW`.
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn read_only_file<D>(&mut self, name: &'static CStr, data: &'data D) -> Result
    where
        D: Show + Sync,
    {
        self.text(name, &Text::<D, Value, Value>::READ, data)
    }

    /// A file that shows a value, and changes it when it is written to.
    ///
    /// A text is at most 4095 bytes, else `EFBIG`. Each `write` is one text.
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn read_write_file<D>(&mut self, name: &'static CStr, data: &'data D) -> Result
    where
        D: Show + Store + Sync,
    {
        self.text(name, &Text::<D, Value, Value>::READ_WRITE, data)
    }

    /// A file that changes a value when it is written to, as [`Self::read_write_file`].
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn write_only_file<D>(&mut self, name: &'static CStr, data: &'data D) -> Result
    where
        D: Store + Sync,
    {
        self.text(name, &Text::<D, Value, Value>::WRITE, data)
    }

    /// A file that shows what a function writes. It captures nothing: what it needs is `data`.
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn read_callback_file<D, F>(
        &mut self,
        name: &'static CStr,
        data: &'data D,
        _show: F,
    ) -> Result
    where
        D: Sync,
        F: Fn(&D, &mut Output<'_>) -> Result + Copy + Send + Sync + 'static,
    {
        self.text(name, &Text::<D, Call<F>, Value>::READ, data)
    }

    /// A file that shows what one function writes, and hands what is written to another. They capture
    /// nothing: what they need is `data`.
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn read_write_callback_file<D, F, G>(
        &mut self,
        name: &'static CStr,
        data: &'data D,
        _show: F,
        _store: G,
    ) -> Result
    where
        D: Sync,
        F: Fn(&D, &mut Output<'_>) -> Result + Copy + Send + Sync + 'static,
        G: Fn(&D, Input<'_>) -> Result + Copy + Send + Sync + 'static,
    {
        self.text(name, &Text::<D, Call<F>, Call<G>>::READ_WRITE, data)
    }

    /// A file that hands what is written to a function. It captures nothing: what it needs is `data`.
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn write_only_callback_file<D, G>(
        &mut self,
        name: &'static CStr,
        data: &'data D,
        _store: G,
    ) -> Result
    where
        D: Sync,
        G: Fn(&D, Input<'_>) -> Result + Copy + Send + Sync + 'static,
    {
        self.text(name, &Text::<D, Value, Call<G>>::WRITE, data)
    }

    /// A file of bytes.
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn read_binary_file<D>(&mut self, name: &'static CStr, data: &'data D) -> Result
    where
        D: Blob + Sync,
    {
        self.binary(name, &Bytes::<D>::READ, data)
    }

    /// A file of bytes that can be overwritten where they are: its length stays. Behind its end a write
    /// is `ENOSPC`.
    ///
    /// # Errors
    ///
    /// See [`Files`].
    pub fn read_write_binary_file<D>(&mut self, name: &'static CStr, data: &'data D) -> Result
    where
        D: BlobMut + Sync,
    {
        self.binary(name, &Bytes::<D>::READ_WRITE, data)
    }

    /// The files that `files` chooses are there only if `condition` holds: when the directory is made, and
    /// whenever it is [updated](super::Directory::update). It captures nothing: what it needs is `data`.
    /// One inside of another takes its place.
    ///
    /// # Errors
    ///
    /// What `files` says.
    pub fn visible_if<D, F>(
        &mut self,
        data: &'data D,
        _condition: F,
        files: impl FnOnce(&mut Self) -> Result,
    ) -> Result
    where
        D: Sync,
        F: Fn(&D) -> bool + Copy + Send + Sync + 'static,
    {
        let condition = Condition {
            visible: Some(visible::<D, F>),
            data: ptr::from_ref(data).cast_mut().cast(),
        };
        let before = core::mem::replace(&mut self.condition, condition);
        let result = files(self);
        self.condition = before;
        result
    }

    fn text<D>(&mut self, name: &'static CStr, kind: &Kind<D>, data: &'data D) -> Result {
        let file = self.file(name, kind, data)?;
        // SAFETY: the file has its operations; the name lives long enough.
        let text = unsafe {
            match self.owner {
                Owner::Kobject => {
                    bindings::ferrite_sysfs_kobj_file(file.get(), name.as_ptr(), kind.mode)
                }
                Owner::Device => {
                    bindings::ferrite_sysfs_device_file(file.get(), name.as_ptr(), kind.mode)
                }
            }
        };
        self.text.push(text, GFP_KERNEL)?;
        self.files.push(file, GFP_KERNEL)
    }

    fn binary<D>(&mut self, name: &'static CStr, kind: &Kind<D>, data: &'data D) -> Result {
        let file = self.file(name, kind, data)?;
        // SAFETY: as for `text`.
        let bytes =
            unsafe { bindings::ferrite_sysfs_bin_file(file.get(), name.as_ptr(), kind.mode) };
        self.bytes.push(bytes, GFP_KERNEL)?;
        self.files.push(file, GFP_KERNEL)
    }

    /// A file that is not listed yet.
    fn file<D>(
        &mut self,
        name: &'static CStr,
        kind: &Kind<D>,
        data: &'data D,
    ) -> Result<KBox<File>> {
        check_name(name)?;
        if self.names.contains(&name) {
            return Err(EEXIST);
        }
        self.names.push(name, GFP_KERNEL)?;
        let file = KBox::new(File::zeroed(), GFP_KERNEL)?;
        let place = file.get();
        // SAFETY: the memory is zeroed, which these members may be, and ours alone.
        unsafe {
            (*place).ops = kind.ops;
            (*place).data = ptr::from_ref(data).cast_mut().cast();
            (*place).visible = self.condition.visible;
            (*place).visible_data = self.condition.data;
        }
        Ok(file)
    }
}

/// Files that have been chosen.
///
/// Holding one proves nothing about the data: whoever attaches it keeps them.
///
/// # Invariants
///
/// `group` refers to the two lists, which end with null pointers, and they to `files`.
pub(crate) struct Group {
    /// Of the directory that they are in, if they have one.
    name: Option<&'static CStr>,
    names: KVec<&'static CStr>,
    _files: KVec<KBox<File>>,
    _text: KVec<*mut bindings::attribute>,
    _bytes: KVec<*mut bindings::bin_attribute>,
    group: KBox<Opaque<bindings::ferrite_sysfs_group>>,
}

// SAFETY: the pointers are to memory that it owns, or to data that may be shared (`Sync`).
unsafe impl Send for Group {}
// SAFETY: as above; nothing is changed through a shared one.
unsafe impl Sync for Group {}

impl Group {
    /// Lets `setup` choose.
    pub(crate) fn new<'data>(
        owner: Owner,
        setup: impl FnOnce(&mut Files<'data>) -> Result,
    ) -> Result<Self> {
        let mut files = Files::new(owner);
        setup(&mut files)?;
        files.text.push(ptr::null_mut(), GFP_KERNEL)?;
        files.bytes.push(ptr::null_mut(), GFP_KERNEL)?;
        let group = KBox::new(Opaque::uninit(), GFP_KERNEL)?;
        // SAFETY: the memory is the group's; both lists end with null, and stay where they are.
        unsafe {
            bindings::ferrite_sysfs_group_init(
                Opaque::get(&group),
                files.text.as_mut_ptr(),
                files.bytes.as_mut_ptr(),
            );
        }
        // INVARIANT: as initialised just now.
        Ok(Self {
            name: None,
            names: files.names,
            _files: files.files,
            _text: files.text,
            _bytes: files.bytes,
            group,
        })
    }

    /// Has the files in a directory of this name, below what they are attached to. Before they are.
    pub(crate) fn set_name(&mut self, name: &'static CStr) {
        self.name = Some(name);
        // SAFETY: by the invariant it is initialised; the name is terminated, and stays.
        unsafe { bindings::ferrite_sysfs_group_name(Opaque::get(&self.group), name.as_ptr()) };
    }

    /// For C's lists of groups, as a device's: the first of a list that ends with null.
    pub(crate) fn list(&self) -> *mut *const bindings::attribute_group {
        // SAFETY: by the invariant it is initialised.
        unsafe { (&raw mut (*Opaque::get(&self.group)).list).cast() }
    }

    /// Makes the files.
    ///
    /// # Safety
    ///
    /// - `kobj` is in sysfs, of the owner that the files were chosen for, and what they are about is there,
    ///   until [`Self::detach`] has returned.
    /// - They are not attached.
    pub(crate) unsafe fn attach(&self, kobj: *mut bindings::kobject) -> Result {
        // In a directory of their own no file is anybody else's.
        let names = match &self.name {
            Some(name) => core::slice::from_ref(name),
            None => &*self.names,
        };
        for name in names {
            // C would log a duplicate with a trace. What comes in between is caught by C.
            // SAFETY: the caller promises that the kobject is in sysfs.
            if unsafe { bindings::ferrite_sysfs_exists(kobj, name.as_ptr()) } {
                return Err(EEXIST);
            }
        }
        // SAFETY: the caller promises it.
        to_result(unsafe { bindings::ferrite_sysfs_create_group(kobj, Opaque::get(&self.group)) })
    }

    /// Asks the conditions again.
    ///
    /// # Safety
    ///
    /// The files are attached to `kobj`.
    pub(crate) unsafe fn update(&self, kobj: *mut bindings::kobject) -> Result {
        // SAFETY: the caller promises it.
        to_result(unsafe { bindings::ferrite_sysfs_update_group(kobj, Opaque::get(&self.group)) })
    }

    /// Takes the files away, and waits for who is using them.
    ///
    /// # Safety
    ///
    /// The files are attached to `kobj`.
    pub(crate) unsafe fn detach(&self, kobj: *mut bindings::kobject) {
        // SAFETY: the caller promises it.
        unsafe { bindings::ferrite_sysfs_remove_group(kobj, Opaque::get(&self.group)) };
    }
}
