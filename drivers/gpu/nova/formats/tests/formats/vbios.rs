// SPDX-License-Identifier: GPL-2.0-only

use nova_formats::vbios::fwsec::{Brom, Command, Descriptor, Load};
use nova_formats::vbios::rom::Images;
use nova_formats::vbios::{self, Extent, Fwsec, Kind, scan};
use nova_formats::{Error, Part, What};

use crate::build::vbios::{
    self as build, CODE_SIZE, COMMAND, DATA_SIZE, DESCRIPTOR, MAPPER, PMU, Rom, SIGNATURE,
    signature,
};
use crate::build::{Image, pattern, u32_at, u64_at};

/// What the driver does with a ROM: the two pieces that are needed.
pub(crate) fn pieces(rom: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let found = scan(&mut &rom[..])?;
    let read = |extent: Extent| -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; extent.size as usize];
        extent.read(&mut &rom[..], &mut bytes)?;
        Ok(bytes)
    };
    Ok((read(found.pc_at)?, read(found.fwsec)?))
}

fn all() -> Vec<Rom> {
    let mut all = Vec::new();
    for rom in [Rom::default(), Rom::turing()] {
        for ifr in 0..=3 {
            for (npde, efi) in [(true, true), (true, false), (false, true), (false, false)] {
                all.push(Rom {
                    ifr,
                    npde,
                    efi,
                    ..rom
                });
            }
        }
    }
    all
}

#[test]
fn fwsec_is_found_wherever_it_lies() {
    for rom in all() {
        let bytes = rom.build();
        let (pc_at, section) = pieces(&bytes).unwrap_or_else(|error| panic!("{rom:?}: {error}"));
        let fwsec =
            vbios::find(&pc_at, &section).unwrap_or_else(|error| panic!("{rom:?}: {error}"));
        assert_eq!(fwsec.ucode().len(), CODE_SIZE + DATA_SIZE, "{rom:?}");
        assert_eq!(
            &fwsec.ucode()[..CODE_SIZE],
            pattern(1, CODE_SIZE),
            "{rom:?}"
        );
        let count = rom.signatures.count_ones() as usize;
        assert_eq!(fwsec.signatures().len(), count, "{rom:?}");
    }
}

#[test]
fn the_version_is_optional() {
    let (mut pc_at, section) = pieces(&Rom::default().build()).unwrap();
    let version = Some([0x94, 0x02, 0x42, 0x40, 0x5d]);
    assert_eq!(vbios::bit::version(&pc_at), version);
    let token = build::BIT + 12;
    // Too short, then beyond the end, then not there.
    pc_at[token + 2] = 4;
    assert_eq!(vbios::bit::version(&pc_at), None);
    pc_at[token + 2] = 5;
    pc_at[token + 5] = 0xff;
    assert_eq!(vbios::bit::version(&pc_at), None);
    pc_at[token] = 0x6a;
    assert_eq!(vbios::bit::version(&pc_at), None);
    assert_eq!(vbios::bit::version(&[]), None);
    vbios::find(&pc_at, &section).unwrap();
}

#[test]
fn the_images_are_listed() {
    let rom = Rom {
        ifr: 3,
        ..Rom::default()
    };
    let bytes = rom.build();
    let mut source = bytes.as_slice();
    let mut images = Images::new(&mut source).unwrap();
    let mut kinds = Vec::new();
    let mut next = 0x1600;
    while let Some(image) = images.next_image().unwrap() {
        assert_eq!(image.extent.at, next);
        assert_eq!(image.ids, (0x10de, 0x2204));
        next += image.extent.size;
        kinds.push((image.kind, image.last));
    }
    let expected = [
        (Kind::PcAt, false),
        (Kind::Efi, false),
        (Kind::Fwsec, false),
        (Kind::Fwsec, true),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(next as usize, bytes.len());
    assert_eq!(images.next_image().unwrap(), None);
}

#[test]
fn few_words_are_read_for_the_chain() {
    struct Counting<'a>(&'a [u8], u32);
    impl vbios::Prom for Counting<'_> {
        fn word(&mut self, at: u32) -> Option<u32> {
            assert_eq!(at % 4, 0);
            self.1 += 1;
            self.0.word(at)
        }
    }
    let bytes = Rom::default().build();
    let mut prom = Counting(&bytes, 0);
    scan(&mut prom).unwrap();
    assert!(prom.1 <= 60, "{}", prom.1);
}

