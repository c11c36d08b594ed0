// SPDX-License-Identifier: GPL-2.0-only

use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};

use pinned_init::{pin_data, pin_init};

use super::{
    DelayedWork, Flags, HasWork, OwnedQueue, Queue, Work, WorkItem, WorkItemPointer, system,
    system_bh, system_freezable, system_highpri, system_long, system_power_efficient,
    system_unbound,
};
use crate::alloc::KBox;
use crate::alloc::flags::{GFP_ATOMIC, GFP_KERNEL};
use crate::error::Result;
use crate::error::code::EINVAL;
use crate::ktest::{Context, each_allocation_fails, kernel_test};
use crate::sync::test_thread::{on_threads, resched, sleep_ms, wait_until};
use crate::sync::{Arc, Completion};
use crate::time::jiffies::{is_after, now};
use crate::types::ForeignOwnable;
use crate::{impl_has_delayed_work, impl_has_work};

/// Counts; can be held up.
#[pin_data]
struct Job {
    count: AtomicU32,
    other: AtomicU32,
    context: AtomicU32,
    hold: AtomicU32,
    #[pin]
    begun: Completion,
    #[pin]
    work: Work<Self>,
    #[pin]
    second: Work<Self, 1>,
    #[pin]
    later: DelayedWork<Self, 2>,
}

impl_has_work! {
    impl HasWork<Self> for Job { self.work }
    impl HasWork<Self, 1> for Job { self.second }
}
impl_has_delayed_work! { impl HasDelayedWork<Self, 2> for Job { self.later } }

impl WorkItem for Job {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.context
            .store(Context::current() as u32, Ordering::Relaxed);
        this.begun.complete();
        while this.hold.load(Ordering::Acquire) == 1 {
            sleep_ms(1);
        }
        this.count.fetch_add(1, Ordering::Release);
    }
}

impl WorkItem<1> for Job {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        // Itself, on the queue again: it does not wait for itself, but it does cancel.
        let again = system().enqueue::<_, 1>(this.clone());
        let cancelled = this.second.cancel_sync();
        let flushed = this.second.flush();
        this.other
            .fetch_add(u32::from(again && cancelled && !flushed), Ordering::Release);
    }
}

impl WorkItem<2> for Job {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.count.fetch_add(1, Ordering::Release);
        // Until it is cancelled.
        if this.hold.load(Ordering::Acquire) == 2 {
            system().enqueue_delayed::<_, 2>(this, 0);
        } else {
            this.later.flush();
        }
    }
}

fn job() -> Result<Arc<Job>> {
    let zero = || AtomicU32::new(0);
    Arc::pin_init(
        pin_init!(Job {
            count: zero(),
            other: zero(),
            context: zero(),
            hold: zero(),
            begun <- Completion::new(),
            work <- Work::new(),
            second <- Work::new(),
            later <- DelayedWork::new(),
        }),
        GFP_ATOMIC,
    )
}

fn count(job: &Job) -> u32 {
    job.count.load(Ordering::Acquire)
}

#[kernel_test]
fn every_system_queue_works() -> Result {
    let queues: [fn() -> &'static Queue; 6] = [
        system,
        system_highpri,
        system_long,
        system_unbound,
        system_freezable,
        system_power_efficient,
    ];
    for queue in queues {
        let job = job()?;
        assert!(queue().enqueue::<_, 0>(job.clone()));
        assert!(wait_until(|| count(&job) == 1));
        assert_eq!(job.context.load(Ordering::Relaxed), Context::Process as u32);
    }
    Ok(())
}

#[kernel_test]
fn the_queue_of_bottom_halves_works() -> Result {
    let job = job()?;
    assert!(system_bh().enqueue::<_, 0>(job.clone()));
    assert!(wait_until(|| count(&job) == 1));
    Ok(())
}

/// Work may be put on a queue anywhere; that it has run is seen in process context.
#[kernel_test(context = [process, softirq, hardirq])]
fn work_is_put_on_a_queue_anywhere() -> Result {
    let job = job()?;
    assert!(system().enqueue::<_, 0>(job.clone()));
    assert!(system().enqueue_delayed::<_, 2>(job.clone(), 0));
    Ok(())
}

