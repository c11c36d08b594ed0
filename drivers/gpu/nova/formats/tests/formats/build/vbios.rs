// SPDX-License-Identifier: GPL-2.0-only

//! ROMs.

use super::{Image, pattern};

/// Where in the image for PCs the BIT is.
pub(crate) const BIT: usize = 0x60;
/// Where in the image for PCs the pointer to the PMU table is.
pub(crate) const FALCON_DATA: usize = 0x90;
/// Where in the image for PCs the version is.
pub(crate) const VERSION: usize = 0x98;
/// Where in the FWSEC image the PMU table is.
pub(crate) const PMU: usize = 0x50;
/// Where in the FWSEC image the descriptor is.
pub(crate) const DESCRIPTOR: usize = 0x80;
/// Where in the data of FWSEC the interfaces are, the mapper, and the command.
pub(crate) const INTERFACES: usize = 0x20;
pub(crate) const MAPPER: usize = 0x40;
pub(crate) const COMMAND: usize = 0x90;
/// Where in the data of FWSEC the signature goes.
pub(crate) const SIGNATURE: usize = 0x100;
pub(crate) const CODE_SIZE: usize = 0x200;
pub(crate) const DATA_SIZE: usize = 0x300;

/// A ROM as it shall be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rom {
    /// The version of the descriptor of FWSEC.
    pub(crate) descriptor: u8,
    /// The versions of the signatures, a bit for each.
    pub(crate) signatures: u16,
    /// The version of the IFR header, or 0 for none.
    pub(crate) ifr: u8,
    /// Whether the images have an NPDE, and PCIR is wrong where that is right.
    pub(crate) npde: bool,
    /// Whether an image for EFI lies between the two that are needed.
    pub(crate) efi: bool,
}

impl Default for Rom {
    fn default() -> Self {
        Self {
            descriptor: 3,
            signatures: 0b0110,
            ifr: 0,
            npde: true,
            efi: true,
        }
    }
}

impl Rom {
    pub(crate) fn turing() -> Self {
        Self {
            descriptor: 2,
            signatures: 0,
            ..Self::default()
        }
    }

    /// All of it.
    pub(crate) fn build(&self) -> Vec<u8> {
        let pc_at = self.pc_at();
        let mut rom = ifr(self.ifr);
        rom.extend(self.finish(pc_at, 0x00, false));
        if self.efi {
            rom.extend(self.finish(Image::of(0x300), 0x03, false));
        }
        let fwsec = self.fwsec(self.pc_at_size());
        rom.extend(self.finish(fwsec, 0xe0, false));
        // A second one, which is part of the section.
        rom.extend(self.finish(Image::of(0x100), 0xe0, true));
        rom
    }

    fn pc_at_size(&self) -> usize {
        self.finish(self.pc_at(), 0, false).len()
    }

    /// The image for PCs, with the BIT.
    fn pc_at(&self) -> Image {
        let mut image = Image::of(0x200);
        image
            .put(BIT, b"\xff\xb8BIT\0")
            .u16(BIT + 6, 0x100)
            .put(BIT + 8, &[12, 6, 2, 0])
            // A token that is not looked for, then the one that is.
            .put(BIT + 12, &[0x69, 2])
            .u16(BIT + 14, 5)
            .u16(BIT + 16, VERSION as u16)
            .put(BIT + 18, &[0x70, 2])
            .u16(BIT + 20, 4)
            .u16(BIT + 22, FALCON_DATA as u16);
        image.put(VERSION, &[0x40, 0x42, 0x02, 0x94, 0x5d]);
        // It points behind this image, into the first FWSEC image.
        let size = if self.npde { 0x400 } else { 0x200 };
        image.u32(FALCON_DATA, (size + PMU) as u32);
        image
    }

    /// The FWSEC image, behind `base` bytes of the image for PCs.
    fn fwsec(&self, base: usize) -> Image {
        let mut image = Image::of(0x80);
        image
            .put(PMU, &[1, 6, 6, 3, 3, 0])
            .put(PMU + 6, &[0x05, 1])
            .u32(PMU + 8, 0)
            .put(PMU + 12, &[0x85, 1])
            .u32(PMU + 14, (base + DESCRIPTOR) as u32)
            .put(PMU + 18, &[0x45, 1])
            .u32(PMU + 20, 0);
        let head = self.descriptor(&mut image);
        image
            .put(head, &pattern(1, CODE_SIZE))
            .put(head + CODE_SIZE, &self.data().0);
        image
    }

