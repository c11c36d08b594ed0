// SPDX-License-Identifier: GPL-2.0-only

//! The registers that the driver uses, by the vendor's names.

pub(crate) mod falcon;

use kernel::devres::Held;
use kernel::io::register;
use kernel::pci::Bar;

/// The BAR that they are in.
pub(crate) const BAR: u32 = 0;
/// How much of it there has to be.
pub(crate) const SIZE: usize = 0x100_0000;
/// Where in it the ROM is shown.
pub(crate) const PROM: u32 = 0x30_0000;

/// The card's registers, for those who may outlive the binding: handlers of interrupts.
pub(crate) type Registers = Bar<'static, SIZE>;
/// The same, for who borrows the card.
pub(crate) type Bar0<'bound> = Held<'bound, Registers>;

register! {
    /// Which chip this is, as far as the oldest chips can tell.
    pub(crate) NV_PMC_BOOT_0(u32, ro) @ 0x0 {
        28:24 architecture_0;
        23:20 implementation;
        8 architecture_1;
        7:4 major_revision;
        3:0 minor_revision;
    }
    /// Which chip this is.
    pub(crate) NV_PMC_BOOT_42(u32, ro) @ 0xa00 {
        29:24 architecture;
        23:20 implementation;
        19:16 major_revision;
        15:12 minor_revision;
    }

    /// Whatever is written here lets the next message of MSI come.
    pub(crate) NV_XVE_CYA_2(u32, wo) @ 0x08_8704 { 31:0 value; }
    /// The interrupts that there are, 32 in a leaf; ones that are written clear them.
    pub(crate) NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(u32)[8] @ 0xb8_1000 { 31:0 vectors; }
    /// Which of them are heard from now on.
    pub(crate) NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(u32)[8] @ 0xb8_1200 { 31:0 vectors; }
    /// Which of them are heard no more.
    pub(crate) NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR(u32)[8] @ 0xb8_1400 {
        31:0 vectors;
    }
    /// In which pairs of leaves there is an interrupt that is heard.
    pub(crate) NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP(u32, ro) @ 0xb8_1600 { 31:0 pairs; }
    /// Which pairs of leaves come through to the processor from now on.
    pub(crate) NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET(u32) @ 0xb8_1608 { 31:0 pairs; }
    /// Which of them do no more.
    pub(crate) NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR(u32) @ 0xb8_1610 { 31:0 pairs; }

    /// How much memory Turing and GA100 have.
    pub(crate) NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE(u32, ro) @ 0x10_0ce0 {
        30 ecc_mode_enabled;
        9:4 lower_mag;
        3:0 lower_scale;
    }
    /// Bits 39:8 of the address of the page that flushes are written to.
    pub(crate) NV_PFB_NISO_FLUSH_SYSMEM_ADDR(u32) @ 0x10_0c10 { 31:0 address; }
    /// Bits 63:40 of it, from GA100 on.
    pub(crate) NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI(u32) @ 0x10_0c40 { 23:0 address; }

    /// Who may read the next one.
    pub(crate) NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK(u32, ro) @ 0x11_8128 {
        /// Everybody may.
        0 read_protection_level0;
    }
    /// How far the GSP's second start is.
    pub(crate) NV_PGC6_BSI_SECURE_SCRATCH_14(u32, ro) @ 0x11_80f8 { 26 boot_stage_3_handoff; }
    /// Written to when the GSP has commands to read.
    pub(crate) NV_PGSP_QUEUE_HEAD(u32) @ 0x11_0c00 { 31:0 address; }
    /// How far the card's own firmware is.
    pub(crate) NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT(u32, ro) @ 0x11_8234 {
        7:0 progress;
    }
    /// How much memory GA102 and later have, in MiB.
    pub(crate) NV_USABLE_FB_SIZE_IN_MB(u32, ro) @ 0x11_83a4 { 31:0 value; }

    /// Whether Turing's display is switched off for good.
    pub(crate) NV_FUSE_STATUS_OPT_DISPLAY_TURING(u32, ro) @ 0x02_1c04 { 0 display_disabled; }
    /// The same of Ampere and later.
    pub(crate) NV_FUSE_STATUS_OPT_DISPLAY_AMPERE(u32, ro) @ 0x82_0c04 { 0 display_disabled; }
    /// As the next one, of SEC2's.
    pub(crate) NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION(u32, ro)[16] @ 0x82_4140 { 15:0 data; }
    /// The version that the GSP's microcode has to have, as a number of ones; by the microcode's number
    /// less one.
    pub(crate) NV_FUSE_OPT_FPF_GSP_UCODE_VERSION(u32, ro)[16] @ 0x82_41c0 { 15:0 data; }
    /// What FWSEC says of FRTS: zero if it went well.
    pub(crate) NV_PBUS_SW_SCRATCH_0E_FRTS_ERR(u32, ro) @ 0x1438 { 31:16 frts_err_code; }
    /// Where the protected region begins, in 4 KiB.
    pub(crate) NV_PFB_PRI_MMU_WPR2_ADDR_LO(u32, ro) @ 0x1f_a824 { 31:4 lo_val; }
    /// Where it ends; zero, if there is none.
    pub(crate) NV_PFB_PRI_MMU_WPR2_ADDR_HI(u32, ro) @ 0x1f_a828 { 31:4 hi_val; }
    /// Where the workspace of the VGA is.
    pub(crate) NV_PDISP_VGA_WORKSPACE_BASE(u32, ro) @ 0x62_5f04 {
        /// In 64 KiB.
        31:8 address;
        3 status_valid;
    }
}

/// What a card that does not answer reads as.
const NOTHING: u32 = u32::MAX;

impl NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP {
    /// Whether somebody has answered: there are not as many pairs.
    pub(crate) fn is_there(self) -> bool {
        self.pairs() != NOTHING
    }
}

impl NV_PMC_BOOT_0 {
    /// Whether somebody has answered.
    pub(crate) fn is_there(self) -> bool {
        kernel::io::Register::into_word(self) != NOTHING
    }

    /// Chips before Fermi have no [`struct@NV_PMC_BOOT_42`].
    pub(crate) fn is_older_than_fermi(self) -> bool {
        !self.architecture_1() && self.architecture_0() < 0xc
    }
}
