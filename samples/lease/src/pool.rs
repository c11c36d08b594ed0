// SPDX-License-Identifier: GPL-2.0-only

//! The channels, the leases, and who waits.
//!
//! Of the two locks that the interrupt takes, `deadlines` comes before that of `leases`. Below the mutex of
//! `table` neither is taken, so nobody waits with it held.

use core::ops::Range;

use kernel::bitmap::BitmapVec;
use kernel::cpumask::CpumaskVar;
use kernel::kthread::Current;
use kernel::list::{List, ListArc, ListLinks};
use kernel::prelude::*;
use kernel::rbtree::{RBTree, RBTreeNode};
use kernel::seq_file::SeqFile;
use kernel::sync::{Completion, Mutex, Refcount, SetOnce, SpinLockIrq, WaitQueue};
use kernel::time::jiffies::{delta_to_jiffies, jiffies_to_msecs};
use kernel::time::{Delta, Instant, Jiffies, Monotonic};
use kernel::xarray::{AllocKind, IrqSafe, Mark, XArray};
use kernel::{
    impl_has_list_links, new_mutex, new_spinlock_irq, new_wait_queue, seq_print, warn_on,
};

use crate::module_parameters;

/// The mark of leases whose time is over.
const OVER: Mark = Mark::Mark1;
/// How many ended leases are on record at the most.
const RECORD: usize = 8;

struct Lease {
    channels: Range<usize>,
    until: Instant<Monotonic>,
    cpu: u32,
    /// Who has it.
    holders: Refcount,
}

/// When a lease ends, and its number.
type Deadline = (Instant<Monotonic>, usize);

/// What [`Pool::take`] tells.
pub(crate) struct Taken {
    pub(crate) first: usize,
    pub(crate) cpu: u32,
    /// In milliseconds.
    pub(crate) waited: u32,
}

/// A program that waits.
#[pin_data]
struct Waiter {
    count: usize,
    /// What it got.
    got: SetOnce<Range<usize>>,
    #[pin]
    done: Completion,
    links: ListLinks,
}

impl_has_list_links! {
    impl HasListLinks<0> for Waiter { self.links }
}

struct Table {
    taken: BitmapVec,
    waiters: List<Waiter>,
    /// The first channels of leases that have ended, the latest last.
    ended: KVec<usize>,
}

/// The first free channels in a row, which are taken then.
fn take_row(taken: &mut BitmapVec, count: usize) -> Option<Range<usize>> {
    let first = taken.next_zero_area(0, count)?;
    let channels = first..first.checked_add(count)?;
    taken.assign_range(channels.clone(), true).ok()?;
    Some(channels)
}

/// Channels that are nobody's lease yet: they are given back when this is dropped.
struct Row<'a> {
    pool: &'a Pool,
    channels: Range<usize>,
}

impl Row<'_> {
    /// They are somebody's.
    fn keep(self) {
        core::mem::forget(self);
    }
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.pool.give_back(&self.channels);
    }
}

#[pin_data]
pub(crate) struct Pool {
    channels: usize,
    serving: CpumaskVar,
    #[pin]
    table: Mutex<Table>,
    #[pin]
    deadlines: SpinLockIrq<RBTree<Deadline, ()>>,
    /// By their first channels.
    #[pin]
    leases: XArray<KBox<Lease>, IrqSafe>,
    /// The thread waits here for leases that are over.
    #[pin]
    over: WaitQueue,
}

impl Pool {
    /// `EINVAL` for a pool without channels.
    pub(crate) fn new(channels: usize, serving: CpumaskVar) -> Result<impl PinInit<Self, Error>> {
        if channels == 0 {
            return Err(EINVAL);
        }
        let table = Table {
            taken: BitmapVec::new(channels, GFP_KERNEL)?,
            waiters: List::new(),
            ended: KVec::new(),
        };
        Ok(try_pin_init!(Self {
            channels,
            serving,
            table <- new_mutex!(table, "lease: table"),
            deadlines <- new_spinlock_irq!(RBTree::new(), "lease: deadlines"),
            leases <- XArray::new_irq(AllocKind::None),
            over <- new_wait_queue!("lease: over"),
        }? Error))
    }

