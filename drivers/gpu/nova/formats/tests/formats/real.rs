// SPDX-License-Identifier: GPL-2.0-only

//! The files of linux-firmware themselves, where they are: `NOVA_FIRMWARE=/lib/firmware/nvidia`. They may not be
//! in this tree; `cargo xtask setup --vendor-firmware` fetches them. Without the variable there is nothing to show,
//! and the test says so.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nova_formats::firmware::{bin, elf};

const VERSIONS: [&str; 2] = ["570.144", "535.113.01"];

/// Chips with files of their own, and what their signatures are called.
const CHIPS: [(&str, &str); 5] = [
    ("tu102", "tu10x"),
    ("tu116", "tu11x"),
    ("ga100", "ga100"),
    ("ga102", "ga10x"),
    ("ad102", "ad10x"),
];

fn firmware() -> Option<PathBuf> {
    let directory = std::env::var_os("NOVA_FIRMWARE").map(PathBuf::from);
    if directory.is_none() {
        // Past the harness, which shows what a test prints only if it fails.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: NOVA_FIRMWARE does not say where the vendor's files are"
        );
    }
    directory
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_files_of_linux_firmware_are_read() {
    let Some(directory) = firmware() else {
        return;
    };
    for version in VERSIONS {
        for (chip, family) in CHIPS {
            let gsp = directory.join(chip).join("gsp");
            let file = |name: &str| gsp.join(format!("{name}-{version}.bin"));
            booters(chip, version, &file);
            let path = file("bootloader");
            let bytes = read(&path);
            let loader = bin::riscv_bootloader(&bytes)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(loader.image.len() % 4096, 0);
            let brom = matches!(chip, "ga102" | "ad102");
            let parts = (loader.manifest_at, loader.data_at, loader.code_at != 0);
            let expected = if brom {
                (0, 0x800, true)
            } else {
                (0, 0, false)
            };
            assert_eq!(parts, expected, "{}", path.display());
            assert_eq!(loader.app_version, 0);
            let path = file("gsp");
            let bytes = read(&path);
            let gsp = elf::gsp(&bytes, family)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(gsp.image_at, 0x40);
            assert_eq!(gsp.signature.len(), 4096);
            assert_eq!(gsp.version, Some(version));
            assert!(gsp.signature.iter().any(|byte| *byte != 0));
            // A file has the signatures of those chips alone that it is for.
            assert!(elf::gsp(&bytes, "gm20x").is_err());
            let other = if brom { "tu10x" } else { "ga10x" };
            assert!(elf::gsp(&bytes, other).is_err(), "{}", path.display());
        }
    }
}

fn booters(chip: &str, version: &str, file: &dyn Fn(&str) -> PathBuf) {
    // The size of a signature, how many there are, the fuse version and the number of the firmware.
    let expected = match chip {
        "tu102" | "tu116" => (16, 1, 0, 13),
        "ga100" => (384, 1, 0, 3),
        _ => (384, 2, 1, 3),
    };
    for name in ["booter_load", "booter_unload"] {
        let path = file(name);
        let bytes = read(&path);
        let booter =
            bin::booter(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parts = booter.parts();
        // The length of one, whatever the fuse.
        let signature = parts.signatures.len() / parts.signature_count as usize;
        let found = (
            signature,
            parts.signature_count,
            parts.fuse_version,
            booter.brom().ucode_id,
        );
        assert_eq!(found, expected, "{}", path.display());
        assert_eq!(parts.open, (0, 0x100));
        assert_eq!(parts.secure.0, 0x100);
        // One behind the other: open code, secure code, data; some have a block of nothing behind that.
        assert_eq!(parts.data.0, parts.secure.0 + parts.secure.1);
        let end = parts.data.0 + parts.data.1;
        let rest = &booter.ucode()[end as usize..];
        assert!(rest.len() <= 256 && rest.iter().all(|byte| *byte == 0));
        // There are one or two: for a fuse of 0, and of 1. That of GA102 for 0 is empty.
        for fuse in 0..parts.signature_count {
            let is_empty = chip == "ga102" && fuse == 0;
            assert_eq!(booter.signature(fuse).is_err(), is_empty, "{name} {fuse}");
        }
        // The place of the signature is empty in the file.
        let at = parts.signature_at as usize;
        let place = &booter.ucode()[at..at + signature];
        assert!(place.iter().all(|byte| *byte == 0), "{version}");
    }
}

#[test]
fn the_bootloader_for_fwsec_is_read() {
    let Some(directory) = firmware() else {
        return;
    };
    let bytes = read(&directory.join("tu102/gsp/gen_bootloader-570.144.bin"));
    let loader = bin::falcon_bootloader(&bytes).unwrap();
    assert_eq!((loader.start_tag, loader.code.len()), (0xfd, 0x200));
    let bytes = read(&directory.join("gp102/acr/bl.bin"));
    assert_eq!(bin::falcon_bootloader(&bytes).unwrap(), loader);
}
