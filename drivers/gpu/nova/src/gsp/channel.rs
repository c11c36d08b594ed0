// SPDX-License-Identifier: GPL-2.0-only

//! The queues, for all who use them: who boots and ends the GSP, and those who hear it meanwhile, a handler
//! of interrupts and a work that looks every now and then.
//!
//! The latter may outlive the binding; so the card's registers and the queues' memory are taken away at its
//! end.

use kernel::device::{self, Bound};
use kernel::devres::Devres;
use kernel::dma::Coherent;
use kernel::impl_has_delayed_work;
use kernel::new_mutex;
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::seq_file::SeqFile;
use kernel::seq_print;
use kernel::sync::{Arc, Mutex, SetOnce};
use kernel::time::msecs_to_jiffies;
use kernel::workqueue::{self, DelayedWork, WorkItem};

use super::event::{self, Counts};
use super::queue::{Access, Queue, Shared, Taken, WORDS};
use super::tree::{Tree, Way};
use crate::boot::Fault;
use crate::registers::{Bar0, Registers};

/// How often the queue is looked at, in milliseconds: without interrupts; with them, in case one is lost;
/// and while the GSP says more than is read at once.
const POLL: u32 = 100;
const WATCH: u32 = 500;
const STORM: u32 = 10;

/// How many messages are read at once.
const BATCH: u32 = 32;

/// How the GSP is heard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Only by who asks it.
    Asked,
    /// By the work.
    Polled,
    /// By interrupts.
    Interrupts,
    /// By the work, until there is nothing left to be read; then by interrupts again.
    Storm,
}

/// What is used by one at a time.
pub(super) struct Inner {
    pub(super) queue: Queue,
    mode: Mode,
    /// What the work saw the last time, if something was there: where, and after how many interrupts.
    seen: Option<(u32, u32)>,
}

#[pin_data]
pub(crate) struct Channel {
    bar: Arc<Devres<Registers>>,
    memory: Devres<Shared<'static>>,
    address: u64,
    counts: Counts,
    tree: SetOnce<Tree>,
    #[pin]
    pub(super) inner: Mutex<Inner>,
    #[pin]
    look: DelayedWork<Self>,
}

impl_has_delayed_work! { impl HasDelayedWork<Self> for Channel { self.look } }

impl Channel {
    #[inline(never)]
    pub(super) fn new(device: &Device<Bound>, bar: &Bar0<'_>) -> Result<Arc<Self>, Fault> {
        let memory = Coherent::zeroed_slice(device.generic(), WORDS, GFP_KERNEL)?;
        let address = memory.dma_address();
        let inner = Inner {
            queue: Queue::new(&memory)?,
            mode: Mode::Asked,
            seen: None,
        };
        let bar = bar.devres().clone();
        let memory = memory.into_devres()?;
        let init = pin_init!(Self {
            bar,
            memory,
            address,
            counts: Counts::new(),
            tree: SetOnce::new(),
            inner <- new_mutex!(inner),
            look <- DelayedWork::new(),
        });
        Ok(Arc::pin_init(init, GFP_KERNEL)?)
    }

