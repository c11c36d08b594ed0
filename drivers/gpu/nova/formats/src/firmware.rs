// SPDX-License-Identifier: GPL-2.0-only

//! The firmware files, in both formats that there are.
//!
//! `linux-firmware` ships files that each begin with a small header ([`bin`]) and the GSP's image as an
//! [`elf`] object. Newer drivers ask for a container of tagged values instead ([`tlv`]). Whatever the file,
//! a parser gives the same [`Booter`], [`RiscvBootloader`], [`FalconBootloader`] or [`Gsp`].

pub mod bin;
pub mod elf;
pub mod tlv;

mod booter;

pub use booter::{Booter, BooterParts};

use crate::bytes::{Bytes, index};
use crate::{Part, Result, What};

/// What starts the GSP's RISC-V core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiscvBootloader<'a> {
    /// All of it, as it is copied for the GSP.
    pub image: &'a [u8],
    /// Where in it the code is.
    pub code_at: u32,
    /// Where in it the data are.
    pub data_at: u32,
    /// Where in it the manifest is.
    pub manifest_at: u32,
    /// What goes into the GSP's OS register.
    pub app_version: u32,
}

impl RiscvBootloader<'_> {
    fn checked(self, header: Bytes<'_>) -> Result<Self> {
        if self.image.is_empty() {
            return Err(header.error(0, What::Size(0)));
        }
        for at in [self.code_at, self.data_at, self.manifest_at] {
            if index(at) >= self.image.len() {
                let start = u64::from(at);
                return Err(header.error(0, What::Outside { start, size: 1 }));
            }
        }
        Ok(self)
    }
}

/// What fetches FWSEC into a falcon that cannot do so by itself (Turing, GA100).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FalconBootloader<'a> {
    /// Its code.
    pub code: &'a [u8],
    /// Its first block of 256 bytes, as the falcon counts them.
    pub start_tag: u16,
}

impl FalconBootloader<'_> {
    /// Where it begins to run.
    #[must_use]
    pub const fn entry(&self) -> u32 {
        (self.start_tag as u32) << 8
    }

    fn checked(self, header: Bytes<'_>) -> Result<Self> {
        if self.code.is_empty() || self.code.len() > 0x1_0000 {
            let size = crate::bytes::wide(self.code.len());
            return Err(header.error(0, What::Size(size)));
        }
        Ok(self)
    }
}

/// The GSP's own firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gsp<'a> {
    /// Its image, as the radix3 tables show it.
    pub image: &'a [u8],
    /// Where the image is in the file.
    pub image_at: usize,
    /// Its signature for a family of chips.
    pub signature: &'a [u8],
    /// Its version, if the file says it.
    pub version: Option<&'a str>,
}

/// A start tag, which a register of 16 bits takes.
fn start_tag(tag: u32, header: Bytes<'_>, at: usize) -> Result<u16> {
    u16::try_from(tag).map_err(|_| header.error(at, What::Value(u64::from(tag))))
}

/// Bytes that are text: printable ASCII. A zero byte at the end is not part of it.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    if !bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return None;
    }
    core::str::from_utf8(bytes).ok()
}

/// A file, to be read as this structure.
const fn file(part: Part, data: &[u8]) -> Bytes<'_> {
    Bytes::new(part, data)
}
