// SPDX-License-Identifier: GPL-2.0-only

use super::{Allocator, Box, KVmalloc, Kmalloc, NumaNode, Vec, Vmalloc};
use crate::ktest::each_allocation_fails;
use crate::page::{AsPageIter, PAGE_SIZE, Page};
use crate::prelude::*;
use core::sync::atomic::{AtomicU32, Ordering};

/// Counts how many of it are alive.
struct Alive<'a>(&'a AtomicU32);

impl<'a> Alive<'a> {
    fn new(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Clone for Alive<'_> {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Grows from nothing past a page and shrinks again: the values move from one memory to another.
fn grows_and_shrinks<A: Allocator>() -> Result<bool> {
    let mut numbers = Vec::<u32, A>::new();
    for number in 0..5000 {
        numbers.push(number, GFP_KERNEL)?;
    }
    let mut right = numbers.iter().copied().eq(0..5000) && numbers.capacity() >= 5000;
    numbers.truncate(10);
    numbers.shrink_to_fit(GFP_KERNEL)?;
    right &= numbers.capacity() == 10 && numbers.iter().copied().eq(0..10);
    numbers.clear();
    numbers.shrink_to_fit(GFP_KERNEL)?;
    Ok(right && numbers.capacity() == 0)
}

#[kernel_test]
fn arrays_grow_and_shrink_in_any_memory() -> Result {
    assert!(grows_and_shrinks::<Kmalloc>()?);
    assert!(grows_and_shrinks::<Vmalloc>()?);
    assert!(grows_and_shrinks::<KVmalloc>()?);
    Ok(())
}

#[kernel_test]
fn arrays_drop_what_they_hold() -> Result {
    let count = AtomicU32::new(0);
    let alive = || count.load(Ordering::Relaxed);
    let mut all = KVec::from_elem(Alive::new(&count), 10, GFP_KERNEL)?;
    assert_eq!(alive(), 10);
    all.truncate(9);
    assert_eq!(alive(), 9);
    drop(all.remove(0)?);
    drop(all.swap_remove(0)?);
    assert_eq!((alive(), all.len()), (7, 7));
    let mut turn = 0;
    all.retain(|_| {
        turn += 1;
        turn % 2 == 0
    });
    assert_eq!((alive(), all.len()), (3, 3));
    all.extend_with(4, Alive::new(&count), GFP_KERNEL)?;
    assert_eq!(alive(), 7);
    let mut drain = all.drain(1..5)?;
    drop(drain.next());
    assert_eq!(alive(), 6);
    drop(drain);
    assert_eq!((alive(), all.len()), (3, 3));
    let tail = all.split_off(1, GFP_KERNEL)?;
    assert_eq!((alive(), all.len(), tail.len()), (3, 1, 2));
    drop(tail.into_boxed_slice());
    assert_eq!(alive(), 1);
    let mut rest = all.into_iter();
    drop(rest.next());
    assert_eq!(alive(), 0);
    // None, of copies of one: it goes too.
    drop(KVec::from_elem(Alive::new(&count), 0, GFP_KERNEL)?);
    assert_eq!(alive(), 0);
    Ok(())
}

#[kernel_test]
fn a_forgotten_drain_leaves_nothing_twice() -> Result {
    let mut numbers = crate::kvec![1, 2, 3, 4]?;
    let mut drain = numbers.drain(1..3)?;
    assert_eq!(drain.next(), Some(2));
    core::mem::forget(drain);
    assert_eq!(numbers, [1]);
    Ok(())
}

#[kernel_test]
fn ranges_outside_of_an_array_are_refused() -> Result {
    let mut numbers = crate::kvec![1, 2, 3]?;
    #[expect(clippy::reversed_empty_ranges, reason = "it is what is refused")]
    let backwards = numbers.drain(2..1).is_err();
    assert!(backwards);
    assert_eq!(numbers.drain(..=usize::MAX).err(), Some(EINVAL));
    assert_eq!(numbers.drain(4..).err(), Some(EINVAL));
    assert_eq!(numbers.drain(3..)?.len(), 0);
    assert_eq!(numbers, [1, 2, 3]);
    Ok(())
}

#[kernel_test]
fn values_without_size_need_no_memory() -> Result {
    let mut nothing = VVec::new();
    nothing.extend_with(5, (), GFP_ATOMIC)?;
    assert_eq!(nothing.len(), 5);
    nothing.retain(|()| false);
    assert_eq!(nothing.pop(), None);
    nothing.shrink_to_fit(GFP_ATOMIC)?;
    drop(nothing.into_boxed_slice());
    drop(VBox::new((), GFP_ATOMIC)?);
    let units = KVec::from(KBox::new([(); 3], GFP_KERNEL)?);
    assert_eq!(units.len(), 3);
    Ok(())
}

#[kernel_test]
fn boxes_and_arrays_become_each_other() -> Result {
    let array = KVec::from(KBox::new([1, 2, 3], GFP_KERNEL)?);
    assert_eq!(array, [1, 2, 3]);
    let mut again = KVec::from(array.into_boxed_slice());
    again.push(4, GFP_KERNEL)?;
    assert_eq!(again, [1, 2, 3, 4]);
    // Room, but no values: the memory must go.
    let empty = KVec::<u32>::with_capacity(10, GFP_KERNEL)?;
    assert_eq!(empty.into_boxed_slice().len(), 0);
    Ok(())
}

#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "only its place counts")] u8);

#[repr(align(4096))]
struct Whole(#[expect(dead_code, reason = "only its place counts")] u8);

fn aligned<T, A: Allocator>() -> Result<bool> {
    let mut right = true;
    for _ in 0..5 {
        let mut boxed = Box::<T, A>::new_uninit(GFP_KERNEL)?;
        right &= boxed.as_mut_ptr().addr().is_multiple_of(align_of::<T>());
        let array = Vec::<T, A>::with_capacity(3, GFP_KERNEL)?;
        right &= array.as_ptr().addr().is_multiple_of(align_of::<T>());
    }
    Ok(right)
}

#[kernel_test]
fn memory_is_aligned_as_the_type_wants() -> Result {
    assert!(aligned::<Line, Kmalloc>()? && aligned::<Whole, Kmalloc>()?);
    assert!(aligned::<Line, Vmalloc>()? && aligned::<Whole, Vmalloc>()?);
    assert!(aligned::<Line, KVmalloc>()? && aligned::<Whole, KVmalloc>()?);
    Ok(())
}

#[kernel_test]
fn zeroed_memory_is_zero() -> Result {
    for _ in 0..3 {
        // Dirty what may be given out next.
        drop(VVec::from_elem(0xff_u8, 3 * PAGE_SIZE, GFP_KERNEL)?);
        drop(KVec::from_elem(0xff_u8, 200, GFP_KERNEL)?);
        let large = VBox::<[u8; 10_000]>::zeroed(GFP_KERNEL)?;
        assert!(large.iter().all(|byte| *byte == 0));
        let zeroed = KVBox::<[u8; 200]>::new_uninit(GFP_KERNEL | GFP_ZERO)?;
        // SAFETY: any bytes make an array of bytes, and all have been written by the allocator.
        let zeroed = unsafe { zeroed.assume_init() };
        assert!(zeroed.iter().all(|byte| *byte == 0));
    }
    Ok(())
}

#[kernel_test]
fn vmalloc_does_not_allocate_where_it_would_sleep() -> Result {
    assert_eq!(VBox::new(1, GFP_ATOMIC).err(), Some(ENOMEM));
    assert_eq!(VVec::<u8>::with_capacity(1, GFP_NOWAIT).err(), Some(ENOMEM));
    assert_eq!(*KVBox::new(1, GFP_ATOMIC)?, 1);
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn small_memory_in_any_context() -> Result {
    let boxed = KBox::new(7, GFP_ATOMIC)?;
    let array = KVVec::from_elem(*boxed, 3, GFP_ATOMIC)?;
    assert_eq!(array, [7, 7, 7]);
    Ok(())
}

#[kernel_test]
fn a_node_is_a_wish() -> Result {
    let node = NumaNode::new(0)?;
    let mut large = VVec::<u32>::with_capacity_node(5000, GFP_KERNEL, node)?;
    large.push(1, GFP_KERNEL)?;
    let either = KVVec::<u32>::with_capacity_node(5000, GFP_KERNEL, node)?;
    assert!(large.capacity() == 5000 && either.capacity() == 5000);
    Ok(())
}

#[kernel_test]
fn what_no_machine_has() {
    let flags = GFP_KERNEL | GFP_NOWARN;
    assert_eq!(
        KVec::<u8>::with_capacity(1 << 30, flags).err(),
        Some(ENOMEM)
    );
    assert_eq!(
        VVec::<u64>::with_capacity(usize::MAX >> 4, flags).err(),
        Some(ENOMEM)
    );
    assert_eq!(
        KVVec::<u64>::with_capacity(usize::MAX >> 4, flags).err(),
        Some(ENOMEM)
    );
    assert_eq!(
        KVVec::<u64>::with_capacity(usize::MAX, flags).err(),
        Some(ENOMEM)
    );
}

#[kernel_test]
fn room_that_is_filled_in_place() -> Result {
    let mut numbers = KVec::with_capacity(4, GFP_KERNEL)?;
    numbers.push(1, GFP_KERNEL)?;
    let room = numbers.spare_capacity_mut();
    assert_eq!(room.len(), 3);
    for (number, place) in (2..).zip(room.iter_mut().take(2)) {
        place.write(number);
    }
    // SAFETY: two have just been written.
    unsafe { numbers.inc_len(2) };
    assert_eq!(numbers, [1, 2, 3]);
    Ok(())
}

#[kernel_test]
fn the_pages_behind_an_array() -> Result {
    let mut bytes = VVec::from_elem(1_u8, 2 * PAGE_SIZE + 1, GFP_KERNEL)?;
    for (index, page) in bytes.page_iter().enumerate() {
        page.write(0, &[u8::try_from(index)? + 10])?;
    }
    assert_eq!(bytes.page_iter().count(), 3);
    for (index, byte) in [(0, 10), (1, 1), (PAGE_SIZE, 11), (2 * PAGE_SIZE, 12)] {
        assert_eq!(bytes.get(index), Some(&byte));
    }
    assert_eq!(VVec::<u8>::new().page_iter().count(), 0);
    Ok(())
}

fn every_step<A: Allocator>() -> Result<Vec<Box<u32, A>, A>> {
    let mut all = Vec::new();
    for number in 0..4 {
        all.push(Box::new(number, GFP_KERNEL)?, GFP_KERNEL)?;
    }
    all.insert(1, Box::new(9, GFP_KERNEL)?, GFP_KERNEL)?;
    let mut tail = all.split_off(2, GFP_KERNEL)?;
    tail.shrink_to_fit(GFP_KERNEL)?;
    all.append(&mut tail, GFP_KERNEL)?;
    Ok(all)
}

#[kernel_test]
fn each_failure_is_enomem() -> Result {
    each_allocation_fails(every_step::<Kmalloc>)?;
    each_allocation_fails(every_step::<Vmalloc>)?;
    each_allocation_fails(every_step::<KVmalloc>)?;
    each_allocation_fails(|| {
        let mut numbers = crate::kvec![1, 2, 3]?;
        numbers.extend_from_slice(&[4, 5], GFP_KERNEL)?;
        numbers.extend(6..9, GFP_KERNEL)?;
        numbers.resize(20, 0, GFP_KERNEL)?;
        Ok(numbers)
    })
}

#[kernel_test]
fn every_flag_gets_memory() -> Result {
    for flags in [
        GFP_KERNEL,
        GFP_KERNEL_ACCOUNT,
        GFP_ATOMIC,
        GFP_NOWAIT,
        GFP_NOIO,
        GFP_NOFS,
        GFP_USER,
        GFP_KERNEL | GFP_DMA,
        GFP_KERNEL | GFP_NORETRY,
        GFP_KERNEL | GFP_RETRY_MAYFAIL,
        GFP_KERNEL | GFP_NOMEMALLOC,
        GFP_KERNEL | GFP_ACCOUNT,
    ] {
        let number = KBox::new(0x0123_4567_89ab_cdef_u64, flags | GFP_NOWARN)?;
        assert_eq!(*number, 0x0123_4567_89ab_cdef);
        let zeroes = KVec::from_elem(0_u8, 300, flags | GFP_ZERO)?;
        assert!(zeroes.iter().all(|byte| *byte == 0));
    }
    for flags in [
        GFP_HIGHUSER,
        GFP_KERNEL | GFP_DMA32,
        GFP_KERNEL | GFP_THISNODE,
    ] {
        let page = Page::alloc(flags)?;
        page.fill(0, 0xa5, PAGE_SIZE)?;
        let mut last = [0];
        page.read(PAGE_SIZE - 1, &mut last)?;
        assert_eq!(last, [0xa5]);
    }
    Ok(())
}

#[kernel_test]
fn flags_contain_what_they_allow() {
    assert_eq!(GFP_KERNEL_ACCOUNT, GFP_KERNEL | GFP_ACCOUNT);
    assert_eq!(GFP_HIGHUSER, GFP_USER | GFP_HIGHMEM);
    assert!(GFP_KERNEL.contains(GFP_NOFS) && GFP_NOFS.contains(GFP_NOIO));
    assert!(!GFP_NOIO.contains(GFP_NOFS) && !GFP_NOFS.contains(GFP_KERNEL));
    for flags in [
        GFP_NOIO,
        GFP_NOFS,
        GFP_USER,
        GFP_HIGHUSER,
        GFP_KERNEL_ACCOUNT,
    ] {
        assert!(flags.may_sleep() && !flags.without_sleep().may_sleep());
    }
    for flag in [
        GFP_ATOMIC,
        GFP_NOWAIT,
        GFP_DMA,
        GFP_DMA32,
        GFP_NORETRY,
        GFP_THISNODE,
    ] {
        assert!(!flag.may_sleep());
    }
}

#[kernel_test]
fn what_is_leaked_stays() -> Result {
    let count = AtomicU32::new(0);
    let leaked = KBox::leak(KBox::new(Alive::new(&count), GFP_KERNEL)?);
    assert_eq!(leaked.0.load(Ordering::Relaxed), 1);
    // SAFETY: it comes from a box, and is not used after this.
    drop(unsafe { KBox::from_raw(leaked) });
    assert_eq!(count.load(Ordering::Relaxed), 0);
    Ok(())
}