#[test]
fn the_pieces_of_version_3() {
    let (pc_at, section) = pieces(&Rom::default().build()).unwrap();
    let fwsec = vbios::find(&pc_at, &section).unwrap();
    let (code, data) = (CODE_SIZE as u32, DATA_SIZE as u32);
    let imem = Load {
        from: 0,
        to: 0,
        size: code,
    };
    let dmem = Load {
        from: code,
        to: 0,
        size: data,
    };
    assert_eq!((fwsec.imem(), fwsec.dmem()), (imem, dmem));
    let brom = Brom {
        signature_at: SIGNATURE as u32,
        engines: 0x400,
        ucode_id: 9,
    };
    assert_eq!(fwsec.brom(), Some(brom));
    assert!(fwsec.for_bootloader(0x1000).unwrap().is_none());
    // Versions 1 and 2 are there.
    assert_eq!(fwsec.signature(0b1).unwrap().unwrap()[..], signature(0));
    assert_eq!(fwsec.signature(0b11).unwrap().unwrap()[..], signature(1));
    let error = fwsec.signature(0b100).unwrap_err();
    assert_eq!(
        (error.part, error.what),
        (Part::FwsecSignatures, What::Version(3))
    );
}

#[test]
fn the_pieces_of_version_2() {
    let (pc_at, section) = pieces(&Rom::turing().build()).unwrap();
    let fwsec = vbios::find(&pc_at, &section).unwrap();
    assert!(matches!(fwsec.descriptor(), Descriptor::V2(_)));
    assert_eq!(fwsec.brom(), None);
    assert_eq!(fwsec.signature(0).unwrap(), None);
    let told = fwsec.for_bootloader(0x1_2345_6700).unwrap().unwrap();
    let told = zerocopy::IntoBytes::as_bytes(&told);
    assert_eq!(told.len(), 84);
    assert_eq!(told[..0x20], [0; 0x20]);
    assert_eq!(u32_at(told, 0x20), 4);
    assert_eq!(u64_at(told, 0x24), 0x1_2345_6700);
    assert_eq!(u32_at(told, 0x2c), 0);
    assert_eq!(u32_at(told, 0x30), 0x100);
    assert_eq!(u32_at(told, 0x34), 0x100);
    assert_eq!(u32_at(told, 0x38), 0x100);
    assert_eq!(u32_at(told, 0x3c), 0);
    assert_eq!(u64_at(told, 0x40), 0x1_2345_6700 + CODE_SIZE as u64);
    assert_eq!(u32_at(told, 0x48), DATA_SIZE as u32);
    assert!(fwsec.for_bootloader(0x1001).is_err());
    assert!(fwsec.for_bootloader(u64::MAX - 0xff).is_err());
}

#[test]
fn commands_are_written_where_the_mapper_says() {
    for rom in [Rom::default(), Rom::turing()] {
        let (pc_at, section) = pieces(&rom.build()).unwrap();
        let fwsec = vbios::find(&pc_at, &section).unwrap();
        let mut ucode = fwsec.ucode().to_vec();
        let frts = Command::Frts {
            at: 0x5_ffe0_0000,
            size: 0x10_0000,
        };
        fwsec.patch_command(&mut ucode, frts).unwrap();
        let data = &ucode[CODE_SIZE..];
        assert_eq!(u32_at(data, MAPPER + 0x2c), 0x15);
        assert_eq!(fwsec.mapper(&ucode).unwrap().command.get(), 0x15);
        let words: Vec<u32> = (0..11)
            .map(|word| u32_at(data, COMMAND + 4 * word))
            .collect();
        assert_eq!(words, [1, 24, 0, 0, 0, 2, 1, 20, 0x5f_fe00, 0x100, 2]);

        let mut other = fwsec.ucode().to_vec();
        fwsec.patch_command(&mut other, Command::Sb).unwrap();
        let data = &other[CODE_SIZE..];
        assert_eq!(u32_at(data, MAPPER + 0x2c), 0x19);
        let words: Vec<u32> = (0..11)
            .map(|word| u32_at(data, COMMAND + 4 * word))
            .collect();
        assert_eq!(words, [1, 24, 0, 0, 0, 2, 0, 0, 0, 0, 0]);

        // Nothing else has changed.
        let mut same = fwsec.ucode().to_vec();
        for (at, size) in [(MAPPER + 0x2c, 4), (COMMAND, 44)] {
            let range = CODE_SIZE + at..CODE_SIZE + at + size;
            same[range.clone()].copy_from_slice(&ucode[range]);
        }
        assert_eq!(same, ucode);
    }
}

