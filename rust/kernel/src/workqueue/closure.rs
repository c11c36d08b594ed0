// SPDX-License-Identifier: GPL-2.0-only

//! Functions that need no type of their own to be put on a queue.

use core::cell::Cell;
use core::pin::Pin;

use pinned_init::{pin_data, pin_init};

use super::{Queue, Work, WorkItem};
use crate::alloc::{Flags, KBox};
use crate::error::Result;
use crate::impl_has_work;

/// A function on its way to a worker.
#[pin_data]
struct Closure<F> {
    function: Cell<Option<F>>,
    #[pin]
    work: Work<Self>,
}

impl_has_work! { impl {F} HasWork<Self> for Closure<F> { self.work } }

impl<F: FnOnce() + Send + 'static> WorkItem for Closure<F> {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        if let Some(function) = this.function.take() {
            function();
        }
    }
}

impl Queue {
    /// Has a worker call a function, once. Its memory comes by `flags`; in any context but NMI, if they do
    /// not let it sleep.
    ///
    /// It cannot be cancelled: dropping a queue of one's own waits for it, and so does the unload of a
    /// module whose function is on one of the kernel's.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: the function is dropped, and not called.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::prelude::*;
    /// use kernel::sync::{Arc, Completion};
    /// use kernel::workqueue;
    ///
    /// let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    /// let theirs = done.clone();
    /// workqueue::system().try_spawn(GFP_KERNEL, move || theirs.complete())?;
    /// done.wait_for_completion();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_spawn<F: FnOnce() + Send + 'static>(&self, flags: Flags, function: F) -> Result {
        let function = Cell::new(Some(function));
        let closure = KBox::pin_init(pin_init!(Closure { function, work <- Work::new() }), flags)?;
        // A box is on no queue yet.
        self.enqueue(closure);
        Ok(())
    }
}
