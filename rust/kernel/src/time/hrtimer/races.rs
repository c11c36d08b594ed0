// SPDX-License-Identifier: GPL-2.0-only

//! Tests with a timer on one CPU and who cancels or starts it on another.

use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};

use pinned_init::{PinInit, pin_data, pin_init};

use super::{
    HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle, HrTimerPointer,
    HrTimerRestart, RelativePinnedMode,
};
use crate::alloc::flags::GFP_KERNEL;
use crate::alloc::{KBox, KVec};
use crate::error::Result;
use crate::error::code::EBUSY;
use crate::ktest::{assert_eq, kernel_test};
use crate::new_mutex;
use crate::sync::test_thread::{resched, with_threads};
use crate::sync::{Arc, ArcBorrow, Mutex};
use crate::time::delay::cpu_relax;
use crate::time::{Delta, Instant, Monotonic};

/// How often a callback is met in its midst.
const ROUNDS: u32 = 10;
/// Long enough for the threads on the timer's CPU to get on between two callbacks.
const PAUSE: Delta = Delta::from_millis(1);

/// What outlives the timer.
struct Seen {
    /// Whether the callback runs.
    inside: AtomicU32,
    /// Whether the other CPU is about to stop the timer.
    stopping: AtomicU32,
    /// How often it has run.
    fired: AtomicU32,
    /// How often it found the value in use, by a second callback.
    doubled: AtomicU32,
}

fn seen() -> Result<Arc<Seen>> {
    let zero = || AtomicU32::new(0);
    let seen = Seen {
        inside: zero(),
        stopping: zero(),
        fired: zero(),
        doubled: zero(),
    };
    Arc::new(seen, GFP_KERNEL)
}

fn spin(delta: Delta) {
    let start = Instant::<Monotonic>::now();
    while start.elapsed() < delta {
        cpu_relax();
    }
}

/// Waits for the other CPU, twenty seconds at the most.
fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::<Monotonic>::now();
    while start.elapsed() < Delta::from_secs(20) {
        if condition() {
            return true;
        }
        resched();
        cpu_relax();
    }
    condition()
}

/// Fires all the time, on the CPU that has started it, and takes long each time.
#[pin_data]
struct Slow<K> {
    seen: Arc<Seen>,
    #[pin]
    timer: HrTimer<Self>,
    _kind: PhantomData<fn(K)>,
}

impl_has_hr_timer! {
    impl{K} HasHrTimer<Self> for Slow<K> { mode: RelativePinnedMode<Monotonic>, field: self.timer }
}

fn slow<K>(seen: Arc<Seen>) -> impl PinInit<Slow<K>>
where
    Slow<K>: HrTimerCallback,
{
    pin_init!(Slow { seen, timer <- HrTimer::new(), _kind: PhantomData })
}

fn run_slowly(seen: &Seen, forward: impl FnOnce(Delta) -> u64) -> HrTimerRestart {
    let before = seen.inside.swap(1, Ordering::AcqRel);
    seen.doubled.fetch_add(before, Ordering::Relaxed);
    // Until the other CPU gets to it, and then long enough for a stop that does not wait to be seen.
    let start = Instant::<Monotonic>::now();
    while seen.stopping.load(Ordering::Acquire) == 0 && start.elapsed() < Delta::from_millis(10) {
        cpu_relax();
    }
    spin(Delta::from_millis(2));
    seen.fired.fetch_add(1, Ordering::Release);
    forward(PAUSE);
    seen.inside.store(0, Ordering::Release);
    HrTimerRestart::Restart
}

struct InArc;

impl HrTimerCallback for Slow<InArc> {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        run_slowly(&this.seen, |interval| ctx.forward_now(interval))
    }
}

struct Quick;

