// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A driver's way from FRTS to a GSP that runs, and back; with each thing that the booter checks wrong
//! in turn.

use proptest::prelude::*;
use vgpu_facts::chip::{CHIPS, Family};
use vgpu_facts::falcon::*;
use vgpu_facts::release::{R535, R570, Release};
use vgpu_facts::rom::COMMAND_FRTS;

use super::Card;
use super::fwsec::{Slip, card, run};
use crate::synth::firmware::booter::{Kind, OPEN, booter};
use crate::synth::firmware::gsp;

pub(super) const GSP_BASE: u32 = 0x11_0000;
pub(super) const SEC2_BASE: u32 = 0x84_0000;
const HIGH: u32 = 0x1f_a828;

/// Where things are in the guest's memory.
pub(super) const META: u64 = 0x1000;
pub(super) const LIBOS: u64 = 0x2000;
const LEVELS: u64 = 0x4000;
const SIGNATURE: u64 = 0x8000;
const LOADER: u64 = 0xa000;
pub(super) const LOGS: u64 = 0x1_0000;
pub(super) const RMARGS: u64 = 0x5_0000;
const BOOTER: u64 = 0x6_0000;
/// The queues, and the table of their pages.
pub(super) const SHARED: u64 = 0x7_0000;
const IMAGE: u64 = 0x10_0000;

const MIB: u64 = 1 << 20;

fn down(value: u64, unit: u64) -> u64 {
    value / unit * unit
}

pub(super) fn put(card: &Card, at: u64, bytes: &[u8]) {
    card.guest.0.borrow_mut()[at as usize..][..bytes.len()].copy_from_slice(bytes);
}

pub(super) fn put64(card: &Card, at: u64, value: u64) {
    put(card, at, &value.to_le_bytes());
}

/// What a driver sets up for the booter.
pub(super) fn set_up(card: &mut Card) {
    let chip = card.gpu.chip();
    let image = gsp::image(chip, card.release);
    put(card, IMAGE, &image);
    put(card, SIGNATURE, &gsp::signature(chip, card.release));
    put(card, LOADER, &gsp::bootloader_image(chip, card.release));
    put64(card, LEVELS, LEVELS + 0x1000);
    for page in 0..image.len().div_ceil(4096) as u64 {
        put64(
            card,
            LEVELS + 0x1000 + 8 * (page / 512),
            LEVELS + 0x2000 + 0x1000 * (page / 512),
        );
        put64(card, LEVELS + 0x2000 + 8 * page, IMAGE + 0x1000 * page);
    }
    for (index, (name, at, size)) in [
        ("LOGINIT", LOGS, 0x1_0000),
        ("LOGINTR", LOGS + 0x1_0000, 0x1_0000),
        ("LOGRM", LOGS + 0x2_0000, 0x1_0000),
        ("RMARGS", RMARGS, 0x1000),
    ]
    .into_iter()
    .enumerate()
    {
        let entry = LIBOS + 32 * index as u64;
        let mut id = [0; 8];
        for (byte, value) in id.iter_mut().zip(name.bytes().rev()) {
            *byte = value;
        }
        put(card, entry, &id);
        put64(card, entry + 8, at);
        put64(card, entry + 16, size);
        put(card, entry + 24, &[1, 1]);
        for page in 0..if name == "RMARGS" { 0 } else { 16 } {
            put64(card, at + 8 + 8 * page, at + 0x1000 * page);
        }
    }
    for (at, value) in [
        (0x00, SHARED),
        (0x08, 129),
        (0x10, 0x1000),
        (0x18, 0x4_1000),
    ] {
        put64(card, RMARGS + at, value);
    }
    if let Some(at) = card.release.arguments.dmem_stack {
        put64(card, RMARGS + at as u64, 1);
    }
    for page in 0..129 {
        put64(card, SHARED + 8 * page, SHARED + 0x1000 * page);
    }
    for (index, word) in [0_u32, 0x4_0000, 0x1000, 63, 0, 1, 0x20, 0x1000]
        .into_iter()
        .enumerate()
    {
        let at = SHARED + 0x1000 + 4 * index as u64;
        put(card, at, &word.to_le_bytes());
    }
    let layout = gsp::layout(chip);
    let fb = card.gpu.vram().size();
    let vga = fb - MIB;
    let frts_size = if chip.family == Family::Ga100 { 0 } else { MIB };
    let frts = vga - frts_size;
    let boot = down(frts - u64::from(layout.size), 4096);
    let elf = down(boot - image.len() as u64, 0x1_0000);
    let heap = down(elf - 0x700_0000, MIB);
    let heap_size = down(elf - heap, MIB);
    let start = down(heap - 256, MIB);
    for (at, value) in [
        (0x00, 0xdc3a_ae21_371a_60b3),
        (0x08, 1),
        (0x10, LEVELS),
        (0x18, image.len() as u64),
        (0x20, LOADER),
        (0x28, layout.size.into()),
        (0x30, layout.code.into()),
        (0x38, layout.data.into()),
        (0x40, layout.manifest.into()),
        (0x48, SIGNATURE),
        (0x50, 0x1000),
        (0x58, start - MIB),
        (0x60, start - MIB),
        (0x68, MIB),
        (0x70, start),
        (0x78, heap),
        (0x80, heap_size),
        (0x88, elf),
        (0x90, boot),
        (0x98, frts),
        (0xa0, frts_size),
        (0xa8, vga),
        (0xb0, fb),
        (0xb8, vga),
        (0xc0, MIB),
    ] {
        put64(card, META + at, value);
    }
}

