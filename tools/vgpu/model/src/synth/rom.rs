// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A VBIOS: images for the PC's firmware and for EFI, then two with FWSEC.
//!
//! Where a driver has a choice and one way is wrong, this has the case that shows: the length in the
//! vendor's extension is not that in the PCI data structure, the images between are skipped in the
//! pointers, the microcode is in the second of its two images, the first signature is not the one
//! that the fuse asks for.

use vgpu_facts::chip::{Chip, Family};
use vgpu_facts::falcon;
use vgpu_facts::rom::*;

use super::sign::{Terms, sign};
use super::{Bytes, noise};

/// What is wrong with a ROM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Defect {
    /// Nothing.
    #[default]
    None,
    /// It reads all ones.
    Absent,
    /// It reads zeros.
    Zero,
    /// It has no BIT.
    NoBit,
    /// The BIT has no token for the falcons' data.
    NoToken,
    /// No image is of the kind of FWSEC's.
    NoFwsec,
    /// The first image is 0 bytes long, by all that it says.
    NoLength,
    /// No image is the last.
    Endless,
    /// The data structure of the first image is past its end.
    DataWild,
    /// The pointer to the falcons' data is past the end.
    PointerWild,
    /// The pointer to the falcons' data is inside the first image.
    PointerLow,
    /// The table of microcode says that it has 255 entries of 255 bytes.
    TableHuge,
    /// The table of microcode says that its entries have 0 bytes.
    TableEmpty,
    /// The table of microcode does not have FWSEC.
    NoEntry,
    /// The descriptor of FWSEC is of a version that nobody knows.
    DescriptorVersion,
    /// The descriptor of FWSEC says that it is longer than the ROM.
    DescriptorHuge,
    /// FWSEC's code says that it has almost 4 GiB.
    CodeHuge,
    /// FWSEC's interfaces are past the end of its data.
    InterfaceWild,
    /// FWSEC has no interface for commands.
    NoInterface,
    /// FWSEC's place for commands is past the end of its data.
    CommandWild,
    /// FWSEC's place for its signature is past the end of its data; with version 2 that of its data.
    SignatureWild,
    /// FWSEC's signatures are for versions before the fuse's.
    Fuse,
    /// FWSEC's signatures are wrong; with version 2 its code is.
    Signature,
}

/// A piece of microcode, and what a card knows of it that nobody tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fwsec {
    /// Its code, as it is right.
    pub code: Vec<u8>,
    /// How much of that, from the start, is not secure.
    pub open: usize,
    /// Its data, as the ROM has them.
    pub data: Vec<u8>,
    /// Whether the boot ROM checks a signature, and with which terms; the version is the fuse's.
    pub terms: Option<Terms>,
}

/// Which microcode FWSEC is.
pub const FWSEC_ID: u8 = 9;
/// Where in the data FWSEC's interfaces are.
pub const INTERFACES: usize = 0x20;
/// Where in the data its mapper is.
pub const MAPPER: usize = 0x40;
/// Where in the data its command goes.
pub const COMMAND: usize = 0x80;
/// How much room a command has.
pub const COMMAND_ROOM: usize = 0x80;
/// Where in the data its signature goes.
pub const FWSEC_SIGNATURE: usize = 0x180;

const CODE: usize = 0x1000;
const OPEN: usize = 0x100;
const DATA: usize = 0x400;

/// Where things are in an image.
const PCIR: usize = 0x40;
const NPDE: usize = 0x60;
const BIT: usize = 0x100;
const FALCON_DATA: usize = 0x180;
const VERSION_DATA: usize = 0x190;
const FIRST_SIZE: usize = 0x2000;
const SECOND_SIZE: usize = 0x1000;
const THIRD_SIZE: usize = 0x800;
const TABLE: usize = 0x80;
const DESCRIPTOR: usize = 0x100;

