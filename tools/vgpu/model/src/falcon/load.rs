// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The two ways into a falcon's memories: its ports, and DMA.

use device_model::Memory;
use vgpu_facts::falcon;

use super::{BLOCK, Falcon, Tag};
use crate::journal::Journal;

const IMEMC_SECURE: u32 = 1 << 28;
const STEP_WRITE: u32 = 1 << 24;
const STEP_READ: u32 = 1 << 25;
const PLACE: u32 = 0x00ff_fffc;

const TO_IMEM: u32 = 1 << 4;
const SECURE: u32 = 1 << 2;

/// The system's memory, coherent, by physical addresses.
pub(crate) const FBIF_SYSTEM: u32 = 5;
const FBIF_MASK: u32 = 7;
const FBIF_CTL_PHYSICAL: u32 = 1 << 7;
const DMACTL_CONTEXT: u32 = 1;

impl Falcon {
    pub(super) fn port_write(&mut self, at: u32, value: u32, journal: &mut Journal) {
        let name = self.engine.name;
        if !self.is_ready() {
            journal.complain(format!("{name} is loaded while it is scrubbed"));
            return;
        }
        let (control, is_code) = match at {
            falcon::DMEMD => (falcon::DMEMC, false),
            _ => (falcon::IMEMC, true),
        };
        let setting = self.kept(control);
        let place = (setting & PLACE) as usize;
        if at == falcon::IMEMT {
            match self.tags.get_mut(place / BLOCK) {
                Some(tag) => {
                    *tag = Tag {
                        tag: Some(value & 0xffff),
                        secure: setting & IMEMC_SECURE != 0,
                    };
                }
                None => journal.complain(format!("a tag past the end of {name}'s instructions")),
            }
            return;
        }
        let memory = if is_code {
            &mut self.imem
        } else {
            &mut self.dmem
        };
        match memory.get_mut(place..place + 4) {
            Some(word) => word.copy_from_slice(&value.to_le_bytes()),
            None => journal.complain(format!(
                "{at:#x}: {place:#x} is past the end of {name}'s memory"
            )),
        }
        if setting & STEP_WRITE != 0 {
            self.step(control);
        }
    }

    pub(super) fn port_read(&mut self, at: u32, journal: &mut Journal) -> u32 {
        let (control, memory) = match at {
            falcon::DMEMD => (falcon::DMEMC, &self.dmem),
            _ => (falcon::IMEMC, &self.imem),
        };
        let setting = self.kept(control);
        let place = (setting & PLACE) as usize;
        let hidden = at == falcon::IMEMD && self.tags.get(place / BLOCK).is_some_and(|t| t.secure);
        if hidden {
            let name = self.engine.name;
            journal.complain(format!("secure instructions of {name} are read"));
        }
        let word = memory.get(place..place + 4).filter(|_| !hidden);
        let word = word.and_then(|word| word.try_into().ok());
        if setting & STEP_READ != 0 {
            self.step(control);
        }
        u32::from_le_bytes(word.unwrap_or([0; 4]))
    }

    fn step(&mut self, control: u32) {
        let setting = self.kept(control);
        let place = (setting & PLACE).wrapping_add(4) & PLACE;
        self.keep(control, setting & !PLACE | place);
    }

    /// Whether a way to memory is set up, and if not, why.
    pub(crate) fn way(&self, index: u32) -> Result<(), String> {
        let name = self.engine.name;
        let setting = self.kept(falcon::FBIF_TRANSCFG + 4 * index);
        if setting & FBIF_MASK != FBIF_SYSTEM {
            return Err(format!(
                "{name} shall reach memory by FBIF_TRANSCFG[{index}], which is {setting:#x}, not {FBIF_SYSTEM}: \
                 physical, coherent system memory"
            ));
        }
        if self.kept(falcon::FBIF_CTL) & FBIF_CTL_PHYSICAL == 0 {
            return Err(format!(
                "{name} shall reach memory by physical addresses, which FBIF_CTL does not allow"
            ));
        }
        if self.kept(falcon::DMACTL) & DMACTL_CONTEXT != 0 {
            return Err(format!("{name} wants a context for DMA, by DMACTL"));
        }
        Ok(())
    }

    /// A block comes from memory.
    pub(crate) fn transfer(&mut self, command: u32, memory: &impl Memory) -> Result<(), String> {
        let name = self.engine.name;
        if !self.is_ready() {
            return Err(format!("{name} is loaded while it is scrubbed"));
        }
        let (length, index) = (4_usize << (command >> 8 & 7), command >> 12 & 7);
        self.way(index)?;
        let base = u64::from(self.kept(falcon::DMATRFBASE)) << 8
            | u64::from(self.kept(falcon::DMATRFBASE1) & 0x1ff) << 40;
        let offset = self.kept(falcon::DMATRFFBOFFS);
        let address = base + u64::from(offset);
        let place = self.kept(falcon::DMATRFMOFFS) as usize;
        let mut bytes = vec![0; length];
        let read = memory.read(address, &mut bytes);
        read.map_err(|_| format!("{name} fetches {address:#x}, where there is no memory"))?;
        let is_code = command & TO_IMEM != 0;
        if is_code && (length != BLOCK || !place.is_multiple_of(BLOCK)) {
            return Err(format!(
                "{name} fetches {length} bytes of code to {place:#x}: not a whole block"
            ));
        }
        let into = if is_code {
            &mut self.imem
        } else {
            &mut self.dmem
        };
        let into = place
            .checked_add(length)
            .and_then(|end| into.get_mut(place..end));
        into.ok_or_else(|| format!("{name} fetches to {place:#x}, past the end of its memory"))?
            .copy_from_slice(&bytes);
        if is_code && let Some(tag) = self.tags.get_mut(place / BLOCK) {
            *tag = Tag {
                tag: Some(offset >> 8),
                secure: command & SECURE != 0,
            };
        }
        Ok(())
    }

    /// The code that begins at a virtual address: its blocks one after the other as long as their tags
    /// do; and which of them are secure.
    pub(crate) fn code(&self, address: u32) -> (Vec<u8>, Vec<bool>) {
        let mut tag = address >> 8;
        let (mut code, mut secure) = (Vec::new(), Vec::new());
        let find = |tag| self.tags.iter().position(|t| t.tag == Some(tag));
        while let Some(block) = find(tag) {
            code.extend(&self.imem[block * BLOCK..(block + 1) * BLOCK]);
            secure.push(self.tags[block].secure);
            tag += 1;
        }
        (code, secure)
    }
}
