// SPDX-License-Identifier: GPL-2.0-only

//! How many queues there are, and what cannot be.

use core::sync::atomic::Ordering;

use super::{Disk, Do, Tester};
use crate::alloc::NumaNode;
use crate::block::mq::{GenDiskBuilder, QueueLimits, Status, TagSetBuilder};
use crate::prelude::*;
use crate::sync::Arc;
use crate::sync::atomic::{Atomic, Relaxed};
use crate::sync::test_thread::{wait_until, with_threads};

#[kernel_test]
fn queues_can_change_while_the_disk_is_there() -> Result {
    let tags = TagSetBuilder::new(1, 2).node(NumaNode::NO_NODE);
    let disk = Disk::new(tags, QueueLimits::new())?;
    disk.tags.set_queues(2, 0)?;
    assert_eq!(disk.tags.queues(), (2, 0));
    disk.read()?;
    disk.tags.set_queues(1, 0)?;
    assert_eq!(disk.tags.queues(), (1, 0));
    disk.read()?;
    assert_eq!(disk.tags.set_queues(0, 0), Err(EINVAL));
    assert_eq!(disk.tags.set_queues(1, 1), Err(EINVAL));
    assert_eq!(disk.tags.set_queues(u32::MAX, 1), Err(EINVAL));
    assert_eq!(disk.tags.queues(), (1, 0));
    Ok(())
}

#[kernel_test]
fn a_queue_that_cannot_be_made_changes_nothing() -> Result {
    let tags = Arc::pin_init(TagSetBuilder::new(2, 2).build::<Tester>(), GFP_KERNEL)?;
    let state = super::State::new()?;
    state.no_queue.store(1, Ordering::Relaxed);
    let build = |name| GenDiskBuilder::new().build(name, tags.clone(), state.clone());
    // Whatever the driver says.
    assert_eq!(build("ktestblk").err(), Some(ENOMEM));
    let long = "a-name-of-thirty-two-bytes-for-it";
    assert_eq!(build(long).err(), Some(EINVAL));
    drop(tags);
    let disk = Disk::new(TagSetBuilder::new(1, 2), QueueLimits::new())?;
    disk.state.no_queue.store(1, Ordering::Relaxed);
    assert_eq!(disk.tags.set_queues(2, 0), Err(ENOMEM));
    assert_eq!(disk.tags.queues(), (1, 0));
    disk.read()?;
    disk.state.no_queue.store(u32::MAX, Ordering::Relaxed);
    disk.tags.set_queues(2, 0)?;
    assert_eq!(disk.tags.queues(), (2, 0));
    disk.read()
}

#[kernel_test]
fn one_at_a_time_changes_the_number_of_queues() -> Result {
    let disk = Disk::new(TagSetBuilder::new(1, 2), QueueLimits::new())?;
    let has_begun = Atomic::new(false);
    let is_held = || !disk.state.held.lock().is_empty();
    let work = |index| match index {
        0 => {
            disk.next(Do::Hold);
            let _ = disk.read();
        }
        _ if wait_until(is_held) => {
            has_begun.store(true, Relaxed);
            // Waits for the request.
            let _ = disk.tags.set_queues(2, 0);
        }
        _ => {}
    };
    let result = with_threads::<2, _, _>(work, |[_, changing]| {
        let waits = wait_until(|| has_begun.load(Relaxed) && changing.sleeps());
        let second = waits.then(|| disk.tags.set_queues(1, 0));
        let held = core::mem::take(&mut *disk.state.held.lock()).pop_front();
        if let Some(request) = held {
            request.end(Status::OK);
        }
        second
    })?;
    assert_eq!(result, Some(Err(EBUSY)));
    assert_eq!(disk.tags.queues(), (2, 0));
    disk.read()
}
