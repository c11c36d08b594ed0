// SPDX-License-Identifier: GPL-2.0-only

use super::{AllocKind, BhSafe, Cyclic, EntryId, IrqSafe, Mark, StoreError, XArray};
use crate::alloc::{KBox, KVec};
use crate::ktest::each_allocation_fails;
use crate::page::{Page, SharedPage};
use crate::prelude::*;
use crate::sync::{Arc, rcu};
use crate::xarray::{Guard, LockKind};
use core::pin::Pin;

type Numbers<L = super::Plain> = Pin<KBox<XArray<KBox<usize>, L>>>;

fn numbers(kind: AllocKind) -> Result<Numbers> {
    KBox::pin_init(XArray::new(kind), GFP_KERNEL)
}

fn number(value: usize) -> Result<KBox<usize>> {
    KBox::new(value, GFP_ATOMIC)
}

/// An array with values at these indices, each its own index.
fn filled(indices: &[usize]) -> Result<Numbers> {
    let array = numbers(AllocKind::None)?;
    for &index in indices {
        array.lock().store(index, number(index)?, GFP_KERNEL)?;
    }
    Ok(array)
}

fn indices<L: LockKind>(
    guard: &Guard<'_, KBox<usize>, L>,
    mark: Option<Mark>,
) -> Result<KVec<usize>> {
    let mut found = KVec::new();
    match mark {
        None => {
            for (index, value) in guard.iter() {
                if *value != index {
                    return Err(EIO);
                }
                found.push(index, GFP_ATOMIC)?;
            }
        }
        Some(mark) => {
            for (index, _) in guard.marked(mark, ..) {
                found.push(index, GFP_ATOMIC)?;
            }
        }
    }
    Ok(found)
}

const SPREAD: [usize; 6] = [0, 63, 64, 4096, 1 << 24, usize::MAX];

#[kernel_test]
fn values_at_both_ends_of_the_index() -> Result {
    let array = filled(&SPREAD)?;
    let guard = array.lock();
    for index in SPREAD {
        assert_eq!(guard.get(index), Some(&index));
    }
    assert_eq!(guard.get(1), None);
    assert_eq!(&*indices(&guard, None)?, &SPREAD);
    assert!(
        guard
            .range(64..1 << 24)
            .map(|(index, _)| index)
            .eq([64, 4096])
    );
    assert!(
        guard
            .range(usize::MAX..)
            .map(|(index, _)| index)
            .eq([usize::MAX])
    );
    assert!(guard.range(65..65).next().is_none());
    assert!(guard.range(..0).next().is_none());
    Ok(())
}

#[kernel_test]
fn a_store_returns_what_was_there() -> Result {
    let array = filled(&[5])?;
    let mut guard = array.lock();
    let old = guard.store(5, number(6)?, GFP_ATOMIC)?;
    assert_eq!(old.as_deref(), Some(&5));
    let refused = guard.insert(5, number(7)?, GFP_ATOMIC);
    assert!(refused.is_err_and(|refused| refused.error == EBUSY && *refused.value == 7));
    assert_eq!(guard.remove(5).as_deref(), Some(&6));
    assert!(guard.remove(5).is_none());
    guard.insert(5, number(8)?, GFP_ATOMIC)?;
    assert_eq!(guard.get(5), Some(&8));
    Ok(())
}

/// Every mark is set, found and cleared for itself.
#[kernel_test]
fn marks_are_found_where_they_were_set() -> Result {
    let array = filled(&SPREAD)?;
    let mut guard = array.lock();
    for (mark, others) in [
        (Mark::Mark0, [Mark::Mark1, Mark::Mark2]),
        (Mark::Mark1, [Mark::Mark0, Mark::Mark2]),
        (Mark::Mark2, [Mark::Mark0, Mark::Mark1]),
    ] {
        assert!(!guard.any_marked(mark));
        guard.set_mark(64, mark)?;
        guard.set_mark(usize::MAX, mark)?;
        assert!(guard.any_marked(mark) && guard.get_mark(64, mark) && !guard.get_mark(63, mark));
        assert_eq!(&*indices(&guard, Some(mark))?, &[64, usize::MAX]);
        assert!(guard.marked(mark, 65..usize::MAX).next().is_none());
        for other in others {
            assert!(!guard.any_marked(other) && !guard.get_mark(64, other));
            assert!(indices(&guard, Some(other))?.is_empty());
        }
        guard.clear_mark(64, mark)?;
        assert!(!guard.get_mark(64, mark) && guard.get_mark(usize::MAX, mark));
        assert_eq!(&*indices(&guard, Some(mark))?, &[usize::MAX]);
        guard.clear_mark(usize::MAX, mark)?;
        assert!(!guard.any_marked(mark));
    }
    Ok(())
}

