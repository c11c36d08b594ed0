// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A driver's way to FRTS, right and wrong: each step that is left out is named.

use vgpu_facts::chip::CHIPS;
use vgpu_facts::falcon::*;
use vgpu_facts::rom::{COMMAND_FRTS, COMMAND_SB, DMEMMAPPER_COMMAND};

use super::Card;
use crate::synth::firmware::bootloader;
use crate::synth::rom::{COMMAND, FWSEC_SIGNATURE, MAPPER, fwsec};
use crate::synth::sign::{Terms, sign};

/// Where the test's driver has FWSEC in its memory.
const AT: u64 = 0x4_0000;
const BASE: u32 = 0x11_0000;
const ERROR: u32 = 0x1438;
const LOW: u32 = 0x1f_a824;
const HIGH: u32 = 0x1f_a828;

/// What a driver may do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    None,
    NoMaster,
    NoFlushPage,
    NoReset,
    NoScrubWait,
    NoWay,
    NoPhysical,
    Truncated,
    Damaged,
    WrongCommand,
    WrongHeader,
    WrongKind,
    WrongPlace,
    WrongSize,
    WrongMapper,
    // From GA102 on.
    NoCore,
    NotSecure,
    NoAlgorithm,
    WrongEngine,
    WrongId,
    WrongParameter,
    NoParameter,
    WrongVector,
    WrongSignature,
    WrongVersion,
    // Before it.
    WrongWay,
    NoTag,
    WrongOpen,
    Unaligned,
    WrongLoader,
    WrongStart,
    WrongEntry,
    NoMemory,
    TooMuch,
    TooLittle,
}

const BOTH: &[(Slip, &str)] = &[
    (Slip::NoMaster, "may not master the bus"),
    (Slip::NoFlushPage, "before there is a page for flushes"),
    (Slip::NoScrubWait, "while it is scrubbed"),
    (Slip::NoWay, "shall reach memory by FBIF_TRANSCFG"),
    (Slip::NoPhysical, "which FBIF_CTL does not allow"),
    (Slip::Truncated, "FWSEC's c"),
    (Slip::Damaged, "FWSEC's code is not the right one at 0x780"),
    (Slip::WrongCommand, "FWSEC has no command 0x77"),
    (Slip::WrongHeader, "for what to read of the ROM"),
    (Slip::WrongKind, "kind 1, not 1, 20, 2"),
    (Slip::WrongPlace, "at a multiple of"),
    (Slip::WrongSize, "0x100000 bytes"),
    (Slip::WrongMapper, "FWSEC's mapper is damaged"),
];

const BROM: &[(Slip, &str)] = &[
    (Slip::NoReset, "while its RISC-V core is chosen"),
    (Slip::NoCore, "while its RISC-V core is chosen"),
    (Slip::NotSecure, "not all secure"),
    (Slip::NoAlgorithm, "MOD_SEL"),
    (Slip::WrongEngine, "without the engine's own bit 0x400"),
    (Slip::WrongId, "BROM_CURR_UCODE_ID is 3, and the code is 9"),
    (Slip::WrongParameter, "is right for nothing"),
    (
        Slip::NoParameter,
        "BROM_PARAADDR is past the end of the data",
    ),
    (Slip::WrongVector, "FWSEC starts at 0, not at 0x100"),
    (Slip::WrongSignature, "is right for nothing"),
    (
        Slip::WrongVersion,
        "is right for version 1; the fuse asks for version 2",
    ),
];

const PORTS: &[(Slip, &str)] = &[
    (Slip::WrongWay, "has 3 for its way to memory"),
    (Slip::NoTag, "no code"),
    (Slip::WrongOpen, "not secure has 0x200 bytes, not 0x100"),
    (Slip::Unaligned, "not multiples of 256"),
    (Slip::WrongLoader, "the code is none that is known"),
    (
        Slip::WrongStart,
        "the first 32 bytes of the bootloader's descriptor",
    ),
    (Slip::WrongEntry, "FWSEC starts at 0, not at 0x40"),
    (Slip::NoMemory, "shall be fetched, where there is no memory"),
    (Slip::TooMuch, "more than its memory holds shall be fetched"),
    (Slip::TooLittle, "FWSEC's data are not all there"),
];

