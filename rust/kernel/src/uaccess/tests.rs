// SPDX-License-Identifier: GPL-2.0-only

use core::mem::MaybeUninit;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::testing::Mapping;
use super::{UserPtr, UserSlice};
use crate::ktest::{each_allocation_fails, kernel_test};
use crate::page::{PAGE_SIZE, Page};
use crate::prelude::*;

#[derive(Debug, PartialEq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Record {
    number: u64,
    small: u32,
    bytes: [u8; 4],
}

const RECORD: Record = Record {
    number: 0x0123_4567_89ab_cdef,
    small: 0xfeed_beef,
    bytes: *b"abcd",
};

#[kernel_test]
fn a_struct_goes_to_user_space_and_comes_back() -> Result {
    let user = Mapping::anonymous(1)?;
    let size = size_of::<Record>();
    user.slice(24, size).writer().write(&RECORD)?;
    let mut reader = user.slice(24, size).reader();
    assert_eq!(reader.read::<Record>()?, RECORD);
    assert!(reader.is_empty());
    assert_eq!(reader.read::<u8>(), Err(EFAULT));
    assert_eq!(user.get::<4>(24 + 12)?, *b"abcd");
    Ok(())
}

#[kernel_test]
fn a_byte_is_read_once_unless_the_reader_is_cloned() -> Result {
    let user = Mapping::anonymous(1)?;
    user.put(0, b"first second")?;
    let mut reader = user.slice(0, 12).reader();
    let mut again = reader.clone_reader();
    let mut word = [0; 6];
    reader.read_slice(&mut word)?;
    assert_eq!(word, *b"first ");
    // The program changes what was read already: only the clone sees it.
    user.put(0, b"other")?;
    reader.read_slice(&mut word)?;
    assert_eq!(word, *b"second");
    again.read_slice(&mut word)?;
    assert_eq!(word, *b"other ");
    assert_eq!((reader.len(), again.len()), (0, 6));
    Ok(())
}

#[kernel_test]
fn nothing_is_read_or_written_beyond_the_length() -> Result {
    let user = Mapping::anonymous(1)?;
    user.put(0, b"12345678")?;
    let mut reader = user.slice(0, 4).reader();
    let mut eight = [0; 8];
    assert_eq!(reader.read_slice(&mut eight), Err(EFAULT));
    assert_eq!(reader.skip(5), Err(EFAULT));
    assert_eq!(reader.len(), 4);
    reader.skip(3)?;
    assert_eq!(reader.read::<u8>()?, b'4');

    let mut writer = user.slice(0, 4).writer();
    assert_eq!(writer.write(&0_u64), Err(EFAULT));
    assert_eq!(writer.clear(5), Err(EFAULT));
    assert_eq!(writer.skip(5), Err(EFAULT));
    writer.skip(1)?;
    writer.clear(2)?;
    assert_eq!((writer.len(), writer.is_empty()), (1, false));
    writer.write_slice(b"x")?;
    assert!(writer.is_empty());
    assert_eq!(user.get::<8>(0)?, *b"1\0\0x5678");
    Ok(())
}

#[kernel_test]
fn what_is_not_mapped_is_a_fault_and_does_not_move() -> Result {
    let user = Mapping::anonymous(1)?;
    user.put(PAGE_SIZE - 4, b"last")?;
    let end = user.slice(PAGE_SIZE - 4, 8);
    let (mut reader, mut writer) = end.reader_writer();
    assert_eq!(reader.read::<u64>(), Err(EFAULT));
    assert_eq!(reader.read::<[u8; 4]>()?, *b"last");
    assert_eq!(reader.read::<u8>(), Err(EFAULT));
    assert_eq!(writer.write(&0_u64), Err(EFAULT));
    assert_eq!(writer.clear(8), Err(EFAULT));
    writer.write_slice(b"LAST")?;
    assert_eq!(writer.len(), 4);
    assert_eq!(user.get::<4>(PAGE_SIZE - 4)?, *b"LAST");
    Ok(())
}

