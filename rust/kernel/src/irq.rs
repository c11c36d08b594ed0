// SPDX-License-Identifier: GPL-2.0-only

//! Interrupts: what is called when a device wants attention.
//!
//! C header: `include/linux/interrupt.h`. What the functions do: `kernel/irq/manage.c`,
//! `kernel/irq/handle.c`.
//!
//! A bus gives a [`Line`] of a device that is bound, such as
//! [`pci::Vectors::line`](crate::pci::Vectors::line). A driver implements [`Handler`], or
//! [`ThreadedHandler`] for what has to sleep, and keeps a [`Registration`] or a
//! [`ThreadedRegistration`].
//!
//! # How long a handler is called
//!
//! Until its registration is dropped. One that is never dropped ends with the binding, after the
//! driver's data have been dropped and before anything that is managed for the device goes. So a
//! handler may rely on the device being bound, which is why it gets the device as such; and it is
//! `'static`, because it may outlive the registration that was forgotten, and whatever that borrowed.
//! What it shares with the rest of the driver it has by [`Arc`](crate::sync::Arc); the device's
//! memory is best kept in a [`Devres`](crate::devres::Devres), which a bound device opens without a
//! lock.
//!
//! Consumers: `samples/edu`, `samples/ring`.

#[cfg(feature = "ktest")]
mod tests;
mod threaded;

pub use threaded::{ThreadedHandler, ThreadedIrqReturn, ThreadedRegistration};

use core::ffi::{CStr, c_int, c_uint, c_ulong, c_void};
use core::marker::PhantomData;
use core::ptr::NonNull;

use pinned_init::{PinInit, pin_data, try_pin_init};

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::device::{Bound, Device};
use crate::error::{Error, Result, to_result};

/// What a handler says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IrqReturn {
    /// The device did not want anything: on a line that is shared, somebody else did. A line on which
    /// nobody ever wants anything is switched off by the kernel.
    None,
    /// It was this device, and it is served.
    Handled,
}

impl IrqReturn {
    pub(crate) const fn into_c(self) -> bindings::irqreturn_t {
        match self {
            Self::None => bindings::FERRITE_IRQ_NONE as bindings::irqreturn_t,
            Self::Handled => bindings::FERRITE_IRQ_HANDLED as bindings::irqreturn_t,
        }
    }
}

/// How a line is to be used. They are combined with `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(c_ulong);

impl Flags {
    /// As the line is set up, for this device alone.
    pub const NONE: Self = Self(0);
    /// Other devices may have the line, too, if all of them say so.
    pub const SHARED: Self = Self(bindings::FERRITE_IRQF_SHARED as c_ulong);
    /// The line stays masked until the thread is done.
    pub const ONESHOT: Self = Self(bindings::FERRITE_IRQF_ONESHOT as c_ulong);
    /// It comes when the line goes up.
    pub const TRIGGER_RISING: Self = Self(bindings::FERRITE_IRQF_TRIGGER_RISING as c_ulong);
    /// It comes when the line goes down.
    pub const TRIGGER_FALLING: Self = Self(bindings::FERRITE_IRQF_TRIGGER_FALLING as c_ulong);
    /// It comes while the line is up.
    pub const TRIGGER_HIGH: Self = Self(bindings::FERRITE_IRQF_TRIGGER_HIGH as c_ulong);
    /// It comes while the line is down.
    pub const TRIGGER_LOW: Self = Self(bindings::FERRITE_IRQF_TRIGGER_LOW as c_ulong);
    /// It comes even while the machine is being suspended.
    pub const NO_SUSPEND: Self = Self(bindings::FERRITE_IRQF_NO_SUSPEND as c_ulong);
    /// Its handler runs in hard interrupt context even if the kernel was told to put all into
    /// threads (`threadirqs`).
    pub const NO_THREAD: Self = Self(bindings::FERRITE_IRQF_NO_THREAD as c_ulong);
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A line on which a device that is bound sends its interrupts.
///
/// # Invariants
///
/// As long as the device is bound, the number is that of a line of it.
#[derive(Clone, Copy)]
pub struct Line<'bound> {
    device: &'bound Device<Bound>,
    number: c_uint,
}

impl<'bound> Line<'bound> {
    /// # Safety
    ///
    /// The line is the device's as long as the device is bound, and longer than what is managed for
    /// it from now on.
    pub(crate) unsafe fn new(device: &'bound Device<Bound>, number: c_uint) -> Self {
        // INVARIANT: the caller promises it.
        Self { device, number }
    }

    /// The kernel's number for it, as in `/proc/interrupts`.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }
}

/// What is called when an interrupt comes.
///
/// Calls of one registration do not overlap.
pub trait Handler: Send + Sync + 'static {
    /// An interrupt has come. Hard interrupt context: interrupts are off on this CPU, nothing may
    /// sleep.
    fn handle(&self, device: &Device<Bound>) -> IrqReturn;
}

/// A handler, and what it is called with.
#[pin_data]
struct Node<H> {
    device: *const Device<Bound>,
    #[pin]
    handler: H,
}

