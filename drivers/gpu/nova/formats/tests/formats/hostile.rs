// SPDX-License-Identifier: GPL-2.0-only

//! Noise, and good images with something changed: whatever it is, there is a result or an error, and no
//! panic.
//!
//! `NOVA_FORMATS_CASES` says how many changed images are tried for each kind. A case comes from its number
//! alone, so that one that fails can be run again.

use nova_formats::firmware::{bin, elf, tlv};
use nova_formats::fuse;
use nova_formats::message::{Header, Message};
use nova_formats::rpc::control::Control;
use nova_formats::rpc::interrupts::InterruptTable;
use nova_formats::rpc::{LibosPrint, OsErrorLog, PostEvent, R535, R570, Release};
use nova_formats::sequencer::Sequence;
use nova_formats::vbios::fwsec::Command;
use nova_formats::wpr::WprMeta;
use nova_formats::{Error, Result, libos, vbios};
use proptest::prelude::*;

use crate::build::firmware as files;
use crate::build::message::{element, sequence};
use crate::build::vbios::Rom;
use crate::vbios::pieces;

/// A number of cases that takes a few seconds without optimisation.
const CASES: u64 = 4_000;

/// Everything that can be done with a ROM.
fn use_rom(rom: &[u8]) -> Result<()> {
    let (pc_at, section) = pieces(rom)?;
    let fwsec = vbios::find(&pc_at, &section)?;
    for register in [0, 1, 0b11, 0xffff, u32::MAX] {
        let mut ucode = fwsec.ucode().to_vec();
        if let Ok(Some(signature)) = fwsec.signature(register) {
            fwsec.patch_signature(&mut ucode, signature)?;
        }
    }
    let _ = fwsec.for_bootloader(0x1000);
    let mut ucode = fwsec.ucode().to_vec();
    let (at, size) = (0x1000, 0x10_0000);
    fwsec.patch_command(&mut ucode, Command::Sb)?;
    fwsec.patch_command(&mut ucode, Command::Frts { at, size })?;
    fwsec.mapper(&ucode).map(|_| ())
}

/// Everything that can be done with a booter.
fn use_booter(booter: nova_formats::firmware::Booter<'_>) -> Result<()> {
    let mut ucode = booter.ucode().to_vec();
    let loads = [
        booter.open(),
        booter.secure(),
        booter.secure_in_place(),
        booter.data(),
    ];
    for load in loads {
        let (from, size) = (load.from as usize, load.size as usize);
        assert!(from + size <= ucode.len(), "{load:x?}");
    }
    for register in [0, 1, 2, u32::MAX] {
        if let Ok(signature) = booter.signature(register) {
            booter.patch_signature(&mut ucode, signature)?;
        }
    }
    assert!(booter.brom().signature_at < booter.data().size);
    Ok(())
}

fn use_message(bytes: &[u8]) -> Result<()> {
    if let Some(header) = bytes.first_chunk() {
        let _ = Header::parse(header, bytes.len());
    }
    let message = Message::parse(bytes)?;
    use_payload(message.payload)
}

/// A payload, as each of those that are read.
fn use_payload(payload: &[u8]) -> Result<()> {
    let releases: [&dyn Release; 2] = [&R570, &R535];
    for release in releases {
        let _ = release.rc_triggered(payload);
        if let Ok(info) = release.static_info(payload) {
            let _ = info.name();
            let _ = info.usable().map(Iterator::count);
        }
    }
    let _ = PostEvent::parse(payload);
    if let Ok(log) = OsErrorLog::parse(payload) {
        let _ = log.line();
    }
    let _ = LibosPrint::parse(payload);
    if let Ok(table) = InterruptTable::parse(payload) {
        let _ = table.stall(50);
    }
    let control = Control {
        client: 0,
        object: 0,
        command: 0,
        params: 2068,
    };
    let _ = control.reply(payload);
    let _ = libos::log_index(payload);
    let _ = WprMeta::parse(payload);
    let list = Sequence::parse(payload)?;
    assert_eq!(list.commands().count(), list.count() as usize);
    Ok(())
}

type Use = fn(&[u8]) -> Result<()>;

/// Good images, and what is done with them.
fn kinds() -> Vec<(&'static str, Vec<u8>, Use)> {
    let booter = files::Booter::default();
    let ifr = Rom {
        ifr: 3,
        ..Rom::default()
    };
    let commands = [
        0, 0x11_0040, 1, 1, 0x11_0044, 0xff, 2, 2, 0x11_80f8, 4, 4, 100, 7, 3, 50, 4, 0x40, 7, 5,
        6, 7, 8,
    ];
    vec![
        ("rom", Rom::default().build(), use_rom as Use),
        ("rom-turing", Rom::turing().build(), use_rom),
        ("rom-ifr", ifr.build(), use_rom),
        ("booter-bin", booter.bin(), |bytes| {
            use_booter(bin::booter(bytes)?)
        }),
        ("booter-tlv", booter.tlv(), |bytes| {
            use_booter(tlv::booter(bytes)?)
        }),
        ("riscv-bin", files::riscv_bin(false), |bytes| {
            bin::riscv_bootloader(bytes).map(|_| ())
        }),
        ("riscv-tlv", files::riscv_tlv(), |bytes| {
            tlv::riscv_bootloader(bytes).map(|_| ())
        }),
        ("falcon-bin", files::falcon_bin(), |bytes| {
            bin::falcon_bootloader(bytes).map(|_| ())
        }),
        ("falcon-tlv", files::falcon_tlv(), |bytes| {
            tlv::falcon_bootloader(bytes).map(|_| ())
        }),
        ("gsp-elf", files::gsp_elf(), |bytes| {
            elf::gsp(bytes, "ga10x").map(|_| ())
        }),
        ("gsp-tlv", files::gsp_tlv(), |bytes| {
            tlv::gsp(bytes).map(|_| ())
        }),
        (
            "message",
            element(0x1002, 3, &sequence(&commands)),
            use_message,
        ),
        ("sequence", sequence(&commands), use_payload),
    ]
}

