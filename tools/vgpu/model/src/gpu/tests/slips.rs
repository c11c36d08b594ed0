// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What else a driver can do wrong, beside the steps of a boot: each is named.

use vgpu_facts::falcon::*;
use vgpu_facts::rom::COMMAND_FRTS;

use super::Card;
use super::booter::{
    GSP_BASE, LIBOS, META, RMARGS, SEC2_BASE, SHARED, boot, hand_over, put, put64, ready, sec2,
    set_up,
};
use super::fwsec::{Slip, card, patched};
use super::gsp::{Driver, answering, log, running};
use super::interrupts::control;
use crate::synth::firmware::booter::{Booter, Kind, OPEN, booter};
use crate::synth::rom::FWSEC_SIGNATURE;

const COMMANDS: u64 = SHARED + 0x1000;
const NOWHERE: u64 = 0x8000_0000;
/// Where microcode is in the guest's memory.
const CODE: u64 = 0x4_0000;

fn says(card: &mut Card, words: &str) {
    let log = card.gpu.journal_mut().take().join("\n");
    assert!(log.contains(words), "{words}: {log}");
}

#[test]
pub(super) fn registers_and_ports() {
    type Harm = fn(&mut Card);
    let fetches = |card: &mut Card| {
        card.write(GSP_BASE + FBIF_TRANSCFG, 5);
        card.write(GSP_BASE + FBIF_CTL, 0x80);
    };
    let slips: [(&str, Harm); 11] = [
        ("the ROM is written to", |card| card.write(0x30_0000, 1)),
        (
            "FALCON_CPUCTL of GSP is written while that is in reset",
            |card| {
                card.write(GSP_BASE + ENGINE, 1);
                card.write(GSP_BASE + CPUCTL, 2);
            },
        ),
        (
            "GSP is started through its alias, which is closed",
            |card| {
                card.write(GSP_BASE + CPUCTL_ALIAS, 2);
            },
        ),
        ("FALCON_HWCFG of GSP is written to", |card| {
            card.write(GSP_BASE + HWCFG, 0);
        }),
        ("a tag past the end of SEC's instructions", |card| {
            sec2(card, IMEMC, 1 << 24 | 0x1_0000);
            sec2(card, IMEMT, 0);
        }),
        ("0x10000 is past the end of SEC's memory", |card| {
            sec2(card, DMEMC, 1 << 24 | 0x1_0000);
            sec2(card, DMEMD, 0);
        }),
        ("secure instructions of SEC are read", |card| {
            sec2(card, IMEMC, 1 << 28);
            sec2(card, IMEMT, 0);
            card.read(SEC2_BASE + IMEMD);
        }),
        ("GSP wants a context for DMA", |card| {
            card.write(GSP_BASE + DMACTL, 1);
            card.write(GSP_BASE + DMATRFCMD, 0x600);
        }),
        ("GSP fetches 0x80000000, where there is no memory", |card| {
            card.write(GSP_BASE + DMATRFBASE, (NOWHERE >> 8) as u32);
            card.write(GSP_BASE + DMATRFCMD, 0x600);
        }),
        (
            "GSP fetches 128 bytes of code to 0x0: not a whole block",
            |card| {
                card.write(GSP_BASE + DMATRFCMD, 0x514);
            },
        ),
        (
            "GSP fetches to 0x10000, past the end of its memory",
            |card| {
                card.write(GSP_BASE + DMATRFMOFFS, 0x1_0000);
                card.write(GSP_BASE + DMATRFCMD, 0x600);
            },
        ),
    ];
    for (words, slip) in slips {
        let mut card = card("ga102", Slip::None);
        fetches(&mut card);
        slip(&mut card);
        says(&mut card, words);
    }
}

/// What the boot ROM is told.
struct Told {
    place: u32,
    engines: u32,
    id: u32,
}

/// Loads an engine by DMA as on GA102, and starts it where its code begins.
fn start(card: &mut Card, base: u32, code: &[u8], first: usize, data: &[u8], told: &Told) {
    put(card, CODE, code);
    put(card, CODE + code.len() as u64, data);
    let mut set = |at: u32, value: u32| card.write(base + at, value);
    set(ENGINE, 1);
    set(ENGINE, 0);
    while card.read(base + HWCFG2) >> 12 & 1 == 1 {}
    let mut set = |at: u32, value: u32| card.write(base + at, value);
    for (at, value) in [
        (BCR_CTRL, 0),
        (DMACTL, 0),
        (FBIF_CTL, 0x80),
        (FBIF_TRANSCFG, 5),
        (DMATRFBASE, (CODE >> 8) as u32),
    ] {
        set(at, value);
    }
    for (from, size, kind) in [
        (first, code.len() - first, 0x614),
        (code.len(), data.len(), 0x600),
    ] {
        for at in (0..size).step_by(256) {
            set(DMATRFMOFFS, at as u32);
            set(DMATRFFBOFFS, (from + at) as u32);
            set(DMATRFCMD, kind);
        }
    }
    set(BROM_PARAADDR, told.place);
    set(BROM_ENGIDMASK, told.engines);
    set(BROM_CURR_UCODE_ID, told.id);
    set(MOD_SEL, 1);
    set(BOOTVEC, first as u32);
    set(CPUCTL, 2);
}

