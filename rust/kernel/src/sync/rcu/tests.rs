// SPDX-License-Identifier: GPL-2.0-only

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::*;
use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::{Result, code::EINVAL};
use crate::ktest::{assert, assert_eq, each_allocation_fails, kernel_test};
use crate::sync::Arc;
use crate::sync::test_thread::{on_threads, resched, sleep_ms, spin_us, wait_until, with_threads};

const ALIVE: u32 = 0x600d_600d;
const DEAD: u32 = 0xdead_dead;

/// A value that shows that it has been dropped, and that it is one value.
struct Canary {
    state: AtomicU32,
    serial: u32,
    copy: u32,
}

impl Canary {
    fn new(serial: u32) -> Self {
        Self {
            state: AtomicU32::new(ALIVE),
            serial,
            copy: serial,
        }
    }

    /// Whether it is what the reader got, and stays so for a while.
    fn is_well(&self) -> bool {
        let serial = self.serial;
        for _ in 0..20 {
            core::hint::spin_loop();
            // Volatile: the compiler would take it for what it was.
            // SAFETY: they are fields of a value, if the grace period is right.
            let (now, copy) = unsafe {
                (
                    (&raw const self.serial).read_volatile(),
                    (&raw const self.copy).read_volatile(),
                )
            };
            if self.state.load(Ordering::Relaxed) != ALIVE || now != serial || copy != serial {
                return false;
            }
        }
        true
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.state.store(DEAD, Ordering::Relaxed);
    }
}