#[kernel_test]
fn work_that_waits_is_refused_and_cancelled() -> Result {
    let job = job()?;
    let queue = OwnedQueue::new(c"ferrite-one", Flags::UNBOUND, 1)?;
    let blocker = self::job()?;
    blocker.hold.store(1, Ordering::Release);
    assert!(queue.enqueue::<_, 0>(blocker.clone()));
    blocker.begun.wait_for_completion();
    // One at a time: this one waits.
    assert!(!job.work.is_pending());
    assert!(queue.try_enqueue::<Job, 0>(job.clone()).is_ok());
    assert!(job.work.is_pending());
    let refused = queue.try_enqueue::<Job, 0>(job.clone());
    assert!(refused.is_err_and(|back| back.ptr_eq(&job)));
    assert!(!queue.enqueue::<_, 0>(job.clone()));
    assert!(job.work.cancel_sync());
    assert!(!job.work.is_pending() && !job.work.cancel_sync());
    blocker.hold.store(0, Ordering::Release);
    queue.flush();
    assert_eq!((count(&job), count(&blocker)), (0, 1));
    Ok(())
}

#[kernel_test]
fn cancelling_and_flushing_wait_for_work_that_runs() -> Result {
    let job = job()?;
    job.hold.store(1, Ordering::Release);
    on_threads::<2>(|thread| {
        if thread == 1 {
            system().enqueue::<_, 0>(job.clone());
            return;
        }
        job.begun.wait_for_completion();
        // The end of the wait is allowed only now.
        job.hold.store(0, Ordering::Release);
        job.work.cancel_sync();
        let counted = count(&job);
        job.other.store(counted, Ordering::Release);
    })?;
    assert_eq!(job.other.load(Ordering::Acquire), 1);
    job.hold.store(0, Ordering::Release);
    assert!(system().enqueue::<_, 0>(job.clone()));
    job.work.flush();
    assert_eq!(count(&job), 2);
    assert!(!job.work.flush());
    Ok(())
}

#[kernel_test]
fn work_may_cancel_itself() -> Result {
    let job = job()?;
    assert!(system().enqueue::<_, 1>(job.clone()));
    assert!(wait_until(|| job.other.load(Ordering::Acquire) == 1));
    assert!(!job.second.is_pending());
    Ok(())
}

#[kernel_test]
fn work_runs_on_the_cpu_that_was_asked_for() -> Result {
    let job = job()?;
    for cpu in [0, 1, u32::MAX] {
        assert!(system().try_enqueue_on::<Job, 0>(cpu, job.clone()).is_ok());
        job.work.flush();
    }
    assert_eq!(count(&job), 3);
    Ok(())
}

#[kernel_test]
fn delayed_work_waits_for_its_time() -> Result {
    let job = job()?;
    let start = now();
    assert!(system().enqueue_delayed::<_, 2>(job.clone(), 3));
    assert!(!system().enqueue_delayed::<_, 2>(job.clone(), 0));
    assert!(wait_until(|| count(&job) == 1));
    assert!(is_after(now(), start.wrapping_add(2)));
    // Far away, then soon.
    assert!(system().enqueue_delayed::<_, 2>(job.clone(), 1_000_000));
    assert!(job.later.is_pending());
    assert!(system().mod_delayed::<_, 2>(job.clone(), 1));
    assert!(wait_until(|| count(&job) == 2));
    // A flush does not wait for the time.
    assert!(!system().mod_delayed::<_, 2>(job.clone(), 1_000_000));
    job.later.flush();
    assert_eq!(count(&job), 3);
    // And a cancel takes it off.
    assert!(system().enqueue_delayed::<_, 2>(job.clone(), 1_000_000));
    assert!(job.later.cancel_sync());
    assert!(!job.later.cancel_sync() && !job.later.is_pending());
    Ok(())
}

#[kernel_test]
fn cancelling_ends_work_that_restarts_itself() -> Result {
    for _ in 0..20 {
        let job = job()?;
        job.hold.store(2, Ordering::Release);
        system().enqueue_delayed::<_, 2>(job.clone(), 0);
        assert!(wait_until(|| count(&job) > 0));
        job.later.cancel_sync();
        assert!(!job.later.is_pending());
        job.hold.store(0, Ordering::Release);
        let after = count(&job);
        resched();
        assert_eq!(count(&job), after);
    }
    Ok(())
}

