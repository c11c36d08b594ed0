// SPDX-License-Identifier: GPL-2.0-only

//! The files in a directory.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::marker::PhantomData;

use macros::vtable;

use super::group::Callbacks;
use super::node::Node;
use super::{GroupOperations, Item};
use crate::attribute::{Input, Output};
use crate::error::Result;
use crate::error::code::{EFBIG, EPERM};
use crate::module::ThisModule;

/// A file of text in a directory; `ID` tells the files of one type of directory apart.
///
/// Both functions may sleep. Any number of them may run at once. They must not drop the subsystem,
/// which would wait for them.
#[vtable]
pub trait AttributeOperations<const ID: u64>: Item {
    /// Writes what a reader gets, 4096 bytes at most.
    ///
    /// # Errors
    ///
    /// What it says; the reader gets that errno. If it writes more than fits, `EOVERFLOW`.
    fn show(&self, _page: &mut Output<'_>) -> Result {
        Err(EPERM)
    }

    /// Takes what a writer has written, 4094 bytes at most. One `write` is one call.
    ///
    /// # Errors
    ///
    /// What it says; the writer gets that errno. For more than 4094 bytes it is not called, and the
    /// errno is `EFBIG`.
    fn store(&self, _page: Input<'_>) -> Result {
        Err(EPERM)
    }
}

/// A file of bytes in a directory; `ID` tells the binary files of one type of directory apart.
///
/// An open file is read or written, not both: `ETXTBSY`. The functions may sleep, and any number of
/// them may run at once. They must not drop the subsystem, which would wait for them.
#[vtable]
pub trait BinAttributeOperations<const ID: u64>: Item {
    /// The most bytes that the file may have; a longer one is `EFBIG` for who reads or writes it.
    const MAX_SIZE: usize;

    /// How many bytes there are to read. Called when a reader begins.
    ///
    /// # Errors
    ///
    /// What it says; the reader gets that errno.
    fn size(&self) -> Result<usize> {
        Err(EPERM)
    }

    /// Gives a reader all bytes. `to` has the size that [`Self::size`] has just said; it is zeroed. If
    /// there is more or less by now, that is what the reader gets.
    ///
    /// # Errors
    ///
    /// What it says; the reader gets that errno.
    fn read(&self, _to: &mut [u8]) -> Result {
        Err(EPERM)
    }

    /// Takes what a writer has written. Called when the file is closed, with all bytes at once, unless
    /// there are none.
    ///
    /// # Errors
    ///
    /// What it says. The writer has gone already, so the errno is printed only.
    fn write(&self, _data: &[u8]) -> Result {
        Err(EPERM)
    }
}

/// What kind of directory a `D` is: of [`configfs_attrs!`](crate::configfs_attrs).
#[repr(transparent)]
pub struct ItemType<D>(bindings::config_item_type, PhantomData<fn(D)>);

// SAFETY: a table that never changes.
unsafe impl<D> Sync for ItemType<D> {}

impl<D: Item> ItemType<D> {
    const OPERATIONS: bindings::configfs_item_operations = {
        // SAFETY: a table of pointers, all of which may be null.
        let mut table: bindings::configfs_item_operations = unsafe { core::mem::zeroed() };
        table.release = Some(Node::<D>::release);
        table
    };

    /// Called by `configfs_attrs!`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new<const N: usize, const M: usize>(
        attributes: &'static AttributeList<D, N>,
        bin_attributes: &'static BinAttributeList<D, M>,
    ) -> Self {
        // SAFETY: a table of pointers, all of which may be null.
        let mut table: bindings::config_item_type = unsafe { core::mem::zeroed() };
        table.ct_owner = ThisModule::ADDRESS;
        let operations: *const bindings::configfs_item_operations = &Self::OPERATIONS;
        table.ct_item_ops = operations.cast_mut();
        table.ct_attrs = attributes.0.as_ptr().cast_mut().cast();
        table.ct_bin_attrs = bin_attributes.0.as_ptr().cast_mut().cast();
        Self(table, PhantomData)
    }

    /// Called by `configfs_attrs!`.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_child<C>(mut self) -> Self
    where
        D: GroupOperations<Child = C>,
    {
        let operations: *const bindings::configfs_group_operations = &Callbacks::<D>::TABLE;
        self.0.ct_group_ops = operations.cast_mut();
        self
    }

    pub(super) fn as_ptr(&'static self) -> *const bindings::config_item_type {
        &raw const self.0
    }
}

/// A file of text, for C.
#[doc(hidden)]
#[repr(transparent)]
pub struct Attribute<D>(bindings::configfs_attribute, PhantomData<fn(D)>);

