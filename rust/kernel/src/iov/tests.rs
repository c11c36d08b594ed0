// SPDX-License-Identifier: GPL-2.0-only

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::{IovIterDest, IovIterSource};
use crate::ktest::{assert, assert_eq, each_allocation_fails, kernel_test};
use crate::page::{PAGE_SIZE, Page};
use crate::prelude::*;
use crate::uaccess::testing::Mapping;

/// The kinds that carry data.
const KINDS: [u32; 6] = [
    bindings::FERRITE_UIO_UBUF,
    bindings::FERRITE_UIO_IOVEC,
    bindings::FERRITE_UIO_KVEC,
    bindings::FERRITE_UIO_BVEC,
    bindings::FERRITE_UIO_XARRAY,
    bindings::FERRITE_UIO_FOLIOQ,
];

const FIRST: usize = 5;
const SECOND: usize = 7;
const TEXT: &[u8; FIRST + SECOND] = b"first,second";

/// Twelve bytes in two pieces, and an iterator of some kind over them.
struct Vector {
    raw: NonNull<bindings::ferrite_uio_ktest>,
    user: Option<Mapping>,
}

impl Vector {
    fn new(kind: u32, source: bool) -> Result<Self> {
        let is_user = kind == bindings::FERRITE_UIO_UBUF || kind == bindings::FERRITE_UIO_IOVEC;
        let user = if is_user {
            Some(Mapping::anonymous(1)?)
        } else {
            None
        };
        let addr = user.as_ref().map_or(0, Mapping::addr);
        // SAFETY: the function has no requirements.
        let raw = unsafe {
            bindings::ferrite_uio_ktest_new(kind, source, addr as core::ffi::c_ulong, FIRST, SECOND)
        };
        Ok(Self {
            raw: NonNull::new(raw).ok_or(ENOMEM)?,
            user,
        })
    }

    /// Whether this kernel has the kind.
    fn exists(kind: u32) -> bool {
        // SAFETY: the function has no requirements.
        unsafe { bindings::ferrite_uio_ktest_has(kind) }
    }

    /// Where a piece lies in the kernel's memory.
    fn piece(&self, number: u32) -> *mut u8 {
        // SAFETY: the pointer is valid.
        unsafe { bindings::ferrite_uio_ktest_piece(self.raw.as_ptr(), number) }.cast()
    }

    fn put(&self, bytes: &[u8; FIRST + SECOND]) -> Result {
        let (first, second) = bytes.split_at(FIRST);
        match &self.user {
            Some(user) => user.put(0, bytes)?,
            // SAFETY: the pieces have these lengths, and nothing borrows them.
            None => unsafe {
                self.piece(0)
                    .copy_from_nonoverlapping(first.as_ptr(), FIRST);
                self.piece(1)
                    .copy_from_nonoverlapping(second.as_ptr(), SECOND);
            },
        }
        Ok(())
    }

    fn get(&self) -> Result<[u8; FIRST + SECOND]> {
        if let Some(user) = &self.user {
            return user.get(0);
        }
        let mut bytes = [0; FIRST + SECOND];
        let (first, second) = bytes.split_at_mut(FIRST);
        // SAFETY: the pieces have these lengths, and nothing borrows them mutably.
        unsafe {
            self.piece(0)
                .copy_to_nonoverlapping(first.as_mut_ptr(), FIRST);
            self.piece(1)
                .copy_to_nonoverlapping(second.as_mut_ptr(), SECOND);
        }
        Ok(bytes)
    }

    fn iter(&self) -> *mut bindings::iov_iter {
        // SAFETY: the pointer is valid.
        unsafe { bindings::ferrite_uio_ktest_iter(self.raw.as_ptr()) }
    }

    fn source(&mut self) -> IovIterSource<'_> {
        // SAFETY: it was made as a source, and is borrowed.
        unsafe { IovIterSource::from_raw(self.iter()) }
    }

    fn dest(&mut self) -> IovIterDest<'_> {
        // SAFETY: it was made as a destination, and is borrowed.
        unsafe { IovIterDest::from_raw(self.iter()) }
    }
}

impl Drop for Vector {
    fn drop(&mut self) {
        // SAFETY: it is ours, and this is the end of it.
        unsafe { bindings::ferrite_uio_ktest_free(self.raw.as_ptr()) };
    }
}

