// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Ferrite's one command, as a library.
//!
//! The parts follow the way that a module goes: [`setup`] fetches stock kernels and tools into a
//! cache, [`build`] turns the tree into `.ko` files for one kernel, [`harness`] boots that kernel
//! in QEMU and judges what happens there. [`ctx`] holds what all of them need: where things are,
//! and how to talk to the person who waits.

pub mod ctx;
pub mod harness;
pub mod kernels;
pub mod setup;
pub mod ui;

/// Runs the command line.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