#[kernel_test]
fn a_range_that_overflows_or_is_the_kernels_is_a_fault() -> Result {
    let end = || UserSlice::new(UserPtr::from_addr(usize::MAX - 3), 8);
    let mut reader = end().reader();
    assert_eq!(reader.read::<u64>(), Err(EFAULT));
    // Were the sum to wrap around, this would be an address in the program.
    assert_eq!(reader.skip(4), Err(EFAULT));
    assert_eq!(end().writer().write(&0_u64), Err(EFAULT));
    assert_eq!(end().writer().skip(8), Err(EFAULT));
    assert_eq!(end().writer().clear(8), Err(EFAULT));
    assert!(end().reader().strnlen().is_err());

    // A kernel address is refused, although we could read it.
    let secret = KBox::new(0x5ec2e7_u64, GFP_KERNEL)?;
    let kernels = || UserSlice::new(UserPtr::from_addr((&raw const *secret).addr()), 8);
    assert_eq!(kernels().reader().read::<u64>(), Err(EFAULT));
    assert_eq!(kernels().writer().write(&0_u64), Err(EFAULT));
    assert_eq!(kernels().writer().clear(8), Err(EFAULT));
    assert_eq!(kernels().reader().strnlen(), Err(EFAULT));
    assert_eq!(
        kernels().reader().strcpy_into_buf(&mut [0; 8]).err(),
        Some(EFAULT)
    );
    assert_eq!(*secret, 0x5ec2e7);
    Ok(())
}

#[kernel_test]
fn uninitialised_memory_is_filled() -> Result {
    let user = Mapping::anonymous(1)?;
    user.put(0, b"abc")?;
    let mut bytes = [MaybeUninit::uninit(); 3];
    user.slice(0, 3).reader().read_raw(&mut bytes)?;
    // SAFETY: all of them were read.
    assert_eq!(bytes.map(|byte| unsafe { byte.assume_init() }), *b"abc");
    Ok(())
}

#[kernel_test]
fn strings_end_at_their_zero_or_at_the_end() -> Result {
    let user = Mapping::anonymous(1)?;
    user.put(0, b"name\0rest")?;
    let reader = |len| user.slice(0, len).reader();
    let mut buffer = [0xff; 8];
    assert_eq!(reader(9).strcpy_into_buf(&mut buffer)?, c"name");
    assert_eq!(reader(3).strcpy_into_buf(&mut buffer)?, c"nam");
    assert_eq!(reader(0).strcpy_into_buf(&mut buffer)?, c"");
    assert_eq!(
        reader(9).strcpy_into_buf(&mut buffer[..4]).err(),
        Some(E2BIG)
    );
    assert_eq!(
        reader(4).strcpy_into_buf(&mut buffer[..4]).err(),
        Some(E2BIG)
    );
    assert_eq!(reader(9).strcpy_into_buf(&mut buffer[..5])?, c"name");
    assert_eq!(reader(9).strcpy_into_buf(&mut []).err(), Some(E2BIG));

    assert_eq!(reader(9).strnlen()?, 4);
    assert_eq!(reader(5).strnlen()?, 4);
    assert_eq!(reader(4).strnlen(), Err(EFAULT));

    let dup = |len, limit| -> Result<KVec<u8>> { reader(len).strndup(limit, GFP_KERNEL) };
    assert_eq!(&dup(9, 4)?[..], b"name");
    assert_eq!(&dup(3, 4)?[..], b"nam");
    assert_eq!(dup(9, 3).err(), Some(E2BIG));
    // A text that the end of the memory cuts off.
    user.put(PAGE_SIZE - 3, b"end")?;
    let cut = |len| user.slice(PAGE_SIZE - 3, len).reader();
    assert_eq!(cut(3).strcpy_into_buf(&mut buffer)?, c"end");
    assert_eq!(cut(8).strcpy_into_buf(&mut buffer).err(), Some(EFAULT));
    assert_eq!(
        cut(8).strndup::<crate::alloc::Kmalloc>(8, GFP_KERNEL).err(),
        Some(EFAULT)
    );
    // What cannot be read is told from what is too long, however much more may follow.
    let nothing = UserSlice::new(UserPtr::from_addr(0), 16).reader();
    let nothing = nothing.strndup::<crate::alloc::Kmalloc>(3, GFP_KERNEL);
    assert_eq!(nothing.err(), Some(EFAULT));
    Ok(())
}

