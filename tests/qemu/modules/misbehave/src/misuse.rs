// SPDX-License-Identifier: GPL-2.0-only

//! What the types cannot refuse, and the `kernel` crate warns of when it happens.

use core::pin::Pin;

use kernel::alloc::Kmalloc;
use kernel::kthread::{Builder, JoinHandle};
use kernel::prelude::*;
use kernel::sync::{Arc, ArcBorrow, Completion, Refcount, SpinLock, SpinLockIrq};
use kernel::time::delay::fsleep;
use kernel::time::hrtimer::{
    BoxHrTimerHandle, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer,
    HrTimerRestart, RelativeMode,
};
use kernel::time::timer::{Timer, TimerCallback, TimerContext, TimerHandle, TimerPointer};
use kernel::time::{Delta, Monotonic, msecs_to_jiffies};
use kernel::{impl_has_hr_timer, impl_has_timer, new_spinlock, new_spinlock_irq};

type Misuse = fn(&Refcount);

/// A count that goes up from zero, one that goes down to it when it must not, and one that overflows.
/// Each stays where it is never freed.
pub(crate) fn count() -> Result {
    let misused: [(i32, Misuse); 5] = [
        (0, |count| count.inc()),
        (1, |count| count.dec()),
        (0, |count| {
            let _ = count.dec_and_test();
        }),
        (i32::MAX, |count| count.inc()),
        (i32::MAX, |count| {
            let _ = count.inc_not_zero();
        }),
    ];
    let mut is_kept = true;
    for (start, misuse) in misused {
        let count = Refcount::new(start);
        misuse(&count);
        // This warns, too.
        is_kept &= count.get() < 0 && !count.dec_and_test();
    }
    pr_info!("counts are kept: {}", is_kept);
    Ok(())
}

/// What a thread and its starter share.
#[pin_data]
struct Own {
    #[pin]
    handle: SpinLock<Option<JoinHandle<()>>>,
    #[pin]
    there: Completion,
    #[pin]
    done: Completion,
}

/// A thread that stops itself. Its memory stays for ever: the handle is gone.
pub(crate) fn stop_oneself() -> Result {
    let own = Arc::pin_init(
        pin_init!(Own {
            handle <- new_spinlock!(None),
            there <- Completion::new(),
            done <- Completion::new(),
        }),
        GFP_KERNEL,
    )?;
    let theirs = own.clone();
    let thread = Builder::new(c"ferrite/own").spawn(move |_| {
        theirs.there.wait_for_completion();
        let handle = theirs.handle.lock().take();
        let stopped = handle.and_then(JoinHandle::stop).is_some();
        pr_info!("stopped by itself: {}", stopped);
        theirs.done.complete();
    })?;
    *own.handle.lock() = Some(thread);
    own.there.complete();
    let patience = msecs_to_jiffies(20_000);
    own.done.wait_for_completion_timeout(patience)?;
    // Until it is out of this module's code: nobody can wait for it any more.
    fsleep(Delta::from_millis(500));
    Ok(())
}

/// A timer of ticks whose function ends it, in each way.
#[pin_data]
struct Ticks {
    #[pin]
    handle: SpinLockIrq<Option<TimerHandle<Self>>>,
    #[pin]
    done: Completion,
    #[pin]
    timer: Timer<Self>,
}

impl_has_timer! { impl HasTimer for Ticks { field: self.timer } }

impl TimerCallback for Ticks {
    fn run(this: ArcBorrow<'_, Self>, mut ctx: TimerContext<'_, Self>) {
        let Some(handle) = this.handle.lock().take() else {
            ctx.restart(1);
            return;
        };
        let deleted = handle.delete_sync();
        let shut_down = handle.shutdown_sync();
        pr_info!("ended by its function: {}, {}", deleted, shut_down);
        this.done.complete();
    }
}

/// The memory stays for ever: the function still uses it.
pub(crate) fn delete_inside() -> Result {
    let ticks = Arc::pin_init(
        pin_init!(Ticks {
            handle <- new_spinlock_irq!(None),
            done <- Completion::new(),
            timer <- Timer::new(),
        }),
        GFP_KERNEL,
    )?;
    let handle = ticks.clone().start(1);
    *ticks.handle.lock() = Some(handle);
    let patience = msecs_to_jiffies(20_000);
    ticks.done.wait_for_completion_timeout(patience)?;
    // Out of the function.
    drop(ticks.clone().start(msecs_to_jiffies(60_000)));
    Ok(())
}

type BoxedHandle = BoxHrTimerHandle<Boxed, Kmalloc>;

/// Where a timer in a box finds its handle.
#[pin_data]
struct Place {
    #[pin]
    handle: SpinLockIrq<Option<BoxedHandle>>,
    #[pin]
    done: Completion,
}

#[pin_data]
struct Boxed {
    place: Arc<Place>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Boxed { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Boxed {
    type Pointer<'a> = Pin<KBox<Self>>;

    fn run(this: Pin<&mut Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        ctx.forward_now(Delta::from_millis(1));
        let Some(handle) = this.place.handle.lock().take() else {
            return HrTimerRestart::Restart;
        };
        // It is not to be had from inside.
        let handle = handle.into_inner();
        pr_info!("taken back from inside: {}", handle.is_ok());
        drop(handle);
        this.place.done.complete();
        HrTimerRestart::NoRestart
    }
}

/// The memory stays for ever: the callback still uses it.
pub(crate) fn drop_inside() -> Result {
    let place = Arc::pin_init(
        pin_init!(Place {
            handle <- new_spinlock_irq!(None),
            done <- Completion::new(),
        }),
        GFP_KERNEL,
    )?;
    let theirs = place.clone();
    let boxed = pin_init!(Boxed { place: theirs, timer <- HrTimer::new() });
    let handle = KBox::pin_init(boxed, GFP_KERNEL)?.start(Delta::from_millis(1));
    *place.handle.lock() = Some(handle);
    let patience = msecs_to_jiffies(20_000);
    place.done.wait_for_completion_timeout(patience)?;
    // Until the callback has returned: nobody can wait for it any more.
    fsleep(Delta::from_millis(500));
    Ok(())
}
