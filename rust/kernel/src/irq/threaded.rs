// SPDX-License-Identifier: GPL-2.0-only

//! Handlers that may sleep.

use core::ffi::{CStr, c_int, c_void};
use core::marker::PhantomData;

use pinned_init::PinInit;

use super::{Flags, Handled, IrqReturn, Line, Node};
use crate::device::{Bound, Device};
use crate::error::{Error, Result};

/// What the first part of a [`ThreadedHandler`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadedIrqReturn {
    /// The device did not want anything.
    None,
    /// It was this device, and it is served: the thread is not needed.
    Handled,
    /// It was this device, and the thread goes on.
    WakeThread,
}

impl ThreadedIrqReturn {
    const fn into_c(self) -> bindings::irqreturn_t {
        match self {
            Self::None => IrqReturn::None.into_c(),
            Self::Handled => IrqReturn::Handled.into_c(),
            Self::WakeThread => bindings::FERRITE_IRQ_WAKE_THREAD as bindings::irqreturn_t,
        }
    }
}

/// What is called when an interrupt comes, with a part that runs in a thread.
///
/// Neither part overlaps with itself; the first may run while the second does, unless the line is
/// [`Flags::ONESHOT`].
pub trait ThreadedHandler: Send + Sync + 'static {
    /// An interrupt has come. Hard interrupt context: interrupts are off on this CPU, nothing may
    /// sleep. Without it, every interrupt wakes the thread; a line that stays up until it has run
    /// has to be [`Flags::ONESHOT`] then.
    fn handle(&self, device: &Device<Bound>) -> ThreadedIrqReturn {
        let _ = device;
        ThreadedIrqReturn::WakeThread
    }

    /// The second part. Process context, in a thread of its own; may sleep.
    fn handle_threaded(&self, device: &Device<Bound>) -> IrqReturn;
}

/// A [`ThreadedHandler`] that is called for a line. When this is dropped it is called no more: that
/// waits for calls under way, and sleeps, so it must not be done by the handler itself.
pub struct ThreadedRegistration<'bound, H: ThreadedHandler> {
    handled: Handled<'bound>,
    _handler: PhantomData<fn(H)>,
}

impl<'bound, H: ThreadedHandler> ThreadedRegistration<'bound, H> {
    /// Has a handler called for a line, perhaps before this returns. `name` is what
    /// `/proc/interrupts` shows, and what the thread is named after. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - As [`Registration::new`](super::Registration::new).
    /// - `EINTR`: this task was killed while the thread was made.
    pub fn new<E>(
        line: Line<'bound>,
        flags: Flags,
        name: &'static CStr,
        handler: impl PinInit<H, E>,
    ) -> Result<Self>
    where
        Error: From<E>,
    {
        // SAFETY: both functions are for such nodes.
        let handled = unsafe {
            Handled::new::<H, E>(
                line,
                flags,
                name,
                handler,
                Some(Self::hard),
                Some(Self::thread),
            )
        }?;
        Ok(Self {
            handled,
            _handler: PhantomData,
        })
    }

    unsafe extern "C" fn hard(_: c_int, cookie: *mut c_void) -> bindings::irqreturn_t {
        // SAFETY: C calls this with what `new` gave it.
        let (handler, device) = unsafe { Node::<H>::from_cookie(cookie) };
        handler.handle(device).into_c()
    }

    unsafe extern "C" fn thread(_: c_int, cookie: *mut c_void) -> bindings::irqreturn_t {
        // SAFETY: C calls this with what `new` gave it.
        let (handler, device) = unsafe { Node::<H>::from_cookie(cookie) };
        handler.handle_threaded(device).into_c()
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> Line<'bound> {
        self.handled.line
    }

    /// Waits until no call is under way, of either part, that was when this was called. Sleeps;
    /// process context only, and not the handler.
    pub fn synchronize(&self) {
        self.handled.synchronize();
    }
}
