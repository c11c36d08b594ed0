// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The device.

mod bar0;
mod booter;
mod gsp;
mod interrupts;
mod knobs;
mod microcode;
mod tables;

use std::collections::BTreeMap;

use device_model::config::{Config, Effect, Identity};
use device_model::{Interrupts, Memory};
use vgpu_facts::chip::{Chip, Family};
use vgpu_facts::falcon;
use vgpu_facts::register::*;

use crate::falcon::Falcon;
use crate::fault::{Fault, Faults, Wanted};
use crate::journal::Journal;
use crate::synth::rom::rom;
use crate::vram::Vram;

use gsp::Rm;
use interrupts::Tree;
use knobs::{Counts, Knobs};

/// How many messages it has: of MSI.
pub const MESSAGES: u16 = 1;

/// How much time goes by with an access of BAR 0, in nanoseconds.
const TICK: u64 = 1000;

/// Where the firmware's boot is.
#[derive(Debug, Clone, Copy, Default)]
struct Boot {
    /// How often the lock of the scratch registers was looked at.
    looks: u32,
    /// How often the progress was looked at.
    polls: u32,
}

/// A virtual GPU. A copy goes on by itself from where the first is.
#[derive(Debug, Clone)]
pub struct Gpu {
    chip: &'static Chip,
    config: Config,
    knobs: Knobs,
    faults: Faults,
    journal: Journal,
    vram: Vram,
    rom: Vec<u8>,
    /// Registers that keep what is written to them, and do nothing else.
    plain: BTreeMap<u32, u32>,
    boot: Boot,
    falcons: Vec<Falcon>,
    rm: Rm,
    tree: Tree,
    time: u64,
    /// How much later than that the driver says that it is.
    later: u64,
    resets: u32,
}

impl Gpu {
    /// One that has just been powered on.
    #[must_use]
    pub fn new(chip: &'static Chip) -> Self {
        let identity = Identity {
            vendor: 0x10de,
            device: chip.device,
            revision: 0xa1,
            class: chip.class(),
        };
        let config = Config::new(identity)
            .with_bar(0, BAR0_SIZE)
            .with_wide_bar(1, BAR1_SIZE)
            .with_wide_bar(3, BAR3_SIZE)
            .with_power()
            .with_msi(MESSAGES)
            .with_express();
        let (config, place) = config.with_vendor(knobs::SIZE);
        let faults = Faults::default();
        let mut gpu = Self {
            chip,
            config,
            knobs: Knobs::new(place),
            rom: rom(chip, faults.defect()),
            faults,
            journal: Journal::default(),
            vram: Vram::new(u64::from(chip.memory) << 20),
            plain: BTreeMap::new(),
            boot: Boot::default(),
            falcons: Vec::new(),
            rm: Rm::default(),
            tree: Tree::default(),
            time: 0,
            later: 0,
            resets: 0,
        };
        gpu.power_on();
        gpu
    }

    /// The same, on a card without a pin: what may send no messages is not heard.
    #[must_use]
    pub fn without_pin(mut self) -> Self {
        self.config = self.config.without_pin();
        self
    }

    /// Whether the card has a pin.
    #[must_use]
    pub fn has_pin(&self) -> bool {
        self.config.has_pin()
    }

