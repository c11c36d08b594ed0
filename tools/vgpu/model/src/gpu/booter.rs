// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the booters do: check what the driver has set up for the GSP, and start or end it.

use device_model::Memory;
use vgpu_facts::chip::Family;
use vgpu_facts::falcon;
use vgpu_facts::register::*;
use vgpu_facts::release::{RELEASES, Release};

use super::Gpu;
use super::microcode::Loaded;
use crate::fault::Fault;
use crate::synth::firmware::booter::{Booter, Kind, OPEN, booter};
use crate::synth::firmware::gsp;
use crate::synth::sign::Terms;

/// The engines, by their places.
pub(super) const GSP: usize = 0;
pub(super) const SEC2: usize = 1;

/// What a booter that refuses leaves in the first mailbox.
const REFUSED: u32 = 0x42;
/// What both mailboxes have for the booter that ends the GSP.
const UNLOAD: u32 = 0xff;

const PAGE: u64 = 4096;
const META: usize = 256;
const META_MAGIC: u64 = 0xdc3a_ae21_371a_60b3;
/// No log has more.
const MOST_PAGES: u64 = 256;
const MIB: u64 = 1 << 20;

/// The metadata of the write-protected region, as the driver has set them up.
struct Meta([u8; META]);

impl Meta {
    fn at(&self, offset: usize) -> u64 {
        let bytes = self.0[offset..offset + 8].try_into();
        u64::from_le_bytes(bytes.unwrap_or([0; 8]))
    }
}

impl Gpu {
    /// Which booter the code is, if it is one.
    pub(super) fn find_booter(&self, code: &[u8]) -> Option<Booter> {
        let start = if self.chip.has_brom() { OPEN } else { 0 };
        let kinds = Kind::ALL.iter();
        let known = kinds.flat_map(|kind| RELEASES.iter().map(|r| booter(self.chip, *kind, r)));
        let mut known = known.map(|booter| (booter.code[start..start + 16].to_vec(), booter));
        known.find_map(|(begin, booter)| code.starts_with(&begin).then_some(booter))
    }

    /// Checks a booter as it is loaded, and runs it.
    pub(super) fn run_booter(
        &mut self,
        index: usize,
        booter: &Booter,
        loaded: &Loaded,
        memory: &impl Memory,
    ) -> Result<(), String> {
        let name = booter.name();
        if index != SEC2 {
            return Err(format!("{name} runs on SEC2"));
        }
        let sec2 = &self.falcons[index];
        let fuse =
            self.kept(NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION + 4 * (u32::from(booter.terms.id) - 1));
        let version = u32::BITS - fuse.leading_zeros();
        if self.chip.has_brom() {
            loaded.compare(&booter.code[OPEN..], 0, name)?;
            self.check_terms(
                index,
                Terms {
                    version,
                    ..booter.terms
                },
            )?;
        } else {
            loaded.compare(&booter.code, OPEN, name)?;
        }
        let place = if self.chip.has_brom() {
            sec2.kept(falcon::BROM_PARAADDR) as usize
        } else {
            booter.place
        };
        let end = place.checked_add(booter.signature);
        let found = end.and_then(|end| sec2.dmem.get(place..end));
        let found = found.ok_or("the signature is past the end of the data")?;
        if found != booter.sign(version) {
            let other = (0..16).find(|other| found == booter.sign(*other));
            let why = match other {
                Some(version) => format!("for version {version}"),
                None => "for nothing".to_owned(),
            };
            return Err(format!(
                "{name}'s signature at {place:#x} of its data is right {why}; the fuse asks for version {version}"
            ));
        }
        let mailboxes = [falcon::MAILBOX0, falcon::MAILBOX1].map(|at| sec2.kept(at));
        let result = match booter.kind() {
            Kind::Load => self.load(booter.release, mailboxes, memory),
            Kind::Unload => self.unload(mailboxes),
        };
        let code = if result.is_ok() { 0 } else { REFUSED };
        self.falcons[index].keep(falcon::MAILBOX0, code);
        result.map_err(|why| format!("{name} refuses: {why}"))
    }

    fn unload(&mut self, mailboxes: [u32; 2]) -> Result<(), String> {
        if mailboxes != [UNLOAD; 2] {
            return Err(format!("the mailboxes have {mailboxes:x?}, not [ff, ff]"));
        }
        if self.falcons[GSP].riscv {
            return Err("the GSP runs".to_owned());
        }
        self.journal.say("booter_unload: the region is taken away");
        if !self.faults.strikes(Fault::Wpr2Stays) {
            self.plain.insert(NV_PFB_PRI_MMU_WPR2_ADDR_LO, 0);
            self.plain.insert(NV_PFB_PRI_MMU_WPR2_ADDR_HI, 0);
        }
        Ok(())
    }

