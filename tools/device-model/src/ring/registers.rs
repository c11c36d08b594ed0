// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The numbers of Documentation/ring-device.md.

pub(super) const ID: u32 = 0x00;
pub(super) const VERSION: u32 = 0x04;
pub(super) const CAPS: u32 = 0x08;
pub(super) const CONTROL: u32 = 0x0c;
pub(super) const STATUS: u32 = 0x10;
pub(super) const EVENTS: u32 = 0x14;
pub(super) const EVENT_MASK: u32 = 0x18;
pub(super) const COMPLETED: u32 = 0x1c;
pub(super) const RING_LOW: u32 = 0x20;
pub(super) const RING_HIGH: u32 = 0x24;
pub(super) const DONE_LOW: u32 = 0x28;
pub(super) const DONE_HIGH: u32 = 0x2c;
pub(super) const SIZE: u32 = 0x30;
pub(super) const DOORBELL: u32 = 0x34;
pub(super) const HEAD: u32 = 0x38;
pub(super) const COALESCE: u32 = 0x3c;
pub(super) const ERROR: u32 = 0x40;
pub(super) const SCRATCH: u32 = 0x44;

/// "RING".
pub(super) const ID_VALUE: u32 = 0x474e_4952;
/// 256 descriptors at most, 4 messages, 65536 bytes at once at most (as a power of two).
pub(super) const CAPS_VALUE: u32 = 0x0010_0000 | 4 << 12 | MAX_ENTRIES;

pub(super) const CONTROL_ENABLE: u32 = 1;
pub(super) const CONTROL_RESET: u32 = 2;
/// How often CONTROL must be read before a reset is over.
pub(super) const RESET_READS: u32 = 2;

pub(super) const STATUS_READY: u32 = 1;
pub(super) const STATUS_RUNNING: u32 = 2;
pub(super) const STATUS_HALTED: u32 = 4;

pub(super) const EVENT_COMPLETION: u32 = 1;
pub(super) const EVENT_ERROR: u32 = 2;

pub(super) const ERROR_RING: u32 = 1;
pub(super) const ERROR_DOORBELL: u32 = 2;
pub(super) const ERROR_DESCRIPTOR_DMA: u32 = 3;
pub(super) const ERROR_COMPLETION_DMA: u32 = 4;

pub(super) const MAX_ENTRIES: u32 = 256;
pub(super) const MAX_LENGTH: u32 = 1 << 16;

pub(super) const DESCRIPTOR: usize = 32;
pub(super) const COMPLETION: usize = 16;

pub(super) const OP_COPY: u8 = 1;
pub(super) const OP_XOR: u8 = 2;
pub(super) const OP_SUM: u8 = 3;

pub(super) const DONE_OK: u16 = 0;
pub(super) const DONE_OPERATION: u16 = 1;
pub(super) const DONE_LENGTH: u16 = 2;
pub(super) const DONE_DMA: u16 = 3;
pub(super) const DONE_RESERVED: u16 = 4;

pub(super) const MESSAGE_COMPLETION: u16 = 0;
pub(super) const MESSAGE_ERROR: u16 = 1;

/// Where the tables of MSI-X are, behind BAR 0.
pub(super) const TABLE: u32 = 0x2000;
pub(super) const PENDING: u32 = 0x3000;

/// The knobs for faults, in the vendor's capability.
pub(super) const KNOBS_SIZE: u8 = 20;
pub(super) const KNOBS_END: usize = 20;
pub(super) const KNOB_FAULT: usize = 4;
pub(super) const KNOB_AFTER: usize = 8;
pub(super) const KNOB_COUNT: usize = 12;
pub(super) const KNOB_STRUCK: usize = 16;
