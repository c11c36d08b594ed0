// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What nova reads: of the card's ROM, of firmware files, of the GSP's messages, of registers.

mod firmware;
mod messages;
mod numbers;
mod vbios;

use std::mem::discriminant;

use nova_formats::Result;

#[cfg(feature = "xtask")]
pub(super) use firmware::objects;

use crate::{Target, outcome};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "nova/vbios",
        about: "a ROM, to the patched microcode of FWSEC",
        seeds: vbios::roms,
        run: |input| result(vbios::rom(input)),
        longest: 0x8000,
        words: &[
            "PCIR", "NPDS", "RGIS", "NPDE", "BIT\0", "NVGI", "RFRD", "DMAP",
        ],
    },
    Target {
        name: "nova/fwsec",
        about: "the two images and their tables: BIT, PMU table, descriptors V2 and V3, signatures",
        seeds: vbios::pairs,
        run: |input| result(vbios::pair(input)),
        longest: 0x8000,
        words: &["BIT\0", "DMAP"],
    },
    Target {
        name: "nova/booter",
        about: "a booter, in both containers",
        seeds: firmware::booters,
        run: |input| result(firmware::booter(input)),
        longest: 0x4000,
        words: firmware::TAGS,
    },
    Target {
        name: "nova/bootloader",
        about: "the bootloaders of the RISC-V core and of FWSEC, in both containers",
        seeds: firmware::bootloaders,
        run: |input| result(firmware::bootloader(input)),
        longest: 0x4000,
        words: firmware::TAGS,
    },
    Target {
        name: "nova/gsp-elf",
        about: "the GSP's image: an ELF object with sections",
        seeds: firmware::objects,
        run: |input| result(firmware::object(input)),
        longest: 0x8000,
        words: &[
            ".fwimage",
            ".fwversion",
            ".fwsignature_",
            "ga10x",
            "\u{7f}ELF",
        ],
    },
    Target {
        name: "nova/gsp-tlv",
        about: "the GSP's file of tagged values, and the container itself",
        seeds: firmware::containers,
        run: |input| result(firmware::container(input)),
        longest: 0x4000,
        words: firmware::TAGS,
    },
    Target {
        name: "nova/message",
        about: "an element of the status queue, as it comes",
        seeds: messages::elements,
        run: |input| result(messages::element(input)),
        longest: 0x1_1000,
        words: &["VRPC"],
    },
    Target {
        name: "nova/assembly",
        about: "elements with right checksums, and continuation records, put together",
        seeds: messages::pieces,
        run: |input| result(messages::assembly(input)),
        longest: 0x2000,
        words: &[],
    },
    Target {
        name: "nova/rpc",
        about: "payloads: static info, events, logs, interrupts, of both releases",
        seeds: messages::payloads,
        run: |input| result(messages::payload(input)),
        longest: 0x1000,
        words: &["NVIDIA"],
    },
    Target {
        name: "nova/sequencer",
        about: "the list of register accesses that the GSP asks for",
        seeds: messages::sequences,
        run: |input| result(messages::sequence(input)),
        longest: 0x800,
        words: &[],
    },
    Target {
        name: "nova/queue",
        about: "pointers of the rings, and pieces of them",
        seeds: numbers::pointers,
        run: |input| result(numbers::queue(input)),
        longest: 64,
        words: &[],
    },
    Target {
        name: "nova/layout",
        about: "sizes from registers and files: frame buffer, WPR metadata, radix3 tables",
        seeds: numbers::sizes,
        run: |input| result(numbers::layout(input)),
        longest: 256,
        words: &[],
    },
    Target {
        name: "nova/libos",
        about: "arguments, logs and settings, as they are written, and how far a log has come",
        seeds: numbers::logs,
        run: |input| result(numbers::libos(input)),
        longest: 0x400,
        words: &["LOGINIT", "RMARGS"],
    },
];

/// Which error it was, or none.
fn result(result: Result<()>) -> u64 {
    match result {
        Ok(()) => 0,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            outcome((discriminant(&error.part), discriminant(&error.what)))
        }
    }
}
