// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Files as a package of firmware has them, in both formats: the vendor's headers, and tagged blocks.

pub mod booter;
pub mod gsp;

use vgpu_facts::chip::{Chip, Family};
use vgpu_facts::release::{R570, RELEASES, Release};

use super::{Bytes, noise};

/// What the bootloader for FWSEC begins with.
pub const BOOTLOADER_MAGIC: &[u8] = b"vgpu bootloader\0";

/// How large its code is, and its data.
const BOOTLOADER_CODE: usize = 0x200;
const BOOTLOADER_DATA: usize = 0x100;
/// Which block it belongs to: the one that ends at 64 KiB with the next.
const BOOTLOADER_TAG: u32 = 0xfd;

/// A file of tagged blocks, which there are in release 570.144 alone.
#[derive(Debug, Clone)]
struct Tagged(Bytes);

impl Tagged {
    fn new() -> Self {
        let mut bytes = Bytes::default();
        bytes.put(0, b"NVFW");
        let mut tagged = Self(bytes);
        tagged.block(b"VERS", R570.name.as_bytes());
        tagged
    }

    fn block(&mut self, tag: &[u8; 4], value: &[u8]) {
        let at = self.0.end(4);
        self.0.put(at, tag);
        self.0.put32(at + 4, value.len() as u32);
        self.0.put(at + 8, value);
        self.0.pad(4);
    }

    fn number(&mut self, tag: &[u8; 4], value: u32) {
        self.block(tag, &value.to_le_bytes());
    }
}

fn bootloader_image() -> Vec<u8> {
    let mut image = noise(0x626c, BOOTLOADER_CODE + BOOTLOADER_DATA);
    image[..BOOTLOADER_MAGIC.len()].copy_from_slice(BOOTLOADER_MAGIC);
    image
}

/// The bootloader for FWSEC, of Turing and GA100: `gen_bootloader.tlv`.
#[must_use]
pub fn bootloader_tagged() -> Vec<u8> {
    let mut file = Tagged::new();
    file.number(b"CDSZ", BOOTLOADER_CODE as u32);
    file.number(b"STRT", BOOTLOADER_TAG);
    file.block(b"BLOB", &bootloader_image());
    file.0.0
}

/// The same with the vendor's headers: `gen_bootloader-570.144.bin`, and `bl.bin` of older packages.
#[must_use]
pub fn bootloader() -> Vec<u8> {
    let image = bootloader_image();
    let mut file = Bytes::default();
    let (header, data) = (0x18, 0x30);
    for (index, word) in [0x10de, 1, 0x400, header, data, image.len() as u32]
        .into_iter()
        .enumerate()
    {
        file.put32(4 * index, word);
    }
    let words = [
        BOOTLOADER_TAG,
        0,
        0,
        BOOTLOADER_CODE as u32,
        BOOTLOADER_CODE as u32,
        BOOTLOADER_DATA as u32,
    ];
    for (index, word) in words.into_iter().enumerate() {
        file.put32(header as usize + 4 * index, word);
    }
    file.put(data as usize, &image);
    file.0
}

/// A file with the vendor's header: what stands behind it, and where the code is.
fn with_header(header: &[u8], data: &[u8]) -> Vec<u8> {
    const HEADER: usize = 0x18;
    let mut file = Bytes::default();
    file.put(HEADER, header);
    let place = file.end(4);
    let size = (place + data.len()).next_multiple_of(256) as u32;
    for (index, word) in [
        0x10de,
        1,
        size,
        HEADER as u32,
        place as u32,
        data.len() as u32,
    ]
    .into_iter()
    .enumerate()
    {
        file.put32(4 * index, word);
    }
    file.put(place, data);
    file.0
}

/// What sets the bytes of one release apart from those of another.
fn seed(release: &Release) -> u64 {
    (release.index() as u64) << 48
}

/// Every file that a driver asks for a chip's firmware, by its path below `nvidia/CHIP`: in tagged blocks,
/// and with the vendor's headers for each release.
#[must_use]
pub fn files(chip: &Chip) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("gsp/gsp.tlv".to_owned(), gsp::tagged(chip)),
        ("gsp/gsp.bin".to_owned(), gsp::image(chip, &R570)),
        (
            "gsp/gsp_bootloader.tlv".to_owned(),
            gsp::bootloader_tagged(chip),
        ),
    ];
    for kind in booter::Kind::ALL {
        let booter = booter::booter(chip, *kind, &R570);
        files.push((format!("gsp/{}.tlv", kind.name()), booter.tagged()));
    }
    for release in RELEASES {
        let mut plain = |name: &str, bytes| {
            files.push((format!("gsp/{name}-{}.bin", release.name), bytes));
        };
        plain("gsp", gsp::object(chip, release));
        plain("bootloader", gsp::bootloader(chip, release));
        for kind in booter::Kind::ALL {
            let booter = booter::booter(chip, *kind, release);
            plain(kind.name(), booter.with_header());
        }
    }
    if matches!(chip.family, Family::Turing | Family::Ga100) {
        files.push(("gsp/gen_bootloader.tlv".to_owned(), bootloader_tagged()));
        let name = format!("gsp/gen_bootloader-{}.bin", R570.name);
        files.push((name, bootloader()));
        files.push(("acr/bl.bin".to_owned(), bootloader()));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_each_other_to_the_end() {
        let file = bootloader_tagged();
        assert_eq!(&file[..4], b"NVFW");
        let (mut at, mut tags) = (4, Vec::new());
        while at < file.len() {
            let length = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
            tags.push(std::str::from_utf8(&file[at..at + 4]).unwrap());
            at += 8 + length.next_multiple_of(4);
        }
        assert_eq!(at, file.len());
        assert_eq!(tags, ["VERS", "CDSZ", "STRT", "BLOB"]);
    }

    #[test]
    fn the_vendors_headers_say_where_the_code_is() {
        let file = bootloader();
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(word(0), 0x10de);
        assert_eq!(file.len(), 816);
        assert_eq!(word(word(12)), 0xfd);
        assert_eq!(
            &file[word(16)..][..BOOTLOADER_MAGIC.len()],
            BOOTLOADER_MAGIC
        );
    }
}
