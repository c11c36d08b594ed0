// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A virtual GPU: what a driver of Turing, Ampere and Ada meets, without silicon.
//!
//! It is a state machine like the other models of [`device_model`]: it is told what the guest reads
//! and writes, and reaches the guest's memory through [`device_model::Memory`]. There is no clock in
//! it: its time goes on with each access, so that every run of the same driver sees the same.
//!
//! - [`Gpu`] is the device: its configuration space, its BARs, its registers.
//! - [`fault`] is what can go wrong, by name; [`command`] how it is asked for.
//! - [`synth`] makes what a card brings along, its ROM first of all.
//! - [`vram`] is the card's memory.
//! - [`journal`] is what the guest did, and what a right driver would not have done.
//!
//! What is not there is in Documentation/gpu/nova/vgpu.md.

#![forbid(unsafe_code)]

pub mod command;
mod falcon;
pub mod fault;
mod gpu;
pub mod journal;
pub mod synth;
pub mod vram;

pub use gpu::{Gpu, MESSAGES};