/// What a driver makes of FWSEC: its data, with the command and the signature.
pub(super) fn patched(card: &Card, command: u32, slip: Slip) -> (Vec<u8>, Vec<u8>) {
    let known = fwsec(card.gpu.chip());
    let (mut code, mut data) = (known.code.clone(), known.data);
    let mut put = |at: usize, words: &[u32]| {
        for (index, word) in words.iter().enumerate() {
            data[at + 4 * index..][..4].copy_from_slice(&word.to_le_bytes());
        }
    };
    let command = if slip == Slip::WrongCommand {
        0x77
    } else {
        command
    };
    put(MAPPER + DMEMMAPPER_COMMAND, &[command]);
    if slip == Slip::WrongMapper {
        put(MAPPER, &[0]);
    }
    let header = if slip == Slip::WrongHeader { 20 } else { 24 };
    put(COMMAND, &[1, header, 0, 0, 0, 2]);
    let place = card.gpu.vram().size() - (2 << 20);
    let place = if slip == Slip::WrongPlace {
        place + 4096
    } else {
        place
    };
    let size = if slip == Slip::WrongSize { 0x10 } else { 0x100 };
    let kind = if slip == Slip::WrongKind { 1 } else { 2 };
    if command == COMMAND_FRTS {
        put(COMMAND + 0x18, &[1, 20, (place >> 12) as u32, size, kind]);
    }
    if let Some(terms) = known.terms {
        let version = terms.version - u32::from(slip == Slip::WrongVersion);
        let mut signature = sign(&code, Terms { version, ..terms });
        signature[7] ^= u8::from(slip == Slip::WrongSignature);
        data[FWSEC_SIGNATURE..][..signature.len()].copy_from_slice(&signature);
    }
    code[0x780] ^= u8::from(slip == Slip::Damaged);
    (code, data)
}

fn falcon(card: &mut Card, at: u32, value: u32) {
    card.write(BASE + at, value);
}

fn reset(card: &mut Card, slip: Slip) {
    if slip != Slip::NoReset {
        falcon(card, ENGINE, 1);
        falcon(card, ENGINE, 0);
    }
    if slip != Slip::NoScrubWait {
        while card.read(BASE + HWCFG2) >> 12 & 1 == 1 || card.read(BASE + DMACTL) & 6 != 0 {}
    }
    if slip != Slip::NoCore && slip != Slip::NoReset && card.gpu.chip().has_brom() {
        falcon(card, BCR_CTRL, 0);
        assert_eq!(card.read(BASE + BCR_CTRL) & 1, 1);
    }
    falcon(card, DMACTL, 0);
    if slip != Slip::NoPhysical {
        falcon(card, FBIF_CTL, 0x80);
    }
}

/// Runs it as a driver of GA102 and later does.
fn by_dma(card: &mut Card, command: u32, slip: Slip) {
    let (code, data) = patched(card, command, slip);
    let length = code.len() as u32;
    {
        let mut memory = card.guest.0.borrow_mut();
        memory[AT as usize..][..code.len()].copy_from_slice(&code);
        memory[AT as usize + code.len()..][..data.len()].copy_from_slice(&data);
    }
    reset(card, slip);
    if slip != Slip::NoWay {
        falcon(card, FBIF_TRANSCFG, 5);
    }
    // Tags are bits of the offset from there.
    let moved = u32::from(slip == Slip::WrongVector) * 0x100;
    falcon(card, DMATRFBASE, (AT as u32 - moved) >> 8);
    falcon(card, DMATRFBASE1, 0);
    let fetch = |card: &mut Card, from: u32, to: u32, size: u32, kind: u32| {
        for at in (0..size).step_by(256) {
            falcon(card, DMATRFMOFFS, to + at);
            falcon(card, DMATRFFBOFFS, from + at + moved);
            falcon(card, DMATRFCMD, kind);
            assert_eq!(card.read(BASE + DMATRFCMD) & 2, 2);
        }
    };
    let secure = if slip == Slip::NotSecure {
        0x610
    } else {
        0x614
    };
    let some = if slip == Slip::Truncated {
        0x800
    } else {
        length
    };
    fetch(card, 0, 0, some, secure);
    fetch(card, length, 0, data.len() as u32, 0x600);
    let place = match slip {
        Slip::NoParameter => !0xff,
        Slip::WrongParameter => FWSEC_SIGNATURE as u32 + 16,
        _ => FWSEC_SIGNATURE as u32,
    };
    falcon(card, BROM_PARAADDR, place);
    let engine = if slip == Slip::WrongEngine { 1 } else { 0x400 };
    falcon(card, BROM_ENGIDMASK, engine);
    falcon(
        card,
        BROM_CURR_UCODE_ID,
        if slip == Slip::WrongId { 3 } else { 9 },
    );
    falcon(card, MOD_SEL, u32::from(slip != Slip::NoAlgorithm));
    go(card, moved);
}

