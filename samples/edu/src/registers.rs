// SPDX-License-Identifier: GPL-2.0-only

//! The device's registers, as `docs/specs/edu.rst` of QEMU has them.

use kernel::io::register;

/// What the driver needs of the device's memory.
pub(crate) const SIZE: usize = 0x80;

/// What [`IDENTIFICATION`] ends with.
pub(crate) const SIGNATURE: u16 = 0xed;

register! {
    /// Which device this is.
    pub(crate) IDENTIFICATION(u32, ro) @ 0x00 {
        31:24 major;
        23:16 minor;
        15:0 signature;
    }
    /// Reads as the complement of what was written.
    pub(crate) LIVENESS(u32) @ 0x04 { 31:0 value; }
    /// A number, and then its factorial.
    pub(crate) FACTORIAL(u32) @ 0x08 { 31:0 value; }
    /// What the device is doing.
    pub(crate) STATUS(u32) @ 0x20 {
        /// An interrupt is to come when it has computed.
        7 interrupt;
        /// It computes.
        0 busy;
    }
    /// Why there was an interrupt.
    pub(crate) PENDING(u32, ro) @ 0x24 { 31:0 reasons; }
    /// Takes reasons away.
    pub(crate) ACKNOWLEDGE(u32, wo) @ 0x64 { 31:0 reasons; }
}
