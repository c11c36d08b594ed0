// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Turns the tree into `.ko` files for one kernel.
//!
//! The steps, in order, and where each one lives:
//!
//! 1. [`kernel_cc`] asks the kernel's own Kbuild which compiler and which flags a module gets, and
//!    [`probes`] compiles the table of questions (`rust/shims/probes/*.toml`) with them.
//! 2. [`bindings`] runs bindgen with those flags; [`withhold`] takes out what rustc would call
//!    wrongly on 32-bit x86.
//! 3. [`flags`] derives rustc's flags from the kernel's configuration; [`sysroot`] builds `core`
//!    with them; [`cargo`] builds each module's crate as a static library.
//! 4. [`kbuild`] runs the kernel's build once for all modules. It compiles the C shims, and for
//!    each module calls back into [`crate::link`], which joins Rust and C into one object.
//!
//! Each step keeps a stamp of what it was made from, so that a build with no change does nothing.

pub mod bindings;
pub mod cargo;
pub mod config;
pub mod flags;
pub mod install;
pub mod kbuild;
pub mod kernel_cc;
pub mod probes;
pub mod stamp;
pub mod sysroot;
pub mod target;
pub mod trace;
pub mod withhold;

pub use target::{Built, Module, Target, build, rust_only};
