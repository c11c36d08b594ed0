// SPDX-License-Identifier: GPL-2.0-only

//! The registers of the ring device, as far as the driver uses them.

use kernel::io::{Register, register};

/// How much of BAR 0 they take.
pub(crate) const SPAN: usize = 0x48;

/// What `ID` holds: "RING".
pub(crate) const NAME: u32 = 0x474e_4952;

register! {
    /// All of them.
    pub(crate) const REGISTERS;

    pub(crate) ID(u32, ro, reset = 0x474e_4952) @ 0x00 {}
    pub(crate) VERSION(u32, ro, reset = 1) @ 0x04 {}
    pub(crate) CAPS(u32, ro) @ 0x08 { 11:0 entries; }
    pub(crate) CONTROL(u32, reset = 0) @ 0x0c { 1 reset; 0 enable; }
    pub(crate) STATUS(u32, ro, reset = 1) @ 0x10 { 2 halted; 1 running; 0 ready; }
    pub(crate) EVENTS(u32, w1c, reset = 0) @ 0x14 { 1 error; 0 completion; }
    pub(crate) EVENT_MASK(u32, reset = 0) @ 0x18 { 1 error; 0 completion; }
    pub(crate) RING_LOW(u32, reset = 0) @ 0x20 {}
    pub(crate) RING_HIGH(u32, reset = 0) @ 0x24 {}
    pub(crate) DONE_LOW(u32, reset = 0) @ 0x28 {}
    pub(crate) DONE_HIGH(u32, reset = 0) @ 0x2c {}
    pub(crate) SIZE(u32, reset = 0) @ 0x30 {}
    pub(crate) DOORBELL(u32, wo) @ 0x34 { 15:0 tail; }
    pub(crate) HEAD(u32, ro, reset = 0) @ 0x38 { 15:0 head; }
    pub(crate) COALESCE(u32, reset = 0) @ 0x3c {}
    pub(crate) ERROR(u32, ro, reset = 0) @ 0x40 {}
}

/// Whether this is what a device that was pulled out answers.
pub(crate) fn is_gone<R: Register<Word = u32>>(register: R) -> bool {
    register.into_word() == u32::MAX
}
