// SPDX-License-Identifier: GPL-2.0-only

//! Safe abstractions over the Linux kernel, for modules that load on stock kernels.
//!
//! One module a C subsystem, named as in `include/linux`. Three principles:
//!
//! - A driver needs neither `unsafe` nor raw bindings. If it does, something is missing here.
//! - Rust has one spelling for all kernels: what differs between them is hidden in the C shims.
//! - What the C side may refuse is a [`Result`]; what it may not be asked from the current context
//!   is said in the documentation, and where possible in a type.

#![no_std]

extern crate self as kernel;

pub mod alloc;
pub mod block;
pub mod bug;
pub mod cpu;
pub mod error;
pub mod io;
pub mod jump_label;
#[cfg(feature = "ktest")]
pub mod ktest;
pub mod list;
pub mod module;
pub mod module_param;
pub mod page;
pub mod pci;
pub mod prelude;
pub mod print;
pub mod str;
pub mod sync;
pub mod time;
pub mod types;
pub mod uaccess;
pub mod xarray;

mod layout;
mod panic;

pub use bindings;
pub use macros;
// The kernel's pin-init; the registry has it under this name.
pub use pinned_init as pin_init;

#[doc(inline)]
pub use macros::module;
