// SPDX-License-Identifier: GPL-2.0-only

//! What was asked for, checked and put right as `null_blk` does it.

use kernel::alloc::NumaNode;
use kernel::block::SECTOR_SHIFT;
use kernel::page::PAGE_SIZE;
use kernel::prelude::*;

use crate::module_parameters as given;

/// What a disk shall be like, as it was asked for until it has been [`checked`](Self::checked).
#[derive(Clone, Copy)]
pub(crate) struct Config {
    /// In MiB.
    pub(crate) size: u64,
    pub(crate) block_size: u32,
    pub(crate) max_sectors: u32,
    pub(crate) submit_queues: u32,
    pub(crate) poll_queues: u32,
    pub(crate) use_per_node_hctx: bool,
    pub(crate) hw_queue_depth: u32,
    /// As C has it, where -1 is no node.
    pub(crate) home_node: u32,
    pub(crate) shared_tags: bool,
    pub(crate) irqmode: u32,
    pub(crate) completion_nsec: u64,
    pub(crate) blocking: bool,
    pub(crate) memory_backed: bool,
    pub(crate) discard: bool,
    /// In MiB; what counts is whether there is a cache.
    pub(crate) cache_size: u64,
    pub(crate) fua: bool,
    pub(crate) virt_boundary: bool,
    pub(crate) rotational: bool,
    pub(crate) no_sched: bool,
}

/// The highest `irqmode`.
const IRQMODE_TIMER: u32 = 2;

/// How a request completes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completion {
    /// Where it was submitted.
    Direct,
    /// In a soft interrupt, on the CPU that submitted it.
    SoftIrq,
    /// In a timer's interrupt, so many nanoseconds later.
    Timer(i64),
}

/// The parameter `irqmode` takes the modes that there are.
pub(crate) fn irqmode(mode: &u32) -> Result {
    if *mode > IRQMODE_TIMER {
        return Err(EINVAL);
    }
    Ok(())
}

impl Config {
    /// What the module's parameters say.
    pub(crate) fn from_parameters() -> Result<Self> {
        Ok(Self {
            size: u64::from(given::gb.get()) << 10,
            block_size: at_most("bs", given::bs.get(), u32::try_from(PAGE_SIZE)?),
            max_sectors: given::max_sectors.get(),
            submit_queues: given::submit_queues.get(),
            poll_queues: given::poll_queues.get(),
            use_per_node_hctx: given::use_per_node_hctx.get(),
            hw_queue_depth: given::hw_queue_depth.get(),
            home_node: home_node(given::home_node.get()),
            shared_tags: given::shared_tags.get(),
            irqmode: given::irqmode.get(),
            completion_nsec: given::completion_nsec.get(),
            blocking: given::blocking.get(),
            memory_backed: given::memory_backed.get(),
            discard: given::discard.get(),
            cache_size: given::cache_size.get(),
            fua: given::fua.get(),
            virt_boundary: given::virt_boundary.get(),
            rotational: given::rotational.get(),
            no_sched: given::no_sched.get(),
        })
    }

    /// What a disk can be made of: what makes no sense is put right, with a warning where `null_blk`
    /// has one.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the block size is no power of two between 512 bytes and a page, a queue has no
    /// request, the largest request is less than a page, or there is no such node.
    pub(crate) fn checked(mut self) -> Result<Self> {
        if !self.block_size.is_power_of_two()
            || !(512..=PAGE_SIZE).contains(&(self.block_size as usize))
        {
            pr_err!("parameter bs: {} is no block size", self.block_size);
            return Err(EINVAL);
        }
        if self.hw_queue_depth == 0 {
            pr_err!("parameter hw_queue_depth: a queue needs at least one request");
            return Err(EINVAL);
        }
        if self.max_sectors != 0 && (self.max_sectors as usize) < PAGE_SIZE >> SECTOR_SHIFT {
            pr_err!(
                "parameter max_sectors: {} is less than a page",
                self.max_sectors
            );
            return Err(EINVAL);
        }
        self.node()?;
        self.check_queues();
        if self.discard && !self.memory_backed {
            pr_info!("parameter discard: ignored without memory_backed");
            self.discard = false;
        }
        if self.memory_backed {
            // Memory for new data is allocated while a request is served, which may sleep.
            self.blocking = true;
        } else {
            self.cache_size = 0;
        }
        self.irqmode = self.irqmode.min(IRQMODE_TIMER);
        Ok(self)
    }

    fn check_queues(&mut self) {
        let most = kernel::cpu::possible();
        let queues = if self.use_per_node_hctx {
            kernel::cpu::online_nodes()
        } else {
            self.submit_queues.min(most).max(1)
        };
        if queues != self.submit_queues {
            pr_warn!(
                "parameter submit_queues: {} becomes {}",
                self.submit_queues,
                queues
            );
            self.submit_queues = queues;
        }
        self.poll_queues = at_most("poll_queues", self.poll_queues, most);
    }

    /// The size of a device in sectors of 512 bytes.
    pub(crate) fn capacity(&self) -> u64 {
        self.size << (20 - SECTOR_SHIFT)
    }

    /// The node whose memory is used first.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is no such node.
    pub(crate) fn node(&self) -> Result<NumaNode> {
        match self.home_node.cast_signed() {
            -1 => Ok(NumaNode::NO_NODE),
            node => NumaNode::new(node),
        }
    }

    pub(crate) fn completion(&self) -> Completion {
        match self.irqmode {
            0 => Completion::Direct,
            1 => Completion::SoftIrq,
            _ => Completion::Timer(i64::try_from(self.completion_nsec).unwrap_or(i64::MAX)),
        }
    }
}

fn at_most(name: &str, asked: u32, most: u32) -> u32 {
    if asked > most {
        pr_warn!("parameter {}: {} becomes {}", name, asked, most);
    }
    asked.min(most)
}

/// As in C, a node that is not there means none.
fn home_node(asked: i32) -> u32 {
    let node = if asked == -1 || NumaNode::new(asked).is_ok() {
        asked
    } else {
        pr_err!("parameter home_node: there is no node {}", asked);
        -1
    };
    node.cast_unsigned()
}
