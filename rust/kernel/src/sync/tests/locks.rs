// SPDX-License-Identifier: GPL-2.0-only

//! Tests of locks, with threads on two CPUs.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::{Result, code::EINTR};
use crate::ktest::kernel_test;
use crate::sync::test_thread::{on_threads, resched, sleep_ms, wait_until, with_threads};
use crate::sync::*;
use crate::{
    global_lock, new_mutex, new_rwlock, new_rwsem, new_seqlock, new_spinlock, new_spinlock_irq,
};

/// Adds one in steps that another thread could get in between.
fn add_slowly(value: &mut u32) {
    let old = *value;
    core::hint::black_box(&mut *value);
    core::hint::spin_loop();
    *value = old.wrapping_add(1);
}

macro_rules! excludes {
    ($($name:ident $new:ident $take:ident $look:expr;)*) => {$(
        #[kernel_test]
        fn $name() -> Result {
            let lock = KBox::pin_init($new!(0_u32), GFP_KERNEL)?;
            on_threads::<4>(|_| {
                for _ in 0..2000 {
                    add_slowly(&mut lock.$take());
                }
            })?;
            let look: fn(_) -> u32 = $look;
            assert_eq!(look(&*lock), 8000);
            Ok(())
        }
    )*};
}

excludes! {
    a_mutex_excludes new_mutex lock |lock: &Mutex<u32>| *lock.lock();
    a_spinlock_excludes new_spinlock lock |lock: &SpinLock<u32>| *lock.lock();
    a_spinlock_with_interrupts_off_excludes new_spinlock lock_irqsave
        |lock: &SpinLock<u32>| *lock.lock();
    an_irq_spinlock_excludes new_spinlock_irq lock |lock: &SpinLockIrq<u32>| *lock.lock();
    an_rwlock_excludes_writers new_rwlock write |lock: &RwLock<u32>| *lock.read();
    an_rwsem_excludes_writers new_rwsem write |lock: &RwSemaphore<u32>| *lock.read();
    a_seqlock_excludes_writers new_seqlock write |lock: &SeqLock<u32>| lock.read();
}

#[kernel_test]
fn what_is_taken_is_refused_to_others() -> Result {
    let (mutex, spin) = (
        KBox::pin_init(new_mutex!(()), GFP_KERNEL)?,
        KBox::pin_init(new_spinlock_irq!(()), GFP_KERNEL)?,
    );
    let (rwlock, rwsem, seq) = (
        KBox::pin_init(new_rwlock!(()), GFP_KERNEL)?,
        KBox::pin_init(new_rwsem!(()), GFP_KERNEL)?,
        KBox::pin_init(new_seqlock!(()), GFP_KERNEL)?,
    );
    let got = AtomicU32::new(0);
    let count = |yes: bool| {
        got.fetch_add(u32::from(yes), Ordering::Relaxed);
    };
    {
        let _held = (rwsem.read(), mutex.lock());
        on_threads::<1>(|_| {
            count(mutex.try_lock().is_some());
            count(rwsem.try_write().is_some());
        })?;
        assert_eq!(got.load(Ordering::Relaxed), 0);
        on_threads::<1>(|_| count(rwsem.try_read().is_some()))?;
        assert_eq!(got.load(Ordering::Relaxed), 1);
    }
    on_threads::<1>(|_| {
        count(mutex.try_lock().is_some());
        count(spin.try_lock().is_some());
        count(rwlock.try_write().is_some());
        count(rwlock.try_read().is_some());
        count(rwsem.try_write().is_some());
        count(seq.try_write().is_some());
    })?;
    assert_eq!(got.load(Ordering::Relaxed), 7);
    let held = (rwlock.read(), spin.lock());
    let refused = rwlock.try_write().is_none() && rwlock.try_read().is_some();
    let refused = refused && spin.try_lock().is_none();
    drop(held);
    assert!(refused);
    Ok(())
}

/// Whether this CPU takes interrupts.
fn interrupts() -> bool {
    // SAFETY: it only looks.
    unsafe { bindings::ferrite_ktest_interrupts_are_on() }
}

