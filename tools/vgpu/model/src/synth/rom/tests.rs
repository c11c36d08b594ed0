// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Reads the ROM as a driver would, with nothing of the code that made it.

use super::*;
use vgpu_facts::chip::CHIPS;

fn u16_at(rom: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes(rom[at..at + 2].try_into().unwrap()))
}

fn u32_at(rom: &[u8], at: usize) -> usize {
    u32::from_le_bytes(rom[at..at + 4].try_into().unwrap()) as usize
}

/// Where the images are: code, start, size.
fn images(rom: &[u8]) -> Vec<(u8, usize, usize)> {
    let mut at = 0;
    if u32_at(rom, 0) == 0x4947_564e {
        let directory = u32_at(rom, u32_at(rom, 8)) + 0x1000;
        assert_eq!(&rom[directory..directory + 4], b"RFRD");
        at = u32_at(rom, directory + 8);
    }
    let mut images = Vec::new();
    loop {
        assert!([0xaa55, 0x4e56].contains(&u16_at(rom, at)));
        let data = at + u16_at(rom, at + 0x18);
        assert!([*b"PCIR", *b"NPDS"].contains(&rom[data..data + 4].try_into().unwrap()));
        let extension = at + (data - at + u16_at(rom, data + 10)).next_multiple_of(16);
        assert_eq!(&rom[extension..extension + 4], b"NPDE");
        let size = u16_at(rom, extension + 8) * 512;
        images.push((rom[data + 0x14], at, size));
        at += size;
        if rom[extension + 10] & 0x80 != 0 {
            assert_eq!(at, rom.len());
            return images;
        }
    }
}

#[test]
fn a_driver_finds_fwsec_in_each_chips_rom() {
    for chip in CHIPS {
        let rom = rom(chip, Defect::None);
        let images = images(&rom);
        let kinds: Vec<_> = images.iter().map(|(kind, ..)| *kind).collect();
        assert_eq!(kinds, [0x00, 0x03, 0xe0, 0xe0], "{}", chip.name);
        let (_, start, size) = images[0];
        let sum = rom[start..start + size].iter();
        assert_eq!(sum.fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0);
        let bit = (start..).find(|at| rom[*at..].starts_with(b"\xff\xb8BIT\0"));
        let tokens = bit.unwrap() + 12;
        let token = (0..2).map(|n| tokens + 6 * n).find(|at| rom[*at] == 0x70);
        let pointer = u32_at(&rom, start + u16_at(&rom, token.unwrap() + 4));
        let section = images[2].1;
        let table = section + pointer - size;
        assert_eq!(&rom[table..table + 4], &[1, 6, 6, 3]);
        let entry = (0..3).map(|n| table + 6 + 6 * n);
        let entry = entry.into_iter().find(|at| rom[*at] == 0x85).unwrap();
        let descriptor = section + u32_at(&rom, entry + 2) - size;
        let header = u32_at(&rom, descriptor);
        assert_eq!(header & 1, 1);
        let code = descriptor + (header >> 16);
        let fwsec = fwsec(chip);
        assert_eq!(rom[code..][..fwsec.code.len()], fwsec.code);
        assert_eq!(
            rom[code + fwsec.code.len()..][..fwsec.data.len()],
            fwsec.data
        );
        assert_eq!(header >> 8 & 0xff, if chip.has_brom() { 3 } else { 2 });
        if let Some(terms) = fwsec.terms {
            let versions = u16_at(&rom, descriptor + 0x28);
            let index = (versions & ((1 << terms.version) - 1)).count_ones() as usize;
            assert_eq!(versions >> terms.version & 1, 1);
            assert_eq!(
                rom[descriptor + 44 + 384 * index..][..384],
                sign(&fwsec.code, terms)
            );
        }
    }
}

#[test]
fn each_defect_makes_another_rom() {
    use crate::fault::Fault;
    for chip in CHIPS {
        let mut roms = vec![rom(chip, Defect::None)];
        for defect in Fault::ALL.iter().filter_map(|fault| fault.defect()) {
            // With a descriptor of version 2 there are no versions.
            if defect == Defect::Fuse && !chip.has_brom() {
                continue;
            }
            let rom = rom(chip, defect);
            assert!(!roms.contains(&rom), "{defect:?} of {}", chip.name);
            assert!(rom.len() <= 1 << 20);
            roms.push(rom);
        }
    }
}
