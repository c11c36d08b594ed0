// SPDX-License-Identifier: GPL-2.0-only

//! The files, and what only they need: process context, so that locks may sleep.
//!
//! - `latest` and `log` (which empties it) show readings; `scale` is shown and replaced.
//! - `place`: a text that many read and few change, none of them for long: a lock that spins, for many
//!   readers or one writer.
//! - `visits`: how often each was read. Each file's count is with the file, and protected by the mutex of the
//!   sum.
//! - `open`: `N` closes all this and waits until nobody is inside. Who is inside may sleep, as readers of
//!   `slow` do: hence sleepable RCU.

use kernel::attribute::Input;
use kernel::debugfs::ScopedDir;
use kernel::prelude::*;
use kernel::seq_file::SeqFile;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::{Arc, LockedBy, Mutex, RwLock, Srcu, rcu, srcu};
use kernel::time::Delta;
use kernel::time::delay::fsleep;
use kernel::{new_mutex, new_rwlock, new_srcu, seq_print};

use crate::{Reading, Station, module_parameters};

/// How often something was read; protected by the lock of the sum.
type Count = LockedBy<u32, u32>;

#[pin_data]
pub(crate) struct Board {
    station: Arc<Station>,
    #[pin]
    place: RwLock<KVec<u8>>,
    total: Arc<Mutex<u32>>,
    of_latest: Count,
    of_log: Count,
    open: Atomic<bool>,
    #[pin]
    gate: Srcu,
    /// How many sleep in `slow`.
    inside: Atomic<u32>,
}

impl Board {
    pub(crate) fn new(station: Arc<Station>) -> Result<impl PinInit<Self, Error>> {
        let total = Arc::pin_init(new_mutex!(0, "locks: total"), GFP_KERNEL)?;
        let place = module_parameters::place.read(|text| bytes(text.to_bytes()))?;
        Ok(try_pin_init!(Self {
            station,
            place <- new_rwlock!(place, "locks: place"),
            of_latest: LockedBy::new(&*total, 0),
            of_log: LockedBy::new(&*total, 0),
            total,
            open: Atomic::new(true),
            gate <- new_srcu!("locks: gate"),
            inside: Atomic::new(0),
        }? Error))
    }

    pub(crate) fn files<'data>(&'data self, dir: &ScopedDir<'data, '_>) -> Result {
        dir.read_callback_file(c"latest", self, Self::latest)?;
        dir.read_callback_file(c"log", self, Self::log)?;
        dir.read_write_callback_file(c"scale", self, Self::scale, Self::set_scale)?;
        dir.read_write_callback_file(c"place", self, Self::place, Self::set_place)?;
        dir.read_callback_file(c"visits", self, Self::visits)?;
        dir.read_callback_file(c"slow", self, Self::slow)?;
        dir.write_only_callback_file(c"open", self, Self::set_open)
    }

    /// As long as the guard is held, closing waits. `EBUSY` if it is closed.
    fn enter(&self) -> Result<srcu::Guard<'_>> {
        let guard = self.gate.read_lock();
        // Whoever closes waits for guards after that was written: either sees the other.
        if self.open.load(Relaxed) {
            Ok(guard)
        } else {
            Err(EBUSY)
        }
    }

    fn set_open(&self, input: Input<'_>) -> Result {
        let wanted = input.parse()?;
        self.open.store(wanted, Relaxed);
        if !wanted {
            self.gate.synchronize();
        }
        Ok(())
    }

    fn visit(&self, count: &Count) -> Result {
        let mut total = self.total.lock();
        *total = total.wrapping_add(1);
        let count = count.access_mut(&mut total).ok_or(EINVAL)?;
        *count = count.wrapping_add(1);
        Ok(())
    }

    fn latest(&self, seq: &SeqFile) -> Result {
        let _guard = self.enter()?;
        self.visit(&self.of_latest)?;
        let Reading { number, value } = self.station.latest.read();
        seq_print!(seq, "{number} {value}\n");
        Ok(())
    }

    fn log(&self, seq: &SeqFile) -> Result {
        let _guard = self.enter()?;
        self.visit(&self.of_log)?;
        for value in self.station.fetch()? {
            seq_print!(seq, "{value}\n");
        }
        Ok(())
    }

    fn visits(&self, seq: &SeqFile) -> Result {
        let total = self.total.lock();
        let of_latest = *self.of_latest.access(&total).ok_or(EINVAL)?;
        let of_log = *self.of_log.access(&total).ok_or(EINVAL)?;
        let (total, inside) = (*total, self.inside.load(Relaxed));
        seq_print!(
            seq,
            "{of_latest} and {of_log} are {total}; {inside} inside\n"
        );
        Ok(())
    }

    fn slow(&self, seq: &SeqFile) -> Result {
        let guard = self.enter()?;
        self.inside.fetch_add(1, Relaxed);
        fsleep(Delta::from_millis(700));
        self.inside.fetch_sub(1, Relaxed);
        drop(guard);
        seq_print!(seq, "slept\n");
        Ok(())
    }

    fn scale(&self, seq: &SeqFile) -> Result {
        let scale = self.station.scale.load(&rcu::read_lock()).copied();
        seq_print!(seq, "{}\n", scale.unwrap_or(1));
        Ok(())
    }

    /// The old scale goes when no interrupt reads it any more.
    fn set_scale(&self, input: Input<'_>) -> Result {
        let scale = input.parse::<u32>()?;
        if scale == 0 {
            return Err(EINVAL);
        }
        drop(self.station.scale.replace(KBox::new(scale, GFP_KERNEL)?));
        Ok(())
    }

    fn place(&self, seq: &SeqFile) -> Result {
        let place = self.place.read();
        seq.write(&place);
        seq.write(b"\n");
        Ok(())
    }

    fn set_place(&self, input: Input<'_>) -> Result {
        let place = bytes(input.as_str()?.as_bytes())?;
        let old = core::mem::replace(&mut *self.place.write(), place);
        // The lock is free by now: nobody spins while memory is given back.
        drop(old);
        Ok(())
    }
}

fn bytes(text: &[u8]) -> Result<KVec<u8>> {
    let mut bytes = KVec::new();
    bytes.extend_from_slice(text, GFP_KERNEL)?;
    Ok(bytes)
}
