// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A driver's way from a GSP that runs to one that answers, and to its end.

use vgpu_facts::chip::CHIPS;
use vgpu_facts::falcon::*;
use vgpu_facts::release::{R535, R570, RELEASES, Release};

use super::Card;
use super::booter::{
    GSP_BASE, LIBOS, LOGS, META, RMARGS, SEC2_BASE, SHARED, boot, is_active, put, put64, ready,
    ready_with, sec2,
};
use crate::synth::firmware::booter::Kind;

const COMMANDS: u64 = SHARED + 0x1000;
const STATUS: u64 = SHARED + 0x4_1000;

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// A driver with its places in the queues.
pub(super) struct Driver {
    pub(super) card: Card,
    write: u32,
    read: u32,
    sequence: u32,
}

impl Driver {
    pub(super) fn new(card: Card) -> Self {
        Self {
            card,
            write: 0,
            read: 0,
            sequence: 0,
        }
    }

    pub(super) fn guest(&self, at: u64, length: usize) -> Vec<u8> {
        self.card.guest.0.borrow()[at as usize..][..length].to_vec()
    }

    /// Sends a command, with these of its header's words changed.
    fn send_with(&mut self, function: u32, payload: &[u8], changes: &[(usize, u32)]) {
        let length = 32 + payload.len();
        let pages = (48 + length).div_ceil(4096) as u32;
        let mut message = vec![0; 80];
        let mut set =
            |at: usize, value: u32| message[at..at + 4].copy_from_slice(&value.to_le_bytes());
        for (at, value) in [
            (0x24, self.sequence),
            (0x28, pages),
            (0x30, 0x0300_0000),
            (0x34, 0x4350_5256),
            (0x38, length as u32),
            (0x3c, function),
            (0x40, !0),
            (0x44, !0),
        ] {
            set(at, value);
        }
        for (at, value) in changes {
            set(*at, *value);
        }
        message.extend(payload);
        let mut bytes = message.clone();
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let sum = bytes
            .chunks(8)
            .fold(0, |sum, c| sum ^ u64::from_le_bytes(c.try_into().unwrap()));
        let sum = (sum >> 32) as u32 ^ sum as u32;
        if !changes.iter().any(|(at, _)| *at == 0x20) {
            message[0x20..0x24].copy_from_slice(&sum.to_le_bytes());
        }
        for (index, page) in message.chunks(4096).enumerate() {
            let place = (u64::from(self.write) + index as u64) % 63;
            put(&self.card, COMMANDS + 0x1000 + 0x1000 * place, page);
        }
        self.write = (self.write + pages) % 63;
        self.sequence += 1;
        put(&self.card, COMMANDS + 0x10, &self.write.to_le_bytes());
        self.card.write(GSP_BASE + QUEUE_HEAD, 0);
    }

    pub(super) fn send(&mut self, function: u32, payload: &[u8]) {
        self.send_with(function, payload, &[]);
    }

    /// The next message: its function and its payload.
    pub(super) fn receive(&mut self) -> Option<(u32, Vec<u8>)> {
        let write = word(&self.guest(STATUS + 0x10, 4), 0);
        if write == self.read {
            return None;
        }
        let place = STATUS + 0x1000 + 0x1000 * u64::from(self.read);
        let message = self.guest(place, 4096);
        let length = word(&message, 0x38) as usize;
        self.read = (self.read + 1) % 63;
        put(&self.card, COMMANDS + 0x20, &self.read.to_le_bytes());
        assert_eq!(word(&message, 0x40), 0);
        Some((word(&message, 0x3c), message[80..48 + length].to_vec()))
    }