fn reads(kind: u32) -> Result {
    let mut vector = Vector::new(kind, true)?;
    vector.put(TEXT)?;
    let is_user = vector.user.is_some();
    let mut source = vector.source();
    assert_eq!((source.len(), source.is_user()), (12, is_user));
    let mut word = [0; 4];
    assert_eq!(source.copy_from_iter(&mut word), 4);
    assert_eq!(word, *b"firs");
    // Across the border of the pieces, and back.
    assert_eq!(source.copy_from_iter(&mut word), 4);
    assert_eq!(word, *b"t,se");
    source.revert(6)?;
    source.advance(1);
    assert_eq!(source.read::<[u8; 2]>()?, *b"st");
    assert_eq!(source.revert(6), Err(EINVAL));
    source.revert(5)?;
    assert_eq!(source.len(), 12);
    source.advance(6);
    let mut buffer = KVec::new();
    assert_eq!(source.copy_from_iter_vec(&mut buffer, GFP_KERNEL)?, 6);
    assert_eq!(&buffer[..], b"second");
    assert!(source.is_empty());
    // There is no more: neither an error nor a byte.
    assert_eq!(source.copy_from_iter(&mut word), 0);
    assert_eq!(source.copy_from_iter_vec(&mut buffer, GFP_KERNEL)?, 0);
    assert_eq!(source.read::<u8>(), Err(EINVAL));
    source.advance(1);
    assert_eq!(source.len(), 0);
    Ok(())
}

fn writes(kind: u32) -> Result {
    let mut vector = Vector::new(kind, false)?;
    vector.put(b"............")?;
    let mut dest = vector.dest();
    assert_eq!(dest.copy_to_iter(b"abc"), 3);
    assert_eq!(dest.zero(4), 4);
    dest.write(b"xy")?;
    dest.revert(1)?;
    dest.advance(1);
    assert_eq!(dest.revert(10), Err(EINVAL));
    assert_eq!(dest.len(), 3);
    assert_eq!(dest.write(&0_u32), Err(EINVAL));
    // More than there is room for.
    assert_eq!(dest.copy_to_iter(b"1234"), 3);
    assert_eq!((dest.copy_to_iter(b"5"), dest.zero(1)), (0, 0));
    assert!(dest.is_empty());
    assert_eq!(vector.get()?, *b"abc\0\0\0\0xy123");
    Ok(())
}

fn pages(kind: u32) -> Result {
    let page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO)?;
    let mut vector = Vector::new(kind, true)?;
    vector.put(TEXT)?;
    let mut source = vector.source();
    assert_eq!(source.copy_page_from_iter(&page, PAGE_SIZE - 12, 12)?, 12);
    assert_eq!(source.copy_page_from_iter(&page, 0, 1)?, 0);
    assert_eq!(source.copy_page_from_iter(&page, PAGE_SIZE, 1), Err(EINVAL));
    let mut vector = Vector::new(kind, false)?;
    let mut dest = vector.dest();
    assert_eq!(dest.copy_page_to_iter(&page, PAGE_SIZE - 12, 12)?, 12);
    assert_eq!(dest.copy_page_to_iter(&page, usize::MAX, 2), Err(EINVAL));
    assert_eq!(vector.get()?, *TEXT);
    Ok(())
}

#[kernel_test]
fn every_kind_of_iterator_is_read() -> Result {
    for kind in KINDS.into_iter().filter(|kind| Vector::exists(*kind)) {
        reads(kind)?;
    }
    Ok(())
}

#[kernel_test]
fn every_kind_of_iterator_is_written() -> Result {
    for kind in KINDS.into_iter().filter(|kind| Vector::exists(*kind)) {
        writes(kind)?;
    }
    Ok(())
}

#[kernel_test]
fn every_kind_of_iterator_is_copied_with_a_page() -> Result {
    for kind in KINDS.into_iter().filter(|kind| Vector::exists(*kind)) {
        pages(kind)?;
    }
    Ok(())
}

#[kernel_test]
fn an_iterator_that_discards_takes_everything() -> Result {
    let mut vector = Vector::new(bindings::FERRITE_UIO_DISCARD, false)?;
    let mut dest = vector.dest();
    assert_eq!((dest.copy_to_iter(b"abc"), dest.zero(3)), (3, 3));
    dest.revert(2)?;
    assert_eq!((dest.len(), dest.is_user()), (8, false));
    assert_eq!(dest.copy_to_iter(TEXT), 8);
    Ok(())
}

