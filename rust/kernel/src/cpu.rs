// SPDX-License-Identifier: GPL-2.0-only

//! CPUs, and the nodes that they stand in.
//!
//! C headers: `include/linux/cpumask.h`, `include/linux/nodemask.h`.

/// How many CPUs there can ever be: `nr_cpu_ids`. At least one.
#[must_use]
pub fn possible() -> u32 {
    // SAFETY: this only reads a variable that does not change after boot.
    unsafe { bindings::ferrite_cpu_possible() }.max(1)
}

/// The CPU that runs this: `raw_smp_processor_id()`. A task that may be moved is on another one a moment
/// later. Any context.
#[must_use]
pub fn current() -> u32 {
    // SAFETY: this only reads a variable.
    unsafe { bindings::ferrite_cpu_current() }
}

/// How many NUMA nodes are online: `num_online_nodes()`. At least one.
///
/// ```
/// use kernel::alloc::NumaNode;
///
/// assert!(kernel::cpu::online_nodes() >= 1);
/// // On a machine with one node it is this one.
/// assert!(NumaNode::new(0).is_ok());
/// # Ok::<(), kernel::error::Error>(())
/// ```
#[must_use]
pub fn online_nodes() -> u32 {
    // SAFETY: this only reads a number.
    unsafe { bindings::ferrite_cpu_online_nodes() }.max(1)
}
