// SPDX-License-Identifier: GPL-2.0-only

//! Tests of what is too small for a file of its own.

mod condvar;
mod locks;
mod signals;

use core::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::{Result, code::EINVAL};
use crate::ktest::{each_allocation_fails, kernel_test};
use crate::sync::test_thread::on_threads;

#[kernel_test]
fn arcs_are_counted_by_all_cpus() -> Result {
    struct Alive(&'static AtomicU32);
    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    static DROPS: AtomicU32 = AtomicU32::new(0);
    DROPS.store(0, Ordering::Relaxed);
    let shared = Arc::new(Alive(&DROPS), GFP_KERNEL)?;
    on_threads::<4>(|_| {
        for _ in 0..2000 {
            drop(shared.clone());
        }
    })?;
    assert_eq!(DROPS.load(Ordering::Relaxed), 0);
    let unique = shared.into_unique_or_drop().ok_or(EINVAL)?;
    let again: Arc<Alive> = unique.into();
    drop(again);
    assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    Ok(())
}

#[kernel_test]
fn one_of_the_last_owners_becomes_the_only_one() -> Result {
    for _ in 0..30 {
        let shared = Arc::new(1, GFP_KERNEL)?;
        let won = AtomicU32::new(0);
        let slots = [Some(shared.clone()), Some(shared)];
        let slots = KBox::pin_init(crate::new_mutex!(slots), GFP_KERNEL)?;
        on_threads::<2>(|_| {
            let taken = slots.lock().iter_mut().find_map(Option::take);
            if taken.is_some_and(|arc| arc.into_unique_or_drop().is_some()) {
                won.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        assert_eq!(won.load(Ordering::Relaxed), 1);
    }
    Ok(())
}

#[kernel_test]
fn arcs_survive_failures() -> Result {
    each_allocation_fails(|| Arc::new(7, GFP_KERNEL))?;
    each_allocation_fails(|| UniqueArc::new(7, GFP_KERNEL))?;
    each_allocation_fails(|| Arc::pin_init(crate::new_mutex!(7), GFP_KERNEL))?;
    let shared = Arc::new(7, GFP_KERNEL)?;
    assert!(shared.ptr_eq(&shared.as_borrow().to_arc()));
    assert_eq!(*shared.as_borrow().as_pin(), 7);
    assert_eq!(*shared.as_borrow().get(), 7);
    Ok(())
}

#[kernel_test]
fn a_count_says_which_was_the_last() -> Result {
    let count = Refcount::new(1);
    count.inc();
    assert!(!count.dec_and_test());
    assert!(count.inc_not_zero());
    assert!(!count.dec_and_test());
    assert!(count.dec_and_test());
    assert!(!count.inc_not_zero());
    assert_eq!(count.get(), 0);
    Ok(())
}

#[kernel_test]
fn a_lock_class_of_ones_own() -> Result {
    let lock = |number: u32| {
        let name = crate::c_str!("ours");
        KBox::pin_init(
            Mutex::new(number, name, crate::static_lock_class!()),
            GFP_KERNEL,
        )
    };
    assert_eq!(crate::c_str!("ours"), c"ours");
    let (one, two) = (lock(1)?, lock(2)?);
    *one.lock() += *two.lock();
    assert_eq!(*one.lock(), 3);
    Ok(())
}
