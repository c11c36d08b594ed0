// SPDX-License-Identifier: GPL-2.0-only

//! GA102 and later of Ampere, and Ada.

use kernel::io::Io;
use nova_formats::fb::size_by_mib;

use super::{FlushPage, Hal, ga100};
use crate::registers::{Bar0, NV_USABLE_FB_SIZE_IN_MB};

pub(super) struct Ga102;

impl Hal for Ga102 {
    fn flush_bits(&self) -> u32 {
        u64::BITS
    }

    fn flush_page(&self, bar: &Bar0<'_>) -> FlushPage {
        ga100::flush_page(bar)
    }

    fn set_flush_page(&self, bar: &Bar0<'_>, page: FlushPage) {
        ga100::set_flush_page(bar, page);
    }

    fn size(&self, bar: &Bar0<'_>) -> nova_formats::Result<u64> {
        size_by_mib(bar.read(NV_USABLE_FB_SIZE_IN_MB).value().into())
    }

    fn has_display(&self, bar: &Bar0<'_>) -> bool {
        ga100::has_display(bar)
    }
}
