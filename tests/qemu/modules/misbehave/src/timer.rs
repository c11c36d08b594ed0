// SPDX-License-Identifier: GPL-2.0-only

//! A timer whose callback drops its own handle.

use kernel::impl_has_hr_timer;
use kernel::new_spinlock;
use kernel::prelude::*;
use kernel::sync::{Arc, ArcBorrow, Completion, SpinLock};
use kernel::time::hrtimer::{
    ArcHrTimerHandle, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer,
    HrTimerRestart, RelativeMode,
};
use kernel::time::{Delta, Monotonic, msecs_to_jiffies};

#[pin_data]
struct Inside {
    #[pin]
    slot: SpinLock<Option<ArcHrTimerHandle<Self>>>,
    #[pin]
    done: Completion,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Inside { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Inside {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        ctx.forward_now(Delta::from_millis(1));
        // The lock is free when the handle is there: it is put there before this can be.
        let Some(handle) = this.slot.try_lock().and_then(|mut slot| slot.take()) else {
            return HrTimerRestart::Restart;
        };
        drop(handle);
        this.done.complete();
        HrTimerRestart::NoRestart
    }
}

/// The memory stays for ever: the callback still uses it.
pub(crate) fn cancel_inside() -> Result {
    let inside = Arc::pin_init(
        pin_init!(Inside {
            slot <- new_spinlock!(None),
            done <- Completion::new(),
            timer <- HrTimer::new(),
        }),
        GFP_KERNEL,
    )?;
    let handle = inside.clone().start(Delta::from_millis(1));
    *inside.slot.lock() = Some(handle);
    inside
        .done
        .wait_for_completion_timeout(msecs_to_jiffies(20_000))?;
    // Out of the callback.
    drop(inside.clone().start(Delta::from_secs(3600)));
    pr_info!("cancelled from inside, and alive");
    Ok(())
}
