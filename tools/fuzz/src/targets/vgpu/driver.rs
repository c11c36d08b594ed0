// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A driver that brings the model's GSP up, and writes down how, so that a fuzzer has something right to
//! begin with.

mod setup;

use vgpu_facts::chip::{CHIPS, Chip, Family};
use vgpu_facts::falcon::*;
use vgpu_facts::release::R570;
use vgpu_model::Gpu;
use vgpu_model::synth::firmware::booter::{Kind, OPEN, booter};
use vgpu_model::synth::firmware::bootloader;
use vgpu_model::synth::rom::{FWSEC_SIGNATURE, fwsec};

use crate::targets::memory::{Guest, Heard};

/// The guest's memory.
const MEMORY: usize = 4 << 20;

/// Where things are in it.
pub(super) const META: u64 = 0x1000;
pub(super) const LIBOS: u64 = 0x2000;
pub(super) const LEVELS: u64 = 0x4000;
const SIGNATURE: u64 = 0x8000;
const LOADER: u64 = 0xa000;
pub(super) const LOGS: u64 = 0x1_0000;
const FWSEC: u64 = 0x4_0000;
pub(super) const RMARGS: u64 = 0x5_0000;
const BOOTER: u64 = 0x6_0000;
/// The queues, and the table of their pages.
pub(super) const SHARED: u64 = 0x7_0000;
const COMMANDS: u64 = SHARED + 0x1000;
const STATUS: u64 = SHARED + 0x4_1000;
const IMAGE: u64 = 0x10_0000;

const MIB: u64 = 1 << 20;

/// What a driver has done: kind, place, value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) kind: u8,
    pub(super) at: u32,
    pub(super) value: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Driver {
    pub(super) gpu: Gpu,
    pub(super) guest: Guest,
    pub(super) done: Vec<Access>,
    write: u32,
    read: u32,
    sequence: u32,
}

/// A card that has just been powered on.
pub(super) fn fresh(chip: &str) -> Gpu {
    Driver::of(chip).gpu.clone()
}

/// Where in configuration space commands are written: in the capability of the vendor's.
pub(super) fn port(gpu: &mut Gpu) -> usize {
    let mut byte = |at: usize| {
        let mut byte = [0];
        gpu.config_read(at, &mut byte);
        usize::from(byte[0])
    };
    let mut place = byte(0x34);
    for _ in 0..48 {
        if byte(place) == 9 {
            break;
        }
        place = byte(place + 1);
    }
    place + 4
}