    /// Leases `count` channels in a row, when there are some. `EINVAL` for none, or more than there are;
    /// `ETIMEDOUT` if there are none in time; `ERESTARTSYS` if the program is killed.
    pub(crate) fn take(&self, count: usize, time: Delta) -> Result<Taken> {
        if count == 0 || count > self.channels {
            pr_warn_ratelimited!("{} channels are wanted of {}", count, self.channels);
            return Err(EINVAL);
        }
        let (row, waited) = self.wait_for_row(count)?;
        let first = row.channels.start;
        // All that may fail comes before anybody can see the lease.
        let place = self.leases.lock().reserve(first, GFP_KERNEL)?;
        let until = Instant::now() + time;
        let deadline = RBTreeNode::new((until, first), (), GFP_KERNEL)?;
        let cpu = self.cpu(first);
        let lease = Lease {
            channels: row.channels.clone(),
            until,
            cpu,
            holders: Refcount::new(1),
        };
        let lease = KBox::new(lease, GFP_KERNEL)?;
        let mut deadlines = self.deadlines.lock();
        place.fill(lease)?;
        deadlines.insert(deadline);
        drop(deadlines);
        row.keep();
        let waited = jiffies_to_msecs(waited);
        Ok(Taken { first, cpu, waited })
    }

    /// Some channels, and how long that took.
    fn wait_for_row(&self, count: usize) -> Result<(Row<'_>, Jiffies)> {
        let init = pin_init!(Waiter {
            count,
            got: SetOnce::new(),
            done <- Completion::new(),
            links: ListLinks::new(),
        });
        let queued = ListArc::pin_init(init, GFP_KERNEL)?;
        let waiter = queued.clone_arc();
        let mut table = self.table.lock();
        if let Some(channels) = take_row(&mut table.taken, count) {
            let pool = self;
            return Ok((Row { pool, channels }, 0));
        }
        table.waiters.push_back(queued);
        drop(table);
        pr_info_once!("somebody waits for channels");
        let patience = Delta::from_millis(i64::from(module_parameters::patience_ms.get()));
        let patience = delta_to_jiffies(patience);
        let ended = waiter.done.wait_for_completion_killable_timeout(patience);
        // Who is off the list gets nothing any more. Channels that came when the wait had ended go back.
        drop(self.table.lock().waiters.remove(&waiter));
        let row = waiter.got.as_ref().map(|channels| Row {
            pool: self,
            channels: channels.clone(),
        });
        let left = ended?;
        Ok((row.ok_or(ETIMEDOUT)?, patience.saturating_sub(left)))
    }

    /// Channels are free again: whoever waits, and for whom there are enough now, gets some. Who wants
    /// fewer may come before who has waited longer.
    fn give_back(&self, channels: &Range<usize>) {
        let mut table = self.table.lock();
        let Table { taken, waiters, .. } = &mut *table;
        // They were taken from this map.
        if warn_on!(taken.assign_range(channels.clone(), false).is_err()) {
            return;
        }
        let mut cursor = waiters.cursor_front();
        while let Some(next) = cursor.peek_next() {
            let Some(channels) = take_row(taken, next.count) else {
                cursor.move_next();
                continue;
            };
            let waiter = next.remove();
            waiter.got.populate(channels);
            waiter.done.complete();
        }
    }

    /// The CPUs take turns.
    fn cpu(&self, first: usize) -> u32 {
        let turn = first.checked_rem(self.serving.weight() as usize);
        let cpu = turn.and_then(|turn| self.serving.iter().nth(turn));
        cpu.unwrap_or(0)
    }

    /// `ENOENT` if there is no such lease.
    pub(crate) fn join(&self, first: usize) -> Result {
        let leases = self.leases.lock();
        let joined = leases.get(first).map(|lease| lease.holders.inc_not_zero());
        joined.filter(|joined| *joined).map(drop).ok_or(ENOENT)
    }

