// SPDX-License-Identifier: GPL-2.0-only

//! Bytes that a file can be about.

use crate::alloc::{Allocator, Vec};
use crate::sync::{Arc, Mutex};

/// Bytes to be read: arrays, slices of `'static`, vectors, and what holds them, a
/// [`Mutex`] among that.
///
/// ```
/// use kernel::attribute::Blob;
/// use kernel::prelude::*;
///
/// static TABLE: [u8; 4] = [1, 2, 3, 4];
/// assert_eq!(TABLE.with_bytes(|bytes| bytes.len()), 4);
/// # Ok::<(), Error>(())
/// ```
pub trait Blob {
    /// Calls `f` with the bytes. It may copy them to a program's memory, and that may sleep: whatever is
    /// held meanwhile must allow it.
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R;
}

/// Bytes that can be overwritten where they are: those in a [`Mutex`].
///
/// ```
/// use kernel::attribute::{Blob, BlobMut};
/// use kernel::new_mutex;
/// use kernel::prelude::*;
///
/// let table = KBox::pin_init(new_mutex!([0_u8; 4]), GFP_KERNEL)?;
/// table.with_bytes_mut(|bytes| bytes.fill(7));
/// assert_eq!(table.with_bytes(|bytes| bytes.first().copied()), Some(7));
/// # Ok::<(), Error>(())
/// ```
pub trait BlobMut: Blob {
    /// As [`Blob::with_bytes`], for writing.
    fn with_bytes_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R;
}

impl<const N: usize> Blob for [u8; N] {
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(self)
    }
}

impl Blob for &'static [u8] {
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(self)
    }
}

impl<A: Allocator> Blob for Vec<u8, A> {
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(self)
    }
}

impl<T: Blob> Blob for Mutex<T> {
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        self.lock().with_bytes(f)
    }
}

impl<T: Blob> Blob for Arc<T> {
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        (**self).with_bytes(f)
    }
}

impl<const N: usize> BlobMut for Mutex<[u8; N]> {
    fn with_bytes_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        f(&mut *self.lock())
    }
}

impl<A: Allocator> BlobMut for Mutex<Vec<u8, A>> {
    fn with_bytes_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        f(&mut self.lock())
    }
}

impl<T: BlobMut> BlobMut for Arc<T> {
    fn with_bytes_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        (**self).with_bytes_mut(f)
    }
}
