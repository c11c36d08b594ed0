// SPDX-License-Identifier: GPL-2.0-only

//! Kernel threads.
//!
//! C header: `include/linux/kthread.h`. What the functions do: `kernel/kthread.c`.
//!
//! A thread runs a closure, and is stopped by its [`JoinHandle`], at the latest when that is
//! dropped: the closure has to look at [`Current::should_stop`], or the stop waits for ever.
//!
//! Everything here may sleep, and needs process context.
//!
//! Consumers: `samples/workqueue`; `samples/lease` on CPUs that it is told.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_long, c_void};
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use crate::alloc::KBox;
use crate::alloc::flags::GFP_KERNEL;
use crate::cpumask::{self, Cpumask};
use crate::error::code::EINVAL;
use crate::error::{Result, from_err_ptr, to_result};
use crate::time::Jiffies;
use crate::types::NotThreadSafe;

/// The thread that runs, as its closure sees it. Holding one proves that this is the thread.
pub struct Current(NotThreadSafe);

impl Current {
    /// Whether somebody wants the thread to end.
    #[must_use]
    pub fn should_stop(&self) -> bool {
        // SAFETY: this is a thread of C's making.
        unsafe { bindings::ferrite_kthread_should_stop() }
    }

    /// Sleeps for so many jiffies, or until the thread is woken or stopped. Returns those that were
    /// left.
    pub fn sleep(&self, jiffies: Jiffies) -> Jiffies {
        let jiffies = c_long::try_from(jiffies).unwrap_or(c_long::MAX);
        // SAFETY: this is a thread of C's making, and it may sleep.
        let left = unsafe { bindings::ferrite_kthread_sleep(jiffies) };
        Jiffies::try_from(left).unwrap_or(0)
    }
}

/// What the handle knows of what it shares with the thread.
#[repr(C)]
struct Shared<R> {
    result: UnsafeCell<Option<R>>,
    /// Frees all of it.
    free: unsafe fn(NonNull<Shared<R>>),
}

/// What the thread and its handle share.
#[repr(C)]
struct Whole<F, R> {
    shared: Shared<R>,
    function: UnsafeCell<Option<F>>,
}

/// # Safety
///
/// `shared` is the beginning of a boxed [`Whole<F, R>`](Whole), which nobody uses any more.
unsafe fn free<F, R>(shared: NonNull<Shared<R>>) {
    // SAFETY: the caller promises it.
    drop(unsafe { KBox::<Whole<F, R>>::from_raw(shared.as_ptr().cast()) });
}

/// Builds threads.
///
/// # Examples
///
/// ```
/// use kernel::kthread::Builder;
/// use kernel::prelude::*;
/// use kernel::time::msecs_to_jiffies;
///
/// let thread = Builder::new(c"counter").spawn(|current| {
///     let mut rounds = 0_u32;
///     while !current.should_stop() {
///         rounds = rounds.wrapping_add(1);
///         current.sleep(msecs_to_jiffies(60_000));
///     }
///     rounds
/// })?;
/// thread.wake();
/// // A thread that never got to run has no result, and one that came late has made no round.
/// assert!(thread.stop().is_none_or(|rounds| rounds < 100));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Builder<'a> {
    name: &'a CStr,
    cpu: Option<u32>,
    cpus: Option<&'a Cpumask>,
}

impl<'a> Builder<'a> {
    /// A thread of this name; `ps` shows the first 15 bytes.
    #[must_use]
    pub const fn new(name: &'a CStr) -> Self {
        Self {
            name,
            cpu: None,
            cpus: None,
        }
    }

    /// It runs on this CPU only; on any, if there is no such CPU.
    #[must_use]
    pub const fn on_cpu(mut self, cpu: u32) -> Self {
        self.cpu = Some(cpu);
        self.cpus = None;
        self
    }