impl HrTimerCallback for Slow<Quick> {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let before = this.seen.inside.swap(1, Ordering::AcqRel);
        this.seen.doubled.fetch_add(before, Ordering::Relaxed);
        this.seen.fired.fetch_add(1, Ordering::Relaxed);
        ctx.forward_now(Delta::from_micros(200));
        this.seen.inside.store(0, Ordering::Release);
        HrTimerRestart::Restart
    }
}

struct InBox;

impl HrTimerCallback for Slow<InBox> {
    type Pointer<'a> = Pin<KBox<Self>>;

    fn run(this: Pin<&mut Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        run_slowly(&this.seen, |interval| ctx.forward_now(interval))
    }
}

/// How a handle gets from the CPU that starts the timer to the one that stops it.
#[pin_data]
struct Slot<H> {
    #[pin]
    handle: Mutex<Option<H>>,
    /// Looked at without the lock, whose holder the timer might interrupt for ever.
    full: AtomicU32,
    failed: AtomicU32,
}

impl<H> Slot<H> {
    fn new() -> Result<Pin<KBox<Self>>> {
        let (full, failed) = (AtomicU32::new(0), AtomicU32::new(0));
        KBox::pin_init(
            pin_init!(Self { handle <- new_mutex!(None), full, failed }),
            GFP_KERNEL,
        )
    }

    fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire) == 1
    }

    fn expect(&self, right: bool) {
        self.failed.fetch_add(u32::from(!right), Ordering::Relaxed);
    }

    /// Gives a handle to the other CPU, and waits until it has done with it.
    fn give(&self, handle: H) {
        *self.handle.lock() = Some(handle);
        self.full.store(1, Ordering::Release);
        self.expect(wait_until(|| !self.is_full()));
    }

    /// Takes the handle when the callback runs on the other CPU.
    fn take(&self, seen: &Seen) -> Option<H> {
        self.expect(wait_until(|| {
            self.is_full() && seen.inside.load(Ordering::Acquire) != 0
        }));
        let handle = self.handle.lock().take();
        seen.stopping.store(1, Ordering::Release);
        handle
    }
}

/// Starts timers on the last CPU, and lets `stop` have the handles on the first one while the
/// callbacks run. After `stop`, no callback may run.
fn stopped_in_the_midst<P>(
    make: impl Fn(Arc<Seen>) -> Result<P> + Sync,
    stop: impl Fn(P::TimerHandle) + Sync,
) -> Result
where
    P: HrTimerPointer<TimerMode = RelativePinnedMode<Monotonic>>,
    P::TimerHandle: Send,
{
    let seen = seen()?;
    let slot = Slot::new()?;
    with_threads::<2, _, _>(
        |thread| {
            for _ in 0..ROUNDS {
                if thread == 1 {
                    match make(seen.clone()) {
                        Ok(pointer) => slot.give(pointer.start(PAUSE)),
                        Err(_) => slot.expect(false),
                    }
                    continue;
                }
                match slot.take(&seen) {
                    Some(handle) => stop(handle),
                    None => slot.expect(false),
                }
                // The timer is over, so nobody else writes this.
                slot.expect(seen.inside.load(Ordering::Acquire) == 0);
                seen.stopping.store(0, Ordering::Release);
                slot.full.store(0, Ordering::Release);
            }
        },
        |_| (),
    )?;
    assert_eq!(slot.failed.load(Ordering::Relaxed), 0);
    assert_eq!(seen.doubled.load(Ordering::Relaxed), 0);
    Ok(())
}

type Handle = <Arc<Slow<InArc>> as HrTimerPointer>::TimerHandle;

#[kernel_test]
fn dropping_an_arc_handle_waits_for_the_callback() -> Result {
    let make = |seen| Arc::pin_init(slow(seen), GFP_KERNEL);
    stopped_in_the_midst::<Arc<Slow<InArc>>>(make, drop)
}

#[kernel_test]
fn dropping_a_box_handle_waits_for_the_callback() -> Result {
    let make = |seen| KBox::pin_init(slow(seen), GFP_KERNEL);
    stopped_in_the_midst::<Pin<KBox<Slow<InBox>>>>(make, drop)
}

