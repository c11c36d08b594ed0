// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The server's side of the vfio-user protocol: a device for QEMU in a process of its own.
//!
//! QEMU (from 10.1, `-device vfio-user-pci`) is the client. It asks what regions and interrupts the
//! device has, passes on each access of the guest to them, hands over the guest's memory as file
//! descriptors to map, and eventfds to signal interrupts with. The protocol is
//! `docs/interop/vfio-user.rst` of QEMU's sources.
//!
//! - [`message`] is what goes over the socket: bytes to values and back, without a socket.
//! - [`Session`] is one client's state and answers its messages, still without a socket; [`Device`]
//!   is what it asks.
//! - [`GuestMemory`] and [`Lines`] are what a device reaches of its guest.
//! - [`Connection`] moves messages and descriptors over a socket.
//!
//! What comes from the socket is not trusted: what is no message, or asks for what there is not, is
//! an error for the client and never a panic here. A client can still hurt the server with the files
//! that it passes (memory that it cuts short later is a `SIGBUS`): who may connect is a matter of
//! the socket's permissions.

#![forbid(unsafe_code)]

mod connection;
mod irq;
mod memory;
pub mod message;
mod session;
mod wire;

pub use connection::{Connection, Received};
pub use irq::Lines;
pub use memory::{GuestMemory, Unmapped};
pub use session::{Bus, Device, Region, Session};
