// SPDX-License-Identifier: GPL-2.0-only

//! `/sys/kernel/config/rnull`: disks that are made, configured and switched on by hand.
//!
//! Layout, names and errnos are those of `null_blk`'s directory `nullb`.

use core::ffi::CStr;

use kernel::attribute::{Input, Output};
use kernel::block::mq::{GenDisk, TagSet};
use kernel::configfs::{AttributeOperations, GroupOperations, Item, ItemType, Subsystem};
use kernel::configfs_attrs;
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::print::Text;
use kernel::sync::{Arc, Mutex};

use crate::config::Config;
use crate::device::{self, NullBlk};
use crate::store::Store;

/// What `features` says: the files of a disk's directory.
const FEATURES: &str = "blocking,blocksize,cache_size,completion_nsec,discard,fua,home_node,\
    hw_queue_depth,irqmode,max_sectors,memory_backed,no_sched,poll_queues,power,rotational,\
    shared_tags,size,submit_queues,use_per_node_hctx,virt_boundary\n";

/// Makes the directory. `disks` are there already, as `rnullb0` and so on.
pub(crate) fn register(
    config: Config,
    disks: u32,
    shared_tags: Arc<SharedTags>,
) -> Result<Subsystem<Root>> {
    Subsystem::new(
        c"rnull",
        try_init!(Root { config, disks, shared_tags }? Error),
    )
}

/// The queues of those disks that share them: made when the first one asks.
#[pin_data]
pub(crate) struct SharedTags {
    config: Config,
    #[pin]
    tags: Mutex<Option<Arc<TagSet<NullBlk>>>>,
}

impl SharedTags {
    pub(crate) fn new(config: Config) -> Result<Arc<Self>> {
        let init = try_pin_init!(Self { config, tags <- new_mutex!(None) }? Error);
        Arc::pin_init(init, GFP_KERNEL)
    }

    /// The queues for a disk of that configuration: its own, or the shared ones.
    pub(crate) fn tags(&self, config: &Config) -> Result<Arc<TagSet<NullBlk>>> {
        if !config.shared_tags {
            return device::make_tags(config);
        }
        let mut shared = self.tags.lock();
        if let Some(tags) = &*shared {
            return Ok(tags.clone());
        }
        let tags = device::make_tags(&self.config)?;
        *shared = Some(tags.clone());
        Ok(tags)
    }
}

/// The top: `mkdir` in it makes a disk, not yet switched on.
pub(crate) struct Root {
    config: Config,
    disks: u32,
    shared_tags: Arc<SharedTags>,
}

impl Item for Root {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Root,
        child: Disk,
        attributes: [features: 0],
    };
}

#[vtable]
impl AttributeOperations<0> for Root {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.text(FEATURES);
        Ok(())
    }
}

#[vtable]
impl GroupOperations for Root {
    type Child = Disk;

    fn make_item(&self, name: &CStr) -> Result<impl PinInit<Disk, Error>> {
        let name = name.to_str().map_err(|_| EINVAL)?;
        for index in 0..self.disks {
            if device::name(index).as_str()? == name {
                return Err(EEXIST);
            }
        }
        let mut kept = Text::new();
        kept.text(name).as_str()?;
        let state = State {
            config: self.config,
            store: None,
            on: None,
        };
        let shared_tags = self.shared_tags.clone();
        Ok(try_pin_init!(Disk {
            name: kept,
            shared_tags,
            state <- new_mutex!(state),
        }? Error))
    }

    fn drop_item(&self, disk: &Disk) {
        disk.state.lock().on = None;
    }
}

/// A directory that `mkdir` has made.
#[pin_data]
pub(crate) struct Disk {
    name: Text<31>,
    shared_tags: Arc<SharedTags>,
    /// Read and written under this lock only, switching on and off included.
    #[pin]
    state: Mutex<State>,
}

struct State {
    config: Config,
    /// The data stay when the disk is switched off.
    store: Option<Arc<Store>>,
    on: Option<On>,
}