/// Runs it as a driver of Turing and GA100 does.
fn by_ports(card: &mut Card, command: u32, slip: Slip) {
    let (code, data) = patched(card, command, slip);
    {
        let mut memory = card.guest.0.borrow_mut();
        memory[AT as usize..][..code.len()].copy_from_slice(&code);
        memory[AT as usize + code.len()..][..data.len()].copy_from_slice(&data);
    }
    reset(card, slip);
    if slip != Slip::NoWay {
        falcon(card, FBIF_TRANSCFG_4, 5);
    }
    let file = bootloader();
    let loader = &file[0x30..][..0x200];
    falcon(card, IMEMC, 1 << 24 | 0xfd00);
    for (block, bytes) in loader.chunks(256).enumerate() {
        if slip != Slip::NoTag {
            falcon(card, IMEMT, 0xfd + block as u32);
        }
        for word in bytes.chunks(4) {
            let word = u32::from_le_bytes(word.try_into().unwrap());
            falcon(
                card,
                IMEMD,
                if slip == Slip::WrongLoader {
                    !word
                } else {
                    word
                },
            );
        }
    }
    let open = match slip {
        Slip::WrongOpen => 0x200,
        Slip::TooMuch => 0x2_0000,
        _ => 0x100,
    };
    let some = if slip == Slip::Truncated {
        0x700
    } else {
        0xf00
    };
    let at = match slip {
        Slip::Unaligned => AT as u32 + 0x80,
        Slip::NoMemory => 0x8000_0000,
        _ => AT as u32,
    };
    let entry = u32::from(slip == Slip::WrongEntry) * 0x40;
    let size = if slip == Slip::TooLittle {
        0x40
    } else {
        data.len() as u32
    };
    let way = if slip == Slip::WrongWay { 3 } else { 4 };
    let mut words = vec![0; 8];
    words[7] = u32::from(slip == Slip::WrongStart);
    words.extend([way, at, 0, 0, open, 0x100, some, entry]);
    words.extend([AT as u32 + code.len() as u32, 0, size, 0, 0]);
    assert_eq!(words.len() * 4, 84);
    falcon(card, DMEMC, 1 << 24);
    for word in words {
        falcon(card, DMEMD, word);
    }
    go(card, 0xfd00);
}

fn go(card: &mut Card, vector: u32) {
    falcon(card, MAILBOX0, 0);
    falcon(card, BOOTVEC, vector);
    falcon(card, CPUCTL, 2);
    for _ in 0..10 {
        if card.read(BASE + CPUCTL) >> 4 & 1 == 1 {
            return;
        }
    }
}

/// A card whose driver has come to FWSEC.
pub(super) fn card(chip: &str, slip: Slip) -> Card {
    let mut card = Card::new(chip);
    if slip != Slip::NoMaster {
        card.gpu.config_write(4, &[6, 0]);
    }
    if slip != Slip::NoFlushPage {
        card.write(0x10_0c10, 0x1234);
    }
    card
}

pub(super) fn run(card: &mut Card, command: u32, slip: Slip) {
    if card.gpu.chip().has_brom() {
        by_dma(card, command, slip);
    } else {
        by_ports(card, command, slip);
    }
}

fn complaints_for_guest(card: &mut Card) -> u32 {
    word_for_guest(card, 16)
}

/// What a driver's test finds in the capability of the vendor's.
pub(super) fn word_for_guest(card: &mut Card, inside: usize) -> u32 {
    let mut at = 0x34;
    loop {
        let mut place = [0];
        card.gpu.config_read(at, &mut place);
        let place = usize::from(place[0]);
        assert_ne!(place, 0, "there is no such capability");
        let mut id = [0];
        card.gpu.config_read(place, &mut id);
        if id[0] == 9 {
            let mut word = [0; 4];
            card.gpu.config_read(place + inside, &mut word);
            return u32::from_le_bytes(word);
        }
        at = place + 1;
    }
}

