// SPDX-License-Identifier: GPL-2.0-only

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::*;
use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::{Result, code::EINVAL};
use crate::ktest::{each_allocation_fails, kernel_test};
use crate::sync::test_thread::{on_threads, resched, wait_until, with_threads};
use crate::sync::{Arc, rcu};
use crate::{impl_has_list_links, new_mutex, new_rcu_list};

/// In two lists at once.
struct Item {
    number: u32,
    one: ListLinks<1>,
    two: ListLinks<2>,
}

impl_has_list_links! {
    impl HasListLinks<1> for Item { self.one }
    impl HasListLinks<2> for Item { self.two }
}

fn item(number: u32) -> Item {
    Item {
        number,
        one: ListLinks::new(),
        two: ListLinks::new(),
    }
}

fn list(numbers: &[u32]) -> Result<List<Item, 1>> {
    let mut list = List::new();
    for number in numbers {
        list.push_back(ListArc::new(item(*number), GFP_KERNEL)?);
    }
    Ok(list)
}

fn is<const ID: u64>(list: &List<Item, ID>, numbers: &[u32]) -> bool
where
    Item: HasListLinks<ID>,
{
    let forth = list.iter().map(|item| item.number);
    let back = list.iter().rev().map(|item| item.number);
    forth.eq(numbers.iter().copied()) && back.eq(numbers.iter().rev().copied())
}

#[kernel_test]
fn both_ends_push_and_pop() -> Result {
    let mut list = list(&[1, 2])?;
    assert!(!list.is_empty());
    list.push_front(ListArc::new(item(0), GFP_KERNEL)?);
    assert!(is(&list, &[0, 1, 2]));
    assert_eq!(list.pop_back().map(|item| item.number), Some(2));
    assert_eq!(list.pop_front().map(|item| item.number), Some(0));
    assert!(is(&list, &[1]));
    assert_eq!(list.pop_back().map(|item| item.number), Some(1));
    assert!(list.pop_back().is_none());
    assert!(list.pop_front().is_none());
    assert!(is(&list, &[]));
    assert!(list.is_empty());
    Ok(())
}

#[kernel_test]
fn an_iterator_meets_in_the_middle() -> Result {
    let list = list(&[1, 2, 3])?;
    let mut iter = list.iter();
    assert_eq!(iter.next().map(|item| item.number), Some(1));
    assert_eq!(iter.next_back().map(|item| item.number), Some(3));
    assert_eq!(iter.next_back().map(|item| item.number), Some(2));
    assert!(iter.next().is_none());
    assert!(iter.next_back().is_none());
    let mut sum = 0;
    for item in &list {
        sum += item.number;
    }
    assert_eq!(sum, 6);
    let mut taken = list.into_iter();
    assert_eq!(taken.next_back().map(|item| item.number), Some(3));
    assert_eq!(taken.next().map(|item| item.number), Some(1));
    Ok(())
}

#[kernel_test]
fn a_value_is_in_one_list_for_each_of_its_links() -> Result {
    let mut ones = List::<Item, 1>::default();
    let mut twos = List::<Item, 2>::new();
    let held = ListArc::<Item, 1>::new(item(7), GFP_KERNEL)?;
    let shared = held.clone_arc();
    assert!(ListArc::<Item, 1>::try_from_arc(shared.clone()).is_err());
    ones.push_back(held);
    assert!(ListArc::<Item, 1>::try_from_arc(shared.clone()).is_err());
    let Ok(held) = ListArc::<Item, 2>::try_from_arc(shared.clone()) else {
        return Err(EINVAL);
    };
    assert!(held.as_arc_borrow().to_arc().ptr_eq(&shared));
    twos.push_back(held);
    assert!(is(&ones, &[7]) && is(&twos, &[7]));
    drop(ones);
    assert!(is(&twos, &[7]));
    let back = twos.remove(&shared).ok_or(EINVAL)?;
    drop(back.into_arc());
    assert!(ListArc::<Item, 2>::try_from_arc(shared).is_ok());
    Ok(())
}