/// A disk that is there.
struct On {
    _disk: GenDisk<NullBlk>,
    tags: Arc<TagSet<NullBlk>>,
}

impl Disk {
    fn switch_on(&self, state: &mut State) -> Result {
        if state.on.is_some() {
            return Ok(());
        }
        state.config = state.config.checked()?;
        if state.config.memory_backed && state.store.is_none() {
            state.store = Some(Store::shared()?);
        }
        let store = state.store.clone().filter(|_| state.config.memory_backed);
        let tags = self.shared_tags.tags(&state.config)?;
        let disk = device::make(&state.config, self.name.as_str()?, tags.clone(), store)?;
        state.on = Some(On { _disk: disk, tags });
        Ok(())
    }

    /// Shows a value as `null_blk` does, `bool`s too: a number.
    #[inline(never)]
    fn show_number(&self, page: &mut Output<'_>, value: fn(&State) -> u64) -> Result {
        let value = value(&self.state.lock());
        page.integer(value).text("\n");
        Ok(())
    }

    /// Changes what cannot be changed while the disk is on.
    #[inline(never)]
    fn change<T>(&self, value: T, set: fn(&mut Config, T)) -> Result {
        let mut state = self.state.lock();
        if state.on.is_some() {
            return Err(EBUSY);
        }
        set(&mut state.config, value);
        Ok(())
    }

    /// Changes the number of queues, at once if the disk is on.
    #[inline(never)]
    fn change_queues(&self, value: u32, set: fn(&mut Config, u32)) -> Result {
        let mut state = self.state.lock();
        let mut wanted = state.config;
        set(&mut wanted, value);
        if let Some(on) = &state.on {
            let most = kernel::cpu::possible();
            if wanted.submit_queues > most || wanted.poll_queues > most {
                return Err(EINVAL);
            }
            on.tags
                .set_queues(wanted.submit_queues, wanted.poll_queues)?;
        }
        state.config = wanted;
        Ok(())
    }
}

/// Files that stand for one field of the configuration: number of the file, field, how to change it.
macro_rules! attributes {
    ($($id:literal: $field:ident by $change:ident,)*) => { $(
        #[vtable]
        impl AttributeOperations<$id> for Disk {
            fn show(&self, page: &mut Output<'_>) -> Result {
                self.show_number(page, |state| state.config.$field.into())
            }

            fn store(&self, page: Input<'_>) -> Result {
                let value = page.parse()?;
                self.$change(value, |config, value| config.$field = value)
            }
        }
    )* };
}

attributes! {
    1: blocking by change,
    2: block_size by change,
    3: cache_size by change,
    4: completion_nsec by change,
    5: discard by change,
    6: fua by change,
    7: home_node by change,
    8: hw_queue_depth by change,
    9: irqmode by change,
    10: max_sectors by change,
    11: memory_backed by change,
    12: no_sched by change,
    13: poll_queues by change_queues,
    14: rotational by change,
    15: shared_tags by change,
    16: size by change,
    17: submit_queues by change_queues,
    18: use_per_node_hctx by change,
    19: virt_boundary by change,
}

/// The file `power`.
#[vtable]
impl AttributeOperations<0> for Disk {
    fn show(&self, page: &mut Output<'_>) -> Result {
        self.show_number(page, |state| state.on.is_some().into())
    }

    fn store(&self, page: Input<'_>) -> Result {
        let on = page.parse()?;
        let mut state = self.state.lock();
        if on {
            self.switch_on(&mut state)
        } else {
            state.on = None;
            Ok(())
        }
    }
}

impl Item for Disk {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Disk,
        attributes: [
            power: 0, blocking: 1, blocksize: 2, cache_size: 3, completion_nsec: 4, discard: 5,
            fua: 6, home_node: 7, hw_queue_depth: 8, irqmode: 9, max_sectors: 10,
            memory_backed: 11, no_sched: 12, poll_queues: 13, rotational: 14, shared_tags: 15,
            size: 16, submit_queues: 17, use_per_node_hctx: 18, virt_boundary: 19,
        ],
    };
}