#[test]
pub(super) fn microcode_on_the_wrong_engine() {
    let mut card = card("ga102", Slip::None);
    let (code, data) = patched(&card, COMMAND_FRTS, Slip::None);
    let told = Told {
        place: FWSEC_SIGNATURE as u32,
        engines: 0x401,
        id: 9,
    };
    start(&mut card, SEC2_BASE, &code, 0, &data, &told);
    says(&mut card, "FWSEC runs on the GSP, not on SEC");
    let Booter { code, .. } = booter(card.gpu.chip(), Kind::Load, card.release);
    start(&mut card, GSP_BASE, &code, OPEN, &[0; 256], &told);
    says(&mut card, "booter_load runs on SEC2");
}

#[test]
pub(super) fn signatures_of_a_booter() {
    for (words, place, version) in [
        (
            "is right for version 0; the fuse asks for version 1",
            0x10,
            Some(0),
        ),
        (
            "is right for nothing; the fuse asks for version 1",
            0x10,
            None,
        ),
        ("the signature is past the end of the data", !0xff, None),
    ] {
        let mut card = card("ga102", Slip::None);
        let booter = booter(card.gpu.chip(), Kind::Load, card.release);
        let mut data = vec![0; 0x400];
        if let Some(version) = version {
            let signature = booter.sign(version);
            data[booter.place..][..signature.len()].copy_from_slice(&signature);
        }
        let told = Told {
            place,
            engines: 1,
            id: 3,
        };
        start(&mut card, SEC2_BASE, &booter.code, OPEN, &data, &told);
        says(&mut card, words);
    }
}

#[test]
pub(super) fn open_code_that_is_loaded_as_secure() {
    let mut card = card("tu102", Slip::None);
    let Booter { code, .. } = booter(card.gpu.chip(), Kind::Load, card.release);
    for (block, bytes) in code.chunks(256).enumerate() {
        sec2(&mut card, IMEMC, 1 << 28 | 1 << 24 | (block as u32) << 8);
        sec2(&mut card, IMEMT, block as u32);
        for word in bytes.chunks(4) {
            sec2(
                &mut card,
                IMEMD,
                u32::from_le_bytes(word.try_into().unwrap()),
            );
        }
    }
    sec2(&mut card, CPUCTL, 2);
    says(&mut card, "block 0 of booter_load's code is secure");
}

#[test]
pub(super) fn the_booter_without_what_comes_before() {
    let mut bare = card("ga102", Slip::None);
    set_up(&mut bare);
    hand_over(&mut bare);
    boot(&mut bare, Kind::Load, [META as u32, 0]);
    says(&mut bare, "there is no region from FRTS");
    type Harm = fn(&mut Card);
    let slips: [(&str, Harm); 6] = [
        (
            "the metadata in the region is at 0x1, not a multiple",
            |card| {
                put64(card, META + 0x70, 1);
            },
        ),
        ("gspFw is at 0x10001, not a multiple", |card| {
            put64(card, META + 0x88, 0x1_0001);
        }),
        (
            "frts is at 0x5ffe00000, before the end of bootBin",
            |card| {
                put64(card, META + 0x90, 0x5_ffe0_0000);
            },
        ),
        (
            "the GSP's bootloader is at 0xa008, not a multiple of 256",
            |card| {
                put64(card, META + 0x20, 0xa008);
            },
        ),
        ("the GSP's arguments is at 0x80000000", |card| {
            card.write(GSP_BASE + MAILBOX0, NOWHERE as u32);
        }),
        ("LOGINIT is at 0x80000000", |card| {
            put64(card, LIBOS + 8, NOWHERE)
        }),
    ];
    for (words, slip) in slips {
        let mut card = ready("ga102");
        slip(&mut card);
        assert_ne!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
        says(&mut card, words);
    }
}

#[test]
pub(super) fn queues_that_are_not_there() {
    for (words, at, value) in [
        ("RMARGS is at 0x80000000", LIBOS + 96 + 8, NOWHERE),
        ("the queues' table is at 0x80000000", RMARGS, NOWHERE),
        ("there is no memory at 0x80000000", SHARED + 8, NOWHERE),
        ("size of the command queue is 0x0", COMMANDS, 0),
        ("msgCount of the command queue", COMMANDS + 8, 0x1000),
        ("flags of the command queue", COMMANDS + 0x10, 0),
        (
            "rxHdrOff of the command queue",
            COMMANDS + 0x18,
            0x1000 << 32,
        ),
        ("entryOff of the command queue", COMMANDS + 0x18, 0x20),
    ] {
        let mut card = ready("ga102");
        put64(&card, at, value);
        boot(&mut card, Kind::Load, [META as u32, 0]);
        says(&mut card, words);
    }
    let mut card = ready("ga102");
    put64(&card, SHARED + 16, NOWHERE);
    boot(&mut card, Kind::Load, [META as u32, 0]);
    let mut driver = Driver::new(card);
    driver.send(9, &[]);
    says(
        &mut driver.card,
        "the command queue: there is no memory at 0x80000000",
    );
}

