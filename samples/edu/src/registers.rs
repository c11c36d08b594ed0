// SPDX-License-Identifier: GPL-2.0-only

//! The device's registers, as `docs/specs/edu.rst` of QEMU has them.

use kernel::io::register;

/// What the driver needs of the device's memory.
pub(crate) const SIZE: usize = 0xa0;

/// What [`IDENTIFICATION`](const@IDENTIFICATION) ends with.
pub(crate) const SIGNATURE: u16 = 0xed;

/// Where the device's own memory is, as its DMA engine sees it, and how many bytes that has.
pub(crate) const BUFFER: u32 = 0x4_0000;
pub(crate) const BUFFER_SIZE: usize = 4096;

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
    /// Where a transfer begins. The device has 64 bits there, and uses no more than 28.
    pub(crate) DMA_SOURCE(u32) @ 0x80 { 31:0 address; }
    /// Where it goes.
    pub(crate) DMA_TARGET(u32) @ 0x88 { 31:0 address; }
    /// How many bytes.
    pub(crate) DMA_COUNT(u32) @ 0x90 { 31:0 bytes; }
    /// Begins it.
    pub(crate) DMA_COMMAND(u32) @ 0x98 {
        /// An interrupt is to come at its end.
        2 interrupt;
        /// It goes from the device to memory, and not the other way.
        1 from_device;
        /// It is under way; a one begins it.
        0 run;
    }
}
