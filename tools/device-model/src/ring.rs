// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The ring device: a queue of descriptors in the guest's memory, worked off by DMA.
//!
//! What a driver sees of it is Documentation/ring-device.md; this is the only other place that knows
//! the numbers.

mod engine;
mod registers;

use crate::config::{Capability, Config, Effect, Identity};
use crate::fault::{Fault, Faults, Wanted};
use crate::{Interrupts, Line, Memory};

use engine::Engine;
use registers as reg;

/// How many interrupts it has: of MSI, and of MSI-X.
pub const MESSAGES: u16 = 4;

/// How large its BAR 0 is, in bytes.
pub const BAR_SIZE: u32 = 0x4000;

/// Of the ids that QEMU's registry (`docs/specs/pci-ids.rst`) sets aside for experiments, 10f0 to
/// 10ff of vendor 1af4, the first.
pub const IDENTITY: Identity = Identity {
    vendor: 0x1af4,
    device: 0x10f0,
    revision: 1,
    // It is of no class that there is.
    class: 0x00ff_0000,
};

/// What it has done, for a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Reads of registers.
    pub reads: u64,
    /// Writes of registers.
    pub writes: u64,
    /// Accesses to registers that are not whole ones.
    pub odd: u64,
    /// Descriptors that were worked off.
    pub descriptors: u64,
    /// Bytes that came from or went to the guest as data.
    pub bytes: u64,
    /// Interrupts.
    pub interrupts: u64,
    /// Resets, of all kinds.
    pub resets: u64,
}

/// The ring device.
#[derive(Debug)]
pub struct Ring {
    config: Config,
    knobs: Capability,
    /// What the guest has written to the knobs: before which, and how often.
    after: u32,
    count: u32,
    faults: Faults,
    engine: Engine,
    tables: Vec<u8>,
    /// How often CONTROL still says that a reset is under way.
    resetting: u32,
    /// In a storm: whether the next clearing of the events is answered by another one.
    echo: bool,
    statistics: Statistics,
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

impl Ring {
    /// One that has just been powered on.
    #[must_use]
    pub fn new() -> Self {
        let config = Config::new(IDENTITY)
            .with_bar(0, BAR_SIZE)
            .with_power()
            .with_msi(MESSAGES)
            .with_msix(MESSAGES, 0, reg::TABLE, reg::PENDING)
            .with_express()
            .with_errors();
        let (config, knobs) = config.with_vendor(reg::KNOBS_SIZE);
        Self {
            config,
            knobs,
            after: 0,
            count: 1,
            faults: Faults::default(),
            engine: Engine::default(),
            tables: vec![0; (BAR_SIZE - reg::TABLE) as usize],
            resetting: 0,
            echo: false,
            statistics: Statistics::default(),
        }
    }

    /// Has a fault.
    pub fn arm(&mut self, wanted: Wanted) {
        self.faults.arm(wanted);
    }