#[test]
pub(super) fn pointers_that_cannot_be() {
    let mut driver = running("ga102");
    put(&driver.card, COMMANDS + 0x10, &[63]);
    driver.card.write(GSP_BASE + QUEUE_HEAD, 0);
    assert!(log(&mut driver).contains("its write pointer is 63, of 63"));
    let mut driver = answering("ga102");
    put(&driver.card, COMMANDS + 0x20, &[63]);
    driver.send(65, &[0; 1656]);
    assert!(log(&mut driver).contains("the driver's read pointer is 63, of 63"));
    // Who asks, and does not read.
    let mut driver = answering("ga102");
    for _ in 0..63 {
        driver.send(65, &[0; 1656]);
    }
    assert!(log(&mut driver).contains("a message has 1 pages, and 0 are free"));
}

#[test]
pub(super) fn payloads_that_are_not_so() {
    let right = [
        (0x00, 0xf000_0000),
        (0x08, 0x38_0000_0000),
        (0x10, 0x38_1000_0000),
        (0x48, 1 << 40),
        (0x50, 0x1000 << 32 | 0x8_8000),
        (0x58, 0x2204_10de_u64),
    ];
    for (words, wrong) in [
        ("gpuPhysAddr is 0x1", 0x00),
        ("gpuPhysFbAddr is 0x1", 0x08),
        ("gpuPhysInstAddr is 0x1", 0x10),
        ("maxUserVa is 0", 0x48),
        ("pciConfigMirrorBase and Size is 0x1", 0x50),
        ("PCIDeviceID is 0x1", 0x58),
    ] {
        let mut driver = running("ga102");
        let mut info = vec![0; 928];
        for (at, value) in right {
            let value = if at == wrong {
                u64::from(at != 0x48)
            } else {
                value
            };
            info[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        driver.send(72, &info);
        let log = log(&mut driver);
        assert!(
            log.contains(&format!("SET_SYSTEM_INFO: {words}")),
            "{words}: {log}"
        );
    }
    let words = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let mut status = control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 2068, 2068);
    status[12] = 1;
    let mut flags = control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 2068, 2068);
    flags[20] = 1;
    for (text, function, payload) in [
        (
            "SET_REGISTRY: its size is 5, and it has 8 bytes",
            73,
            words(&[5, 0]),
        ),
        (
            "SET_REGISTRY: entry 0 has no name",
            73,
            words(&[24, 1, 24, 1, 1, 0]),
        ),
        ("GET_GSP_STATIC_INFO has 4 bytes, not 1656", 65, vec![0; 4]),
        (
            "UNLOADING_GUEST_DRIVER does not have 8 bytes",
            47,
            vec![0; 4],
        ),
        ("GSP_RM_CONTROL: status is 0x1, not 0x0", 76, status),
        ("GSP_RM_CONTROL: flags is 0x1, not 0x0", 76, flags),
    ] {
        let mut driver = answering("ga102");
        driver.send(function, &payload);
        let log = log(&mut driver);
        assert!(log.contains(text), "{text}: {log}");
    }
}

#[test]
fn what_is_long_comes_in_several_elements() {
    let mut driver = running("ga102");
    let words = [70_000, 1, 24, 1, 1, 0_u32].map(u32::to_le_bytes);
    let mut settings = words.concat();
    settings.extend(b"RMLong\0");
    settings.resize(70_000, 0);
    driver.send(73, &settings[..0xffb0]);
    assert!(!log(&mut driver).contains("settings"));
    driver.send(71, &settings[0xffb0..]);
    assert!(log(&mut driver).contains("the GSP: settings RMLong=0x1"));
    assert_eq!(driver.card.gpu.journal().complaints, 0);

    let mut driver = answering("ga102");
    driver.card.arm("event-huge");
    assert_eq!(driver.card.obey("event libos-print"), "ok");
    // Behind the two messages of the boot, and behind the sixteen pages of the first element.
    for (place, function, size) in [(2, 0x100c, 0xffb0), (18, 71, 100_008 - 0xffb0)] {
        let header = driver.guest(SHARED + 0x4_1000 + 0x1000 * (1 + place), 0x50);
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        assert_eq!((word(0x3c), word(0x38)), (function, 32 + size));
    }
}

#[test]
pub(super) fn continuation_records_that_are_none() {
    let mut driver = running("ga102");
    driver.send(71, &[0; 8]);
    assert!(log(&mut driver).contains("a continuation record, and nothing that it goes on with"));
    driver.send(73, &[0; 0xffb0]);
    driver.send(9, &[]);
    let text = log(&mut driver);
    assert!(
        text.contains("function 73 is full, and function 9 comes"),
        "{text}"
    );
    driver.send(73, &[0; 0xffb0]);
    for _ in 0..20 {
        driver.send(71, &[0; 0xffb0]);
    }
    assert!(log(&mut driver).contains("function 73 has more than 1048576 bytes"));
}