impl<H: Send + Sync + 'static> Node<H> {
    /// What C gives to a handler.
    ///
    /// # Safety
    ///
    /// C calls the handler with `cookie`, which came from [`Handled::new`] for this type.
    unsafe fn from_cookie<'call>(cookie: *mut c_void) -> (&'call H, &'call Device<Bound>) {
        // SAFETY: the node is there until the line is free, which waits for this call.
        let node = unsafe { &*cookie.cast::<Self>() };
        // SAFETY: that is before the device is not bound any more: the registration ends before, or
        // else `end_all` is called, before anything that is managed for the device goes.
        (&node.handler, unsafe { &*node.device })
    }

    /// After the last call.
    ///
    /// # Safety
    ///
    /// `cookie` came from a box of this type, and nobody uses it any more.
    unsafe extern "C" fn release(cookie: *mut c_void) {
        // SAFETY: the caller promises it. What was pinned is dropped where it is.
        drop(unsafe { KBox::from_raw(cookie.cast::<Self>()) });
    }
}

/// A handler that C calls, of either kind. When this is dropped the handler is called no more.
struct Handled<'bound> {
    line: Line<'bound>,
    cookie: NonNull<c_void>,
}

// SAFETY: a line may be freed on any CPU.
unsafe impl Send for Handled<'_> {}
// SAFETY: a shared one offers to wait, which may be done on any CPU.
unsafe impl Sync for Handled<'_> {}

impl<'bound> Handled<'bound> {
    /// # Safety
    ///
    /// Both functions may be called with a [`Node<H>`] as the cookie.
    unsafe fn new<H: Send + Sync + 'static, E>(
        line: Line<'bound>,
        flags: Flags,
        name: &'static CStr,
        handler: impl PinInit<H, E>,
        hard: bindings::irq_handler_t,
        thread: bindings::irq_handler_t,
    ) -> Result<Self>
    where
        Error: From<E>,
    {
        let node = try_pin_init!(Node {
            device: core::ptr::from_ref(line.device),
            handler <- handler,
        }? Error);
        let node = KBox::pin_init::<Error>(node, GFP_KERNEL)?;
        // SAFETY: what is pinned is not moved: it is dropped where it is.
        let cookie = unsafe { core::pin::Pin::into_inner_unchecked(node) }.into_raw();
        let cookie = cookie.cast::<c_void>();
        let wanted = bindings::ferrite_irq {
            irq: line.number,
            flags: flags.0,
            handler: hard,
            thread,
            name: name.as_ptr(),
            cookie,
            release: Some(Node::<H>::release),
        };
        // SAFETY:
        // - the device is bound, and the line is its;
        // - the functions may be called with the cookie, by the caller's promise, from now on until
        //   the line is free; `release` is called then, which is what the box is for;
        // - the name is static, and the line is free before the module goes.
        let requested = to_result(unsafe {
            bindings::ferrite_irq_request(line.device.as_raw(), &raw const wanted)
        });
        if let Err(error) = requested {
            // SAFETY: C has not taken it.
            unsafe { Node::<H>::release(cookie) };
            return Err(error);
        }
        // SAFETY: a box is not null.
        let cookie = unsafe { NonNull::new_unchecked(cookie) };
        Ok(Self { line, cookie })
    }

    fn synchronize(&self) {
        // SAFETY: the line is there: a handler has it.
        unsafe { bindings::synchronize_irq(self.line.number) };
    }
}

impl Drop for Handled<'_> {
    fn drop(&mut self) {
        // SAFETY: the device is bound, and so this has not ended; it waits for calls under way.
        unsafe { bindings::ferrite_irq_end(self.line.device.as_raw(), self.cookie.as_ptr()) };
    }
}

/// Ends what was forgotten: the driver's data have been dropped, or have not come to be.
///
/// Handlers that run may not register others: they have no line.
///
/// # Safety
///
/// The driver core calls the driver to unbind it, or to bind it, in vain.
pub(crate) unsafe fn end_all(device: &Device<Bound>) {
    // SAFETY: the device is there, and what is on its list for this came from here.
    unsafe { bindings::ferrite_irq_end_all(device.as_raw()) };
}

/// A [`Handler`] that is called for a line. When this is dropped it is called no more: that waits
/// for a call under way, and sleeps, so it must not be done by the handler itself.
pub struct Registration<'bound, H: Handler> {
    handled: Handled<'bound>,
    _handler: PhantomData<fn(H)>,
}

impl<'bound, H: Handler> Registration<'bound, H> {
    /// Has a handler called for a line, perhaps before this returns. `name` is what
    /// `/proc/interrupts` shows. May sleep; process context only.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: the line is in use, and not both were for sharing it, in the same way.
    /// - `EINVAL`: there is no such line, or it cannot be used so.
    /// - `ENOMEM`, or what the initialiser says.
    pub fn new<E>(
        line: Line<'bound>,
        flags: Flags,
        name: &'static CStr,
        handler: impl PinInit<H, E>,
    ) -> Result<Self>
    where
        Error: From<E>,
    {
        // SAFETY: `call` is for such nodes; there is no other function.
        let handled =
            unsafe { Handled::new::<H, E>(line, flags, name, handler, Some(Self::call), None) }?;
        Ok(Self {
            handled,
            _handler: PhantomData,
        })
    }

    unsafe extern "C" fn call(_: c_int, cookie: *mut c_void) -> bindings::irqreturn_t {
        // SAFETY: C calls this with what `new` gave it.
        let (handler, device) = unsafe { Node::<H>::from_cookie(cookie) };
        handler.handle(device).into_c()
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> Line<'bound> {
        self.handled.line
    }

    /// Waits until no call is under way that was when this was called. Sleeps; process context only,
    /// and not the handler.
    pub fn synchronize(&self) {
        self.handled.synchronize();
    }
}
