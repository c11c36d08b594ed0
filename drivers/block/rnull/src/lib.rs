// SPDX-License-Identifier: GPL-2.0-only

//! rnull: a multi-queue null block device.
//!
//! It completes every request at once, so that what remains is the cost of the block layer; or it
//! keeps the data in memory (`memory_backed=1`), so that file systems and tests can use it.
//! Parameters, defaults and behaviour are those of the C driver `null_blk`.
//!
//! [`config`] checks what was asked for, [`device`] makes disks and serves requests, [`store`]
//! keeps the data, [`trace`] tells who wants to know, and [`configfs`] is where further disks are made by
//! hand.

#![no_std]
#![forbid(unsafe_code)]

mod config;
mod configfs;
mod device;
mod store;
mod trace;

use kernel::block::mq::GenDisk;
use kernel::configfs::Subsystem;
use kernel::prelude::*;

use config::Config;
use configfs::{Root, SharedTags};
use device::NullBlk;
use store::Store;

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
        max_sectors: u32 {
            default: 0,
            permissions: 0o444,
            description: "Largest request in sectors of 512 bytes, 0: the block layer's choice (0)",
        },
        submit_queues: u32 {
            default: 1,
            permissions: 0o444,
            description: "Number of submission queues (1)",
        },
        poll_queues: u32 {
            default: 0,
            permissions: 0o444,
            description: "Number of queues that are polled for completions (0)",
        },
        use_per_node_hctx: bool {
            default: false,
            permissions: 0o444,
            description: "As many submission queues as there are NUMA nodes (N)",
        },
        hw_queue_depth: u32 {
            default: 64,
            permissions: 0o444,
            description: "Requests in flight on each queue (64)",
        },
        home_node: i32 {
            default: -1,
            permissions: 0o444,
            description: "NUMA node whose memory is used first, -1: any (-1)",
        },
        shared_tags: bool {
            default: false,
            permissions: 0o444,
            description: "All devices share one set of queues and tags (N)",
        },
        irqmode: u32 {
            default: 1,
            permissions: 0o444,
            description: "How requests complete: 0 at once, 1 in a soft interrupt, 2 by a timer (1)",
            validate: config::irqmode,
        },
        completion_nsec: u64 {
            default: 10000,
            permissions: 0o444,
            description: "How long a request takes with irqmode=2, in ns (10000)",
        },
        memory_backed: bool {
            default: false,
            permissions: 0o444,
            description: "Keep what is written (N)",
        },
        discard: bool {
            default: false,
            permissions: 0o444,
            description: "Take discards, if memory_backed (N)",
        },
        cache_size: u64 {
            default: 0,
            permissions: 0o444,
            description: "Write cache in MiB, if memory_backed; 0: none (0)",
        },
        fua: bool {
            default: true,
            permissions: 0o444,
            description: "A write can bypass the cache, if there is one (Y)",
        },
        blocking: bool {
            default: false,
            permissions: 0o444,
            description: "Requests are served where sleeping is allowed (N)",
        },
        virt_boundary: bool {
            default: false,
            permissions: 0o444,
            description: "No gaps between the pages of a request (N)",
        },
        rotational: bool {
            default: false,
            permissions: 0o444,
            description: "Say that seeking takes time (N)",
        },
        no_sched: bool {
            default: false,
            permissions: 0o444,
            description: "No I/O scheduler (N)",
        },
    },
}

/// The loaded module. Dropping it takes its disks away.
struct RNull {
    /// Goes first: `mkdir` must find everything in place.
    _configfs: Subsystem<Root>,
    _disks: KVec<GenDisk<NullBlk>>,
}

impl Module for RNull {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let asked = Config::from_parameters()?;
        let config = asked.checked()?;
        let shared_tags = SharedTags::new(config)?;
        let devices = module_parameters::nr_devices.get();
        let mut disks = KVec::new();
        for index in 0..devices {
            let store = config.memory_backed.then(Store::shared).transpose()?;
            let tags = shared_tags.tags(&config)?;
            let disk = device::make(&config, device::name(index).as_str()?, tags, store)?;
            disks.push(disk, GFP_KERNEL)?;
        }
        pr_info!("{} devices of {} MiB", devices, config.size);
        Ok(Self {
            _configfs: configfs::register(asked, devices, shared_tags)?,
            _disks: disks,
        })
    }
}
