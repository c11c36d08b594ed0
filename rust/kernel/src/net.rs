// SPDX-License-Identifier: GPL-2.0-only

//! Networking.

pub mod mdio;
pub mod phy;