#[kernel_test]
fn taking_a_box_back_waits_for_the_callback() -> Result {
    let make = |seen| KBox::pin_init(slow(seen), GFP_KERNEL);
    stopped_in_the_midst::<Pin<KBox<Slow<InBox>>>>(make, |handle| drop(handle.into_inner()))
}

#[kernel_test]
fn cancelling_waits_for_the_callback() -> Result {
    let make = |seen| Arc::pin_init(slow(seen), GFP_KERNEL);
    let handles = KBox::pin_init(new_mutex!(KVec::new()), GFP_KERNEL)?;
    let stop = |mut handle: Handle| {
        handle.cancel();
        // Dropped at the end only: that waits too.
        let _ = handles.lock().push(handle, GFP_KERNEL);
    };
    stopped_in_the_midst::<Arc<Slow<InArc>>>(make, stop)
}

#[kernel_test]
fn try_cancel_does_not_wait_for_the_callback() -> Result {
    let seen = seen()?;
    let value = Arc::pin_init(slow::<InArc>(seen.clone()), GFP_KERNEL)?;
    let slot = Slot::new()?;
    let busy = AtomicU32::new(0);
    let was_busy = || busy.load(Ordering::Acquire) == 1;
    with_threads::<2, _, _>(
        |thread| {
            // A callback may end before it is met: then there is another one.
            while !was_busy() && slot.failed.load(Ordering::Relaxed) == 0 {
                if thread == 1 {
                    slot.give(value.clone().start(PAUSE));
                } else if let Some(mut handle) = slot.take(&seen) {
                    if handle.try_cancel() == Err(EBUSY) {
                        busy.store(1, Ordering::Release);
                        // Nothing has changed.
                        slot.expect(value.timer.is_active());
                    }
                    drop(handle);
                    seen.stopping.store(0, Ordering::Release);
                    slot.full.store(0, Ordering::Release);
                }
            }
        },
        |_| (),
    )?;
    assert_eq!(slot.failed.load(Ordering::Relaxed), 0);
    assert!(was_busy() && !value.timer.is_active());
    Ok(())
}

/// How often.
const STARTS: u32 = 200;

/// How often at the most, until the timer has fired: on a busy host each start may be cancelled in time, while
/// there is somebody who cancels.
const MOST_STARTS: u32 = 20 * STARTS;

/// One CPU starts the timer again and again while it restarts itself, another one cancels it.
#[kernel_test]
fn starts_and_cancels_race_with_restarts() -> Result {
    let seen = seen()?;
    let value = Arc::pin_init(slow::<Quick>(seen.clone()), GFP_KERNEL)?;
    let handles = KBox::pin_init(new_mutex!(KVec::new()), GFP_KERNEL)?;
    with_threads::<2, _, _>(
        |thread| {
            let mut handle = value.clone().start(PAUSE);
            let has_fired = || seen.fired.load(Ordering::Relaxed) > 0;
            for round in 0..MOST_STARTS {
                if round >= STARTS && (thread == 0 || has_fired()) {
                    break;
                }
                if thread == 0 {
                    handle.cancel();
                } else {
                    let expires = Delta::from_micros(i64::from(round % 7));
                    // Dropped at the end only: that cancels.
                    let _ = handles
                        .lock()
                        .push(value.clone().start(expires), GFP_KERNEL);
                    spin(Delta::from_micros(50));
                }
                resched();
            }
        },
        |_| (),
    )?;
    let started = core::mem::take(&mut *handles.lock());
    assert!(started.len() >= STARTS as usize);
    drop(started);
    assert!(!value.timer.is_active());
    assert!(seen.fired.load(Ordering::Relaxed) > 0);
    assert_eq!(seen.doubled.load(Ordering::Relaxed), 0);
    Ok(())
}
