// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The model as the protocol's device.

use device_model::{Interrupts, Line, Memory, NoMemory, config};
use vfio_user::{Bus, Device, GuestMemory, Lines, Region};
use vgpu_facts::register::{BAR0_SIZE, BAR1_SIZE, BAR3_SIZE};
use vgpu_model::{Gpu, MESSAGES};

/// The region of the configuration space; those before it are BARs.
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
pub(crate) struct Front(pub(crate) Gpu);

impl Front {
    /// Has the device do what waits to be done, after a command.
    pub(crate) fn work(&mut self, bus: &mut Bus) {
        self.0.work(&Guest(&bus.memory), &mut Wires(&mut bus.lines));
    }
}

impl Device for Front {
    fn regions(&self) -> [Region; 9] {
        let mut regions = [Region::NONE; 9];
        for (index, size) in [
            (0, u64::from(BAR0_SIZE)),
            (1, BAR1_SIZE),
            (3, BAR3_SIZE),
            (CONFIG, config::SIZE as u64),
        ] {
            regions[index as usize] = Region {
                size,
                writable: true,
            };
        }
        regions
    }

    fn irqs(&self) -> [u32; 5] {
        [u32::from(self.0.has_pin()), u32::from(MESSAGES), 0, 0, 0]
    }

    fn read(&mut self, _: &mut Bus, region: u32, offset: u64, data: &mut [u8]) {
        if region == CONFIG {
            self.0
                .config_read(usize::try_from(offset).unwrap_or(usize::MAX), data);
        } else {
            self.0.bar_read(region, offset, data);
        }
    }

    fn write(&mut self, bus: &mut Bus, region: u32, offset: u64, data: &[u8]) {
        if region == CONFIG {
            self.0
                .config_write(usize::try_from(offset).unwrap_or(usize::MAX), data);
            self.work(bus);
        } else {
            let memory = Guest(&bus.memory);
            self.0
                .bar_write(region, offset, data, &memory, &mut Wires(&mut bus.lines));
        }
    }

    fn reset(&mut self, _: &mut Bus) {
        self.0.reset();
    }

    fn pin_unmasked(&mut self, bus: &mut Bus) {
        if self.0.is_pin_up() {
            bus.lines.raise(0, 0);
        }
    }
}
