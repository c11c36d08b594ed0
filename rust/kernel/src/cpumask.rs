// SPDX-License-Identifier: GPL-2.0-only

//! Sets of CPUs.
//!
//! C header: `include/linux/cpumask.h`.
//!
//! A [`Cpumask`] is what C calls `struct cpumask`, of which there are [`online`], [`possible`] and
//! [`present`] ones; a [`CpumaskVar`] is one of a driver's own. A CPU is its number, which is checked:
//! what comes from outside may be passed on as it is. Looking at a mask is possible in any context.
//!
//! Used by [`kthread`](crate::kthread), [`percpu`](crate::percpu), [`workqueue`](crate::workqueue), and by
//! `samples/lease`, whose channels are served by the CPUs that a parameter names.

use core::fmt;
use core::ops::{Deref, DerefMut};

use crate::alloc::{Flags, KVec};
use crate::error::Result;
use crate::error::code::EINVAL;
use crate::types::Opaque;

/// A set of CPUs: a bit for each that there can be.
///
/// How large it is the kernel decides when it boots, so that one is only ever referred to.
///
/// # Invariants
///
/// There is a valid `struct cpumask` at its address, of `cpumask_size()` bytes.
#[repr(transparent)]
pub struct Cpumask(Opaque<[usize; 0]>);

// SAFETY: it is bits.
unsafe impl Send for Cpumask {}
// SAFETY: a shared one is only read. C's own masks may be changed meanwhile, by atomic operations on
// words; the functions that read them expect that.
unsafe impl Sync for Cpumask {}

impl Cpumask {
    /// Looks at a mask of C's.
    ///
    /// # Safety
    ///
    /// During `'a`, `mask` is valid, and nobody changes it otherwise than by atomic operations on its
    /// words.
    #[must_use]
    pub const unsafe fn from_raw<'a>(mask: *const bindings::cpumask) -> &'a Self {
        // SAFETY: the caller promises that it is valid; the type has no size of its own.
        unsafe { &*mask.cast::<Self>() }
    }

    /// What C calls it.
    pub(crate) fn as_ptr(&self) -> *const bindings::cpumask {
        self.0.get().cast_const().cast()
    }

    fn as_mut_ptr(&mut self) -> *mut bindings::cpumask {
        self.0.get().cast()
    }

    /// Whether a CPU is in it; not, if there is none of this number.
    #[must_use]
    pub fn test(&self, cpu: u32) -> bool {
        // SAFETY: the mask is valid by the invariant, and has a bit for the CPU, as is checked.
        check(cpu).is_ok() && unsafe { bindings::ferrite_cpumask_test(self.as_ptr(), cpu) }
    }

    /// How many CPUs are in it.
    #[must_use]
    pub fn weight(&self) -> u32 {
        // SAFETY: the mask is valid by the invariant.
        unsafe { bindings::ferrite_cpumask_weight(self.as_ptr()) }
    }

    /// Whether there is no CPU in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.next(0).is_none()
    }

    /// The first CPU in it whose number is `from` or more.
    #[must_use]
    pub fn next(&self, from: u32) -> Option<u32> {
        check(from).ok()?;
        // SAFETY: the mask is valid by the invariant; it is looked at from a bit that it has.
        let cpu = unsafe { bindings::ferrite_cpumask_next(self.as_ptr(), from) };
        check(cpu).ok().map(|()| cpu)
    }

    /// The CPUs in it, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        core::iter::successors(self.next(0), |cpu| self.next(cpu.wrapping_add(1)))
    }

    /// Whether some CPU is in both.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        // SAFETY: both masks are valid by the invariant.
        unsafe { bindings::ferrite_cpumask_intersects(self.as_ptr(), other.as_ptr()) }
    }

    /// Puts a CPU in.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there can be none of this number.
    pub fn set(&mut self, cpu: u32) -> Result {
        check(cpu)?;
        // SAFETY: the mask is valid by the invariant, has a bit for the CPU, and is ours alone.
        unsafe { bindings::ferrite_cpumask_set(self.as_mut_ptr(), cpu) };
        Ok(())
    }

    /// Takes a CPU out.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there can be none of this number.
    pub fn clear(&mut self, cpu: u32) -> Result {
        check(cpu)?;
        // SAFETY: as for `set`.
        unsafe { bindings::ferrite_cpumask_clear(self.as_mut_ptr(), cpu) };
        Ok(())
    }

    /// Has the same CPUs in it as another one from now on.
    pub fn copy_from(&mut self, other: &Self) {
        // SAFETY: both masks are valid by the invariant, and this one is ours alone.
        unsafe { bindings::ferrite_cpumask_copy(self.as_mut_ptr(), other.as_ptr()) };
    }

    /// Takes out what is not in another one, too.
    pub fn and(&mut self, other: &Self) {
        // SAFETY: as for `copy_from`.
        unsafe { bindings::ferrite_cpumask_and(self.as_mut_ptr(), other.as_ptr()) };
    }

    /// Puts in what is in another one.
    pub fn or(&mut self, other: &Self) {
        // SAFETY: as for `copy_from`.
        unsafe { bindings::ferrite_cpumask_or(self.as_mut_ptr(), other.as_ptr()) };
    }
}

/// The numbers, as a set.
impl fmt::Debug for Cpumask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Refuses the number of no CPU.
fn check(cpu: u32) -> Result {
    if cpu < crate::cpu::possible() {
        Ok(())
    } else {
        Err(EINVAL)
    }
}

