// SPDX-License-Identifier: GPL-2.0-only

use nova_formats::firmware::{Booter, bin, elf, tlv};
use nova_formats::vbios::fwsec::{Brom, Load};
use nova_formats::{Error, Part, What};

use crate::build::firmware::{
    self as build, Tlv, falcon_bin, falcon_tlv, gsp_elf, gsp_image, gsp_signature, gsp_tlv,
    riscv_bin, riscv_tlv,
};
use crate::build::{Image, pattern};

#[test]
fn both_formats_give_the_same_booter() {
    let made = build::Booter::default();
    let (file, container) = (made.bin(), made.tlv());
    let booter = bin::booter(&file).unwrap();
    assert_eq!(booter, tlv::booter(&container).unwrap());
    assert_eq!(booter.ucode(), made.ucode());
    let load = |from, to, size| Load { from, to, size };
    assert_eq!(booter.open(), load(0, 0, 0x100));
    assert_eq!(booter.secure_in_place(), load(0x100, 0x100, 0x300));
    assert_eq!(booter.secure(), load(0x100, 0, 0x300));
    assert_eq!(booter.data(), load(0x400, 0, 0x200));
    let brom = Brom {
        signature_at: 0x10,
        engines: 1,
        ucode_id: 3,
    };
    assert_eq!(booter.brom(), brom);
    assert_eq!(booter.signature(0).unwrap(), pattern(0x81, 384));
    assert_eq!(booter.signature(1).unwrap(), pattern(0x80, 384));
    let error = booter.signature(2).unwrap_err();
    assert_eq!(error.what, What::Version(2));
}

#[test]
fn a_signature_of_zeros_is_none() {
    let made = build::Booter::default();
    let mut file = made.bin();
    let signatures = pattern(0x81, 384);
    let found = file.windows(384).position(|bytes| bytes == signatures);
    file[found.unwrap()..][..384].fill(0);
    let booter = bin::booter(&file).unwrap();
    assert_eq!(booter.signature(0).unwrap_err().what, What::Version(0));
    assert_eq!(booter.signature(1).unwrap(), pattern(0x80, 384));
}

#[test]
fn a_booters_signature_is_written() {
    let made = build::Booter {
        data: (0x400, 0x300),
        ..build::Booter::default()
    };
    let file = made.bin();
    let booter = bin::booter(&file).unwrap();
    let mut ucode = booter.ucode().to_vec();
    let signature = booter.signature(0).unwrap();
    booter.patch_signature(&mut ucode, signature).unwrap();
    assert_eq!(ucode[0x410..0x410 + 384], *signature);
    assert_eq!(ucode[..0x410], booter.ucode()[..0x410]);
    assert!(booter.patch_signature(&mut ucode, &signature[1..]).is_err());
    assert!(
        booter
            .patch_signature(&mut ucode[..0x410], signature)
            .is_err()
    );
}

/// The values of the files in linux-firmware, without their contents.
#[test]
fn the_booters_that_there_are_fit() {
    // Size of the microcode, of a signature, their number, its place, code, data.
    let files = [
        (0xe200, 16, 1, 0x8200, [0, 1, 13], 0x7f00, (0x8000, 0x6200)),
        (0x9900, 16, 1, 0x4e00, [0, 1, 13], 0x4b00, (0x4c00, 0x4d00)),
        (0xeb00, 384, 1, 0x8900, [0, 1, 3], 0x8600, (0x8700, 0x6400)),
        (0xec00, 384, 2, 0x8a10, [1, 1, 3], 0x8900, (0x8a00, 0x6200)),
        (0xde00, 384, 2, 0x7e10, [1, 1, 3], 0x7d00, (0x7e00, 0x6000)),
    ];
    for (size, signature_size, signatures, signature_at, meta, code, data) in files {
        let made = build::Booter {
            signatures,
            signature_size,
            open: (0, 0x100),
            secure: (0x100, code),
            data,
            signature_at,
            meta,
        };
        assert_eq!(made.ucode().len(), size);
        let (file, container) = (made.bin(), made.tlv());
        let booter = bin::booter(&file).unwrap();
        assert_eq!(booter, tlv::booter(&container).unwrap());
        assert_eq!(booter.signature(0).unwrap().len(), signature_size);
    }
}

#[test]
fn a_booter_that_contradicts_itself_is_refused() {
    type Change = fn(&mut build::Booter);
    let cases: [(Change, Part); 8] = [
        (|b| b.meta[2] = 0, Part::BooterUcode),
        (|b| b.meta[2] = 17, Part::BooterUcode),
        (|b| b.meta[1] = 0x1_0000, Part::BooterUcode),
        (|b| b.signature_at = 0x3ff, Part::BooterUcode),
        (|b| b.signature_at = 0x481, Part::BooterUcode),
        (|b| b.signature_at = u32::MAX, Part::BooterUcode),
        (|b| b.secure = (0x100, 0x501), Part::BooterUcode),
        (|b| b.open = (u32::MAX, u32::MAX), Part::BooterUcode),
    ];
    for (index, (change, part)) in cases.into_iter().enumerate() {
        let mut made = build::Booter::default();
        change(&mut made);
        let of = |result: Result<Booter<'_>, Error>| result.unwrap_err().part;
        assert_eq!(of(bin::booter(&made.bin())), part, "{index}");
        assert_eq!(of(tlv::booter(&made.tlv())), part, "{index}");
    }
}

