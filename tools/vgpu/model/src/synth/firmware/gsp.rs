// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the GSP runs: its bootloader, which its RISC-V core starts with, and its image.

use std::sync::OnceLock;

use vgpu_facts::chip::{Chip, Family};
use vgpu_facts::release::{R570, RELEASES, Release};

use super::Tagged;
use crate::synth::sign::{Terms, sign};
use crate::synth::{Bytes, noise};

/// How large the file of its signature is.
pub const SIGNATURE: usize = 0x1000;

/// Chips that share an image.
fn group(chip: &Chip) -> u64 {
    match chip.family {
        Family::Turing if chip.code >= 0x167 => 2,
        Family::Turing => 1,
        Family::Ga100 => 3,
        Family::Ampere => 4,
        Family::Ada => 5,
    }
}

/// The image: more than 2 MiB, so that its tables have two pages; with a part of a page at its end on
/// Turing and GA100.
#[must_use]
pub fn image(chip: &Chip, release: &Release) -> Vec<u8> {
    kept(&IMAGES, chip, release, || {
        let part = if chip.has_brom() { 0 } else { 0x350 };
        let seed = 0x0067_7370 | group(chip) << 32 | super::seed(release);
        noise(seed, 0x20_3000 + part)
    })
}

/// Images and signatures that have been made: each takes a while, and is checked at each start.
static IMAGES: [OnceLock<Vec<u8>>; KINDS] = [const { OnceLock::new() }; KINDS];
static SIGNATURES: [OnceLock<Vec<u8>>; KINDS] = [const { OnceLock::new() }; KINDS];

/// How many different ones there are of each.
const KINDS: usize = FAMILIES.len() * RELEASES.len();

fn kept(
    all: &[OnceLock<Vec<u8>>],
    chip: &Chip,
    release: &Release,
    make: impl FnOnce() -> Vec<u8>,
) -> Vec<u8> {
    let family = group(chip) as usize - 1;
    all[FAMILIES.len() * release.index() + family]
        .get_or_init(make)
        .clone()
}

/// Its signature.
#[must_use]
pub fn signature(chip: &Chip, release: &Release) -> Vec<u8> {
    kept(&SIGNATURES, chip, release, || {
        let terms = Terms {
            engines: group(chip) as u32,
            id: 0,
            version: 0,
        };
        sign(&image(chip, release), terms).repeat(SIGNATURE.div_ceil(384))[..SIGNATURE].to_vec()
    })
}

/// Where things are in the bootloader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The code.
    pub code: u32,
    /// The data.
    pub data: u32,
    /// What says which is which.
    pub manifest: u32,
    /// How large it is.
    pub size: u32,
    /// What the driver writes into FALCON_OS.
    pub version: u32,
}

/// Where things are in the bootloader of a chip.
#[must_use]
pub fn layout(chip: &Chip) -> Layout {
    if chip.has_brom() {
        Layout {
            code: 0x1800,
            data: 0x800,
            manifest: 0,
            size: 0x3000,
            version: 7,
        }
    } else {
        Layout {
            code: 0,
            data: 0,
            manifest: 0,
            size: 0x1000,
            version: 0,
        }
    }
}

/// The bootloader's code.
#[must_use]
pub fn bootloader_image(chip: &Chip, release: &Release) -> Vec<u8> {
    let seed = 0x0062_6c67 | group(chip) << 32 | super::seed(release);
    noise(seed, layout(chip).size as usize)
}

/// `gsp.tlv`
#[must_use]
pub fn tagged(chip: &Chip) -> Vec<u8> {
    let mut file = Tagged::new();
    file.block(b"FILE", b"gsp.bin");
    file.number(b"SIZE", image(chip, &R570).len() as u32);
    file.block(b"BLID", b"synthetic");
    file.block(b"SIGN", &signature(chip, &R570));
    file.0.0
}