// SAFETY: a table that never changes.
unsafe impl<D> Sync for Attribute<D> {}

/// The mode of a file that can be read, or written, or both.
const fn mode(read: bool, write: bool) -> bindings::umode_t {
    let mode = match (read, write) {
        (true, false) => bindings::FERRITE_CONFIGFS_RO,
        (false, true) => bindings::FERRITE_CONFIGFS_WO,
        _ => bindings::FERRITE_CONFIGFS_RW,
    };
    mode as bindings::umode_t
}

/// configfs hands over one byte less than a page at most, and says nothing of the rest.
const CUT: usize = Output::CAPACITY - 1;

impl<D: Item> Attribute<D> {
    /// Called by `configfs_attrs!`.
    #[must_use]
    pub const fn new<const ID: u64>(name: &'static CStr) -> Self
    where
        D: AttributeOperations<ID>,
    {
        assert!(
            D::HAS_SHOW || D::HAS_STORE,
            "AttributeOperations need a show or a store"
        );
        // An open file needs no reference to the module: configfs calls `show` and `store` only while
        // the directory is there, and `Subsystem`'s drop waits for the calls.
        let owner = core::ptr::null_mut();
        Self(
            bindings::configfs_attribute {
                ca_name: name.as_ptr(),
                ca_owner: owner,
                ca_mode: mode(D::HAS_SHOW, D::HAS_STORE),
                show: if D::HAS_SHOW {
                    Some(show::<D, ID>)
                } else {
                    None
                },
                store: if D::HAS_STORE {
                    Some(store::<D, ID>)
                } else {
                    None
                },
            },
            PhantomData,
        )
    }
}

/// What a callback returns: a count or an errno.
fn count(result: Result<usize>) -> isize {
    match result {
        // Not more than a page, or than a binary file may have.
        Ok(count) => count.cast_signed(),
        Err(error) => error.to_errno() as isize,
    }
}

unsafe extern "C" fn show<D: AttributeOperations<ID>, const ID: u64>(
    item: *mut bindings::config_item,
    page: *mut c_char,
) -> isize {
    /// # Safety
    ///
    /// `item` is that of a `Node<D>`, which lives during the call.
    unsafe fn call<D: AttributeOperations<ID>, const ID: u64>(
        item: *mut bindings::config_item,
        page: &mut Output<'_>,
    ) -> Result {
        // SAFETY: the caller promises it.
        unsafe { Node::<D>::data(item) }.show(page)
    }
    // SAFETY:
    // - configfs calls this for an item of the type that holds this callback, and keeps the directory
    //   during the call;
    // - the page is the open file's, and ours during the call.
    unsafe { show_with(item, page, call::<D, ID>) }
}

/// What all files of text have in common: once in a module.
///
/// # Safety
///
/// - `item` is what `show` asks for.
/// - `page` is what [`Output::from_raw`] asks for, during the call.
#[inline(never)]
unsafe fn show_with(
    item: *mut bindings::config_item,
    page: *mut c_char,
    show: unsafe fn(*mut bindings::config_item, &mut Output<'_>) -> Result,
) -> isize {
    // SAFETY: the caller promises the same.
    let mut page = unsafe { Output::from_raw(page) };
    // SAFETY: as above.
    let result = unsafe { show(item, &mut page) };
    count(result.and_then(|()| page.finish()))
}

unsafe extern "C" fn store<D: AttributeOperations<ID>, const ID: u64>(
    item: *mut bindings::config_item,
    page: *const c_char,
    len: usize,
) -> isize {
    /// # Safety
    ///
    /// `item` is that of a `Node<D>`, which lives during the call.
    unsafe fn call<D: AttributeOperations<ID>, const ID: u64>(
        item: *mut bindings::config_item,
        input: Input<'_>,
    ) -> Result {
        // SAFETY: the caller promises it.
        unsafe { Node::<D>::data(item) }.store(input)
    }
    // SAFETY:
    // - as for `show`;
    // - the page has that many bytes and a zero behind them, and is ours during the call.
    unsafe { store_with(item, page, len, call::<D, ID>) }
}

/// What all files of text have in common: once in a module.
///
/// # Safety
///
/// - `item` is what `store` asks for.
/// - `page` and `len` are what [`Input::from_raw`] asks for, during the call.
#[inline(never)]
unsafe fn store_with(
    item: *mut bindings::config_item,
    page: *const c_char,
    len: usize,
    store: unsafe fn(*mut bindings::config_item, Input<'_>) -> Result,
) -> isize {
    if len >= CUT {
        return count(Err(EFBIG));
    }
    // SAFETY: the caller promises the same.
    let input = unsafe { Input::from_raw(page, len) };
    // SAFETY: as above.
    count(unsafe { store(item, input) }.map(|()| len))
}

/// A file of bytes, for C.
#[doc(hidden)]
#[repr(transparent)]
pub struct BinAttribute<D>(bindings::configfs_bin_attribute, PhantomData<fn(D)>);

// SAFETY: a table that never changes.
unsafe impl<D> Sync for BinAttribute<D> {}

impl<D: Item> BinAttribute<D> {
    /// Called by `configfs_attrs!`.
    #[must_use]
    pub const fn new<const ID: u64>(name: &'static CStr) -> Self
    where
        D: BinAttributeOperations<ID>,
    {
        assert!(
            D::HAS_READ || D::HAS_WRITE,
            "BinAttributeOperations need a read or a write"
        );
        assert!(
            D::HAS_READ == D::HAS_SIZE,
            "BinAttributeOperations::read needs a size, and no size without it"
        );
        // In C, zero stands for no limit, and the limit is an int.
        assert!(
            D::MAX_SIZE > 0 && D::MAX_SIZE <= c_int::MAX as usize,
            "the size of a binary file has a limit below 2 GiB"
        );
        // SAFETY: a table of integers and pointers, all of which may be null.
        let mut table: bindings::configfs_bin_attribute = unsafe { core::mem::zeroed() };
        table.cb_attr.ca_name = name.as_ptr();
        table.cb_attr.ca_mode = mode(D::HAS_READ, D::HAS_WRITE);
        table.cb_max_size = D::MAX_SIZE;
        if D::HAS_READ {
            table.read = Some(read::<D, ID>);
        }
        if D::HAS_WRITE {
            table.write = Some(write::<D, ID>);
        }
        Self(table, PhantomData)
    }
}

unsafe extern "C" fn read<D: BinAttributeOperations<ID>, const ID: u64>(
    item: *mut bindings::config_item,
    buffer: *mut c_void,
    len: usize,
) -> isize {
    // SAFETY: configfs calls this for an item of the type that holds this callback, and keeps the
    // directory during the call.
    let data = unsafe { Node::<D>::data(item) };
    if buffer.is_null() {
        let size = data.size();
        return count(size.and_then(|size| {
            if size > D::MAX_SIZE {
                Err(EFBIG)
            } else {
                Ok(size)
            }
        }));
    }
    let buffer = buffer.cast::<u8>();
    // SAFETY: the buffer is the open file's, has `len` bytes, and is ours during the call.
    unsafe { buffer.write_bytes(0, len) };
    // SAFETY: as above; the bytes have just been initialised.
    let buffer = unsafe { core::slice::from_raw_parts_mut(buffer, len) };
    count(data.read(buffer).map(|()| len))
}

unsafe extern "C" fn write<D: BinAttributeOperations<ID>, const ID: u64>(
    item: *mut bindings::config_item,
    buffer: *const c_void,
    len: usize,
) -> isize {
    // Every write has failed.
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: as for `read`.
    let data = unsafe { Node::<D>::data(item) };
    // SAFETY: the buffer is the open file's, has `len` bytes that are initialised, and does not change
    // during the call.
    let bytes = unsafe { core::slice::from_raw_parts(buffer.cast::<u8>(), len) };
    let result = data.write(bytes);
    if let Err(error) = result {
        crate::pr_warn!("configfs: what was written is refused ({})", error);
    }
    count(result.map(|()| len))
}

macro_rules! list {
    ($(#[$doc:meta])* $name:ident of $attribute:ident) => {
        $(#[$doc])*
        ///
        /// # Invariants
        ///
        /// The last entry is `None`.
        #[doc(hidden)]
        #[repr(transparent)]
        pub struct $name<D: 'static, const N: usize>([Option<&'static $attribute<D>>; N]);

        impl<D, const N: usize> $name<D, N> {
            /// Called by `configfs_attrs!`.
            #[must_use]
            pub const fn new(list: [Option<&'static $attribute<D>>; N]) -> Self {
                assert!(N > 0 && list[N - 1].is_none(), "C looks for the end");
                // INVARIANT: just checked.
                Self(list)
            }
        }
    };
}

list! {
    /// The files of text in a directory, with the null pointer behind them that C looks for.
    AttributeList of Attribute
}
list! {
    /// The files of bytes in a directory, with the null pointer behind them that C looks for.
    BinAttributeList of BinAttribute
}
