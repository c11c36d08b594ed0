// SPDX-License-Identifier: GPL-2.0-only

//! Channels that programs lease for a while: `/dev/lease`.
//!
//! A program asks for some channels in a row, and waits until they are free; only a signal that kills it, or
//! `patience_ms`, ends the wait. A lease ends when its time is over, or when everybody who has joined it has
//! given it back. What the ioctls are, `calls.rs` says; `/proc/<pid>/fdinfo` of an open file shows the rest.
//!
//! - `pool.rs`: the channels (a bitmap), who waits for some (a list, gone through with a cursor), the leases
//!   by number (an XArray that the interrupt looks into) and by the end of their time (a tree).
//! - The clock ticks in a hard interrupt, which only marks the leases whose time is over. A thread ends
//!   them: it may sleep. The channels are served by the CPUs `cpus`, and so is the thread.

#![no_std]
#![forbid(unsafe_code)]

mod calls;
mod pool;

use core::pin::Pin;

use kernel::cpumask::{self, CpumaskVar};
use kernel::impl_has_hr_timer;
use kernel::kthread::{Builder, JoinHandle};
use kernel::miscdevice::{MiscDeviceOptions, MiscDeviceRegistration};
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::time::hrtimer::{
    BoxHrTimerHandle, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer,
    HrTimerRestart, RelativeHardMode,
};
use kernel::time::{Delta, Instant, Monotonic};

use calls::Device;
use pool::Pool;

module! {
    type: Sample,
    name: "lease",
    authors: ["The Ferrite developers"],
    description: "Channels that programs lease for a while",
    license: "GPL",
    params: {
        channels: u32 { default: 100, permissions: 0o444, description: "How many channels there are" },
        cpus: [u32; 8] { default: [], permissions: 0o444, description: "The CPUs that serve them; all, if none is named" },
        patience_ms: u32 { default: 60000, permissions: 0o644, description: "How long a program waits, in milliseconds" },
    },
}

/// The time between two ticks.
const TICK: Delta = Delta::from_millis(10);

/// What ticks. The timer has it alone: nothing in it needs a lock.
#[pin_data]
struct Clock {
    pool: Arc<Pool>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Clock { mode: RelativeHardMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Clock {
    type Pointer<'a> = Pin<KBox<Self>>;

    fn run(this: Pin<&mut Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.pool.mark_what_is_over(Instant::now());
        ctx.forward_now(TICK);
        HrTimerRestart::Restart
    }
}

/// The device goes first, then the clock, and then the thread.
struct Sample {
    _device: Pin<KBox<MiscDeviceRegistration<Device>>>,
    _clock: BoxHrTimerHandle<Clock, kernel::alloc::Kmalloc>,
    _ender: JoinHandle<()>,
}

/// The CPUs that serve channels. `EINVAL` if one is named that there cannot be.
fn serving() -> Result<CpumaskVar> {
    let mut cpus = CpumaskVar::new(GFP_KERNEL)?;
    module_parameters::cpus.read(|named| named.iter().try_for_each(|cpu| cpus.set(*cpu)))?;
    if cpus.is_empty() {
        cpus.copy_from(cpumask::online());
    }
    Ok(cpus)
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let cpus = serving()?;
        let mut theirs = CpumaskVar::new(GFP_KERNEL)?;
        theirs.copy_from(&cpus);
        let channels = module_parameters::channels.get() as usize;
        let pool = Arc::pin_init(Pool::new(channels, theirs)?, GFP_KERNEL)?;

        let of_thread = pool.clone();
        let ender = Builder::new(c"lease").on_cpus(&cpus);
        let ender = ender.spawn(move |current| of_thread.end_what_is_marked(current))?;

        let of_clock = pool.clone();
        let clock = pin_init!(Clock { pool: of_clock, timer <- HrTimer::new() });
        let clock = KBox::pin_init(clock, GFP_KERNEL)?.start(TICK);

        let options = MiscDeviceOptions {
            name: c"lease",
            mode: 0o600,
        };
        let device = MiscDeviceRegistration::register(options, pool);
        Ok(Self {
            _device: KBox::pin_init(device, GFP_KERNEL)?,
            _clock: clock,
            _ender: ender,
        })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = Sample::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }
}