    /// Where the GSP finds the queues.
    pub(super) fn address(&self) -> u64 {
        self.address
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// For who knows that the card is bound.
    pub(super) fn access<'a>(&'a self, device: &'a device::Device<Bound>) -> Result<Access<'a>> {
        Ok(Access {
            bar: self.bar.access(device)?,
            memory: self.memory.access(device)?,
        })
    }

    /// Begins to hear, by interrupts, which come already, or without them. May sleep.
    pub(super) fn start(this: &Arc<Self>, on: Access<'_>, tree: Option<Tree>) {
        let mut inner = this.inner.lock();
        inner.mode = Mode::Polled;
        if let Some(tree) = tree {
            this.tree.populate(tree);
            inner.mode = Mode::Interrupts;
        }
        // What has come before the interrupts.
        let is_all = this.drain(on, &mut inner.queue);
        drop(inner);
        let next = if is_all { POLL } else { STORM };
        workqueue::system().enqueue_delayed(this.clone(), msecs_to_jiffies(next));
    }

    /// Has the work end; interrupts have ended before. May sleep.
    pub(super) fn stop(&self) {
        self.look.cancel_sync();
        self.inner.lock().mode = Mode::Asked;
    }

    /// An interrupt has come: whether it is the GSP's. Hard interrupt context.
    pub(super) fn hold(&self, device: &device::Device<Bound>, tree: Tree) -> bool {
        let bar = self.bar.access(device).ok();
        let Some(bar) = bar.filter(|bar| tree.is_up(bar)) else {
            return false;
        };
        tree.hold(bar);
        self.counts.interrupts.up();
        true
    }

    /// Reads what there is, and lets the next interrupt come. May sleep.
    pub(super) fn heard(this: &Arc<Self>, device: &device::Device<Bound>, tree: Tree) {
        let Ok(on) = this.access(device) else {
            return;
        };
        let mut inner = this.inner.lock();
        tree.acknowledge(on.bar);
        if this.drain(on, &mut inner.queue) {
            tree.release(on.bar);
            return;
        }
        // Interrupts stay off, so that others get to run.
        this.counts.storms.up();
        inner.mode = Mode::Storm;
        drop(inner);
        workqueue::system().mod_delayed(this.clone(), msecs_to_jiffies(STORM));
    }

    /// Reads what there is, but not more than can be read at once: whether that was all. Any context.
    fn drain(&self, on: Access<'_>, queue: &mut Queue) -> bool {
        let device = self.bar.device();
        for _ in 0..BATCH {
            if !queue.has_more(on) {
                return true;
            }
            let place = queue.place();
            let result = queue.take(on).and_then(|Taken { header, order }| {
                if let Err(error) = order {
                    // Those before it are lost; what has come already is not heard again.
                    if error.what.is_repeated() {
                        return Err(error.into());
                    }
                    self.counts.no_message(device, &error.into());
                }
                let Some(event) = self.counts.message(device, header) else {
                    if !header.function.is_event() && header.function.name().is_some() {
                        self.counts.unasked.up();
                    }
                    return Ok(());
                };
                event::tell(device, event, queue.payload())
            });
            if let Err(fault) = result {
                self.counts.no_message(device, &fault);
                if queue.place() == place {
                    // There is no telling where the next one is.
                    return true;
                }
            }
        }
        false
    }

    /// Looks whether there is something to be read that nobody has been told of. Returns in how many
    /// milliseconds to look again. Any context.
    fn look(&self, on: Access<'_>, inner: &mut Inner) -> u32 {
        let (mode, tree) = (inner.mode, self.tree.copy());
        let Some(tree) = tree.filter(|_| mode != Mode::Polled) else {
            let is_all = self.drain(on, &mut inner.queue);
            return if is_all { POLL } else { STORM };
        };
        if mode == Mode::Interrupts {
            let now = (inner.queue.place().raw(), self.counts.interrupts.get());
            let seen = inner.queue.has_more(on).then_some(now);
            let before = core::mem::replace(&mut inner.seen, seen);
            if seen.is_none() || seen != before {
                return WATCH;
            }
            inner.seen = None;
            self.counts.lost.up();
            let device = self.bar.device();
            kernel::do_ratelimited!(dev_warn!(device, "an interrupt of the GSP's is lost"));
            tree.hold(on.bar);
        }
        tree.acknowledge(on.bar);
        if !self.drain(on, &mut inner.queue) {
            inner.mode = Mode::Storm;
            return STORM;
        }
        inner.mode = Mode::Interrupts;
        tree.release(on.bar);
        WATCH
    }

    /// A line on how it is heard, and the counts.
    pub(crate) fn show(&self, seq: &SeqFile) -> Result {
        let how = match self.inner.lock().mode {
            Mode::Asked => "not",
            Mode::Polled => "polled",
            Mode::Interrupts if self.tree.copy().is_some_and(|tree| tree.way() == Way::Wire) => {
                "by interrupts, of a wire"
            }
            Mode::Interrupts => "by interrupts",
            Mode::Storm => "polled, because of a storm",
        };
        seq_print!(seq, "heard: {}\n", how);
        self.counts.show(seq);
        Ok(())
    }
}

impl WorkItem for Channel {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let mut inner = this.inner.lock();
        let next = {
            // Nothing sleeps while these are accessed.
            let (Some(bar), Some(memory)) = (this.bar.try_access(), this.memory.try_access())
            else {
                return;
            };
            let on = Access {
                bar: &bar,
                memory: &memory,
            };
            this.look(on, &mut inner)
        };
        drop(inner);
        workqueue::system().enqueue_delayed(this, msecs_to_jiffies(next));
    }
}
