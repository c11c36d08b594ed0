// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Registers in BAR 0, by the vendor's names.

use crate::falcon;

/// How large BAR 0 is.
pub const BAR0_SIZE: u32 = 16 << 20;
/// How large BAR 1, the window on the frame buffer, is.
pub const BAR1_SIZE: u64 = 256 << 20;
/// How large BAR 3, the window on the instance memory, is.
pub const BAR3_SIZE: u64 = 32 << 20;

macro_rules! registers {
    ($($(#[$about:meta])* $name:ident = $offset:literal $([$count:literal])?;)*) => {
        $($(#[$about])* pub const $name: u32 = $offset;)*

        /// Where each is, what it is called, and how many there are side by side.
        pub const NAMED: &[(u32, &str, u32)] = &[$(
            (
                $offset,
                stringify!($name),
                { #[allow(unused_variables, reason = "most are alone")] let count = 1; $(let count = $count;)? count },
            ),
        )*];
    };
}

registers! {
    /// Which chip this is, for drivers of old.
    NV_PMC_BOOT_0 = 0x0000_0000;
    /// Byte order, and in bits 17:16 whether it is a part of a card that is shared.
    NV_PMC_BOOT_1 = 0x0000_0004;
    /// Which chip this is.
    NV_PMC_BOOT_42 = 0x0000_0a00;
    /// Which interrupts there are.
    NV_PMC_INTR = 0x0000_0100 [2];
    /// Which of them are heard.
    NV_PMC_INTR_EN = 0x0000_0140 [2];
    /// Which engines run.
    NV_PMC_ENABLE = 0x0000_0200;
    /// For firmware and driver to leave words to each other.
    NV_PBUS_SW_SCRATCH = 0x0000_1400 [64];
    /// Which 64 KiB steps of the frame buffer PRAMIN shows.
    NV_PBUS_BAR0_WINDOW = 0x0000_1700;
    /// Where BAR 1's tables are.
    NV_PBUS_BAR1_BLOCK = 0x0000_1704;
    /// Where BAR 2's tables are.
    NV_PBUS_BAR2_BLOCK = 0x0000_1714;
    /// Which of the timer's interrupts there are; ones that are written clear them.
    NV_PTIMER_INTR_0 = 0x0000_9100;
    /// Which of the timer's interrupts are heard.
    NV_PTIMER_INTR_EN_0 = 0x0000_9140;
    /// The time in nanoseconds, bits 31:5.
    NV_PTIMER_TIME_0 = 0x0000_9400;
    /// The time in nanoseconds, bits 60:32.
    NV_PTIMER_TIME_1 = 0x0000_9410;
    /// When the timer's interrupt shall come, bits 31:5.
    NV_PTIMER_ALARM_0 = 0x0000_9420;
    /// Whether the display is fused off, on Turing.
    NV_FUSE_STATUS_OPT_DISPLAY_TU = 0x0002_1c04;
    /// Has what the processor has written to memory arrive there: 0 begins, 1 it is under way.
    NV_UFLUSH_FB_FLUSH = 0x0007_0000;
    /// The configuration space, once more.
    NV_XVE = 0x0008_8000;
    /// Whether PROM shows the ROM itself: bit 0 of 88050.
    NV_XVE_ROM_SHADOW = 0x0008_8050;
    /// Whatever is written here lets the next message of MSI come.
    NV_XVE_CYA_2 = 0x0008_8704;
    /// Where the page is that stands for all of the system's memory in a flush: bits 39:8 of its address.
    NV_PFB_NISO_FLUSH_SYSMEM_ADDR = 0x0010_0c10;
    /// Bits 63:40 of that, from GA100 on.
    NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI = 0x0010_0c40;
    /// How much memory there is, on Turing and GA100: bits 9:4, shifted by bits 3:0, in MiB.
    NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE = 0x0010_0ce0;
    /// The straps.
    NV_PEXTDEV_BOOT_0 = 0x0010_1000;
    /// Who may read the scratch registers of the boot: bit 0, everybody.
    NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK = 0x0011_8128;
    /// How far the boot of the firmware is: bits 7:0, ff when it is done.
    NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0 = 0x0011_8234;
    /// The GSP's way to say how its sequencer's resume went, in bit 26.
    NV_PGC6_BSI_SECURE_SCRATCH_14 = 0x0011_80f8;
    /// How much memory there is, from GA102 on, in MiB.
    NV_USABLE_FB_SIZE_IN_MB = 0x0011_83a4;
    /// Whether a range of memory is locked, on GA100.
    NV_PFB_PRI_MMU_LOCK_CFG = 0x001f_a7c8;
    /// Where the second write-protected region begins: bits 31:4, of 4 KiB.
    NV_PFB_PRI_MMU_WPR2_ADDR_LO = 0x001f_a824;
    /// Where it ends, likewise; 0 if there is none.
    NV_PFB_PRI_MMU_WPR2_ADDR_HI = 0x001f_a828;
    /// Where the locked range begins.
    NV_PFB_PRI_MMU_LOCK_ADDR_LO = 0x001f_a82c;
    /// Where it ends.
    NV_PFB_PRI_MMU_LOCK_ADDR_HI = 0x001f_a830;
    /// Where the display's workspace is: bit 3 valid, bits 31:8 of its address shifted by 16.
    NV_PDISP_VGA_WORKSPACE_BASE = 0x0062_5f04;
    /// The display's CRTC index and data, a byte each.
    NV_PDISP_VGA_CRTC = 0x0060_13d4;
    /// Whether the display is fused off, from GA100 on.
    NV_FUSE_STATUS_OPT_DISPLAY = 0x0082_0c04;
    /// The versions that NVDEC's microcode must have at least.
    NV_FUSE_OPT_FPF_NVDEC_UCODE_VERSION = 0x0082_4100 [16];
    /// The versions that SEC2's microcode must have at least.
    NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION = 0x0082_4140 [16];
    /// The versions that the GSP's microcode must have at least.
    NV_FUSE_OPT_FPF_GSP_UCODE_VERSION = 0x0082_41c0 [16];
    /// The interrupts that there are, 32 in a leaf; ones that are written clear them.
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF = 0x00b8_1000 [8];
    /// Hears some of a leaf.
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET = 0x00b8_1200 [8];
    /// Hears them no more.
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR = 0x00b8_1400 [8];
    /// Which pairs of leaves have something that is heard.
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP = 0x00b8_1600;
    /// Lets pairs of leaves through to the processor.
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET = 0x00b8_1608;
    /// Hears them no more.
    NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR = 0x00b8_1610;
    /// Whose tables are invalid, by the first of them; with the upper half of its address behind it.
    NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB = 0x00b8_30a0 [2];
    /// Has the MMU forget them: 31 begins, and is set until that is done.
    NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE = 0x00b8_30b0;
}

/// The ROM, as a window of 1 MiB.
pub const NV_PROM: core::ops::Range<u32> = 0x0030_0000..0x0040_0000;
/// The frame buffer, as a window of 1 MiB.
pub const NV_PRAMIN: core::ops::Range<u32> = 0x0070_0000..0x0080_0000;
/// The configuration space.
pub const NV_XVE_RANGE: core::ops::Range<u32> = 0x0008_8000..0x0008_9000;

/// A register's name: of the array or the engine that it is in, and which of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    offset: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Alone(&'static str),
    Element(&'static str, u32),
    Falcon(&'static str, &'static str),
    Window(&'static str, u32),
    Unknown,
}

/// What a register is called.
#[must_use]
pub fn name(offset: u32) -> Name {
    Name {
        offset,
        kind: kind(offset),
    }
}

impl Name {
    /// Whether it has one.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.kind != Kind::Unknown
    }
}

fn kind(offset: u32) -> Kind {
    for (at, name, count) in NAMED {
        if offset == *at && *count == 1 {
            return Kind::Alone(name);
        }
        if offset.is_multiple_of(4) && (*at..at + 4 * count).contains(&offset) {
            return Kind::Element(name, (offset - at) / 4);
        }
    }
    for (range, name) in [
        (NV_XVE_RANGE, "NV_XVE"),
        (NV_PROM, "NV_PROM"),
        (NV_PRAMIN, "NV_PRAMIN"),
    ] {
        if range.contains(&offset) {
            return Kind::Window(name, offset - range.start);
        }
    }
    for engine in falcon::ENGINES {
        let inside = offset.checked_sub(engine.base);
        if let Some(name) = inside.and_then(falcon::name) {
            return Kind::Falcon(engine.name, name);
        }
    }
    Kind::Unknown
}

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.kind {
            Kind::Alone(name) => write!(f, "{name}"),
            Kind::Element(name, index) => write!(f, "{name}[{index}]"),
            Kind::Falcon(engine, name) => write!(f, "NV_P{engine}_{name}"),
            Kind::Window(name, inside) => write!(f, "{name}+{inside:#x}"),
            Kind::Unknown => write!(f, "{:#08x}", self.offset),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString as _;

    #[test]
    fn names() {
        for (offset, wanted) in [
            (0, "NV_PMC_BOOT_0"),
            (0x1438, "NV_PBUS_SW_SCRATCH[14]"),
            (0x8241e0, "NV_FUSE_OPT_FPF_GSP_UCODE_VERSION[8]"),
            (0x300010, "NV_PROM+0x10"),
            (0x110040, "NV_PGSP_FALCON_MAILBOX0"),
            (0x840100, "NV_PSEC_FALCON_CPUCTL"),
            (0x111388, "NV_PGSP_RISCV_CPUCTL"),
            (0x123456, "0x123456"),
        ] {
            assert_eq!(name(offset).to_string(), wanted);
        }
        assert!(!name(0x123456).is_known());
    }

    #[test]
    fn no_two_have_one_place() {
        for (index, (at, name, count)) in NAMED.iter().enumerate() {
            for (other, other_name, others) in &NAMED[index + 1..] {
                let apart = at + 4 * count <= *other || other + 4 * others <= *at;
                assert!(apart, "{name} and {other_name}");
            }
        }
    }
}
