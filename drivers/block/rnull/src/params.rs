// SPDX-License-Identifier: GPL-2.0-only

//! What was asked for, checked as `null_blk` checks it.

use kernel::page::PAGE_SIZE;
use kernel::prelude::*;

use crate::module_parameters as given;

/// A set of parameters that makes sense.
pub(crate) struct Config {
    pub(crate) nr_devices: u32,
    pub(crate) gb: u32,
    pub(crate) block_size: u32,
    pub(crate) submit_queues: u32,
    pub(crate) hw_queue_depth: u32,
    pub(crate) completion: Completion,
    pub(crate) memory_backed: bool,
    pub(crate) no_sched: bool,
}

/// How a request completes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completion {
    /// Where it was submitted.
    Direct,
    /// In a soft interrupt, on the CPU that submitted it.
    SoftIrq,
}

/// The parameter `irqmode` takes the modes that there are.
pub(crate) fn irqmode(mode: &u32) -> Result {
    completion(*mode).map(drop)
}

fn completion(mode: u32) -> Result<Completion> {
    match mode {
        0 => Ok(Completion::Direct),
        1 => Ok(Completion::SoftIrq),
        _ => Err(EINVAL),
    }
}

impl Config {
    /// Reads the module's parameters.
    ///
    /// As in C, a block size out of range and too many queues are put right, with a warning; what
    /// no device could be made of is refused.
    pub(crate) fn from_parameters() -> Result<Self> {
        let hw_queue_depth = given::hw_queue_depth.get();
        if hw_queue_depth == 0 {
            pr_err!("parameter hw_queue_depth: a queue needs at least one request");
            return Err(EINVAL);
        }
        Ok(Self {
            nr_devices: given::nr_devices.get(),
            gb: given::gb.get(),
            block_size: block_size(given::bs.get())?,
            submit_queues: submit_queues(given::submit_queues.get()),
            hw_queue_depth,
            completion: completion(given::irqmode.get())?,
            memory_backed: given::memory_backed.get(),
            no_sched: given::no_sched.get(),
        })
    }

    /// The size of a device in sectors of 512 bytes.
    pub(crate) fn capacity(&self) -> u64 {
        u64::from(self.gb) << (30 - kernel::block::SECTOR_SHIFT)
    }
}

fn block_size(asked: u32) -> Result<u32> {
    let largest = u32::try_from(PAGE_SIZE)?;
    let size = (asked & !511).clamp(512, largest);
    if size != asked {
        pr_warn!("parameter bs: {} becomes {}", asked, size);
    }
    if !size.is_power_of_two() {
        pr_err!("parameter bs: {} is no power of two", size);
        return Err(EINVAL);
    }
    Ok(size)
}

fn submit_queues(asked: u32) -> u32 {
    let queues = asked.clamp(1, kernel::cpu::possible());
    if queues != asked {
        pr_warn!("parameter submit_queues: {} becomes {}", asked, queues);
    }
    queues
}
