// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Devices that a guest has only where a scenario asks for them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

/// A device.
#[derive(Debug, PartialEq, Eq)]
pub struct Device {
    /// What a scenario's header calls it.
    pub name: &'static str,
    make: Make,
    /// How it shall be: `key=value` words.
    options: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Make {
    /// QEMU's own: what follows `-device`.
    Own(&'static str),
    /// The same, on a root port of its own, by which it can be reset.
    OnPort(&'static str),
    /// One of ours, behind a socket: the package whose program serves it.
    Served(&'static str),
}

/// Every device.
pub const DEVICES: &[Device] = &[
    // A device for lessons: identification, a factorial with an interrupt, a DMA engine.
    Device {
        name: "edu",
        make: Make::OnPort("edu"),
        options: "",
    },
    // Registers in memory and among the ports; and a range of plain memory behind a BAR of 64 bits.
    Device {
        name: "pci-testdev",
        make: Make::Own("pci-testdev,membar=16M"),
        options: "",
    },
    // A network card that could be several: SR-IOV.
    Device {
        name: "igb",
        make: Make::OnPort("igb"),
        options: "",
    },
    // A card that the machine's firmware shows text on, and the kernel a console.
    Device {
        name: "vga",
        make: Make::Own("VGA"),
        options: "",
    },
    // A watchdog: 16 bytes behind its BAR, less than any driver of ours wants.
    Device {
        name: "i6300esb",
        make: Make::Own("i6300esb"),
        options: "",
    },
    // A ring of descriptors worked off by DMA, with faults on demand: Documentation/ring-device.md.
    Device {
        name: "ring",
        make: Make::Served("ring-device"),
        options: "",
    },
    // A virtual GPU, of the chip that its options say: Documentation/gpu/nova/vgpu.md.
    Device {
        name: "vgpu",
        make: Make::Served("vgpu"),
        options: "",
    },
];

impl Device {
    /// QEMU's arguments for it, with the sockets in this directory.
    ///
    /// A device behind a socket sits on a root port of its own: on the root complex QEMU hides that it
    /// is PCI Express. Each write waits for its answer, as the guest can end right behind one.
    #[must_use]
    pub fn arguments(&self, sockets: &Path) -> Vec<OsString> {
        let name = format!("{}-port", self.name);
        // So slow that a kernel which has reset what is below the port waits for the device to answer. It
        // would wait for a link that is up otherwise, and QEMU's port never says that it is.
        let port = format!("pcie-root-port,id={name},chassis={},x-speed=5", self.slot());
        match self.make {
            Make::Own(argument) => vec!["-device".into(), argument.into()],
            Make::OnPort(argument) => vec![
                "-device".into(),
                port.into(),
                "-device".into(),
                format!("{argument},bus={name}").into(),
            ],
            Make::Served(_) => vec![
                "-device".into(),
                port.into(),
                "-device".into(),
                serde_json::json!({
                    "driver": "vfio-user-pci",
                    "bus": name,
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
            Make::Own(_) | Make::OnPort(_) => None,
            Make::Served(package) => Some(package),
        }
    }

    /// Whether its driver asks for firmware, which the program that serves it then can write.
    #[must_use]
    pub fn has_firmware(&self) -> bool {
        self.name == "vgpu"
    }

    /// What the program that serves it is told beyond its sockets.
    pub fn options(&self) -> impl Iterator<Item = String> {
        self.options.split_whitespace().map(|o| format!("--{o}"))
    }

    /// Whether it is as it is when nothing is said.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.options.is_empty()
    }

    /// Where its socket is.
    #[must_use]
    pub fn socket(&self, sockets: &Path) -> PathBuf {
        sockets.join(self.name)
    }

    /// A number of its own among the slots.
    #[must_use]
    pub fn slot(&self) -> usize {
        1 + DEVICES.iter().take_while(|d| d.name != self.name).count()
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

/// Reads names of devices, each with the options that follow it: `edu vgpu chip=tu102`.
///
/// # Errors
///
/// There is none of that name, one is there twice, or one of QEMU's own has options.
pub fn parse(text: &str) -> Result<Vec<&'static Device>> {
    let mut devices: Vec<&'static Device> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(name) = words.next() {
        let device = find(name)?;
        ensure!(
            devices.iter().all(|d| d.name != name),
            "the device {name} is there twice"
        );
        let mut options = Vec::new();
        while let Some(option) = words.next_if(|word| word.contains('=')) {
            options.push(option);
        }
        if options.is_empty() {
            devices.push(device);
            continue;
        }
        ensure!(
            device.server().is_some(),
            "the device {name} has no options"
        );
        // There are as many as scenarios at most, and they are there as long as those in the table.
        devices.push(Box::leak(Box::new(Device {
            name: device.name,
            make: device.make,
            options: Box::leak(options.join(" ").into_boxed_str()),
        })));
    }
    Ok(devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_follow_their_device() {
        let devices = parse("edu vgpu chip=tu102 fault=stuck,register=10").unwrap();
        assert_eq!(devices[0], find("edu").unwrap());
        assert_eq!(devices[1].name, "vgpu");
        assert_ne!(devices[1], find("vgpu").unwrap());
        assert_eq!(devices[1].slot(), find("vgpu").unwrap().slot());
        assert_eq!(
            devices,
            parse("edu vgpu chip=tu102 fault=stuck,register=10").unwrap()
        );
        let options: Vec<_> = devices[1].options().collect();
        assert_eq!(options, ["--chip=tu102", "--fault=stuck,register=10"]);
        for wrong in ["edu chip=x", "vgpu vgpu", "chip=x vgpu"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
