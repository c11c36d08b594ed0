// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What falcons do when they are started: that of the microcode which is in them, and nothing if that
//! is none.

use device_model::Memory;
use vgpu_facts::falcon;
use vgpu_facts::register::*;
use vgpu_facts::rom::{COMMAND_FRTS, COMMAND_SB, DMEMMAPPER_COMMAND, SIGNATURE};

use super::Gpu;
use super::booter::{GSP, SEC2};
use crate::falcon::{BLOCK, Effect, Falcon};
use crate::fault::Fault;
use crate::synth::firmware::BOOTLOADER_MAGIC;
use crate::synth::rom::{COMMAND, MAPPER, fwsec};
use crate::synth::sign::{Terms, sign};

/// How a signature is checked: RSA3K.
const RSA3K: u32 = 1;

/// What FWSEC says went wrong, in the upper half of a scratch register.
const FRTS_REFUSED: u32 = 0x2d;
const FRTS_BROKEN: u32 = 0x5a;

/// Where FWSEC leaves that.
const FRTS_RESULT: u32 = NV_PBUS_SW_SCRATCH + 4 * 0xe;
const SB_RESULT: u32 = NV_PBUS_SW_SCRATCH + 4 * 0x15;

/// What the region for the firmware's secrets has to have.
const FRTS_SIZE: u64 = 1 << 20;
const FRTS_ALIGNMENT: u64 = 128 << 10;

/// A mailbox that tells of an error.
const MAILBOX_ERROR: u32 = 0x31;

/// The descriptor that a bootloader finds at the start of the data.
const DESCRIPTOR: usize = 84;
/// The way to memory that it is told to take.
const DESCRIPTOR_WAY: u32 = 4;

impl Gpu {
    fn falcon(&mut self, index: usize) -> &mut Falcon {
        &mut self.falcons[index]
    }

    /// Which falcon has a register, and where in it that is.
    pub(super) fn falcon_at(&self, at: u32) -> Option<(usize, u32)> {
        let mut falcons = self.falcons.iter().enumerate();
        falcons.find_map(|(index, falcon)| {
            let inside = at.checked_sub(falcon.engine.base)?;
            (inside < falcon::SIZE).then_some((index, inside))
        })
    }

    pub(super) fn falcon_read(&mut self, index: usize, at: u32) -> Option<u32> {
        self.falcons[index].read(at, &self.faults, &mut self.journal)
    }

    /// Says whether there is such a register.
    pub(super) fn falcon_write(
        &mut self,
        index: usize,
        at: u32,
        value: u32,
        memory: &impl Memory,
    ) -> bool {
        if at == falcon::INTR_RETRIGGER && index == GSP {
            if self.chip.retriggers() && value & 1 == 1 {
                self.retrigger();
            }
            return self.chip.retriggers();
        }
        let effect = self.falcons[index].write(at, value, &mut self.journal);
        match effect {
            Err(()) => return false,
            Ok(None) => {}
            Ok(Some(Effect::Reset)) => self.reset_falcon(index),
            Ok(Some(Effect::Transfer(command))) => {
                let result = if self.config.may_master() {
                    self.falcon(index).transfer(command, memory)
                } else {
                    Err("a falcon fetches, and the card may not master the bus".to_owned())
                };
                if let Err(text) = result {
                    self.journal.complain(text);
                }
            }
            Ok(Some(Effect::Start)) => self.start(index, memory),
            Ok(Some(Effect::Doorbell)) => {
                if index == GSP {
                    self.rm_work(memory);
                }
            }
        }
        true
    }

    fn reset_falcon(&mut self, index: usize) {
        let name = self.falcons[index].engine.name;
        if self.kept(NV_PFB_NISO_FLUSH_SYSMEM_ADDR) == 0 {
            self.journal.complain(format!(
                "{name} is reset before there is a page for flushes (NV_PFB_NISO_FLUSH_SYSMEM_ADDR)"
            ));
        }
        self.journal.say(format!("{name} is reset"));
        self.falcon(index).reset();
        if index == GSP {
            self.rm_reset();
        }
    }