#[test]
fn a_place_that_a_command_cannot_say_is_refused() {
    let (pc_at, section) = pieces(&Rom::default().build()).unwrap();
    let fwsec = vbios::find(&pc_at, &section).unwrap();
    let mut ucode = fwsec.ucode().to_vec();
    let mut patch = |at, size| fwsec.patch_command(&mut ucode, Command::Frts { at, size });
    let what = |result: Result<(), Error>| result.unwrap_err().what;
    assert_eq!(what(patch(0x1001, 0x1000)), What::Unaligned(0x1001));
    assert_eq!(what(patch(0x1000, 0x10)), What::Unaligned(0x10));
    assert_eq!(what(patch(1 << 44, 0x1000)), What::Value(1 << 44));
    assert_eq!(ucode, fwsec.ucode());
    let mut short = fwsec.ucode()[..CODE_SIZE + DATA_SIZE - 1].to_vec();
    assert!(fwsec.patch_command(&mut short, Command::Sb).is_err());
}

#[test]
fn the_signature_is_written_where_the_descriptor_says() {
    let (pc_at, section) = pieces(&Rom::default().build()).unwrap();
    let fwsec = vbios::find(&pc_at, &section).unwrap();
    let mut ucode = fwsec.ucode().to_vec();
    let wanted = fwsec.signature(0b11).unwrap().unwrap();
    fwsec.patch_signature(&mut ucode, wanted).unwrap();
    let at = CODE_SIZE + SIGNATURE;
    assert_eq!(ucode[at..at + 384], wanted[..]);
    assert_eq!(ucode[..at], fwsec.ucode()[..at]);
    assert_eq!(ucode[at + 384..], fwsec.ucode()[at + 384..]);
    assert!(
        fwsec
            .patch_signature(&mut ucode[..at + 383], wanted)
            .is_err()
    );
}

