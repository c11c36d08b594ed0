// SPDX-License-Identifier: GPL-2.0-only

//! A high-resolution timer that ticks in an interrupt, and what waits for its ticks.
//!
//! `insmod hrtimer.ko ticks=10 interval_us=2000` waits for so many ticks, says what it has seen, and
//! then ticks on until the module is unloaded.

#![no_std]
#![forbid(unsafe_code)]

use core::sync::atomic::{AtomicU32, Ordering};

use kernel::impl_has_hr_timer;
use kernel::prelude::*;
use kernel::sync::{Arc, ArcBorrow, Completion};
use kernel::time::hrtimer::{
    ArcHrTimerHandle, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerHandle,
    HrTimerPointer, HrTimerRestart, RelativeMode,
};
use kernel::time::{Delta, Instant, Monotonic, msecs_to_jiffies};

module! {
    type: Sample,
    name: "hrtimer",
    authors: ["The Ferrite developers"],
    description: "A timer that ticks in an interrupt",
    license: "GPL",
    params: {
        interval_us: u32 {
            default: 1000, permissions: 0o444, description: "Time between ticks, in microseconds",
            validate: not_zero,
        },
        ticks: u32 {
            default: 5, permissions: 0o444, description: "Ticks to wait for when it is loaded",
            validate: not_zero,
        },
    },
}

fn not_zero(value: &u32) -> Result {
    if *value > 0 { Ok(()) } else { Err(EINVAL) }
}

/// What the timer's interrupt and the module share.
#[pin_data]
struct Ticker {
    ticks: AtomicU32,
    early: AtomicU32,
    wanted: u32,
    interval: Delta,
    #[pin]
    done: Completion,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Ticker { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Ticker {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        if Instant::now() < ctx.expires() {
            this.early.fetch_add(1, Ordering::Relaxed);
        }
        let ticks = this.ticks.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if ticks == this.wanted {
            this.done.complete_all();
        }
        ctx.forward_now(this.interval);
        HrTimerRestart::Restart
    }
}

struct Sample {
    // Cancels when it is dropped: the interrupt never sees a ticker that is gone.
    handle: ArcHrTimerHandle<Ticker>,
    ticker: Arc<Ticker>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let interval = Delta::from_micros(i64::from(module_parameters::interval_us.get()));
        let wanted = module_parameters::ticks.get();
        let ticker = Arc::pin_init(
            pin_init!(Ticker {
                ticks: AtomicU32::new(0),
                early: AtomicU32::new(0),
                wanted,
                interval,
                done <- Completion::new(),
                timer <- HrTimer::new(),
            }),
            GFP_KERNEL,
        )?;
        let handle = ticker.clone().start(interval);
        // An error drops the handle, and so cancels the timer.
        ticker
            .done
            .wait_for_completion_timeout(msecs_to_jiffies(60_000))?;
        let early = ticker.early.load(Ordering::Relaxed);
        pr_info!("{} ticks, {} of them early", wanted, early);
        Ok(Self { handle, ticker })
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let was_started = self.handle.cancel();
        let ticks = self.ticker.ticks.load(Ordering::Relaxed);
        let enough = ticks >= self.ticker.wanted;
        pr_info!("cancelled: {}, ticked on: {}", was_started, enough);
    }
}
