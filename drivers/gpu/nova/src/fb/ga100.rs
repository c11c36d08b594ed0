// SPDX-License-Identifier: GPL-2.0-only

//! GA100: a page for flushes as Ampere has it, memory counted as Turing does.

use kernel::io::{Io, Register as _};

use super::{FlushPage, Hal, tu102};
use crate::registers::{
    Bar0, NV_FUSE_STATUS_OPT_DISPLAY_AMPERE, NV_PFB_NISO_FLUSH_SYSMEM_ADDR,
    NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI,
};

pub(super) struct Ga100;

pub(super) fn flush_page(bar: &Bar0<'_>) -> FlushPage {
    FlushPage {
        low: bar.read(NV_PFB_NISO_FLUSH_SYSMEM_ADDR).address(),
        high: bar.read(NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI).address(),
    }
}

/// The upper half first: the lower one makes the address count.
pub(super) fn set_flush_page(bar: &Bar0<'_>, page: FlushPage) {
    let high = NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI::from_word(page.high);
    let low = NV_PFB_NISO_FLUSH_SYSMEM_ADDR::from_word(page.low);
    bar.write(NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI, high);
    bar.write(NV_PFB_NISO_FLUSH_SYSMEM_ADDR, low);
}

pub(super) fn has_display(bar: &Bar0<'_>) -> bool {
    !bar.read(NV_FUSE_STATUS_OPT_DISPLAY_AMPERE)
        .display_disabled()
}

impl Hal for Ga100 {
    fn flush_bits(&self) -> u32 {
        u64::BITS
    }

    fn flush_page(&self, bar: &Bar0<'_>) -> FlushPage {
        flush_page(bar)
    }

    fn set_flush_page(&self, bar: &Bar0<'_>, page: FlushPage) {
        set_flush_page(bar, page);
    }

    fn size(&self, bar: &Bar0<'_>) -> nova_formats::Result<u64> {
        tu102::size(bar)
    }

    fn has_display(&self, bar: &Bar0<'_>) -> bool {
        has_display(bar)
    }
}