    pub(super) fn tell(&mut self) {
        let layout = &self.card.release.system;
        let mut info = vec![0; layout.size];
        let id = u32::from(self.card.gpu.chip().device) << 16 | 0x10de;
        let mut set =
            |at: usize, value: u64| info[at..at + 8].copy_from_slice(&value.to_le_bytes());
        set(0x00, 0xf000_0000);
        set(0x08, 0x38_0000_0000);
        set(0x10, 0x38_1000_0000);
        set(layout.max_user_va, (1 << 47) - 4096);
        set(layout.mirror, 0x1000 << 32 | 0x8_8000);
        if let Some(at) = layout.ids {
            set(at, id.into());
        }
        self.send(72, &info);
        let name = b"RMDevidCheckIgnore\0";
        let mut settings: Vec<u8> = [24 + name.len() as u32, 1, 24, 1, 1, 0]
            .into_iter()
            .flat_map(u32::to_le_bytes)
            .collect();
        settings.extend(name);
        self.send(73, &settings);
    }

    /// Runs the sequence that the GSP has sent.
    pub(super) fn run(&mut self, payload: &[u8]) {
        let count = word(payload, 4) as usize;
        assert_eq!(payload.len(), 40 + 4 * count);
        let mut words: Vec<u32> = payload[40..].chunks(4).map(|w| word(w, 0)).collect();
        let mut take = |count: usize| words.drain(..count).collect::<Vec<_>>();
        let card = &mut self.card;
        let mut left = count;
        while left > 0 {
            let opcode = take(1)[0];
            let operands = take([2, 3, 5, 1, 2, 0, 0, 0, 0][opcode as usize]);
            left -= 1 + operands.len();
            match (opcode, &operands[..]) {
                (0, [at, value]) => card.write(*at, *value),
                (1, [at, mask, value]) => {
                    let old = card.read(*at);
                    card.write(*at, old & !mask | value);
                }
                (2, [at, mask, value, ..]) => assert_eq!(card.read(*at) & mask, *value),
                (4, [at, _]) => {
                    card.read(*at);
                }
                (5, _) => reset(card),
                (6, _) => card.write(GSP_BASE + CPUCTL, 2),
                (7, _) => while card.read(GSP_BASE + CPUCTL) >> 4 & 1 == 0 {},
                (8, _) => {
                    reset(card);
                    card.write(GSP_BASE + MAILBOX0, LIBOS as u32);
                    card.write(GSP_BASE + MAILBOX1, 0);
                    let alias = card.read(SEC2_BASE + CPUCTL) >> 6 & 1 == 1;
                    sec2(card, if alias { CPUCTL_ALIAS } else { CPUCTL }, 2);
                    assert_eq!(card.read(0x11_80f8) >> 26 & 1, 1);
                    assert_eq!(card.read(SEC2_BASE + MAILBOX0), 0);
                    assert!(is_active(card));
                }
                _ => {}
            }
        }
    }
}

fn reset(card: &mut Card) {
    card.write(GSP_BASE + ENGINE, 1);
    card.write(GSP_BASE + ENGINE, 0);
    while card.read(GSP_BASE + HWCFG2) >> 12 & 1 == 1 {}
    if card.gpu.chip().has_brom() {
        card.write(GSP_BASE + BCR_CTRL, 0);
    }
}

/// A card whose GSP runs, and knows of nothing yet.
pub(super) fn running(chip: &str) -> Driver {
    running_with(chip, &R570)
}

/// The same, with this release of the firmware.
fn running_with(chip: &str, release: &'static Release) -> Driver {
    let mut card = ready_with(chip, release);
    card.gpu.config_write(0x10, &0xf000_0000_u32.to_le_bytes());
    card.gpu
        .config_write(0x14, &0x38_0000_0000_u64.to_le_bytes());
    card.gpu
        .config_write(0x1c, &0x38_1000_0000_u64.to_le_bytes());
    assert_eq!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
    Driver::new(card)
}

pub(super) fn log(driver: &mut Driver) -> String {
    driver.card.gpu.journal_mut().take().join("\n")
}

/// A card whose GSP answers.
pub(super) fn answering(chip: &str) -> Driver {
    answering_with(chip, &R570)
}

