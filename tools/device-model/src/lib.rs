// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Models of PCI devices: what they do, and how they break.
//!
//! A model is a state machine. It is told what the guest reads and writes, reaches the guest's memory
//! through [`Memory`] and its interrupts through [`Interrupts`], and does its own work one
//! [`step`](ring::Ring::step) at a time; so it runs the same in a test, behind a socket, or anywhere
//! else. There is no clock, no thread and no input or output in it.
//!
//! - [`config`] is a configuration space with capabilities, for any model.
//! - [`fault`] is what can go wrong, by name, and how it is asked for.
//! - [`ring`] is the ring device: a queue of descriptors that it works off by DMA. What it looks like
//!   to a driver is Documentation/ring-device.md; no code is shared with its driver, so that both
//!   cannot be wrong in the same way.

#![forbid(unsafe_code)]

pub mod config;
pub mod fault;
pub mod ring;

/// Nothing is at this address, or nothing that may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMemory(pub u64);

/// The guest's memory, by the addresses that it gives to devices.
pub trait Memory {
    /// Reads.
    ///
    /// # Errors
    ///
    /// [`NoMemory`], where there is none.
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), NoMemory>;

    /// Writes. Whoever sees it sees what was written before it.
    ///
    /// # Errors
    ///
    /// [`NoMemory`], where there is none that may be written.
    fn write(&self, address: u64, from: &[u8]) -> Result<(), NoMemory>;
}

/// A way to tell a guest something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Line {
    /// The pin. It stays up until the device lets go; this says that it went up.
    Pin,
    /// A message, as the MSI capability has it.
    Msi(u16),
    /// A message, as the MSI-X capability has it.
    MsiX(u16),
}

/// The interrupts of the guest.
pub trait Interrupts {
    /// Signals one.
    fn raise(&mut self, line: Line);
}
