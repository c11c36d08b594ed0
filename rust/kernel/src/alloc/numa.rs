// SPDX-License-Identifier: GPL-2.0-only

//! Nodes of memory.

use crate::error::Result;
use crate::error::code::EINVAL;

/// A node of a machine with non-uniform memory access: memory and the CPUs that are near to it.
///
/// Holding one proves that the node was there when the value was made. The kernel keeps what it
/// knows about a node when its memory goes.
///
/// C header: `include/linux/nodemask.h`.
///
/// # Examples
///
/// ```
/// # use kernel::prelude::*;
/// use kernel::alloc::NumaNode;
///
/// assert_eq!(NumaNode::new(0)?.as_raw(), 0);
/// assert_eq!(NumaNode::new(-1).err(), Some(EINVAL));
/// assert_eq!(NumaNode::new(i32::MAX).err(), Some(EINVAL));
/// assert_eq!(NumaNode::NO_NODE.as_raw(), -1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumaNode(i32);

impl NumaNode {
    /// No wish: the memory comes from where the allocator likes.
    pub const NO_NODE: Self = Self(bindings::NUMA_NO_NODE);

    /// The node with that number.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there is none, or it is offline.
    pub fn new(node: i32) -> Result<Self> {
        // SAFETY: any number is fine to ask about.
        if unsafe { bindings::ferrite_node_is_online(node) } {
            Ok(Self(node))
        } else {
            Err(EINVAL)
        }
    }

    /// A node that the kernel has named.
    pub(crate) const fn of(node: i32) -> Self {
        Self(node)
    }

    /// The kernel's number for it.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}
