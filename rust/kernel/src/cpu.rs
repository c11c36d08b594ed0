// SPDX-License-Identifier: GPL-2.0-only

//! CPUs.
//!
//! C header: `include/linux/cpumask.h`.

/// How many CPUs there can ever be: `nr_cpu_ids`. At least one.
#[must_use]
pub fn possible() -> u32 {
    // SAFETY: this only reads a variable that does not change after boot.
    unsafe { bindings::ferrite_cpu_possible() }.max(1)
}