pub(super) fn sec2(card: &mut Card, at: u32, value: u32) {
    card.write(SEC2_BASE + at, value);
}

/// Resets the GSP and gives it its arguments.
pub(super) fn hand_over(card: &mut Card) {
    card.write(GSP_BASE + ENGINE, 1);
    card.write(GSP_BASE + ENGINE, 0);
    card.write(GSP_BASE + MAILBOX0, LIBOS as u32);
    card.write(GSP_BASE + MAILBOX1, 0);
}

/// Loads a booter and starts it; what it leaves in its first mailbox.
pub(super) fn boot(card: &mut Card, kind: Kind, mailboxes: [u32; 2]) -> u32 {
    let chip = card.gpu.chip();
    let booter = booter(chip, kind, card.release);
    sec2(card, ENGINE, 1);
    sec2(card, ENGINE, 0);
    while card.read(SEC2_BASE + HWCFG2) >> 12 & 1 == 1 {}
    sec2(card, DMACTL, 0);
    sec2(card, FBIF_CTL, 0x80);
    let fuse = card.read(0x82_4140 + 4 * (u32::from(booter.terms.id) - 1));
    let version = 32 - fuse.leading_zeros();
    let mut blob = booter.tagged();
    // The blob is the last block.
    blob.drain(..blob.len() - booter.code.len() - 0x400);
    let place = booter.code.len() + booter.place;
    blob[place..place + booter.signature].copy_from_slice(&booter.sign(version));
    let code = booter.code.len() as u32;
    let vector = if chip.has_brom() {
        put(card, BOOTER, &blob);
        sec2(card, BCR_CTRL, 0);
        sec2(card, FBIF_TRANSCFG, 5);
        sec2(card, DMATRFBASE, (BOOTER >> 8) as u32);
        for (from, size, kind) in [
            (OPEN as u32, code - OPEN as u32, 0x614),
            (code, 0x400, 0x600),
        ] {
            for at in (0..size).step_by(256) {
                sec2(card, DMATRFMOFFS, at);
                sec2(card, DMATRFFBOFFS, from + at);
                sec2(card, DMATRFCMD, kind);
            }
        }
        sec2(card, BROM_PARAADDR, booter.place as u32);
        sec2(card, BROM_ENGIDMASK, 1);
        sec2(card, BROM_CURR_UCODE_ID, 3);
        sec2(card, MOD_SEL, 1);
        OPEN as u32
    } else {
        let words = |bytes: &[u8]| -> Vec<u32> {
            let words = bytes.chunks(4);
            words
                .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
                .collect()
        };
        for (block, bytes) in blob[..code as usize].chunks(256).enumerate() {
            let secure = u32::from(block > 0) << 28;
            sec2(card, IMEMC, secure | 1 << 24 | (block as u32) << 8);
            sec2(card, IMEMT, block as u32);
            for word in words(bytes) {
                sec2(card, IMEMD, word);
            }
        }
        sec2(card, DMEMC, 1 << 24);
        for word in words(&blob[code as usize..]) {
            sec2(card, DMEMD, word);
        }
        0
    };
    sec2(card, MAILBOX0, mailboxes[0]);
    sec2(card, MAILBOX1, mailboxes[1]);
    sec2(card, BOOTVEC, vector);
    sec2(card, CPUCTL, 2);
    while card.read(SEC2_BASE + CPUCTL) >> 4 & 1 == 0 {}
    card.read(SEC2_BASE + MAILBOX0)
}

