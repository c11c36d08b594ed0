// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The vendor's own files, where they are (`NOVA_FIRMWARE=/lib/firmware/nvidia`): those that the model makes have the
//! same shape, word for word, but for how long the code is. They are read here by a reader of its own, which knows
//! of neither the generator nor the driver. Without the variable there is nothing to compare, and the test says so.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use vgpu_facts::chip::Chip;
use vgpu_facts::release::RELEASES;
use vgpu_model::synth::firmware::files;

/// Chips with files of their own, and what the signatures for them are called.
const CHIPS: [(&str, &str); 5] = [
    ("tu102", "tu10x"),
    ("tu116", "tu11x"),
    ("ga100", "ga100"),
    ("ga102", "ga10x"),
    ("ad102", "ad10x"),
];

fn word(file: &[u8], at: u32) -> u32 {
    let at = at as usize;
    u32::from_le_bytes(file[at..at + 4].try_into().unwrap())
}

fn words(file: &[u8], at: u32, count: u32) -> Vec<u32> {
    (0..count).map(|index| word(file, at + 4 * index)).collect()
}

/// What is in front of the code, and the code; but for what the file says of its own length.
fn open(file: &[u8]) -> (Vec<u32>, &[u8]) {
    let mut header = words(file, 0, 6);
    let (at, size) = (header[4] as usize, header[5] as usize);
    let code = &file[at..at + size];
    assert_eq!(file.len(), at + size, "the code ends the file");
    // A length that is longer than the file, and the length of the code.
    header.remove(5);
    header.remove(2);
    (header, code)
}

/// A booter, but for how long its code and its data are.
fn booter(file: &[u8]) -> Vec<u32> {
    let (mut shape, code) = open(file);
    let second = words(file, shape[2], 9);
    let [signatures, length, place, offset, meta] = [0, 1, 2, 3, 4].map(|index| second[index]);
    let (count, place) = (word(file, second[6]), word(file, place));
    // Open code, data, how many pieces are secure; those, each with its data.
    let load = words(file, second[7], second[8] / 4);
    let [data, data_size, secure, secure_size] = [2, 3, 5, 6].map(|index| load[index]);
    assert_eq!(data, secure + secure_size, "data are behind secure code");
    let behind = &code[(data + data_size) as usize..];
    assert!(behind.len() <= 256, "no more than a block behind the data");
    shape.extend(&second);
    shape.extend(words(file, meta, second[5] / 4));
    shape.extend([word(file, offset), count, place - data]);
    shape.extend([0, 1, 4, 5, 7, 8].map(|index| load[index]));
    let length = (length / count) as usize;
    let empty = &code[place as usize..][..length];
    assert!(empty.iter().all(|byte| *byte == 0), "room for a signature");
    // Which signatures there are: some have room, and nothing in it.
    for signature in file[signatures as usize..]
        .chunks(length)
        .take(count as usize)
    {
        shape.push(signature.iter().any(|byte| *byte != 0).into());
    }
    shape
}

/// The bootloader of the GSP's RISC-V core, but for its length and its version.
fn bootloader(file: &[u8]) -> Vec<u32> {
    let (mut shape, code) = open(file);
    let second = shape[2];
    shape.push(word(file, second));
    let [manifest, size, data, _, code_at] = words(file, second + 0x20, 5)[..] else {
        panic!("five words");
    };
    assert!((code_at as usize) < code.len(), "its code is in it");
    shape.extend([manifest, size, data]);
    shape
}

/// The bootloader for FWSEC: all of its words.
fn falcon_bootloader(file: &[u8]) -> Vec<u32> {
    let second = word(file, 12);
    let mut shape = words(file, 0, 6);
    shape.extend(words(file, second, 6));
    shape
}

/// An object's sections by their names: where each is, and how long.
fn sections(file: &[u8]) -> BTreeMap<String, (usize, usize)> {
    let wide = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap()) as usize;
    let short = |at: usize| usize::from(u16::from_le_bytes(file[at..at + 2].try_into().unwrap()));
    assert_eq!(&file[..7], b"\x7fELF\x02\x01\x01");
    // Relocatable, RISC-V; how long the headers are.
    assert_eq!([0x10, 0x12, 0x34, 0x3a].map(short), [1, 243, 64, 64]);
    let (headers, count, names) = (wide(0x28), short(0x3c), short(0x3e));
    let place = |index: usize| {
        let header = headers + 64 * index;
        (wide(header + 0x18), wide(header + 0x20))
    };
    let (names, _) = place(names);
    (1..count)
        .map(|index| {
            let name = names + word(file, (headers + 64 * index) as u32) as usize;
            let name = file[name..].split(|byte| *byte == 0).next().unwrap();
            (String::from_utf8(name.to_vec()).unwrap(), place(index))
        })
        .collect()
}

/// The GSP's image: where it begins; its version, and the length of the family's signature.
fn object(file: &[u8], family: &str) -> (usize, Vec<u8>, usize) {
    let sections = sections(file);
    let (image, length) = sections[".fwimage"];
    assert!(length > 1 << 20, "there is an image");
    let (at, size) = sections[".fwversion"];
    let (_, signature) = sections[&format!(".fwsignature_{family}")];
    (image, file[at..at + size].to_vec(), signature)
}

#[test]
fn what_the_model_makes_has_the_shape_of_the_vendors_files() {
    let Some(directory) = std::env::var_os("NOVA_FIRMWARE").map(PathBuf::from) else {
        // Past the harness, which shows what a test prints only if it fails.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: NOVA_FIRMWARE does not say where the vendor's files are"
        );
        return;
    };
    let mut compared = 0;
    for (name, family) in CHIPS {
        let made: BTreeMap<_, _> = files(Chip::find(name).unwrap()).into_iter().collect();
        let mut pair = |file: &str| {
            let path = directory.join(name).join(file);
            let real = std::fs::read(&path);
            compared += 1;
            let real = real.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (real, &made[file])
        };
        for release in RELEASES {
            let version = release.name;
            for kind in ["booter_load", "booter_unload"] {
                let (real, made) = pair(&format!("gsp/{kind}-{version}.bin"));
                assert_eq!(booter(&real), booter(made), "{name} {kind} {version}");
            }
            let (real, made) = pair(&format!("gsp/bootloader-{version}.bin"));
            assert_eq!(bootloader(&real), bootloader(made), "{name} {version}");
            let (real, made) = pair(&format!("gsp/gsp-{version}.bin"));
            assert_eq!(
                object(&real, family),
                object(made, family),
                "{name} {version}"
            );
        }
        if made.contains_key("gsp/gen_bootloader-570.144.bin") {
            let (real, made) = pair("gsp/gen_bootloader-570.144.bin");
            assert_eq!(falcon_bootloader(&real), falcon_bootloader(made), "{name}");
        }
    }
    // Eight files of each chip, and one more of three.
    assert_eq!(compared, 43);
}
