// SPDX-License-Identifier: GPL-2.0-only

//! Firmware files, in both formats.

use super::{Image, pattern};

/// A booter as it shall be.
#[derive(Clone, Debug)]
pub(crate) struct Booter {
    pub(crate) signatures: u32,
    pub(crate) signature_size: usize,
    pub(crate) open: (u32, u32),
    pub(crate) secure: (u32, u32),
    pub(crate) data: (u32, u32),
    pub(crate) signature_at: u32,
    pub(crate) meta: [u32; 3],
}

impl Default for Booter {
    /// In small what GA102 has.
    fn default() -> Self {
        Self {
            signatures: 2,
            signature_size: 384,
            open: (0, 0x100),
            secure: (0x100, 0x300),
            data: (0x400, 0x200),
            signature_at: 0x410,
            meta: [1, 1, 3],
        }
    }
}

impl Booter {
    pub(crate) fn ucode(&self) -> Vec<u8> {
        pattern(7, (self.data.0 + self.data.1) as usize)
    }

    pub(crate) fn all_signatures(&self) -> Vec<u8> {
        (0..self.signatures)
            .flat_map(|index| pattern(0x80 + index as u8, self.signature_size))
            .collect()
    }

    /// As linux-firmware has it.
    pub(crate) fn bin(&self) -> Vec<u8> {
        let signatures = self.all_signatures();
        let behind = 0x3c + signatures.len();
        let load = behind + 24;
        let data = load + 36;
        let mut file = header(0x18, data, self.ucode().len());
        let at = |offset: usize| (behind + offset) as u32;
        file.words(
            0x18,
            &[
                0x3c,
                signatures.len() as u32,
                at(0),
                at(4),
                at(8),
                12,
                at(20),
                load as u32,
                0x24,
            ],
        )
        .put(0x3c, &signatures)
        .words(behind, &[self.signature_at, 0])
        .words(behind + 8, &self.meta)
        .u32(behind + 20, self.signatures)
        .words(
            load,
            &[self.open.0, self.open.1, self.data.0, self.data.1, 1],
        )
        .words(load + 20, &[self.secure.0, self.secure.1, 0, 0])
        .put(data, &self.ucode());
        file.0
    }

    /// As a container.
    pub(crate) fn tlv(&self) -> Vec<u8> {
        Tlv::new()
            .number("DAOF", self.data.0)
            .number("DASZ", self.data.1)
            .number("CDOF", self.open.0)
            .number("CDSZ", self.open.1)
            .number("PLOC", self.signature_at)
            .number("FUSE", self.meta[0])
            .number("ENID", self.meta[1])
            .number("UCID", self.meta[2])
            .number("A0CO", self.secure.0)
            .number("A0CS", self.secure.1)
            .number("NSIG", self.signatures)
            .value("SIGN", &self.all_signatures())
            .value("BLOB", &self.ucode())
            .0
    }
}

/// The header of a file.
fn header(second: usize, data: usize, size: usize) -> Image {
    let mut file = Image::of(24);
    let whole = (data + size).next_multiple_of(256) as u32;
    file.words(
        0,
        &[0x10de, 1, whole, second as u32, data as u32, size as u32],
    );
    file
}

/// The RISC-V bootloader; a short descriptor ends behind what is used.
pub(crate) fn riscv_bin(short: bool) -> Vec<u8> {
    let data = if short { 0x64 } else { 0x6c };
    let mut file = header(0x18, data, 0x600);
    file.words(0x18, &[5, 0x500, 0x88, 0x580, 0x10])
        .words(0x18 + 0x1c, &[0x2a, 0x0, 0x80, 0x80, 0x100, 0x180, 0x290])
        .put(data, &pattern(3, 0x600));
    file.0
}

pub(crate) fn riscv_tlv() -> Vec<u8> {
    Tlv::new()
        .number("CDOF", 0x180)
        .number("DAOF", 0x80)
        .number("MFOF", 0)
        .number("APPV", 0x2a)
        .value("BLOB", &pattern(3, 0x600))
        .0
}

pub(crate) fn falcon_bin() -> Vec<u8> {
    let mut file = header(0x18, 0x30, 0x300);
    file.words(0x18, &[0xfd, 0, 0, 0x200, 0x200, 0x100])
        .put(0x30, &pattern(4, 0x300));
    file.0
}

pub(crate) fn falcon_tlv() -> Vec<u8> {
    Tlv::new()
        .number("CDSZ", 0x200)
        .number("STRT", 0xfd)
        .value("BLOB", &pattern(4, 0x300))
        .0
}

/// The GSP's image.
pub(crate) fn gsp_image() -> Vec<u8> {
    pattern(5, 0x1234)
}

/// The signature for a family.
pub(crate) fn gsp_signature(family: &str) -> Vec<u8> {
    pattern(family.as_bytes()[0], 0x1000)
}

/// The GSP's firmware, as linux-firmware has it.
pub(crate) fn gsp_elf() -> Vec<u8> {
    let families = ["ga10x", "ad10x"];
    let mut sections = vec![
        (String::new(), Vec::new()),
        (".fwimage".to_owned(), gsp_image()),
        (".fwversion".to_owned(), b"570.144\0".to_vec()),
    ];
    for family in families {
        sections.push((format!(".fwsignature_{family}"), gsp_signature(family)));
    }
    sections.push((".shstrtab".to_owned(), Vec::new()));
    let mut names = Vec::new();
    let places: Vec<usize> = sections
        .iter()
        .map(|(name, _)| {
            let at = names.len();
            names.extend(name.as_bytes());
            names.push(0);
            at
        })
        .collect();
    sections.last_mut().unwrap().1 = names;

    let mut file = Image::of(64);
    let count = sections.len();
    let mut headers = Image::of(0);
    for ((_, contents), (name, index)) in sections.iter().zip(places.iter().zip(0..)) {
        let at = file.len();
        file.put(at, contents);
        headers
            .u32(64 * index, *name as u32)
            .u32(64 * index + 4, 1)
            .u64(64 * index + 0x18, at as u64)
            .u64(64 * index + 0x20, contents.len() as u64)
            .u64(64 * index + 0x38, 0);
    }
    let at = file.len().next_multiple_of(8);
    file.put(at, &headers.0)
        .put(0, b"\x7fELF\x02\x01\x01")
        .u16(0x10, 1)
        .u16(0x12, 243)
        .u32(0x14, 1)
        .u64(0x28, at as u64)
        .u16(0x34, 64)
        .u16(0x3a, 64)
        .u16(0x3c, count as u16)
        .u16(0x3e, count as u16 - 1);
    file.0
}

pub(crate) fn gsp_tlv() -> Vec<u8> {
    Tlv::new()
        .value("FILE", b"gsp.bin")
        .number("SIZE", gsp_image().len() as u32)
        .value("SIGN", &gsp_signature("ga10x"))
        .0
}

/// A container.
pub(crate) struct Tlv(pub(crate) Vec<u8>);

impl Tlv {
    pub(crate) fn new() -> Self {
        Self(b"NVFW".to_vec()).value("VERS", b"570.144")
    }

    pub(crate) fn value(mut self, tag: &str, value: &[u8]) -> Self {
        self.0.extend(tag.as_bytes());
        self.0.extend((value.len() as u32).to_le_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub(crate) fn number(self, tag: &str, value: u32) -> Self {
        self.value(tag, &value.to_le_bytes())
    }
}
