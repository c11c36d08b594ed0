// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Devices that a guest has only where a scenario asks for them.

use std::ffi::OsString;

use anyhow::{Result, bail};

/// A device of QEMU's own.
#[derive(Debug, PartialEq, Eq)]
pub struct Device {
    /// What a scenario's header calls it.
    pub name: &'static str,
    /// What follows `-device`.
    argument: &'static str,
}

/// Every device.
pub const DEVICES: &[Device] = &[
    // A device for lessons: identification, a factorial with an interrupt, a DMA engine.
    Device {
        name: "edu",
        argument: "edu",
    },
    // Registers in memory and among the ports; and a range of plain memory behind a BAR of 64 bits.
    Device {
        name: "pci-testdev",
        argument: "pci-testdev,membar=16M",
    },
];

impl Device {
    /// QEMU's arguments for it.
    #[must_use]
    pub fn arguments(&self) -> [OsString; 2] {
        ["-device".into(), self.argument.into()]
    }
}

/// Finds a device by its name.
///
/// # Errors
///
/// There is none of that name.
pub fn find(name: &str) -> Result<&'static Device> {
    match DEVICES.iter().find(|d| d.name == name) {
        Some(device) => Ok(device),
        None => {
            let known: Vec<_> = DEVICES.iter().map(|d| d.name).collect();
            bail!(
                "there is no device '{name}'; the known ones are: {}",
                known.join(", ")
            )
        }
    }
}