#[kernel_test]
fn only_the_list_that_has_it_removes_a_value() -> Result {
    let mut mine = list(&[1, 2, 3])?;
    let mut other = list(&[4])?;
    let all: [Arc<Item>; 3] = {
        let mut arcs = mine.iter().map(|item| item.to_arc());
        let (Some(a), Some(b), Some(c)) = (arcs.next(), arcs.next(), arcs.next()) else {
            return Err(EINVAL);
        };
        [a, b, c]
    };
    let [first, second, third] = &all;
    assert!(other.remove(second).is_none());
    assert!(List::<Item, 1>::new().remove(second).is_none());
    let held = mine.remove(second).ok_or(EINVAL)?;
    assert!(mine.remove(second).is_none());
    assert!(is(&mine, &[1, 3]));
    other.push_front(held);
    assert!(mine.remove(second).is_none());
    assert!(is(&other, &[2, 4]));
    // The ends move, too.
    drop(mine.remove(first));
    assert!(is(&mine, &[3]));
    drop(mine.remove(third));
    assert!(mine.is_empty());
    // After a move of the list itself, its values still know it.
    let mut moved = KBox::new(other, GFP_KERNEL)?.into_inner();
    assert!(moved.remove(second).is_some());
    Ok(())
}

#[kernel_test]
fn everything_moves_to_another_list() -> Result {
    let (mut to, mut from) = (list(&[1, 2])?, list(&[3, 4])?);
    let three = from.iter().next().map(|item| item.to_arc()).ok_or(EINVAL)?;
    to.push_all_back(&mut from);
    assert!(is(&to, &[1, 2, 3, 4]));
    assert!(from.is_empty());
    assert!(from.remove(&three).is_none());
    assert!(to.remove(&three).is_some());
    to.push_all_back(&mut from);
    assert!(is(&to, &[1, 2, 4]));
    Ok(())
}

#[kernel_test]
fn a_cursor_goes_both_ways_and_changes_the_list() -> Result {
    let mut list = list(&[1, 2, 3])?;
    let mut cursor = list.cursor_front();
    assert!(!cursor.move_prev());
    assert!(cursor.peek_prev().is_none());
    assert_eq!(cursor.peek_next().map(|item| item.number), Some(1));
    assert!(cursor.move_next());
    assert_eq!(cursor.peek_prev().map(|item| item.arc().number), Some(1));
    // 1 | 2 3
    cursor.insert_prev(ListArc::new(item(10), GFP_KERNEL)?);
    cursor.insert_next(ListArc::new(item(11), GFP_KERNEL)?);
    // 1 10 | 11 2 3
    let removed = cursor.peek_prev().map(CursorPeek::remove);
    assert_eq!(removed.map(|item| item.number), Some(10));
    let removed = cursor.peek_next().map(CursorPeek::remove);
    assert_eq!(removed.map(|item| item.number), Some(11));
    while cursor.move_next() {}
    assert!(cursor.peek_next().is_none());
    cursor.insert_next(ListArc::new(item(4), GFP_KERNEL)?);
    assert_eq!(cursor.peek_next().map(|item| item.number), Some(4));
    assert!(cursor.move_prev());
    assert_eq!(cursor.peek_next().map(|item| item.number), Some(3));
    assert!(is(&list, &[1, 2, 3, 4]));
    let mut cursor = list.cursor_front();
    cursor.insert_next(ListArc::new(item(0), GFP_KERNEL)?);
    assert_eq!(cursor.peek_next().map(|item| item.number), Some(0));
    assert!(is(&list, &[0, 1, 2, 3, 4]));
    // Take out everything, from the back.
    let mut cursor = list.cursor_back();
    while let Some(last) = cursor.peek_prev() {
        drop(last.remove());
    }
    assert!(list.is_empty());
    let mut cursor = list.cursor_back();
    assert!(!cursor.move_next() && !cursor.move_prev());
    cursor.insert_next(ListArc::new(item(9), GFP_KERNEL)?);
    assert!(is(&list, &[9]));
    Ok(())
}

