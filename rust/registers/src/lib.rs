// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Typed hardware registers.
//!
//! A register is declared once with [`register!`]: where it is, how wide, who may read and write it,
//! its fields with their types. From that come a type whose values are the register's contents, a
//! constant of the same name that says where it is, and a [`Description`] for people and tools.
//! [`Io`] is what the registers are in: a device's memory, its ports, its configuration space, or a
//! [`Memory`] that stands for them in a test.
//!
//! What does not compile: reading what can only be written, writing what can only be read, a
//! constant offset beyond what the [`Io`] is known to have, a constant that does not fit into a
//! field. What is known only at run time has a checked form that says no. Nothing is cut off
//! silently.
//!
//! The crate knows nothing of a kernel and has no dependency on one: drivers use it through
//! `kernel::io`, device models and tests as it is.
//!
//! ```
//! use registers::{FieldValue, Io, Memory, Register, register};
//!
//! #[derive(FieldValue, Debug, Clone, Copy, PartialEq, Eq)]
//! enum Speed {
//!     Slow,
//!     Fast = 3,
//! }
//!
//! register! {
//!     /// What the device is doing.
//!     STATUS(u32, ro) @ 0x10 {
//!         /// It has something to do.
//!         31 busy;
//!         9:8 speed ?=> Speed;
//!         7:0 count;
//!     }
//!     /// Starts something.
//!     START(u32, wo) @ 0x14 { 3:0 what; }
//! }
//!
//! let io = Memory::<0x20>::new();
//! io.store_raw(0x10, 0x8000_0342_u32).unwrap();
//! let status = io.read(STATUS);
//! assert!(status.busy());
//! assert_eq!(status.speed(), Ok(Speed::Fast));
//! assert_eq!(status.count(), 0x42);
//! io.write(START, START::zeroed().with_const_what::<5>());
//! ```
//!
//! A register that can only be written cannot be read, nor the other way round:
//!
//! ```compile_fail
//! # use registers::{Io, Memory, Register, register};
//! # register! { START(u32, wo) @ 0x14 { 3:0 what; } }
//! let value = Memory::<0x20>::new().read(START);
//! ```
//!
//! ```compile_fail
//! # use registers::{Io, Memory, Register, register};
//! # register! { STATUS(u32, ro) @ 0x10 { 31 busy; } }
//! Memory::<0x20>::new().write(STATUS, STATUS::zeroed());
//! ```

#![no_std]
#![deny(missing_docs)]

mod describe;
mod io;
mod location;
mod memory;
mod register;
mod value;

pub use describe::{About, Access, Description, FieldDescription, dump, json};
pub use io::{Bus, Halves, Io, OutOfRange, Relaxed};
pub use location::{Array, At, Element, Indexed, Location, Origin};
pub use memory::Memory;
pub use register::{Absolute, Clearable, Readable, Register, Updatable, Word, Writable};
pub use value::{FieldValue, TooWide, TotalFieldValue, UnknownValue};

/// Declares registers.
///
/// ```text
/// register! {
///     /// The chip's list of registers.
///     pub const CHIP;
///
///     /// Which chip this is.
///     pub BOOT(u32, ro) @ 0xa00 {
///         29:24 architecture ?=> Architecture;
///         23:20 implementation;
///     }
///     /// For anything.
///     pub SCRATCH(u32)[64] @ 0x1400 {}
///     /// What the firmware said.
///     pub SCRATCH_ERROR(u32) => SCRATCH[0xe] { 31:16 code: u16; }
///     /// The engine's processor.
///     pub CPUCTL(u32, reset = 0x10) @ Falcon + 0x100 { 6 alias; 4 halted; 1 start; }
///     /// Its instruction memory.
///     pub IMEMC(u32)[4, stride = 16] @ Falcon + 0x180 { 23:0 offset; }
/// }
/// ```
///
/// - In parentheses: the width, `u8` to `u64`; `rw` (as without it), `ro`, `wo`, or `w1c` for one in
///   which a one that is written clears the bit; `reset = value`, what it holds after a reset.
/// - In brackets: an array, with the distance of its elements where they do not lie side by side.
/// - `@ offset`, in bytes from the start of the [`Io`]; `@ Base + offset`, from where a type that is
///   an [`Origin`] of `Base` says; `=> OTHER` or `=> OTHER[index]`, another view of a register. An
///   offset that is not a literal stands in parentheses.
/// - A field is `high:low name`, or `bit name`. Without more it is a `bool` (one bit alone) or the
///   smallest integer that holds it; `: u16` names another; `=> Type` is for types of which every
///   value of the width is one ([`TotalFieldValue`]), and `?=> Type` for others ([`FieldValue`]):
///   reading gives an [`UnknownValue`] for what is none.
/// - `const NAME;` makes a list of the descriptions of all that stand in this use of the macro.
///
/// For a field `f` there is `f()`; and, where its type is no wider than the field, `with_f(value)`;
/// else `try_with_f(value)`, which is [`TooWide`] for what does not fit, and `with_const_f::<VALUE>()`,
/// which does not compile then.
///
/// A constant that does not fit:
///
/// ```compile_fail
/// # use registers::{Register, register};
/// register! { R(u8) @ 0 { 3:0 f; } }
/// R::zeroed().with_const_f::<16>();
/// ```
///
/// Fields that lie over each other:
///
/// ```compile_fail
/// # use registers::{Register, register};
/// register! { R(u8) @ 0 { 3:0 f; 3:2 g; } }
/// ```
///
/// A register that is not aligned:
///
/// ```compile_fail
/// # use registers::{Register, register};
/// register! { R(u32) @ 2 {} }
/// ```
pub use registers_macros::register;

#[doc(hidden)]
pub mod __private;

// What the macros make names this crate.
extern crate self as registers;