/// The CPUs that run: `cpu_online_mask`. It changes when one comes or goes.
#[must_use]
pub fn online() -> &'static Cpumask {
    // SAFETY: it is a mask of the kernel's, which is changed atomically.
    unsafe { Cpumask::from_raw(bindings::ferrite_cpumask_online()) }
}

/// The CPUs that are there, and may be made to run: `cpu_present_mask`. It changes when one is plugged in.
#[must_use]
pub fn present() -> &'static Cpumask {
    // SAFETY: as for `online`.
    unsafe { Cpumask::from_raw(bindings::ferrite_cpumask_present()) }
}

/// The CPUs that there can ever be: `cpu_possible_mask`. It does not change after boot.
///
/// [`cpu::possible`](crate::cpu::possible) is one more than the highest of their numbers.
#[must_use]
pub fn possible() -> &'static Cpumask {
    // SAFETY: as for `online`.
    unsafe { Cpumask::from_raw(bindings::ferrite_cpumask_possible()) }
}

/// A [`Cpumask`] of one's own.
///
/// Its memory is allocated on every kernel, also where C has its `cpumask_var_t` on the stack.
///
/// # Invariants
///
/// There are words for `cpumask_size()` bytes.
///
/// # Examples
///
/// ```
/// use kernel::cpumask::{self, CpumaskVar};
/// use kernel::prelude::*;
///
/// let mut mask = CpumaskVar::new(GFP_KERNEL)?;
/// mask.set(0)?;
/// assert!(mask.test(0) && mask.weight() == 1);
/// assert_eq!(mask.set(u32::MAX), Err(EINVAL));
/// mask.copy_from(cpumask::online());
/// for cpu in mask.iter() {
///     assert!(cpumask::possible().test(cpu));
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct CpumaskVar(KVec<usize>);

impl CpumaskVar {
    /// A mask without a CPU in it. Sleeps if `flags` allow it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(flags: Flags) -> Result<Self> {
        // SAFETY: it returns a number that does not change after boot.
        let size = unsafe { bindings::ferrite_cpumask_size() };
        // INVARIANT: as many words as the bytes take.
        KVec::from_elem(0, size.div_ceil(size_of::<usize>()), flags).map(Self)
    }
}

impl Deref for CpumaskVar {
    type Target = Cpumask;

    fn deref(&self) -> &Cpumask {
        // SAFETY: by the invariant there is a mask; it is borrowed.
        unsafe { Cpumask::from_raw(self.0.as_ptr().cast()) }
    }
}

impl DerefMut for CpumaskVar {
    fn deref_mut(&mut self) -> &mut Cpumask {
        // SAFETY: as above; nobody else has it.
        unsafe { &mut *self.0.as_mut_ptr().cast::<Cpumask>() }
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::{Cpumask, CpumaskVar, online, possible, present};
    use crate::cpu;
    use crate::ktest::each_allocation_fails;
    use crate::prelude::*;

    #[kernel_test(context = [process, softirq, hardirq])]
    fn the_kernel_has_masks_of_its_own() {
        assert!(online().test(0) && present().test(0) && possible().test(0));
        assert!((1..=present().weight()).contains(&online().weight()));
        assert!(present().weight() <= possible().weight());
        assert!(possible().weight() <= cpu::possible());
        assert_eq!(possible().iter().last(), cpu::possible().checked_sub(1));
        assert!(online().test(cpu::current()));
        assert!(online().intersects(possible()));
    }

    #[kernel_test]
    fn a_mask_holds_what_was_put_in() -> Result {
        let mut mask = CpumaskVar::new(GFP_KERNEL)?;
        assert!(mask.is_empty() && mask.iter().next().is_none());
        assert!(!mask.intersects(possible()));
        let last = cpu::possible().saturating_sub(1);
        mask.set(last)?;
        mask.set(last)?;
        assert_eq!(mask.weight(), 1);
        assert_eq!(mask.next(0), Some(last));
        assert_eq!(mask.next(last.saturating_add(1)), None);
        assert!(mask.intersects(possible()));
        let mut other = CpumaskVar::new(GFP_KERNEL)?;
        let first: &mut Cpumask = &mut other;
        first.set(0)?;
        other.or(&mask);
        assert!(other.test(0) && other.test(last));
        assert_eq!(other.weight(), if last == 0 { 1 } else { 2 });
        other.and(&mask);
        assert!(other.iter().eq(mask.iter()));
        other.clear(last)?;
        assert!(other.is_empty());
        other.copy_from(&mask);
        assert!(other.test(last));
        let mut text = crate::print::Text::<16>::new();
        let empty = CpumaskVar::new(GFP_KERNEL)?;
        other.copy_from(&empty);
        other.set(0)?;
        write_text!(&mut text, "{:?}", *other);
        assert_eq!(text.as_str()?, "{0}");
        Ok(())
    }

    #[kernel_test]
    fn a_number_of_no_cpu_is_refused() -> Result {
        let mut mask = CpumaskVar::new(GFP_KERNEL)?;
        for cpu in [cpu::possible(), u32::MAX] {
            assert_eq!(mask.set(cpu), Err(EINVAL));
            assert_eq!(mask.clear(cpu), Err(EINVAL));
            assert!(!mask.test(cpu) && !possible().test(cpu));
            assert_eq!(possible().next(cpu), None);
        }
        Ok(())
    }

    #[kernel_test]
    fn without_memory_there_is_no_mask() -> Result {
        each_allocation_fails(|| CpumaskVar::new(GFP_KERNEL))
    }
}
