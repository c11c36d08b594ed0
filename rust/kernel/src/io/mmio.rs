// SPDX-License-Identifier: GPL-2.0-only

//! Device memory.
//!
//! C header: `include/linux/io.h`. What the accesses are: `arch/x86/include/asm/io.h`.
//!
//! An access is one `mov` instruction, as of C's `readl` and `writel`: what decodes instructions that
//! trap (a hypervisor, an encrypted guest) knows that one. The compiler moves no other access over it;
//! x86 moves none either, but for writes to memory that is mapped write-combining.

use core::arch::asm;
use core::marker::PhantomData;

use registers::{Bus, Io, Location, Register};

/// Device memory that is mapped during `'a`: `SIZE` bytes for certain, perhaps more.
///
/// No reference to the memory ever exists. Whoever maps it has made one of these: a PCI device's
/// [`Bar`](crate::pci::Bar) lends it.
///
/// # Invariants
///
/// During `'a`, `len` bytes from `address` on are mapped device memory, no fewer than `SIZE`; the
/// address is aligned to 8 bytes.
pub struct Mmio<'a, const SIZE: usize = 0> {
    address: *mut u8,
    len: usize,
    _mapped: PhantomData<&'a ()>,
}

// SAFETY: device memory may be accessed on any CPU.
unsafe impl<const SIZE: usize> Send for Mmio<'_, SIZE> {}
// SAFETY: as above; accesses are single instructions, and the device orders them.
unsafe impl<const SIZE: usize> Sync for Mmio<'_, SIZE> {}

impl<const SIZE: usize> Mmio<'_, SIZE> {
    /// Memory that has been mapped.
    ///
    /// # Safety
    ///
    /// - `len` bytes from `address` on are mapped device memory during the lifetime of the value.
    /// - They are no fewer than `SIZE`, and `address` is aligned to 8 bytes.
    pub(crate) const unsafe fn new(address: *mut u8, len: usize) -> Self {
        // INVARIANT: the caller promises it.
        Self {
            address,
            len,
            _mapped: PhantomData,
        }
    }

    /// For whoever unmaps it.
    pub(crate) fn address(&self) -> *mut u8 {
        self.address
    }
}

// SAFETY: by the invariant the bytes are mapped as long as the value lives, and aligned.
unsafe impl<const SIZE: usize> Io for Mmio<'_, SIZE> {
    const SIZE: usize = SIZE;

    fn len(&self) -> usize {
        self.len
    }
}

/// Accesses of one width: the operand's size, its register's modifier, and that register's class.
macro_rules! bus {
    ($ty:ty, $size:literal, $modifier:literal, $class:ident) => {
        // SAFETY: each method is one instruction, which accesses the word.
        unsafe impl<const SIZE: usize> Bus<$ty> for Mmio<'_, SIZE> {
            unsafe fn load(&self, offset: usize) -> $ty {
                let word: $ty;
                // SAFETY: by the invariant, and since the caller promises that the word is within the
                // range, it is mapped device memory.
                unsafe {
                    asm!(
                        concat!("mov {word", $modifier, "}, ", $size, " ptr [{address}]"),
                        word = out($class) word,
                        address = in(reg) self.address.wrapping_add(offset),
                        options(nostack, preserves_flags),
                    );
                }
                word
            }

            unsafe fn store(&self, offset: usize, word: $ty) {
                // SAFETY: as in `load`.
                unsafe {
                    asm!(
                        concat!("mov ", $size, " ptr [{address}], {word", $modifier, "}"),
                        word = in($class) word,
                        address = in(reg) self.address.wrapping_add(offset),
                        options(nostack, preserves_flags),
                    );
                }
            }

            unsafe fn load_from<L>(&self, at: L) -> $ty
            where
                L: Location<Register: Register<Word = $ty>>,
            {
                let word: $ty;
                // SAFETY: as in `load`.
                unsafe {
                    asm!(
                        concat!("mov {word", $modifier, "}, ", $size, " ptr [{address} + {fixed}]"),
                        word = out($class) word,
                        address = in(reg) self.address.wrapping_add(at.distance()),
                        fixed = const L::FIXED,
                        options(nostack, preserves_flags),
                    );
                }
                word
            }

            unsafe fn store_to<L>(&self, at: L, word: $ty)
            where
                L: Location<Register: Register<Word = $ty>>,
            {
                // SAFETY: as in `load`.
                unsafe {
                    asm!(
                        concat!("mov ", $size, " ptr [{address} + {fixed}], {word", $modifier, "}"),
                        word = in($class) word,
                        address = in(reg) self.address.wrapping_add(at.distance()),
                        fixed = const L::FIXED,
                        options(nostack, preserves_flags),
                    );
                }
            }

            unsafe fn load_relaxed(&self, offset: usize) -> $ty {
                // SAFETY: as in `load`.
                unsafe { self.address.wrapping_add(offset).cast::<$ty>().read_volatile() }
            }

            unsafe fn store_relaxed(&self, offset: usize, word: $ty) {
                // SAFETY: as in `load`.
                unsafe { self.address.wrapping_add(offset).cast::<$ty>().write_volatile(word) };
            }
        }
    };
}