#[kernel_test]
fn a_mark_stays_with_a_store_and_goes_with_a_removal() -> Result {
    let array = filled(&[1, 2])?;
    let mut guard = array.lock();
    guard.set_mark(1, Mark::Mark2)?;
    guard.store(1, number(1)?, GFP_ATOMIC)?;
    assert!(guard.get_mark(1, Mark::Mark2));
    drop(guard.remove(1));
    assert!(!guard.get_mark(1, Mark::Mark2) && !guard.any_marked(Mark::Mark2));
    guard.store(1, number(1)?, GFP_ATOMIC)?;
    assert!(!guard.get_mark(1, Mark::Mark2));
    Ok(())
}

#[kernel_test]
fn marks_that_are_refused() -> Result {
    let array = numbers(AllocKind::Alloc)?;
    let mut guard = array.lock();
    let index = guard.alloc(number(0)?, 0..=9, GFP_ATOMIC)? as usize;
    // Setting it would make the index free, with a value in it.
    assert_eq!(guard.set_mark(index, Mark::Mark0), Err(EINVAL));
    assert_eq!(guard.clear_mark(index, Mark::Mark0), Err(EINVAL));
    guard.set_mark(index, Mark::Mark1)?;
    assert_eq!(guard.set_mark(index + 1, Mark::Mark1), Err(ENOENT));
    assert_eq!(guard.clear_mark(index + 1, Mark::Mark1), Err(ENOENT));
    assert_eq!(guard.alloc(number(1)?, 0..=9, GFP_ATOMIC)?, 1);
    Ok(())
}

#[kernel_test]
fn indices_are_given_out_within_limits() -> Result {
    let array = numbers(AllocKind::Alloc)?;
    let mut guard = array.lock();
    for expected in 5..=7 {
        assert_eq!(guard.alloc(number(0)?, 5..=7, GFP_ATOMIC)?, expected);
    }
    let full = guard.alloc(number(9)?, 5..=7, GFP_ATOMIC);
    assert!(full.is_err_and(|full| full.error == EBUSY && *full.value == 9));
    drop(guard.remove(6));
    assert_eq!(guard.alloc(number(0)?, 0..=u32::MAX, GFP_ATOMIC)?, 0);
    assert_eq!(guard.alloc(number(0)?, 5..=7, GFP_ATOMIC)?, 6);
    assert_eq!(
        guard.alloc(number(0)?, u32::MAX..=u32::MAX, GFP_ATOMIC)?,
        u32::MAX
    );
    #[expect(clippy::reversed_empty_ranges, reason = "nothing is in it")]
    let none = guard.alloc(number(0)?, 9..=8, GFP_ATOMIC);
    assert!(none.is_err_and(|none| none.error == EBUSY));
    Ok(())
}

#[kernel_test]
fn an_array_without_indices_gives_none_out() -> Result {
    let array = numbers(AllocKind::None)?;
    let refused = array.lock().alloc(number(1)?, 0..=9, GFP_ATOMIC);
    assert!(refused.is_err_and(|refused| refused.error == EINVAL && *refused.value == 1));
    let mut next = 0;
    let refused = array
        .lock()
        .alloc_cyclic(number(1)?, 0..=9, &mut next, GFP_ATOMIC);
    assert!(refused.is_err_and(|refused| refused.error == EINVAL));
    assert_eq!(
        array.lock().reserve_any(0..=9, GFP_ATOMIC).err(),
        Some(EINVAL)
    );
    Ok(())
}

