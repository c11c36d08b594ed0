// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The registers, and the windows among them.

use device_model::Memory;
use vgpu_facts::chip::Family;
use vgpu_facts::register::*;

use super::Gpu;
use crate::fault::Fault;

/// What a register reads whose reader may not.
const DENIED: u32 = 0xbadf_5620;

/// How often a driver has to look until the scratch registers are unlocked, and the boot is done.
const UNLOCKED: u32 = 2;
const BOOTED: u32 = 3;
const SLOW: u32 = 100;

/// How far the boot is until it is done.
const PROGRESS: u32 = 0x80;
const DONE: u32 = 0xff;

/// Has an invalidation begin, and is set until it is done.
const INVALIDATE_TRIGGER: u32 = 1 << 31;

/// Registers that keep what is written to them: each with which bits.
const PLAIN: &[(std::ops::Range<u32>, u32)] = &[
    (NV_PMC_INTR_EN..NV_PMC_INTR_EN + 8, !0),
    (NV_PMC_ENABLE..NV_PMC_ENABLE + 4, !0),
    (NV_PBUS_SW_SCRATCH..NV_PBUS_SW_SCRATCH + 0x100, !0),
    (NV_PBUS_BAR0_WINDOW..NV_PBUS_BAR0_WINDOW + 4, 0x03ff_ffff),
    (NV_PBUS_BAR1_BLOCK..NV_PBUS_BAR1_BLOCK + 4, !0),
    (NV_PBUS_BAR2_BLOCK..NV_PBUS_BAR2_BLOCK + 4, !0),
    (NV_PTIMER_INTR_EN_0..NV_PTIMER_INTR_EN_0 + 4, !0),
    (NV_PTIMER_ALARM_0..NV_PTIMER_ALARM_0 + 4, !0x1f),
    (
        NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB
            ..NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB + 8,
        !0,
    ),
    // What is invalid is so at once: there is nothing that keeps entries of tables.
    (
        NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE..NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE + 4,
        !INVALIDATE_TRIGGER,
    ),
    (NV_XVE_ROM_SHADOW..NV_XVE_ROM_SHADOW + 4, !0),
    (NV_PDISP_VGA_CRTC..NV_PDISP_VGA_CRTC + 4, !0),
];

/// Registers that say what never changes, and take nothing: those that there is nothing else to say of.
const ZERO: &[std::ops::Range<u32>] = &[
    NV_PMC_BOOT_1..NV_PMC_BOOT_1 + 4,
    NV_PMC_INTR..NV_PMC_INTR + 8,
    NV_PTIMER_INTR_0..NV_PTIMER_INTR_0 + 4,
    NV_UFLUSH_FB_FLUSH..NV_UFLUSH_FB_FLUSH + 4,
    NV_PEXTDEV_BOOT_0..NV_PEXTDEV_BOOT_0 + 4,
    NV_PFB_PRI_MMU_LOCK_CFG..NV_PFB_PRI_MMU_LOCK_CFG + 4,
    NV_PFB_PRI_MMU_LOCK_ADDR_LO..NV_PFB_PRI_MMU_LOCK_ADDR_HI + 4,
];

impl Gpu {
    pub(super) fn bar0_read(&mut self, offset: u64, into: &mut [u8]) {
        let Some(offset) = inside(offset) else {
            into.fill(0xff);
            return;
        };
        let mut done = 0;
        while let Some(left) = into.get_mut(done..).filter(|left| !left.is_empty()) {
            // Whoever reads a part of a word reads the word.
            let at = offset + done as u32;
            let inside = (at % 4) as usize;
            let word = self.word_read(at - at % 4).to_le_bytes();
            for (byte, value) in left.iter_mut().zip(&word[inside..]) {
                *byte = *value;
                done += 1;
            }
        }
    }

    pub(super) fn bar0_write(&mut self, offset: u64, from: &[u8], memory: &impl Memory) {
        let Some(offset) = inside(offset) else {
            return;
        };
        if NV_PRAMIN.contains(&offset) {
            self.pass();
            let address = self.pramin(offset);
            self.memory_write(address, from);
            return;
        }
        if offset.is_multiple_of(4) && from.len().is_multiple_of(4) {
            for (word, at) in from.chunks_exact(4).zip((offset..).step_by(4)) {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(word);
                self.word_write(at, u32::from_le_bytes(bytes), memory);
            }
        } else if (NV_PDISP_VGA_CRTC..NV_PDISP_VGA_CRTC + 4).contains(&offset) {
            self.pass();
            let mut bytes = self.kept(NV_PDISP_VGA_CRTC).to_le_bytes();
            let inside = (offset % 4) as usize;
            for (byte, value) in bytes[inside..].iter_mut().zip(from) {
                *byte = *value;
            }
            self.plain
                .insert(NV_PDISP_VGA_CRTC, u32::from_le_bytes(bytes));
        } else {
            self.pass();
            let name = name(offset - offset % 4);
            let count = from.len();
            self.journal
                .complain(format!("{count} bytes written inside of {name}"));
        }
    }

