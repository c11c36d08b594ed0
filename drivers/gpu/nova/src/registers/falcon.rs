// SPDX-License-Identifier: GPL-2.0-only

//! The registers of falcons: the same for each, at a place of its own.

use kernel::io::{Origin, register};

/// Where a falcon's registers begin.
pub(crate) struct PFalcon;
/// Where those of its second page begin.
pub(crate) struct PFalcon2;

/// The GSP's falcon.
pub(crate) struct Gsp;
/// SEC2's falcon.
pub(crate) struct Sec2;

impl Origin<PFalcon> for Gsp {
    const START: usize = 0x11_0000;
}
impl Origin<PFalcon2> for Gsp {
    const START: usize = 0x11_1000;
}
impl Origin<PFalcon> for Sec2 {
    const START: usize = 0x84_0000;
}
impl Origin<PFalcon2> for Sec2 {
    const START: usize = 0x84_1000;
}

register! {
    /// Clears its interrupts.
    pub(crate) NV_PFALCON_FALCON_IRQSCLR(u32, wo) @ PFalcon + 0x4 {
        /// The GSP has put a message into the queue.
        6 swgen0;
    }
    /// For anything: arguments before a start, results after the halt.
    pub(crate) NV_PFALCON_FALCON_MAILBOX0(u32) @ PFalcon + 0x40 { 31:0 value; }
    /// The second one.
    pub(crate) NV_PFALCON_FALCON_MAILBOX1(u32) @ PFalcon + 0x44 { 31:0 value; }
    /// Has the version of what the RISC-V core runs.
    pub(crate) NV_PFALCON_FALCON_OS(u32) @ PFalcon + 0x80 { 31:0 value; }
    /// Has what boot0 of the chip says, for what runs.
    pub(crate) NV_PFALCON_FALCON_RM(u32) @ PFalcon + 0x84 { 31:0 value; }
    /// From GA102 on.
    pub(crate) NV_PFALCON_FALCON_HWCFG2(u32, ro) @ PFalcon + 0xf4 {
        31 reset_ready;
        12 mem_scrubbing;
    }
    /// What it is doing.
    pub(crate) NV_PFALCON_FALCON_CPUCTL(u32) @ PFalcon + 0x100 { 6 alias_en; 4 halted; 1 startcpu; }
    /// Where it begins to run.
    pub(crate) NV_PFALCON_FALCON_BOOTVEC(u32) @ PFalcon + 0x104 { 31:0 value; }
    /// How it reaches memory; before GA102, whether it is scrubbed.
    pub(crate) NV_PFALCON_FALCON_DMACTL(u32) @ PFalcon + 0x10c {
        2 imem_scrubbing;
        1 dmem_scrubbing;
        0 require_ctx;
    }
    /// Bits 39:8 of where a transfer reads.
    pub(crate) NV_PFALCON_FALCON_DMATRFBASE(u32) @ PFalcon + 0x110 { 31:0 base; }
    /// Where in the falcon's memory it writes.
    pub(crate) NV_PFALCON_FALCON_DMATRFMOFFS(u32) @ PFalcon + 0x114 { 23:0 offs; }
    /// Starts it.
    pub(crate) NV_PFALCON_FALCON_DMATRFCMD(u32) @ PFalcon + 0x118 {
        /// 4 bytes, shifted by as much.
        10:8 size;
        4 imem;
        2 sec;
        1 idle;
    }
    /// How far from the base it reads; the tag of code that it writes.
    pub(crate) NV_PFALCON_FALCON_DMATRFFBOFFS(u32) @ PFalcon + 0x11c { 31:0 offs; }
    /// Bits 48:40 of where a transfer reads.
    pub(crate) NV_PFALCON_FALCON_DMATRFBASE1(u32) @ PFalcon + 0x128 { 8:0 base; }
    /// As CPUCTL, for who may not write that.
    pub(crate) NV_PFALCON_FALCON_CPUCTL_ALIAS(u32, wo) @ PFalcon + 0x130 { 1 startcpu; }
    /// The port to its code.
    pub(crate) NV_PFALCON_FALCON_IMEMC(u32) @ PFalcon + 0x180 {
        28 secure;
        /// Each write goes behind the one before.
        24 aincw;
        23:0 offs;
    }
    /// The next word of code.
    pub(crate) NV_PFALCON_FALCON_IMEMD(u32) @ PFalcon + 0x184 { 31:0 data; }
    /// Bits 23:8 of the address that the code there has.
    pub(crate) NV_PFALCON_FALCON_IMEMT(u32) @ PFalcon + 0x188 { 15:0 tag; }
    /// The port to its data.
    pub(crate) NV_PFALCON_FALCON_DMEMC(u32) @ PFalcon + 0x1c0 { 24 aincw; 23:0 offs; }
    /// The next word of data.
    pub(crate) NV_PFALCON_FALCON_DMEMD(u32) @ PFalcon + 0x1c4 { 31:0 data; }
    /// Held in reset while this says so.
    pub(crate) NV_PFALCON_FALCON_ENGINE(u32) @ PFalcon + 0x3c0 { 0 reset; }
    /// Has its interrupt come again if it is still up. From GA100 on.
    pub(crate) NV_PFALCON_FALCON_INTR_RETRIGGER(u32, wo) @ PFalcon + 0x3e8 { 0 trigger; }
    /// Its ways to memory.
    pub(crate) NV_PFALCON_FBIF_TRANSCFG(u32)[8] @ PFalcon + 0x600 {
        2 physical;
        /// 1: the machine's memory, as the processors see it.
        1:0 target;
    }
    /// What these may do.
    pub(crate) NV_PFALCON_FBIF_CTL(u32) @ PFalcon + 0x624 { 7 allow_phys_no_ctx; }

    /// By which algorithm the boot ROM checks. GA102 and later, as those that follow.
    pub(crate) NV_PFALCON2_FALCON_MOD_SEL(u32) @ PFalcon2 + 0x180 { 7:0 algo; }
    /// Which fuse it looks at.
    pub(crate) NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID(u32) @ PFalcon2 + 0x198 { 7:0 ucode_id; }
    /// Which engines the code is for.
    pub(crate) NV_PFALCON2_FALCON_BROM_ENGIDMASK(u32) @ PFalcon2 + 0x19c { 31:0 value; }
    /// Where in the data the signature is.
    pub(crate) NV_PFALCON2_FALCON_BROM_PARAADDR(u32) @ PFalcon2 + 0x210 { 31:0 value; }
    /// What the RISC-V core is doing; Turing and GA100.
    pub(crate) NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS(u32, ro) @ PFalcon2 + 0x240 { 0 active_stat; }
    /// The same of GA102 and later.
    pub(crate) NV_PRISCV_RISCV_CPUCTL(u32, ro) @ PFalcon2 + 0x388 { 7 active_stat; 4 halted; }
    /// Which of its cores runs.
    pub(crate) NV_PRISCV_RISCV_BCR_CTRL(u32) @ PFalcon2 + 0x668 {
        4 core_select_riscv;
        0 valid;
    }
}