/// The driver of a chip, before it has done anything but for putting things into memory.
impl Driver {
    pub(super) fn of(chip: &str) -> &'static Self {
        thread_local! {
            // For each thread, as long as the process: a guest's memory is not shared between threads.
            static ALL: &'static [Driver] = CHIPS.iter().map(Driver::new).collect::<Vec<_>>().leak();
        }
        let all = ALL.with(|all| *all);
        let found = all.iter().find(|driver| driver.gpu.chip().name == chip);
        found.unwrap_or(&all[0])
    }

    fn new(chip: &'static Chip) -> Self {
        let mut driver = Self {
            gpu: Gpu::new(chip),
            guest: Guest::new(MEMORY),
            done: Vec::new(),
            write: 0,
            read: 0,
            sequence: 0,
        };
        driver.put_fwsec();
        driver.put_booter(Kind::Load);
        driver.put_firmware();
        driver.put_arguments();
        driver.put_meta();
        driver.settle();
        driver
    }

    pub(super) fn settle(&mut self) {
        self.guest = std::mem::take(&mut self.guest).settle();
        let _ = self.gpu.journal_mut().take();
    }

    pub(super) fn chip(&self) -> &'static Chip {
        self.gpu.chip()
    }

    pub(super) fn set(&mut self, at: u32, value: u32) {
        self.done.push(Access { kind: 0, at, value });
        let mut heard = Heard::default();
        let bytes = value.to_le_bytes();
        self.gpu
            .bar_write(0, at.into(), &bytes, &self.guest, &mut heard);
    }

    pub(super) fn get(&mut self, at: u32) -> u32 {
        let access = Access {
            kind: 1,
            at,
            value: 0,
        };
        self.done.push(access);
        let mut bytes = [0; 4];
        self.gpu.bar_read(0, at.into(), &mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn configure(&mut self, at: u32, value: u32) {
        self.done.push(Access { kind: 7, at, value });
        self.gpu.config_write(at as usize, &value.to_le_bytes());
    }

    /// Where the protected region begins.
    pub(super) fn start(&self) -> u64 {
        u64::from_le_bytes(self.guest.get(META + 0x70))
    }

    /// FRTS, where a driver does that.
    pub(super) fn frts(&mut self) {
        self.configure(4, 6);
        self.configure(0x10, 0xf000_0000);
        for (at, value) in [(0x14, 0), (0x18, 0x38), (0x1c, 0x1000_0000), (0x20, 0x38)] {
            self.configure(at, value);
        }
        self.set(0x10_0c10, 0x1234);
        if self.chip().family == Family::Ga100 {
            return;
        }
        let known = fwsec(self.chip());
        let (code, data) = (known.code.len() as u32, known.data.len() as u32);
        self.reset(GSP.base);
        if self.chip().has_brom() {
            self.fetch(GSP.base, FWSEC, &[(0, code, 0x614), (code, data, 0x600)]);
            self.brom(GSP.base, FWSEC_SIGNATURE as u32, 0x400, 9);
            self.go(GSP.base, 0);
            return;
        }
        self.set(GSP.base + FBIF_TRANSCFG_4, 5);
        self.ports(GSP.base, 0xfd, &bootloader()[0x30..][..0x200], false);
        let mut words = vec![0; 8];
        words.extend([4, FWSEC as u32, 0, 0, 0x100, 0x100, code - 0x100, 0]);
        words.extend([FWSEC as u32 + code, 0, data, 0, 0]);
        self.data(GSP.base, &words);
        self.go(GSP.base, 0xfd00);
    }

    fn reset(&mut self, base: u32) {
        self.set(base + ENGINE, 1);
        self.set(base + ENGINE, 0);
        for _ in 0..3 {
            self.get(base + HWCFG2);
        }
        if self.chip().has_brom() {
            self.set(base + BCR_CTRL, 0);
        }
        self.set(base + DMACTL, 0);
        self.set(base + FBIF_CTL, 0x80);
    }

    /// Has pieces fetched: from where, how much, and as what.
    fn fetch(&mut self, base: u32, from: u64, pieces: &[(u32, u32, u32)]) {
        self.set(base + FBIF_TRANSCFG, 5);
        self.set(base + DMATRFBASE, (from >> 8) as u32);
        for (from, size, kind) in pieces {
            for at in (0..*size).step_by(256) {
                self.set(base + DMATRFMOFFS, at);
                self.set(base + DMATRFFBOFFS, from + at);
                self.set(base + DMATRFCMD, *kind);
            }
        }
    }

    fn brom(&mut self, base: u32, place: u32, engines: u32, id: u32) {
        self.set(base + BROM_PARAADDR, place);
        self.set(base + BROM_ENGIDMASK, engines);
        self.set(base + BROM_CURR_UCODE_ID, id);
        self.set(base + MOD_SEL, 1);
    }

    fn ports(&mut self, base: u32, first: u32, code: &[u8], secure: bool) {
        for (block, bytes) in (first..).zip(code.chunks(256)) {
            let closed = u32::from(secure && block > first) << 28;
            self.set(base + IMEMC, closed | 1 << 24 | block << 8);
            self.set(base + IMEMT, block);
            for word in bytes.chunks_exact(4) {
                let word = [word[0], word[1], word[2], word[3]];
                self.set(base + IMEMD, u32::from_le_bytes(word));
            }
        }
    }

    fn data(&mut self, base: u32, words: &[u32]) {
        self.set(base + DMEMC, 1 << 24);
        for word in words {
            self.set(base + DMEMD, *word);
        }
    }

    fn go(&mut self, base: u32, vector: u32) {
        self.set(base + BOOTVEC, vector);
        self.set(base + CPUCTL, 2);
        for _ in 0..3 {
            self.get(base + CPUCTL);
        }
    }

    /// Loads the booter, up to its start.
    pub(super) fn load_booter(&mut self) {
        self.set(GSP.base + ENGINE, 1);
        self.set(GSP.base + ENGINE, 0);
        self.set(GSP.base + MAILBOX0, LIBOS as u32);
        self.set(GSP.base + MAILBOX1, 0);
        let booter = booter(self.chip(), Kind::Load, &R570);
        let code = booter.code.len() as u32;
        self.reset(SEC2.base);
        if self.chip().has_brom() {
            let open = OPEN as u32;
            self.fetch(
                SEC2.base,
                BOOTER,
                &[(open, code - open, 0x614), (code, 0x400, 0x600)],
            );
            self.brom(SEC2.base, booter.place as u32, 1, 3);
            self.set(SEC2.base + BOOTVEC, open);
        } else {
            let blob = self.blob(&booter);
            let (code, data) = blob.split_at(booter.code.len());
            self.ports(SEC2.base, 0, code, true);
            let words: Vec<u32> = data
                .chunks_exact(4)
                .map(|w| u32::from_le_bytes([w[0], w[1], w[2], w[3]]))
                .collect();
            self.data(SEC2.base, &words);
            self.set(SEC2.base + BOOTVEC, 0);
        }
        self.set(SEC2.base + MAILBOX0, META as u32);
        self.set(SEC2.base + MAILBOX1, 0);
    }

    /// Starts it; whether it was content.
    pub(super) fn start_booter(&mut self) -> bool {
        self.set(SEC2.base + CPUCTL, 2);
        for _ in 0..3 {
            self.get(SEC2.base + CPUCTL);
        }
        self.get(SEC2.base + MAILBOX0) == 0
    }

    /// Sends a command with a right checksum and sequence.
    pub(super) fn send(&mut self, function: u32, payload: &[u8]) {
        let length = 32 + payload.len();
        let mut message = vec![0; 80];
        for (at, value) in [
            (0x24, self.sequence),
            (0x28, (48 + length).div_ceil(4096) as u32),
            (0x30, 0x0300_0000),
            (0x34, 0x4350_5256),
            (0x38, length as u32),
            (0x3c, function),
            (0x40, !0),
            (0x44, !0),
        ] {
            message[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
        }
        message.extend(payload);
        let sum = message.chunks(8).fold(0, |sum, chunk| {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            sum ^ u64::from_le_bytes(bytes)
        });
        let sum = (sum >> 32) as u32 ^ sum as u32;
        message[0x20..0x24].copy_from_slice(&sum.to_le_bytes());
        self.sequence = self.sequence.wrapping_add(1);
        self.send_bytes(&message);
    }

    /// Puts bytes where the next command is, and rings.
    pub(super) fn send_bytes(&mut self, message: &[u8]) {
        for (index, page) in message.chunks(4096).enumerate() {
            let place = (u64::from(self.write) + index as u64) % 63;
            self.guest.put(COMMANDS + 0x1000 + 0x1000 * place, page);
        }
        let pages = message.len().div_ceil(4096) as u32;
        self.write = (self.write + pages) % 63;
        self.guest.put(COMMANDS + 0x10, &self.write.to_le_bytes());
        self.ring();
    }

    pub(super) fn ring(&mut self) {
        self.set(GSP.base + QUEUE_HEAD, 0);
    }

    /// Has read all messages.
    pub(super) fn receive(&mut self) {
        let write = u32::from_le_bytes(self.guest.get(STATUS + 0x10));
        self.read = write;
        self.guest.put(COMMANDS + 0x20, &self.read.to_le_bytes());
    }

    /// Tells the GSP of the system and its settings.
    pub(super) fn tell(&mut self) {
        let info = self.system_info();
        self.send(72, &info);
        self.send(73, &settings());
        self.receive();
    }

    pub(super) fn system_info(&self) -> Vec<u8> {
        let mut info = vec![0; 928];
        let mut set =
            |at: usize, value: u64| info[at..at + 8].copy_from_slice(&value.to_le_bytes());
        set(0x00, 0xf000_0000);
        set(0x08, 0x38_0000_0000);
        set(0x10, 0x38_1000_0000);
        set(0x48, (1 << 47) - 4096);
        set(0x50, 0x1000 << 32 | 0x8_8000);
        set(0x58, u64::from(self.chip().device) << 16 | 0x10de);
        info
    }

    /// What the sequence asks for: the marks, and the resume.
    pub(super) fn sequence(&mut self) {
        self.set(0x1480, 0x5ec0_005f);
        self.set(GSP.base + ENGINE, 1);
        self.set(GSP.base + ENGINE, 0);
        for _ in 0..3 {
            self.get(GSP.base + HWCFG2);
        }
        if self.chip().has_brom() {
            self.set(GSP.base + BCR_CTRL, 0);
        }
        self.set(GSP.base + MAILBOX0, LIBOS as u32);
        self.set(SEC2.base + CPUCTL_ALIAS, 2);
        self.receive();
    }
}

/// A setting.
pub(super) fn settings() -> Vec<u8> {
    let name = b"RMDevidCheckIgnore\0";
    let mut settings: Vec<u8> = [24 + name.len() as u32, 1, 24, 1, 1, 0]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    settings.extend(name);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chip_comes_to_its_end_without_a_complaint() {
        for chip in CHIPS {
            let mut driver = Driver::of(chip.name).clone();
            driver.frts();
            driver.load_booter();
            let is_content = driver.start_booter();
            driver.tell();
            driver.sequence();
            driver.send(65, &[0; 1656]);
            driver.send(47, &[0; 8]);
            let log = driver.gpu.journal_mut().take().join("\n");
            assert!(is_content, "{}: {log}", chip.name);
            assert_eq!(driver.gpu.journal().complaints, 0, "{}: {log}", chip.name);
            assert!(
                log.contains("the GSP has suspended"),
                "{}: {log}",
                chip.name
            );
        }
    }
}
