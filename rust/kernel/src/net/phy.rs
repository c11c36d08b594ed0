// SPDX-License-Identifier: GPL-2.0-only

//! PHYs: the chips that turn a network device's bits into what goes over a cable.
//!
//! C header: `include/linux/phy.h`. What the functions do: `drivers/net/phy/phy.c`,
//! `drivers/net/phy/phy_device.c`, `drivers/net/phy/phy-c45.c`.
//!
//! A driver implements [`Driver`], and a module registers one or several of them:
//! [`module_phy_driver!`](crate::module_phy_driver), or [`Registration`] if there is more to it.
//! phylib calls them; a driver never has a PHY of its own accord.
//!
//! # The locks
//!
//! | in hand | proves | offers |
//! |---|---|---|
//! | [`Device`], that is [`Device<Locked>`](Device) | this task holds the PHY's lock | all |
//! | [`Device<Unlocked>`](Device) | the PHY is there | what it is, and its registers |
//! | [`HeldBus`](reg::HeldBus) | this task holds the bus | registers, by functions that do not take the bus |
//!
//! The PHY's lock comes before the bus's, so the last of these leads to nothing that would take the
//! former, and none of them outlives the call that it came with.
//!
//! Consumers: `drivers/net/phy/qt2025`, `drivers/net/phy/ax88796b`, `samples/phy`.

mod cable;
mod calls;
mod device;
mod driver;
mod id;
mod image;
pub mod reg;
mod registration;
mod stats;
#[cfg(feature = "ktest")]
mod tests;
mod tunable;

pub use cable::{CablePair, CableResult, CableTest};
pub(crate) use device::Held;
pub use device::{Device, DeviceState, DuplexMode, Lock, Locked, Unlocked};
pub use driver::{Driver, DriverVTable, Power, Status, flags};
pub use id::{DeviceId, DeviceMask, MdioDeviceId};
#[doc(hidden)]
pub use registration::ModuleDrivers;
pub use registration::Registration;
