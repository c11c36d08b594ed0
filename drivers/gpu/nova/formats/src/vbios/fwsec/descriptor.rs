// SPDX-License-Identifier: GPL-2.0-only

//! The two versions of the descriptor.

use zerocopy::little_endian::{U16, U32};

use super::{Descriptor, Load};
use crate::bytes::Bytes;
use crate::{Result, What};

layout! {
    /// The descriptor on Turing and GA100.
    pub struct DescV2: 60 {
        /// Validity, version and size of the descriptor.
        0x00 pub head: U32,
        /// Bytes behind the descriptor.
        0x04 pub stored_size: U32,
        /// The same, if nothing is compressed.
        0x08 pub uncompressed_size: U32,
        /// Where the code begins to run.
        0x0c pub entry: U32,
        /// The application interfaces, from the start of the data.
        0x10 pub interfaces: U32,
        /// Where the code goes.
        0x14 pub imem_at: U32,
        /// How long it is, with the secure part.
        0x18 pub imem_size: U32,
        /// What the code takes its address to be.
        0x1c pub imem_virtual: U32,
        /// The same for the secure part.
        0x20 pub secure_virtual: U32,
        /// How long the secure part is.
        0x24 pub secure_size: U32,
        /// Where the data are behind the descriptor.
        0x28 pub dmem_from: U32,
        /// Where they go.
        0x2c pub dmem_at: U32,
        /// How long they are.
        0x30 pub dmem_size: U32,
        0x34 _alternatives: [U32; 2],
    }

    /// The descriptor on GA102 and later.
    pub struct DescV3: 44 {
        /// Validity, version and size of the descriptor with its signatures.
        0x00 pub head: U32,
        /// Bytes behind them.
        0x04 pub stored_size: U32,
        /// Where the signature goes, from the start of the data.
        0x08 pub signature_at: U32,
        /// The application interfaces, from the start of the data.
        0x0c pub interfaces: U32,
        /// Where the code goes.
        0x10 pub imem_at: U32,
        /// How long it is.
        0x14 pub imem_size: U32,
        /// What the code takes its address to be.
        0x18 pub imem_virtual: U32,
        /// Where the data go.
        0x1c pub dmem_at: U32,
        /// How long they are.
        0x20 pub dmem_size: U32,
        /// The engines that it is for: bit 0 SEC2, 2 NVDEC, 10 GSP.
        0x24 pub engines: U16,
        /// Which firmware it is: its fuse register.
        0x26 pub ucode_id: u8,
        /// How many signatures follow.
        0x27 pub signature_count: u8,
        /// The versions of the signatures, a bit for each.
        0x28 pub signature_versions: U16,
        0x2a _reserved: U16,
    }
}

/// What the two have in common.
pub(super) struct Ranges {
    /// How long the descriptor is at least.
    pub(super) smallest: usize,
    pub(super) imem: Load,
    pub(super) dmem: Load,
    /// The end of what is used of the microcode.
    pub(super) ucode: u32,
    pub(super) interfaces: u32,
}

impl DescV2 {
    /// The secure part of the code. Its place in the microcode is as far from the start as its address is
    /// from that of the code.
    pub(super) fn secure(&self) -> Load {
        let from = self
            .secure_virtual
            .get()
            .saturating_sub(self.imem_virtual.get());
        Load {
            from,
            to: self.imem_at.get().saturating_add(from),
            size: self.secure_size.get(),
        }
    }
}

impl Descriptor<'_> {
    pub(super) fn ranges(&self, bytes: Bytes<'_>) -> Result<Ranges> {
        let (smallest, imem, dmem, interfaces) = match self {
            Self::V2(v2) => {
                v2_is_sound(v2, bytes)?;
                let imem = load(0, &v2.imem_at, &v2.imem_size);
                let dmem = load(v2.dmem_from.get(), &v2.dmem_at, &v2.dmem_size);
                (size_of::<DescV2>(), imem, dmem, v2.interfaces.get())
            }
            Self::V3(v3) => {
                let imem = load(0, &v3.imem_at, &v3.imem_size);
                let dmem = load(imem.size, &v3.dmem_at, &v3.dmem_size);
                let signatures = usize::from(v3.signature_count).saturating_mul(384);
                let smallest = size_of::<DescV3>().saturating_add(signatures);
                (smallest, imem, dmem, v3.interfaces.get())
            }
        };
        for load in [imem, dmem] {
            if load.size == 0 || load.to.checked_add(load.size).is_none() {
                return Err(bytes.error(0, What::Size(u64::from(load.size))));
            }
        }
        let ucode = dmem.from.checked_add(dmem.size);
        let ucode = ucode.ok_or(bytes.error(0, What::Size(u64::from(dmem.size))))?;
        Ok(Ranges {
            smallest,
            imem,
            dmem,
            ucode,
            interfaces,
        })
    }
}

/// The secure part lies in the code, at its end, and the data behind it.
fn v2_is_sound(v2: &DescV2, bytes: Bytes<'_>) -> Result<()> {
    let (secure, size) = (v2.secure(), v2.imem_size.get());
    let end = secure.from.checked_add(secure.size);
    let before = v2.secure_virtual.get() < v2.imem_virtual.get();
    if secure.size != 0 && (before || end.is_none_or(|end| end > size)) {
        let (start, size) = (u64::from(secure.from), u64::from(secure.size));
        return Err(bytes.error(0x20, What::Outside { start, size }));
    }
    if v2.dmem_from.get() < size {
        return Err(bytes.error(0x28, What::Value(u64::from(v2.dmem_from.get()))));
    }
    Ok(())
}

fn load(from: u32, to: &U32, size: &U32) -> Load {
    Load {
        from,
        to: to.get(),
        size: size.get(),
    }
}
