// SPDX-License-Identifier: GPL-2.0-only

//! Counters that programs know by numbers: `/sys/kernel/debug/handles`.
//!
//! A value that is written to `open` begins a counter with it. Its number is the next one after the last
//! that was given out, so that a number that was closed does not come again soon. A number that is
//! written to `add` makes that counter one larger; `close` ends it, and `list` shows all of them: number,
//! value, and how often it was added to.
//!
//! A counter's value is never changed but replaced as a whole, by one that was made without the lock: if
//! somebody else was faster it is made again. How often that was, `retries` says.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::attribute::Input;
use kernel::debugfs::{Scope, ScopedDir};
use kernel::prelude::*;
use kernel::seq_file::SeqFile;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::{Arc, Mutex};
use kernel::xarray::{AllocKind, XArray};
use kernel::{new_mutex, seq_print};

module! {
    type: Sample,
    name: "handles",
    authors: ["The Ferrite developers"],
    description: "Counters that programs know by numbers",
    license: "GPL",
    params: {
        limit: u32 { default: 1000, permissions: 0o644, description: "The largest number of a counter" },
    },
}

#[pin_data]
struct Handles {
    #[pin]
    counters: XArray<Arc<u64>>,
    /// How often each was added to.
    additions: Pin<KBox<XArray<KBox<u64>>>>,
    /// From where the next number is looked for. Its lock is held while one comes or goes.
    #[pin]
    next: Mutex<u32>,
    retries: Atomic<u64>,
}

impl Handles {
    fn new() -> Result<impl PinInit<Self, Error>> {
        let additions = KBox::pin_init(XArray::new(AllocKind::None), GFP_KERNEL)?;
        Ok(try_pin_init!(Self {
            counters <- XArray::new(AllocKind::Alloc1),
            additions,
            next <- new_mutex!(1),
            retries: Atomic::new(0),
        }? Error))
    }

    /// `EBUSY` if all numbers are given out.
    fn open(&self, input: Input<'_>) -> Result {
        let counter = Arc::new(input.parse::<u64>()?, GFP_KERNEL)?;
        let additions = KBox::new(0, GFP_KERNEL)?;
        let numbers = 1..=module_parameters::limit.get();
        let mut next = self.next.lock();
        let mut counters = self.counters.lock();
        let place = counters.alloc_cyclic(counter, numbers, &mut next, GFP_KERNEL)?;
        drop(counters);
        let number = place.index as usize;
        let stored = self.additions.lock().store(number, additions, GFP_KERNEL);
        if let Err(refused) = stored {
            drop(self.counters.lock().remove(number));
            return Err(refused.error);
        }
        if place.wrapped {
            pr_info!("numbers begin again, with {}", place.index);
        }
        Ok(())
    }

    /// `ENOENT` if there is no such counter.
    fn close(&self, input: Input<'_>) -> Result {
        let number = input.parse::<u32>()? as usize;
        let _turn = self.next.lock();
        let closed = self.counters.lock().remove(number);
        closed.ok_or(ENOENT)?;
        drop(self.additions.lock().remove(number));
        Ok(())
    }

    /// `ENOENT` if there is no such counter, `EOVERFLOW` if it is as large as it can be.
    fn add(&self, input: Input<'_>) -> Result {
        let number = input.parse::<u32>()? as usize;
        while !self.try_add(number)? {
            self.retries.add(1, Relaxed);
        }
        if let Some(additions) = self.additions.lock().get_mut(number) {
            *additions = additions.wrapping_add(1);
        }
        Ok(())
    }

    /// False if somebody else was faster.
    fn try_add(&self, number: usize) -> Result<bool> {
        let counters = self.counters.lock();
        let (Some(old), Some(seen)) = (counters.get(number), counters.id(number)) else {
            return Err(ENOENT);
        };
        // Held until the end: what is known by its address must not give that to another value.
        let old = old.to_arc();
        drop(counters);
        let new = old.checked_add(1).ok_or(EOVERFLOW)?;
        let new = Arc::new(new, GFP_KERNEL)?;
        let mut counters = self.counters.lock();
        match counters.compare_exchange(number, seen, new, GFP_KERNEL) {
            Ok(_) => Ok(true),
            Err(refused) if refused.error == EBUSY => Ok(false),
            Err(refused) => Err(refused.error),
        }
    }

    fn list(&self, seq: &SeqFile) -> Result {
        let counters = self.counters.lock();
        for (number, value) in counters.iter() {
            let additions = self.additions.lock().get(number).map_or(0, |often| *often);
            seq_print!(seq, "{number} {} {additions}\n", *value);
        }
        Ok(())
    }

    fn files<'data>(&'data self, dir: &ScopedDir<'data, '_>) -> Result {
        dir.write_only_callback_file(c"open", self, Handles::open)?;
        dir.write_only_callback_file(c"close", self, Handles::close)?;
        dir.write_only_callback_file(c"add", self, Handles::add)?;
        dir.read_callback_file(c"list", self, Handles::list)?;
        dir.read_only_file(c"retries", &self.retries)
    }
}

struct Sample {
    _handles: Pin<KBox<Scope<Handles>>>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let handles = Scope::new(c"handles", Handles::new()?, Handles::files);
        Ok(Self {
            _handles: KBox::pin_init(handles, GFP_KERNEL)?,
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
