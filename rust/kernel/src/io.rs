// SPDX-License-Identifier: GPL-2.0-only

//! Input and output: talking to devices.

pub mod poll;
