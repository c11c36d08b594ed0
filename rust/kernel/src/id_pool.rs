// SPDX-License-Identifier: GPL-2.0-only

//! Numbers to be given out and taken back, the lowest first.
//!
//! An [`IdPool`] is a bitmap that grows and shrinks in two steps, so that it can be kept below a
//! spinlock: a request is made with the lock held, its memory is allocated without it, and what
//! comes of that is handed over with the lock held again.
//!
//! Only [`ReallocRequest::realloc`] and [`IdPool::with_capacity`] allocate, and sleep if their flags let
//! them; all else is for any context. There is nothing of C's below it but memory.
//!
//! Consumer: `samples/idmap`.

#[cfg(feature = "ktest")]
mod tests;

use crate::alloc::Flags;
use crate::bitmap::BitmapVec;
use crate::error::Result;
use crate::error::code::EINVAL;

/// Numbers from 0 on.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::id_pool::IdPool;
///
/// let mut pool = IdPool::with_capacity(2, GFP_KERNEL)?;
/// while pool.find_unused_id(0).map(|unused| unused.acquire()).is_some() {}
/// assert_eq!(pool.len(), pool.capacity());
///
/// // Full. A lock would be released between these two lines…
/// let request = pool.grow_request().ok_or(ENOSPC)?;
/// let resizer = request.realloc(GFP_KERNEL)?;
/// // … and taken again before this.
/// pool.grow(resizer);
/// assert!(pool.find_unused_id(0).is_some());
/// # Ok::<(), Error>(())
/// ```
pub struct IdPool {
    map: BitmapVec,
}

impl Default for IdPool {
    fn default() -> Self {
        Self::new()
    }
}

impl IdPool {
    /// A small pool; needs no memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            map: BitmapVec::new_inline(),
        }
    }

    /// A pool of at least `count` numbers.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn with_capacity(count: usize, flags: Flags) -> Result<Self> {
        let count = count.max(BitmapVec::MAX_INLINE_LEN);
        Ok(Self {
            map: BitmapVec::new(count, flags)?,
        })
    }

    /// How many numbers it has.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.map.len()
    }

    /// How many of them are given out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.count_ones()
    }

    /// Whether none is given out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.next_bit(0).is_none()
    }

    /// The lowest number from `offset` on that is not given out; giving it out is the next step.
    #[must_use]
    pub fn find_unused_id(&mut self, offset: usize) -> Option<UnusedId<'_>> {
        let id = self.map.next_zero_bit(offset)?;
        Some(UnusedId { pool: self, id })
    }

    /// Takes a number back.
    ///
    /// # Errors
    ///
    /// `EINVAL`: it was not given out.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::id_pool::IdPool;
    ///
    /// let mut pool = IdPool::new();
    /// let id = pool.find_unused_id(3).ok_or(ENOSPC)?.acquire();
    /// assert_eq!(id, 3);
    /// pool.release_id(id)?;
    /// assert_eq!(pool.release_id(id), Err(EINVAL));
    /// assert!(pool.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn release_id(&mut self, id: usize) -> Result {
        if !self.map.test_bit(id) {
            return Err(EINVAL);
        }
        self.map.clear_bit(id)
    }

    /// What it takes to have twice as many; `None`: there are as many as there can be.
    #[must_use]
    pub fn grow_request(&self) -> Option<ReallocRequest> {
        let count = self.capacity().checked_mul(2)?;
        Some(ReallocRequest { count })
    }

    /// Takes over larger memory. If the pool has grown in between, that is kept.
    pub fn grow(&mut self, resizer: PoolResizer) {
        self.resize(resizer, |new, old| new > old);
    }

    /// What it takes to have half as many; `None`: numbers in the upper three quarters are given
    /// out, or it is as small as it gets. So a pool does not grow and shrink in turns.
    #[must_use]
    pub fn shrink_request(&self) -> Option<ReallocRequest> {
        let capacity = self.capacity();
        if capacity <= BitmapVec::MAX_INLINE_LEN {
            return None;
        }
        if self.map.next_bit(capacity / 4).is_some() {
            return None;
        }
        let count = (capacity / 2).max(BitmapVec::MAX_INLINE_LEN);
        Some(ReallocRequest { count })
    }

    /// Takes over smaller memory. If a number that has no place there was given out in between,
    /// nothing changes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kernel::prelude::*;
    /// use kernel::id_pool::IdPool;
    ///
    /// let mut pool = IdPool::with_capacity(1000, GFP_KERNEL)?;
    /// let resizer = pool.shrink_request().ok_or(EINVAL)?.realloc(GFP_KERNEL)?;
    /// pool.shrink(resizer);
    /// assert_eq!(pool.capacity(), 500);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn shrink(&mut self, resizer: PoolResizer) {
        self.resize(resizer, |new, old| new < old);
    }

    fn resize(&mut self, resizer: PoolResizer, wanted: impl Fn(usize, usize) -> bool) {
        let mut new = resizer.map;
        if wanted(new.len(), self.map.len()) && new.copy_and_extend(&self.map).is_ok() {
            self.map = new;
        }
    }
}

/// A number that is not given out yet.
#[must_use = "the number is given out by `acquire`"]
pub struct UnusedId<'a> {
    pool: &'a mut IdPool,
    id: usize,
}

impl UnusedId<'_> {
    /// The number.
    #[must_use]
    pub fn as_usize(&self) -> usize {
        self.id
    }

    /// Gives it out.
    #[must_use]
    pub fn acquire(self) -> usize {
        // It was found, so it is inside.
        let _ = self.pool.map.set_bit(self.id);
        self.id
    }
}

/// How much memory a pool wants.
pub struct ReallocRequest {
    count: usize,
}

impl ReallocRequest {
    /// Allocates it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn realloc(&self, flags: Flags) -> Result<PoolResizer> {
        Ok(PoolResizer {
            map: BitmapVec::new(self.count, flags)?,
        })
    }
}

/// Memory for a pool.
pub struct PoolResizer {
    map: BitmapVec,
}