#[test]
pub(super) fn frts_and_then_sb_on_each_chip() {
    for chip in CHIPS {
        let mut card = card(chip.name, Slip::None);
        run(&mut card, COMMAND_FRTS, Slip::None);
        let log = card.gpu.journal_mut().take().join("\n");
        assert_eq!(card.gpu.journal().complaints, 0, "{}: {log}", chip.name);
        assert!(
            card.gpu.journal().missing().is_empty(),
            "{:?}",
            card.gpu.journal().missing()
        );
        let end = u64::from(chip.memory) << 20;
        assert_eq!(u64::from(card.read(LOW)) << 8, end - (2 << 20));
        assert_eq!(u64::from(card.read(HIGH)) << 8, end - (1 << 20));
        assert_eq!((card.read(ERROR), card.read(BASE + MAILBOX0)), (0, 0));
        // From then on the processor does not write there.
        card.write(0x1700, ((end - (2 << 20)) >> 16) as u32);
        card.write(0x70_0000, 1);
        assert_eq!(
            (card.read(0x70_0000), card.gpu.journal().complaints),
            (0, 1)
        );
        assert_eq!(complaints_for_guest(&mut card), 1);
        card.write(0x1700, ((end - (1 << 20)) >> 16) as u32);
        card.write(0x70_0000, 1);
        assert_eq!(
            (card.read(0x70_0000), card.gpu.journal().complaints),
            (1, 1)
        );
        run(&mut card, COMMAND_SB, Slip::None);
        assert_eq!((card.read(0x1454), card.gpu.journal().complaints), (0, 1));
        // A second time there is something in the way.
        run(&mut card, COMMAND_FRTS, Slip::None);
        assert_ne!(card.read(ERROR) >> 16, 0);
        card.gpu.reset();
        assert_eq!(card.read(HIGH), 0);
    }
}

#[test]
pub(super) fn each_slip_is_named() {
    for (chip, own) in [("ga102", BROM), ("tu102", PORTS), ("ga100", PORTS)] {
        for (slip, words) in BOTH.iter().chain(own) {
            let mut card = card(chip, *slip);
            run(&mut card, COMMAND_FRTS, *slip);
            let log = card.gpu.journal_mut().take().join("\n");
            assert!(log.contains(words), "{chip} {slip:?}: {log}");
            // What is wrong only beside the way there is complained of, and goes on.
            if ![Slip::NoFlushPage].contains(slip) {
                assert_eq!(card.read(HIGH), 0, "{chip} {slip:?}: {log}");
            }
        }
    }
    // The fuse of Ada asks for another version, and signatures for others are there.
    let mut card = card("ad107", Slip::WrongVersion);
    run(&mut card, COMMAND_FRTS, Slip::WrongVersion);
    let log = card.gpu.journal_mut().take().join("\n");
    assert!(
        log.contains("right for version 0; the fuse asks for version 1"),
        "{log}"
    );
}

#[test]
pub(super) fn faults_on_the_way() {
    for chip in ["ga102", "tu102"] {
        for (fault, error, set) in [
            ("frts-error", true, false),
            ("wpr2-missing", false, false),
            ("wpr2-elsewhere", false, true),
        ] {
            let mut card = card(chip, Slip::None);
            card.arm(fault);
            run(&mut card, COMMAND_FRTS, Slip::None);
            assert_eq!(card.read(ERROR) >> 16 != 0, error, "{fault}");
            assert_eq!(card.read(HIGH) != 0, set, "{fault}");
            let start = u64::from(card.read(LOW)) << 8;
            assert_ne!(start, card.gpu.vram().size() - (2 << 20));
        }
        let mut backwards = self::card(chip, Slip::None);
        backwards.arm("wpr2-backwards");
        run(&mut backwards, COMMAND_FRTS, Slip::None);
        assert!((1..backwards.read(LOW)).contains(&backwards.read(HIGH)));
        let mut card = card(chip, Slip::None);
        card.arm("mailbox-error");
        run(&mut card, COMMAND_FRTS, Slip::None);
        assert_ne!(card.read(BASE + MAILBOX0), 0);
        card.arm("halt-never");
        run(&mut card, COMMAND_SB, Slip::None);
        assert_eq!(card.read(BASE + CPUCTL) >> 4 & 1, 0);
        card.arm("falcon-not-ready");
        assert_eq!(card.read(BASE + HWCFG2) >> 31, 0);
        card.arm("scrub-stuck");
        falcon(&mut card, ENGINE, 1);
        falcon(&mut card, ENGINE, 0);
        for _ in 0..1000 {
            assert_eq!(card.read(BASE + HWCFG2) >> 12 & 1, 1);
        }
        card.arm("dma-stuck");
        assert_eq!(card.read(BASE + DMATRFCMD) & 2, 0);
    }
}

#[test]
fn a_start_of_nothing_halts() {
    let mut card = card("ga102", Slip::None);
    reset(&mut card, Slip::None);
    falcon(&mut card, MAILBOX0, 0x1234_5000);
    falcon(&mut card, CPUCTL, 2);
    assert_eq!(card.read(BASE + CPUCTL) >> 4 & 1, 0);
    while card.read(BASE + CPUCTL) >> 4 & 1 == 0 {}
    assert_eq!(card.read(BASE + MAILBOX0), 0x1234_5000);
    assert_eq!(card.gpu.journal().complaints, 0);
}