bus!(u8, "byte", "", reg_byte);
bus!(u16, "word", ":x", reg);
bus!(u32, "dword", ":e", reg);
// On 32-bit machines a register of 64 bits is read in halves (`Io::read_halves`), and says so.
#[cfg(target_pointer_width = "64")]
bus!(u64, "qword", "", reg);

#[cfg(feature = "ktest")]
mod tests {
    use registers::{Halves, Io, Register, register};

    use super::Mmio;
    use crate::prelude::*;

    register! {
        BYTE(u8) @ 1 { 7:4 high; 3:0 low; }
        SHORT(u16) @ 2 { 15:0 value; }
        WORD(u32)[2] @ 4 { 31:0 value; }
        LONG(u64) @ 0x10 { 63:0 value; }
        BEYOND(u32) @ 0x20 { 31:0 value; }
    }

    /// Memory does as well: the instructions are the same.
    fn memory() -> Result<KBox<[u64; 4]>> {
        KBox::new([0; 4], GFP_KERNEL)
    }

    fn mmio(memory: &mut [u64; 4]) -> Mmio<'_, 0x18> {
        // SAFETY: it is aligned, borrowed for as long, and has 32 bytes.
        unsafe { Mmio::new(core::ptr::from_mut(memory).cast(), 32) }
    }

    #[kernel_test]
    fn registers_of_every_width() -> Result {
        let mut memory = memory()?;
        let io = mmio(&mut memory);
        assert_eq!((io.len(), Mmio::<0x18>::SIZE), (32, 0x18));
        io.write(
            BYTE,
            BYTE::zeroed()
                .with_const_high::<0xa>()
                .with_const_low::<5>(),
        );
        io.write(SHORT, SHORT::zeroed().with_value(0x1234));
        io.write(WORD.at::<0>(), WORD::zeroed().with_value(0xdead_beef));
        let second = WORD.get(1).ok_or(EINVAL)?;
        io.write(second, WORD::zeroed().with_value(7));
        io.update(second, |word| word.with_value(word.value() << 8));
        io.write_halves(
            LONG,
            LONG::zeroed().with_value(0x0123_4567_89ab_cdef),
            Halves::LowFirst,
        );
        assert_eq!(io.read(BYTE).into_word(), 0xa5);
        assert_eq!(io.read(SHORT).value(), 0x1234);
        assert_eq!(io.read(WORD.at::<0>()).value(), 0xdead_beef);
        assert_eq!(io.read(second).value(), 0x700);
        assert_eq!(
            io.read_halves(LONG, Halves::HighFirst).value(),
            0x0123_4567_89ab_cdef
        );
        assert_eq!(
            *memory,
            [0xdead_beef_1234_a500, 0x700, 0x0123_4567_89ab_cdef, 0]
        );
        Ok(())
    }

    #[kernel_test]
    fn relaxed_accesses_and_those_that_are_checked() -> Result {
        let mut memory = memory()?;
        let io = mmio(&mut memory);
        io.relaxed()
            .write(SHORT, SHORT::zeroed().with_value(0xffff));
        io.relaxed().write(BYTE, BYTE::from_word(3));
        io.relaxed().write(WORD.at::<1>(), WORD::from_word(4));
        assert_eq!(io.relaxed().read(SHORT).value(), 0xffff);
        assert_eq!(io.relaxed().read(BYTE).low(), 3);
        assert_eq!(io.relaxed().read(WORD.at::<1>()).value(), 4);
        assert_eq!(io.try_read(BEYOND).map_err(Error::from).err(), Some(EINVAL));
        io.store_slice(0x10, &[1_u32, 2])?;
        let mut words = [0_u32; 4];
        io.load_slice(8, &mut words)?;
        assert_eq!(words, [4, 0, 1, 2]);
        assert_eq!(io.load_raw::<u8>(31)?, 0);
        assert_eq!(io.load_raw::<u8>(32).map_err(Error::from), Err(EINVAL));
        Ok(())
    }

    #[cfg(target_pointer_width = "64")]
    #[kernel_test]
    fn long_words_at_once() -> Result {
        let mut memory = memory()?;
        let io = mmio(&mut memory);
        io.write(LONG, LONG::from_word(u64::MAX - 1));
        assert_eq!(io.read(LONG).value(), u64::MAX - 1);
        io.relaxed().write(LONG, LONG::from_word(9));
        assert_eq!(io.relaxed().read(LONG).value(), 9);
        io.store_raw(0x18, 8_u64)?;
        assert_eq!(io.load_raw::<u64>(0x18)?, 8);
        Ok(())
    }
}