/// The FWSEC of a chip.
#[must_use]
pub fn fwsec(chip: &Chip) -> Fwsec {
    let mut code = noise(0x4657_5345_4300_0000 | u64::from(chip.code), CODE);
    code[..16].copy_from_slice(b"vgpu fwsec\0\0\0\0\0\0");
    let mut data = Bytes(noise(u64::from(chip.code), DATA));
    data.put(INTERFACES, &[1, 4, 8, 2]);
    data.put32(INTERFACES + 4, INTERFACE_DEVINIT);
    data.put32(INTERFACES + 8, 0x10);
    data.put32(INTERFACES + 12, INTERFACE_DMEMMAPPER);
    data.put32(INTERFACES + 16, MAPPER as u32);
    data.put(MAPPER, &[0; DMEMMAPPER_SIZE as usize]);
    data.put32(MAPPER, DMEMMAPPER_SIGNATURE);
    data.put16(MAPPER + 4, 3);
    data.put16(MAPPER + 6, DMEMMAPPER_SIZE);
    data.put32(MAPPER + 8, COMMAND as u32);
    data.put32(MAPPER + 0x0c, COMMAND_ROOM as u32);
    data.put32(MAPPER + 0x10, 0x100);
    data.put32(MAPPER + 0x14, 0x80);
    // It can do both commands.
    data.put32(MAPPER + 0x34, 1 << COMMAND_FRTS | 1 << COMMAND_SB);
    data.put(COMMAND, &[0; COMMAND_ROOM]);
    data.put(FWSEC_SIGNATURE, &[0; SIGNATURE]);
    Fwsec {
        code,
        open: if chip.has_brom() { 0 } else { OPEN },
        data: data.0,
        terms: chip.has_brom().then_some(Terms {
            engines: falcon::GSP.mask,
            id: FWSEC_ID,
            version: u32::BITS - chip.fwsec_fuse.leading_zeros(),
        }),
    }
}

/// The whole ROM, as PROM shows it from its start.
#[must_use]
pub fn rom(chip: &Chip, defect: Defect) -> Vec<u8> {
    match defect {
        Defect::Absent => return Vec::new(),
        Defect::Zero => return vec![0; 0x10_0000],
        _ => {}
    }
    let mut rom = Bytes::default();
    if chip.family == Family::Ga100 {
        ifr(&mut rom);
    }
    let last = |wanted: bool| wanted && defect != Defect::Endless;
    let kind = if defect == Defect::NoFwsec {
        IMAGE_EFI
    } else {
        IMAGE_FWSEC
    };
    let mut first = image(chip, IMAGE_PC_AT, FIRST_SIZE, last(false));
    boot_image(&mut first, defect);
    rom.0.extend(first.0);
    rom.0
        .extend(image(chip, IMAGE_EFI, SECOND_SIZE, last(false)).0);
    rom.0.extend(image(chip, kind, THIRD_SIZE, last(false)).0);
    let body = fwsec_image(chip, defect);
    let size = body.end(IMAGE_UNIT);
    let mut fourth = image(chip, kind, size, last(true));
    fourth.put(TABLE, &body.0[TABLE..]);
    rom.0.extend(fourth.0);
    rom.0
}

/// The header before the images, of version 3.
fn ifr(rom: &mut Bytes) {
    const TOTAL: usize = 0x40;
    const STATUS: u32 = 0x200;
    let directory = (STATUS + IFR_DIRECTORY_OFFSET) as usize;
    rom.put32(0x00, IFR_SIGNATURE);
    rom.put32(0x04, 0x14 << 16 | 3 << 8);
    rom.put32(0x08, TOTAL as u32);
    rom.put32(TOTAL, STATUS);
    rom.put32(directory, IFR_DIRECTORY);
    rom.put32(directory + 8, directory as u32 + 0x200);
    rom.put(directory + 0x200, &[]);
    rom.pad(0x200);
}