    fn start(&mut self, index: usize, memory: &impl Memory) {
        let falcon = &self.falcons[index];
        let name = falcon.engine.name;
        let vector = falcon.kept(falcon::BOOTVEC);
        if !falcon.is_ready() {
            self.journal
                .complain(format!("{name} is started while it is scrubbed"));
            return;
        }
        if !falcon.is_chosen() {
            self.journal.complain(format!(
                "{name}'s falcon is started while its RISC-V core is chosen (BCR_CTRL)"
            ));
            return;
        }
        let (code, secure) = falcon.code(vector);
        if index == SEC2 && self.rm_resume(memory) {
            return;
        }
        if code.is_empty() {
            self.journal.say(format!(
                "{name} is started at {vector:#x}, where there is no code: it halts"
            ));
            self.falcon(index).halts(false);
            return;
        }
        let loaded = Loaded {
            code,
            secure,
            vector,
        };
        let result = match self.find_booter(&loaded.code) {
            Some(booter) => self.run_booter(index, &booter, &loaded, memory),
            None if self.chip.has_brom() => self.boot_rom(index, &loaded),
            None => self.bootloader(index, &loaded.code, memory),
        };
        if let Err(text) = result {
            self.journal.complain(format!("{name} is started: {text}"));
        }
        if self.faults.strikes(Fault::MailboxError) {
            self.falcon(index).keep(falcon::MAILBOX0, MAILBOX_ERROR);
        }
        self.falcon(index).halts(true);
    }

    /// Whether the boot ROM is told what microcode it shall be.
    pub(super) fn check_terms(&self, index: usize, terms: Terms) -> Result<(), String> {
        let falcon = &self.falcons[index];
        let (engines, id) = (
            falcon.kept(falcon::BROM_ENGIDMASK),
            falcon.kept(falcon::BROM_CURR_UCODE_ID),
        );
        if falcon.kept(falcon::MOD_SEL) & 0xff != RSA3K {
            return Err("the boot ROM is not told to check by RSA3K (MOD_SEL)".to_owned());
        }
        if engines & falcon.engine.mask == 0 {
            return Err(format!(
                "BROM_ENGIDMASK is {engines:#x}, without the engine's own bit {:#x}",
                falcon.engine.mask
            ));
        }
        if id != u32::from(terms.id) {
            return Err(format!(
                "BROM_CURR_UCODE_ID is {id}, and the code is {}",
                terms.id
            ));
        }
        Ok(())
    }

    /// GA102 and later: the boot ROM checks what is loaded, and runs it if that is right.
    fn boot_rom(&mut self, index: usize, loaded: &Loaded) -> Result<(), String> {
        let known = fwsec(self.chip);
        let terms = known.terms.ok_or("FWSEC of this chip has no signature")?;
        loaded.compare(&known.code, 0, "FWSEC")?;
        if loaded.vector != 0 {
            return Err(format!("FWSEC starts at 0, not at {:#x}", loaded.vector));
        }
        self.check_terms(index, terms)?;
        let falcon = &self.falcons[index];
        let place = falcon.kept(falcon::BROM_PARAADDR) as usize;
        let end = place.checked_add(SIGNATURE);
        let found = end.and_then(|end| falcon.dmem.get(place..end));
        let found = found.ok_or("BROM_PARAADDR is past the end of the data")?;
        let right = |version| found == sign(&known.code, Terms { version, ..terms });
        if !right(terms.version) {
            let why = match (0..16).find(|version| right(*version)) {
                Some(version) => format!("for version {version}"),
                None => "for nothing".to_owned(),
            };
            return Err(format!(
                "the signature at {place:#x} of its data is right {why}; the fuse asks for version {}",
                terms.version
            ));
        }
        let data = falcon.dmem.clone();
        self.run_fwsec(index, &data)
    }