    /// It runs on these CPUs only, as long as one of them is online.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::cpumask::CpumaskVar;
    /// use kernel::kthread::Builder;
    /// use kernel::prelude::*;
    ///
    /// let mut mask = CpumaskVar::new(GFP_KERNEL)?;
    /// let thread = Builder::new(c"nowhere").on_cpus(&mask).spawn(|_| ());
    /// assert_eq!(thread.err(), Some(EINVAL));
    /// mask.set(0)?;
    /// let thread = Builder::new(c"first").on_cpus(&mask).spawn(|_| kernel::cpu::current())?;
    /// assert!(thread.stop().is_none_or(|cpu| cpu == 0));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn on_cpus(mut self, cpus: &'a Cpumask) -> Self {
        self.cpu = None;
        self.cpus = Some(cpus);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: none of the CPUs that [`Self::on_cpus`] names is online.
    /// - `ENOMEM`.
    /// - `EINTR`: this task is being killed.
    pub fn spawn<F, R>(self, function: F) -> Result<JoinHandle<R>>
    where
        F: FnOnce(&Current) -> R + Send + 'static,
        R: Send + 'static,
    {
        if self
            .cpus
            .is_some_and(|cpus| !cpus.intersects(cpumask::online()))
        {
            return Err(EINVAL);
        }
        let shared = Shared {
            result: UnsafeCell::new(None),
            free: free::<F, R>,
        };
        let function = UnsafeCell::new(Some(function));
        let whole = KBox::new(Whole { shared, function }, GFP_KERNEL)?;
        let cpu = self.cpu.filter(|cpu| cpumask::possible().test(*cpu));
        let cpu = cpu.and_then(|cpu| c_int::try_from(cpu).ok()).unwrap_or(-1);
        let data: *const Whole<F, R> = &raw const *whole;
        // SAFETY:
        // - the name is terminated, and copied;
        // - the shared data are there until the handle has stopped the thread.
        let task = from_err_ptr(unsafe {
            bindings::ferrite_kthread_create(
                Some(main::<F, R>),
                data.cast_mut().cast(),
                self.name.as_ptr(),
                cpu,
            )
        })?;
        if let Some(cpus) = self.cpus {
            // SAFETY: the task is fresh, and was never woken; the mask is valid.
            let bound = unsafe { bindings::ferrite_kthread_affine(task, cpus.as_ptr()) };
            if let Err(error) = to_result(bound) {
                // SAFETY: the reference is ours, and given up here. A thread that was not woken ends
                // without using the shared data.
                unsafe { bindings::ferrite_kthread_stop(task) };
                return Err(error);
            }
        }
        // SAFETY: the task is fresh, and the reference is ours.
        unsafe { bindings::ferrite_kthread_wake(task) };
        // INVARIANT: the thread uses the whole, and the reference to the task is the handle's.
        Ok(JoinHandle {
            // SAFETY: it is not null: that was no error.
            task: unsafe { NonNull::new_unchecked(task) },
            // SAFETY: a box's pointer is not null; the whole begins with what is shared.
            shared: unsafe { NonNull::new_unchecked(whole.into_raw().cast()) },
        })
    }
}

/// The thread.
///
/// # Safety
///
/// Called by C in a thread, with shared data that the thread alone uses until it has ended.
unsafe extern "C" fn main<F, R>(data: *mut c_void) -> c_int
where
    F: FnOnce(&Current) -> R,
{
    let whole = data.cast::<Whole<F, R>>();
    // SAFETY: the caller promises that nobody else uses it now.
    if let Some(function) = unsafe { (*(*whole).function.get()).take() } {
        let result = function(&Current(NotThreadSafe::new()));
        // SAFETY: as above.
        unsafe { *(*whole).shared.result.get() = Some(result) };
    }
    0
}

/// Stops a thread, and tells what it has returned. Dropping it stops the thread too. May sleep.
///
/// If it is forgotten, the thread runs for ever, and what its closure owns lives for ever.
///
/// # Invariants
///
/// A reference to the task is the handle's. `shared` is the beginning of a boxed `Whole`, which the
/// thread uses until it has been stopped.
pub struct JoinHandle<R> {
    task: NonNull<bindings::task_struct>,
    shared: NonNull<Shared<R>>,
}

// SAFETY: a thread may be woken and stopped by any other; its closure and what that returns may be
// sent there.
unsafe impl<R: Send> Send for JoinHandle<R> {}
// SAFETY: a shared handle only wakes.
unsafe impl<R: Send> Sync for JoinHandle<R> {}

impl<R> JoinHandle<R> {
    /// Wakes the thread if it [sleeps](Current::sleep). Any context but NMI.
    pub fn wake(&self) {
        // SAFETY: the task is there: the handle has a reference.
        unsafe { bindings::ferrite_kthread_wake(self.task.as_ptr()) };
    }