    /// The descriptor with its signatures; returns where it ends.
    fn descriptor(&self, image: &mut Image) -> usize {
        let (code, data) = (CODE_SIZE as u32, DATA_SIZE as u32);
        let stored = code + data;
        match self.descriptor {
            2 => {
                let head = 1 | 2 << 8 | 60 << 16;
                image.words(
                    DESCRIPTOR,
                    &[
                        head,
                        stored,
                        stored,
                        0,
                        INTERFACES as u32,
                        0,
                        code,
                        0,
                        0x100,
                        0x100,
                        code,
                        0,
                        data,
                        0,
                        0,
                    ],
                );
                DESCRIPTOR + 60
            }
            version => {
                let count = self.signatures.count_ones();
                let size = 44 + 384 * count;
                let head = 1 | u32::from(version) << 8 | size << 16;
                image
                    .words(
                        DESCRIPTOR,
                        &[
                            head,
                            stored,
                            SIGNATURE as u32,
                            INTERFACES as u32,
                            0,
                            code,
                            0,
                            0,
                            data,
                        ],
                    )
                    .u16(DESCRIPTOR + 0x24, 0x400)
                    .u8(DESCRIPTOR + 0x26, 9)
                    .u8(DESCRIPTOR + 0x27, count as u8)
                    .u16(DESCRIPTOR + 0x28, self.signatures);
                for index in 0..count as usize {
                    let at = DESCRIPTOR + 44 + 384 * index;
                    image.put(at, &signature(index));
                }
                DESCRIPTOR + size as usize
            }
        }
    }

    fn data(&self) -> Image {
        let mut data = Image::of(DATA_SIZE);
        data.put(INTERFACES, &[1, 4, 8, 2])
            .words(INTERFACES + 4, &[1, 0, 4, MAPPER as u32])
            .put(MAPPER, b"DMAP")
            .u16(MAPPER + 4, 3)
            .u16(MAPPER + 6, 64)
            .words(MAPPER + 8, &[COMMAND as u32, 44])
            .u32(MAPPER + 0x2c, 0);
        data
    }

    /// Makes a PCI image of it.
    fn finish(&self, mut image: Image, kind: u8, last: bool) -> Vec<u8> {
        const PCIR: usize = 0x1c;
        let size = image.len().next_multiple_of(512) + if self.npde { 512 } else { 0 };
        let units = (size / 512) as u16;
        // With an NPDE, PCIR has another size, and is not the last.
        let (its_units, its_flags) = match self.npde {
            true => (1, 0),
            false => (units, u8::from(last) << 7),
        };
        image
            .u16(0, 0xaa55)
            .u16(0x18, PCIR as u16)
            .put(PCIR, b"PCIR")
            .u16(PCIR + 4, 0x10de)
            .u16(PCIR + 6, 0x2204)
            .u16(PCIR + 10, 0x18)
            .u16(PCIR + 0x10, its_units)
            .u8(PCIR + 0x14, kind)
            .u8(PCIR + 0x15, its_flags);
        if self.npde {
            // Behind PCIR, at a multiple of sixteen.
            image
                .put(0x40, b"NPDE")
                .u16(0x44, 0x0101)
                .u16(0x46, 11)
                .u16(0x48, units)
                .u8(0x4a, u8::from(last) << 7);
        }
        image.0.resize(size, 0);
        image.0
    }
}

/// The signature with this number.
pub(crate) fn signature(index: usize) -> Vec<u8> {
    pattern(0x40 + index as u8, 384)
}

/// What comes before the first image.
fn ifr(version: u8) -> Vec<u8> {
    let mut image = Image::default();
    let fixed = |size: u32| u32::from(version) << 8 | size << 16;
    match version {
        0 => {}
        1 | 2 => {
            image
                .words(0, &[0x4947_564e, fixed(0x20), 0x30])
                .u32(0x24, 0x200);
            image.0.resize(0x200, 0);
        }
        _ => {
            image
                .words(0, &[0x4947_564e, fixed(0x20), 0x30])
                .u32(0x30, 0x400)
                .put(0x1400, b"RFRD")
                .u32(0x1408, 0x1600);
            image.0.resize(0x1600, 0);
        }
    }
    image.0
}
