// SPDX-License-Identifier: GPL-2.0-only

//! What the parsers make of what they are given: images that are as they should be, such that are not, and
//! noise.

mod build;
mod firmware;
mod fuse;
mod hostile;
mod memory;
mod messages;
mod real;
mod rpc;
mod sequencer;
mod vbios;