/// The length of what is there, where the rest is not mapped. On 32-bit x86 the kernel copies words
/// and does not tell how much of a word came through.
const THERE: usize = 8;

/// An iterator over twelve bytes of a user program, of which the last four are not there.
fn cut(kind: u32, source: bool) -> Result<Vector> {
    let user = Mapping::anonymous(1)?;
    let offset = PAGE_SIZE - THERE;
    user.put(offset, b"is there")?;
    let addr = user.addr().wrapping_add(offset);
    // SAFETY: the function has no requirements.
    let raw = unsafe {
        bindings::ferrite_uio_ktest_new(kind, source, addr as core::ffi::c_ulong, THERE, 4)
    };
    Ok(Vector {
        raw: NonNull::new(raw).ok_or(ENOMEM)?,
        user: Some(user),
    })
}

#[kernel_test]
fn memory_that_ends_makes_a_short_copy_then_a_fault() -> Result {
    for kind in [bindings::FERRITE_UIO_UBUF, bindings::FERRITE_UIO_IOVEC] {
        let mut vector = cut(kind, true)?;
        let mut source = vector.source();
        let mut bytes = [MaybeUninit::uninit(); 12];
        assert_eq!(&*source.copy_from_iter_raw(&mut bytes), b"is there");
        assert_eq!(source.len(), 4);
        assert_eq!(source.copy_from_iter(&mut [0; 4]), 0);
        let mut buffer = KVec::new();
        assert_eq!(
            source.copy_from_iter_vec(&mut buffer, GFP_KERNEL),
            Err(EFAULT)
        );
        assert!(buffer.is_empty());
        source.revert(4)?;
        assert_eq!(source.read::<[u8; 8]>(), Err(EFAULT));
        // What was copied of the value has been given back.
        assert_eq!(source.copy_from_iter_vec(&mut buffer, GFP_KERNEL)?, 4);
        assert_eq!(&buffer[..], b"here");

        let mut vector = cut(kind, false)?;
        let mut dest = vector.dest();
        assert_eq!(dest.write(&[0_u8; 12]), Err(EFAULT));
        assert_eq!(dest.len(), 12);
        let mut position = 1;
        let longer = b"-longer than the room is";
        assert_eq!(dest.simple_read_from_buffer(&mut position, longer)?, THERE);
        assert_eq!(
            dest.simple_read_from_buffer(&mut position, longer),
            Err(EFAULT)
        );
        assert_eq!((position, dest.zero(4)), (9, 0));
    }
    Ok(())
}

#[kernel_test]
fn a_buffer_is_read_as_a_file() -> Result {
    let mut vector = Vector::new(bindings::FERRITE_UIO_KVEC, false)?;
    let mut dest = vector.dest();
    let mut position = 2;
    assert_eq!(dest.simple_read_from_buffer(&mut position, b"abcdef")?, 4);
    assert_eq!(position, 6);
    assert_eq!(dest.simple_read_from_buffer(&mut position, b"abcdef")?, 0);
    assert_eq!(
        dest.simple_read_from_buffer(&mut { i64::MAX }, b"abcdef")?,
        0
    );
    assert_eq!(
        dest.simple_read_from_buffer(&mut { -1 }, b"abcdef"),
        Err(EINVAL)
    );
    assert_eq!(dest.simple_read_from_buffer(&mut { 0 }, b"0123456789")?, 8);
    assert_eq!(dest.simple_read_from_buffer(&mut { 0 }, b"0123456789")?, 0);
    assert_eq!(vector.get()?, *b"cdef01234567");
    Ok(())
}

#[kernel_test]
fn no_memory_for_the_copy_moves_nothing() -> Result {
    let mut vector = Vector::new(bindings::FERRITE_UIO_KVEC, true)?;
    vector.put(TEXT)?;
    each_allocation_fails(|| {
        let mut source = vector.source();
        assert_eq!(source.len(), 12);
        let mut buffer = KVec::new();
        source.copy_from_iter_vec(&mut buffer, GFP_KERNEL)?;
        Ok(buffer)
    })
}
