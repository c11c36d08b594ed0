// SPDX-License-Identifier: GPL-2.0-only

//! Layouts that have been the same in all releases.

use zerocopy::little_endian::{U16, U32, U64};

use crate::fb::Region;

layout! {
    /// `NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO`.
    pub struct FbRegion: 48 {
        /// Where it begins.
        0x00 pub base: U64,
        /// Its last byte.
        0x08 pub limit: U64,
        /// What the GSP keeps of it.
        0x10 pub reserved: U64,
        /// How fast it is, beside the others.
        0x18 pub performance: U32,
        /// Whether compressed memory can be in it.
        0x1c pub supports_compressed: u8,
        /// Whether what is shown can be in it.
        0x1d pub supports_iso: u8,
        /// Whether it is protected.
        0x1e pub is_protected: u8,
        0x1f _black_list: [u8; 17],
    }

    /// `NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS`.
    pub struct FbRegions: 776 {
        /// How many there are.
        0x000 pub count: U32,
        0x004 _gap: U32,
        /// Room for them.
        0x008 pub regions: [FbRegion; 16],
    }

    /// `rpc_unloading_guest_driver`.
    pub struct Unloading: 8 {
        /// Whether the machine is going to sleep.
        0x0 pub in_pm_transition: u8,
        /// Whether the card goes to a state in which only its memory has power.
        0x1 pub entering_gc6: u8,
        0x2 _gap: U16,
        /// To which level of sleep.
        0x4 pub new_level: U32,
    }

    /// `rpc_gsp_rm_alloc`, before the parameters.
    pub struct RmAlloc: 32 {
        /// The client.
        0x00 pub client: U32,
        /// The object that it belongs to.
        0x04 pub parent: U32,
        /// How it shall be called.
        0x08 pub object: U32,
        /// What it is.
        0x0c pub class: U32,
        /// How it went.
        0x10 pub status: U32,
        /// How long the parameters are.
        0x14 pub params_size: U32,
        /// More of how.
        0x18 pub flags: U32,
        0x1c _reserved: U32,
    }

    /// `rpc_gsp_rm_control`, before the parameters.
    pub struct RmControl: 24 {
        /// The client.
        0x00 pub client: U32,
        /// The object.
        0x04 pub object: U32,
        /// What it shall do.
        0x08 pub command: U32,
        /// How it went.
        0x0c pub status: U32,
        /// How long the parameters are.
        0x10 pub params_size: U32,
        /// More of how.
        0x14 pub flags: U32,
    }

    /// `rpc_free`.
    pub struct Free: 16 {
        /// The client.
        0x0 pub root: U32,
        /// The object that it belongs to.
        0x4 pub parent: U32,
        /// What is freed.
        0x8 pub object: U32,
        /// How it went.
        0xc pub status: U32,
    }

    /// `rpc_update_bar_pde`.
    pub struct UpdateBarPde: 24 {
        /// Which BAR: 1 is BAR 2.
        0x00 pub bar: U32,
        0x04 _gap: U32,
        /// The entry.
        0x08 pub entry: U64,
        /// Of which level.
        0x10 pub level_shift: U64,
    }
}

impl Unloading {
    /// The driver goes, the machine stays.
    pub const FOR_GOOD: Self = Self {
        in_pm_transition: 0,
        entering_gc6: 0,
        _gap: U16::new(0),
        new_level: U32::new(0),
    };
}

impl FbRegion {
    /// What of it a driver can use for anything; nothing, if it is kept for something, or if its end is before
    /// its start.
    #[must_use]
    pub fn usable(&self) -> Option<Region> {
        let is_free = self.reserved.get() == 0 && self.is_protected == 0;
        let is_good = self.supports_compressed != 0 && self.supports_iso != 0;
        let (start, last) = (self.base.get(), self.limit.get());
        if !is_free || !is_good || last < start {
            return None;
        }
        let end = last.checked_add(1)?;
        Some(Region { start, end })
    }
}