/// The same, with this release of the firmware.
pub(super) fn answering_with(chip: &str, release: &'static Release) -> Driver {
    let mut driver = running_with(chip, release);
    driver.tell();
    let (_, sequence) = driver.receive().unwrap();
    driver.run(&sequence);
    assert_eq!(driver.receive(), Some((0x1001, Vec::new())));
    driver
}

/// Ends a GSP that answers.
pub(super) fn end(driver: &mut Driver) {
    driver.send(47, &[0; 8]);
    while driver.receive() != Some((47, vec![0; 8])) {}
    reset(&mut driver.card);
    assert_eq!(boot(&mut driver.card, Kind::Unload, [0xff; 2]), 0);
}

#[test]
fn each_chip_boots_answers_and_suspends() {
    let releases = RELEASES.iter();
    for (release, chip) in releases.flat_map(|r| CHIPS.iter().map(move |chip| (*r, chip))) {
        let mut driver = running_with(chip.name, release);
        assert_eq!(driver.receive(), None);
        for (at, name) in (LOGS..)
            .step_by(0x1_0000)
            .zip(["LOGINIT", "LOGINTR", "LOGRM"])
        {
            assert_eq!(word(&driver.guest(at, 4), 0), 18);
            assert!(driver.guest(at + 8 * 17, 8).starts_with(name.as_bytes()));
        }
        driver.tell();
        let (function, sequence) = driver.receive().unwrap();
        assert_eq!(function, 0x1002);
        assert_eq!(driver.receive(), None);
        driver.run(&sequence);
        assert_eq!(driver.receive(), Some((0x1001, Vec::new())));
        // All around both queues.
        for _ in 0..200 {
            let layout = &release.info;
            driver.send(65, &vec![0; layout.size]);
            let (function, info) = driver.receive().unwrap();
            assert_eq!((function, info.len()), (65, layout.size));
            let name = format!("NVIDIA {}\0", chip.card);
            assert!(info[layout.name..].starts_with(name.as_bytes()));
            assert_eq!(word(&info, layout.regions), 2);
        }
        driver.send(47, &[0; 8]);
        assert_eq!(driver.receive(), Some((47, vec![0; 8])));
        assert_eq!(driver.card.read(GSP_BASE + MAILBOX0), 0x8000_0000);
        reset(&mut driver.card);
        assert_eq!(boot(&mut driver.card, Kind::Unload, [0xff; 2]), 0);
        let complaints = driver.card.gpu.journal().complaints;
        assert_eq!(complaints, 0, "{}: {}", chip.name, log(&mut driver));
        assert!(driver.card.gpu.journal().missing().is_empty());
    }
}

#[test]
pub(super) fn a_driver_that_errs_is_told_why() {
    for (words, change) in [
        ("seqNum of a command is 0x5", (0x24, 5)),
        ("elemCount of a command is 0x9", (0x28, 9)),
        ("header_version", (0x30, 1)),
        ("signature of a command", (0x34, 1)),
        ("length 0x1f", (0x38, 31)),
        ("length 0xffffffff", (0x38, !0)),
        ("2 pages, and 1 are there", (0x38, 5000)),
        ("rpc_result of a command", (0x40, 0)),
        ("rpc_result_private", (0x44, 0)),
        ("checksum", (0x20, 1)),
        ("function 9 is not one", (0x3c, 9)),
        ("SET_SYSTEM_INFO: 0 bytes", (0x3c, 72)),
        ("SET_REGISTRY: there is nothing at 0x0", (0x3c, 73)),
        ("or not now (Starting)", (0x3c, 65)),
    ] {
        let mut driver = running("ga102");
        driver.send_with(9, &[], &[change]);
        let log = log(&mut driver);
        assert!(log.contains(words), "{words}: {log}");
    }
    for (words, at, value) in [
        ("sharedMem", RMARGS, 0x10_u64),
        ("pageTableEntryCount", RMARGS + 8, 3),
        ("cmdQueueOffset", RMARGS + 0x10, 3),
        ("statQueueOffset", RMARGS + 0x18, 3),
        ("bDmemStack", RMARGS + 0x30, 0),
        ("page 128 of the queues is at 0x1", SHARED + 8 * 128, 1),
        ("version of the command queue is 0x3", COMMANDS, 3),
        ("msgSize of the command queue", COMMANDS + 8, 0),
    ] {
        let mut card = ready("tu102");
        put64(&card, at, value);
        assert_eq!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
        let log = card.gpu.journal_mut().take().join("\n");
        let words = if words == "sharedMem" {
            "the queues' table does not begin with itself"
        } else {
            words
        };
        assert!(
            log.contains("the GSP cannot start") && log.contains(words),
            "{words}: {log}"
        );
    }
    // A driver that leaves the sequence out.
    let mut driver = running("ga102");
    driver.tell();
    reset(&mut driver.card);
    sec2(&mut driver.card, CPUCTL, 2);
    assert!(log(&mut driver).contains("the sequence was not run"));
}

