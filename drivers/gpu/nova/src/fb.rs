// SPDX-License-Identifier: GPL-2.0-only

//! The card's memory: how much there is, and the page in the machine's memory that the card flushes
//! its writes with.

mod ga100;
mod ga102;
mod tu102;

use kernel::device::Bound;
use kernel::dma::Coherent;
use kernel::io::Io;
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::sync::Arc;
use nova_formats::fb::{FRTS_SIZE, Heap, Layout, Needs};
use nova_formats::rpc::{R570, Release as _};

use crate::boot::{Fault, answers};
use crate::gpu::Chipset;
use crate::registers::{Bar0, NV_PDISP_VGA_WORKSPACE_BASE};

/// No card of these families has as much.
const ABSURD: u64 = 1 << 40;

/// What differs between families.
pub(crate) trait Hal: Sync {
    /// How many bits of an address the page for flushes can have.
    fn flush_bits(&self) -> u32;

    /// What the registers of that page hold.
    fn flush_page(&self, bar: &Bar0<'_>) -> FlushPage;

    /// Writes them.
    fn set_flush_page(&self, bar: &Bar0<'_>, page: FlushPage);

    /// How much memory the card says it has.
    ///
    /// # Errors
    ///
    /// None, or more than can be told.
    fn size(&self, bar: &Bar0<'_>) -> nova_formats::Result<u64>;

    /// Whether the card has a display.
    fn has_display(&self, bar: &Bar0<'_>) -> bool;
}

/// The families' ways.
pub(crate) fn hal(chipset: Chipset) -> &'static dyn Hal {
    if chipset.is_turing() {
        &tu102::Tu102
    } else if chipset == Chipset::GA100 {
        &ga100::Ga100
    } else {
        &ga102::Ga102
    }
}

/// The address of the page for flushes, as the registers have it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FlushPage {
    /// Bits 39:8.
    low: u32,
    /// Bits 63:40.
    high: u32,
}

impl FlushPage {
    /// # Errors
    ///
    /// The card cannot be told of this address.
    fn new(address: u64, bits: u32) -> Result<Self, Fault> {
        let error = Fault::Text("the page is where the card cannot reach it", EINVAL);
        let beyond = address.checked_shr(bits).unwrap_or(0);
        if beyond != 0 || address & 0xff != 0 {
            return Err(error);
        }
        Ok(Self {
            low: (address >> 8) as u32,
            high: (address >> 40) as u32,
        })
    }
}

/// The page that the card flushes its writes with. While there is none, no falcon may be reset.
///
/// When this is dropped the card has again what it had before.
pub(crate) struct SysmemFlush<'bound> {
    device: &'bound Device<Bound>,
    bar: Arc<Bar0<'bound>>,
    hal: &'static dyn Hal,
    before: FlushPage,
    ours: FlushPage,
    /// Goes last: the card knows of it until `drop` has run.
    _page: Coherent<'bound, [u8]>,
}

/// A page of the card's.
const PAGE: usize = 4096;

impl<'bound> SysmemFlush<'bound> {
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        bar: Arc<Bar0<'bound>>,
        hal: &'static dyn Hal,
    ) -> Result<Self, Fault> {
        let page = Coherent::zeroed_slice(device.generic(), PAGE, GFP_KERNEL)?;
        let ours = FlushPage::new(page.dma_address(), hal.flush_bits())?;
        let before = hal.flush_page(&bar);
        hal.set_flush_page(&bar, ours);
        if hal.flush_page(&bar) != ours {
            hal.set_flush_page(&bar, before);
            return Err(Fault::Text("the card does not keep the address", EIO));
        }
        Ok(Self {
            device,
            bar,
            hal,
            before,
            ours,
            _page: page,
        })
    }
}

impl SysmemFlush<'_> {
    /// Whether the card has forgotten it: it was reset, or without power, and the driver was not asked.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.hal.flush_page(&self.bar) == FlushPage { low: 0, high: 0 }
    }
}

impl Drop for SysmemFlush<'_> {
    fn drop(&mut self) {
        if !answers(&self.bar) || self.is_forgotten() {
            return;
        }
        if self.hal.flush_page(&self.bar) == self.ours {
            self.hal.set_flush_page(&self.bar, self.before);
        } else {
            dev_warn!(self.device, "somebody else has set the page for flushes");
        }
    }
}

/// The card's memory, as far as the card tells.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// How many bytes.
    pub(crate) size: u64,
    /// Where the display says that the workspace of the VGA is.
    pub(crate) vga_workspace: Option<u64>,
}

impl Memory {
    #[inline(never)]
    pub(crate) fn new(bar: &Bar0<'_>, chipset: Chipset) -> Result<Self, Fault> {
        let hal = hal(chipset);
        let size = hal.size(bar)?;
        if size > ABSURD {
            return Err(Fault::Text("the card has more memory than can be", EIO));
        }
        // Where there is no display, its registers are not there either.
        let base = hal
            .has_display(bar)
            .then(|| bar.read(NV_PDISP_VGA_WORKSPACE_BASE));
        let memory = Self {
            size,
            vga_workspace: base
                .filter(|base| base.status_valid())
                // 24 bits, so this fits.
                .map(|base| u64::from(base.address()).wrapping_shl(16)),
        };
        // Even with nothing in it but the heaps.
        memory.layout(chipset, 0, 0)?;
        Ok(memory)
    }

    /// What goes where in it.
    pub(crate) fn layout(
        &self,
        chipset: Chipset,
        bootloader: u64,
        image: u64,
    ) -> nova_formats::Result<Layout> {
        let heap = R570.heap(chipset.libos());
        Layout::new(&self.needs(chipset, heap, bootloader, image))
    }

    /// What is to be placed in it.
    fn needs(&self, chipset: Chipset, heap: Heap, bootloader: u64, image: u64) -> Needs {
        Needs {
            fb: self.size,
            vga_workspace: self.vga_workspace,
            frts: if chipset == Chipset::GA100 {
                0
            } else {
                FRTS_SIZE
            },
            bootloader,
            image,
            heap,
        }
    }
}
