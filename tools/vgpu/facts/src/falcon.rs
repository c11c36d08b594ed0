// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The registers of a falcon, from its base on; those of its second half, with the RISC-V core, too.

/// An engine with a falcon.
#[derive(Debug, PartialEq, Eq)]
pub struct Engine {
    /// What the vendor's registers call it.
    pub name: &'static str,
    /// Where its registers are.
    pub base: u32,
    /// Its bit in the masks of signed microcode.
    pub mask: u32,
}

/// The system processor.
pub const GSP: Engine = Engine {
    name: "GSP",
    base: 0x11_0000,
    mask: 0x400,
};

/// The security processor.
pub const SEC2: Engine = Engine {
    name: "SEC",
    base: 0x84_0000,
    mask: 0x1,
};

/// Those that a driver starts.
pub const ENGINES: &[Engine] = &[GSP, SEC2];

/// How many bytes of registers one has.
pub const SIZE: u32 = 0x2000;

macro_rules! registers {
    ($($(#[$about:meta])* $name:ident = $offset:literal $string:literal;)*) => {
        $($(#[$about])* pub const $name: u32 = $offset;)*
        const NAMED: &[(u32, &str)] = &[$(($offset, $string),)*];
    };
}

registers! {
    /// Sets interrupts.
    IRQSSET = 0x000 "FALCON_IRQSSET";
    /// Clears interrupts.
    IRQSCLR = 0x004 "FALCON_IRQSCLR";
    /// Which interrupts there are.
    IRQSTAT = 0x008 "FALCON_IRQSTAT";
    /// Hears interrupts.
    IRQMSET = 0x010 "FALCON_IRQMSET";
    /// Hears them no more.
    IRQMCLR = 0x014 "FALCON_IRQMCLR";
    /// Which are heard.
    IRQMASK = 0x018 "FALCON_IRQMASK";
    /// A word for the falcon, or from it.
    MAILBOX0 = 0x040 "FALCON_MAILBOX0";
    /// Another one.
    MAILBOX1 = 0x044 "FALCON_MAILBOX1";
    /// Which interfaces are on.
    ITFEN = 0x048 "FALCON_ITFEN";
    /// The version of the application, from the driver.
    OS = 0x080 "FALCON_OS";
    /// Which chip, from the driver.
    RM = 0x084 "FALCON_RM";
    /// What it has: 31 ready for a reset, 13 locked down, 12 being scrubbed, 10 a RISC-V core.
    HWCFG2 = 0x0f4 "FALCON_HWCFG2";
    /// 6 started through its alias, 4 halted, 1 start.
    CPUCTL = 0x100 "FALCON_CPUCTL";
    /// Where it starts.
    BOOTVEC = 0x104 "FALCON_BOOTVEC";
    /// How large its memories are: 8:0 and 17:9, of 256 bytes.
    HWCFG = 0x108 "FALCON_HWCFG";
    /// 2 and 1 being scrubbed, 0 wants a context.
    DMACTL = 0x10c "FALCON_DMACTL";
    /// Bits 39:8 of where DMA begins.
    DMATRFBASE = 0x110 "FALCON_DMATRFBASE";
    /// Where in its memory a transfer goes.
    DMATRFMOFFS = 0x114 "FALCON_DMATRFMOFFS";
    /// Starts one: 10:8 how much, 4 to the instructions, 2 secure; 1 reads idle.
    DMATRFCMD = 0x118 "FALCON_DMATRFCMD";
    /// Where from, after the base.
    DMATRFFBOFFS = 0x11c "FALCON_DMATRFFBOFFS";
    /// Bits 48:40 of where DMA begins.
    DMATRFBASE1 = 0x128 "FALCON_DMATRFBASE1";
    /// What it is.
    HWCFG1 = 0x12c "FALCON_HWCFG1";
    /// 1 start.
    CPUCTL_ALIAS = 0x130 "FALCON_CPUCTL_ALIAS";
    /// The port of the instructions: 28 secure, 24 steps on, 23:2 where.
    IMEMC = 0x180 "FALCON_IMEMC";
    /// Its data.
    IMEMD = 0x184 "FALCON_IMEMD";
    /// Its tag.
    IMEMT = 0x188 "FALCON_IMEMT";
    /// The port of the data: 25 steps on after a read, 24 after a write, 23:2 where.
    DMEMC = 0x1c0 "FALCON_DMEMC";
    /// Its data.
    DMEMD = 0x1c4 "FALCON_DMEMD";
    /// 0 resets it.
    ENGINE = 0x3c0 "FALCON_ENGINE";
    /// Has interrupts come again.
    INTR_RETRIGGER = 0x3e8 "FALCON_INTR_RETRIGGER";
    /// The first of eight ways to memory: 2 physical, 1:0 which.
    FBIF_TRANSCFG = 0x600 "FBIF_TRANSCFG[0]";
    /// The one that the bootloader of FWSEC is told to use.
    FBIF_TRANSCFG_4 = 0x610 "FBIF_TRANSCFG[4]";
    /// 7 physical addresses are allowed.
    FBIF_CTL = 0x624 "FBIF_CTL";
    /// The doorbell of the first queue.
    QUEUE_HEAD = 0xc00 "QUEUE_HEAD[0]";
    /// How the boot ROM checks: 1 RSA3K.
    MOD_SEL = 0x1180 "FALCON2_MOD_SEL";
    /// Which microcode it shall be.
    BROM_CURR_UCODE_ID = 0x1198 "FALCON2_BROM_CURR_UCODE_ID";
    /// For which engines.
    BROM_ENGIDMASK = 0x119c "FALCON2_BROM_ENGIDMASK";
    /// Where in the data the signature is.
    BROM_PARAADDR = 0x1210 "FALCON2_BROM_PARAADDR[0]";
    /// 0 the RISC-V core runs, on Turing and GA100.
    RISCV_STATUS = 0x1240 "RISCV_CORE_SWITCH_RISCV_STATUS";
    /// Which of its interrupts are heard, on Turing and GA100.
    RISCV_IRQMASK_TU = 0x12b4 "RISCV_IRQMASK_TU";
    /// 7 it runs, 4 it is halted, from GA102 on.
    RISCV_CPUCTL = 0x1388 "RISCV_CPUCTL";
    /// Which of its interrupts are heard, from GA102 on.
    RISCV_IRQMASK = 0x1528 "RISCV_IRQMASK";
    /// Which core: 8 fetch, 4 RISC-V, 0 valid.
    BCR_CTRL = 0x1668 "RISCV_BCR_CTRL";
}

/// What the register at an offset is called.
#[must_use]
pub fn name(offset: u32) -> Option<&'static str> {
    NAMED.iter().find(|(at, _)| *at == offset).map(|(_, n)| *n)
}