/// `gsp_bootloader.tlv`
#[must_use]
pub fn bootloader_tagged(chip: &Chip) -> Vec<u8> {
    let layout = layout(chip);
    let mut file = Tagged::new();
    file.number(b"CDOF", layout.code);
    file.number(b"DAOF", layout.data);
    file.number(b"MFOF", layout.manifest);
    file.number(b"APPV", layout.version);
    file.block(b"BLOB", &bootloader_image(chip, &R570));
    file.0.0
}

/// The bootloader with the vendor's headers.
#[must_use]
pub fn bootloader(chip: &Chip, release: &Release) -> Vec<u8> {
    let layout = layout(chip);
    let mut header = Bytes::default();
    let brom = chip.has_brom();
    let length = if brom { 84 } else { 76 };
    header.put(length - 1, &[0]);
    header.put32(0x00, if brom { 5 } else { 4 });
    header.put32(0x1c, layout.version);
    header.put32(0x20, layout.manifest);
    header.put32(0x24, if brom { 0x800 } else { 0 });
    header.put32(0x28, layout.data);
    header.put32(0x30, layout.code);
    super::with_header(&header.0, &bootloader_image(chip, release))
}

/// The families as the names of signatures have them, by [`group`].
const FAMILIES: [&str; 5] = ["tu10x", "tu11x", "ga100", "ga10x", "ad10x"];

/// `gsp-570.144.bin` and the like: an ELF object with the image and the signatures as sections. Those of other families come
/// first, and are wrong for this chip.
#[must_use]
pub fn object(chip: &Chip, release: &Release) -> Vec<u8> {
    let own = FAMILIES[group(chip) as usize - 1];
    let others = FAMILIES.iter().filter(|family| **family != own);
    let mut sections = vec![
        (String::new(), Vec::new()),
        (".fwimage".to_owned(), image(chip, release)),
        (
            ".fwversion".to_owned(),
            format!("{}\0", release.name).into(),
        ),
    ];
    let signature = |family: &str| format!(".fwsignature_{family}");
    sections.extend(others.map(|family| (signature(family), noise(7, SIGNATURE))));
    sections.push((signature(own), self::signature(chip, release)));
    sections.push((".shstrtab".to_owned(), Vec::new()));

    let mut names = Bytes::default();
    let places: Vec<usize> = sections
        .iter()
        .map(|(name, _)| {
            let at = names.end(1);
            names.put(at, name.as_bytes());
            names.put8(at + name.len(), 0);
            at
        })
        .collect();
    if let Some((_, contents)) = sections.last_mut() {
        *contents = names.0;
    }

    const HEADER: usize = 64;
    let mut file = Bytes::default();
    file.put(HEADER - 1, &[0]);
    let starts: Vec<usize> = sections
        .iter()
        .map(|(_, contents)| {
            let at = file.end(1);
            file.put(at, contents);
            at
        })
        .collect();
    let headers = file.end(8);
    for (index, ((_, contents), (name, start))) in
        sections.iter().zip(places.iter().zip(starts)).enumerate()
    {
        let at = headers + HEADER * index;
        file.put(at + HEADER - 1, &[0]);
        if index == 0 {
            continue;
        }
        file.put32(at, *name as u32);
        // Contents, or names.
        file.put32(at + 4, if index + 1 == sections.len() { 3 } else { 1 });
        file.put32(at + 0x18, start as u32);
        file.put32(at + 0x20, contents.len() as u32);
    }
    // 64 bits, little endian, version 1; relocatable, RISC-V.
    file.put(0, b"\x7fELF\x02\x01\x01");
    file.put16(0x10, 1);
    file.put16(0x12, 243);
    file.put32(0x14, 1);
    file.put32(0x28, headers as u32);
    for (at, value) in [
        (0x34, HEADER),
        (0x3a, HEADER),
        (0x3c, sections.len()),
        (0x3e, sections.len() - 1),
    ] {
        file.put16(at, value as u16);
    }
    file.0
}