/// What is said of the ROM with some bytes changed.
fn with(rom: Rom, change: impl FnOnce(&mut Image)) -> Error {
    let mut image = Image(rom.build());
    change(&mut image);
    let result = pieces(&image.0).and_then(|(pc_at, fwsec)| {
        let fwsec = vbios::find(&pc_at, &fwsec)?;
        fwsec.patch_command(&mut fwsec.ucode().to_vec(), Command::Sb)
    });
    result.expect_err("it was taken")
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let plain = Rom {
        npde: false,
        efi: false,
        ..Rom::default()
    };
    let ifr = Rom { ifr: 3, ..plain };
    let old_ifr = Rom { ifr: 1, ..plain };
    // The image for PCs has 0x200 bytes; FWSEC begins behind it.
    let fwsec = 0x200;
    let data = fwsec + DESCRIPTOR + 44 + 2 * 384 + CODE_SIZE;
    let check = |rom, part, at, what, change: &dyn Fn(&mut Image)| {
        let error = with(rom, |image| change(image));
        assert_eq!(error, Error { part, at, what }, "{error}");
    };
    let e = |image: &mut Image, at: usize| {
        image.u32(at, 0xffff_ffff);
    };
    check(plain, Part::RomImage, 0, What::Signature(0xffff), &|i| {
        e(i, 0)
    });
    check(plain, Part::Pcir, 0x1c, What::Signature(u32::MAX), &|i| {
        e(i, 0x1c)
    });
    check(plain, Part::Pcir, 0x2c, What::Size(0), &|i| {
        i.u16(0x2c, 0);
    });
    let (start, size) = (0, 0xffff * 512);
    check(
        plain,
        Part::Pcir,
        0x1c,
        What::Outside { start, size },
        &|i| {
            i.u16(0x2c, 0xffff);
        },
    );
    let end = plain.build().len();
    check(plain, Part::PcAtImage, end, What::Missing, &|i| {
        i.u8(0x30, 0x13);
    });
    check(plain, Part::FwsecImage, 0x200, What::Missing, &|i| {
        i.u8(0x31, 0x80);
    });
    check(plain, Part::BitHeader, 0, What::Missing, &|i| {
        i.u8(build::BIT, 0);
    });
    check(plain, Part::BitHeader, build::BIT, What::Size(5), &|i| {
        i.u8(build::BIT + 9, 5);
    });
    let behind = build::BIT + 12 + 6;
    check(plain, Part::BitToken, behind, What::Missing, &|i| {
        i.u8(build::BIT + 10, 1);
    });
    let token = build::FALCON_DATA;
    check(plain, Part::FalconData, token, What::Version(1), &|i| {
        i.u8(build::BIT + 19, 1);
    });
    check(plain, Part::FalconData, token, What::Size(3), &|i| {
        i.u16(build::BIT + 20, 3);
    });
    let (start, size) = (0x1ff, 1);
    check(
        plain,
        Part::FalconData,
        0,
        What::Outside { start, size },
        &|i| {
            i.u32(token, 0x1ff);
        },
    );
    check(plain, Part::PmuTable, PMU, What::Version(2), &|i| {
        i.u8(fwsec + PMU, 2);
    });
    check(plain, Part::PmuEntry, PMU + 24, What::Missing, &|i| {
        i.u8(fwsec + PMU + 12, 0x86);
    });
    let start = u64::from(u32::MAX);
    check(
        plain,
        Part::PmuEntry,
        0,
        What::Outside { start, size },
        &|i| e(i, fwsec + PMU + 14),
    );
    check(
        plain,
        Part::FwsecDescriptor,
        DESCRIPTOR,
        What::Version(4),
        &|i| {
            i.u8(fwsec + DESCRIPTOR + 1, 4);
        },
    );
    check(
        plain,
        Part::FwsecDescriptor,
        DESCRIPTOR,
        What::Size(0),
        &|i| {
            i.u32(fwsec + DESCRIPTOR + 0x20, 0);
        },
    );
    let interfaces = CODE_SIZE + build::INTERFACES;
    check(
        plain,
        Part::FwsecInterface,
        interfaces,
        What::Version(9),
        &|i| {
            i.u8(data + build::INTERFACES, 9);
        },
    );
    check(
        plain,
        Part::FwsecInterface,
        interfaces,
        What::Missing,
        &|i| {
            i.u8(data + build::INTERFACES + 12, 5);
        },
    );
    let needs = 44;
    let at = CODE_SIZE + DATA_SIZE - 43;
    check(
        plain,
        Part::FwsecCommand,
        at,
        What::Short { needs, has: 43 },
        &|i| {
            i.u32(data + MAPPER + 8, (DATA_SIZE - 43) as u32);
        },
    );
    check(ifr, Part::Ifr, 4, What::Version(4), &|i| {
        i.u8(5, 4);
    });
    check(ifr, Part::Ifr, 0x1400, What::Signature(0), &|i| {
        i.u32(0x1400, 0);
    });
    check(old_ifr, Part::Ifr, 0x24, What::Unaligned(0x202), &|i| {
        i.u32(0x24, 0x202);
    });
    let start = 0x10_0000;
    check(
        old_ifr,
        Part::Ifr,
        0x24,
        What::Outside { start, size },
        &|i| {
            i.u32(0x24, 0x10_0000);
        },
    );
    // So far that an address has no room for what is behind it.
    let error = with(ifr, |image| e(image, 0x30));
    assert_eq!((error.part, error.at), (Part::Ifr, 0x30));
    let error = with(ifr, |image| {
        image.u32(0x30, 0xffff_efff);
    });
    assert_eq!(error.part, Part::Ifr);
}

#[test]
fn nothing_follows_nbsi() {
    let rom = Rom {
        npde: false,
        efi: true,
        ..Rom::default()
    };
    let error = with(rom, |image| {
        image.u8(0x200 + 0x30, 0x70);
    });
    assert_eq!((error.part, error.what), (Part::FwsecImage, What::Missing));
}

#[test]
fn a_place_for_the_signature_beyond_the_data_is_refused() {
    let mut image = Image(vec![0; 0x10]);
    let rom = Rom {
        npde: false,
        ..Rom::default()
    };
    let (_, section) = pieces(&rom.build()).unwrap();
    image.put(0, &section);
    assert!(Fwsec::parse(&image.0, DESCRIPTOR).is_ok());
    image.u32(DESCRIPTOR + 8, DATA_SIZE as u32 - 383);
    let error = Fwsec::parse(&image.0, DESCRIPTOR).unwrap_err();
    let (needs, has) = (384, 383);
    assert_eq!(
        (error.part, error.what),
        (Part::FwsecUcode, What::Short { needs, has })
    );
}

#[test]
fn errors_read_well() {
    let error = with(Rom::default(), |image| {
        image.u16(0, 0x1234);
    });
    let text = "a PCI ROM image at 0x0 has a wrong signature: 0x1234";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.what.text(), "has a wrong signature");
    assert_eq!(error.what.number(), Some(0x1234));
}
