// SPDX-License-Identifier: GPL-2.0-only

//! The container of tagged values.
//!
//! "NVFW", then blocks to the end of the file: a tag of four letters, a length, the value, zeros up to a
//! multiple of four. `VERS` is in every file. The GSP's own image is a file beside the container, which
//! only tells its name and size.

use super::{Booter, BooterParts, FalconBootloader, Gsp, RiscvBootloader, file, start_tag, text};
use crate::bytes::{Bytes, index, wide};
use crate::{Part, Result, What};

const MAGIC: [u8; 4] = *b"NVFW";
const HEAD: usize = 8;

/// The name of a value.
pub type Tag = [u8; 4];

/// A container all of whose blocks fit.
#[derive(Clone, Copy)]
pub struct Container<'a> {
    blocks: Bytes<'a>,
}

impl core::fmt::Debug for Container<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Container")
            .field("size", &self.blocks.len())
            .finish()
    }
}

impl<'a> Container<'a> {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// It is not a container, a block does not fit, or there is no version.
    pub fn parse(data: &'a [u8]) -> Result<Self> {
        let bytes = file(Part::Tlv, data);
        let magic: &[u8; 4] = bytes.view(0)?;
        if *magic != MAGIC {
            let what = What::Signature(u32::from_le_bytes(*magic));
            return Err(bytes.error(0, what));
        }
        let blocks = bytes.slice(4, data.len().saturating_sub(4))?;
        let container = Self {
            blocks: blocks.as_part(Part::TlvBlock),
        };
        let mut rest = container.blocks;
        while rest.len() != 0 {
            (_, rest) = block(rest)?;
        }
        container.string(*b"VERS")?;
        Ok(container)
    }

    /// The version.
    ///
    /// # Errors
    ///
    /// It is not text.
    pub fn version(&self) -> Result<&'a str> {
        self.string(*b"VERS")
    }

    /// The value with this tag.
    ///
    /// # Errors
    ///
    /// There is none, or more than one.
    fn value(&self, tag: Tag) -> Result<Bytes<'a>> {
        let (mut found, mut rest) = (None, self.blocks);
        while rest.len() != 0 {
            let here = rest;
            let ((its_tag, value), behind) = block(rest)?;
            if its_tag == tag && found.replace(value).is_some() {
                return Err(here.error(0, What::Twice));
            }
            rest = behind;
        }
        found.ok_or(self.blocks.error(0, What::Missing))
    }

    /// A value that is bytes, at least one.
    ///
    /// # Errors
    ///
    /// There is none, more than one, or it is empty.
    pub fn bytes(&self, tag: Tag) -> Result<&'a [u8]> {
        let value = self.value(tag)?;
        if value.len() == 0 {
            return Err(value.error(0, What::Size(0)));
        }
        Ok(value.data())
    }

    /// A value that is text.
    ///
    /// # Errors
    ///
    /// There is none, more than one, or it is something else than printable ASCII.
    pub fn string(&self, tag: Tag) -> Result<&'a str> {
        let value = self.value(tag)?;
        // No zero ends it here.
        if value.data().contains(&0) {
            return Err(value.error(0, What::NotText));
        }
        text(value.data()).ok_or(value.error(0, What::NotText))
    }

    /// A value that is a number of 32 or 64 bits.
    ///
    /// # Errors
    ///
    /// There is none, more than one, or it has another length.
    pub fn number(&self, tag: Tag) -> Result<u64> {
        let value = self.value(tag)?;
        if let Ok(bytes) = <[u8; 4]>::try_from(value.data()) {
            return Ok(u64::from(u32::from_le_bytes(bytes)));
        }
        match <[u8; 8]>::try_from(value.data()) {
            Ok(bytes) => Ok(u64::from_le_bytes(bytes)),
            Err(_) => Err(value.error(0, What::Size(wide(value.len())))),
        }
    }

    /// A number that fits into 32 bits.
    ///
    /// # Errors
    ///
    /// As for [`Container::number`], or it is too large.
    pub fn u32(&self, tag: Tag) -> Result<u32> {
        let number = self.number(tag)?;
        u32::try_from(number).map_err(|_| self.blocks.error(0, What::Value(number)))
    }

    /// A value that is true or false.
    ///
    /// # Errors
    ///
    /// There is none, more than one, or it is not one byte.
    pub fn flag(&self, tag: Tag) -> Result<bool> {
        let value = self.value(tag)?;
        match value.data() {
            [byte] => Ok(*byte != 0),
            _ => Err(value.error(0, What::Size(wide(value.len())))),
        }
    }
}