#[kernel_test]
fn lists_survive_failures() -> Result {
    each_allocation_fails(|| ListArc::<Item, 1>::new(item(1), GFP_KERNEL))?;
    each_allocation_fails(|| ListArc::<Item, 1>::pin_init(item(1), GFP_KERNEL))?;
    each_allocation_fails(|| {
        let list = KBox::pin_init(new_rcu_list!(), GFP_KERNEL)?;
        list.lock().push_back(1, GFP_KERNEL)?;
        list.lock().push_front(0, GFP_KERNEL)?;
        let old = list
            .lock()
            .replace_first(|number| *number == 1, 2, GFP_KERNEL)?;
        assert_eq!(old.as_deref(), Some(&1));
        Ok(list)
    })
}

#[kernel_test]
fn two_cpus_pass_values_between_lists() -> Result {
    let queue = KBox::pin_init(new_mutex!(list(&[0, 1, 2, 3, 4, 5, 6, 7])?), GFP_KERNEL)?;
    on_threads::<4>(|index| {
        for _ in 0..200 {
            let taken = queue.lock().pop_front();
            if let Some(item) = taken {
                let known = item.clone_arc();
                queue.lock().push_back(item);
                if index % 2 == 0 {
                    // Another thread may have it just now.
                    let removed = queue.lock().remove(&known);
                    if let Some(item) = removed {
                        queue.lock().push_front(item);
                    }
                }
            }
        }
    })?;
    let mut sum = 0;
    while let Some(item) = queue.lock().pop_front() {
        sum += item.number;
    }
    assert_eq!(sum, 28);
    Ok(())
}

const ALIVE: u32 = 0x600d_600d;

/// Shows that it has been dropped.
struct Canary {
    number: u32,
    state: AtomicU32,
}

impl Canary {
    fn new(number: u32) -> Self {
        Self {
            number,
            state: AtomicU32::new(ALIVE),
        }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.state.store(!ALIVE, Ordering::Relaxed);
    }
}

#[kernel_test]
fn readers_walk_a_list_that_changes() -> Result {
    let list = KBox::pin_init(new_rcu_list!("walked"), GFP_KERNEL)?;
    for number in 0..16 {
        list.lock().push_back(Canary::new(number), GFP_KERNEL)?;
    }
    let (stop, walks, wrong) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    let reader = |_| {
        while !stop.load(Ordering::Relaxed) {
            let guard = rcu::read_lock();
            // The even ones are never taken out, so everybody sees them, in order.
            let mut even = 0;
            for canary in list.iter(&guard) {
                if canary.state.load(Ordering::Relaxed) != ALIVE {
                    wrong.fetch_add(1, Ordering::Relaxed);
                }
                if canary.number == even {
                    even += 2;
                }
            }
            if even != 16 {
                wrong.fetch_add(1, Ordering::Relaxed);
            }
            drop(guard);
            walks.fetch_add(1, Ordering::Relaxed);
            resched();
        }
    };
    with_threads::<2, _, _>(reader, |_| -> Result {
        let seen = wait_until(|| walks.load(Ordering::Relaxed) > 10);
        let result = (|| {
            for round in 0..2000 {
                let number = (round * 2 + 1) % 16;
                let mut writer = list.lock();
                if round % 3 == 0 {
                    let old = writer.replace_first(
                        |canary| canary.number == number,
                        Canary::new(number),
                        GFP_KERNEL,
                    )?;
                    drop(old);
                } else if let Some(old) = writer.remove_first(|canary| canary.number == number) {
                    if round % 2 == 0 {
                        writer.push_back(Canary::new(old.number), GFP_KERNEL)?;
                    } else {
                        writer.push_front(Canary::new(old.number), GFP_KERNEL)?;
                    }
                }
            }
            Ok(())
        })();
        stop.store(true, Ordering::Relaxed);
        assert!(seen);
        result
    })??;
    assert_eq!(wrong.load(Ordering::Relaxed), 0);
    assert_eq!(list.lock().iter().count(), 16);
    Ok(())
}