    /// Before GA102: a bootloader is loaded through the ports, and fetches FWSEC.
    fn bootloader(
        &mut self,
        index: usize,
        code: &[u8],
        memory: &impl Memory,
    ) -> Result<(), String> {
        let known = fwsec(self.chip);
        if !code.starts_with(BOOTLOADER_MAGIC) {
            return Err("the code is none that is known".to_owned());
        }
        if !self.config.may_master() {
            return Err("the bootloader fetches, and the card may not master the bus".to_owned());
        }
        let falcon = &self.falcons[index];
        let word = |at: usize| {
            let bytes = falcon.dmem[at..at + 4].try_into().unwrap_or([0; 4]);
            u32::from_le_bytes(bytes)
        };
        let wide = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        if (0..0x20).step_by(4).any(|at| word(at) != 0) {
            return Err(format!(
                "the first 32 bytes of the bootloader's descriptor ({DESCRIPTOR} bytes at 0 of the data) are not 0"
            ));
        }
        if word(0x20) != DESCRIPTOR_WAY {
            return Err(format!(
                "the bootloader's descriptor has {} for its way to memory",
                word(0x20)
            ));
        }
        falcon.way(DESCRIPTOR_WAY)?;
        let (code_base, data_base) = (wide(0x24), wide(0x40));
        let (open, open_size, closed, closed_size) =
            (word(0x2c), word(0x30), word(0x34), word(0x38));
        let fetch = |base: u64, size: u32| {
            let limit = falcon.imem.len();
            let size = usize::try_from(size).ok().filter(|size| *size <= limit);
            let size =
                size.ok_or_else(|| "more than its memory holds shall be fetched".to_owned())?;
            let mut bytes = vec![0; size];
            match memory.read(base, &mut bytes) {
                Ok(()) => Ok(bytes),
                Err(_) => Err(format!(
                    "{size:#x} bytes at {base:#x} shall be fetched, where there is no memory"
                )),
            }
        };
        if !code_base.is_multiple_of(256) || !data_base.is_multiple_of(256) {
            return Err(format!(
                "code at {code_base:#x} and data at {data_base:#x}: not multiples of 256"
            ));
        }
        let mut code = fetch(code_base.wrapping_add(open.into()), open_size)?;
        if code.len() != known.open {
            return Err(format!(
                "FWSEC's code that is not secure has {:#x} bytes, not {:#x}",
                code.len(),
                known.open
            ));
        }
        code.extend(fetch(code_base.wrapping_add(closed.into()), closed_size)?);
        compare(&code, &known.code, "FWSEC")?;
        if word(0x3c) != 0 {
            return Err(format!("FWSEC starts at 0, not at {:#x}", word(0x3c)));
        }
        let data = fetch(data_base, word(0x48))?;
        self.run_fwsec(index, &data)
    }

    /// What FWSEC does with the command in its data.
    fn run_fwsec(&mut self, index: usize, data: &[u8]) -> Result<(), String> {
        let name = self.falcons[index].engine.name;
        if index != 0 {
            return Err(format!("FWSEC runs on the GSP, not on {name}"));
        }
        let known = fwsec(self.chip).data;
        let word = |at: usize| {
            let bytes = data.get(at..at + 4).and_then(|b| b.try_into().ok());
            bytes.map(u32::from_le_bytes)
        };
        let short = || "FWSEC's data are not all there".to_owned();
        let mapper = data.get(MAPPER..MAPPER + DMEMMAPPER_COMMAND);
        if mapper.ok_or_else(short)? != &known[MAPPER..MAPPER + DMEMMAPPER_COMMAND] {
            return Err("FWSEC's mapper is damaged before its command".to_owned());
        }
        let command = word(MAPPER + DMEMMAPPER_COMMAND).ok_or_else(short)?;
        let field = |at: usize| word(COMMAND + at).ok_or_else(short);
        let header = [
            field(0)?,
            field(4)?,
            field(8)?,
            field(0xc)?,
            field(0x10)?,
            field(0x14)?,
        ];
        match command {
            COMMAND_FRTS => {
                self.plain.insert(FRTS_RESULT, FRTS_REFUSED << 16);
            }
            COMMAND_SB => {
                self.plain.insert(SB_RESULT, FRTS_REFUSED);
            }
            other => return Err(format!("FWSEC has no command {other:#x}")),
        }
        if header != [1, 24, 0, 0, 0, 2] {
            return Err(format!(
                "FWSEC's command has {header:x?} for what to read of the ROM, not [1, 18, 0, 0, 0, 2]"
            ));
        }
        if command == COMMAND_SB {
            self.journal.say("FWSEC: SB is done");
            self.plain.insert(SB_RESULT, 0);
            return Ok(());
        }
        let region = [
            field(0x18)?,
            field(0x1c)?,
            field(0x20)?,
            field(0x24)?,
            field(0x28)?,
        ];
        self.frts(region)?;
        self.plain.insert(FRTS_RESULT, 0);
        Ok(())
    }

