// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Ferrite's one command, as a library.
//!
//! The parts follow the way that a module goes: [`setup`] fetches stock kernels and tools into a
//! cache, [`build`] turns the tree into `.ko` files for one kernel, [`harness`] boots that kernel
//! in QEMU and judges what happens there, [`bench`] counts what it costs. [`ctx`] holds what all of them need: where things are,
//! and how to talk to the person who waits.

pub mod bench;
pub mod build;
pub mod check;
pub mod cli;
pub mod ctx;
pub mod docs;
pub mod fuzz;
pub mod harness;
pub mod ide;
pub mod kernels;
pub mod link;
pub mod new;
pub mod probes;
pub mod run;
pub mod setup;
pub mod ui;

pub use cli::main;
