// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A falcon: its memories, the ways into them, and what starts it.
//!
//! It does not execute anything. What is loaded when it is started is looked at by [`crate::Gpu`],
//! which knows the microcode that there is, and does what that would have done.

mod load;

use std::collections::BTreeMap;

use vgpu_facts::falcon::{self, Engine};

use crate::fault::{Fault, Faults};
use crate::journal::Journal;

/// A block of the memories, and of a transfer.
pub(crate) const BLOCK: usize = 256;
/// How many blocks each of the memories has.
const BLOCKS: usize = 256;

/// How many looks at its state a reset and a run take.
const LOOKS: u32 = 2;

const HWCFG2_READY: u32 = 1 << 31;
const HWCFG2_SCRUBBING: u32 = 1 << 12;
const HWCFG2_RISCV: u32 = 1 << 10;
const DMACTL_SCRUBBING: u32 = 0b110;
const CPUCTL_START: u32 = 1 << 1;
const CPUCTL_HALTED: u32 = 1 << 4;
const CPUCTL_ALIAS: u32 = 1 << 6;
const DMATRFCMD_IDLE: u32 = 1 << 1;
const BCR_VALID: u32 = 1;
const BCR_RISCV: u32 = 1 << 4;

/// A block of instructions, as it was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Bits 31:8 of its virtual address, once it is there.
    pub(crate) tag: Option<u32>,
    /// Whether it is secure.
    pub(crate) secure: bool,
}

/// What a write has set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The falcon shall be reset.
    Reset,
    /// A block shall be fetched.
    Transfer(u32),
    /// The falcon shall run.
    Start,
    /// The first queue has something.
    Doorbell,
}

#[derive(Debug, Clone)]
pub(crate) struct Falcon {
    pub(crate) engine: &'static Engine,
    /// Whether it has a boot ROM that checks, and a RISC-V core that is chosen.
    has_brom: bool,
    pub(crate) imem: Vec<u8>,
    pub(crate) dmem: Vec<u8>,
    pub(crate) tags: Vec<Tag>,
    plain: BTreeMap<u32, u32>,
    in_reset: bool,
    /// Looks until its memories are scrubbed.
    scrubbing: u32,
    /// Looks until it has halted, while it runs.
    running: u32,
    halted: bool,
    /// Whether secure microcode has run, which leaves the alias open.
    secured: bool,
    /// Whether the RISC-V core runs.
    pub(crate) riscv: bool,
}

impl Falcon {
    pub(crate) fn new(engine: &'static Engine, has_brom: bool) -> Self {
        let mut falcon = Self {
            engine,
            has_brom,
            imem: Vec::new(),
            dmem: Vec::new(),
            tags: Vec::new(),
            plain: BTreeMap::new(),
            in_reset: false,
            scrubbing: 0,
            running: 0,
            halted: true,
            secured: false,
            riscv: false,
        };
        falcon.reset();
        falcon.scrubbing = 0;
        falcon
    }

    /// As after its reset: nothing loaded, and its memories about to be scrubbed.
    pub(crate) fn reset(&mut self) {
        self.imem = vec![0; BLOCKS * BLOCK];
        self.dmem = vec![0; BLOCKS * BLOCK];
        self.tags = vec![Tag::default(); BLOCKS];
        self.plain.clear();
        if self.has_brom {
            self.plain.insert(falcon::BCR_CTRL, BCR_RISCV | BCR_VALID);
        }
        self.scrubbing = LOOKS;
        self.running = 0;
        self.halted = true;
        self.secured = false;
        self.riscv = false;
    }

    pub(crate) fn kept(&self, at: u32) -> u32 {
        self.plain.get(&at).copied().unwrap_or(0)
    }

    pub(crate) fn keep(&mut self, at: u32, value: u32) {
        self.plain.insert(at, value);
    }

    /// It has run, and halts a little later.
    pub(crate) fn halts(&mut self, secure: bool) {
        self.running = LOOKS;
        self.halted = false;
        self.secured |= secure;
    }

    pub(crate) fn is_ready(&self) -> bool {
        !self.in_reset && self.scrubbing == 0
    }

    /// Whether the falcon is chosen, rather than the RISC-V core.
    pub(crate) fn is_chosen(&self) -> bool {
        self.kept(falcon::BCR_CTRL) & BCR_RISCV == 0
    }

    /// A register is read; nothing, if there is none.
    pub(crate) fn read(&mut self, at: u32, faults: &Faults, journal: &mut Journal) -> Option<u32> {
        Some(match at {
            falcon::HWCFG2 => {
                let scrubbing = self.scrub(faults);
                let ready = !faults.is(Fault::FalconNotReady);
                bit(ready, HWCFG2_READY) | bit(scrubbing, HWCFG2_SCRUBBING) | HWCFG2_RISCV
            }
            falcon::DMACTL => {
                let scrubbing = self.scrub(faults);
                self.kept(at) & !DMACTL_SCRUBBING | bit(scrubbing, DMACTL_SCRUBBING)
            }
            falcon::CPUCTL => {
                let alias = bit(self.secured, CPUCTL_ALIAS);
                alias | bit(self.halt(faults), CPUCTL_HALTED)
            }
            falcon::HWCFG => (BLOCKS << 9 | BLOCKS) as u32,
            // The core of revision 6, which checks what it runs.
            falcon::HWCFG1 => 0x36,
            falcon::DMATRFCMD => bit(!faults.is(Fault::DmaStuck), DMATRFCMD_IDLE),
            falcon::ENGINE => u32::from(self.in_reset),
            falcon::IMEMD | falcon::DMEMD => self.port_read(at, journal),
            falcon::RISCV_STATUS if !self.has_brom => u32::from(self.riscv),
            falcon::RISCV_CPUCTL if self.has_brom => {
                u32::from(self.riscv) << 7 | u32::from(!self.riscv) << 4
            }
            falcon::IRQSTAT | falcon::IRQMASK => self.kept(at),
            _ if self.keeps(at) => self.kept(at),
            _ => return None,
        })
    }