#[kernel_test]
fn all_of_it_is_read_or_nothing_is_changed() -> Result {
    let user = Mapping::anonymous(1)?;
    user.put(0, b"more")?;
    let mut buffer = KVec::new();
    buffer.extend_from_slice(b"some ", GFP_KERNEL)?;
    user.slice(0, 4).read_all(&mut buffer, GFP_KERNEL)?;
    assert_eq!(&buffer[..], b"some more");
    let beyond = || user.slice(PAGE_SIZE - 4, 8);
    assert_eq!(beyond().read_all(&mut buffer, GFP_KERNEL), Err(EFAULT));
    assert_eq!(beyond().at_most(7).err(), Some(E2BIG));
    assert_eq!(&buffer[..], b"some more");
    each_allocation_fails(|| {
        let mut buffer = KVec::new();
        user.slice(0, 4).read_all(&mut buffer, GFP_KERNEL)?;
        Ok(buffer)
    })
}

#[kernel_test]
fn a_slice_that_stands_for_a_file() -> Result {
    let user = Mapping::anonymous(1)?;
    let mut offset = 2;
    let wrote = |len, offset: &mut u64| {
        user.slice(0, len)
            .writer()
            .write_slice_file(b"abcdef", offset)
    };
    assert_eq!(wrote(3, &mut offset)?, 3);
    assert_eq!((wrote(3, &mut offset)?, offset), (1, 6));
    assert_eq!(
        (wrote(3, &mut offset)?, wrote(3, &mut { u64::MAX })?),
        (0, 0)
    );
    assert_eq!(user.get::<3>(0)?, *b"fde");

    let mut file = *b"......";
    let mut read = |len, offset: &mut u64| {
        user.slice(0, len)
            .reader()
            .read_slice_file(&mut file, offset)
    };
    let mut offset = 4;
    assert_eq!(read(3, &mut offset)?, 2);
    assert_eq!((read(3, &mut offset)?, read(3, &mut { u64::MAX })?), (0, 0));
    assert_eq!((offset, file), (6, *b"....fd"));
    Ok(())
}

#[kernel_test]
fn pages_are_filled_and_written_out() -> Result {
    let user = Mapping::anonymous(1)?;
    user.put(0, b"0123456789")?;
    let page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO)?;
    let (mut reader, _) = user.slice(0, 10).reader_writer();
    reader.read_page(&page, PAGE_SIZE - 4, 4)?;
    assert_eq!(reader.read_page(&page, PAGE_SIZE - 3, 4), Err(EINVAL));
    assert_eq!(reader.read_page(&page, 0, 7), Err(EFAULT));
    assert_eq!(reader.len(), 6);
    let mut writer = user.slice(100, 4).writer();
    assert_eq!(writer.write_page(&page, PAGE_SIZE - 3, 4), Err(EINVAL));
    assert_eq!(writer.write_page(&page, 0, 5), Err(EFAULT));
    writer.write_page(&page, PAGE_SIZE - 4, 4)?;
    assert_eq!(user.get::<4>(100)?, *b"0123");
    let beyond = |offset| user.slice(offset, 8);
    assert_eq!(
        beyond(PAGE_SIZE).reader().read_page(&page, 0, 8),
        Err(EFAULT)
    );
    assert_eq!(
        beyond(PAGE_SIZE).writer().write_page(&page, 0, 8),
        Err(EFAULT)
    );
    Ok(())
}
