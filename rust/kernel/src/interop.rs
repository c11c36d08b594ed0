// SPDX-License-Identifier: GPL-2.0-only

//! What C has made, as abstractions of its subsystems look at it.

pub mod list;
