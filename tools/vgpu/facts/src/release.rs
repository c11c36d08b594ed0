// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The releases of the GSP's firmware: where things are in what it and a driver tell each other.
//!
//! Offsets are in bytes, from the start of each structure.

/// One release.
#[derive(Debug, PartialEq, Eq)]
pub struct Release {
    /// What it is called, in the names of its files, too.
    pub name: &'static str,
    /// Its arguments, which RMARGS points at.
    pub arguments: Arguments,
    /// What SET_SYSTEM_INFO has.
    pub system: SystemInfo,
    /// What answers GET_GSP_STATIC_INFO.
    pub info: StaticInfo,
    /// What it says unasked.
    pub events: Events,
    /// How much heap it has at least where its operating system is the third, and where it is the second, in MiB.
    pub least_heap: [u64; 2],
    /// Which engine it is itself, in its table of interrupts.
    pub gsp_engine: u16,
    /// How large the parameters of NV01_ROOT are.
    pub root_parameters: usize,
}

/// GSP_ARGUMENTS_CACHED.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// How large they are.
    pub size: usize,
    /// Places of queues without locks, which nobody sets up.
    pub lockless: Option<[usize; 2]>,
    /// bDmemStack.
    pub dmem_stack: Option<usize>,
}

/// GspSystemInfo.
#[derive(Debug, PartialEq, Eq)]
pub struct SystemInfo {
    /// How large it is.
    pub size: usize,
    /// maxUserVa.
    pub max_user_va: usize,
    /// pciConfigMirrorBase, with its size behind it.
    pub mirror: usize,
    /// PCIDeviceID, with that of the subsystem and the revision behind it.
    pub ids: Option<usize>,
}

/// GspStaticConfigInfo.
#[derive(Debug, PartialEq, Eq)]
pub struct StaticInfo {
    /// How large it is.
    pub size: usize,
    /// gpcMask, with a GPC and its TPCs 32 times behind it.
    pub gpcs: Option<usize>,
    /// numFBRegions; the regions are 8 behind it.
    pub regions: usize,
    /// fb_length.
    pub fb_length: usize,
    /// gpuNameString.
    pub name: usize,
    /// gpuShortNameString.
    pub short_name: usize,
    /// bar1PdeBase, with bar2PdeBase behind it.
    pub bar_tables: usize,
    /// hInternalClient, with the device and the subdevice behind it.
    pub handles: usize,
}

/// Events whose numbers or sizes are not the same in all releases.
#[derive(Debug, PartialEq, Eq)]
pub struct Events {
    /// GSP_LOCKDOWN_NOTICE.
    pub lockdown_notice: u32,
    /// GSP_POST_NOCAT_RECORD.
    pub nocat_record: Option<u32>,
    /// How large OS_ERROR_LOG is.
    pub os_error_log: usize,
    /// How large RC_TRIGGERED is.
    pub rc_triggered: usize,
}

/// That of nova, and of nouveau in Linux 7.3.
pub const R570: Release = Release {
    name: "570.144",
    arguments: Arguments {
        size: 0x48,
        lockless: None,
        dmem_stack: Some(0x30),
    },
    system: SystemInfo {
        size: 928,
        max_user_va: 0x48,
        mirror: 0x50,
        ids: Some(0x58),
    },
    info: StaticInfo {
        size: 1656,
        gpcs: None,
        regions: 0x158,
        fb_length: 0x4c8,
        name: 0x4ec,
        short_name: 0x52c,
        bar_tables: 0x600,
        handles: 0x640,
    },
    events: Events {
        lockdown_notice: 0x101c,
        nocat_record: Some(0x1020),
        os_error_log: 272,
        rc_triggered: 48,
    },
    least_heap: [88, 64],
    gsp_engine: 50,
    root_parameters: 120,
};

/// That of nouveau in Linux 6.12.
pub const R535: Release = Release {
    name: "535.113.01",
    arguments: Arguments {
        size: 0x50,
        lockless: Some([0x20, 0x28]),
        dmem_stack: None,
    },
    system: SystemInfo {
        size: 664,
        max_user_va: 0x38,
        mirror: 0x40,
        ids: None,
    },
    info: StaticInfo {
        size: 2168,
        gpcs: Some(0x124),
        regions: 0x348,
        fb_length: 0x6d8,
        name: 0x71c,
        short_name: 0x75c,
        bar_tables: 0x828,
        handles: 0x868,
    },
    events: Events {
        lockdown_notice: 0x101d,
        nocat_record: None,
        os_error_log: 268,
        rc_triggered: 20,
    },
    least_heap: [84, 64],
    gsp_engine: 49,
    root_parameters: 108,
};

/// Every release that there is.
pub const RELEASES: &[&Release] = &[&R570, &R535];

impl Release {
    /// Its place in [`RELEASES`].
    #[must_use]
    pub fn index(&self) -> usize {
        let mut releases = RELEASES.iter();
        releases
            .position(|release| release.name == self.name)
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_inside_and_in_order() {
        for (index, release) in RELEASES.iter().enumerate() {
            assert_eq!(release.index(), index);
            let info = &release.info;
            let places = [
                info.regions + 776,
                info.fb_length,
                info.name,
                info.short_name,
                info.bar_tables,
                info.handles,
            ];
            assert!(places.is_sorted(), "{}", release.name);
            assert!(info.handles + 12 <= info.size);
            assert!(release.system.mirror + 8 <= release.system.size);
        }
    }
}
