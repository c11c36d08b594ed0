// SPDX-License-Identifier: GPL-2.0-only

//! Numbers to be given out, from a structure that locks itself and holds nothing else.
//!
//! What it is for: the number in a device's name. To keep something by its number, take an
//! [`XArray`](crate::xarray::XArray) that gives out indices.
//!
//! C header: `include/linux/idr.h`. C source: `lib/idr.c`.
//!
//! Any context: [`Ida::alloc`] sleeps if its flags let it, giving back never does.
//!
//! Consumer: `samples/idmap`.

use core::ops::RangeInclusive;

use pinned_init::{PinInit, pin_data, pin_init, pin_init_from_closure, pinned_drop};

use crate::alloc::{Flags, seam};
use crate::error::code::ENOSPC;
use crate::error::{Result, to_result};
use crate::types::Opaque;

/// Gives out numbers up to [`Self::MAX`].
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::ida::Ida;
///
/// let ida = KBox::pin_init(Ida::new(), GFP_KERNEL)?;
/// let first = ida.alloc(1..=2, GFP_KERNEL)?;
/// let second = ida.alloc(1..=2, GFP_KERNEL)?;
/// assert_eq!((first.number(), second.number()), (1, 2));
/// assert_eq!(ida.alloc(1..=2, GFP_KERNEL).err(), Some(ENOSPC));
/// // A number is given back when its holder is dropped.
/// drop(first);
/// assert_eq!(ida.alloc(0..=Ida::MAX, GFP_KERNEL)?.number(), 0);
/// assert_eq!(ida.alloc(1..=2, GFP_KERNEL)?.number(), 1);
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
pub struct Ida {
    #[pin]
    ida: Opaque<bindings::ida>,
}

// SAFETY: the structure has a lock of its own.
unsafe impl Send for Ida {}
// SAFETY: as above.
unsafe impl Sync for Ida {}

impl Ida {
    /// The largest number.
    pub const MAX: u32 = i32::MAX as u32;

    /// An initialiser for one that has given out nothing.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: the closure initialises the memory that it is given, and always succeeds.
            ida <- unsafe {
                pin_init_from_closure(|slot: *mut Opaque<bindings::ida>| {
                    bindings::ferrite_ida_init(slot.cast());
                    Ok::<(), core::convert::Infallible>(())
                })
            },
        })
    }

    /// The lowest number of a range that is free. Any context, if `flags` do not let it sleep.
    ///
    /// # Errors
    ///
    /// - `ENOSPC`: there is none, or the range is empty or beyond [`Self::MAX`];
    /// - `ENOMEM`.
    pub fn alloc(&self, range: RangeInclusive<u32>, flags: Flags) -> Result<Id<'_>> {
        seam::may_fail()?;
        let (min, max) = (*range.start(), (*range.end()).min(Self::MAX));
        if min > max {
            return Err(ENOSPC);
        }
        // SAFETY: the structure is initialised, and locks itself.
        let number = unsafe { bindings::ida_alloc_range(self.ida.get(), min, max, flags.0) };
        to_result(number)?;
        seam::born();
        // INVARIANT: it has just been given out. It is not negative.
        Ok(Id {
            ida: self,
            number: number.cast_unsigned(),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Ida {
    fn drop(self: core::pin::Pin<&mut Self>) {
        // SAFETY: the structure is initialised, and never used again: nobody holds a number of it.
        unsafe { bindings::ida_destroy(self.ida.get()) };
    }
}

/// A number that was given out; dropping it gives it back.
///
/// # Invariants
///
/// The number is given out, to nobody else.
#[must_use = "the number is given back when this is dropped"]
pub struct Id<'a> {
    ida: &'a Ida,
    number: u32,
}

impl Id<'_> {
    /// The number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl Drop for Id<'_> {
    fn drop(&mut self) {
        seam::died();
        // SAFETY: by the invariant it is given out, and this is the end of that.
        unsafe { bindings::ida_free(self.ida.ida.get(), self.number) };
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::Ida;
    use crate::ktest::each_allocation_fails;
    use crate::prelude::*;

    #[kernel_test]
    fn ranges_that_hold_no_number() -> Result {
        let ida = KBox::pin_init(Ida::new(), GFP_KERNEL)?;
        let none = |range| ida.alloc(range, GFP_KERNEL).err();
        #[expect(clippy::reversed_empty_ranges, reason = "nothing is in it")]
        let backwards = none(5..=4);
        assert_eq!(backwards, Some(ENOSPC));
        assert_eq!(none(Ida::MAX + 1..=u32::MAX), Some(ENOSPC));
        let last = ida.alloc(Ida::MAX..=u32::MAX, GFP_KERNEL)?;
        assert_eq!(last.number(), Ida::MAX);
        assert_eq!(none(Ida::MAX..=Ida::MAX), Some(ENOSPC));
        Ok(())
    }

    #[kernel_test(context = [process, softirq, hardirq])]
    fn numbers_in_any_context() -> Result {
        let ida = KBox::pin_init(Ida::new(), GFP_ATOMIC)?;
        let mut held = KVec::new();
        for expected in 0..200 {
            let id = ida.alloc(0..=Ida::MAX, GFP_ATOMIC)?;
            assert_eq!(id.number(), expected);
            held.push(id, GFP_ATOMIC)?;
        }
        drop(held.swap_remove(70)?);
        assert_eq!(ida.alloc(0..=Ida::MAX, GFP_ATOMIC)?.number(), 70);
        Ok(())
    }

    #[kernel_test]
    fn each_failure_is_enomem() -> Result {
        let ida = KBox::pin_init(Ida::new(), GFP_KERNEL)?;
        each_allocation_fails(|| ida.alloc(0..=9, GFP_KERNEL))
    }
}