/// A card whose driver has come to the booter.
pub(super) fn ready(chip: &str) -> Card {
    ready_with(chip, &R570)
}

/// The same, with this release of the firmware.
pub(super) fn ready_with(chip: &str, release: &'static Release) -> Card {
    let mut card = card(chip, Slip::None);
    card.release = release;
    if card.gpu.chip().family != Family::Ga100 {
        run(&mut card, COMMAND_FRTS, Slip::None);
    }
    set_up(&mut card);
    hand_over(&mut card);
    card
}

pub(super) fn is_active(card: &mut Card) -> bool {
    if card.gpu.chip().has_brom() {
        card.read(GSP_BASE + RISCV_CPUCTL) >> 7 & 1 == 1
    } else {
        card.read(GSP_BASE + RISCV_STATUS) & 1 == 1
    }
}

#[test]
pub(super) fn the_gsp_runs_on_each_chip_and_is_ended() {
    for chip in CHIPS {
        let mut card = ready(chip.name);
        assert!(!is_active(&mut card));
        let mailbox = boot(&mut card, Kind::Load, [META as u32, 0]);
        let log = card.gpu.journal_mut().take().join("\n");
        assert_eq!(
            (mailbox, card.gpu.journal().complaints),
            (0, 0),
            "{}: {log}",
            chip.name
        );
        assert!(is_active(&mut card) && card.read(HIGH) != 0);
        // Not while it runs.
        assert_ne!(boot(&mut card, Kind::Unload, [0xff; 2]), 0);
        hand_over(&mut card);
        assert!(!is_active(&mut card));
        assert_eq!(boot(&mut card, Kind::Unload, [0xff; 2]), 0);
        assert_eq!(card.read(HIGH), 0);
        assert_eq!(card.gpu.journal().complaints, 1);
    }
}