#[test]
fn the_number_of_signatures_must_divide_them() {
    let made = build::Booter::default();
    for number in [0_u32, 5, u32::MAX] {
        let mut file = Image(made.bin());
        file.u32(0x3c + 768 + 20, number);
        let error = bin::booter(&file.0).unwrap_err();
        let what = What::Count(u64::from(number));
        assert_eq!((error.part, error.what), (Part::BooterSignatures, what));
    }
}

#[test]
fn headers_of_files_are_checked() {
    let file = build::Booter::default().bin();
    let with = |at: usize, value: u32| {
        let mut file = Image(file.clone());
        file.u32(at, value);
        bin::booter(&file.0).unwrap_err()
    };
    let error = with(0, 0x10df);
    assert_eq!((error.at, error.what), (0, What::Signature(0x10df)));
    let error = with(4, 2);
    assert_eq!((error.at, error.what), (4, What::Version(2)));
    assert_eq!(with(0x0c, u32::MAX).part, Part::BooterHeader);
    assert_eq!(with(0x10, u32::MAX).part, Part::BinHeader);
    assert_eq!(with(0x14, u32::MAX).part, Part::BinHeader);
    for number in 0..9 {
        // Every number of the second header leads outside; its size is not looked at.
        if ![5, 8].contains(&number) {
            with(0x18 + 4 * number, 0xffff_fff0);
        }
    }
    // The size is that of no file, and not looked at.
    let mut other = Image(file.clone());
    other.u32(8, 0);
    assert!(bin::booter(&other.0).is_ok());
}

#[test]
fn bootloaders_are_the_same_in_both_formats() {
    let (short, long, container) = (riscv_bin(true), riscv_bin(false), riscv_tlv());
    let loader = bin::riscv_bootloader(&long).unwrap();
    assert_eq!(loader, bin::riscv_bootloader(&short).unwrap());
    assert_eq!(loader, tlv::riscv_bootloader(&container).unwrap());
    assert_eq!(loader.image, pattern(3, 0x600));
    let places = (loader.code_at, loader.data_at, loader.manifest_at);
    assert_eq!((places, loader.app_version), ((0x180, 0x80, 0), 0x2a));

    let (file, container) = (falcon_bin(), falcon_tlv());
    let loader = bin::falcon_bootloader(&file).unwrap();
    assert_eq!(loader, tlv::falcon_bootloader(&container).unwrap());
    assert_eq!(loader.code, &pattern(4, 0x300)[..0x200]);
    assert_eq!((loader.start_tag, loader.entry()), (0xfd, 0xfd00));
}

#[test]
fn bootloaders_that_point_outside_are_refused() {
    for field in [0x20, 0x28, 0x30] {
        let mut file = Image(riscv_bin(false));
        file.u32(0x18 + field, 0x600);
        let error = bin::riscv_bootloader(&file.0).unwrap_err();
        let (start, size) = (0x600, 1);
        assert_eq!(
            (error.part, error.what),
            (Part::RiscvHeader, What::Outside { start, size })
        );
    }
    let mut file = Image(falcon_bin());
    file.u32(0x18 + 0xc, 0x301);
    let error = bin::falcon_bootloader(&file.0).unwrap_err();
    assert_eq!(error.part, Part::FalconBootloader);
    let mut file = Image(falcon_bin());
    file.u32(0x18, 0x1_0000);
    let error = bin::falcon_bootloader(&file.0).unwrap_err();
    assert_eq!(error.what, What::Value(0x1_0000));
}

#[test]
fn the_gsps_image_and_the_signature_of_a_family_are_found() {
    let file = gsp_elf();
    for family in ["ga10x", "ad10x"] {
        let gsp = elf::gsp(&file, family).unwrap();
        assert_eq!(gsp.image, gsp_image());
        assert_eq!(gsp.image_at, 64);
        assert_eq!(gsp.signature, gsp_signature(family));
        assert_eq!(gsp.version, Some("570.144"));
    }
    // Not by a part of a name, and not by more than it.
    for family in ["tu10x", "ga10", "ga10x_", ""] {
        let error = elf::gsp(&file, family).unwrap_err();
        assert_eq!((error.part, error.what), (Part::ElfSection, What::Missing));
    }
}

