// SPDX-License-Identifier: GPL-2.0-only

//! Who reads and who writes: each kind of lock where it belongs.
//!
//! A station measures, in a hard interrupt. `/sys/kernel/debug/locks_sample` shows what; the files are
//! in `board.rs`. What the interrupt and the files share is here:
//!
//! - the latest reading: small, written by one and copied by many, so a sequence lock;
//! - those that nobody has fetched yet: changed by both, so a spinlock that keeps interrupts away;
//! - the scale: read by the interrupt, and now and then replaced as a whole, so RCU.

#![no_std]
#![forbid(unsafe_code)]

mod board;

use core::pin::Pin;

use kernel::debugfs::Scope;
use kernel::faux;
use kernel::io::poll::read_poll_timeout_atomic;
use kernel::jump_label::StaticKey;
use kernel::prelude::*;
use kernel::sync::rcu::{self, Rcu};
use kernel::sync::{Arc, ArcBorrow, SeqLock, SpinLockIrq};
use kernel::time::hrtimer::{
    ArcHrTimerHandle, HrTimer, HrTimerCallback, HrTimerCallbackContext, HrTimerPointer,
    HrTimerRestart, RelativeHardMode,
};
use kernel::time::{Delta, Monotonic};
use kernel::{
    impl_has_hr_timer, new_seqlock, new_spinlock_irq, static_branch_unlikely, warn_on_once,
};

use board::Board;

module! {
    type: Sample,
    name: "locks_sample",
    authors: ["The Ferrite developers"],
    description: "Each kind of lock where it belongs",
    license: "GPL",
    params: {
        record: bool {
            default: false, permissions: 0o644, description: "Keep the readings until they are fetched",
            changed: record,
        },
        place: String<16> { default: "roof", permissions: 0o444, description: "Where the station is" },
    },
}

/// Whether readings are kept. The interrupt asks each time, and pays nothing while they are not.
static RECORD: StaticKey = StaticKey::new();

fn record(wanted: &bool) {
    if *wanted {
        RECORD.enable();
    } else {
        RECORD.disable();
    }
}

/// How many readings are kept.
const LOG: usize = 64;
/// The time between two readings.
const INTERVAL: Delta = Delta::from_millis(2);

/// One reading, as it was made.
#[derive(Clone, Copy)]
struct Reading {
    number: u32,
    value: u32,
}

/// What the interrupt and the files share.
#[pin_data]
struct Station {
    #[pin]
    latest: SeqLock<Reading>,
    #[pin]
    log: SpinLockIrq<KVec<u32>>,
    scale: Rcu<KBox<u32>>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Station { mode: RelativeHardMode<Monotonic>, field: self.timer }
}

impl Station {
    fn new() -> Result<Arc<Self>> {
        let nothing = Reading {
            number: 0,
            value: 0,
        };
        let log = KVec::with_capacity(LOG, GFP_KERNEL)?;
        let scale = Rcu::new(KBox::new(1, GFP_KERNEL)?);
        let init = pin_init!(Self {
            latest <- new_seqlock!(nothing, "locks: latest"),
            log <- new_spinlock_irq!(log, "locks: log"),
            scale,
            timer <- HrTimer::new(),
        });
        Arc::pin_init(init, GFP_KERNEL)
    }

    /// Makes a reading: its number, by the scale. In the interrupt, and nowhere else: that makes it the
    /// only writer.
    fn measure(&self) {
        let guard = rcu::read_lock();
        let scale = self.scale.load(&guard).copied().unwrap_or(1);
        // Whoever sets the scale refuses this.
        if warn_on_once!(scale == 0) {
            return;
        }
        let mut latest = self.latest.write();
        latest.number = latest.number.wrapping_add(1);
        latest.value = latest.number.wrapping_mul(scale);
        let value = latest.value;
        drop(latest);
        if static_branch_unlikely!(RECORD) && self.log.lock().push_within_capacity(value).is_err() {
            pr_warn_once!("nobody fetches the readings; some are lost");
        }
    }

    /// Takes the readings that were kept.
    fn fetch(&self) -> Result<KVec<u32>> {
        // The interrupt cannot allocate what it needs.
        let empty = KVec::with_capacity(LOG, GFP_KERNEL)?;
        Ok(core::mem::replace(&mut *self.log.lock(), empty))
    }

    /// Waits until the first reading was made, without sleeping. `ETIMEDOUT` if none ever is.
    fn wait(&self) -> Result<Reading> {
        read_poll_timeout_atomic(
            || Ok(self.latest.read()),
            |reading| reading.number > 0,
            Delta::from_micros(10),
            Delta::from_secs(5),
        )
    }
}

impl HrTimerCallback for Station {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.measure();
        ctx.forward_now(INTERVAL);
        HrTimerRestart::Restart
    }
}

/// The files go first, and then the interrupt ends.
struct Sample {
    _board: Pin<KBox<Scope<Board>>>,
    _handle: ArcHrTimerHandle<Station>,
    _device: faux::Registration,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let device = faux::Registration::new(c"locks_sample", None)?;
        let station = Station::new()?;
        let handle = station.clone().start(INTERVAL);
        let first = station.wait()?;
        dev_info!(device.device(), "the first reading is {}", first.value);
        let board = Scope::new(c"locks_sample", Board::new(station)?, Board::files);
        Ok(Self {
            _board: KBox::pin_init(board, GFP_KERNEL)?,
            _handle: handle,
            _device: device,
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

    #[kernel_test]
    fn a_reading_is_by_the_scale() -> Result {
        let station = Station::new()?;
        station.measure();
        drop(station.scale.replace(KBox::new(7, GFP_KERNEL)?));
        station.measure();
        let reading = station.latest.read();
        assert_eq!((reading.number, reading.value), (2, 14));
        assert!(station.fetch()?.is_empty());
        Ok(())
    }
}
