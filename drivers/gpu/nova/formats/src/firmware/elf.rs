// SPDX-License-Identifier: GPL-2.0-only

//! The GSP's firmware as linux-firmware ships it: an ELF object with an image and signatures as sections.

use zerocopy::little_endian::{U16, U32, U64};

use super::{Gsp, file, text};
use crate::bytes::{Bytes, index};
use crate::{Part, Result, What};

const MAGIC: u32 = 0x464c_457f;
/// 64 bits, little endian, ELF version 1.
const IDENT: [u8; 3] = [2, 1, 1];
const RELOCATABLE: u16 = 1;
const RISCV: u16 = 243;
/// A section that has no bytes in the file.
const NO_BITS: u32 = 8;

/// The image.
const IMAGE: &str = ".fwimage";
/// The version, as text.
const VERSION: &str = ".fwversion";
/// The first part of the names of the sections with signatures.
const SIGNATURE: &str = ".fwsignature_";

layout! {
    struct Header: 64 {
        0x00 magic: U32,
        0x04 ident: [u8; 3],
        0x07 _padding: [u8; 9],
        0x10 kind: U16,
        0x12 machine: U16,
        0x14 _version: U32,
        0x18 _entry: U64,
        0x20 _segments_at: U64,
        0x28 sections_at: U64,
        0x30 _flags: U32,
        0x34 _header_size: U16,
        0x36 _segment: [U16; 2],
        0x3a section_size: U16,
        0x3c sections: U16,
        0x3e names: U16,
    }

    struct SectionHeader: 64 {
        0x00 name: U32,
        0x04 kind: U32,
        0x08 _flags: U64,
        0x10 _address: U64,
        0x18 at: U64,
        0x20 size: U64,
        0x28 _link: [U32; 2],
        0x30 _align: U64,
        0x38 _entry_size: U64,
    }
}

/// An ELF object with its sections.
#[derive(Clone, Copy)]
pub struct Elf<'a> {
    bytes: Bytes<'a>,
    sections_at: usize,
    section_size: usize,
    sections: u16,
    names: &'a [u8],
}

impl<'a> Elf<'a> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// It is not a relocatable object of 64 bits for RISC-V, or it has no names of sections.
    pub fn parse(data: &'a [u8]) -> Result<Self> {
        let bytes = file(Part::Elf, data);
        let header: &Header = bytes.view(0)?;
        if header.magic.get() != MAGIC {
            return Err(bytes.error(0, What::Signature(header.magic.get())));
        }
        if header.ident != IDENT {
            let [class, ..] = header.ident;
            return Err(bytes.error(4, What::Version(u32::from(class))));
        }
        if header.kind.get() != RELOCATABLE {
            return Err(bytes.error(0x10, What::Value(u64::from(header.kind.get()))));
        }
        if header.machine.get() != RISCV {
            return Err(bytes.error(0x12, What::Value(u64::from(header.machine.get()))));
        }
        let section_size = index(header.section_size.get());
        if section_size < size_of::<SectionHeader>() {
            return Err(bytes.error(0x3a, What::Size(u64::from(header.section_size.get()))));
        }
        let mut elf = Self {
            bytes: bytes.as_part(Part::ElfSection),
            sections_at: index(header.sections_at.get()),
            section_size,
            sections: header.sections.get(),
            names: &[],
        };
        elf.names = elf.contents(elf.header(header.names.get())?)?.data();
        Ok(elf)
    }

    fn header(&self, number: u16) -> Result<&'a SectionHeader> {
        if number >= self.sections {
            let what = What::Count(u64::from(number));
            return Err(self.bytes.error(self.sections_at, what));
        }
        let distance = index(number).saturating_mul(self.section_size);
        self.bytes.view(self.sections_at.saturating_add(distance))
    }

    fn contents(&self, section: &SectionHeader) -> Result<Bytes<'a>> {
        if section.kind.get() == NO_BITS {
            return Err(self.bytes.error(0, What::Value(u64::from(NO_BITS))));
        }
        self.bytes
            .slice(index(section.at.get()), index(section.size.get()))
    }

    /// The first section whose name is `prefix` with `rest` behind it: where it is, and its bytes.
    ///
    /// # Errors
    ///
    /// There is none, or it lies outside of the file.
    pub fn section(&self, prefix: &str, rest: &str) -> Result<(usize, &'a [u8])> {
        for number in 0..self.sections {
            let section = self.header(number)?;
            if self.is_called(section, prefix, rest) {
                let contents = self.contents(section)?;
                return Ok((contents.base(), contents.data()));
            }
        }
        Err(self.bytes.error(self.sections_at, What::Missing))
    }

    fn is_called(&self, section: &SectionHeader, prefix: &str, rest: &str) -> bool {
        self.names
            .get(index(section.name.get())..)
            .and_then(|name| name.strip_prefix(prefix.as_bytes()))
            .and_then(|name| name.strip_prefix(rest.as_bytes()))
            .is_some_and(|name| name.first() == Some(&0))
    }
}

impl core::fmt::Debug for Elf<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Elf")
            .field("sections", &self.sections)
            .finish_non_exhaustive()
    }
}

/// Reads the GSP's firmware, with the signature for a family of chips, such as `ga10x`.
///
/// # Errors
///
/// It is not an ELF object as it must be, or a section is missing, empty or outside of the file.
pub fn gsp<'a>(data: &'a [u8], family: &str) -> Result<Gsp<'a>> {
    let elf = Elf::parse(data)?;
    let (image_at, image) = elf.section(IMAGE, "")?;
    let (signature_at, signature) = elf.section(SIGNATURE, family)?;
    for (at, bytes) in [(image_at, image), (signature_at, signature)] {
        if bytes.is_empty() {
            return Err(elf.bytes.error(at, What::Size(0)));
        }
    }
    let version = elf.section(VERSION, "").ok();
    Ok(Gsp {
        image,
        image_at,
        signature,
        version: version.and_then(|(_, bytes)| text(bytes)),
    })
}
