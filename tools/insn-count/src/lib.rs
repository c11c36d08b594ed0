// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A plugin for QEMU's TCG that counts the instructions which a guest executes in a *section*.
//!
//! A section lies between two [`marker`]s, instructions that do nothing, which a program of the guest
//! executes. Every instruction adds one to the counter of the translated block that it stands in;
//! at the end of a section the [`recorder`] writes what each block has been counted for, by the
//! block's address, as one line of JSON. Whose code lies there is the reader's to find out, from the
//! symbols of the guest: so nothing has to be known of the guest while it runs, and one counter an
//! instruction answers every question, how many in all, in a module, in a function.
//!
//! [`plugin`] is the part that QEMU loads; it is left out of the tests, which have no QEMU around them.
//!
//! Usage: `-plugin file=libinsn_count.so,out=FILE,kernel=0xffff800000000000`. What lies below
//! `kernel` belongs to many programs at the same addresses and is counted as one.

pub mod arguments;
pub mod marker;
#[cfg(not(test))]
pub mod plugin;
pub mod recorder;
