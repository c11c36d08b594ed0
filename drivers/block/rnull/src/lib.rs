// SPDX-License-Identifier: GPL-2.0-only

//! rnull: a multi-queue null block device.
//!
//! It completes every request at once, so that what remains is the cost of the block layer; or it
//! keeps the data in memory (`memory_backed=1`), so that file systems and tests can use it.
//! Parameters, defaults and behaviour are those of the C driver `null_blk`.
//!
//! [`params`] checks what was asked for, [`device`] makes disks and serves requests, [`store`]
//! keeps the data.

#![no_std]
#![forbid(unsafe_code)]

mod device;
mod params;
mod store;

use kernel::block::mq::GenDisk;
use kernel::prelude::*;

use device::NullBlk;
use params::Config;

module! {
    type: RNull,
    name: "rnull",
    authors: ["The Ferrite developers"],
    description: "A multi-queue null block device",
    license: "GPL",
    params: {
        nr_devices: u32 {
            default: 1,
            permissions: 0o444,
            description: "Number of devices to make (1)",
        },
        gb: u32 {
            default: 250,
            permissions: 0o444,
            description: "Size of each device in GiB (250)",
        },
        bs: u32 {
            default: 512,
            permissions: 0o444,
            description: "Block size in bytes: 512, 1024, 2048 or 4096 (512)",
        },
        submit_queues: u32 {
            default: 1,
            permissions: 0o444,
            description: "Number of submission queues (1)",
        },
        hw_queue_depth: u32 {
            default: 64,
            permissions: 0o444,
            description: "Requests in flight on each queue (64)",
        },
        irqmode: u32 {
            default: 1,
            permissions: 0o444,
            description: "How requests complete: 0 at once, 1 in a soft interrupt (1)",
            validate: params::irqmode,
        },
        memory_backed: bool {
            default: false,
            permissions: 0o444,
            description: "Keep what is written (N)",
        },
        no_sched: bool {
            default: false,
            permissions: 0o444,
            description: "No I/O scheduler (N)",
        },
    },
}

/// The loaded module: its disks. Dropping them takes them away.
struct RNull {
    _disks: KVec<GenDisk<NullBlk>>,
}

impl Module for RNull {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let config = Config::from_parameters()?;
        let mut disks = KVec::new();
        for index in 0..config.nr_devices {
            disks.push(device::make(&config, index)?, GFP_KERNEL)?;
        }
        pr_info!("{} devices of {} GiB", config.nr_devices, config.gb);
        Ok(Self { _disks: disks })
    }
}
