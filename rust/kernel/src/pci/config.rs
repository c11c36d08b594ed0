// SPDX-License-Identifier: GPL-2.0-only

//! Configuration space.

use core::ffi::c_int;
use core::marker::PhantomData;

use super::Device;
use crate::device::Bound;
use crate::io::{Bus, Io};

/// A device's configuration space, or a part of it: `SIZE` bytes for certain, perhaps more.
///
/// Registers in it are declared and accessed as those in memory. An access may spin until others
/// are done; any context. A device that was pulled out answers all ones, and so does one that
/// cannot be asked.
///
/// # Invariants
///
/// `start` is a multiple of 4, and `len` bytes from there on, no fewer than `SIZE`, are in the device's
/// configuration space.
#[derive(Clone, Copy)]
pub struct ConfigSpace<'bound, const SIZE: usize = 256> {
    device: *mut bindings::pci_dev,
    start: u16,
    len: u16,
    _bound: PhantomData<&'bound Device<Bound>>,
}

// SAFETY: any CPU may access it.
unsafe impl<const SIZE: usize> Send for ConfigSpace<'_, SIZE> {}
// SAFETY: C has its own locking.
unsafe impl<const SIZE: usize> Sync for ConfigSpace<'_, SIZE> {}

impl Device<Bound> {
    /// The device's configuration space: 256 bytes, or 4096 of a PCI Express device that shows all
    /// of them.
    #[must_use]
    pub fn config(&self) -> ConfigSpace<'_> {
        self.part(0).unwrap_or(ConfigSpace {
            // Every device has 256 bytes.
            device: self.as_raw(),
            start: 0,
            len: 256,
            _bound: PhantomData,
        })
    }

    /// All 4096 bytes, of a PCI Express device that shows them.
    #[must_use]
    pub fn extended_config(&self) -> Option<ConfigSpace<'_, 4096>> {
        self.part(0)
    }

    /// A capability (`PCI_CAP_ID_…`) that has at least `SIZE` bytes, counted from its header.
    #[must_use]
    pub fn capability<const SIZE: usize>(&self, id: u8) -> Option<ConfigSpace<'_, SIZE>> {
        // SAFETY: the device is there.
        let at = unsafe { bindings::pci_find_capability(self.as_raw(), c_int::from(id)) };
        (at != 0).then(|| self.part(at.into())).flatten()
    }

    /// An extended capability (`PCI_EXT_CAP_ID_…`) that has at least `SIZE` bytes, counted from its
    /// header.
    #[must_use]
    pub fn extended_capability<const SIZE: usize>(&self, id: u16) -> Option<ConfigSpace<'_, SIZE>> {
        // SAFETY: the device is there.
        let at = unsafe { bindings::pci_find_ext_capability(self.as_raw(), c_int::from(id)) };
        (at != 0).then(|| self.part(at)).flatten()
    }

    /// What begins at `start`, if that is `SIZE` bytes at least.
    fn part<const SIZE: usize>(&self, start: u16) -> Option<ConfigSpace<'_, SIZE>> {
        // SAFETY: the device is there.
        let all = unsafe { bindings::ferrite_pci_config_size(self.as_raw()) };
        // The two low bits of a capability's offset are reserved.
        let start = start & !3;
        let len = u16::try_from(all).ok()?.checked_sub(start)?;
        // INVARIANT: as has been seen.
        (usize::from(len) >= SIZE).then_some(ConfigSpace {
            device: self.as_raw(),
            start,
            len,
            _bound: PhantomData,
        })
    }
}

impl<const SIZE: usize> ConfigSpace<'_, SIZE> {
    /// Where it begins in the device's configuration space.
    #[must_use]
    pub fn start(&self) -> u16 {
        self.start
    }

    fn place(&self, offset: usize) -> c_int {
        // The offset is below `len`.
        c_int::from(self.start.wrapping_add(offset as u16))
    }
}

// SAFETY: by the invariant the bytes are there as long as the device is.
unsafe impl<const SIZE: usize> Io for ConfigSpace<'_, SIZE> {
    const SIZE: usize = SIZE;

    fn len(&self) -> usize {
        self.len.into()
    }
}

/// Accesses of one width, by C's functions for it.
macro_rules! bus {
    ($ty:ty, $read:ident, $write:ident) => {
        // SAFETY: C accesses the word, and no more.
        unsafe impl<const SIZE: usize> Bus<$ty> for ConfigSpace<'_, SIZE> {
            unsafe fn load(&self, offset: usize) -> $ty {
                let mut word = <$ty>::MAX;
                let place = self.place(offset);
                // SAFETY: the device is there, and the word is in its configuration space.
                let failed = unsafe { bindings::$read(self.device, place, &raw mut word) };
                // Some kernels leave the word as it was, or zero, if the device cannot be asked.
                if failed != 0 { <$ty>::MAX } else { word }
            }

            unsafe fn store(&self, offset: usize, word: $ty) {
                // SAFETY: as in `load`. A device that cannot be asked has been pulled out; as with
                // memory, nobody is told.
                unsafe { bindings::$write(self.device, self.place(offset), word) };
            }
        }
    };
}

bus!(u8, pci_read_config_byte, pci_write_config_byte);
bus!(u16, pci_read_config_word, pci_write_config_word);
bus!(u32, pci_read_config_dword, pci_write_config_dword);