    /// A register is read, whole.
    fn word_read(&mut self, at: u32) -> u32 {
        self.pass();
        if NV_PROM.contains(&at) {
            return self.prom(at);
        }
        if NV_PRAMIN.contains(&at) {
            let mut bytes = [0; 4];
            self.vram.read(self.pramin(at), &mut bytes);
            return u32::from_le_bytes(bytes);
        }
        let value = self.register_read(at);
        if value.is_none() {
            self.journal.missed_read(at);
        }
        let value = self.faults.stuck(at, value.unwrap_or(0));
        self.journal.read(at, value);
        value
    }

    fn register_read(&mut self, at: u32) -> Option<u32> {
        Some(match at {
            NV_PMC_BOOT_0 | NV_PMC_BOOT_42 => self.identity(at),
            NV_PTIMER_TIME_0 => (self.now() & 0xffff_ffe0) as u32,
            NV_PTIMER_TIME_1 => (self.now() >> 32 & 0x1fff_ffff) as u32,
            NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK => self.boot_lock(),
            NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0 => self.boot_progress(),
            NV_PFB_PRI_MMU_LOCAL_MEMORY_RANGE if !self.chip.has_brom() => self.range(),
            NV_USABLE_FB_SIZE_IN_MB if self.chip.has_brom() => match self.size_fault() {
                Some(value) => value,
                None => self.chip.memory,
            },
            // Nobody has set it up, unless it shall be wrong.
            NV_PDISP_VGA_WORKSPACE_BASE if self.faults.is(Fault::WorkspaceWild) => !0,
            NV_PDISP_VGA_WORKSPACE_BASE => 0,
            NV_FUSE_STATUS_OPT_DISPLAY => u32::from(self.chip.family == Family::Ga100),
            NV_FUSE_STATUS_OPT_DISPLAY_TU if self.chip.family == Family::Turing => 0,
            NV_PFB_NISO_FLUSH_SYSMEM_ADDR | NV_PGC6_BSI_SECURE_SCRATCH_14 => self.kept(at),
            NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI if self.chip.family != Family::Turing => self.kept(at),
            NV_PFB_PRI_MMU_WPR2_ADDR_LO | NV_PFB_PRI_MMU_WPR2_ADDR_HI => self.wpr2(at),
            NV_FUSE_OPT_FPF_NVDEC_UCODE_VERSION..0x0082_4200 => self.kept(at),
            _ if is_plain(at).is_some() => self.kept(at),
            _ if ZERO.iter().any(|range| range.contains(&at)) => 0,
            NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF
                ..=NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR => return self.tree_read(at),
            _ if NV_XVE_RANGE.contains(&at) => {
                let mut bytes = [0; 4];
                self.config
                    .read((at - NV_XVE_RANGE.start) as usize, &mut bytes);
                u32::from_le_bytes(bytes)
            }
            _ => {
                let (index, inside) = self.falcon_at(at)?;
                return self.falcon_read(index, inside);
            }
        })
    }

    fn word_write(&mut self, at: u32, value: u32, memory: &impl Memory) {
        self.pass();
        self.journal.write(at, value);
        if NV_PROM.contains(&at) {
            self.journal.complain("the ROM is written to");
            return;
        }
        match at {
            NV_PFB_NISO_FLUSH_SYSMEM_ADDR | NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI
                if self.faults.is(Fault::FlushLost) => {}
            NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI if self.chip.family == Family::Turing => {
                self.journal.missed_write(at, value);
            }
            NV_PFB_NISO_FLUSH_SYSMEM_ADDR | NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI => {
                self.plain.insert(at, value);
            }
            NV_PTIMER_TIME_0 => self.set_time(value & 0xffff_ffe0, 0xffff_ffff, 0),
            NV_PTIMER_TIME_1 => self.set_time(value & 0x1fff_ffff, 0x1fff_ffff, 32),
            // What is written arrives at once; ones that are written clear what is not there.
            NV_UFLUSH_FB_FLUSH | NV_PTIMER_INTR_0 => {}
            // What only the card itself writes.
            NV_PMC_BOOT_0
            | NV_PMC_BOOT_42
            | NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0
            | NV_USABLE_FB_SIZE_IN_MB
            | NV_PFB_PRI_MMU_WPR2_ADDR_LO
            | NV_PFB_PRI_MMU_WPR2_ADDR_HI
            | NV_FUSE_OPT_FPF_NVDEC_UCODE_VERSION..0x0082_4200 => {
                let text = format!("{} is written to ({value:#x})", name(at));
                self.journal.complain(text);
            }
            _ if self.tree_write(at, value) => {}
            _ => match is_plain(at) {
                Some(mask) => {
                    self.plain.insert(at, value & mask);
                }
                None => {
                    let falcon = self.falcon_at(at);
                    let there = falcon.is_some_and(|(index, inside)| {
                        self.falcon_write(index, inside, value, memory)
                    });
                    if !there {
                        self.journal.missed_write(at, value);
                    }
                }
            },
        }
    }