    /// Which chip it is.
    #[must_use]
    pub fn chip(&self) -> &'static Chip {
        self.chip
    }

    /// What the guest did.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What the guest did, to fetch its lines.
    pub fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Its memory.
    #[must_use]
    pub fn vram(&self) -> &Vram {
        &self.vram
    }

    /// Has a fault.
    pub fn arm(&mut self, wanted: Wanted) {
        self.journal.say(format!("fault: {wanted}"));
        self.faults.arm(wanted);
        self.faults_changed();
    }

    /// Ends all faults.
    pub fn clear_faults(&mut self) {
        self.journal.say("no faults");
        self.faults.clear();
        self.faults_changed();
    }

    /// The faults that it has or will have.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Whether it has died: whoever serves it shall answer nothing any more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.faults.is(Fault::Death)
    }

    fn faults_changed(&mut self) {
        self.rom = rom(self.chip, self.faults.defect());
    }

    /// As after power-on, except for the faults, and for what is in memory.
    pub fn reset(&mut self) {
        self.resets += 1;
        self.journal.say(format!("reset {}", self.resets));
        self.config.reset();
        self.power_on();
    }

    fn power_on(&mut self) {
        self.boot = Boot::default();
        self.later = 0;
        self.rm = Rm::default();
        self.tree = Tree::default();
        self.plain.clear();
        let falcons = falcon::ENGINES.iter();
        self.falcons = falcons
            .map(|e| Falcon::new(e, self.chip.has_brom()))
            .collect();
        for (index, engine) in [
            NV_FUSE_OPT_FPF_GSP_UCODE_VERSION,
            NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION,
            NV_FUSE_OPT_FPF_NVDEC_UCODE_VERSION,
        ]
        .into_iter()
        .enumerate()
        {
            for id in 0..16 {
                let is_fwsec = index == 0 && id + 1 == u32::from(crate::synth::rom::FWSEC_ID);
                let is_booter = index == 1 && id == 2 && self.chip.family == Family::Ampere;
                let fuse = if is_fwsec {
                    self.chip.fwsec_fuse
                } else {
                    u32::from(is_booter)
                };
                self.plain.insert(engine + 4 * id, fuse);
            }
        }
    }

    /// The guest reads its configuration space.
    pub fn config_read(&mut self, offset: usize, into: &mut [u8]) {
        self.config.read(offset, into);
        let counts = Counts {
            struck: self.faults.struck(),
            wrong: self.journal.complaints,
            accesses: self.time / TICK,
            since_command: self.journal.since_command(),
            missing: self.journal.missing().len(),
        };
        self.knobs.overlay(&counts, offset, into);
        if self.faults.is(Fault::AllOnes) {
            self.knobs.hide_others(offset, into);
        }
    }

    /// The guest writes to its configuration space. The knobs work even where nothing else does: they
    /// are not part of the device that is simulated.
    pub fn config_write(&mut self, offset: usize, from: &[u8]) {
        if let Some(line) = self.knobs.write(offset, from) {
            let answer = crate::command::obey(self, &line);
            self.knobs.answer(&answer);
            self.journal.say(format!("the guest: {line}: {answer}"));
            return;
        }
        if self.faults.is(Fault::AllOnes) {
            return;
        }
        let was_master = self.config.may_master();
        if self.config.write(offset, from) == Some(Effect::FunctionReset) {
            self.reset();
        } else if was_master && !self.config.may_master() && self.config.is_memory_on() {
            // A driver that goes ends bus mastering alone. Who ends all at once is about to reset the
            // card, and its driver, which may still be there, has no part in it.
            self.check_quiet();
        }
    }

    /// The guest reads behind a BAR.
    pub fn bar_read(&mut self, bar: u32, offset: u64, into: &mut [u8]) {
        if self.faults.is(Fault::AllOnes) {
            // Counted, so that a fault that is still to come does.
            self.pass();
            into.fill(0xff);
            return;
        }
        match bar {
            0 => self.bar0_read(offset, into),
            1 | 3 => self.window_read(bar, offset, into),
            _ => into.fill(0xff),
        }
    }

    /// The guest writes behind a BAR.
    pub fn bar_write(
        &mut self,
        bar: u32,
        offset: u64,
        from: &[u8],
        memory: &impl Memory,
        lines: &mut impl Interrupts,
    ) {
        if self.faults.is(Fault::AllOnes) {
            self.pass();
            return;
        }
        match bar {
            0 => self.bar0_write(offset, from, memory),
            1 | 3 => self.window_write(bar, offset, from),
            _ => {}
        }
        self.work(memory, lines);
    }

    /// Does what waits to be done: says what the GSP has to say, and has it heard. To be called after
    /// commands, too.
    pub fn work(&mut self, memory: &impl Memory, lines: &mut impl Interrupts) {
        if self.faults.is(Fault::AllOnes) {
            return;
        }
        self.rm_say(memory);
        self.signal(lines);
    }

    /// The processor writes to the card's memory, except where that is protected.
    fn memory_write(&mut self, address: u64, from: &[u8]) {
        let edge = |at| u64::from(self.plain.get(&at).copied().unwrap_or(0)) << 8;
        let (start, end) = (
            edge(NV_PFB_PRI_MMU_WPR2_ADDR_LO),
            edge(NV_PFB_PRI_MMU_WPR2_ADDR_HI),
        );
        if address < end && address.saturating_add(from.len() as u64) > start {
            self.journal.complain(format!(
                "{address:#x} is written to, which is write-protected"
            ));
            return;
        }
        self.vram.write(address, from);
    }

    /// Time goes by.
    fn pass(&mut self) {
        self.time += TICK;
        if self.faults.pass() {
            let armed: Vec<_> = self.faults.armed().iter().map(|a| a.to_string()).collect();
            self.journal.say(format!("faults [{}]", armed.join(", ")));
            self.faults_changed();
        }
    }
}

#[cfg(test)]
mod tests;
