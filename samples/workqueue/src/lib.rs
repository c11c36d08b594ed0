// SPDX-License-Identifier: GPL-2.0-only

//! Work that runs on a queue of the module's own, work that is put off, and a thread that waits for
//! both.
//!
//! `insmod workqueue_sample.ko jobs=100` has so many jobs done. Unloading cancels what has been put off.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};

use kernel::kthread::Builder;
use kernel::prelude::*;
use kernel::sync::{Arc, WaitQueue};
use kernel::time::msecs_to_jiffies;
use kernel::workqueue::{self, DelayedWork, Flags, OwnedQueue, Work, WorkItem};
use kernel::{impl_has_delayed_work, impl_has_work, new_wait_queue};

module! {
    type: Sample,
    name: "workqueue_sample",
    authors: ["The Ferrite developers"],
    description: "Work on queues, now and later",
    license: "GPL",
    params: {
        jobs: u32 { default: 10, permissions: 0o444, description: "Jobs to do" },
    },
}

/// What has been done, and who waits for it.
#[pin_data]
struct Board {
    done: AtomicU32,
    #[pin]
    changed: WaitQueue,
    /// Looks at the board every now and then.
    #[pin]
    look: DelayedWork<Self>,
}

impl_has_delayed_work! { impl HasDelayedWork<Self> for Board { self.look } }

impl WorkItem for Board {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        // Again in a minute, until the module cancels it.
        workqueue::system().enqueue_delayed(this, msecs_to_jiffies(60_000));
    }
}

/// One job: it is given to the queue, and is gone when it is done.
#[pin_data]
struct Job {
    board: Arc<Board>,
    #[pin]
    work: Work<Self>,
}

impl_has_work! { impl HasWork<Self> for Job { self.work } }

impl WorkItem for Job {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        this.board.done.fetch_add(1, Ordering::Release);
        this.board.changed.wake_up_all();
    }
}

struct Sample {
    board: Arc<Board>,
    // Dropping it waits for the jobs that are left.
    _queue: OwnedQueue,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let jobs = module_parameters::jobs.get();
        let queue = OwnedQueue::new(c"ferrite-sample", Flags::UNBOUND, 0)?;
        let board = Arc::pin_init(
            pin_init!(Board {
                done: AtomicU32::new(0),
                changed <- new_wait_queue!("board"),
                look <- DelayedWork::new(),
            }),
            GFP_KERNEL,
        )?;
        let theirs = board.clone();
        let thread = Builder::new(c"ferrite-board").spawn(move |_| {
            let done = || theirs.done.load(Ordering::Acquire) >= jobs;
            theirs
                .changed
                .wait_event_timeout(done, msecs_to_jiffies(60_000))
                .is_ok()
        })?;
        for _ in 0..jobs {
            let board = board.clone();
            let job = KBox::pin_init(pin_init!(Job { board, work <- Work::new() }), GFP_KERNEL)?;
            queue.enqueue(job);
        }
        // What is called once, and needs no name, is a closure.
        queue.try_spawn(GFP_KERNEL, || pr_info!("on the queue, behind the jobs"))?;
        queue.flush();
        let seen = thread.stop() != Some(false);
        let done = board.done.load(Ordering::Acquire);
        pr_info!("{} jobs done, seen by the thread: {}", done, seen);
        workqueue::system().enqueue_delayed(board.clone(), 0);
        board.look.flush();
        Ok(Self {
            board,
            _queue: queue,
        })
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let cancelled = self.board.look.cancel_sync();
        pr_info!("cancelled what was put off: {}", cancelled);
    }
}
