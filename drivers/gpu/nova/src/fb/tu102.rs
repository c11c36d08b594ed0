// SPDX-License-Identifier: GPL-2.0-only

//! Turing.

use kernel::io::{Io, Register as _};
use nova_formats::fb::size_by_scale;

use super::{FlushPage, Hal};
use crate::registers::{
    Bar0, NV_FUSE_STATUS_OPT_DISPLAY_TURING, NV_PFB_NISO_FLUSH_SYSMEM_ADDR,
    NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE,
};

pub(super) struct Tu102;

/// From the register that has a magnitude and a scale.
pub(super) fn size(bar: &Bar0<'_>) -> nova_formats::Result<u64> {
    let range = bar.read(NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE);
    let (magnitude, scale) = (range.lower_mag().into(), range.lower_scale().into());
    size_by_scale(magnitude, scale, range.ecc_mode_enabled())
}

impl Hal for Tu102 {
    fn flush_bits(&self) -> u32 {
        40
    }

    fn flush_page(&self, bar: &Bar0<'_>) -> FlushPage {
        FlushPage {
            low: bar.read(NV_PFB_NISO_FLUSH_SYSMEM_ADDR).address(),
            high: 0,
        }
    }

    fn set_flush_page(&self, bar: &Bar0<'_>, page: FlushPage) {
        let low = NV_PFB_NISO_FLUSH_SYSMEM_ADDR::from_word(page.low);
        bar.write(NV_PFB_NISO_FLUSH_SYSMEM_ADDR, low);
    }

    fn size(&self, bar: &Bar0<'_>) -> nova_formats::Result<u64> {
        size(bar)
    }

    fn has_display(&self, bar: &Bar0<'_>) -> bool {
        !bar.read(NV_FUSE_STATUS_OPT_DISPLAY_TURING)
            .display_disabled()
    }
}