/// Puts off and cancels race: nothing is lost, nothing left behind.
#[kernel_test]
fn putting_off_races_with_cancelling() -> Result {
    let job = job()?;
    on_threads::<2>(|thread| {
        for _ in 0..200 {
            if thread == 0 {
                job.later.cancel_sync();
            } else {
                system().mod_delayed::<_, 2>(job.clone(), 0);
            }
            resched();
        }
    })?;
    job.later.cancel_sync();
    assert!(!job.later.is_pending());
    Ok(())
}

#[kernel_test]
fn a_queue_is_drained_when_it_is_dropped() -> Result {
    let all = Flags::FREEZABLE | Flags::MEM_RECLAIM | Flags::HIGHPRI | Flags::CPU_INTENSIVE;
    for flags in [
        Flags::NONE,
        Flags::UNBOUND,
        all,
        Flags::POWER_EFFICIENT,
        Flags::SYSFS,
    ] {
        let queue = OwnedQueue::new(c"ferrite-many", flags, 0)?;
        let jobs = [job()?, job()?, job()?];
        for job in &jobs {
            assert!(queue.enqueue::<_, 0>(job.clone()));
        }
        drop(queue);
        assert!(jobs.iter().all(|job| count(job) == 1));
    }
    assert!(OwnedQueue::new(c"ferrite-wide", Flags::NONE, 513).is_err_and(|e| e == EINVAL));
    Ok(())
}

/// A box goes to the work, and is the work's.
#[pin_data]
struct Boxed {
    done: Arc<Completion>,
    #[pin]
    work: Work<Self>,
}

impl_has_work! { impl HasWork<Self> for Boxed { self.work } }

impl WorkItem for Boxed {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        this.done.complete();
    }
}

#[kernel_test]
fn a_box_is_given_to_its_work() -> Result {
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let queue = OwnedQueue::new(c"ferrite-box", Flags::NONE, 0)?;
    for _ in 0..3 {
        let done = done.clone();
        let boxed = KBox::pin_init(pin_init!(Boxed { done, work <- Work::new() }), GFP_KERNEL)?;
        assert!(queue.enqueue::<_, 0>(boxed));
    }
    for _ in 0..3 {
        done.wait_for_completion();
    }
    assert!(<Boxed as HasWork<Boxed>>::OFFSET < size_of::<Boxed>());
    Ok(())
}

#[kernel_test]
fn a_function_is_called_once_or_dropped() -> Result {
    let calls = Arc::new(AtomicU32::new(0), GFP_KERNEL)?;
    let queue = OwnedQueue::new(c"ferrite/functions", Flags::NONE, 0)?;
    each_allocation_fails(|| {
        let theirs = calls.clone();
        queue.try_spawn(GFP_KERNEL, move || {
            theirs.fetch_add(1, Ordering::Relaxed);
        })?;
        queue.flush();
        Ok(())
    })?;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    for _ in 0..3 {
        let theirs = calls.clone();
        queue.try_spawn(GFP_ATOMIC, move || {
            theirs.fetch_add(1, Ordering::Relaxed);
        })?;
    }
    drop(queue);
    // Each was called, and all of them are gone.
    let calls = calls.into_unique_or_drop().ok_or(EINVAL)?;
    assert_eq!(calls.load(Ordering::Relaxed), 4);
    Ok(())
}

/// The value's address is what the queue keeps.
fn kept_by_address<T>(pointer: impl WorkItemPointer<T>, value: *const T) -> bool {
    fn back<P: ForeignOwnable>(pointer: P) -> *const core::ffi::c_void {
        let kept = pointer.into_foreign();
        // SAFETY: it was given away on the line above.
        drop(unsafe { P::from_foreign(kept) });
        kept
    }
    back(pointer) == value.cast()
}

#[kernel_test]
fn a_queue_keeps_pointers_that_do_not_move_the_value() -> Result {
    let shared = Arc::new(1_u32, GFP_KERNEL)?;
    let value = &raw const *shared;
    assert!(kept_by_address(shared, value));
    let boxed = KBox::pin(2_u32, GFP_KERNEL)?;
    let value = &raw const *boxed;
    assert!(kept_by_address(boxed, value));
    Ok(())
}