    /// Asks the thread to stop, wakes it, and waits until it has ended. Returns what the closure has
    /// returned; nothing if the thread was stopped before it began. May sleep.
    ///
    /// A thread that stops itself would wait for ever: it is warned instead, and goes on, and the
    /// handle is forgotten.
    #[must_use = "drop the handle if the result does not matter"]
    pub fn stop(self) -> Option<R> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the handle is not used again.
        unsafe { this.end() }
    }

    /// # Safety
    ///
    /// The handle is not used again.
    unsafe fn end(&self) -> Option<R> {
        // SAFETY: asking for the task has no requirements.
        let me = unsafe { bindings::ferrite_hrtimer_current() };
        if crate::warn_on!(me == self.task.as_ptr().cast()) {
            return None;
        }
        // SAFETY: the reference is the handle's, and given up here. C waits for the thread.
        unsafe { bindings::ferrite_kthread_stop(self.task.as_ptr()) };
        // SAFETY: the thread has ended, so what was shared is ours alone.
        let (result, free) = unsafe {
            let shared = self.shared.as_ptr();
            ((*(*shared).result.get()).take(), (*shared).free)
        };
        // SAFETY: it is the function for this whole, which nobody uses any more.
        unsafe { free(self.shared) };
        result
    }
}

impl<R> Drop for JoinHandle<R> {
    fn drop(&mut self) {
        // SAFETY: this is the end of the handle.
        drop(unsafe { self.end() });
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use core::sync::atomic::{AtomicU32, Ordering};

    use super::{Builder, Current};
    use crate::alloc::KBox;
    use crate::alloc::flags::GFP_KERNEL;
    use crate::cpu;
    use crate::cpumask::{self, CpumaskVar};
    use crate::error::Result;
    use crate::ktest::{each_allocation_fails, kernel_test};
    use crate::sync::test_thread::wait_until;
    use crate::sync::{Arc, Completion};
    use crate::time::jiffies::msecs_to_jiffies;

    fn until_stopped(current: &Current, rounds: &AtomicU32) -> u32 {
        while !current.should_stop() {
            rounds.fetch_add(1, Ordering::Relaxed);
            current.sleep(msecs_to_jiffies(3_600_000));
        }
        rounds.load(Ordering::Relaxed)
    }

    #[kernel_test]
    fn a_thread_runs_until_it_is_stopped() -> Result {
        let rounds = Arc::new(AtomicU32::new(0), GFP_KERNEL)?;
        let theirs = rounds.clone();
        let thread = Builder::new(c"ferrite/rounds").spawn(move |me| until_stopped(me, &theirs))?;
        assert!(wait_until(|| rounds.load(Ordering::Relaxed) == 1));
        // It sleeps now, or is about to: sooner or later a wakeup gets it round.
        assert!(wait_until(|| {
            thread.wake();
            rounds.load(Ordering::Relaxed) >= 3
        }));
        assert!(thread.stop() >= Some(3));
        Ok(())
    }

    #[kernel_test]
    fn a_thread_that_has_ended_is_stopped_all_the_same() -> Result {
        let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
        let theirs = done.clone();
        let thread = Builder::new(c"ferrite/short").on_cpu(0).spawn(move |_| {
            theirs.complete();
            7
        })?;
        done.wait_for_completion();
        assert_eq!(thread.stop(), Some(7));
        Ok(())
    }

    #[kernel_test]
    fn a_thread_stays_on_its_cpus() -> Result {
        let last = cpumask::online().iter().last();
        let mut mask = CpumaskVar::new(GFP_KERNEL)?;
        mask.set(last.unwrap_or(0))?;
        let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
        let theirs = done.clone();
        let thread = Builder::new(c"ferrite/cpus")
            .on_cpu(0)
            .on_cpus(&mask)
            .spawn(move |me| {
                let first = cpu::current();
                me.sleep(2);
                theirs.complete();
                (first, cpu::current())
            })?;
        done.wait_for_completion();
        let cpu = last.unwrap_or(0);
        assert_eq!(thread.stop(), Some((cpu, cpu)));
        each_allocation_fails(|| Builder::new(c"ferrite/cpus").on_cpus(&mask).spawn(|_| ()))
    }

    #[kernel_test]
    fn a_thread_gives_back_what_it_owns() -> Result {
        // Stopped at once, it may never have begun: what the closure owns is dropped either way.
        for _ in 0..20 {
            let owned = KBox::new(5, GFP_KERNEL)?;
            let thread = Builder::new(c"ferrite/owner")
                .on_cpu(u32::MAX)
                .spawn(move |_| owned)?;
            if let Some(owned) = thread.stop() {
                assert_eq!(*owned, 5);
            }
        }
        let owned = KBox::new(5, GFP_KERNEL)?;
        drop(Builder::new(c"ferrite/owner").spawn(move |_| *owned)?);
        Ok(())
    }

    #[kernel_test]
    fn a_thread_needs_memory() -> Result {
        each_allocation_fails(|| Builder::new(c"ferrite/memory").spawn(|_| ()))
    }
}
