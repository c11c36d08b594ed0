// SPDX-License-Identifier: GPL-2.0-only

//! Raw bindings to the kernel in hand.
//!
//! xtask generates them with bindgen from `bindings.h`, with the flags that the kernel's own build
//! gives a module. Only the `kernel` crate may use them: drivers see its safe abstractions.

#![no_std]
#![allow(
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::ptr_as_ptr,
    clippy::cast_lossless,
    clippy::ref_as_ptr,
    clippy::as_underscore,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unsafe_op_in_unsafe_fn,
    unreachable_pub,
    unnecessary_transmutes,
    improper_ctypes,
    dead_code,
    reason = "generated from C headers"
)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
