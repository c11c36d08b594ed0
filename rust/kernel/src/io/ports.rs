// SPDX-License-Identifier: GPL-2.0-only

//! Ports: the other address space of x86.
//!
//! C header: `include/linux/io.h`. What the accesses are: `arch/x86/include/asm/shared/io.h`.

use core::arch::asm;
use core::marker::PhantomData;

use registers::{Bus, Io};

/// Ports that are a device's during `'a`: `SIZE` of them for certain, perhaps more.
///
/// Whoever claims them has made one of these: a PCI device's [`PortBar`](crate::pci::PortBar) lends
/// it. Accesses are in the order of the program, as with C's `inl` and `outl`; there are no others.
///
/// # Invariants
///
/// During `'a`, `len` ports from `first` on are the device's, no fewer than `SIZE`; the first one's
/// number is a multiple of 4.
pub struct Ports<'a, const SIZE: usize = 0> {
    first: u16,
    len: usize,
    _claimed: PhantomData<&'a ()>,
}

impl<const SIZE: usize> Ports<'_, SIZE> {
    /// Ports that have been claimed.
    ///
    /// # Safety
    ///
    /// - `len` ports from `first` on are a device's during the lifetime of the value.
    /// - They are no fewer than `SIZE`, and `first` is a multiple of 4.
    pub(crate) const unsafe fn new(first: u16, len: usize) -> Self {
        // INVARIANT: the caller promises it.
        Self {
            first,
            len,
            _claimed: PhantomData,
        }
    }

    fn port(&self, offset: usize) -> u16 {
        // The offset is below `len`, and the last port has a number.
        self.first.wrapping_add(offset as u16)
    }
}

// SAFETY: by the invariant the ports are the device's as long as the value lives, and aligned.
unsafe impl<const SIZE: usize> Io for Ports<'_, SIZE> {
    const SIZE: usize = SIZE;

    fn len(&self) -> usize {
        self.len
    }
}

/// Accesses of one width, by the register that the instructions take.
macro_rules! bus {
    ($ty:ty, $register:tt) => {
        // SAFETY: each method is one instruction, which accesses the word.
        unsafe impl<const SIZE: usize> Bus<$ty> for Ports<'_, SIZE> {
            unsafe fn load(&self, offset: usize) -> $ty {
                let word: $ty;
                // SAFETY: by the invariant, and since the caller promises that the word is within the
                // range, the ports are the device's.
                unsafe {
                    asm!(
                        concat!("in ", $register, ", dx"),
                        out($register) word,
                        in("dx") self.port(offset),
                        options(nostack, preserves_flags),
                    );
                }
                word
            }

            unsafe fn store(&self, offset: usize, word: $ty) {
                // SAFETY: as in `load`.
                unsafe {
                    asm!(
                        concat!("out dx, ", $register),
                        in($register) word,
                        in("dx") self.port(offset),
                        options(nostack, preserves_flags),
                    );
                }
            }
        }
    };
}

bus!(u8, "al");
bus!(u16, "ax");
bus!(u32, "eax");

#[cfg(feature = "ktest")]
mod tests {
    use super::Ports;
    use crate::io::Io;
    use crate::prelude::*;

    /// Nothing is behind port 0x80: the kernel itself writes there to wait.
    #[kernel_test]
    fn words_of_every_width() -> Result {
        // SAFETY: accesses to these have no effect.
        let ports = unsafe { Ports::<4>::new(0x80, 4) };
        assert_eq!((ports.len(), Ports::<4>::SIZE), (4, 4));
        ports.store_raw(0, 1_u8)?;
        ports.store_raw(0, 2_u16)?;
        ports.store_raw(0, 3_u32)?;
        ports.load_raw::<u8>(3)?;
        ports.load_raw::<u16>(2)?;
        ports.load_raw::<u32>(0)?;
        assert_eq!(Error::from(ports.load_raw::<u16>(3).unwrap_err()), EINVAL);
        assert_eq!(Error::from(ports.store_raw(4, 0_u8).unwrap_err()), EINVAL);
        Ok(())
    }
}
