// SPDX-License-Identifier: GPL-2.0-only

//! What nova reads from a card, a file or the GSP's messages, and what it writes for them.
//!
//! Everything here comes from somewhere else: a ROM, a firmware package, a processor with its own
//! program. So nothing is trusted:
//!
//! - No input makes this crate panic. There is no indexing and no arithmetic that could; both are
//!   lints that are denied below.
//! - What does not fit is an [`Error`], which names the structure, the place and what is wrong.
//! - Nothing is allocated, nothing large lies on the stack: parsers give views of the bytes that they
//!   were given, builders write into memory that they were given.
//! - Nothing is read twice. Memory that somebody else can still change is copied by the caller first.
//! - There is no register, no kernel and no `unsafe` here; all of it is tested on the host.
//!
//! From the ROM to a running GSP, in the order in which the driver needs them:
//!
//! - [`vbios`]: finds the FWSEC firmware in the card's ROM and writes commands and signature into it;
//! - [`firmware`]: the files: the booter, the RISC-V bootloader, the GSP's own image;
//! - [`fb`]: where all of it goes in the card's memory; [`wpr`]: how the booter is told;
//! - [`radix3`]: the page tables of the GSP's image; [`libos`]: the arguments of its kernel;
//! - [`queue`]: the two rings of pages between driver and GSP; [`message`]: what goes through them;
//! - [`rpc`]: the contents of messages, which differ between releases; [`sequencer`]: the list of
//!   register accesses that the GSP asks for while it starts.
//!
//! Layouts are declared with their offsets, and do not compile when they are not there. All integers are
//! little endian and may lie at any address.
//!
//! The virtual GPU has parsers of its own, on purpose: the same mistake must not be made on both sides.
//! Consumer: nova. Documentation/gpu/nova/formats.md has the pictures.

#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

#[macro_use]
mod layout;

mod bytes;
mod error;

pub mod fb;
pub mod firmware;
pub mod fuse;
pub mod libos;
pub mod message;
pub mod queue;
pub mod radix3;
pub mod rpc;
pub mod sequencer;
pub mod vbios;
pub mod wpr;

pub use error::{Error, Part, Result, What};