    /// Sets up the second write-protected region.
    fn frts(&mut self, region: [u32; 5]) -> Result<(), String> {
        let [version, header, address, size, kind] = region;
        let (start, size) = (u64::from(address) << 12, u64::from(size) << 12);
        let end = start + size;
        if (version, header, kind) != (1, 20, 2) {
            return Err(format!(
                "FRTS has version {version}, header {header}, kind {kind}, not 1, 20, 2"
            ));
        }
        if size != FRTS_SIZE || !start.is_multiple_of(FRTS_ALIGNMENT) || end > self.vram.size() {
            return Err(format!(
                "FRTS wants {start:#x} to {end:#x}: {FRTS_SIZE:#x} bytes at a multiple of {FRTS_ALIGNMENT:#x} below \
                 {:#x} are wanted",
                self.vram.size()
            ));
        }
        if self.kept(NV_PFB_PRI_MMU_WPR2_ADDR_HI) != 0 {
            return Err("FRTS finds the region set up already".to_owned());
        }
        if self.faults.strikes(Fault::FrtsError) {
            self.plain.insert(FRTS_RESULT, FRTS_BROKEN << 16);
            return Err("FRTS fails, as it was told to".to_owned());
        }
        if self.faults.strikes(Fault::Wpr2Missing) {
            return Ok(());
        }
        let moved = if self.faults.strikes(Fault::Wpr2Elsewhere) {
            FRTS_SIZE
        } else {
            0
        };
        self.journal
            .say(format!("FWSEC: FRTS is at {start:#x} to {end:#x}"));
        self.plain.insert(
            NV_PFB_PRI_MMU_WPR2_ADDR_LO,
            (start.saturating_sub(moved) >> 8) as u32,
        );
        let end = if self.faults.strikes(Fault::Wpr2Backwards) {
            FRTS_ALIGNMENT
        } else {
            end.saturating_sub(moved)
        };
        self.plain
            .insert(NV_PFB_PRI_MMU_WPR2_ADDR_HI, (end >> 8) as u32);
        Ok(())
    }
}

/// The code that a falcon is started with.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) code: Vec<u8>,
    /// Which of its blocks are secure.
    pub(super) secure: Vec<bool>,
    /// Where it is started.
    pub(super) vector: u32,
}

impl Loaded {
    /// Whether it is a known microcode, of which the first bytes are not secure.
    pub(super) fn compare(&self, known: &[u8], open: usize, name: &str) -> Result<(), String> {
        compare(&self.code, known, name)?;
        let blocks = known.len().div_ceil(BLOCK);
        let wanted = (0..blocks).map(|block| block * BLOCK >= open);
        match wanted.zip(&self.secure).position(|(a, b)| a != *b) {
            Some(block) if self.secure[block] => {
                Err(format!("block {block} of {name}'s code is secure"))
            }
            Some(block) => Err(format!(
                "{name}'s code is not all secure: block {block} is not"
            )),
            None => Ok(()),
        }
    }
}

/// Whether a known microcode is there; an error says in what it is not.
fn compare(code: &[u8], known: &[u8], name: &str) -> Result<(), String> {
    if code.get(..16) != known.get(..16) {
        return Err("the code is none that is known".to_owned());
    }
    let Some(own) = code.get(..known.len()) else {
        let (all, there) = (known.len(), code.len());
        return Err(format!(
            "{name}'s code has {all:#x} bytes, of which {there:#x} are there"
        ));
    };
    match own.iter().zip(known).position(|(a, b)| a != b) {
        Some(place) => Err(format!("{name}'s code is not the right one at {place:#x}")),
        None => Ok(()),
    }
}
