// SPDX-License-Identifier: GPL-2.0-only

//! C's timer, and what keeps its callback from waiting for itself.

use core::ffi::c_void;
use core::pin::Pin;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure, pinned_drop};

use crate::error::Result;
use crate::error::code::EBUSY;
use crate::types::Opaque;

/// What C calls.
pub(crate) type Function =
    unsafe extern "C" fn(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart;

/// C's timer. Its address is that of C's `struct hrtimer`.
///
/// Dropping it cancels it, and waits for its callback.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct RawTimer {
    #[pin]
    timer: Opaque<bindings::hrtimer>,
    /// While the callback runs: the task that runs it, or that it has interrupted. Only code that
    /// the callback has called, or that has interrupted it, sees itself here.
    runner: AtomicPtr<c_void>,
}

// SAFETY: C's functions may be called on any CPU.
unsafe impl Send for RawTimer {}
// SAFETY: C has its own locking.
unsafe impl Sync for RawTimer {}

/// A cancel from inside of the callback.
pub(crate) struct Inside;

impl RawTimer {
    /// An initialiser for an idle timer.
    ///
    /// # Safety
    ///
    /// Whenever the timer is started, `function` may be called with it, through [`Self::fire`].
    pub(crate) unsafe fn new(function: Function, clock: i32, mode: u32) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            timer <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::hrtimer>| {
                    bindings::ferrite_hrtimer_init(slot.cast(), Some(function), clock, mode);
                    Ok::<(), core::convert::Infallible>(())
                })
            },
            runner: AtomicPtr::new(ptr::null_mut()),
        })
    }

    /// C's timer.
    fn c(this: *const Self) -> *mut bindings::hrtimer {
        this.cast_mut().cast()
    }

    /// # Safety
    ///
    /// `this` is an initialised timer, which stays until it is cancelled.
    pub(crate) unsafe fn start(this: *const Self, expires: i64, mode: u32) {
        // SAFETY: the caller promises it.
        unsafe { bindings::ferrite_hrtimer_start(Self::c(this), &raw const expires, mode) };
    }

    /// Cancels and waits. Returns whether it was started.
    ///
    /// # Safety
    ///
    /// `this` is an initialised timer.
    pub(crate) unsafe fn cancel(this: *const Self) -> Result<bool, Inside> {
        // SAFETY: the caller promises it.
        if unsafe { Self::is_inside(this) } {
            return Err(Inside);
        }
        // SAFETY: the caller promises that the timer is initialised. Its callback does not wait
        // for this call: it runs on another CPU, if at all.
        Ok(unsafe { bindings::ferrite_hrtimer_cancel(Self::c(this)) } != 0)
    }

    /// Cancels unless the callback runs. Returns whether it was started.
    ///
    /// # Safety
    ///
    /// `this` is an initialised timer.
    pub(crate) unsafe fn try_cancel(this: *const Self) -> Result<bool> {
        // SAFETY: the caller promises that the timer is initialised.
        match unsafe { bindings::ferrite_hrtimer_try_cancel(Self::c(this)) } {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(EBUSY),
        }
    }

    /// Whether this is called from the callback, or from what has interrupted it.
    ///
    /// A task that the callback has interrupted runs nowhere else, so if the callback's task is the
    /// caller's, the callback will not go on before the caller returns.
    ///
    /// # Safety
    ///
    /// `this` is an initialised timer.
    unsafe fn is_inside(this: *const Self) -> bool {
        // SAFETY: asking for the task has no requirements.
        let me = unsafe { bindings::ferrite_hrtimer_current() };
        // SAFETY: the caller promises that the timer is initialised.
        unsafe { &(*this).runner }.load(Ordering::Relaxed) == me
    }

    pub(crate) fn expires(&self) -> i64 {
        // SAFETY: the timer is initialised.
        unsafe { bindings::ferrite_hrtimer_expires(self.timer.get()) }
    }

    pub(crate) fn is_active(&self) -> bool {
        // SAFETY: the timer is initialised.
        unsafe { bindings::ferrite_hrtimer_active(self.timer.get()) }
    }

    /// The body of C's callback. `run` gets when the timer expired; what it returns is when it
    /// shall expire next, in the terms of the timer's clock, if at all.
    ///
    /// The timer is restarted by starting it, not by what is returned to C: C would read the new
    /// expiry without a lock, while another CPU may be starting the timer too.
    ///
    /// # Safety
    ///
    /// - Called by C with the timer, from its callback.
    /// - The timer is there until this has returned.
    /// - If `run` wants a restart, the timer may be started then.
    pub(crate) unsafe fn fire(
        timer: *mut bindings::hrtimer,
        mode: u32,
        run: impl FnOnce(i64) -> Option<i64>,
    ) -> bindings::hrtimer_restart {
        let this: *const Self = timer.cast_const().cast();
        // SAFETY: the caller promises that the timer is there.
        let runner = unsafe { &(*this).runner };
        // SAFETY: asking for the task has no requirements.
        runner.store(
            unsafe { bindings::ferrite_hrtimer_current() },
            Ordering::Relaxed,
        );
        // SAFETY: the caller promises that the timer is there.
        let next = run(unsafe { bindings::ferrite_hrtimer_expires(timer) });
        runner.store(ptr::null_mut(), Ordering::Relaxed);
        if let Some(expires) = next {
            let mode = mode & !bindings::HRTIMER_MODE_REL;
            // SAFETY: the caller promises that it may be started.
            unsafe { bindings::ferrite_hrtimer_restart(timer, &raw const expires, mode) };
        }
        bindings::HRTIMER_NORESTART
    }
}

#[pinned_drop]
impl PinnedDrop for RawTimer {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: the timer is initialised.
        let cancelled = unsafe { Self::cancel(&raw const *self) };
        crate::warn_on!(cancelled.is_err());
    }
}
