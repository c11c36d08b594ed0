// SPDX-License-Identifier: GPL-2.0-only

//! Open files.
//!
//! C header: `include/linux/fs.h`.

pub mod file;
pub mod kiocb;

pub use file::{File, FileDescriptorReservation, LocalFile};
pub use kiocb::Kiocb;