/// Readers on two CPUs look at what `write` replaces; none may see a value that has been dropped.
fn readers_and_a_writer<P: Retire + Send + Sync>(
    place: &Rcu<P>,
    look: impl Fn(&Rcu<P>, &Guard) -> bool + Sync,
    write: impl FnOnce(&Rcu<P>) -> Result,
) -> Result {
    let (stop, looks, wrong) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    let reader = |_| {
        while !stop.load(Ordering::Relaxed) {
            let guard = read_lock();
            if !look(place, &guard) {
                wrong.fetch_add(1, Ordering::Relaxed);
            }
            drop(guard);
            looks.fetch_add(1, Ordering::Relaxed);
            resched();
        }
    };
    with_threads::<2, _, _>(reader, |_| {
        let seen = wait_until(|| looks.load(Ordering::Relaxed) > 10);
        let result = write(place);
        stop.store(true, Ordering::Relaxed);
        assert!(seen);
        result
    })??;
    assert_eq!(wrong.load(Ordering::Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn readers_never_see_a_box_that_was_dropped() -> Result {
    let place = Rcu::new(Box::new(Canary::new(0), GFP_KERNEL)?);
    readers_and_a_writer(
        &place,
        |place, guard| place.load(guard).is_some_and(Canary::is_well),
        |place| {
            for serial in 1..20_000 {
                drop(place.replace(Box::new(Canary::new(serial), GFP_KERNEL)?));
                if serial % 64 == 0 {
                    resched();
                }
            }
            Ok(())
        },
    )?;
    assert_eq!(
        place.load(&read_lock()).map(|last| last.serial),
        Some(19_999)
    );
    drop(place);
    rcu_barrier();
    Ok(())
}

#[kernel_test]
fn readers_never_see_what_the_kernel_frees() -> Result {
    // Without a drop, the kernel frees the memory itself, and others reuse it.
    let place = Rcu::new(Box::new([0_u64; 8], GFP_KERNEL)?);
    readers_and_a_writer(
        &place,
        |place, guard| {
            place.load(guard).is_some_and(|words| {
                let same = words.first().copied().unwrap_or(u64::MAX);
                spin_us(1);
                // SAFETY: they are words of a value, if the grace period is right.
                words
                    .iter()
                    .all(|word| unsafe { core::ptr::read_volatile(word) } == same)
            })
        },
        |place| {
            for serial in 1..5_000 {
                drop(place.replace(Box::new([serial; 8], GFP_KERNEL)?));
                // Whose memory is this now?
                drop(KBox::new(
                    [u64::MAX, serial, 0, 1, 2, 3, 4, 5, 6],
                    GFP_KERNEL,
                )?);
                if serial % 64 == 0 {
                    resched();
                }
            }
            Ok(())
        },
    )
}

#[kernel_test]
fn readers_never_see_what_was_waited_for() -> Result {
    let place = Rcu::new(KBox::new(Canary::new(0), GFP_KERNEL)?);
    readers_and_a_writer(
        &place,
        |place, guard| place.load(guard).is_none_or(Canary::is_well),
        |place| {
            for serial in 1..30 {
                let old = place.replace(KBox::new(Canary::new(serial), GFP_KERNEL)?);
                let old = old.ok_or(EINVAL)?;
                match serial % 4 {
                    0 => drop(old),
                    1 => drop(old.wait()),
                    _ => {
                        let mut alone = old.wait_expedited();
                        // Nobody else sees it: it may change.
                        alone.serial = u32::MAX;
                    }
                }
            }
            drop(place.clear());
            Ok(())
        },
    )
}

#[kernel_test]
fn an_arc_from_a_reader_outlives_the_replacement() -> Result {
    let place = Rcu::new(Arc::new(Canary::new(0), GFP_KERNEL)?);
    readers_and_a_writer(
        &place,
        |place, guard| {
            let Some(kept) = place.load(guard).map(|seen| seen.to_arc()) else {
                return false;
            };
            kept.is_well()
        },
        |place| {
            for serial in 1..30 {
                let old = place.replace(Arc::new(Canary::new(serial), GFP_KERNEL)?);
                drop(old.ok_or(EINVAL)?.wait_expedited());
            }
            Ok(())
        },
    )
}

/// Counts drops.
struct Counted(&'static AtomicU32);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[kernel_test]
fn a_box_waits_for_the_guard() -> Result {
    static DROPS: AtomicU32 = AtomicU32::new(0);
    DROPS.store(0, Ordering::Relaxed);
    let value = Box::new(Counted(&DROPS), GFP_KERNEL)?;
    let guard = read_lock();
    drop(value);
    for _ in 0..30 {
        spin_us(1000);
    }
    let early = DROPS.load(Ordering::Relaxed);
    drop(guard);
    rcu_barrier();
    assert_eq!(early, 0);
    assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    Ok(())
}

/// A reader that takes a while, and says when it is about to leave.
fn slow_reader(wait: fn()) -> Result {
    let (entered, leaving) = (AtomicBool::new(false), AtomicBool::new(false));
    let reader = |_| {
        let guard = read_lock();
        entered.store(true, Ordering::Release);
        for _ in 0..20 {
            spin_us(1000);
        }
        leaving.store(true, Ordering::Release);
        drop(guard);
    };
    let waited = with_threads::<1, _, _>(reader, |_| {
        if !wait_until(|| entered.load(Ordering::Acquire)) {
            return false;
        }
        wait();
        leaving.load(Ordering::Acquire)
    })?;
    assert!(waited);
    Ok(())
}

#[kernel_test]
fn synchronize_waits_for_a_reader() -> Result {
    slow_reader(synchronize_rcu)?;
    slow_reader(synchronize_rcu_expedited)
}

/// A value whose drop defers the next one.
struct Chain(Option<Box<Chain>>, Counted);

#[kernel_test]
fn the_module_waits_for_what_the_deferred_defer() -> Result {
    static DROPS: AtomicU32 = AtomicU32::new(0);
    DROPS.store(0, Ordering::Relaxed);
    let mut chain = None;
    for _ in 0..5 {
        chain = Some(Box::new(Chain(chain, Counted(&DROPS)), GFP_KERNEL)?);
    }
    let length = core::iter::successors(chain.as_ref(), |link| link.0.as_ref())
        .inspect(|link| assert_alive(&link.1))
        .count();
    drop(chain);
    // What the module's exit calls.
    drain();
    assert_eq!(length, 5);
    assert_eq!(DROPS.load(Ordering::Relaxed), 5);
    Ok(())
}

fn assert_alive(counted: &Counted) {
    assert_eq!(counted.0.load(Ordering::Relaxed), 0);
}

#[kernel_test]
fn a_place_drops_what_is_in_it() -> Result {
    static DROPS: AtomicU32 = AtomicU32::new(0);
    DROPS.store(0, Ordering::Relaxed);
    drop(Rcu::new(KBox::new(Counted(&DROPS), GFP_KERNEL)?));
    drop(Rcu::<KBox<Counted>>::empty());
    assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    let place = Rcu::new(KBox::pin_init(Counted(&DROPS), GFP_KERNEL)?);
    drop(place.clear());
    assert_eq!(DROPS.load(Ordering::Relaxed), 2);
    assert!(place.clear().is_none());
    Ok(())
}

#[kernel_test]
fn writers_at_once_get_each_value_once() -> Result {
    static DROPS: AtomicU32 = AtomicU32::new(0);
    DROPS.store(0, Ordering::Relaxed);
    let place = Rcu::<Box<Counted>>::empty();
    on_threads::<4>(|_| {
        for _ in 0..500 {
            if let Ok(value) = Box::new(Counted(&DROPS), GFP_KERNEL) {
                drop(place.replace(value));
            }
        }
    })?;
    drop(place);
    rcu_barrier();
    assert_eq!(DROPS.load(Ordering::Relaxed), 2000);
    Ok(())
}

#[kernel_test]
fn a_box_survives_failures() -> Result {
    each_allocation_fails(|| Box::new(Canary::new(1), GFP_KERNEL))?;
    each_allocation_fails(|| Box::pin_init(crate::new_mutex!(1), GFP_KERNEL))?;
    let boxed = Box::new(3_u8, GFP_KERNEL)?;
    assert_eq!(*boxed.as_pin(), 3);
    Ok(())
}

#[kernel_test(context = [process, softirq, hardirq])]
fn a_box_goes_in_any_context() -> Result {
    use crate::alloc::flags::GFP_ATOMIC;
    let place = Rcu::new(Box::new(Canary::new(1), GFP_ATOMIC)?);
    let guard = read_lock();
    assert!(place.load(&guard).is_some_and(Canary::is_well));
    drop(place.replace(Box::new(Canary::new(2), GFP_ATOMIC)?));
    drop(place.clear());
    guard.unlock();
    Ok(())
}

#[kernel_test]
fn srcu_readers_may_sleep_and_are_waited_for() -> Result {
    let domain = KBox::pin_init(crate::new_srcu!("test"), GFP_KERNEL)?;
    for wait in [
        crate::sync::Srcu::synchronize,
        crate::sync::Srcu::synchronize_expedited,
    ] {
        let (entered, leaving) = (AtomicBool::new(false), AtomicBool::new(false));
        let reader = |_| {
            let guard = domain.read_lock();
            let inner = domain.read_lock();
            entered.store(true, Ordering::Release);
            sleep_ms(20);
            drop(guard);
            sleep_ms(20);
            leaving.store(true, Ordering::Release);
            drop(inner);
        };
        let waited = with_threads::<1, _, _>(reader, |_| {
            if !wait_until(|| entered.load(Ordering::Acquire)) {
                return false;
            }
            wait(&domain);
            leaving.load(Ordering::Acquire)
        })?;
        assert!(waited);
    }
    Ok(())
}

#[kernel_test]
fn srcu_domains_wait_for_their_own_readers() -> Result {
    let (one, other) = (
        KBox::pin_init(crate::new_srcu!(), GFP_KERNEL)?,
        KBox::pin_init(crate::new_srcu!(), GFP_KERNEL)?,
    );
    let guard = one.read_lock();
    // It would never return if it waited for the guard.
    other.synchronize();
    drop(guard);
    one.synchronize();
    Ok(())
}
