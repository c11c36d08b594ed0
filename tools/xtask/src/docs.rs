// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the sources of the `kernel` crate say of themselves: its public items, their documentation,
//! the examples in that; and the pages that are made of them.

pub mod c_api;
pub mod examples;
mod headers;
pub mod pages;
pub mod refused;
mod shims;
pub mod source;
