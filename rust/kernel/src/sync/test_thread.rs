// SPDX-License-Identifier: GPL-2.0-only

//! Threads for the tests of this module and others.

use core::ffi::{c_uint, c_void};
use core::ptr::NonNull;

use crate::error::{Result, code::ENOMEM};

/// Lets others run, if they want to.
pub(crate) fn resched() {
    // SAFETY: tests call this in process context.
    unsafe { bindings::ferrite_test_thread_resched() };
}

/// Sleeps.
pub(crate) fn sleep_ms(ms: u32) {
    // SAFETY: tests call this in process context.
    unsafe { bindings::ferrite_test_thread_msleep(ms) };
}

/// Spins; at most a millisecond.
pub(crate) fn spin_us(us: u32) {
    // SAFETY: it may be called anywhere.
    unsafe { bindings::ferrite_test_thread_udelay(us) };
}

/// Waits until `condition` holds; ten seconds at the most. Says whether it does.
pub(crate) fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    for _ in 0..10_000 {
        if condition() {
            return true;
        }
        sleep_ms(1);
    }
    condition()
}

/// A thread that runs.
pub(crate) struct Thread(NonNull<bindings::ferrite_test_thread>);

impl Thread {
    /// Whether it sleeps.
    pub(crate) fn sleeps(&self) -> bool {
        // SAFETY: the thread is there until it is joined.
        unsafe { bindings::ferrite_test_thread_sleeps(self.0.as_ptr()) }
    }

    /// Sends it a signal that does not kill.
    pub(crate) fn signal(&self) {
        // SAFETY: the thread is there until it is joined.
        unsafe { bindings::ferrite_test_thread_signal(self.0.as_ptr()) };
    }

    /// Sends it the signal that kills. A thread of the kernel's goes on nevertheless, if it can.
    pub(crate) fn kill(&self) {
        // SAFETY: the thread is there until it is joined.
        unsafe { bindings::ferrite_test_thread_kill(self.0.as_ptr()) };
    }
}

/// Joins the thread when it is dropped, in any case: what the thread borrows is there until then.
struct Joined(Thread);

impl Drop for Joined {
    fn drop(&mut self) {
        // SAFETY: it is joined once.
        unsafe { bindings::ferrite_test_thread_join(self.0.0.as_ptr()) };
    }
}

/// # Safety
///
/// `data` is an `F` that is there until the thread is joined.
unsafe extern "C" fn call<F: Fn(usize) + Sync>(data: *mut c_void, index: c_uint) {
    // SAFETY: the caller promises that it is there; `Sync` lets every thread use it.
    let work = unsafe { &*data.cast::<F>() };
    work(index as usize);
}

fn start<F: Fn(usize) + Sync>(work: &F, index: usize) -> Result<Joined> {
    let data: *const F = work;
    // SAFETY: whoever calls this joins the thread before `work` ends.
    let thread = unsafe {
        bindings::ferrite_test_thread_start(
            Some(call::<F>),
            data.cast_mut().cast(),
            index as c_uint,
        )
    };
    Ok(Joined(Thread(NonNull::new(thread).ok_or(ENOMEM)?)))
}

/// Runs `work(0)`, `work(1)`, … on `N` threads, on two CPUs if there are two, and `beside` on this
/// one; returns when all of them have returned.
pub(crate) fn with_threads<const N: usize, F: Fn(usize) + Sync, R>(
    work: F,
    beside: impl FnOnce([&Thread; N]) -> R,
) -> Result<R> {
    let mut threads: [Option<Joined>; N] = [const { None }; N];
    for (index, slot) in threads.iter_mut().enumerate() {
        *slot = Some(start(&work, index)?);
    }
    let mut all = threads.iter().flatten().map(|joined| &joined.0);
    let all = core::array::from_fn(|_| all.next().unwrap_or_else(|| unreachable!()));
    let result = beside(all);
    drop(threads);
    Ok(result)
}

/// As [`with_threads`], with nothing beside.
pub(crate) fn on_threads<const N: usize>(work: impl Fn(usize) + Sync) -> Result {
    with_threads::<N, _, _>(work, |_| ())
}