    /// Ends all faults. A card that was pulled is put in again: what it was doing is forgotten.
    pub fn clear_faults(&mut self) {
        let was_out = self.faults.is(Fault::AllOnes);
        self.faults.clear();
        if was_out {
            self.reset();
        }
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

    /// What it has done.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Whether the pin is up.
    #[must_use]
    pub fn pin(&self) -> bool {
        self.engine.asserts() && self.config.line(0) == Some(Line::Pin)
    }

    /// The guest reads its configuration space.
    pub fn config_read(&mut self, offset: usize, into: &mut [u8]) {
        if self.faults.is(Fault::AllOnes) {
            into.fill(0xff);
            return;
        }
        self.config.set_pin(self.pin());
        self.config.read(offset, into);
        let struck = self.faults.struck();
        let armed = self.faults.armed().iter();
        let armed = armed.fold(0, |bits, a| bits | 1 << (a.fault as u32));
        let words = [
            (reg::KNOB_FAULT, armed),
            (reg::KNOB_AFTER, self.after),
            (reg::KNOB_COUNT, self.count),
            (reg::KNOB_STRUCK, struck),
        ];
        for (place, value) in words {
            overlay(self.knobs.0 + place, value, offset, into);
        }
    }

    /// The guest writes to its configuration space. The knobs take whole words only, and work even
    /// where nothing else does: they are not part of the device that is simulated.
    pub fn config_write(&mut self, offset: usize, from: &[u8]) {
        let word = <[u8; 4]>::try_from(from).map(u32::from_le_bytes);
        if let (Some(place @ 4..reg::KNOBS_END), Ok(word)) =
            (offset.checked_sub(self.knobs.0), word)
        {
            self.turn(place, word);
            return;
        }
        if self.faults.is(Fault::AllOnes) {
            return;
        }
        if self.config.write(offset, from) == Some(Effect::FunctionReset) {
            self.reset();
        }
    }

    fn turn(&mut self, place: usize, value: u32) {
        match place {
            reg::KNOB_FAULT if value == 0 => self.clear_faults(),
            reg::KNOB_FAULT => {
                let fault = u8::try_from(value).ok().and_then(Fault::from_number);
                if let Some(fault) = fault {
                    self.faults.arm(Wanted {
                        fault,
                        after: self.after,
                        count: self.count,
                    });
                }
            }
            reg::KNOB_AFTER => self.after = value,
            reg::KNOB_COUNT => self.count = value,
            _ => {}
        }
    }

    /// The guest reads behind BAR 0.
    pub fn bar_read(&mut self, offset: u32, into: &mut [u8], interrupts: &mut impl Interrupts) {
        self.statistics.reads += 1;
        if self.faults.is(Fault::AllOnes) {
            into.fill(0xff);
        } else if let Some(at) = offset.checked_sub(reg::TABLE) {
            let table = self.tables.get(at as usize..).unwrap_or(&[]);
            for (byte, value) in into
                .iter_mut()
                .zip(table.iter().chain(std::iter::repeat(&0xff)))
            {
                *byte = *value;
            }
        } else if is_whole(offset, into.len()) {
            for (word, at) in into.chunks_exact_mut(4).zip((offset..).step_by(4)) {
                word.copy_from_slice(&self.register_read(at).to_le_bytes());
            }
            self.announce(interrupts);
        } else {
            self.statistics.odd += 1;
            into.fill(0xff);
        }
    }

    /// The guest writes behind BAR 0.
    pub fn bar_write(&mut self, offset: u32, from: &[u8], interrupts: &mut impl Interrupts) {
        self.statistics.writes += 1;
        if self.faults.is(Fault::AllOnes) {
            return;
        }
        if let Some(at) = offset.checked_sub(reg::TABLE) {
            let table = self.tables.get_mut(at as usize..).unwrap_or(&mut []);
            for (byte, value) in table.iter_mut().zip(from) {
                *byte = *value;
            }
        } else if is_whole(offset, from.len()) {
            for (word, at) in from.chunks_exact(4).zip((offset..).step_by(4)) {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(word);
                self.register_write(at, u32::from_le_bytes(bytes));
            }
            self.announce(interrupts);
        } else {
            self.statistics.odd += 1;
        }
    }

    fn register_read(&mut self, offset: u32) -> u32 {
        match offset {
            reg::ID => reg::ID_VALUE,
            reg::VERSION => 1,
            reg::CAPS => reg::CAPS_VALUE,
            reg::CONTROL if self.resetting > 0 => {
                if !self.faults.is(Fault::EndlessReset) {
                    self.resetting -= 1;
                }
                reg::CONTROL_RESET
            }
            reg::STATUS if self.resetting > 0 => 0,
            reg::HEAD if self.faults.is(Fault::Storm) => {
                self.engine.cry();
                self.echo = true;
                self.engine.read(offset)
            }
            _ => self.engine.read(offset),
        }
    }

    fn register_write(&mut self, offset: u32, value: u32) {
        if offset == reg::CONTROL && value & reg::CONTROL_RESET != 0 {
            self.reset_engine();
            self.resetting = reg::RESET_READS;
        } else if self.resetting == 0 {
            self.engine.write(offset, value);
            if offset == reg::EVENTS && std::mem::take(&mut self.echo) {
                self.engine.cry();
            }
        }
    }

    /// As after power-on, except for the faults that were asked for.
    pub fn reset(&mut self) {
        self.config.reset();
        self.tables.fill(0);
        self.reset_engine();
        self.resetting = 0;
    }

    fn reset_engine(&mut self) {
        self.statistics.resets += 1;
        self.engine = Engine::default();
        self.echo = false;
        self.faults.reset();
    }

    /// Whether a step would do something.
    #[must_use]
    pub fn has_work(&self) -> bool {
        let held = [Fault::Stall, Fault::AllOnes, Fault::Storm]
            .into_iter()
            .any(|fault| self.faults.is(fault));
        self.engine.has_work() && self.resetting == 0 && !held
    }

    /// Works off one descriptor, if there is one. Says whether there was.
    pub fn step(&mut self, memory: &impl Memory, interrupts: &mut impl Interrupts) -> bool {
        if !self.has_work() {
            return false;
        }
        let moved = self
            .engine
            .step(memory, self.config.may_master(), &mut self.faults);
        self.faults.pass(false);
        self.statistics.descriptors += 1;
        self.statistics.bytes += moved;
        self.announce(interrupts);
        true
    }

    /// The guest is ready for the pin again.
    pub fn pin_unmasked(&mut self, interrupts: &mut impl Interrupts) {
        if self.pin() {
            self.send(Line::Pin, interrupts);
        }
    }

    /// Sends what interrupts are due.
    fn announce(&mut self, interrupts: &mut impl Interrupts) {
        for message in self.engine.due() {
            if let Some(line) = self.config.line(message) {
                self.send(line, interrupts);
            }
        }
    }

    fn send(&mut self, line: Line, interrupts: &mut impl Interrupts) {
        let lost = self.faults.strikes(Fault::LostInterrupt);
        self.faults.pass(true);
        if !lost {
            self.statistics.interrupts += 1;
            interrupts.raise(line);
        }
    }
}

/// Registers are accessed whole: one, or several that follow each other.
fn is_whole(offset: u32, count: usize) -> bool {
    offset.is_multiple_of(4) && count.is_multiple_of(4)
}

/// Puts a word that is at `place` into what is read from `offset` on.
fn overlay(place: usize, value: u32, offset: usize, into: &mut [u8]) {
    for (byte, at) in value.to_le_bytes().into_iter().zip(place..) {
        if let Some(target) = at.checked_sub(offset).and_then(|at| into.get_mut(at)) {
            *target = byte;
        }
    }
}

#[cfg(test)]
mod tests;