    /// A register is written; an error if there is none.
    pub(crate) fn write(
        &mut self,
        at: u32,
        value: u32,
        journal: &mut Journal,
    ) -> Result<Option<Effect>, ()> {
        let name = self.engine.name;
        match at {
            falcon::ENGINE => {
                let was = std::mem::replace(&mut self.in_reset, value & 1 == 1);
                if self.in_reset {
                    // What is held in reset has nothing to tell: its interrupt ends at once.
                    self.plain.remove(&falcon::IRQSTAT);
                }
                return Ok((was && !self.in_reset).then_some(Effect::Reset));
            }
            _ if self.in_reset => {
                let what = falcon::name(at).unwrap_or("?");
                journal.complain(format!(
                    "{what} of {name} is written while that is in reset"
                ));
            }
            falcon::CPUCTL if value & CPUCTL_START != 0 => return Ok(Some(Effect::Start)),
            falcon::CPUCTL => {}
            falcon::CPUCTL_ALIAS if value & CPUCTL_START == 0 => {}
            falcon::CPUCTL_ALIAS if self.secured => return Ok(Some(Effect::Start)),
            falcon::CPUCTL_ALIAS => {
                journal.complain(format!(
                    "{name} is started through its alias, which is closed"
                ));
            }
            falcon::DMATRFCMD => return Ok(Some(Effect::Transfer(value))),
            falcon::QUEUE_HEAD => return Ok(Some(Effect::Doorbell)),
            falcon::IMEMD | falcon::IMEMT | falcon::DMEMD => self.port_write(at, value, journal),
            falcon::IRQSCLR => {
                let left = self.kept(falcon::IRQSTAT) & !value;
                self.keep(falcon::IRQSTAT, left);
            }
            falcon::IRQMSET => {
                let all = self.kept(falcon::IRQMASK) | value;
                self.keep(falcon::IRQMASK, all);
            }
            falcon::IRQMCLR => {
                let left = self.kept(falcon::IRQMASK) & !value;
                self.keep(falcon::IRQMASK, left);
            }
            falcon::BCR_CTRL if self.has_brom => self.keep(at, value | BCR_VALID),
            falcon::HWCFG | falcon::HWCFG1 | falcon::HWCFG2 | falcon::IRQSTAT | falcon::IRQMASK => {
                let what = falcon::name(at).unwrap_or("?");
                journal.complain(format!("{what} of {name} is written to"));
            }
            _ if self.keeps(at) => self.keep(at, value),
            _ => return Err(()),
        }
        Ok(None)
    }

    /// Whether a register keeps what is written to it, and nothing else.
    fn keeps(&self, at: u32) -> bool {
        matches!(
            at,
            falcon::MAILBOX0
                | falcon::MAILBOX1
                | falcon::ITFEN
                | falcon::OS
                | falcon::RM
                | falcon::BOOTVEC
                | falcon::DMACTL
                | falcon::DMATRFBASE
                | falcon::DMATRFBASE1
                | falcon::DMATRFMOFFS
                | falcon::DMATRFFBOFFS
                | falcon::IMEMC
                | falcon::DMEMC
                | falcon::FBIF_CTL
                | falcon::INTR_RETRIGGER
        ) || (falcon::FBIF_TRANSCFG..falcon::FBIF_TRANSCFG + 0x20).contains(&at)
            || at == falcon::RISCV_IRQMASK_TU && !self.has_brom
            || self.has_brom
                && matches!(
                    at,
                    falcon::MOD_SEL
                        | falcon::BROM_CURR_UCODE_ID
                        | falcon::BROM_ENGIDMASK
                        | falcon::BROM_PARAADDR
                        | falcon::BCR_CTRL
                        | falcon::RISCV_IRQMASK
                )
    }

    /// Somebody looks whether it is scrubbed.
    fn scrub(&mut self, faults: &Faults) -> bool {
        let scrubbing = self.scrubbing > 0;
        if !faults.is(Fault::ScrubStuck) {
            self.scrubbing = self.scrubbing.saturating_sub(1);
        }
        scrubbing
    }

    /// Somebody looks whether it has halted.
    fn halt(&mut self, faults: &Faults) -> bool {
        if self.running > 0 && !faults.is(Fault::HaltNever) {
            self.running -= 1;
            self.halted = self.running == 0;
        }
        self.halted
    }
}

/// These bits, if that is so.
fn bit(is: bool, bits: u32) -> u32 {
    if is { bits } else { 0 }
}
