// SPDX-License-Identifier: GPL-2.0-only

//! A timer for each request.

use core::marker::PhantomData;
use core::pin::Pin;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use pinned_init::{PinInit, pin_data, pin_init, pinned_drop};

use super::{Operations, Request};
use crate::time::ClockSource;
use crate::time::hrtimer::{HrTimerExpires, HrTimerMode, RawTimer};

/// The operations of a block driver that gives requests to timers.
pub trait TimerOperations: Operations {
    /// How the timers are started, and where [`Self::timer_expired`] runs.
    type TimerMode: HrTimerMode;

    /// The timer in the data of a request.
    fn timer(data: &Self::RequestData) -> &RequestTimer<Self>;

    /// Gets a request back when its timer has expired: in a hard interrupt, or with a soft mode in a
    /// soft interrupt. Must not sleep. The request is ended, completed, or given to a timer again.
    fn timer_expired(request: Request<Self>);
}

/// A timer that owns a request until it expires.
///
/// It is a field of the driver's [`RequestData`](Operations::RequestData):
/// `timer <- RequestTimer::new()`. [`Request::start_timer`] gives the request to it, and
/// [`TimerOperations::timer_expired`] gets the request. Dropping it waits for the callback.
///
/// # Invariants
///
/// A pointer that is not null is a started request, which belongs to the timer.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct RequestTimer<T: TimerOperations> {
    #[pin]
    timer: RawTimer,
    request: AtomicPtr<bindings::request>,
    _driver: PhantomData<fn(T)>,
}

/// The clock of a driver's timers.
type Clock<T> = <<T as TimerOperations>::TimerMode as HrTimerMode>::Clock;

impl<T: TimerOperations> RequestTimer<T> {
    /// C's mode.
    const MODE: u32 = <T::TimerMode as HrTimerMode>::C_MODE;

    /// An initialiser for an idle timer.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the callback takes a timer that is the first field of a `RequestTimer<T>`, which
            // this one is.
            timer <- unsafe {
                RawTimer::new(Self::expired, <Clock<T> as ClockSource>::ID, Self::MODE)
            },
            request: AtomicPtr::new(ptr::null_mut()),
            _driver: PhantomData,
        })
    }

    /// Takes the request back, unless the timer is idle or its callback has begun. Any context.
    #[must_use = "dropping a request ends it with an error"]
    pub fn take(&self) -> Option<Request<T>> {
        // SAFETY: the timer is initialised.
        match unsafe { RawTimer::try_cancel(&raw const self.timer) } {
            Ok(true) => self.taken(),
            _ => None,
        }
    }

    fn taken(&self) -> Option<Request<T>> {
        let request = self.request.swap(ptr::null_mut(), Ordering::AcqRel);
        if request.is_null() {
            return None;
        }
        // SAFETY: by the invariant it is a started request, and the timer has just let go of it.
        Some(unsafe { Request::from_raw(request) })
    }

    unsafe extern "C" fn expired(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        let this: *const Self = timer.cast_const().cast();
        let run = |_| {
            // SAFETY: the data of a request are there at least until the timer is dropped, which
            // waits for this callback.
            if let Some(request) = unsafe { &*this }.taken() {
                T::timer_expired(request);
            }
            None
        };
        // SAFETY: as above; and the timer is not restarted.
        unsafe { RawTimer::fire(timer, Self::MODE, run) }
    }
}

#[pinned_drop]
impl<T: TimerOperations> PinnedDrop for RequestTimer<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: the timer is initialised.
        let cancelled = unsafe { RawTimer::cancel(&raw const self.timer) };
        crate::warn_on!(cancelled.is_err());
        // Ends it with an error, and warns.
        drop(self.taken());
    }
}

impl<T: TimerOperations> Request<T> {
    /// Gives the request to the timer in its data: [`TimerOperations::timer_expired`] gets it at
    /// `expires`. Any context but NMI, that callback included.
    ///
    /// # Errors
    ///
    /// The request, if the timer already owns one. That takes a
    /// [`timer`](TimerOperations::timer) which returns another request's.
    pub fn start_timer(self, expires: <T::TimerMode as HrTimerMode>::Expires) -> Result<(), Self> {
        let timer: *const RequestTimer<T> = T::timer(self.data());
        let request = self.into_raw();
        // SAFETY: the reference that the driver returned is valid for as long as the data are, and
        // those are there while the request is ours.
        let owned = unsafe { &(*timer).request };
        // INVARIANT: the request is started and was ours; now it is the timer's.
        let given = owned.compare_exchange(
            ptr::null_mut(),
            request,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if given.is_err() {
            // SAFETY: the request is still ours.
            return Err(unsafe { Self::from_raw(request) });
        }
        // SAFETY: the timer is initialised, and stays until it is dropped, which cancels it. The
        // request, and the timer with it, may be gone when this returns: C does not touch a timer
        // after it has let it expire.
        unsafe {
            RawTimer::start(
                &raw const (*timer).timer,
                expires.as_nanos(),
                RequestTimer::<T>::MODE,
            );
        }
        Ok(())
    }
}
