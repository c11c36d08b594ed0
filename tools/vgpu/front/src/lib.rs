// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The virtual GPU behind a vfio-user socket.
//!
//! [`vgpu_model`] is the device and [`vfio_user`] the protocol; this connects them, and a control
//! socket by which a person or a test has faults happen.

#![forbid(unsafe_code)]

mod control;
mod front;
mod server;

pub use server::{End, Server, listen};