#[test]
pub(super) fn what_the_booter_checks_is_named() {
    let word = |at: u64, value: u64| move |card: &mut Card| put64(card, META + at, value);
    type Harm = Box<dyn Fn(&mut Card)>;
    let cases: Vec<(&str, Harm)> = vec![
        ("magic", Box::new(word(0x00, 1))),
        ("revision", Box::new(word(0x08, 2))),
        ("fbSize", Box::new(word(0xb0, 0))),
        ("bootCount", Box::new(word(0xc8, 1))),
        ("verified", Box::new(word(0xf8, 1))),
        ("sizeOfSignature", Box::new(word(0x50, 0x180))),
        ("sizeOfBootloader", Box::new(word(0x28, 0x100))),
        ("bootloaderCodeOffset", Box::new(word(0x30, 1))),
        ("bootloaderDataOffset", Box::new(word(0x38, 1))),
        ("bootloaderManifestOffset", Box::new(word(0x40, 1))),
        ("vgaWorkspaceOffset", Box::new(word(0xb8, 0))),
        ("vgaWorkspaceSize", Box::new(word(0xc0, 0))),
        ("gspFwWprEnd", Box::new(word(0xa8, 0))),
        ("frtsSize", Box::new(word(0xa0, 0))),
        ("frtsOffset", Box::new(word(0x98, 0))),
        (
            "nonWprHeap is at 0x1, not a multiple",
            Box::new(word(0x60, 1)),
        ),
        ("nonWprHeap is past the end", Box::new(word(0x68, u64::MAX))),
        (
            "does not end where the region begins",
            Box::new(word(0x68, 0x1000)),
        ),
        (
            "does not end where the region begins",
            Box::new(word(0x58, 0)),
        ),
        (
            "gspFwHeap is at 0x0, before the end",
            Box::new(word(0x78, 0)),
        ),
        (
            "before the end of gspFwHeap",
            Box::new(word(0x80, 0x720_0000)),
        ),
        ("gspFwHeapSize", Box::new(word(0x80, 0x10_0000))),
        ("bootBin is at 0x0, before", Box::new(word(0x90, 0))),
        ("sizeOfRadix3Elf", Box::new(word(0x18, 0x20_0000))),
        ("image's tables are at", Box::new(word(0x10, 8))),
        (
            "where there is no memory",
            Box::new(word(0x10, 0x8000_0000)),
        ),
        (
            "entry 1 of level 1",
            Box::new(|card| put64(card, LEVELS + 0x1008, 0)),
        ),
        (
            "entry 1 of level 2",
            Box::new(|card| put64(card, LEVELS + 0x2008, 1)),
        ),
        (
            "page 513 of the GSP's image is wrong at 0x7",
            Box::new(|card| put(card, IMAGE + 513 * 4096 + 7, &[0x5b; 1])),
        ),
        (
            "bootloader is wrong at 0x20",
            Box::new(|card| put(card, LOADER + 0x20, &[0; 8])),
        ),
        (
            "signature is wrong",
            Box::new(|card| put(card, SIGNATURE, &[0; 8])),
        ),
        (
            "argument 0 is",
            Box::new(|card| put(card, LIBOS, b"LOGINIT\0")),
        ),
        (
            "RMARGS has size",
            Box::new(|card| put64(card, LIBOS + 96 + 16, 72)),
        ),
        (
            "LOGRM has size 0x10000, kind 2",
            Box::new(|card| put(card, LIBOS + 64 + 24, &[2])),
        ),
        (
            "page 15 of LOGINTR",
            Box::new(|card| put64(card, LOGS + 0x1_0000 + 8 * 16, 0)),
        ),
        (
            "GSP's mailboxes have 0x0",
            Box::new(|card| card.write(GSP_BASE + MAILBOX0, 0)),
        ),
        (
            "may not master",
            Box::new(|card| card.gpu.config_write(4, &[2, 0])),
        ),
    ];
    for chip in ["ga102", "tu102"] {
        for (words, harm) in &cases {
            let mut card = ready(chip);
            harm(&mut card);
            let mailbox = boot(&mut card, Kind::Load, [META as u32, 0]);
            let log = card.gpu.journal_mut().take().join("\n");
            assert!(log.contains(words), "{chip}: {words}: {log}");
            assert!(
                mailbox != 0 && !is_active(&mut card),
                "{chip}: {words}: {log}"
            );
        }
        let mut card = ready(chip);
        assert_ne!(boot(&mut card, Kind::Load, [0x8000_0000, 0]), 0);
        assert_ne!(boot(&mut card, Kind::Unload, [0; 2]), 0);
    }
}

#[test]
fn a_booter_starts_only_what_is_of_its_release() {
    let mut card = ready("ga102");
    card.release = &R535;
    assert_ne!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
    let log = card.gpu.journal_mut().take().join("\n");
    assert!(
        log.contains("the GSP's bootloader is wrong at 0x0"),
        "{log}"
    );
    card.release = &R570;
    assert_eq!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
}

#[test]
pub(super) fn faults_of_the_booters() {
    let mut card = ready("ga102");
    card.arm("booter-error count=1");
    assert_ne!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
    card.arm("riscv-dead count=1");
    assert_eq!(boot(&mut card, Kind::Load, [META as u32, 0]), 0);
    assert!(!is_active(&mut card));
    card.arm("wpr2-stays count=1");
    assert_eq!(boot(&mut card, Kind::Unload, [0xff; 2]), 0);
    assert_ne!(card.read(HIGH), 0);
    assert_eq!(boot(&mut card, Kind::Unload, [0xff; 2]), 0);
    assert_eq!(card.read(HIGH), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever a driver has set up, the booter says yes or no, and soon.
    #[test]
    fn any_set_up_is_survived(
        chip in prop_oneof![Just("ga102"), Just("tu102")],
        words in prop::collection::vec(
            (
                prop_oneof![META..META + 256, LIBOS..LIBOS + 128, LEVELS..LEVELS + 0x3000],
                prop_oneof![any::<u64>(), Just(0), Just(!0 << 12), (0..64_u32).prop_map(|bit| 1 << bit)],
            ),
            1..4,
        ),
    ) {
        let mut card = ready(chip);
        for (at, value) in words {
            put64(&card, at / 8 * 8, value);
        }
        let mailbox = boot(&mut card, Kind::Load, [META as u32, 0]);
        prop_assert_eq!(mailbox == 0, is_active(&mut card));
    }
}
