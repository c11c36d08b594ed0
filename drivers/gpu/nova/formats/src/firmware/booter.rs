// SPDX-License-Identifier: GPL-2.0-only

//! The booter, which puts the GSP's firmware into protected memory, and takes it out again.

use crate::bytes::{Bytes, index, put, wide};
use crate::vbios::fwsec::{Brom, Load};
use crate::{Error, Part, Result, What, fuse};

/// What a file says of a booter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BooterParts<'a> {
    /// Code and data.
    pub ucode: &'a [u8],
    /// All signatures, one behind the other.
    pub signatures: &'a [u8],
    /// How many signatures there are.
    pub signature_count: u32,
    /// Where in the microcode the signature goes.
    pub signature_at: u32,
    /// The fuse version of the first signature.
    pub fuse_version: u32,
    /// The engines that it is for.
    pub engines: u32,
    /// Which firmware it is: its fuse register.
    pub ucode_id: u32,
    /// The open code: where it is, and how long.
    pub open: (u32, u32),
    /// The data: where they are, and how long.
    pub data: (u32, u32),
    /// The secure code: where it is, and how long.
    pub secure: (u32, u32),
}

/// A booter.
///
/// # Invariants
///
/// All pieces lie in the microcode, as does the place of the signature, which is in the data. There is
/// at least one signature, and all have one length, which is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booter<'a> {
    parts: BooterParts<'a>,
    signature_size: usize,
    engines: u16,
    ucode_id: u8,
}

impl<'a> Booter<'a> {
    /// Checks what a file says.
    ///
    /// # Errors
    ///
    /// Something lies outside of the microcode, or the signatures cannot be told apart.
    pub fn new(parts: BooterParts<'a>) -> Result<Self> {
        let ucode = Bytes::new(Part::BooterUcode, parts.ucode);
        for (at, size) in [parts.open, parts.data, parts.secure] {
            ucode.slice(index(at), index(size))?;
        }
        let signatures = Bytes::new(Part::BooterSignatures, parts.signatures);
        let (count, length) = (index(parts.signature_count), signatures.len());
        let size = length.checked_div(count).unwrap_or(0);
        if size == 0 || size.checked_mul(count) != Some(length) {
            let what = What::Count(u64::from(parts.signature_count));
            return Err(signatures.error(0, what));
        }
        // INVARIANT: the place of the signature lies in the data, which lie in the microcode.
        let (data_at, data_size) = parts.data;
        let end = wide(size).saturating_add(u64::from(parts.signature_at));
        let data_end = u64::from(data_at).saturating_add(u64::from(data_size));
        if parts.signature_at < data_at || end > data_end {
            let (start, size) = (u64::from(parts.signature_at), wide(size));
            return Err(ucode.error(0, What::Outside { start, size }));
        }
        let value = |value: u32| ucode.error(0, What::Value(u64::from(value)));
        let engines = u16::try_from(parts.engines).map_err(|_| value(parts.engines))?;
        let ucode_id = u8::try_from(parts.ucode_id)
            .ok()
            .filter(|id| (1..=16).contains(id))
            .ok_or(value(parts.ucode_id))?;
        Ok(Self {
            parts,
            signature_size: size,
            engines,
            ucode_id,
        })
    }

    /// What the file says.
    #[must_use]
    pub const fn parts(&self) -> &BooterParts<'a> {
        &self.parts
    }

    /// Code and data, to be copied and patched.
    #[must_use]
    pub const fn ucode(&self) -> &'a [u8] {
        self.parts.ucode
    }

    /// The open code (Turing, GA100: it goes to where it is in the microcode).
    #[must_use]
    pub const fn open(&self) -> Load {
        let (from, size) = self.parts.open;
        Load {
            from,
            to: from,
            size,
        }
    }

    /// The secure code, as a falcon without a boot ROM takes it (Turing, GA100).
    #[must_use]
    pub const fn secure_in_place(&self) -> Load {
        let (from, size) = self.parts.secure;
        Load {
            from,
            to: from,
            size,
        }
    }

    /// The secure code, as a falcon with a boot ROM fetches it (GA102 and later).
    #[must_use]
    pub const fn secure(&self) -> Load {
        let (from, size) = self.parts.secure;
        Load { from, to: 0, size }
    }

    /// The data.
    #[must_use]
    pub const fn data(&self) -> Load {
        let (from, size) = self.parts.data;
        Load { from, to: 0, size }
    }

    /// What the boot ROM needs, where there is one.
    #[must_use]
    pub const fn brom(&self) -> Brom {
        Brom {
            signature_at: self.parts.signature_at.saturating_sub(self.parts.data.0),
            engines: self.engines,
            ucode_id: self.ucode_id,
        }
    }

    /// The signature for a chip with this fuse register; 0 for a chip that has none.
    ///
    /// # Errors
    ///
    /// No signature is for this chip. One of zeros is none: the vendor's files for GA10x have that for a
    /// fuse of 0.
    pub fn signature(&self, fuse_register: u32) -> Result<&'a [u8]> {
        let (count, newest) = (self.parts.signature_count, self.parts.fuse_version);
        fuse::by_distance(count, newest, fuse_register)
            .and_then(|index| {
                let start = index.checked_mul(self.signature_size)?;
                let end = start.checked_add(self.signature_size)?;
                self.parts.signatures.get(start..end)
            })
            .filter(|signature| signature.iter().any(|byte| *byte != 0))
            .ok_or(Error {
                part: Part::BooterSignatures,
                at: 0,
                what: What::Version(fuse::version(fuse_register)),
            })
    }

    /// Puts a signature into a copy of the microcode.
    ///
    /// # Errors
    ///
    /// The signature is not one of this booter's, by its length, or `ucode` is shorter than the microcode.
    pub fn patch_signature(&self, ucode: &mut [u8], signature: &[u8]) -> Result<()> {
        if signature.len() != self.signature_size {
            return Err(Error {
                part: Part::BooterSignatures,
                at: 0,
                what: What::Size(wide(signature.len())),
            });
        }
        put(
            ucode,
            index(self.parts.signature_at),
            signature,
            Part::BooterUcode,
        )
    }
}
