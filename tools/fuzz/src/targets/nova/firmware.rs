// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Firmware files.

use nova_formats::Result;
use nova_formats::firmware::{Booter, bin, elf, tlv};
use vgpu_facts::chip::Chip;
use vgpu_facts::release::R570;
use vgpu_model::synth::firmware::booter::{Kind, booter as synthetic};
use vgpu_model::synth::firmware::{bootloader as falcon, bootloader_tagged as falcon_tagged, gsp};

pub(super) const TAGS: &[&str] = &[
    "NVFW", "VERS", "BLOB", "SIGN", "DAOF", "DASZ", "CDOF", "CDSZ", "PLOC", "FUSE", "ENID", "UCID",
    "A0CO", "A0CS", "NSIG", "MFOF", "APPV", "STRT", "FILE", "SIZE", "BLID",
];

/// Chips that have files of their own.
fn chips() -> Vec<&'static Chip> {
    ["tu102", "tu116", "ga100", "ga102", "ad102"]
        .into_iter()
        .filter_map(Chip::find)
        .collect()
}

fn is_tlv(input: &[u8]) -> bool {
    input.starts_with(b"NVFW")
}

pub(super) fn booters() -> Vec<Vec<u8>> {
    let each = |chip: &'static Chip| {
        Kind::ALL.iter().flat_map(move |kind| {
            let booter = synthetic(chip, *kind, &R570);
            [booter.tagged(), booter.with_header()]
        })
    };
    chips().into_iter().flat_map(each).collect()
}

pub(super) fn booter(input: &[u8]) -> Result<()> {
    let booter = if is_tlv(input) {
        tlv::booter(input)?
    } else {
        bin::booter(input)?
    };
    all_of(booter)
}

/// All that a driver does with it.
fn all_of(booter: Booter<'_>) -> Result<()> {
    let mut ucode = booter.ucode().to_vec();
    for load in [
        booter.open(),
        booter.secure(),
        booter.secure_in_place(),
        booter.data(),
    ] {
        let end = load.from as usize + load.size as usize;
        assert!(end <= ucode.len(), "{load:x?}");
    }
    let brom = booter.brom();
    assert!(brom.signature_at < booter.data().size);
    for register in [0, 1, 2, 0x8000, u32::MAX] {
        if let Ok(signature) = booter.signature(register) {
            booter.patch_signature(&mut ucode, signature)?;
        }
    }
    Ok(())
}

pub(super) fn bootloaders() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = chips()
        .into_iter()
        .flat_map(|chip| [gsp::bootloader(chip, &R570), gsp::bootloader_tagged(chip)])
        .collect();
    all.extend([falcon(), falcon_tagged()]);
    all
}

pub(super) fn bootloader(input: &[u8]) -> Result<()> {
    let (riscv, falcon) = if is_tlv(input) {
        (tlv::riscv_bootloader(input), tlv::falcon_bootloader(input))
    } else {
        (bin::riscv_bootloader(input), bin::falcon_bootloader(input))
    };
    if let Ok(riscv) = riscv {
        for at in [riscv.code_at, riscv.data_at, riscv.manifest_at] {
            assert!((at as usize) < riscv.image.len());
        }
    }
    if let Ok(falcon) = falcon {
        assert!(!falcon.code.is_empty() && falcon.entry() <= 0xffff_ff00);
    }
    riscv.map(drop).or(falcon.map(drop))
}

/// As the generator makes them, but with less of the image: that is 2 MiB, of which no byte matters.
pub(in crate::targets) fn objects() -> Vec<Vec<u8>> {
    const START: usize = 64;
    const LESS: usize = 0x100;
    chips()
        .into_iter()
        .map(|chip| {
            let mut file = gsp::object(chip, &R570);
            let size = gsp::image(chip, &R570).len();
            let cut = (size - LESS) as u64 / 8 * 8;
            let word = |file: &[u8], at: usize| {
                let bytes = file.get(at..at + 8).and_then(|b| b.try_into().ok());
                bytes.map_or(0, u64::from_le_bytes)
            };
            let headers = word(&file, 0x28) as usize;
            let count = (file.len() - headers) / 64;
            for at in (0..count).map(|index| headers + 64 * index) {
                let place = word(&file, at + 0x18);
                // The image's own header has its size, the others stand behind it.
                let (field, value) = if place == START as u64 {
                    (at + 0x20, word(&file, at + 0x20))
                } else {
                    (at + 0x18, place)
                };
                if value >= cut {
                    file[field..field + 8].copy_from_slice(&(value - cut).to_le_bytes());
                }
            }
            file[0x28..0x30].copy_from_slice(&(headers as u64 - cut).to_le_bytes());
            file.drain(START..START + cut as usize);
            file
        })
        .collect()
}

pub(super) fn object(input: &[u8]) -> Result<()> {
    let mut last = Ok(());
    for family in ["ga10x", "tu10x", "ad10x"] {
        last = elf::gsp(input, family).and_then(|gsp| {
            assert!(gsp.image_at + gsp.image.len() <= input.len());
            assert!(gsp.signature.len() <= input.len());
            sized(gsp.image.len() as u64)
        });
        if last.is_ok() {
            return last;
        }
    }
    last
}

/// What becomes of a size further on.
fn sized(size: u64) -> Result<()> {
    nova_formats::radix3::Radix3::new(size).map(drop)
}

pub(super) fn containers() -> Vec<Vec<u8>> {
    chips().into_iter().map(gsp::tagged).collect()
}

pub(super) fn container(input: &[u8]) -> Result<()> {
    let container = tlv::Container::parse(input)?;
    let _ = container.version();
    for tag in TAGS {
        if let Ok(tag) = tag.as_bytes().try_into() {
            let _ = container.bytes(tag);
            let _ = container.string(tag);
            let _ = container.number(tag);
            let _ = container.u32(tag);
            let _ = container.flag(tag);
        }
    }
    let file = tlv::gsp(input)?;
    sized(file.size)?;
    let _ = file.with(&[0; 0x1000]);
    Ok(())
}