#[kernel_test]
fn indices_go_round() -> Result {
    let array = numbers(AllocKind::Alloc)?;
    let mut guard = array.lock();
    let mut next = 0;
    let mut place = |guard: &mut Guard<'_, _, _>| -> Result<Cyclic> {
        Ok(guard.alloc_cyclic(number(0)?, 1..=3, &mut next, GFP_ATOMIC)?)
    };
    for index in 1..=3 {
        assert_eq!(
            place(&mut guard)?,
            Cyclic {
                index,
                wrapped: false
            }
        );
    }
    assert_eq!(place(&mut guard).err(), Some(EBUSY));
    drop(guard.remove(2));
    assert_eq!(
        place(&mut guard)?,
        Cyclic {
            index: 2,
            wrapped: true
        }
    );
    Ok(())
}

#[kernel_test]
fn a_reserved_index_is_kept() -> Result {
    let array = numbers(AllocKind::Alloc)?;
    let place = array.lock().reserve(0, GFP_KERNEL)?;
    assert_eq!(place.index(), 0);
    {
        let mut guard = array.lock();
        assert!(guard.get(0).is_none() && guard.iter().next().is_none());
        assert!(guard.remove(0).is_none());
        assert_eq!(guard.set_mark(0, Mark::Mark1), Err(ENOENT));
        let refused = guard.insert(0, number(1)?, GFP_ATOMIC);
        assert!(refused.is_err_and(|refused| refused.error == EBUSY));
        assert_eq!(guard.alloc(number(1)?, 0..=9, GFP_ATOMIC)?, 1);
    }
    place.fill(number(7)?)?;
    assert_eq!(array.lock().get(0), Some(&7));
    let place = array.lock().reserve_any(0..=9, GFP_KERNEL)?;
    assert_eq!(place.index(), 2);
    drop(place);
    assert_eq!(array.lock().alloc(number(2)?, 0..=9, GFP_ATOMIC)?, 2);
    assert_eq!(array.lock().reserve(2, GFP_KERNEL).err(), Some(EBUSY));
    Ok(())
}

#[kernel_test]
fn a_reservation_that_somebody_overran() -> Result {
    let array = numbers(AllocKind::None)?;
    let place = array.lock().reserve(3, GFP_KERNEL)?;
    array.lock().store(3, number(1)?, GFP_ATOMIC)?;
    let refused = place.fill(number(2)?);
    assert!(refused.is_err_and(|refused| refused.error == EBUSY && *refused.value == 2));
    let place = array.lock().reserve(4, GFP_KERNEL)?;
    array.lock().store(4, number(1)?, GFP_ATOMIC)?;
    drop(place);
    assert_eq!(array.lock().get(4), Some(&1));
    // Stored and taken out again: nothing is reserved any more.
    let place = array.lock().reserve(5, GFP_KERNEL)?;
    array.lock().store(5, number(1)?, GFP_ATOMIC)?;
    drop(array.lock().remove(5));
    assert!(
        place
            .fill(number(2)?)
            .is_err_and(|refused| refused.error == EBUSY)
    );
    assert!(array.lock().get(5).is_none());
    Ok(())
}

