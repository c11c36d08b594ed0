// SPDX-License-Identifier: GPL-2.0-only

//! Input and output: talking to devices.
//!
//! Registers are declared with [`register!`] and accessed through an [`Io`]: device memory
//! ([`Mmio`]), its [`Ports`], its [configuration space](crate::pci::ConfigSpace), or a [`Memory`] in the
//! place of them. The declarations come from the crate `registers`, which device models use as well.
//!
//! Consumers: `samples/edu`, GPU drivers.

mod mem;
mod mmio;
pub mod poll;
mod ports;

pub use mem::{IoMem, Resource, ResourceKind};
pub use mmio::Mmio;
pub use ports::Ports;
pub use registers::{
    Absolute, Access, Array, At, Bus, Clearable, Description, Element, FieldDescription,
    FieldValue, Halves, Indexed, Io, Location, Memory, Origin, OutOfRange, Readable, Register,
    Relaxed, TooWide, TotalFieldValue, UnknownValue, Updatable, Word, Writable, dump, json,
    register,
};

use crate::error::Error;
use crate::error::code::{EINVAL, EIO};

/// `EINVAL`: the range has no such register.
impl From<OutOfRange> for Error {
    fn from(_: OutOfRange) -> Self {
        EINVAL
    }
}

/// `EINVAL`: the field cannot hold the value.
impl From<TooWide> for Error {
    fn from(_: TooWide) -> Self {
        EINVAL
    }
}

/// `EIO`: the device says what it must not.
impl From<UnknownValue> for Error {
    fn from(_: UnknownValue) -> Self {
        EIO
    }
}
