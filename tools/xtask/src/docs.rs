// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the sources of the `kernel` crate say of themselves: its public items, their documentation,
//! the examples in that.

pub mod examples;
pub mod source;
