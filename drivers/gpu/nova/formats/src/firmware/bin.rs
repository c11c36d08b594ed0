// SPDX-License-Identifier: GPL-2.0-only

//! The files of linux-firmware: a header, a second one that depends on what it is, then the microcode.

use zerocopy::little_endian::U32;

use super::{Booter, BooterParts, FalconBootloader, RiscvBootloader, file, start_tag};
use crate::bytes::{Bytes, index};
use crate::{Part, Result, What};

/// NVIDIA's PCI vendor, which every file begins with.
const MAGIC: u32 = 0x10de;

layout! {
    /// What every file begins with. Its `size` is that of no file, and is not looked at.
    pub struct BinHeader: 24 {
        /// 0x10de.
        0x00 pub magic: U32,
        /// 1.
        0x04 pub version: U32,
        /// A size that is often larger than the file.
        0x08 pub size: U32,
        /// Where the second header is.
        0x0c pub header_at: U32,
        /// Where the microcode is.
        0x10 pub data_at: U32,
        /// How long it is.
        0x14 pub data_size: U32,
    }

    /// The second header of a booter. Most of it says where in the file a number is.
    pub struct BooterHeader: 36 {
        /// Where the signatures are.
        0x00 pub signatures_at: U32,
        /// How long they are together.
        0x04 pub signatures_size: U32,
        /// Where it is said where in the microcode the signature goes.
        0x08 pub signature_place_at: U32,
        /// Where it is said what is to be added to `signatures_at`.
        0x0c pub signature_offset_at: U32,
        /// Where the fuse version, the engines and the number of the firmware are.
        0x10 pub meta_at: U32,
        /// How long these are.
        0x14 pub meta_size: U32,
        /// Where it is said how many signatures there are.
        0x18 pub signature_count_at: U32,
        /// Where the load header is.
        0x1c pub load_header_at: U32,
        /// How long it is.
        0x20 pub load_header_size: U32,
    }

    /// Where the pieces of a booter are in its microcode.
    pub struct LoadHeader: 20 {
        /// The open code.
        0x00 pub code_at: U32,
        /// How long it is.
        0x04 pub code_size: U32,
        /// The data.
        0x08 pub data_at: U32,
        /// How long they are.
        0x0c pub data_size: U32,
        /// How many [`LoadApp`] follow.
        0x10 pub apps: U32,
    }

    /// A piece of secure code.
    pub struct LoadApp: 16 {
        /// The code.
        0x00 pub code_at: U32,
        /// How long it is.
        0x04 pub code_size: U32,
        /// Its data.
        0x08 pub data_at: U32,
        /// How long they are.
        0x0c pub data_size: U32,
    }

    /// The second header of the RISC-V bootloader, as far as it is used: files have more or less of the rest.
    pub struct RiscvHeader: 56 {
        /// Its version.
        0x00 pub version: U32,
        0x04 _bootloader: [U32; 4],
        0x14 _elf: [U32; 2],
        /// What goes into the GSP's OS register.
        0x1c pub app_version: U32,
        /// The manifest.
        0x20 pub manifest_at: U32,
        /// How long it is.
        0x24 pub manifest_size: U32,
        /// The data.
        0x28 pub data_at: U32,
        /// How long they are.
        0x2c pub data_size: U32,
        /// The code.
        0x30 pub code_at: U32,
        /// How long it is.
        0x34 pub code_size: U32,
    }

    /// The second header of the falcon bootloader.
    pub struct FalconHeader: 24 {
        /// Its first block of 256 bytes.
        0x00 pub start_tag: U32,
        /// Where its data go.
        0x04 pub data_to: U32,
        /// The code.
        0x08 pub code_at: U32,
        /// How long it is.
        0x0c pub code_size: U32,
        /// The data.
        0x10 pub data_at: U32,
        /// How long they are.
        0x14 pub data_size: U32,
    }
}

/// The first header and the microcode.
fn open(data: &[u8]) -> Result<(&BinHeader, Bytes<'_>)> {
    let bytes = file(Part::BinHeader, data);
    let header: &BinHeader = bytes.view(0)?;
    if header.magic.get() != MAGIC {
        return Err(bytes.error(0, What::Signature(header.magic.get())));
    }
    if header.version.get() != 1 {
        return Err(bytes.error(4, What::Version(header.version.get())));
    }
    let (at, size) = (index(header.data_at.get()), index(header.data_size.get()));
    Ok((header, bytes.slice(at, size)?))
}

/// Reads a booter's file.
///
/// # Errors
///
/// It is not one, it ends too early, or something lies outside of the microcode.
pub fn booter(data: &[u8]) -> Result<Booter<'_>> {
    let (first, ucode) = open(data)?;
    let bytes = file(Part::BooterHeader, data);
    let header: &BooterHeader = bytes.view(index(first.header_at.get()))?;
    let number = |at: &U32| bytes.u32(index(at.get()));
    let meta: &[U32; 3] = bytes.view(index(header.meta_at.get()))?;
    let [fuse_version, engines, ucode_id] = meta.map(|number| number.get());

    let load = bytes.as_part(Part::BooterLoadHeader);
    let load_at = index(header.load_header_at.get());
    let load_header: &LoadHeader = load.view(load_at)?;
    if load_header.apps.get() == 0 {
        return Err(load.error(load_at, What::Count(0)));
    }
    let app: &LoadApp = load.view(load_at.saturating_add(size_of::<LoadHeader>()))?;

    let signatures = bytes.as_part(Part::BooterSignatures);
    let signatures_at = index(header.signatures_at.get())
        .saturating_add(index(number(&header.signature_offset_at)?));
    let signatures = signatures.slice(signatures_at, index(header.signatures_size.get()))?;
    Booter::new(BooterParts {
        ucode: ucode.data(),
        signatures: signatures.data(),
        signature_count: number(&header.signature_count_at)?,
        signature_at: number(&header.signature_place_at)?,
        fuse_version,
        engines,
        ucode_id,
        open: (load_header.code_at.get(), load_header.code_size.get()),
        data: (load_header.data_at.get(), load_header.data_size.get()),
        secure: (app.code_at.get(), app.code_size.get()),
    })
}

/// Reads the RISC-V bootloader's file.
///
/// # Errors
///
/// It is not one, it ends too early, or something lies outside of the microcode.
pub fn riscv_bootloader(data: &[u8]) -> Result<RiscvBootloader<'_>> {
    let (first, image) = open(data)?;
    let bytes = file(Part::RiscvHeader, data).from(index(first.header_at.get()))?;
    let header: &RiscvHeader = bytes.view(0)?;
    RiscvBootloader {
        image: image.data(),
        code_at: header.code_at.get(),
        data_at: header.data_at.get(),
        manifest_at: header.manifest_at.get(),
        app_version: header.app_version.get(),
    }
    .checked(bytes)
}

/// Reads the falcon bootloader's file.
///
/// # Errors
///
/// It is not one, it ends too early, or its code lies outside of the microcode.
pub fn falcon_bootloader(data: &[u8]) -> Result<FalconBootloader<'_>> {
    let (first, image) = open(data)?;
    let bytes = file(Part::FalconBootloader, data).from(index(first.header_at.get()))?;
    let header: &FalconHeader = bytes.view(0)?;
    let (at, size) = (index(header.code_at.get()), index(header.code_size.get()));
    FalconBootloader {
        code: image
            .as_part(Part::FalconBootloader)
            .slice(at, size)?
            .data(),
        start_tag: start_tag(header.start_tag.get(), bytes, 0)?,
    }
    .checked(bytes)
}