    pub(super) fn kept(&self, at: u32) -> u32 {
        self.plain.get(&at).copied().unwrap_or(0)
    }

    fn identity(&self, at: u32) -> u32 {
        if self.faults.is(Fault::ChipOld) {
            // NV50, of before the register with the longer number.
            return if at == NV_PMC_BOOT_0 { 0x0500_00a2 } else { 0 };
        }
        let value = if at == NV_PMC_BOOT_0 {
            self.chip.boot_0()
        } else {
            self.chip.boot_42()
        };
        if self.faults.is(Fault::ChipUnknown) {
            return value & !(0x1ff << 20) | 0x1ef << 20;
        }
        value
    }

    fn now(&self) -> u64 {
        if self.faults.is(Fault::TimerStopped) {
            return 0x1_2345_6780;
        }
        self.time.wrapping_add(self.later)
    }

    /// The driver says what some bits of the time are.
    fn set_time(&mut self, value: u32, mask: u32, shift: u32) {
        let rest = self.time.wrapping_add(self.later) & !(u64::from(mask) << shift);
        self.later = (rest | u64::from(value) << shift).wrapping_sub(self.time);
    }

    fn boot_lock(&mut self) -> u32 {
        self.boot.looks = self.boot.looks.saturating_add(1);
        u32::from(self.is_unlocked())
    }

    fn is_unlocked(&self) -> bool {
        let slowly = if self.faults.is(Fault::GfwSlow) {
            SLOW
        } else {
            1
        };
        self.boot.looks >= UNLOCKED * slowly && !self.faults.is(Fault::GfwLocked)
    }

    fn boot_progress(&mut self) -> u32 {
        if !self.is_unlocked() {
            self.journal
                .complain("the progress of the firmware's boot is read while it is locked");
            return DENIED;
        }
        self.boot.polls = self.boot.polls.saturating_add(1);
        if self.is_booted() { DONE } else { PROGRESS }
    }

    fn is_booted(&self) -> bool {
        let slowly = if self.faults.is(Fault::GfwSlow) {
            SLOW
        } else {
            1
        };
        self.boot.polls >= BOOTED * slowly && !self.faults.is(Fault::GfwStuck)
    }

    fn size_fault(&self) -> Option<u32> {
        if self.faults.is(Fault::FbZero) {
            return Some(0);
        }
        self.faults.is(Fault::FbHuge).then_some(!0)
    }

    /// The size as Turing has it: MiB without the zeros at their end, and how many those are.
    fn range(&self) -> u32 {
        if let Some(value) = self.size_fault() {
            return value & 0x4000_03ff;
        }
        let scale = self.chip.memory.trailing_zeros().min(15);
        (self.chip.memory >> scale) << 4 | scale
    }

    fn wpr2(&self, at: u32) -> u32 {
        if !self.faults.is(Fault::Wpr2Early) {
            return self.kept(at);
        }
        let end = self.vram.size() >> 8;
        let start = if at == NV_PFB_PRI_MMU_WPR2_ADDR_LO {
            0x2000
        } else {
            0x1000
        };
        (end - start) as u32
    }

    fn pramin(&self, at: u32) -> u64 {
        let window = self.kept(NV_PBUS_BAR0_WINDOW) & 0x00ff_ffff;
        (u64::from(window) << 16) + u64::from(at - NV_PRAMIN.start)
    }

    fn prom(&self, at: u32) -> u32 {
        let inside = (at - NV_PROM.start) as usize;
        let word = self.rom.get(inside..inside + 4);
        let bytes = word.and_then(|bytes| bytes.try_into().ok());
        u32::from_le_bytes(bytes.unwrap_or([0xff; 4]))
    }
}

/// An offset behind the BAR.
fn inside(offset: u64) -> Option<u32> {
    let offset = u32::try_from(offset).ok()?;
    (offset < BAR0_SIZE).then_some(offset)
}

/// Which bits such a register keeps.
fn is_plain(at: u32) -> Option<u32> {
    let mut plain = PLAIN.iter().filter(|(range, _)| range.contains(&at));
    plain.next().map(|(_, mask)| *mask)
}