/// An image with nothing in it but what it says of itself.
fn image(chip: &Chip, kind: u8, size: usize, last: bool) -> Bytes {
    let mut image = Bytes(vec![0; size]);
    let units = (size / IMAGE_UNIT) as u16;
    let own = kind == IMAGE_FWSEC;
    let (signature, name) = if own {
        (IMAGE_SIGNATURE_VENDOR, b"NPDS")
    } else {
        (IMAGE_SIGNATURE, b"PCIR")
    };
    image.put16(0, signature);
    image.put8(2, units as u8);
    // A far return, should anybody run it.
    image.put8(3, 0xcb);
    image.put16(IMAGE_DATA_POINTER, PCIR as u16);
    image.put(PCIR, name);
    image.put16(PCIR + 0x04, 0x10de);
    image.put16(PCIR + 0x06, chip.device);
    image.put16(PCIR + 0x0a, PCIR_SIZE as u16);
    image.put(PCIR + 0x0d, &chip.class().to_le_bytes()[..3]);
    // The vendor's extension knows better.
    image.put16(PCIR + 0x10, units + u16::from(!own));
    image.put8(PCIR + 0x14, kind);
    image.put8(PCIR + 0x15, if last { IMAGE_LAST } else { 0 });
    image.put(NPDE, b"NPDE");
    image.put16(NPDE + 4, 0x0101);
    image.put16(NPDE + 6, NPDE_SIZE as u16);
    image.put16(NPDE + 8, units);
    image.put8(NPDE + 10, if last { IMAGE_LAST } else { 0 });
    image
}

/// What the image for the PC's firmware has beside that.
fn boot_image(image: &mut Bytes, defect: Defect) {
    if defect != Defect::NoBit {
        image.put(BIT, &BIT_PATTERN);
        image.put16(BIT + 6, 0x0100);
        image.put(BIT + 8, &[BIT_HEADER, BIT_TOKEN, 2]);
        let tokens = BIT + usize::from(BIT_HEADER);
        token(image, tokens, TOKEN_VERSION, 5, VERSION_DATA);
        let id = if defect == Defect::NoToken {
            0
        } else {
            TOKEN_FALCON_DATA
        };
        token(image, tokens + 6, id, 4, FALCON_DATA);
    }
    image.put(VERSION_DATA, &[1, 0, 0, 0x94, 0]);
    // The images between are not counted.
    let pointer = FIRST_SIZE + THIRD_SIZE + TABLE;
    let pointer = match defect {
        Defect::PointerWild => 0xffff_fff0,
        Defect::PointerLow => 0x200,
        _ => pointer as u32,
    };
    image.put32(FALCON_DATA, pointer);
    if defect == Defect::NoLength {
        image.put16(PCIR + 0x10, 0);
        image.put16(NPDE + 8, 0);
    }
    if defect == Defect::DataWild {
        image.put16(IMAGE_DATA_POINTER, 0xfff0);
    }
    let sum = image
        .0
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    image.put8(FIRST_SIZE - 1, sum.wrapping_neg());
}

fn token(image: &mut Bytes, at: usize, id: u8, size: u16, data: usize) {
    image.put(at, &[id, 2]);
    image.put16(at + 2, size);
    image.put16(at + 4, data as u16);
}

