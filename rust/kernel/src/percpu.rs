// SPDX-License-Identifier: GPL-2.0-only

//! A value for each CPU.
//!
//! C header: `include/linux/percpu.h`. Semantics: `mm/percpu.c`.
//!
//! For what every CPU changes often and somebody reads rarely, as counters: each CPU has a copy in
//! memory of its own, so that they do not wait for one another.
//!
//! Making one sleeps if its flags let it; looking is for any context.
//!
//! Consumer: `samples/pages`, which counts faults.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::alloc::{Flags, seam};
use crate::cpumask;
use crate::error::{Result, code::ENOMEM};
use crate::page::PAGE_SIZE;

#[cfg(feature = "ktest")]
mod tests;

/// A value for each CPU that there can be.
///
/// [`Self::get`] lends the copy of the CPU that one is on. A task may be moved to another CPU while it
/// has it, and an interrupt may come in between: hence `T` is `Sync`, of atomics as a rule, and a
/// copy is almost always used by its own CPU, but never only by it.
///
/// ```
/// use kernel::percpu::PerCpu;
/// use kernel::prelude::*;
/// use kernel::sync::atomic::{Atomic, Relaxed};
///
/// let packets = PerCpu::new(|_cpu| Atomic::<u64>::new(0), GFP_KERNEL)?;
/// packets.get().add(3, Relaxed);
/// packets.get().add(4, Relaxed);
/// let total: u64 = packets.iter().map(|(_cpu, count)| count.load(Relaxed)).sum();
/// assert_eq!(total, 7);
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer is what `__alloc_percpu_gfp` has returned, for a `T`; in it is one for each possible
/// CPU.
pub struct PerCpu<T: Send + Sync>(NonNull<c_void>, PhantomData<T>);

// SAFETY: it owns the values.
unsafe impl<T: Send + Sync> Send for PerCpu<T> {}
// SAFETY: a shared one gives shared access to the values.
unsafe impl<T: Send + Sync> Sync for PerCpu<T> {}

impl<T: Send + Sync> PerCpu<T> {
    /// Makes a value for each CPU, with its number.
    ///
    /// Sleeps if `flags` allow it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, also for a type that is larger than the kernel gives to one variable (32 KiB), or
    /// aligned to more than a page.
    pub fn new(mut init: impl FnMut(u32) -> T, flags: Flags) -> Result<Self> {
        // SAFETY: it returns a constant.
        let limit = unsafe { bindings::ferrite_percpu_limit() };
        if size_of::<T>() > limit || align_of::<T>() > PAGE_SIZE {
            return Err(ENOMEM);
        }
        seam::may_fail()?;
        let size = size_of::<T>().max(1);
        // SAFETY: size and alignment are what C takes.
        let memory = unsafe { bindings::ferrite_percpu_alloc(size, align_of::<T>(), flags.0) };
        let memory = NonNull::new(memory).ok_or(ENOMEM)?;
        seam::born();
        for cpu in cpumask::possible().iter() {
            // SAFETY: the memory is large enough for a `T` on each CPU, and nobody else's.
            unsafe {
                let place = bindings::ferrite_percpu_of(memory.as_ptr(), cpu);
                place.cast::<T>().write(init(cpu));
            }
        }
        // INVARIANT: there is a value for each CPU.
        Ok(Self(memory, PhantomData))
    }

    /// The value of the CPU that runs this. In any context.
    #[must_use]
    pub fn get(&self) -> &T {
        // SAFETY: by the invariant there is a value on each CPU; it is only shared.
        unsafe { &*bindings::ferrite_percpu_here(self.0.as_ptr()).cast::<T>() }
    }

    /// The value of one CPU; `None` for one that cannot be.
    ///
    /// ```
    /// use kernel::percpu::PerCpu;
    /// use kernel::prelude::*;
    ///
    /// let numbers = PerCpu::new(|cpu| cpu, GFP_KERNEL)?;
    /// assert_eq!(numbers.get_cpu(0), Some(&0));
    /// assert_eq!(numbers.get_cpu(u32::MAX), None);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn get_cpu(&self, cpu: u32) -> Option<&T> {
        cpumask::possible().test(cpu).then(|| {
            // SAFETY: by the invariant there is a value on each possible CPU; it is only shared.
            unsafe { &*bindings::ferrite_percpu_of(self.0.as_ptr(), cpu).cast::<T>() }
        })
    }

    /// The values of all CPUs, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        cpumask::possible().iter().map(|cpu| {
            // SAFETY: by the invariant there is a value on each possible CPU; it is only shared.
            let value = unsafe { &*bindings::ferrite_percpu_of(self.0.as_ptr(), cpu).cast::<T>() };
            (cpu, value)
        })
    }
}

impl<T: Send + Sync> Drop for PerCpu<T> {
    fn drop(&mut self) {
        for cpu in cpumask::possible().iter() {
            // SAFETY: by the invariant the value is there; it is dropped once.
            unsafe {
                let place = bindings::ferrite_percpu_of(self.0.as_ptr(), cpu);
                place.cast::<T>().drop_in_place();
            }
        }
        seam::died();
        // SAFETY: by the invariant it was allocated there, and is not used again.
        unsafe { bindings::ferrite_percpu_free(self.0.as_ptr()) };
    }
}
