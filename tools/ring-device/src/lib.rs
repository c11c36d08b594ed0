// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The ring device behind a vfio-user socket.
//!
//! [`device_model::ring`] is the device and [`vfio_user`] the protocol; this connects them, and a
//! control socket by which a person or a test has faults happen.

#![forbid(unsafe_code)]

mod control;
mod front;
mod names;
mod server;

pub use names::Names;
pub use server::{End, Server, listen};