    fn load(
        &mut self,
        release: &'static Release,
        mailboxes: [u32; 2],
        memory: &impl Memory,
    ) -> Result<(), String> {
        if self.faults.strikes(Fault::BooterError) {
            return Err("it was told to".to_owned());
        }
        let address = u64::from(mailboxes[0]) | u64::from(mailboxes[1]) << 32;
        if !self.config.may_master() {
            return Err("the card may not master the bus".to_owned());
        }
        let mut meta = Meta([0; META]);
        memory
            .read(address, &mut meta.0)
            .map_err(|_| format!("the mailboxes have {address:#x}, where there is no memory"))?;
        self.check_layout(&meta)?;
        self.check_heap(&meta, release)?;
        self.check_images(&meta, release, memory)?;
        let libos = self.check_libos(memory)?;
        let (start, end) = (meta.at(0x70), meta.at(0xa8));
        self.plain
            .insert(NV_PFB_PRI_MMU_WPR2_ADDR_LO, (start >> 8) as u32);
        self.plain
            .insert(NV_PFB_PRI_MMU_WPR2_ADDR_HI, (end >> 8) as u32);
        self.journal.say(format!(
            "booter_load: the region is {start:#x} to {end:#x}; the GSP starts with its arguments at {libos:#x}"
        ));
        self.falcons[GSP].riscv = !self.faults.strikes(Fault::RiscvDead);
        if self.falcons[GSP].riscv {
            self.rm_start(release, libos, meta.at(0x60), memory);
        }
        Ok(())
    }

    /// Whether everything is where it can be.
    fn check_layout(&self, meta: &Meta) -> Result<(), String> {
        let wanted = |what: &str, offset: usize, value: u64| {
            let found = meta.at(offset);
            if found == value {
                return Ok(());
            }
            Err(format!("{what} is {found:#x}, not {value:#x}"))
        };
        wanted("the metadata's magic", 0x00, META_MAGIC)?;
        wanted("the metadata's revision", 0x08, 1)?;
        wanted("fbSize", 0xb0, self.vram.size())?;
        wanted("bootCount", 0xc8, 0)?;
        wanted("verified", 0xf8, 0)?;
        wanted("sizeOfSignature", 0x50, gsp::SIGNATURE as u64)?;
        let layout = gsp::layout(self.chip);
        wanted("sizeOfBootloader", 0x28, layout.size.into())?;
        wanted("bootloaderCodeOffset", 0x30, layout.code.into())?;
        wanted("bootloaderDataOffset", 0x38, layout.data.into())?;
        wanted("bootloaderManifestOffset", 0x40, layout.manifest.into())?;
        let workspace = self.vram.size() - MIB;
        wanted("vgaWorkspaceOffset", 0xb8, workspace)?;
        wanted("vgaWorkspaceSize", 0xc0, MIB)?;
        wanted("gspFwWprEnd", 0xa8, workspace)?;
        let frts = if self.chip.family == Family::Ga100 {
            0
        } else {
            MIB
        };
        wanted("frtsSize", 0xa0, frts)?;
        if frts != 0 {
            let low = u64::from(self.kept(NV_PFB_PRI_MMU_WPR2_ADDR_LO)) << 8;
            if low == 0 {
                return Err("there is no region from FRTS".to_owned());
            }
            wanted("frtsOffset", 0x98, low)?;
        }
        self.check_order(meta)
    }

    /// Whether what lies in the region lies one behind the other.
    fn check_order(&self, meta: &Meta) -> Result<(), String> {
        let parts = [
            ("nonWprHeap", meta.at(0x60), meta.at(0x68), MIB),
            (
                "the metadata in the region",
                meta.at(0x70),
                META as u64,
                MIB,
            ),
            ("gspFwHeap", meta.at(0x78), meta.at(0x80), MIB),
            ("gspFw", meta.at(0x88), meta.at(0x18), 1 << 16),
            ("bootBin", meta.at(0x90), meta.at(0x28), PAGE),
            ("frts", meta.at(0x98), meta.at(0xa0), PAGE),
        ];
        let mut before = ("the start of memory", 0);
        for (name, start, size, alignment) in parts {
            if !start.is_multiple_of(alignment) {
                return Err(format!(
                    "{name} is at {start:#x}, not a multiple of {alignment:#x}"
                ));
            }
            if start < before.1 {
                return Err(format!(
                    "{name} is at {start:#x}, before the end of {} at {:#x}",
                    before.0, before.1
                ));
            }
            let end = start.checked_add(size);
            let end = end.filter(|end| *end <= meta.at(0xa8));
            let end = end.ok_or_else(|| format!("{name} is past the end of the region"))?;
            before = (name, end);
        }
        let (start, heap) = (meta.at(0x70), meta.at(0x60).saturating_add(meta.at(0x68)));
        if heap != start || meta.at(0x58) != meta.at(0x60) {
            return Err(format!(
                "nonWprHeap does not end where the region begins, at {start:#x}"
            ));
        }
        Ok(())
    }

