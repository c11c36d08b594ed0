// SPDX-License-Identifier: GPL-2.0-only

use core::sync::atomic::{AtomicU32, Ordering};

use pinned_init::{pin_data, pin_init};

use super::{Flags, HasTimer, Timer, TimerCallback, TimerContext, TimerHandle, TimerPointer};
use crate::alloc::KBox;
use crate::alloc::flags::{GFP_ATOMIC, GFP_KERNEL};
use crate::error::Result;
use crate::ktest::{Context, kernel_test};
use crate::new_mutex;
use crate::sync::test_thread::{resched, wait_until, with_threads};
use crate::sync::{Arc, ArcBorrow};
use crate::time::jiffies::{self, Jiffies, is_after, msecs_to_jiffies};

/// Counts, and restarts itself until it has counted far enough.
#[pin_data]
struct Counter {
    count: AtomicU32,
    until: u32,
    context: AtomicU32,
    inside: AtomicU32,
    #[pin]
    timer: Timer<Self>,
}

impl_has_timer! { impl HasTimer for Counter { field: self.timer } }

impl TimerCallback for Counter {
    fn run(this: ArcBorrow<'_, Self>, mut ctx: TimerContext<'_, Self>) {
        this.inside.store(1, Ordering::Release);
        this.context
            .store(Context::current() as u32, Ordering::Relaxed);
        let count = this.count.fetch_add(1, Ordering::Release).saturating_add(1);
        if count < this.until {
            ctx.restart(0);
        }
        if this.until == u32::MAX {
            crate::sync::test_thread::spin_us(200);
        }
        this.inside.store(0, Ordering::Release);
    }
}

fn counter(until: u32, flags: Flags) -> Result<Arc<Counter>> {
    Arc::pin_init(
        pin_init!(Counter {
            count: AtomicU32::new(0),
            until,
            context: AtomicU32::new(u32::MAX),
            inside: AtomicU32::new(0),
            timer <- Timer::with_flags(flags),
        }),
        GFP_ATOMIC,
    )
}

fn never() -> Jiffies {
    msecs_to_jiffies(3_600_000)
}

#[kernel_test]
fn a_timer_expires_in_a_soft_interrupt() -> Result {
    for flags in [Flags::NONE, Flags::PINNED] {
        let counter = counter(1, flags)?;
        let start = jiffies::now();
        let handle = counter.clone().start(3);
        assert!(wait_until(|| counter.count.load(Ordering::Acquire) == 1));
        // Not early.
        assert!(is_after(jiffies::now(), start.wrapping_add(2)));
        assert_eq!(
            counter.context.load(Ordering::Relaxed),
            Context::Softirq as u32
        );
        assert!(!handle.delete_sync());
    }
    Ok(())
}

#[kernel_test]
fn a_timer_restarts_itself() -> Result {
    let counter = counter(3, Flags::NONE)?;
    let _handle = counter.clone().start(0);
    assert!(wait_until(|| counter.count.load(Ordering::Acquire) == 3));
    Ok(())
}

// Not in a hard interrupt: the handle may not be dropped there.
#[kernel_test(context = [process, softirq])]
fn a_timer_is_moved_and_deleted() -> Result {
    let counter = counter(1, Flags::NONE)?;
    assert!(!counter.timer.is_pending());
    let handle = counter.clone().start(never());
    assert!(counter.timer.is_pending());
    let first = counter.timer.expires();
    assert!(handle.modify(never().wrapping_mul(2)));
    assert!(is_after(counter.timer.expires(), first));
    // What is earlier already stays.
    let second = counter.timer.expires();
    assert!(handle.reduce(never().wrapping_mul(3)));
    assert_eq!(counter.timer.expires(), second);
    assert!(handle.reduce(never()));
    assert!(is_after(second, counter.timer.expires()));
    assert!(handle.delete());
    assert!(!handle.delete());
    assert!(!handle.modify(never()));
    assert!(handle.delete());
    Ok(())
}

#[kernel_test]
fn a_timer_that_is_shut_down_never_starts() -> Result {
    let counter = counter(1, Flags::NONE)?;
    assert!(counter.clone().start(never()).shutdown_sync());
    let handle = counter.clone().start(0);
    assert!(!counter.timer.is_pending());
    assert!(!handle.modify(0) && !handle.shutdown_sync());
    assert_eq!(counter.count.load(Ordering::Relaxed), 0);
    Ok(())
}

#[kernel_test]
fn deleting_waits_for_the_callback() -> Result {
    let slot = KBox::pin_init(new_mutex!(None::<TimerHandle<Counter>>), GFP_KERNEL)?;
    let full = AtomicU32::new(0);
    let failed = AtomicU32::new(0);
    let counter = counter(u32::MAX, Flags::PINNED)?;
    with_threads::<2, _, _>(
        |thread| {
            for _ in 0..10 {
                if thread == 1 {
                    *slot.lock() = Some(counter.clone().start(0));
                    full.store(1, Ordering::Release);
                    while full.load(Ordering::Acquire) == 1 {
                        resched();
                    }
                    continue;
                }
                let met = || {
                    full.load(Ordering::Acquire) == 1 && counter.inside.load(Ordering::Acquire) == 1
                };
                while !met() {
                    resched();
                }
                drop(slot.lock().take());
                failed.fetch_add(counter.inside.load(Ordering::Acquire), Ordering::Relaxed);
                full.store(0, Ordering::Release);
            }
        },
        |_| (),
    )?;
    assert_eq!(failed.load(Ordering::Relaxed), 0);
    assert!(!counter.timer().is_pending());
    Ok(())
}
