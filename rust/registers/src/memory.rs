// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Memory in the place of a device.

use core::cell::Cell;

use crate::io::{Bus, Io};

/// `N` bytes that hold what was written: for tests of code that takes an [`Io`].
#[derive(Debug, Clone)]
pub struct Memory<const N: usize>([Cell<u8>; N]);

impl<const N: usize> Memory<N> {
    /// Bytes that are zero.
    #[must_use]
    pub const fn new() -> Self {
        Self([const { Cell::new(0) }; N])
    }
}

impl<const N: usize> Default for Memory<N> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: accesses go to the array byte by byte and are checked there.
unsafe impl<const N: usize> Io for Memory<N> {
    const SIZE: usize = N;

    fn len(&self) -> usize {
        N
    }
}

macro_rules! bus {
    ($($ty:ty)*) => {$(
        // SAFETY: the word's bytes are accessed, in little-endian order, and no others.
        unsafe impl<const N: usize> Bus<$ty> for Memory<N> {
            unsafe fn load(&self, offset: usize) -> $ty {
                let mut bytes = [0; size_of::<$ty>()];
                for (byte, cell) in bytes.iter_mut().zip(self.0.iter().skip(offset)) {
                    *byte = cell.get();
                }
                <$ty>::from_le_bytes(bytes)
            }

            unsafe fn store(&self, offset: usize, word: $ty) {
                for (byte, cell) in word.to_le_bytes().into_iter().zip(self.0.iter().skip(offset)) {
                    cell.set(byte);
                }
            }
        }
    )*};
}

bus!(u8 u16 u32 u64);
