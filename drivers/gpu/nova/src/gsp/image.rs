// SPDX-License-Identifier: GPL-2.0-only

//! What the booter is told of: the GSP's firmware in the machine's memory, and where in the card's it goes.

use kernel::device::Bound;
use kernel::dma::{Coherent, SGTable, ToDevice};
use kernel::pci::Device;
use kernel::prelude::*;
use nova_formats::fb::Layout;
use nova_formats::firmware::RiscvBootloader;
use nova_formats::radix3::{self, Level, PAGE, Radix3};
use nova_formats::wpr::{Addresses, WprMeta};
use zerocopy::IntoBytes as _;

use crate::boot::Fault;
use crate::fb::Memory;
use crate::firmware::{File, GspFirmware};
use crate::gpu::Chipset;

/// Whole blocks of a signature are read.
const BLOCK: usize = 256;
const PAGE_SIZE: u64 = PAGE as u64;

/// The firmware, until the GSP has come up.
pub(crate) struct Image<'bound> {
    meta: Coherent<'bound, [u8]>,
    /// What goes into the GSP's OS register.
    pub(super) version: u32,
    _tables: Coherent<'bound, [u8]>,
    _bootloader: Coherent<'bound, [u8]>,
    _signature: Coherent<'bound, [u8]>,
    _pages: SGTable<'bound, VVec<u8>, ToDevice>,
}

impl<'bound> Image<'bound> {
    /// Reads the files, and prepares everything.
    #[inline(never)]
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        chipset: Chipset,
        memory: &Memory,
    ) -> Result<KBox<Self>, Fault> {
        let file = File::request_as(device, chipset, ["gsp_bootloader", "bootloader"])?;
        let loader = file.riscv_bootloader()?;
        let GspFirmware { image, signature } = GspFirmware::request(device, chipset)?;
        let size = image.len() as u64;
        let layout = memory.layout(chipset, loader.image.len() as u64, size)?;
        let bootloader = shared(device, loader.image)?;
        let signature = shared(device, &signature)?;
        let pages = SGTable::new(device.generic(), image, GFP_KERNEL).map_err(|e| e.error())?;
        let tables = tables(device, &pages, size)?;
        let addresses = Addresses {
            radix3: tables.dma_address(),
            bootloader: bootloader.dma_address(),
            signature: signature.dma_address(),
        };
        let sizes = (size, signature.size() as u64);
        let image = Self {
            meta: meta(device, &layout, &addresses, &loader, sizes)?,
            version: loader.app_version,
            _tables: tables,
            _bootloader: bootloader,
            _signature: signature,
            _pages: pages,
        };
        Ok(KBox::new(image, GFP_KERNEL)?)
    }

    /// Where the booter finds what it has to know.
    pub(super) fn meta(&self) -> u64 {
        self.meta.dma_address()
    }
}

/// What the booter has to know. In a stack frame of its own: it is long.
#[inline(never)]
fn meta<'bound>(
    device: &'bound Device<Bound>,
    layout: &Layout,
    addresses: &Addresses,
    loader: &RiscvBootloader<'_>,
    (image, signature): (u64, u64),
) -> Result<Coherent<'bound, [u8]>, Fault> {
    let meta = WprMeta::new(layout, addresses, loader, image, signature)?;
    shared(device, meta.as_bytes())
}

/// These bytes in memory that the card reaches.
fn shared<'bound>(
    device: &'bound Device<Bound>,
    bytes: &[u8],
) -> Result<Coherent<'bound, [u8]>, Fault> {
    let size = bytes.len().checked_next_multiple_of(BLOCK);
    let memory = Coherent::zeroed_slice(device.generic(), size.ok_or(EOVERFLOW)?, GFP_KERNEL)?;
    memory.view().range(..bytes.len())?.copy_from_slice(bytes)?;
    Ok(memory)
}

/// The tables by which the GSP finds the pages of the image: the first page is that of level 0, behind it are
/// those of level 1, and then those of level 2.
#[inline(never)]
fn tables<'bound>(
    device: &'bound Device<Bound>,
    image: &SGTable<'bound, VVec<u8>, ToDevice>,
    size: u64,
) -> Result<Coherent<'bound, [u8]>, Fault> {
    let plan = Radix3::new(size)?;
    let all = plan.all_pages();
    let bytes = usize::try_from(all).ok();
    let bytes = bytes.and_then(|pages| pages.checked_mul(PAGE));
    let tables = Coherent::zeroed_slice(device.generic(), bytes.ok_or(EOVERFLOW)?, GFP_KERNEL)?;
    let start = tables.dma_address();
    // Of memory that there is: nothing wraps.
    let address = |page: u32| start.wrapping_add(u64::from(page).wrapping_mul(PAGE_SIZE));
    let second = plan.pages(Level::One).saturating_add(1);
    let mut pages = image.iter().flat_map(|piece| {
        let count = piece.dma_len() / PAGE as u32;
        let start = piece.dma_address();
        (0..count).map(move |page| start.wrapping_add(u64::from(page).wrapping_mul(PAGE_SIZE)))
    });
    let mut writer = Writer {
        tables: &tables,
        page: KVec::from_elem(0, PAGE, GFP_KERNEL)?,
        at: 0,
    };
    writer.write(1, &mut (1..second).map(address))?;
    writer.write(plan.pages(Level::One), &mut (second..all).map(address))?;
    let told = writer.write(plan.pages(Level::Two), &mut pages)?;
    if u32::try_from(told) != Ok(plan.image_pages()) {
        return Err(Fault::Text(
            "the firmware is not mapped by whole pages",
            EIO,
        ));
    }
    Ok(tables)
}

/// Writes one page of tables behind the other.
struct Writer<'a> {
    tables: &'a Coherent<'a, [u8]>,
    page: KVec<u8>,
    at: usize,
}

impl Writer<'_> {
    /// So many pages with these addresses. Returns how many addresses there were.
    fn write(
        &mut self,
        pages: u32,
        addresses: &mut impl Iterator<Item = u64>,
    ) -> Result<usize, Fault> {
        let mut told = 0_usize;
        for _ in 0..pages {
            let page = self.page.first_chunk_mut::<PAGE>().ok_or(EINVAL)?;
            told = told.saturating_add(radix3::fill(page, addresses)?);
            let end = self.at.checked_add(PAGE).ok_or(EOVERFLOW)?;
            let place = self.tables.view().range(self.at..end)?;
            place.copy_from_slice(page)?;
            self.at = end;
        }
        Ok(told)
    }
}
