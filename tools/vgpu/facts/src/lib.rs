// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Facts about the GPUs that the virtual one stands for.
//!
//! Numbers and names, and nothing that acts: the model acts. The driver has its own list of the same
//! facts, and no line is shared, so that an error in one of them shows.
//!
//! - [`chip`] is the table of chips: what each is called and in what they differ.
//! - [`register`] is where registers are in BAR 0, and what they are called.
//! - [`falcon`] is the registers of one falcon, which several engines have.
//! - [`release`] is the releases of the firmware, and where things are in what each says.
//! - [`rom`] is what the VBIOS is made of.

#![forbid(unsafe_code)]
#![no_std]

pub mod chip;
pub mod falcon;
pub mod register;
pub mod release;
pub mod rom;
