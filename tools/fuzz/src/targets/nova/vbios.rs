// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The card's ROM.

use nova_formats::Result;
use nova_formats::vbios::fwsec::{Command, Fwsec};
use nova_formats::vbios::{self, Extent, bit, pmu, rom};
use vgpu_facts::chip::CHIPS;
use vgpu_model::fault::Fault;
use vgpu_model::synth::rom::{Defect, rom as synthetic};

use crate::targets::bits::{Bits, counted};

/// No image that is larger is read here; a driver reads what there is.
const MOST: u32 = 0x10_0000;

/// One of each chip, and those with defects.
pub(super) fn roms() -> Vec<Vec<u8>> {
    let right = CHIPS.iter().map(|chip| synthetic(chip, Defect::None));
    let wrong = Fault::ALL.iter().filter_map(|fault| fault.defect());
    let wrong = wrong.filter(|defect| *defect != Defect::Zero);
    let mut all: Vec<_> = right
        .chain(wrong.map(|defect| synthetic(&CHIPS[0], defect)))
        .collect();
    all.dedup();
    all
}

pub(super) fn rom(input: &[u8]) -> Result<()> {
    let mut prom = input;
    let rom = rom::scan(&mut prom)?;
    let read = |extent: Extent| -> Result<Vec<u8>> {
        let mut bytes = vec![0; extent.size.min(MOST) as usize];
        extent.read(&mut &*input, &mut bytes)?;
        Ok(bytes)
    };
    let (pc_at, fwsec) = (read(rom.pc_at)?, read(rom.fwsec)?);
    let _ = bit::version(&pc_at);
    all_of(vbios::find(&pc_at, &fwsec)?)
}

/// The two images that matter, one behind the other.
pub(super) fn pairs() -> Vec<Vec<u8>> {
    CHIPS
        .iter()
        .filter_map(|chip| {
            let bytes = synthetic(chip, Defect::None);
            let rom = rom::scan(&mut bytes.as_slice()).ok()?;
            let piece = |e: Extent| &bytes[e.at as usize..(e.at + e.size) as usize];
            let mut input = vec![0; 8];
            counted(&mut input, piece(rom.pc_at));
            input.extend(piece(rom.fwsec));
            Some(input)
        })
        .collect()
}

pub(super) fn pair(input: &[u8]) -> Result<()> {
    let mut bits = Bits(input);
    let (at, id) = (bits.u32() as usize, bits.u32().to_le_bytes()[0]);
    let pc_at = bits.counted();
    let fwsec = bits.0;
    let _ = bit::falcon_data(pc_at);
    let _ = bit::token(pc_at, id);
    let _ = bit::version(pc_at);
    let _ = pmu::find(fwsec, at, id);
    if at > 0 {
        let found = Fwsec::parse(fwsec, at)?;
        return all_of(found);
    }
    all_of(vbios::find(pc_at, fwsec)?)
}

/// All that a driver does with it.
fn all_of(fwsec: Fwsec<'_>) -> Result<()> {
    let mut ucode = fwsec.ucode().to_vec();
    for load in [fwsec.imem(), fwsec.dmem()] {
        let end = load.from as usize + load.size as usize;
        assert!(load.size > 0 && end <= ucode.len(), "{load:x?}");
    }
    for register in [0, 1, 0b11, 0xffff, u32::MAX] {
        if let Ok(Some(signature)) = fwsec.signature(register) {
            fwsec.patch_signature(&mut ucode, signature)?;
        }
    }
    for address in [0, 0x1000, u64::MAX - 0xff] {
        let _ = fwsec.for_bootloader(address);
    }
    fwsec.patch_command(&mut ucode, Command::Sb)?;
    for (at, size) in [(0x1000, 0x10_0000), (u64::MAX - 0xfff, 0x1000), (1, 1)] {
        let _ = fwsec.patch_command(&mut ucode, Command::Frts { at, size });
    }
    fwsec.mapper(&ucode).map(drop)
}