/// The first block, and what is behind it.
fn block(bytes: Bytes<'_>) -> Result<((Tag, Bytes<'_>), Bytes<'_>)> {
    let tag: Tag = *bytes.view(0)?;
    if !tag.is_ascii() {
        return Err(bytes.error(0, What::NotText));
    }
    let size = index(bytes.u32(4)?);
    let value = bytes.slice(HEAD, size)?;
    let padded = size
        .checked_next_multiple_of(4)
        .and_then(|size| size.checked_add(HEAD))
        .ok_or(bytes.error(4, What::Size(wide(size))))?;
    let padding = bytes.slice(
        HEAD.saturating_add(size),
        padded.saturating_sub(HEAD.saturating_add(size)),
    )?;
    if padding.data().iter().any(|byte| *byte != 0) {
        return Err(padding.error(0, What::Value(0)));
    }
    let rest = bytes.slice(padded, bytes.len().saturating_sub(padded))?;
    Ok(((tag, value), rest))
}

/// Reads `booter_load.tlv` or `booter_unload.tlv`.
///
/// # Errors
///
/// A value is missing or of another type, or something lies outside of the microcode.
pub fn booter(data: &[u8]) -> Result<Booter<'_>> {
    let tlv = Container::parse(data)?;
    Booter::new(BooterParts {
        ucode: tlv.bytes(*b"BLOB")?,
        signatures: tlv.bytes(*b"SIGN")?,
        signature_count: tlv.u32(*b"NSIG")?,
        signature_at: tlv.u32(*b"PLOC")?,
        fuse_version: tlv.u32(*b"FUSE")?,
        engines: tlv.u32(*b"ENID")?,
        ucode_id: tlv.u32(*b"UCID")?,
        open: (tlv.u32(*b"CDOF")?, tlv.u32(*b"CDSZ")?),
        data: (tlv.u32(*b"DAOF")?, tlv.u32(*b"DASZ")?),
        secure: (tlv.u32(*b"A0CO")?, tlv.u32(*b"A0CS")?),
    })
}

/// Reads `gsp_bootloader.tlv`.
///
/// # Errors
///
/// A value is missing or of another type, or something lies outside of the microcode.
pub fn riscv_bootloader(data: &[u8]) -> Result<RiscvBootloader<'_>> {
    let tlv = Container::parse(data)?;
    RiscvBootloader {
        image: tlv.bytes(*b"BLOB")?,
        code_at: tlv.u32(*b"CDOF")?,
        data_at: tlv.u32(*b"DAOF")?,
        manifest_at: tlv.u32(*b"MFOF")?,
        app_version: tlv.u32(*b"APPV")?,
    }
    .checked(tlv.blocks.as_part(Part::RiscvHeader))
}

/// Reads `gen_bootloader.tlv`.
///
/// # Errors
///
/// A value is missing or of another type, or the code is longer than the microcode.
pub fn falcon_bootloader(data: &[u8]) -> Result<FalconBootloader<'_>> {
    let tlv = Container::parse(data)?;
    let blob = Bytes::new(Part::FalconBootloader, tlv.bytes(*b"BLOB")?);
    FalconBootloader {
        code: blob.slice(0, index(tlv.u32(*b"CDSZ")?))?.data(),
        start_tag: start_tag(tlv.u32(*b"STRT")?, blob, 0)?,
    }
    .checked(blob)
}

/// What `gsp.tlv` says of the file beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GspFile<'a> {
    /// What the file is called, in the same directory.
    pub name: &'a str,
    /// How long it is.
    pub size: u64,
    /// The signature of what is in it.
    pub signature: &'a [u8],
    /// The version.
    pub version: &'a str,
}

/// Reads `gsp.tlv`.
///
/// # Errors
///
/// A value is missing or of another type, the name is not one of a file in the same directory, or the size
/// is zero.
pub fn gsp(data: &[u8]) -> Result<GspFile<'_>> {
    let tlv = Container::parse(data)?;
    let name = tlv.string(*b"FILE")?;
    if name.is_empty() || name.starts_with('.') || name.contains('/') {
        return Err(tlv.blocks.error(0, What::NotText));
    }
    let size = tlv.number(*b"SIZE")?;
    if size == 0 {
        return Err(tlv.blocks.error(0, What::Size(0)));
    }
    Ok(GspFile {
        name,
        size,
        signature: tlv.bytes(*b"SIGN")?,
        version: tlv.version()?,
    })
}

impl<'a> GspFile<'a> {
    /// The firmware, with the contents of the file.
    ///
    /// # Errors
    ///
    /// The file has another length.
    pub fn with(self, image: &'a [u8]) -> Result<Gsp<'a>> {
        if wide(image.len()) != self.size {
            let bytes = file(Part::Tlv, image);
            return Err(bytes.error(0, What::Size(wide(image.len()))));
        }
        Ok(Gsp {
            image,
            image_at: 0,
            signature: self.signature,
            version: Some(self.version),
        })
    }
}
