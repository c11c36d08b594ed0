// SPDX-License-Identifier: GPL-2.0-only

use static_assertions::{assert_impl_all, assert_not_impl_any};

use super::super::{
    Bidirectional, Contiguous, CpuWrites, DmaMask, ForCpu, ForDevice, FromDevice, Mapping, ToDevice,
};
use super::{bounces, device, device_reads, device_writes};
use crate::ktest::each_allocation_fails;
use crate::page::{PAGE_SIZE, Page, Pages};
use crate::prelude::*;

// Who reads what the device has written does not write.
assert_impl_all!(ToDevice: CpuWrites);
assert_impl_all!(Bidirectional: CpuWrites);
assert_not_impl_any!(FromDevice: CpuWrites);

/// What is seen before a sync: with bounce buffers, or without.
fn either<T>(bounces: bool, with: T, without: T) -> T {
    if bounces { with } else { without }
}

#[kernel_test]
fn the_device_sees_what_was_there_when_it_was_mapped() -> Result {
    let registration = device()?;
    let device = registration.device();
    let buffer = KBox::new(*b"12345678", GFP_KERNEL)?;
    let mapping = Mapping::<_, ToDevice>::new(device, buffer)?;
    assert_eq!(mapping.size(), 8);
    assert!(mapping.dma_address() <= DmaMask::new::<32>().value());
    assert_eq!(device_reads(device, mapping.dma_address()), *b"12345678");
    assert_eq!(*mapping.unmap(), *b"12345678");
    Ok(())
}

#[kernel_test]
fn what_the_cpu_writes_is_seen_after_a_sync() -> Result {
    let registration = device()?;
    let device = registration.device();
    let buffer = KBox::new(*b"old", GFP_KERNEL)?;
    let mapping = Mapping::<_, ToDevice>::new(device, buffer)?;
    let address = mapping.dma_address();
    let mut mapping: Mapping<'_, _, ToDevice, ForCpu> = mapping.sync_for_cpu();
    mapping.copy_from_slice(b"new");
    // Without a bounce buffer it is the same memory. The scenario `swiotlb` wants one.
    if bounces(device) {
        pr_info!("what is mapped bounces");
    }
    let before: [u8; 3] = device_reads(device, address);
    assert_eq!(before, *either(bounces(device), b"old", b"new"));
    let mapping: Mapping<'_, _, ToDevice, ForDevice> = mapping.sync_for_device();
    assert_eq!(device_reads(device, mapping.dma_address()), *b"new");
    assert_eq!(mapping.dma_address(), address);
    Ok(())
}

#[kernel_test]
fn what_the_device_writes_is_seen_after_a_sync() -> Result {
    let registration = device()?;
    let device = registration.device();
    let buffer = KVec::from_elem(b'-', 300, GFP_KERNEL)?;
    let memory = buffer.as_ptr();
    let mapping = Mapping::<_, FromDevice>::new(device, buffer)?;
    device_writes(device, mapping.dma_address() + 298, b"ok");
    // SAFETY: the mapping owns the memory, and nobody writes to it while this reads.
    let before = unsafe { memory.add(298).read_volatile() };
    assert_eq!(before, either(bounces(device), b'-', b'o'));
    let mapping = mapping.sync_for_cpu();
    assert_eq!(mapping.get(297..), Some(&b"-ok"[..]));
    // The device goes on, and the end of the mapping is a sync as well.
    let mapping = mapping.sync_for_device();
    device_writes(device, mapping.dma_address(), b"more");
    let buffer = mapping.unmap();
    assert_eq!((&buffer[..5], buffer.len()), (&b"more-"[..], 300));
    Ok(())
}

#[kernel_test]
fn what_the_cpu_has_changed_survives_the_end_of_the_mapping() -> Result {
    let registration = device()?;
    let device = registration.device();
    let buffer = KBox::new(0x0101_u16, GFP_KERNEL)?;
    let mapping = Mapping::<_, Bidirectional>::new(device, buffer)?;
    device_writes(device, mapping.dma_address(), &[2]);
    let mut mapping = mapping.sync_for_cpu();
    assert_eq!(*mapping, 0x0102);
    *mapping = 0x0304;
    assert_eq!(*mapping.unmap(), 0x0304);
    Ok(())
}

#[kernel_test]
fn pages_are_mapped_whole() -> Result {
    fn round<B: Contiguous>(buffer: B, size: usize) -> Result<B> {
        let registration = device()?;
        let device = registration.device();
        let mapping = Mapping::<_, Bidirectional>::new(device, buffer)?;
        assert_eq!(mapping.size(), size);
        let last = mapping.dma_address() + (size - 2) as u64;
        assert_eq!(device_reads(device, last), *b"ab");
        device_writes(device, last, b"c");
        Ok(mapping.sync_for_cpu().unmap())
    }
    let mut bytes = [0; 2];
    let page = Page::alloc(GFP_KERNEL | GFP_HIGHMEM)?;
    page.write(PAGE_SIZE - 2, b"ab")?;
    round(page, PAGE_SIZE)?.read(PAGE_SIZE - 2, &mut bytes)?;
    assert_eq!(bytes, *b"cb");
    let pages = Pages::alloc(GFP_KERNEL, 1)?;
    pages.write(2 * PAGE_SIZE - 2, b"ab")?;
    round(pages, 2 * PAGE_SIZE)?.read(2 * PAGE_SIZE - 2, &mut bytes)?;
    assert_eq!(bytes, *b"cb");
    Ok(())
}

#[kernel_test]
fn pages_are_looked_at_in_the_cpus_turn() -> Result {
    let registration = device()?;
    let page = Page::alloc(GFP_KERNEL | GFP_ZERO)?;
    let mapping = Mapping::<_, FromDevice>::new(registration.device(), page)?;
    device_writes(registration.device(), mapping.dma_address() + 9, b"x");
    let mapping = mapping.sync_for_cpu();
    let mut bytes = [1; 2];
    mapping.read(8, &mut bytes)?;
    assert_eq!(bytes, *b"\0x");
    let pages = Pages::alloc(GFP_KERNEL | GFP_ZERO, 1)?;
    let mapping = Mapping::<_, ToDevice>::new(registration.device(), pages)?.sync_for_cpu();
    mapping.write(5, b"y")?;
    let mapping = mapping.sync_for_device();
    let seen = device_reads(registration.device(), mapping.dma_address() + 4);
    assert_eq!(seen, *b"\0y");
    Ok(())
}

#[kernel_test]
fn what_cannot_be_mapped_comes_back() -> Result {
    let registration = device()?;
    let device = registration.device();
    let nothing = Mapping::<_, ToDevice>::new(device, KVec::<u8>::new());
    let Err(error) = nothing else {
        return Err(ECANCELED);
    };
    assert_eq!(error.error(), EINVAL);
    pr_info!("{:?}", error);
    assert_eq!(error.into_buffer().len(), 0);
    each_allocation_fails(|| {
        let buffer = KVec::from_elem(3_u8, 100, GFP_KERNEL)?;
        match Mapping::<_, ToDevice>::new(device, buffer) {
            Ok(mapping) => Ok(mapping.unmap()),
            Err(error) => {
                assert_eq!(error.error(), ENOMEM);
                let buffer = error.into_buffer();
                assert_eq!(buffer.last(), Some(&3));
                Err(ENOMEM)
            }
        }
    })
}

assert_impl_all!(Mapping<'static, KBox<u32>, ToDevice>: Send, Sync);
assert_impl_all!(Mapping<'static, Page, FromDevice>: Send, Sync);
