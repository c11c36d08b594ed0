// SPDX-License-Identifier: GPL-2.0-only

//! Timers that count in jiffies: a function is called some ticks later, from a soft interrupt.
//!
//! C header: `include/linux/timer.h`. What the functions do: `kernel/time/timer.c`.
//!
//! For time-outs, which are mostly cancelled before they expire: cheaper than
//! [`hrtimer`](super::hrtimer), and less exact. A timer never expires early; it may be late by a
//! tick, or by an eighth of the whole time if that is long.
//!
//! A struct embeds a [`Timer`], says so with [`impl_has_timer!`](crate::impl_has_timer), and
//! implements [`TimerCallback`]. [`TimerPointer::start`] of an [`Arc`] starts it, and returns the
//! handle that stops it.
//!
//! # Context
//!
//! - The callback runs in a soft interrupt and must not sleep.
//! - Starting, and deleting without waiting, is possible in any context but NMI.
//! - [`TimerHandle::delete_sync`], and dropping a handle, waits for a callback that runs on another
//!   CPU. So it must not be called with a lock held that the callback takes, nor in a hard
//!   interrupt. From inside of the callback it is reported with a warning and does nothing; if it
//!   was the drop of a handle, the memory is never freed.
//!
//! Consumer: `samples/mailbox`, which throws away what nobody fetches.
//!
//! # Examples
//!
//! ```
//! use kernel::impl_has_timer;
//! use kernel::prelude::*;
//! use kernel::sync::{Arc, ArcBorrow, Completion};
//! use kernel::time::Jiffies;
//! use kernel::time::timer::{Timer, TimerCallback, TimerContext, TimerPointer};
//!
//! #[pin_data]
//! struct Watchdog {
//!     #[pin]
//!     barked: Completion,
//!     #[pin]
//!     timer: Timer<Self>,
//! }
//!
//! impl_has_timer! { impl HasTimer for Watchdog { field: self.timer } }
//!
//! impl TimerCallback for Watchdog {
//!     fn run(this: ArcBorrow<'_, Self>, _ctx: TimerContext<'_, Self>) {
//!         this.barked.complete();
//!     }
//! }
//!
//! let dog = Arc::pin_init(
//!     pin_init!(Watchdog { barked <- Completion::new(), timer <- Timer::new() }),
//!     GFP_KERNEL,
//! )?;
//! let handle = dog.clone().start(2 as Jiffies);
//! dog.barked.wait_for_completion();
//! assert!(!handle.delete_sync());
//! # Ok::<(), Error>(())
//! ```

use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure};

use super::jiffies::{self, Jiffies};
use crate::sync::{Arc, ArcBorrow};
use crate::types::{ForeignOwnable, Opaque};

/// How a timer behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// It expires in time, on whichever CPU the kernel thinks best.
    pub const NONE: Self = Self(0);
    /// It does not wake a CPU that sleeps, but expires when that wakes for another reason.
    pub const DEFERRABLE: Self = Self(bindings::FERRITE_TIMER_DEFERRABLE);
    /// It expires on the CPU that has started it.
    pub const PINNED: Self = Self(bindings::FERRITE_TIMER_PINNED);
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A timer, embedded in a `T`.
///
/// It is made in place, with `timer <- Timer::new()`, and is idle until an [`Arc`] of the `T` starts
/// it.
#[pin_data]
#[repr(C)]
pub struct Timer<T> {
    #[pin]
    timer: Opaque<bindings::timer_list>,
    /// While the callback runs: the task that runs it, or that it has interrupted. Only code that
    /// the callback has called, or that has interrupted it, sees itself here.
    runner: AtomicPtr<c_void>,
    _container: PhantomData<fn(T)>,
}

// SAFETY: C's functions may be called on any CPU.
unsafe impl<T> Send for Timer<T> {}
// SAFETY: C has its own locking.
unsafe impl<T> Sync for Timer<T> {}

impl<T> Timer<T> {
    /// An initialiser for an idle timer that will call `T`'s callback.
    pub fn new() -> impl PinInit<Self>
    where
        T: TimerCallback,
    {
        Self::with_flags(Flags::NONE)
    }

    /// As [`Self::new`], for a timer with flags.
    pub fn with_flags(flags: Flags) -> impl PinInit<Self>
    where
        T: TimerCallback,
    {
        pin_init!(Self {
            // SAFETY:
            // - the closure initialises the memory that it is given, and always succeeds;
            // - the timer is inside of a `T`, and is started only through an `Arc` of it, which is
            //   what the callback expects.
            timer <- unsafe {
                pin_init_from_closure(move |slot: *mut Opaque<bindings::timer_list>| {
                    bindings::ferrite_timer_init(
                        slot.cast(),
                        Some(expired::<T>),
                        flags.0,
                        crate::static_lock_class!().as_ptr(),
                    );
                    Ok::<(), core::convert::Infallible>(())
                })
            },
            runner: AtomicPtr::new(ptr::null_mut()),
            _container: PhantomData,
        })
    }