/// Numbers that look random and are not.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Where headers are rather than contents: most changes go there.
fn place(numbers: &mut Numbers, size: usize) -> usize {
    match numbers.below(4) {
        0 => numbers.below(size),
        1 => numbers.below(size.min(0x100)),
        2 => numbers.below(size.min(0x800)),
        _ => size - 1 - numbers.below(size.min(0x400)),
    }
}

/// Changes an image in one to four places.
fn change(image: &mut Vec<u8>, numbers: &mut Numbers) {
    const INTERESTING: [u64; 14] = [
        0,
        1,
        2,
        3,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0xffff,
        0x10_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        u64::MAX,
    ];
    for _ in 0..=numbers.below(4) {
        if image.is_empty() {
            return;
        }
        let at = place(numbers, image.len());
        match numbers.below(8) {
            0 => image[at] ^= 1 << numbers.below(8),
            1 => image[at] = numbers.next() as u8,
            2 => image.truncate(at),
            3 => {
                let size = numbers.below(64).min(image.len() - at);
                let from = place(numbers, image.len()).min(image.len() - size);
                image.copy_within(from..from + size, at);
            }
            other => {
                let number = match other {
                    4 | 5 => INTERESTING[numbers.below(INTERESTING.len())],
                    6 => image.len().saturating_sub(numbers.below(8)) as u64,
                    _ => numbers.next() >> numbers.below(64),
                };
                let width = [1, 2, 4, 8][numbers.below(4)].min(image.len() - at);
                image[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
            }
        }
    }
}

/// The result of case `number`; the message of one that panics names it.
fn case(name: &str, good: &[u8], run: Use, number: u64) -> Option<Error> {
    let mut image = good.to_vec();
    change(&mut image, &mut Numbers(number));
    match std::panic::catch_unwind(|| run(&image)) {
        Ok(result) => result.err(),
        Err(_) => panic!("case {number} of {name} panicked"),
    }
}

#[test]
fn changed_images_are_taken_or_refused() {
    let cases = std::env::var("NOVA_FORMATS_CASES").map_or(CASES, |cases| {
        cases.parse().expect("NOVA_FORMATS_CASES is a number")
    });
    for (name, good, run) in kinds() {
        assert_eq!(run(&good), Ok(()), "{name}");
        let mut refused = 0;
        for number in 0..cases {
            if let Some(error) = case(name, &good, run, number) {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
        // Otherwise the changes would not have met anything, or nothing else.
        assert!(
            cases < 1000 || (1..cases).contains(&refused),
            "{name}: {refused} refused"
        );
    }
}

#[test]
fn images_that_end_too_early_are_taken_or_refused() {
    for (name, good, run) in kinds() {
        let step = (good.len() / 500).max(1);
        for end in (0..good.len()).step_by(step).chain(0..good.len().min(300)) {
            let short = good[..end].to_vec();
            let result = std::panic::catch_unwind(|| run(&short));
            assert!(result.is_ok(), "{name} of {end} bytes panicked");
        }
    }
}

proptest! {
    #[test]
    fn noise_is_refused_or_taken(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (_, _, run) in kinds_without_images() {
            let _ = run(&bytes);
        }
        let _ = use_payload(&bytes);
    }

    #[test]
    fn noise_in_the_two_images_is_refused_or_taken(
        pc_at in proptest::collection::vec(any::<u8>(), 0..300),
        section in proptest::collection::vec(any::<u8>(), 0..600),
        at: usize,
    ) {
        let _ = vbios::find(&pc_at, &section);
        let _ = vbios::bit::falcon_data(&pc_at);
        let _ = vbios::pmu::find(&section, at, 0x85);
        let _ = vbios::Fwsec::parse(&section, at);
        let _ = vbios::Fwsec::parse(&section, at % 600);
    }

    #[test]
    fn any_fuse_register_has_an_answer(versions: u16, count: u32, newest: u32, register: u32) {
        if let Some(index) = fuse::by_versions(versions, register) {
            prop_assert!(index < versions.count_ones() as usize);
        }
        if let Some(index) = fuse::by_distance(count, newest, register) {
            prop_assert!(index < count as usize);
        }
    }
}

fn kinds_without_images() -> Vec<(&'static str, (), Use)> {
    kinds()
        .into_iter()
        .map(|(name, _, run)| (name, (), run))
        .collect()
}
