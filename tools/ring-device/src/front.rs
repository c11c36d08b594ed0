// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The model as the protocol's device.

use device_model::ring::{BAR_SIZE, MESSAGES, Ring};
use device_model::{Interrupts, Line, Memory, NoMemory, config};
use vfio_user::{Bus, Device, GuestMemory, Lines, Region};

use crate::names::Names;

/// The regions that there are.
const BAR: u32 = 0;
const CONFIG: u32 = 7;

/// The guest's memory, as the model sees it.
struct Guest<'a>(&'a GuestMemory);

impl Memory for Guest<'_> {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), NoMemory> {
        let result = self.0.read(address, into);
        result.map_err(|missing| NoMemory(missing.0))
    }

    fn write(&self, address: u64, from: &[u8]) -> Result<(), NoMemory> {
        let result = self.0.write(address, from);
        result.map_err(|missing| NoMemory(missing.0))
    }
}

/// The guest's interrupts, as the model sees them.
struct Wires<'a>(&'a mut Lines);

impl Interrupts for Wires<'_> {
    fn raise(&mut self, line: Line) {
        let (kind, number) = match line {
            Line::Pin => (0, 0),
            Line::Msi(number) => (1, number),
            Line::MsiX(number) => (2, number),
        };
        // A guest that has connected nothing hears nothing, as with any device.
        self.0.raise(kind, u32::from(number));
    }
}

/// The device.
pub(crate) struct Front {
    pub(crate) ring: Ring,
    /// Who looks on, if anybody: each access of a register is a line, by these names.
    pub(crate) trace: Option<Names>,
}

impl Front {
    fn tell(&self, what: &str, offset: u32, data: &[u8]) {
        if let Some(names) = &self.trace {
            // An access is of a word, or two, or it is none of a register.
            for (offset, word) in (offset..).step_by(4).zip(data.chunks(4)) {
                match <[u8; 4]>::try_from(word) {
                    Ok(word) => {
                        let line = names.line(what, offset, u32::from_le_bytes(word));
                        eprintln!("ring-device: {line}");
                    }
                    Err(_) => eprintln!("ring-device: {what:5} {offset:04x} {word:02x?}"),
                }
            }
        }
    }

    /// Works off one descriptor.
    pub(crate) fn step(&mut self, bus: &mut Bus) {
        self.ring
            .step(&Guest(&bus.memory), &mut Wires(&mut bus.lines));
    }
}

impl Device for Front {
    fn regions(&self) -> [Region; 9] {
        let mut regions = [Region::NONE; 9];
        for (index, size) in [(BAR, u64::from(BAR_SIZE)), (CONFIG, config::SIZE as u64)] {
            regions[index as usize] = Region {
                size,
                writable: true,
            };
        }
        regions
    }

    fn irqs(&self) -> [u32; 5] {
        let messages = u32::from(MESSAGES);
        [1, messages, messages, 0, 0]
    }

    fn read(&mut self, bus: &mut Bus, region: u32, offset: u64, data: &mut [u8]) {
        match (region, u32::try_from(offset)) {
            (BAR, Ok(offset)) => {
                self.ring.bar_read(offset, data, &mut Wires(&mut bus.lines));
                self.tell("read", offset, data);
            }
            (CONFIG, Ok(offset)) => self.ring.config_read(offset as usize, data),
            _ => data.fill(0xff),
        }
    }

    fn write(&mut self, bus: &mut Bus, region: u32, offset: u64, data: &[u8]) {
        match (region, u32::try_from(offset)) {
            (BAR, Ok(offset)) => {
                self.tell("write", offset, data);
                self.ring
                    .bar_write(offset, data, &mut Wires(&mut bus.lines));
            }
            (CONFIG, Ok(offset)) => self.ring.config_write(offset as usize, data),
            _ => {}
        }
    }

    fn reset(&mut self, _: &mut Bus) {
        self.ring.reset();
    }

    fn pin_unmasked(&mut self, bus: &mut Bus) {
        self.ring.pin_unmasked(&mut Wires(&mut bus.lines));
    }
}