    /// Whether it is started and has not expired yet. Any context. It is about the past: another
    /// CPU may have changed it meanwhile.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        // SAFETY: the timer is initialised.
        unsafe { bindings::ferrite_timer_pending(self.timer.get()) }
    }

    /// When it will expire, or did last. Any context.
    #[must_use]
    pub fn expires(&self) -> Jiffies {
        // SAFETY: the timer is initialised.
        unsafe { bindings::ferrite_timer_expires(self.timer.get()) }
    }

    /// Whether this is called from the callback, or from what has interrupted it.
    fn is_inside(&self) -> bool {
        // SAFETY: asking for the task has no requirements.
        self.runner.load(Ordering::Relaxed) == unsafe { bindings::ferrite_hrtimer_current() }
    }

    /// Whether it was started, if it could be deleted.
    fn delete_sync(&self) -> Option<bool> {
        if crate::warn_on!(self.is_inside()) {
            return None;
        }
        // SAFETY: the timer is initialised, and its callback does not wait for this call.
        Some(unsafe { bindings::ferrite_timer_delete_sync(self.timer.get()) })
    }
}

/// A type that embeds a [`Timer`]. Implemented by [`impl_has_timer!`](crate::impl_has_timer).
///
/// # Safety
///
/// At [`Self::OFFSET`] of every value of the type is a field of type `Timer<Self>`, which
/// `timer` returns.
pub unsafe trait HasTimer: Sized {
    /// Where the timer is.
    const OFFSET: usize;

    /// The timer.
    fn timer(&self) -> &Timer<Self>;
}

/// Says which field of a type is its timer.
///
/// ```
/// use kernel::impl_has_timer;
/// use kernel::prelude::*;
/// use kernel::sync::{Arc, ArcBorrow};
/// use kernel::time::timer::{Flags, HasTimer, Timer, TimerCallback, TimerContext};
///
/// #[pin_data]
/// struct Lazy {
///     #[pin]
///     timer: Timer<Self>,
/// }
///
/// impl_has_timer! { impl HasTimer for Lazy { field: self.timer } }
///
/// impl TimerCallback for Lazy {
///     fn run(_: ArcBorrow<'_, Self>, _: TimerContext<'_, Self>) {}
/// }
///
/// let flags = Flags::DEFERRABLE | Flags::PINNED;
/// let lazy = Arc::pin_init(pin_init!(Lazy { timer <- Timer::with_flags(flags) }), GFP_KERNEL)?;
/// assert!(!lazy.timer().is_pending());
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! impl_has_timer {
    (
        impl $({$($generics:tt)*})? HasTimer for $type:ty { field: self.$field:ident $(,)? }
    ) => {
        // SAFETY: the function does not compile if the field has another type.
        unsafe impl $(<$($generics)*>)? $crate::time::timer::HasTimer for $type {
            const OFFSET: usize = ::core::mem::offset_of!(Self, $field);

            fn timer(&self) -> &$crate::time::timer::Timer<Self> {
                &self.$field
            }
        }
    };
}

/// What a timer inside of a type does when it expires.
pub trait TimerCallback: HasTimer + Send + Sync + 'static {
    /// Is called in a soft interrupt when the timer has expired. Must not sleep. Never runs on two
    /// CPUs at once.
    fn run(this: ArcBorrow<'_, Self>, ctx: TimerContext<'_, Self>);
}

/// Holding one proves that this is the callback.
pub struct TimerContext<'a, T: HasTimer> {
    timer: &'a Timer<T>,
}

impl<T: HasTimer> TimerContext<'_, T> {
    /// Has the callback called again, so many jiffies from now.
    pub fn restart(&mut self, after: Jiffies) {
        self.restart_at(jiffies::now().wrapping_add(after));
    }

    /// Has the callback called again at a time of [`jiffies::now`].
    pub fn restart_at(&mut self, expires: Jiffies) {
        // SAFETY: the timer is initialised. This is the callback, so somebody keeps the value
        // alive who waits for the timer to be deleted.
        unsafe { bindings::ferrite_timer_modify(self.timer.timer.get(), expires) };
    }
}

