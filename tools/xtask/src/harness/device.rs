// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Devices that a guest has only where a scenario asks for them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// A device.
#[derive(Debug, PartialEq, Eq)]
pub struct Device {
    /// What a scenario's header calls it.
    pub name: &'static str,
    make: Make,
}

#[derive(Debug, PartialEq, Eq)]
enum Make {
    /// QEMU's own: what follows `-device`.
    Own(&'static str),
    /// One of ours, behind a socket: the package whose program serves it.
    Served(&'static str),
}

/// Every device.
pub const DEVICES: &[Device] = &[
    // A device for lessons: identification, a factorial with an interrupt, a DMA engine.
    Device {
        name: "edu",
        make: Make::Own("edu"),
    },
    // Registers in memory and among the ports; and a range of plain memory behind a BAR of 64 bits.
    Device {
        name: "pci-testdev",
        make: Make::Own("pci-testdev,membar=16M"),
    },
    // A ring of descriptors worked off by DMA, with faults on demand: Documentation/ring-device.md.
    Device {
        name: "ring",
        make: Make::Served("ring-device"),
    },
];

impl Device {
    /// QEMU's arguments for it, with the sockets in this directory.
    ///
    /// A device behind a socket sits on a root port of its own: on the root complex QEMU hides that it
    /// is PCI Express. Each write waits for its answer, as the guest can end right behind one.
    #[must_use]
    pub fn arguments(&self, sockets: &Path) -> Vec<OsString> {
        let port = format!("{}-port", self.name);
        match self.make {
            Make::Own(argument) => vec!["-device".into(), argument.into()],
            Make::Served(_) => vec![
                "-device".into(),
                format!("pcie-root-port,id={port},chassis={}", self.slot()).into(),
                "-device".into(),
                serde_json::json!({
                    "driver": "vfio-user-pci",
                    "bus": port,
                    "x-no-posted-writes": true,
                    "x-msg-timeout": 60000,
                    "socket": { "type": "unix", "path": self.socket(sockets) },
                })
                .to_string()
                .into(),
            ],
        }
    }

    /// The package that serves it, if it is not QEMU's own.
    #[must_use]
    pub fn server(&self) -> Option<&'static str> {
        match self.make {
            Make::Own(_) => None,
            Make::Served(package) => Some(package),
        }
    }

    /// Where its socket is.
    #[must_use]
    pub fn socket(&self, sockets: &Path) -> PathBuf {
        sockets.join(self.name)
    }

    /// A number of its own among the slots.
    fn slot(&self) -> usize {
        1 + DEVICES.iter().take_while(|device| *device != self).count()
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
