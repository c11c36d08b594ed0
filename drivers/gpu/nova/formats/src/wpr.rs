// SPDX-License-Identifier: GPL-2.0-only

//! The WPR metadata: how the booter is told what goes where.

use zerocopy::little_endian::{U16, U32, U64};

use crate::bytes::{Bytes, wide};
use crate::fb::Layout;
use crate::firmware::RiscvBootloader;
use crate::{Error, Part, Result, What};

/// What the metadata begin with.
pub const MAGIC: u64 = 0xdc3a_ae21_371a_60b3;
/// Their version.
pub const REVISION: u64 = 1;
/// What the booter writes when all was well.
pub const VERIFIED: u64 = 0xa0a0_a0a0_a0a0_a0a0;

layout! {
    /// `GspFwWprMeta`. Addresses are the bus's, places are in the card's memory.
    pub struct WprMeta: 256 {
        /// [`MAGIC`].
        0x00 pub magic: U64,
        /// [`REVISION`].
        0x08 pub revision: U64,
        /// The address of the first page of the radix3 tables.
        0x10 pub radix3_address: U64,
        /// How long the GSP's image is.
        0x18 pub radix3_size: U64,
        /// The address of the RISC-V bootloader.
        0x20 pub bootloader_address: U64,
        /// How long it is.
        0x28 pub bootloader_size: U64,
        /// Where in it the code is.
        0x30 pub bootloader_code_at: U64,
        /// Where in it the data are.
        0x38 pub bootloader_data_at: U64,
        /// Where in it the manifest is.
        0x40 pub bootloader_manifest_at: U64,
        /// The address of the image's signature.
        0x48 pub signature_address: U64,
        /// How long it is.
        0x50 pub signature_size: U64,
        /// Where what the GSP keeps begins.
        0x58 pub reserved_start: U64,
        /// The heap that is not protected.
        0x60 pub non_wpr_heap_at: U64,
        /// How long it is.
        0x68 pub non_wpr_heap_size: U64,
        /// Where the protected region begins.
        0x70 pub wpr_start: U64,
        /// The heap.
        0x78 pub heap_at: U64,
        /// How long it is.
        0x80 pub heap_size: U64,
        /// The image.
        0x88 pub image_at: U64,
        /// The bootloader.
        0x90 pub bootloader_at: U64,
        /// The FRTS data.
        0x98 pub frts_at: U64,
        /// How much of them there is.
        0xa0 pub frts_size: U64,
        /// Where the protected region ends.
        0xa8 pub wpr_end: U64,
        /// How much memory the card has.
        0xb0 pub fb_size: U64,
        /// The workspace of the VGA.
        0xb8 pub vga_workspace_at: U64,
        /// How long it is.
        0xc0 pub vga_workspace_size: U64,
        /// How often the GSP has been started from these metadata.
        0xc8 pub boot_count: U64,
        0xd0 _partition_rpc_address: U64,
        0xd8 _partition_rpc: [U16; 2],
        0xdc _elf: [U32; 4],
        0xec _ucode_version: U32,
        /// How many virtual functions the heap is for.
        0xf0 pub vf_partitions: u8,
        0xf1 _flags: u8,
        0xf2 _padding: [u8; 2],
        /// What is kept for the PMU. Releases before 570 have padding here.
        0xf4 pub pmu_reserved: U32,
        /// [`VERIFIED`], after the booter.
        0xf8 pub verified: U64,
    }
}

/// Where in the machine's memory the booter finds what it loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The first page of the radix3 tables.
    pub radix3: u64,
    /// The RISC-V bootloader.
    pub bootloader: u64,
    /// The signature of the GSP's image.
    pub signature: u64,
}

impl WprMeta {
    /// The metadata for a layout; `signature_size` as the booter shall read it.
    ///
    /// # Errors
    ///
    /// Something has another size than was planned for.
    pub fn new(
        layout: &Layout,
        addresses: &Addresses,
        bootloader: &RiscvBootloader<'_>,
        image_size: u64,
        signature_size: u64,
    ) -> Result<Self> {
        let bootloader_size = wide(bootloader.image.len());
        same(layout.bootloader.size(), bootloader_size, 0x28)?;
        same(layout.image.size(), image_size, 0x18)?;
        let at = |offset: u32| U64::new(u64::from(offset));
        Ok(Self {
            magic: U64::new(MAGIC),
            revision: U64::new(REVISION),
            radix3_address: U64::new(addresses.radix3),
            radix3_size: U64::new(image_size),
            bootloader_address: U64::new(addresses.bootloader),
            bootloader_size: U64::new(bootloader_size),
            bootloader_code_at: at(bootloader.code_at),
            bootloader_data_at: at(bootloader.data_at),
            bootloader_manifest_at: at(bootloader.manifest_at),
            signature_address: U64::new(addresses.signature),
            signature_size: U64::new(signature_size),
            reserved_start: U64::new(layout.non_wpr_heap.start),
            non_wpr_heap_at: U64::new(layout.non_wpr_heap.start),
            non_wpr_heap_size: U64::new(layout.non_wpr_heap.size()),
            wpr_start: U64::new(layout.wpr2.start),
            heap_at: U64::new(layout.heap.start),
            heap_size: U64::new(layout.heap.size()),
            image_at: U64::new(layout.image.start),
            bootloader_at: U64::new(layout.bootloader.start),
            frts_at: U64::new(layout.frts.start),
            frts_size: U64::new(layout.frts.size()),
            wpr_end: U64::new(layout.wpr_end),
            fb_size: U64::new(layout.fb),
            vga_workspace_at: U64::new(layout.vga_workspace.start),
            vga_workspace_size: U64::new(layout.vga_workspace.size()),
            ..zerocopy::FromZeros::new_zeroed()
        })
    }

    /// Metadata that may have been written by someone else.
    ///
    /// # Errors
    ///
    /// They are too short, or not of this version.
    pub fn parse(data: &[u8]) -> Result<&Self> {
        let bytes = Bytes::new(Part::WprMeta, data);
        let meta: &Self = bytes.view(0)?;
        if meta.magic.get() != MAGIC {
            return Err(bytes.error(0, What::Value(meta.magic.get())));
        }
        if meta.revision.get() != REVISION {
            return Err(bytes.error(8, What::Value(meta.revision.get())));
        }
        Ok(meta)
    }

    /// Whether the booter has verified them.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.verified.get() == VERIFIED
    }
}

fn same(planned: u64, found: u64, at: usize) -> Result<()> {
    if planned == found {
        return Ok(());
    }
    Err(Error {
        part: Part::WprMeta,
        at,
        what: What::Size(found),
    })
}
