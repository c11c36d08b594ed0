// SPDX-License-Identifier: GPL-2.0-only

//! Waiting for a file to become ready: what `poll(2)`, `select(2)` and `epoll(7)` ask of a driver.
//!
//! A driver's `poll` says what is possible now, and enters the caller into the [`PollCondVar`]s
//! at which it will be told of changes. Such an entry stays until the caller leaves, or until the file
//! is closed. So a [`PollCondVar`] has to live as long as the file: [`PollTable`] takes only one that
//! is borrowed for the lifetime that the driver's data of the open file have. Upstream frees it
//! earlier and has the entries removed by force (`__wake_up_pollfree`); here that need not be.
//!
//! C headers: `include/linux/poll.h`, `include/linux/wait.h`.
//!
//! Consumer: `samples/misc`.

use core::ffi::{CStr, c_void};
use core::marker::PhantomData;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure};

use super::LockClassKey;
use crate::error::{Result, to_result};
use crate::fs::File;
use crate::types::Opaque;

/// What is possible, or has happened: `EPOLLIN` and so on.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::sync::poll::Events;
///
/// let events = Events::IN | Events::OUT;
/// assert!(events.contains(Events::IN) && !events.contains(Events::HUP));
/// assert!(Events::NONE.contains(Events::NONE) && !Events::NONE.contains(Events::ERR));
/// assert_ne!(Events::RDHUP, Events::PRI);
/// // What C calls EPOLLIN | EPOLLRDNORM, and EPOLLOUT | EPOLLWRNORM.
/// assert_eq!(events.bits(), 0x145);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events(u32);

impl Events {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// There is something to read (`EPOLLIN | EPOLLRDNORM`).
    pub const IN: Self = Self(bindings::FERRITE_EPOLLIN | bindings::FERRITE_EPOLLRDNORM);
    /// There is room to write (`EPOLLOUT | EPOLLWRNORM`).
    pub const OUT: Self = Self(bindings::FERRITE_EPOLLOUT | bindings::FERRITE_EPOLLWRNORM);
    /// Something exceptional (`EPOLLPRI`).
    pub const PRI: Self = Self(bindings::FERRITE_EPOLLPRI);
    /// An error (`EPOLLERR`).
    pub const ERR: Self = Self(bindings::FERRITE_EPOLLERR);
    /// The other side is gone (`EPOLLHUP`).
    pub const HUP: Self = Self(bindings::FERRITE_EPOLLHUP);
    /// The other side will write no more (`EPOLLRDHUP`).
    pub const RDHUP: Self = Self(bindings::FERRITE_EPOLLRDHUP);

    /// Whether all of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// As C has them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl core::ops::BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Where a caller of `poll(2)` leaves its entries.
///
/// `'a` is how long what the driver keeps for the open file is there: longer than any entry. It
/// can be neither stretched nor shrunk.
///
/// # Invariants
///
/// The table is valid or null, and `file` is the file that is polled. `'a` ends when the file is
/// released.
pub struct PollTable<'a> {
    table: *mut bindings::poll_table_struct,
    file: *mut bindings::file,
    _invariant: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> PollTable<'a> {
    /// A table of C's.
    ///
    /// # Safety
    ///
    /// - `table` is null or valid as long as the value is there, and is for polling `file`.
    /// - `'a` stands for the time until the file's release: what is borrowed for `'a` is there until
    ///   then, and the driver can make nothing else look so.
    pub(crate) unsafe fn from_raw(
        table: *mut bindings::poll_table_struct,
        file: *mut bindings::file,
    ) -> Self {
        // INVARIANT: the caller promises it.
        Self {
            table,
            file,
            _invariant: PhantomData,
        }
    }

    /// Has the caller told when `condition` is notified. To be called before looking at what is
    /// possible, so that no change is missed.
    pub fn register_wait(&self, condition: &'a PollCondVar) {
        // SAFETY:
        // - by the invariant the table and the file are valid;
        // - the queue is there until the file is released, and the kernel removes the entries
        //   before that: whoever sleeps in poll(2) holds the file open, and epoll(7) lets go of
        //   it first (`eventpoll_release`).
        unsafe {
            bindings::ferrite_poll_register(self.file, condition.queue.get(), self.table);
        }
    }

    /// The file that is polled.
    #[must_use]
    pub fn file(&self) -> &File {
        // SAFETY: by the invariant the file is open; polling does not use its offset.
        unsafe { File::from_raw_file(self.file) }
    }
}

/// A place to wait at, for threads of the kernel and for those who poll.
#[pin_data]
pub struct PollCondVar {
    #[pin]
    queue: Opaque<bindings::wait_queue_head_t>,
}

// SAFETY: the queue has a lock of its own.
unsafe impl Send for PollCondVar {}
// SAFETY: as above.
unsafe impl Sync for PollCondVar {}

/// An initialiser for a [`PollCondVar`]: `new_poll_condvar!()` or `new_poll_condvar!("name")`.
#[macro_export]
macro_rules! new_poll_condvar {
    () => {
        $crate::new_poll_condvar!(::core::concat!(::core::file!(), ":", ::core::line!()))
    };
    ($name:expr $(,)?) => {
        $crate::sync::poll::PollCondVar::new($crate::c_str!($name), $crate::static_lock_class!())
    };
}

impl PollCondVar {
    /// An initialiser; [`new_poll_condvar!`](crate::new_poll_condvar) supplies name and class.
    pub fn new(name: &'static CStr, key: &'static LockClassKey) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            queue <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::wait_queue_head_t>| {
                    bindings::ferrite_poll_queue_init(slot.cast(), name.as_ptr(), key.as_ptr());
                    Ok::<(), core::convert::Infallible>(())
                })
            },
        })
    }

    /// Tells everybody who waits to look again. May be called in any context.
    pub fn notify_all(&self) {
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_poll_notify(self.queue.get(), 0) };
    }

    /// Tells those who poll and one of those who wait exclusively. May be called in any context.
    pub fn notify_one(&self) {
        // SAFETY: the queue is initialised.
        unsafe { bindings::ferrite_poll_notify(self.queue.get(), 1) };
    }

    /// Sleeps until `condition` holds; looks at it now, and after each notification. `condition` must
    /// not sleep for long: the task is already marked as sleeping when it is asked.
    ///
    /// # Errors
    ///
    /// `ERESTARTSYS`: there is a signal; a system call that returns this is made again or ends with
    /// `EINTR`.
    pub fn wait_event_interruptible<F: FnMut() -> bool>(&self, mut condition: F) -> Result {
        /// # Safety
        ///
        /// `data` points to an `F` that nobody else uses.
        unsafe extern "C" fn ask<F: FnMut() -> bool>(data: *mut c_void) -> bool {
            // SAFETY: the caller promises it.
            unsafe { (*data.cast::<F>())() }
        }
        // SAFETY: the queue is initialised; the closure is there until the call returns.
        to_result(unsafe {
            bindings::ferrite_poll_wait_event(
                self.queue.get(),
                Some(ask::<F>),
                (&raw mut condition).cast(),
            )
        })
    }
}