    fn check_heap(&self, meta: &Meta, release: &Release) -> Result<(), String> {
        let least = release.least_heap[usize::from(!self.chip.has_brom())] * MIB;
        if meta.at(0x80) < least {
            return Err(format!(
                "gspFwHeapSize is {:#x}: at least {least:#x} is wanted",
                meta.at(0x80)
            ));
        }
        Ok(())
    }

    /// Whether the images in the guest's memory are those of the firmware.
    fn check_images(
        &self,
        meta: &Meta,
        release: &Release,
        memory: &impl Memory,
    ) -> Result<(), String> {
        let fetch = |what: &str, address: u64, wanted: &[u8]| {
            let mut found = vec![0; wanted.len()];
            if !address.is_multiple_of(256) {
                return Err(format!("{what} is at {address:#x}, not a multiple of 256"));
            }
            memory
                .read(address, &mut found)
                .map_err(|_| format!("{what} is at {address:#x}, where there is no memory"))?;
            match found.iter().zip(wanted).position(|(a, b)| a != b) {
                Some(place) => Err(format!("{what} is wrong at {place:#x}")),
                None => Ok(()),
            }
        };
        fetch(
            "the GSP's bootloader",
            meta.at(0x20),
            &gsp::bootloader_image(self.chip, release),
        )?;
        fetch(
            "the GSP's signature",
            meta.at(0x48),
            &gsp::signature(self.chip, release),
        )?;
        let image = gsp::image(self.chip, release);
        if meta.at(0x18) != image.len() as u64 {
            return Err(format!(
                "sizeOfRadix3Elf is {:#x}, not {:#x}",
                meta.at(0x18),
                image.len()
            ));
        }
        let entry = |level: u32, table: u64, index: u64| {
            let mut bytes = [0; 8];
            let place = format!("entry {index} of level {level} of the image's tables");
            memory
                .read(table + 8 * index, &mut bytes)
                .map_err(|_| format!("{place} is at {table:#x}, where there is no memory"))?;
            let address = u64::from_le_bytes(bytes);
            if address == 0 || !address.is_multiple_of(PAGE) {
                return Err(format!("{place} is {address:#x}"));
            }
            Ok(address)
        };
        let top = meta.at(0x10);
        if !top.is_multiple_of(PAGE) {
            return Err(format!("the image's tables are at {top:#x}"));
        }
        let first = entry(0, top, 0)?;
        for (index, page) in image.chunks(PAGE as usize).enumerate() {
            let index = index as u64;
            let second = entry(1, first, index / 512)?;
            let address = entry(2, second, index % 512)?;
            fetch(&format!("page {index} of the GSP's image"), address, page)?;
        }
        Ok(())
    }

    /// Whether the GSP's arguments are there; says where.
    fn check_libos(&self, memory: &impl Memory) -> Result<u64, String> {
        let gsp = &self.falcons[GSP];
        let table =
            u64::from(gsp.kept(falcon::MAILBOX0)) | u64::from(gsp.kept(falcon::MAILBOX1)) << 32;
        let missing =
            |what: &str, at: u64| format!("{what} is at {at:#x}, where there is no memory");
        if table == 0 || !table.is_multiple_of(PAGE) {
            return Err(format!(
                "the GSP's mailboxes have {table:#x} for its arguments"
            ));
        }
        for (index, name) in ["LOGINIT", "LOGINTR", "LOGRM", "RMARGS"]
            .into_iter()
            .enumerate()
        {
            let mut entry = [0; 32];
            memory
                .read(table + 32 * index as u64, &mut entry)
                .map_err(|_| missing("the GSP's arguments", table))?;
            let word =
                |at: usize| u64::from_le_bytes(entry[at..at + 8].try_into().unwrap_or([0; 8]));
            let id = name.bytes().fold(0, |id, byte| id << 8 | u64::from(byte));
            if word(0) != id {
                return Err(format!(
                    "argument {index} is {:#x}, not {name} ({id:#x})",
                    word(0)
                ));
            }
            let (address, size) = (word(8), word(16));
            let fits = (1..=MOST_PAGES).contains(&(size / PAGE)) && size.is_multiple_of(PAGE);
            if entry[24..26] != [1, 1] || !fits || !address.is_multiple_of(PAGE) {
                return Err(format!(
                    "{name} has size {size:#x}, kind {}, place {}",
                    entry[24], entry[25]
                ));
            }
            if name == "RMARGS" {
                continue;
            }
            // The pages of a log, from its second word on.
            for page in 0..size / PAGE {
                let mut bytes = [0; 8];
                memory
                    .read(address + 8 + 8 * page, &mut bytes)
                    .map_err(|_| missing(name, address))?;
                let found = u64::from_le_bytes(bytes);
                if found != address.wrapping_add(page * PAGE) {
                    return Err(format!(
                        "page {page} of {name} is {found:#x}, not {:#x}",
                        address.wrapping_add(page * PAGE)
                    ));
                }
            }
        }
        Ok(table)
    }
}
