// SPDX-License-Identifier: GPL-2.0-only

//! Who writes to mapped memory, and whose turn it is, as types.

use super::Attrs;
use core::ffi::c_int;

use super::attrs::SKIP_CPU_SYNC;

/// Which way data go.
///
/// # Examples
///
/// ```
/// use kernel::dma::{Bidirectional, DataDirection, Direction, FromDevice, ToDevice};
/// use kernel::prelude::*;
///
/// assert_eq!(ToDevice::DIRECTION, DataDirection::ToDevice);
/// assert_eq!(FromDevice::DIRECTION, DataDirection::FromDevice);
/// assert_eq!(Bidirectional::DIRECTION, DataDirection::Bidirectional);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum DataDirection {
    /// Both ways.
    Bidirectional = bindings::FERRITE_DMA_BIDIRECTIONAL,
    /// The device reads only.
    ToDevice = bindings::FERRITE_DMA_TO_DEVICE,
    /// The device writes.
    FromDevice = bindings::FERRITE_DMA_FROM_DEVICE,
}

impl DataDirection {
    /// As C has it.
    pub(super) const fn as_raw(self) -> c_int {
        self as c_int
    }
}

/// A [`DataDirection`] as a type: [`ToDevice`], [`FromDevice`] or [`Bidirectional`].
pub trait Direction: sealed::Sealed {
    /// The value.
    const DIRECTION: DataDirection;
}

/// A direction in which the device reads what the CPU has written: [`ToDevice`] or
/// [`Bidirectional`].
pub trait CpuWrites: Direction {}

/// The device reads what the CPU has written.
pub struct ToDevice;

/// The CPU reads what the device has written. What the device does not write keeps its value, or
/// not, as the kernel sees fit.
pub struct FromDevice;

/// Both write.
pub struct Bidirectional;

impl Direction for ToDevice {
    const DIRECTION: DataDirection = DataDirection::ToDevice;
}

impl Direction for FromDevice {
    const DIRECTION: DataDirection = DataDirection::FromDevice;
}

impl Direction for Bidirectional {
    const DIRECTION: DataDirection = DataDirection::Bidirectional;
}

impl CpuWrites for ToDevice {}
impl CpuWrites for Bidirectional {}

/// Whose turn it is: [`ForDevice`] or [`ForCpu`].
pub trait Turn: sealed::Sealed {
    /// How the mapping ends in this state. What the CPU has already been given must not be copied
    /// out of a bounce buffer once more: it may have changed it since.
    #[doc(hidden)]
    const UNMAP: Attrs;
}

/// The device has the memory; the CPU does not look.
pub struct ForDevice;

/// The CPU has the memory; the device has been told, or is known, to leave it alone.
pub struct ForCpu;

impl Turn for ForDevice {
    const UNMAP: Attrs = Attrs::NONE;
}

impl Turn for ForCpu {
    const UNMAP: Attrs = SKIP_CPU_SYNC;
}

mod sealed {
    #[doc(hidden)]
    pub trait Sealed {}
    impl Sealed for super::ToDevice {}
    impl Sealed for super::FromDevice {}
    impl Sealed for super::Bidirectional {}
    impl Sealed for super::ForDevice {}
    impl Sealed for super::ForCpu {}
}
