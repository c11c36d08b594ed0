// SPDX-License-Identifier: GPL-2.0-only

use super::{BorrowedPage, PAGE_SIZE, Page, Pages, SharedPage};
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::types::ForeignOwnable;

#[kernel_test(context = [process, softirq, hardirq])]
fn what_is_written_is_read() -> Result {
    let page = Page::alloc(GFP_ATOMIC | GFP_ZERO)?;
    page.write(PAGE_SIZE - 3, b"end")?;
    let mut bytes = [1; 5];
    page.read(PAGE_SIZE - 5, &mut bytes)?;
    assert_eq!(bytes, *b"\0\0end");
    page.fill(0, 9, PAGE_SIZE)?;
    page.read(PAGE_SIZE - 5, &mut bytes)?;
    assert_eq!(bytes, [9; 5]);
    Ok(())
}

#[kernel_test]
fn nothing_beyond_the_page() -> Result {
    let page = Page::alloc(GFP_KERNEL)?;
    let mut bytes = [0; 4];
    for offset in [PAGE_SIZE - 3, PAGE_SIZE + 1, usize::MAX - 2, usize::MAX] {
        assert_eq!(page.read(offset, &mut bytes), Err(EINVAL));
        assert_eq!(page.write(offset, &bytes), Err(EINVAL));
        assert_eq!(page.fill(offset, 0, 4), Err(EINVAL));
        assert_eq!(page.copy_to(offset, &page, 0, 4), Err(EINVAL));
        assert_eq!(page.copy_to(0, &page, offset, 4), Err(EINVAL));
        assert_eq!(page.copy_from_user(offset, 0, 4), Err(EINVAL));
        assert_eq!(page.copy_to_user(offset, 0, 4), Err(EINVAL));
    }
    // Nothing, at the end.
    page.write(PAGE_SIZE, &[])?;
    page.read(PAGE_SIZE, &mut [])?;
    Ok(())
}

#[kernel_test]
fn overlapping_copies_in_both_directions() -> Result {
    let page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO)?;
    page.write(0, b"abcdef")?;
    page.copy_to(0, &page, 2, 4)?;
    let mut bytes = [0; 6];
    page.read(0, &mut bytes)?;
    assert_eq!(bytes, *b"ababcd");
    page.copy_to(1, &page, 0, 5)?;
    page.read(0, &mut bytes)?;
    assert_eq!(bytes, *b"babcdd");
    Ok(())
}

/// On 32-bit x86 this page has no address of its own.
#[kernel_test]
fn high_memory_is_reached() -> Result {
    let mut page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO)?;
    assert_eq!(page.is_highmem(), cfg!(target_arch = "x86"));
    page.write(10, b"high")?;
    let seen = page.map_local(|bytes| {
        bytes[14] = b'!';
        bytes[9..15] == *b"\0high!"
    });
    assert!(seen);
    Ok(())
}

#[kernel_test]
fn mappings_nest() -> Result {
    let mut outer = Page::alloc(GFP_KERNEL | GFP_HIGHMEM)?;
    let mut inner = Page::alloc(GFP_KERNEL | GFP_HIGHMEM)?;
    outer.map_local(|outer| {
        outer.fill(1);
        inner.map_local(|inner| inner.copy_from_slice(outer));
        outer.fill(2);
    });
    let mut bytes = [0; 2];
    inner.read(PAGE_SIZE - 2, &mut bytes)?;
    assert_eq!(bytes, [1, 1]);
    outer.read(PAGE_SIZE - 2, &mut bytes)?;
    assert_eq!(bytes, [2, 2]);
    Ok(())
}

#[kernel_test]
fn no_user_address_is_copied() -> Result {
    let page = Page::alloc(GFP_KERNEL | GFP_ZERO)?;
    // Nothing is mapped at zero; the other is an address of the kernel's.
    for address in [0, (&raw const page).addr()] {
        assert_eq!(page.copy_from_user(0, address, 16), Ok(16));
        assert_eq!(page.copy_to_user(0, address, 16), Ok(16));
    }
    Ok(())
}

#[kernel_test]
fn rows_of_every_small_order() -> Result {
    for order in 0..=4 {
        let pages = Pages::alloc(GFP_KERNEL | GFP_ZERO, order)?;
        assert_eq!(pages.count(), 1 << order);
        for index in 0..pages.count() {
            let byte = u8::try_from(index)?;
            pages.fill(index * PAGE_SIZE, byte, PAGE_SIZE)?;
        }
        for index in 0..pages.count() {
            let mut bytes = [0xff; 2];
            pages.page(index)?.read(PAGE_SIZE - 2, &mut bytes)?;
            assert_eq!(bytes, [u8::try_from(index)?; 2]);
        }
        assert_eq!(pages.page(pages.count()).err(), Some(EINVAL));
        assert_eq!(pages.write(pages.size(), &[1]), Err(EINVAL));
    }
    Ok(())
}

#[kernel_test]
fn the_last_user_frees_a_shared_page() -> Result {
    let first = SharedPage::alloc(GFP_KERNEL | GFP_ZERO)?;
    let kept = first.clone();
    first.write(0, &[5])?;
    let foreign = first.into_foreign();
    // SAFETY: the pointer comes from `into_foreign`, and is taken back below.
    let borrowed: BorrowedPage<'_> = unsafe { SharedPage::borrow(foreign) };
    assert_eq!(borrowed.phys_addr(), kept.phys_addr());
    // SAFETY: as above; the borrow is not used again.
    drop(unsafe { SharedPage::from_foreign(foreign) });
    let mut byte = [0];
    kept.read(0, &mut byte)?;
    assert_eq!(byte, [5]);
    Ok(())
}

#[kernel_test]
fn each_failure_is_enomem() -> Result {
    each_allocation_fails(|| {
        let page = Page::alloc(GFP_KERNEL)?;
        let shared = SharedPage::alloc(GFP_KERNEL)?;
        Ok((page, shared.clone(), shared, Pages::alloc(GFP_KERNEL, 1)?))
    })
}