/// C's callback.
///
/// # Safety
///
/// Called by C with the timer of a `T` that is in an `Arc`.
unsafe extern "C" fn expired<T: TimerCallback>(timer: *mut bindings::timer_list) {
    // SAFETY: C's timer is the first field of a timer of ours, which is at that offset of a `T`.
    let this = unsafe { timer.byte_sub(T::OFFSET) }.cast::<T>();
    // SAFETY: a handle keeps the value alive until it has waited for this callback.
    let borrow = unsafe { <Arc<T> as ForeignOwnable>::borrow(this.cast()) };
    let timer = borrow.get().timer();
    // SAFETY: asking for the task has no requirements.
    let me = unsafe { bindings::ferrite_hrtimer_current() };
    timer.runner.store(me, Ordering::Relaxed);
    T::run(borrow, TimerContext { timer });
    timer.runner.store(ptr::null_mut(), Ordering::Relaxed);
}

/// A pointer that starts the timer inside of what it points to.
pub trait TimerPointer {
    /// What it points to.
    type Target: HasTimer;

    /// Starts the timer: it will expire so many jiffies from now. If it is started already, it
    /// expires then instead. Any context but NMI.
    #[must_use = "the timer is deleted when the handle is dropped"]
    fn start(self, after: Jiffies) -> TimerHandle<Self::Target>;
}

impl<T: TimerCallback> TimerPointer for Arc<T> {
    type Target = T;

    fn start(self, after: Jiffies) -> TimerHandle<T> {
        // INVARIANT: see `drop`.
        let handle = TimerHandle {
            inner: ManuallyDrop::new(self),
        };
        handle.modify(after);
        handle
    }
}

/// Stops a timer, and keeps the value that it is in alive. Dropping it deletes the timer, and waits
/// for its callback.
///
/// # Invariants
///
/// The reference is given up only when the timer has been deleted.
pub struct TimerHandle<T: HasTimer> {
    inner: ManuallyDrop<Arc<T>>,
}

impl<T: HasTimer> TimerHandle<T> {
    /// Has it expire so many jiffies from now: `mod_timer`. Returns whether it was started.
    pub fn modify(&self, after: Jiffies) -> bool {
        let expires = jiffies::now().wrapping_add(after);
        // SAFETY: the timer is initialised, and the handle keeps it until it is deleted.
        unsafe { bindings::ferrite_timer_modify(self.inner.timer().timer.get(), expires) }
    }

    /// As [`Self::modify`], unless it would expire earlier anyway: `timer_reduce`. Returns whether
    /// it was started.
    pub fn reduce(&self, after: Jiffies) -> bool {
        let expires = jiffies::now().wrapping_add(after);
        // SAFETY: the timer is initialised, and the handle keeps it until it is deleted.
        unsafe { bindings::ferrite_timer_reduce(self.inner.timer().timer.get(), expires) }
    }

    /// Deletes the timer, and does not wait for a callback that runs: `timer_delete`. Returns
    /// whether it was started. Any context but NMI.
    pub fn delete(&self) -> bool {
        // SAFETY: the timer is initialised.
        unsafe { bindings::ferrite_timer_delete(self.inner.timer().timer.get()) }
    }

    /// Deletes the timer, and waits for a callback that runs: `timer_delete_sync`. Returns whether it
    /// was started.
    ///
    /// Does not sleep, but spins. Not in a hard interrupt, and not with a lock held that the
    /// callback takes. From inside of the callback it does nothing but warn, and returns false.
    pub fn delete_sync(&self) -> bool {
        self.inner.timer().delete_sync().unwrap_or(false)
    }
}

impl<T: HasTimer> TimerHandle<T> {
    /// As [`Self::delete_sync`]; and the timer is never started again, by whoever tries:
    /// `timer_shutdown_sync`. For the end of what rearms itself in ways that are hard to follow.
    pub fn shutdown_sync(self) -> bool {
        let timer = self.inner.timer();
        // SAFETY: the timer is initialised, and its callback does not wait for this call.
        !crate::warn_on!(timer.is_inside())
            && unsafe { bindings::ferrite_timer_shutdown_sync(timer.timer.get()) }
    }
}

impl<T: HasTimer> Drop for TimerHandle<T> {
    fn drop(&mut self) {
        // Inside of the callback the value is in use, and must stay.
        if self.inner.timer().delete_sync().is_some() {
            // SAFETY: this happens once; the timer does not need the value any more. Who has
            // started it again has a reference of their own.
            unsafe { ManuallyDrop::drop(&mut self.inner) };
        }
    }
}

#[cfg(feature = "ktest")]
mod tests;
