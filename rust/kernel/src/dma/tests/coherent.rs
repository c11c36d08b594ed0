// SPDX-License-Identifier: GPL-2.0-only

use static_assertions::assert_impl_all;
use zerocopy::{FromBytes, IntoBytes};

use super::super::{Attrs, Coherent, CoherentBox, View, attrs};
use super::{device, device_reads, device_writes};
use crate::ktest::each_allocation_fails;
use crate::prelude::*;
use crate::{dma_project, dma_read, dma_write};

#[derive(FromBytes, IntoBytes, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Slot {
    address: u64,
    len: u16,
    flags: u16,
    rest: u32,
}

#[derive(FromBytes, IntoBytes)]
#[repr(C)]
struct Ring {
    head: u32,
    tail: u32,
    slots: [Slot; 4],
    bytes: [u8; 8],
}

#[kernel_test]
fn both_sides_see_what_the_other_writes() -> Result {
    let registration = device()?;
    let device = registration.device();
    let ring = Coherent::<Ring>::zeroed(device, GFP_KERNEL)?;
    assert_eq!(ring.size(), size_of::<Ring>());

    dma_write!(ring, .tail, 0x0403_0201);
    dma_write!(ring, .slots[2].len, 0x0605);
    assert_eq!(device_reads(device, ring.dma_address() + 4), [1, 2, 3, 4]);
    let len = ring.dma_address_of(dma_project!(ring, .slots[2].len))?;
    assert_eq!(device_reads(device, len), [5, 6]);

    device_writes(device, ring.dma_address(), &[7, 0, 0, 0]);
    assert_eq!(dma_read!(ring, .head), 7);
    device_writes(device, len + 2, &[0xff, 0x01]);
    assert_eq!(dma_read!(ring, .slots[2]?.flags), 0x1ff);
    let slot = Slot {
        address: 0,
        len: 0x605,
        flags: 0x1ff,
        rest: 0,
    };
    assert_eq!(dma_read!(ring, .slots[2]), slot);
    Ok(())
}

#[kernel_test]
fn a_place_that_is_not_there_is_an_error() -> Result {
    let registration = device()?;
    let device = registration.device();
    let ring = Coherent::<Ring>::zeroed(device, GFP_KERNEL)?;
    let slots = Coherent::<[Slot]>::zeroed_slice(device, 3, GFP_KERNEL)?;
    let flags_of = |index: usize| -> Result<u16> { Ok(dma_read!(ring, .slots[index]?.flags)) };
    assert_eq!(flags_of(3), Ok(0));
    assert_eq!(flags_of(4), Err(EINVAL));
    assert_eq!(flags_of(usize::MAX), Err(EINVAL));
    let write = |index: usize| -> Result {
        dma_write!(slots, [index]?.rest, 1);
        Ok(())
    };
    assert_eq!(write(2), Ok(()));
    assert_eq!(write(3), Err(EINVAL));

    let foreign = dma_project!(ring, .head);
    assert_eq!(slots.dma_address_of(foreign), Err(EINVAL));
    assert_eq!(slots.view().range(1..4).err(), Some(EINVAL));
    let (two, three) = (slots.view().range(1..)?, slots.view());
    assert_eq!((two.len(), three.len()), (2, 3));
    assert!(three.range(3..)?.is_empty() && !two.is_empty());
    Ok(())
}

#[kernel_test]
fn parts_are_copied_whole() -> Result {
    let registration = device()?;
    let device = registration.device();
    let ring = Coherent::<Ring>::zeroed(device, GFP_KERNEL)?;
    let bytes: View<'_, [u8]> = dma_project!(ring, .bytes).as_slice();
    bytes.copy_from_slice(b"coherent")?;
    assert_eq!(bytes.copy_from_slice(b"short"), Err(EINVAL));
    let address = ring.dma_address_of(bytes)?;
    assert_eq!(device_reads(device, address), *b"coherent");
    device_writes(device, address, b"in");
    let mut copy = [0; 8];
    bytes.copy_to_slice(&mut copy)?;
    assert_eq!(copy, *b"inherent");
    assert_eq!(bytes.copy_to_slice(&mut copy[1..]), Err(EINVAL));
    Ok(())
}

#[kernel_test]
fn a_box_is_filled_before_it_is_shared() -> Result {
    let registration = device()?;
    let device = registration.device();
    let mut words = CoherentBox::from_slice(device, &[1_u16, 2, 3], GFP_KERNEL)?;
    words.reverse();
    assert_eq!(words.first_chunk(), Some(&[3, 2, 1]));
    let words = Coherent::from(words);
    assert_eq!(
        device_reads(device, words.dma_address()),
        [3, 0, 2, 0, 1, 0]
    );
    Ok(())
}

#[kernel_test]
fn what_cannot_be_allocated() -> Result {
    let registration = device()?;
    let device = registration.device();
    let slots = |len| CoherentBox::<[Slot]>::zeroed_slice(device, len, GFP_KERNEL).err();
    assert_eq!(slots(0), Some(EINVAL));
    assert_eq!(slots(usize::MAX / 8), Some(EOVERFLOW));
    assert_eq!(
        CoherentBox::<()>::zeroed(device, GFP_KERNEL).err(),
        Some(EINVAL)
    );
    // More than the guest has, and nothing in the log.
    let bytes = CoherentBox::<[u8]>::zeroed_slice_with_attrs(
        device,
        1 << 30,
        GFP_KERNEL | GFP_NOWARN,
        attrs::NO_WARN,
    );
    assert_eq!(bytes.err(), Some(ENOMEM));
    each_allocation_fails(|| Coherent::<Ring>::zeroed(device, GFP_KERNEL))?;
    each_allocation_fails(|| CoherentBox::from_slice(device, &[1_u8, 2], GFP_KERNEL))
}

#[kernel_test]
fn wishes_change_nothing_for_the_cpu() -> Result {
    let registration = device()?;
    let device = registration.device();
    for wishes in [
        Attrs::NONE,
        attrs::WEAK_ORDERING | attrs::WRITE_COMBINE,
        attrs::FORCE_CONTIGUOUS | attrs::ALLOC_SINGLE_PAGES,
    ] {
        let number = CoherentBox::<u64>::zeroed_with_attrs(device, GFP_KERNEL, wishes)?;
        let number = Coherent::from(number);
        number.view().write(0x0807_0605_0403_0201);
        let bytes = device_reads(device, number.dma_address());
        assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
    Ok(())
}

assert_impl_all!(View<'static, u32>: Send, Sync);
assert_impl_all!(Coherent<'static, [u32]>: Send, Sync);
assert_impl_all!(CoherentBox<'static, u32>: Send, Sync);
