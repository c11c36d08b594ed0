// SPDX-License-Identifier: GPL-2.0-only

use super::super::{Bidirectional, DmaAddress, FromDevice, SGEntry, SGTable, ToDevice};
use super::{bounces, device, device_reads, device_writes};
use crate::device::{Bound, Device};
use crate::ktest::each_allocation_fails;
use crate::page::{PAGE_SIZE, Page};
use crate::prelude::*;

/// Where the byte at `offset` of what is mapped is for the device.
fn place(entries: impl Iterator<Item = SGEntry>, mut offset: u64) -> Result<DmaAddress> {
    for entry in entries {
        match offset.checked_sub(u64::from(entry.dma_len())) {
            Some(rest) => offset = rest,
            None => return Ok(entry.dma_address() + offset),
        }
    }
    Err(ERANGE)
}

/// Pages that each hold their number in the first byte.
fn pages(count: u8) -> Result<KVec<Page>> {
    let mut pages = KVec::new();
    for number in 0..count {
        let page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM | GFP_ZERO)?;
        page.write(0, &[number])?;
        pages.push(page, GFP_KERNEL)?;
    }
    Ok(pages)
}

fn length(entries: impl Iterator<Item = SGEntry>) -> usize {
    entries.map(|entry| entry.dma_len() as usize).sum()
}

fn first_byte(device: &Device<Bound>, address: DmaAddress) -> u8 {
    let [byte] = device_reads(device, address);
    byte
}

#[kernel_test]
fn every_page_is_in_the_list() -> Result {
    let registration = device()?;
    let device = registration.device();
    for count in [1, 16, 100] {
        let table = SGTable::<_, ToDevice>::new(device, pages(count)?, GFP_KERNEL)?;
        assert_eq!(length(table.iter()), usize::from(count) * PAGE_SIZE);
        assert_eq!(table.iter().size_hint().0, (&table).into_iter().count());
        for number in 0..count {
            let address = place(table.iter(), u64::from(number) * PAGE_SIZE as u64)?;
            assert_eq!(first_byte(device, address), number);
        }
        assert_eq!(table.unmap().len(), usize::from(count));
    }
    Ok(())
}

/// Few pages are listed on the stack, and more than C counts in one piece of a list are chained.
#[kernel_test]
fn memory_of_any_size_is_in_the_list() -> Result {
    let registration = device()?;
    let device = registration.device();
    for count in [1_usize, 16, 17, 300] {
        let mut data = VVec::from_elem(0_u8, count * PAGE_SIZE, GFP_KERNEL)?;
        for (page, number) in data.chunks_mut(PAGE_SIZE).zip(0_usize..) {
            page.fill(number as u8);
        }
        let table = SGTable::<_, ToDevice>::new(device, data, GFP_KERNEL)?;
        assert_eq!(length(table.iter()), count * PAGE_SIZE);
        for number in 0..count {
            let address = place(table.iter(), number as u64 * PAGE_SIZE as u64)?;
            assert_eq!(first_byte(device, address), number as u8);
        }
        assert_eq!(table.unmap().len(), count * PAGE_SIZE);
    }
    Ok(())
}

#[kernel_test]
fn both_sides_see_each_other_after_a_sync() -> Result {
    let registration = device()?;
    let device = registration.device();
    let data = VVec::from_elem(1_u8, 5 * PAGE_SIZE - 1000, GFP_KERNEL)?;
    let table = SGTable::<_, Bidirectional>::new(device, data, GFP_KERNEL)?;
    let offset = 3 * PAGE_SIZE + 5;
    let address = place(table.iter(), offset as u64)?;
    assert_eq!(length(table.iter()), 5 * PAGE_SIZE);

    device_writes(device, address, &[2]);
    let mut table = table.sync_for_cpu();
    assert_eq!(table.get(offset - 1..offset + 2), Some(&[1, 2, 1][..]));
    table.fill(3);
    let seen = first_byte(device, address);
    assert_eq!(seen, if bounces(device) { 2 } else { 3 });
    let table = table.sync_for_device();
    assert_eq!(first_byte(device, address), 3);

    device_writes(device, address, &[4]);
    let data = table.unmap();
    assert_eq!((data.get(offset), data.first()), (Some(&4), Some(&3)));
    Ok(())
}

#[kernel_test]
fn pages_come_back_with_what_the_device_wrote() -> Result {
    let registration = device()?;
    let device = registration.device();
    let table = SGTable::<_, FromDevice>::new(device, pages(3)?, GFP_KERNEL)?;
    let address = place(table.iter(), 2 * PAGE_SIZE as u64)?;
    device_writes(device, address, b"z");
    let table = table.sync_for_cpu();
    let mut byte = [0];
    table.last().ok_or(ENODATA)?.read(0, &mut byte)?;
    assert_eq!(byte, *b"z");
    let pages = table.unmap();
    pages.first().ok_or(ENODATA)?.read(0, &mut byte)?;
    assert_eq!(byte, [0]);
    Ok(())
}

#[kernel_test]
fn what_cannot_be_listed_comes_back() -> Result {
    let registration = device()?;
    let device = registration.device();
    let nothing = SGTable::<_, ToDevice>::new(device, KVec::<Page>::new(), GFP_KERNEL);
    assert_eq!(nothing.err().map(|error| error.error()), Some(EINVAL));
    let nothing = SGTable::<_, ToDevice>::new(device, VVec::<u8>::new(), GFP_KERNEL);
    assert_eq!(nothing.err().map(|error| error.error()), Some(EINVAL));
    each_allocation_fails(|| {
        let data = VVec::from_elem(0_u8, 2 * PAGE_SIZE, GFP_KERNEL)?;
        Ok(SGTable::<_, ToDevice>::new(device, data, GFP_KERNEL)?.unmap())
    })?;
    each_allocation_fails(|| {
        let table = SGTable::<_, ToDevice>::new(device, pages(2)?, GFP_KERNEL)?;
        Ok(table.sync_for_cpu().unmap())
    })
}