#[kernel_test]
fn an_exchange_knows_the_value() -> Result {
    let array = KBox::pin_init(XArray::<Arc<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    let first = Arc::new(1, GFP_KERNEL)?;
    array.lock().store(9, first.clone(), GFP_KERNEL)?;
    let mut guard = array.lock();
    let seen = guard.id(9).ok_or(EIO)?;
    assert_eq!(guard.id(8), None);
    let refused = guard.compare_exchange(8, seen, first.clone(), GFP_ATOMIC);
    assert!(refused.is_err_and(|refused| refused.error == EBUSY && refused.value.ptr_eq(&first)));
    let old = guard.compare_exchange(9, seen, Arc::new(2, GFP_ATOMIC)?, GFP_ATOMIC)?;
    assert!(old.ptr_eq(&first));
    assert_eq!(guard.get(9).map(|value| *value), Some(2));
    Ok(())
}

#[kernel_test]
fn one_value_over_a_range() -> Result {
    static VALUES: [u32; 2] = [10, 20];
    let array = KBox::pin_init(XArray::<&'static u32>::new(AllocKind::None), GFP_KERNEL)?;
    array.store_range(100, 1099, &VALUES[0], GFP_KERNEL)?;
    array.store_range(2048, 2111, &VALUES[1], GFP_KERNEL)?;
    let guard = array.lock();
    for (index, value) in [
        (99, None),
        (100, Some(10)),
        (512, Some(10)),
        (1099, Some(10)),
        (1100, None),
        (2047, None),
        (2048, Some(20)),
        (2111, Some(20)),
        (2112, None),
    ] {
        assert_eq!(guard.get(index).copied(), value);
    }
    // In pieces, not one by one.
    assert!(guard.iter().count() < 50);
    drop(guard);
    array.store_range(0, 4095, &VALUES[1], GFP_KERNEL)?;
    for index in [0, 100, 1100, 4095] {
        assert_eq!(array.lock().get(index), Some(&20));
    }
    // Dropping this must not take as long as it is large.
    array.store_range(0, usize::MAX >> 1, &VALUES[0], GFP_KERNEL)?;
    let ids = KBox::pin_init(XArray::<&'static u32>::new(AllocKind::Alloc), GFP_KERNEL)?;
    assert_eq!(ids.store_range(0, 3, &VALUES[0], GFP_KERNEL), Err(EINVAL));
    Ok(())
}

#[kernel_test(context = [process, softirq])]
fn an_array_for_soft_interrupts() -> Result {
    let array: Numbers<BhSafe> = KBox::pin_init(XArray::new_bh(AllocKind::Alloc), GFP_ATOMIC)?;
    assert_eq!(array.lock().alloc(number(0)?, 0..=3, GFP_ATOMIC)?, 0);
    array.lock().store(70, number(70)?, GFP_ATOMIC)?;
    assert_eq!(&*indices(&array.lock(), None)?, &[0, 70]);
    only_one_has_the_lock(&array)
}

#[kernel_test(context = [process, softirq, hardirq])]
fn an_array_for_hard_interrupts() -> Result {
    let array: Numbers<IrqSafe> = KBox::pin_init(XArray::new_irq(AllocKind::Alloc), GFP_ATOMIC)?;
    assert_eq!(array.lock().alloc(number(0)?, 0..=3, GFP_ATOMIC)?, 0);
    array.lock().store(70, number(70)?, GFP_ATOMIC)?;
    array.lock().set_mark(70, Mark::Mark2)?;
    assert_eq!(&*indices(&array.lock(), Some(Mark::Mark2))?, &[70]);
    only_one_has_the_lock(&array)
}

/// Nobody else gets the lock while a guard has it.
fn only_one_has_the_lock<L: LockKind>(array: &XArray<KBox<usize>, L>) -> Result {
    let guard = array.try_lock().ok_or(EBUSY)?;
    assert!(array.try_lock().is_none());
    drop(guard);
    let guard = array.lock();
    assert!(array.try_lock().is_none());
    drop(guard);
    assert!(array.try_lock().is_some());
    Ok(())
}

/// The inner guard is taken with interrupts off, so its store must not sleep, and must leave them
/// off.
#[kernel_test]
fn a_store_with_interrupts_off_does_not_sleep() -> Result {
    let outer: Numbers<IrqSafe> = KBox::pin_init(XArray::new_irq(AllocKind::None), GFP_KERNEL)?;
    let inner: Numbers<IrqSafe> = KBox::pin_init(XArray::new_irq(AllocKind::None), GFP_KERNEL)?;
    let held = outer.lock();
    for index in 0..200 {
        inner.lock().store(index << 6, number(0)?, GFP_KERNEL)?;
    }
    // Still off: this guard finds them so.
    // SAFETY: this only looks at the flags.
    let off = unsafe { bindings::ferrite_xarray_irqs_were_off(inner.lock().saved) };
    drop(held);
    assert!(off);
    Ok(())
}

#[kernel_test]
fn each_failure_gives_the_value_back() -> Result {
    each_allocation_fails(|| {
        let array = numbers(AllocKind::Alloc)?;
        let mut guard = array.lock();
        let mut next = 0;
        guard.store(1, number(1)?, GFP_ATOMIC)?;
        guard.insert(2, number(2)?, GFP_ATOMIC)?;
        guard.alloc(number(3)?, 0..=9, GFP_ATOMIC)?;
        guard.alloc_cyclic(number(4)?, 0..=9, &mut next, GFP_ATOMIC)?;
        let seen = guard.id(1).ok_or(EIO)?;
        drop(guard.compare_exchange(1, seen, number(5)?, GFP_ATOMIC)?);
        drop(guard);
        array.lock().reserve(40, GFP_ATOMIC)?.fill(number(6)?)?;
        Ok(array)
    })
}

#[kernel_test]
fn what_was_not_stored_comes_back_with_the_reason() -> Result {
    let array = filled(&[1, 2])?;
    let mut guard = array.lock();
    let ids: [Option<EntryId>; 3] = [guard.id(1), guard.id(2), guard.id(3)];
    assert!(ids[0].is_some() && ids[0] != ids[1] && ids[2].is_none());
    let Err(refused) = guard.insert(1, number(9)?, GFP_ATOMIC) else {
        return Err(EINVAL);
    };
    let StoreError { error, value } = refused;
    assert_eq!((error, *value), (EBUSY, 9));
    assert_eq!(guard.id(1), ids[0]);
    Ok(())
}

#[kernel_test]
fn a_value_is_changed_where_it_is() -> Result {
    let array = filled(&SPREAD)?;
    let mut guard = array.lock();
    guard.set_mark(64, Mark::Mark1)?;
    let before = guard.id(64);
    *guard.get_mut(64).ok_or(ENOENT)? = 65;
    assert_eq!(guard.get(64), Some(&65));
    assert_eq!(guard.id(64), before);
    assert!(guard.get_mark(64, Mark::Mark1));
    assert!(guard.iter().filter(|(at, value)| at != *value).count() == 1);
    assert_eq!(guard.get_mut(65), None);
    drop(guard);
    // What is reserved is no value yet.
    let place = array.lock().reserve(5, GFP_KERNEL)?;
    assert_eq!(array.lock().get_mut(5), None);
    drop(place);
    Ok(())
}

#[kernel_test]
fn what_may_be_shared_is_not_lent_alone() -> Result {
    static LOW: u32 = 1;
    let ranges = KBox::pin_init(XArray::<&'static u32>::new(AllocKind::None), GFP_KERNEL)?;
    ranges.store_range(0, 3, &LOW, GFP_KERNEL)?;
    assert_eq!(ranges.lock().get_mut(2), Some(&1));
    let arcs = KBox::pin_init(XArray::<Arc<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    let ours = Arc::new(7, GFP_KERNEL)?;
    arcs.lock().store(0, ours.clone(), GFP_KERNEL)?;
    assert_eq!(arcs.lock().get_mut(0).as_deref(), Some(&*ours));
    let pinned = KBox::pin_init(XArray::<Pin<KBox<u32>>>::new(AllocKind::None), GFP_KERNEL)?;
    pinned
        .lock()
        .store(0, KBox::into_pin(KBox::new(1, GFP_KERNEL)?), GFP_KERNEL)?;
    pinned.lock().get_mut(0).ok_or(ENOENT)?.set(2);
    assert_eq!(pinned.lock().get(0).as_deref(), Some(&2));
    let pages = KBox::pin_init(XArray::<Page>::new(AllocKind::None), GFP_KERNEL)?;
    pages
        .lock()
        .store(0, Page::alloc(GFP_KERNEL | GFP_ZERO)?, GFP_KERNEL)?;
    let mut byte = [0];
    pages.lock().get_mut(0).ok_or(ENOENT)?.write(9, &[4])?;
    pages.lock().get(0).ok_or(ENOENT)?.read(9, &mut byte)?;
    assert_eq!(byte, [4]);
    let shared = KBox::pin_init(XArray::<SharedPage>::new(AllocKind::None), GFP_KERNEL)?;
    let page = SharedPage::from(Page::alloc(GFP_KERNEL | GFP_ZERO)?);
    shared.lock().store(0, page.clone(), GFP_KERNEL)?;
    shared.lock().get_mut(0).ok_or(ENOENT)?.write(9, &[5])?;
    page.read(9, &mut byte)?;
    assert_eq!(byte, [5]);
    let boxes = KBox::pin_init(XArray::<rcu::Box<u32>>::new(AllocKind::None), GFP_KERNEL)?;
    boxes
        .lock()
        .store(0, rcu::Box::new(3, GFP_KERNEL)?, GFP_KERNEL)?;
    assert_eq!(boxes.lock().get_mut(0), Some(&3));
    Ok(())
}