#[test]
fn other_elf_files_are_refused() {
    let with = |at: usize, bytes: &[u8]| {
        let mut file = Image(gsp_elf());
        file.put(at, bytes);
        let error = elf::gsp(&file.0, "ga10x").unwrap_err();
        (error.part, error.at)
    };
    assert_eq!(with(0, b"x"), (Part::Elf, 0));
    assert_eq!(with(4, &[1]), (Part::Elf, 4));
    assert_eq!(with(5, &[2]), (Part::Elf, 4));
    assert_eq!(with(0x10, &[2]), (Part::Elf, 0x10));
    assert_eq!(with(0x12, &[62]), (Part::Elf, 0x12));
    assert_eq!(with(0x3a, &[63, 0]), (Part::Elf, 0x3a));
    assert_eq!(with(0x3e, &[0xff, 0xff]).0, Part::ElfSection);
    assert_eq!(with(0x28, &[0xff; 8]).0, Part::ElfSection);
    // The first section with a name, the image, is longer than the file.
    let file = gsp_elf();
    let headers = crate::build::u64_at(&file, 0x28) as usize;
    assert_eq!(
        with(headers + 64 + 0x20, &[0xff; 8]),
        (Part::ElfSection, 64)
    );
    assert_eq!(with(headers + 64 + 0x20, &[0; 8]), (Part::ElfSection, 64));
}

#[test]
fn the_container_of_the_gsp_names_the_file_beside_it() {
    let (container, image) = (gsp_tlv(), gsp_image());
    let file = tlv::gsp(&container).unwrap();
    assert_eq!((file.name, file.size), ("gsp.bin", image.len() as u64));
    let gsp = file.with(&image).unwrap();
    assert_eq!(gsp.image, image);
    assert_eq!(gsp.signature, gsp_signature("ga10x"));
    assert_eq!(gsp.version, Some("570.144"));
    let error = file.with(&image[1..]).unwrap_err();
    assert_eq!(error.what, What::Size(image.len() as u64 - 1));
    for name in ["", ".", "..", "../gsp.bin", "a/b"] {
        let container = Tlv::new()
            .value("FILE", name.as_bytes())
            .number("SIZE", 1)
            .value("SIGN", &[1])
            .0;
        assert!(tlv::gsp(&container).is_err(), "{name}");
    }
}

#[test]
fn values_have_types() {
    let bytes = Tlv::new()
        .value("TEXT", b"some text")
        .value("EMPT", b"")
        .value("ZERO", b"a\0")
        .number("WORD", 0x1234_5678)
        .value("LONG", &0x1_0000_0000_u64.to_le_bytes())
        .value("FLAG", &[1])
        .0;
    let container = tlv::Container::parse(&bytes).unwrap();
    assert_eq!(container.version(), Ok("570.144"));
    assert_eq!(container.string(*b"TEXT"), Ok("some text"));
    assert_eq!(container.string(*b"EMPT"), Ok(""));
    assert_eq!(container.string(*b"ZERO").unwrap_err().what, What::NotText);
    assert_eq!(container.bytes(*b"EMPT").unwrap_err().what, What::Size(0));
    assert_eq!(container.u32(*b"WORD"), Ok(0x1234_5678));
    assert_eq!(container.number(*b"LONG"), Ok(0x1_0000_0000));
    let what = container.u32(*b"LONG").unwrap_err().what;
    assert_eq!(what, What::Value(0x1_0000_0000));
    let what = container.u32(*b"TEXT").unwrap_err().what;
    assert_eq!(what, What::Size(9));
    assert_eq!(container.flag(*b"FLAG"), Ok(true));
    assert!(container.flag(*b"WORD").is_err());
    assert_eq!(container.bytes(*b"NONE").unwrap_err().what, What::Missing);
}

#[test]
fn a_container_must_be_whole() {
    let whole = Tlv::new().number("WORD", 1).0;
    let what = |bytes: &[u8]| tlv::Container::parse(bytes).unwrap_err().what;
    for end in 0..whole.len() {
        assert!(
            tlv::Container::parse(&whole[..end]).is_err() || end == 20,
            "{end}"
        );
    }
    assert_eq!(what(b"NVFX"), What::Signature(u32::from_le_bytes(*b"NVFX")));
    assert_eq!(what(b"NVFW"), What::Missing);
    let mut other = whole.clone();
    other[4] = 0x80;
    assert_eq!(what(&other), What::NotText);
    // The version has seven letters, so one byte of padding.
    let mut other = whole.clone();
    other[19] = 1;
    assert_eq!(what(&other), What::Value(0));
    let mut other = whole.clone();
    other[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(what(&other), What::Short { .. }));
    let twice = Tlv::new().number("WORD", 1).number("WORD", 1).0;
    let container = tlv::Container::parse(&twice).unwrap();
    let error = container.u32(*b"WORD").unwrap_err();
    assert_eq!((error.at, error.what), (32, What::Twice));
}