/// What the second image with FWSEC has from its table on.
fn fwsec_image(chip: &Chip, defect: Defect) -> Bytes {
    let fwsec = fwsec(chip);
    let mut image = Bytes::default();
    let (length, count) = match defect {
        Defect::TableHuge => (255, 255),
        Defect::TableEmpty => (0, 3),
        _ => (6, 3),
    };
    image.put(TABLE, &[1, 6, length, count, 3, 0]);
    let application = if defect == Defect::NoEntry {
        0x77
    } else {
        APP_FWSEC
    };
    let address = (FIRST_SIZE + THIRD_SIZE + DESCRIPTOR) as u32;
    let entries = [
        (APP_LICENCE, address + 0x40),
        (APP_FWSEC_DEBUG, address),
        (application, address),
    ];
    for (index, (id, address)) in entries.into_iter().enumerate() {
        let at = TABLE + 6 + 6 * index;
        image.put(at, &[id, 1]);
        image.put32(at + 2, address);
    }
    let size = match fwsec.terms {
        Some(terms) => descriptor_v3(&mut image, chip, &fwsec, terms, defect),
        None => descriptor_v2(&mut image, &fwsec, defect),
    };
    let version = match (defect, fwsec.terms) {
        (Defect::DescriptorVersion, _) => 9,
        (_, Some(_)) => 3,
        (_, None) => 2,
    };
    let stated = if defect == Defect::DescriptorHuge {
        0xffff
    } else {
        size
    };
    image.put32(DESCRIPTOR, u32::from(stated) << 16 | version << 8 | 1);
    let code = DESCRIPTOR + usize::from(size);
    let mut bytes = fwsec.code.clone();
    if defect == Defect::Signature && fwsec.terms.is_none() {
        bytes[OPEN + 7] ^= 0x10;
    }
    image.put(code, &bytes);
    let mut data = Bytes(fwsec.data);
    match defect {
        Defect::NoInterface => data.put32(INTERFACES + 12, 99),
        Defect::CommandWild => data.put32(MAPPER + 8, 0xffff_fff8),
        _ => {}
    }
    image.put(code + CODE, &data.0);
    image
}

fn code_size(defect: Defect) -> u32 {
    if defect == Defect::CodeHuge {
        0xffff_ff00
    } else {
        CODE as u32
    }
}

fn interfaces(defect: Defect) -> u32 {
    if defect == Defect::InterfaceWild {
        0xffff_fffc
    } else {
        INTERFACES as u32
    }
}

fn descriptor_v2(image: &mut Bytes, fwsec: &Fwsec, defect: Defect) -> u16 {
    let data = if defect == Defect::SignatureWild {
        0xffff_0000
    } else {
        CODE as u32
    };
    let words = [
        (CODE + DATA) as u32,
        (CODE + DATA) as u32,
        0,
        interfaces(defect),
        0,
        code_size(defect),
        0,
        fwsec.open as u32,
        (CODE - fwsec.open) as u32,
        data,
        0,
        DATA as u32,
        0,
        0,
    ];
    for (index, word) in words.into_iter().enumerate() {
        image.put32(DESCRIPTOR + 4 + 4 * index, word);
    }
    DESCRIPTOR_V2
}

fn descriptor_v3(
    image: &mut Bytes,
    chip: &Chip,
    fwsec: &Fwsec,
    terms: Terms,
    defect: Defect,
) -> u16 {
    let versions = if defect == Defect::Fuse {
        1
    } else {
        chip.fwsec_versions
    };
    let signature = if defect == Defect::SignatureWild {
        0xffff_ff80
    } else {
        FWSEC_SIGNATURE as u32
    };
    let words = [
        (CODE + DATA) as u32,
        signature,
        interfaces(defect),
        0,
        code_size(defect),
        0,
        0,
        DATA as u32,
    ];
    for (index, word) in words.into_iter().enumerate() {
        image.put32(DESCRIPTOR + 4 + 4 * index, word);
    }
    let count = versions.count_ones();
    image.put16(DESCRIPTOR + 0x24, terms.engines as u16);
    image.put(DESCRIPTOR + 0x26, &[terms.id, count as u8]);
    image.put16(DESCRIPTOR + 0x28, versions);
    let mut at = DESCRIPTOR + usize::from(DESCRIPTOR_V3);
    for version in (0..16).filter(|version| versions >> version & 1 == 1) {
        let mut signature = sign(&fwsec.code, Terms { version, ..terms });
        if defect == Defect::Signature {
            signature[100] ^= 1;
        }
        image.put(at, &signature);
        at += SIGNATURE;
    }
    DESCRIPTOR_V3 + SIGNATURE as u16 * count as u16
}

#[cfg(test)]
mod tests;