    /// `ENOENT` if there is no such lease.
    pub(crate) fn give(&self, first: usize) -> Result {
        let mut deadlines = self.deadlines.lock();
        let mut leases = self.leases.lock();
        let lease = leases.get(first).ok_or(ENOENT)?;
        if !lease.holders.dec_and_test() {
            return Ok(());
        }
        // It is not there any more if the time is over, too.
        let deadline = deadlines.remove_node(&(lease.until, first));
        let lease = leases.remove(first);
        drop(leases);
        drop(deadlines);
        drop(deadline);
        lease.map(|lease| self.end(&lease)).ok_or(ENOENT)
    }

    /// How long a lease lasts yet; less than nothing if it is about to end. `ENOENT` if there is no such lease.
    pub(crate) fn left(&self, first: usize) -> Result<Delta> {
        let leases = self.leases.lock();
        let until = leases.get(first).map(|lease| lease.until);
        Ok(until.ok_or(ENOENT)? - Instant::now())
    }

    pub(crate) fn forget(&self, first: usize) {
        self.table.lock().ended.retain(|ended| *ended != first);
    }

    /// In the clock's interrupt.
    pub(crate) fn mark_what_is_over(&self, now: Instant<Monotonic>) {
        let mut deadlines = self.deadlines.lock();
        let mut leases = self.leases.lock();
        let mut cursor = deadlines.cursor_front();
        while let Some(earliest) = cursor {
            let (until, first) = *earliest.current().0;
            if until > now {
                break;
            }
            // Whoever takes a lease away takes its deadline too.
            warn_on!(leases.set_mark(first, OVER).is_err());
            cursor = earliest.remove_current().0;
        }
        let any = leases.any_marked(OVER);
        drop(leases);
        drop(deadlines);
        if any {
            self.over.wake_up();
        }
    }

    /// In the thread.
    pub(crate) fn end_what_is_marked(&self, current: &Current) {
        while !current.should_stop() {
            let any = || self.leases.lock().any_marked(OVER);
            // No signal comes to a thread of the kernel's; waiting like this it counts as idle.
            let _ = self
                .over
                .wait_event_interruptible(|| any() || current.should_stop());
            while let Some(lease) = self.next_over() {
                self.end(&lease);
            }
        }
    }

    fn next_over(&self) -> Option<KBox<Lease>> {
        let mut leases = self.leases.lock();
        let (first, _) = leases.marked(OVER, ..).next()?;
        leases.remove(first)
    }

    fn end(&self, lease: &Lease) {
        self.record(lease.channels.start);
        self.give_back(&lease.channels);
    }

    /// Without memory there is no record.
    fn record(&self, first: usize) {
        let mut table = self.table.lock();
        let ended = &mut table.ended;
        if ended.len() >= RECORD {
            match ended.split_off(RECORD / 2, GFP_KERNEL) {
                Ok(latest) => *ended = latest,
                Err(_) => return,
            }
        }
        let _ = ended.push(first, GFP_KERNEL);
    }

    pub(crate) fn show(&self, seq: &SeqFile) {
        let table = self.table.lock();
        let (count, last) = (table.taken.count_ones(), table.taken.last_bit());
        seq_print!(seq, "taken:\t{count} of {}", self.channels);
        if let Some(last) = last {
            seq_print!(seq, ", up to {last}");
        }
        let waiters = table.waiters.iter();
        let waiting = waiters.fold(0_u32, |count, _| count.saturating_add(1));
        seq_print!(seq, "\nwaiting:\t{waiting}\nended:\t");
        for &first in &table.ended {
            seq_print!(seq, "{first} ");
        }
        drop(table);
        seq_print!(seq, "\ncpus:\t");
        for cpu in self.serving.iter() {
            seq_print!(seq, "{cpu} ");
        }
        let now = (Instant::now(), 0);
        let next = self
            .deadlines
            .lock()
            .iter_from(&now)
            .next()
            .map(|next| next.0.1);
        if let Some(first) = next {
            seq_print!(seq, "\nnext:\t{first}");
        }
        seq_print!(seq, "\n");
        for (first, lease) in self.leases.lock().iter() {
            let (count, cpu, holders) = (lease.channels.len(), lease.cpu, lease.holders.get());
            seq_print!(
                seq,
                "lease:\t{first}, {count} of them, on CPU {cpu}, for {holders}\n"
            );
        }
    }
}