#[kernel_test]
fn an_irq_spinlock_keeps_interrupts_off_and_puts_them_back() -> Result {
    let (outer, inner) = (
        KBox::pin_init(new_spinlock_irq!(()), GFP_KERNEL)?,
        KBox::pin_init(new_spinlock!(()), GFP_KERNEL)?,
    );
    assert!(interrupts());
    let one = outer.lock();
    let during = interrupts();
    let two = inner.lock_irqsave();
    drop(two);
    let after_inner = interrupts();
    drop(one);
    assert!(!during && !after_inner);
    assert!(interrupts());
    let tried = outer.try_lock();
    let during = interrupts();
    drop(tried);
    assert!(!during);
    assert!(interrupts());
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn an_irq_spinlock_works_anywhere() {
    global_lock! {
        static HITS: SpinLockIrq<u32> = 0;
    }
    let before = *HITS.lock();
    *HITS.lock() += 1;
    assert_eq!(*HITS.lock(), before + 1);
}

#[kernel_test]
fn threads_that_meet_at_a_global_lock_initialise_it_once() -> Result {
    global_lock! {
        static FIRST: Mutex<u32> = 0;
        static SECOND: SpinLock<u32> = 0;
    }
    *FIRST.lock() = 0;
    *SECOND.lock() = 0;
    on_threads::<4>(|_| {
        for _ in 0..500 {
            add_slowly(&mut FIRST.lock());
            add_slowly(&mut SECOND.lock());
        }
    })?;
    assert_eq!((*FIRST.lock(), *SECOND.lock()), (2000, 2000));
    assert!(FIRST.try_lock().is_some());
    Ok(())
}

/// Readers see two halves that belong together, while a writer changes both.
macro_rules! readers_see_both_halves {
    ($($name:ident $new:ident |$lock:ident| $read:expr;)*) => {$(
        #[kernel_test]
        fn $name() -> Result {
            let lock = KBox::pin_init($new!((0_u64, u64::MAX)), GFP_KERNEL)?;
            let (stop, torn, reads) =
                (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
            with_threads::<2, _, _>(
                |_| {
                    while !stop.load(Ordering::Relaxed) {
                        let $lock = &*lock;
                        let (left, right) = $read;
                        if left != !right {
                            torn.fetch_add(1, Ordering::Relaxed);
                        }
                        reads.fetch_add(1, Ordering::Relaxed);
                        resched();
                    }
                },
                |_| {
                    for value in 0..3000_u64 {
                        let value = value | value << 40;
                        let mut writer = lock.write();
                        writer.0 = value;
                        core::hint::black_box(&mut *writer);
                        writer.1 = !value;
                        drop(writer);
                        resched();
                    }
                    wait_until(|| reads.load(Ordering::Relaxed) > 100);
                    stop.store(true, Ordering::Relaxed);
                },
            )?;
            assert_eq!(torn.load(Ordering::Relaxed), 0);
            assert!(reads.load(Ordering::Relaxed) > 100);
            Ok(())
        }
    )*};
}

readers_see_both_halves! {
    readers_of_a_seqlock_see_both_halves new_seqlock |lock| lock.read();
    readers_of_an_rwlock_see_both_halves new_rwlock |lock| *lock.read();
    readers_of_an_rwsem_see_both_halves new_rwsem |lock| *lock.read();
}

#[kernel_test]
fn two_readers_are_in_at_once() -> Result {
    let lock = KBox::pin_init(new_rwsem!(()), GFP_KERNEL)?;
    let (inside, met) = (AtomicU32::new(0), AtomicU32::new(0));
    on_threads::<2>(|_| {
        let reader = lock.read();
        inside.fetch_add(1, Ordering::Relaxed);
        if wait_until(|| inside.load(Ordering::Relaxed) == 2) {
            met.fetch_add(1, Ordering::Relaxed);
        }
        drop(reader);
    })?;
    assert_eq!(met.load(Ordering::Relaxed), 2);
    Ok(())
}

#[kernel_test]
fn no_writer_comes_between_a_writer_and_the_reader_it_becomes() -> Result {
    let lock = KBox::pin_init(new_rwsem!(0), GFP_KERNEL)?;
    let mut writer = lock.write();
    let seen = with_threads::<1, _, _>(
        |_| *lock.write() = 2,
        |[other]| {
            let waits = wait_until(|| other.sleeps());
            *writer = 1;
            let reader = writer.downgrade();
            sleep_ms(5);
            (waits, *reader)
        },
    )?;
    assert_eq!(seen, (true, 1));
    assert_eq!(*lock.read(), 2);
    Ok(())
}

#[kernel_test]
fn a_signal_ends_the_wait_for_reading() -> Result {
    let lock = KBox::pin_init(new_rwsem!(0), GFP_KERNEL)?;
    let writer = lock.write();
    let interrupted = AtomicBool::new(false);
    let waited = with_threads::<1, _, _>(
        |_| {
            let result = lock.read_interruptible();
            interrupted.store(result.err() == Some(EINTR), Ordering::Relaxed);
        },
        |[other]| {
            let waits = wait_until(|| other.sleeps());
            other.signal();
            let ended = wait_until(|| interrupted.load(Ordering::Relaxed));
            drop(writer);
            waits && ended
        },
    )?;
    assert!(waited);
    *lock.write_killable()? += 1;
    assert_eq!(*lock.read_interruptible()?, 1);
    Ok(())
}

#[kernel_test]
fn one_thread_fills_a_place() -> Result {
    struct Counted<'a>(&'a AtomicU32, usize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    for _ in 0..20 {
        let (drops, wins) = (AtomicU32::new(0), AtomicU32::new(0));
        let place = SetOnce::default();
        on_threads::<4>(|index| {
            if place.populate(Counted(&drops, index)) {
                wins.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        assert_eq!(wins.load(Ordering::Relaxed), 1);
        assert_eq!(drops.load(Ordering::Relaxed), 3);
        assert!(place.as_ref().is_some_and(|winner| winner.1 < 4));
        drop(place);
        assert_eq!(drops.load(Ordering::Relaxed), 4);
    }
    Ok(())
}

#[kernel_test]
fn one_lock_guards_what_is_elsewhere() -> Result {
    let owner = KBox::pin_init(new_mutex!(0_u32), GFP_KERNEL)?;
    let (left, right) = (LockedBy::new(&owner, 0), LockedBy::new(&owner, 0));
    on_threads::<4>(|_| {
        for _ in 0..1000 {
            let mut key = owner.lock();
            if let Some(value) = left.access_mut(&mut key) {
                add_slowly(value);
            }
            if let Some(value) = right.access_mut(&mut key) {
                add_slowly(value);
            }
        }
    })?;
    let key = owner.lock();
    assert_eq!(
        (left.access(&key), right.access(&key)),
        (Some(&4000), Some(&4000))
    );
    // A value of the same type that is not the lock's.
    assert_eq!(left.access(&0), None);
    Ok(())
}

/// What lockdep knows: whether this task holds the mutex; and whether it has found nothing wrong yet.
fn lockdep_says(mutex: &Mutex<u32>) -> (bool, bool) {
    // SAFETY: the mutex is initialised, and both only look.
    unsafe {
        (
            bindings::ferrite_ktest_lockdep_holds(mutex.state()),
            bindings::ferrite_ktest_lockdep_is_content(),
        )
    }
}

/// One class for both would be a recursion, and the same order is no inversion.
#[kernel_test(needs = "lockdep")]
fn each_construction_site_is_a_class_of_locks() -> Result {
    let outer = KBox::pin_init(new_mutex!(0_u32), GFP_KERNEL)?;
    let inner = KBox::pin_init(new_mutex!(0_u32), GFP_KERNEL)?;
    for _ in 0..2 {
        assert_eq!(lockdep_says(&outer), (false, true));
        let first = outer.lock();
        assert_eq!(lockdep_says(&outer), (true, true));
        assert_eq!(lockdep_says(&inner), (false, true));
        let second = inner.lock();
        assert_eq!(lockdep_says(&inner), (true, true));
        drop((second, first));
    }
    assert_eq!(lockdep_says(&inner), (false, true));
    Ok(())
}