#[test]
fn messages_go_wrong() {
    for fault in [
        "message-checksum",
        "message-length",
        "message-unknown",
        "message-truncated",
        "message-failed",
    ] {
        let mut driver = running("ad102");
        driver.card.arm(&format!("{fault} count=1"));
        driver.tell();
        let message = driver.guest(STATUS + 0x1000, 4096);
        let sum = message
            .chunks(8)
            .fold(0, |sum, c| sum ^ u64::from_le_bytes(c.try_into().unwrap()));
        match fault {
            "message-unknown" => assert_eq!(word(&message, 0x3c), 0x1fff),
            "message-length" => assert_eq!(word(&message, 0x38), !0),
            "message-truncated" => assert_eq!(word(&message, 0x38), 32 + 4),
            "message-failed" => {
                assert_eq!(word(&message, 0x40), 0x51);
                assert_eq!((sum >> 32) as u32, sum as u32);
            }
            _ => assert_ne!((sum >> 32) as u32, sum as u32),
        }
    }
    let mut driver = running("ad102");
    driver.card.arm("message-replayed count=1");
    driver.tell();
    let first = driver.receive().unwrap();
    assert_eq!(driver.receive(), Some(first.clone()));
    driver.card.arm("init-done-missing count=1");
    driver.run(&first.1);
    assert_eq!(driver.receive(), None);
    driver.card.arm("name-endless");
    driver.card.arm("regions-huge");
    driver.send(65, &[0; 1656]);
    let (_, info) = driver.receive().unwrap();
    assert_eq!((word(&info, 0x158), info[0x4ec + 63]), (!0, b'A'));
    driver.card.arm("message-skipped count=1");
    driver.send(65, &[0; 1656]);
    assert_eq!(driver.receive(), None);
    driver.card.arm("suspend-never");
    driver.send(47, &[0; 8]);
    assert_eq!(driver.card.read(GSP_BASE + MAILBOX0) >> 31, 0);
    driver.card.arm("gsp-silent");
    driver.receive();
    driver.send(65, &[0; 1656]);
    assert_eq!(driver.receive(), None);
}

#[test]
fn events_are_those_of_the_release() {
    for (release, error, channel, lockdown) in [(&R570, 272, 48, 0x101c), (&R535, 268, 20, 0x101d)]
    {
        let mut driver = answering_with("ad102", release);
        for (name, number, size) in [
            ("os-error-log", 0x1006, error),
            ("rc-triggered", 0x1004, channel),
            ("lockdown-notice", lockdown, 4),
        ] {
            assert_eq!(driver.card.obey(&format!("event {name}")), "ok");
            let (function, payload) = driver.receive().unwrap();
            assert_eq!((function, payload.len()), (number, size), "{name}");
        }
        let answer = driver.card.obey("event nocat-record");
        assert_eq!(answer == "ok", release.events.nocat_record.is_some());
    }
}
