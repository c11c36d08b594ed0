// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The chips, by table.

/// Chips that a driver treats alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// TU10x and TU11x: falcons are loaded through their ports, and nothing checks with fuses.
    Turing,
    /// GA100: Ampere, with Turing's way to boot, no display, and a ROM that begins with its IFR header.
    Ga100,
    /// GA102 and those after it: falcons load by DMA and boot through their ROM.
    Ampere,
    /// AD10x: as Ampere.
    Ada,
}

/// A chip, on the card that stands for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Chip {
    /// What the command line calls it.
    pub name: &'static str,
    /// Architecture and implementation, as PMC_BOOT_42 has them in bits 29:20.
    pub code: u32,
    /// What it has in common with others.
    pub family: Family,
    /// The PCI device id of a card with it.
    pub device: u16,
    /// What that card is called.
    pub card: &'static str,
    /// How much memory that card has, in MiB.
    pub memory: u32,
    /// The fuse for the version of FWSEC: as many bits from below are blown.
    pub fwsec_fuse: u32,
    /// The versions that the signatures of FWSEC in its ROM are for, a bit each; none with a
    /// descriptor of version 2.
    pub fwsec_versions: u16,
}

const fn turing(
    name: &'static str,
    code: u32,
    device: u16,
    card: &'static str,
    memory: u32,
) -> Chip {
    Chip {
        name,
        code,
        family: Family::Turing,
        device,
        card,
        memory,
        fwsec_fuse: 0,
        fwsec_versions: 0,
    }
}

const fn ampere(
    name: &'static str,
    code: u32,
    device: u16,
    card: &'static str,
    memory: u32,
) -> Chip {
    Chip {
        name,
        code,
        family: Family::Ampere,
        device,
        card,
        memory,
        fwsec_fuse: 0x3,
        fwsec_versions: 0b0110,
    }
}

const fn ada(name: &'static str, code: u32, device: u16, card: &'static str, memory: u32) -> Chip {
    Chip {
        name,
        code,
        family: Family::Ada,
        device,
        card,
        memory,
        fwsec_fuse: 0x1,
        fwsec_versions: 0b0111,
    }
}

/// Chips of Hopper and Blackwell. They boot in another way, by a falcon of their own (FSP) that is sent messages, which
/// nobody models yet: each will be a line of [`CHIPS`] with a family that stands beside those of [`Family`].
pub const LATER: &[&str] = &[
    "gh100", "gb100", "gb102", "gb202", "gb203", "gb205", "gb206", "gb207",
];

/// Every chip that there is.
pub const CHIPS: &[Chip] = &[
    turing("tu102", 0x162, 0x1e07, "GeForce RTX 2080 Ti", 11264),
    turing("tu104", 0x164, 0x1e87, "GeForce RTX 2080", 8192),
    turing("tu106", 0x166, 0x1f02, "GeForce RTX 2070", 8192),
    turing("tu117", 0x167, 0x1f82, "GeForce GTX 1650", 4096),
    turing("tu116", 0x168, 0x2182, "GeForce GTX 1660 Ti", 6144),
    Chip {
        family: Family::Ga100,
        ..turing("ga100", 0x170, 0x20f1, "A100 PCIe 40GB", 40960)
    },
    ampere("ga102", 0x172, 0x2204, "GeForce RTX 3090", 24576),
    ampere("ga103", 0x173, 0x2460, "GeForce RTX 3080 Ti Laptop", 16384),
    ampere("ga104", 0x174, 0x2484, "GeForce RTX 3070", 8192),
    ampere("ga106", 0x176, 0x2503, "GeForce RTX 3060", 12288),
    ampere("ga107", 0x177, 0x2582, "GeForce RTX 3050", 8192),
    ada("ad102", 0x192, 0x2684, "GeForce RTX 4090", 24576),
    ada("ad103", 0x193, 0x2704, "GeForce RTX 4080", 16384),
    ada("ad104", 0x194, 0x2782, "GeForce RTX 4070 Ti", 12288),
    ada("ad106", 0x196, 0x2803, "GeForce RTX 4060 Ti", 8192),
    ada("ad107", 0x197, 0x2882, "GeForce RTX 4060", 8192),
];

impl Chip {
    /// The chip of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        CHIPS.iter().find(|chip| chip.name == name)
    }

    /// Its PCI class: one without a display is a 3D controller.
    #[must_use]
    pub fn class(&self) -> u32 {
        match self.family {
            Family::Ga100 => 0x03_02_00,
            _ => 0x03_00_00,
        }
    }

    /// Whether falcons load by DMA and check through their boot ROM, which GA102 began with.
    #[must_use]
    pub fn has_brom(&self) -> bool {
        matches!(self.family, Family::Ampere | Family::Ada)
    }

    /// Whether its falcons pulse their interrupt, and have a register to pulse it again; others hold it up.
    #[must_use]
    pub fn retriggers(&self) -> bool {
        self.family != Family::Turing
    }

    /// By which interrupt its GSP says that it waits. The GSP tells, and no driver may know it otherwise.
    #[must_use]
    pub fn gsp_vector(&self) -> u32 {
        match self.family {
            Family::Turing => 0x94,
            Family::Ga100 | Family::Ampere => 0xad,
            Family::Ada => 0xc3,
        }
    }

    /// What PMC_BOOT_0 reads, of revision a1.
    #[must_use]
    pub fn boot_0(&self) -> u32 {
        self.code << 20 | 0xa1
    }

    /// What PMC_BOOT_42 reads, of revision a1.
    #[must_use]
    pub fn boot_42(&self) -> u32 {
        self.code << 20 | 0xa << 16 | 0x1 << 12
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_ids_are_all_different() {
        for (index, chip) in CHIPS.iter().enumerate() {
            for other in &CHIPS[index + 1..] {
                assert_ne!(chip.name, other.name);
                assert_ne!(chip.code, other.code);
                assert_ne!(chip.device, other.device);
            }
            assert_eq!(Chip::find(chip.name), Some(chip));
        }
        assert_eq!(Chip::find("gp102"), None);
        for name in LATER {
            assert_eq!(Chip::find(name), None);
        }
    }

    #[test]
    fn boot_registers_as_cards_have_them() {
        let ga102 = Chip::find("ga102").unwrap();
        assert_eq!(ga102.boot_0(), 0x1720_00a1);
        assert_eq!(ga102.boot_42(), 0x172a_1000);
    }

    #[test]
    fn each_fuse_has_its_signature() {
        for chip in CHIPS {
            let version = u32::BITS - chip.fwsec_fuse.leading_zeros();
            let wanted = chip.fwsec_versions >> version & 1;
            assert_eq!(wanted == 1, chip.has_brom(), "{}", chip.name);
        }
    }
}
