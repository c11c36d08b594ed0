// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a driver has in memory before it starts anything.

use vgpu_facts::chip::Family;
use vgpu_facts::release::R570;
use vgpu_facts::rom::{COMMAND_FRTS, DMEMMAPPER_COMMAND};
use vgpu_model::synth::firmware::booter::{Booter, Kind, booter};
use vgpu_model::synth::firmware::gsp;
use vgpu_model::synth::rom::{COMMAND, FWSEC_SIGNATURE, MAPPER, fwsec};
use vgpu_model::synth::sign::sign;

use super::{
    BOOTER, COMMANDS, Driver, FWSEC, IMAGE, LEVELS, LIBOS, LOADER, LOGS, META, MIB, RMARGS, SHARED,
    SIGNATURE,
};

impl Driver {
    fn put64(&self, at: u64, value: u64) {
        self.guest.put(at, &value.to_le_bytes());
    }

    pub(super) fn put_fwsec(&self) {
        let known = fwsec(self.chip());
        let mut data = known.data;
        let mut put = |at: usize, words: &[u32]| {
            for (index, word) in words.iter().enumerate() {
                data[at + 4 * index..][..4].copy_from_slice(&word.to_le_bytes());
            }
        };
        let place = (self.gpu.vram().size() - 2 * MIB) >> 12;
        put(MAPPER + DMEMMAPPER_COMMAND, &[COMMAND_FRTS]);
        put(COMMAND, &[1, 24, 0, 0, 0, 2, 1, 20, place as u32, 0x100, 2]);
        if let Some(terms) = known.terms {
            let signature = sign(&known.code, terms);
            data[FWSEC_SIGNATURE..][..signature.len()].copy_from_slice(&signature);
        }
        self.guest.put(FWSEC, &known.code);
        self.guest.put(FWSEC + known.code.len() as u64, &data);
    }

    /// Code and data of a booter with its signature, as they are in memory.
    pub(super) fn blob(&mut self, booter: &Booter) -> Vec<u8> {
        let fuse = 0x82_4140 + 4 * (u32::from(booter.terms.id) - 1);
        let mut bytes = [0; 4];
        self.gpu.bar_read(0, fuse.into(), &mut bytes);
        let version = 32 - u32::from_le_bytes(bytes).leading_zeros();
        let mut blob = booter.tagged();
        // The blob is the last block.
        blob.drain(..blob.len() - booter.code.len() - 0x400);
        let place = booter.code.len() + booter.place;
        blob[place..place + booter.signature].copy_from_slice(&booter.sign(version));
        blob
    }

    pub(super) fn put_booter(&mut self, kind: Kind) {
        let blob = self.blob(&booter(self.chip(), kind, &R570));
        self.guest.put(BOOTER, &blob);
    }

    pub(super) fn put_firmware(&self) {
        let image = gsp::image(self.chip(), &R570);
        self.guest.put(IMAGE, &image);
        self.guest
            .put(SIGNATURE, &gsp::signature(self.chip(), &R570));
        self.guest
            .put(LOADER, &gsp::bootloader_image(self.chip(), &R570));
        self.put64(LEVELS, LEVELS + 0x1000);
        for page in 0..image.len().div_ceil(4096) as u64 {
            let table = LEVELS + 0x2000 + 0x1000 * (page / 512);
            self.put64(LEVELS + 0x1000 + 8 * (page / 512), table);
            self.put64(table + 8 * (page % 512), IMAGE + 0x1000 * page);
        }
    }

    pub(super) fn put_arguments(&self) {
        for (index, (name, at, size)) in [
            ("LOGINIT", LOGS, 0x1_0000),
            ("LOGINTR", LOGS + 0x1_0000, 0x1_0000),
            ("LOGRM", LOGS + 0x2_0000, 0x1_0000),
            ("RMARGS", RMARGS, 0x1000),
        ]
        .into_iter()
        .enumerate()
        {
            let entry = LIBOS + 32 * index as u64;
            let id = name.bytes().fold(0, |id, byte| id << 8 | u64::from(byte));
            self.put64(entry, id);
            self.put64(entry + 8, at);
            self.put64(entry + 16, size);
            self.guest.put(entry + 24, &[1, 1]);
            for page in 0..if name == "RMARGS" { 0 } else { 16 } {
                self.put64(at + 8 + 8 * page, at + 0x1000 * page);
            }
        }
        for (at, value) in [
            (0x00, SHARED),
            (0x08, 129),
            (0x10, 0x1000),
            (0x18, 0x4_1000),
            (0x30, 1),
        ] {
            self.put64(RMARGS + at, value);
        }
        for page in 0..129 {
            self.put64(SHARED + 8 * page, SHARED + 0x1000 * page);
        }
        let header = [0_u32, 0x4_0000, 0x1000, 63, 0, 1, 0x20, 0x1000];
        for (word, at) in header.into_iter().zip((COMMANDS..).step_by(4)) {
            self.guest.put(at, &word.to_le_bytes());
        }
    }

    pub(super) fn put_meta(&self) {
        let down = |value: u64, unit: u64| value / unit * unit;
        let layout = gsp::layout(self.chip());
        let image = gsp::image(self.chip(), &R570).len() as u64;
        let fb = self.gpu.vram().size();
        let vga = fb - MIB;
        let frts_size = match self.chip().family {
            Family::Ga100 => 0,
            _ => MIB,
        };
        let frts = vga - frts_size;
        let boot = down(frts - u64::from(layout.size), 4096);
        let elf = down(boot - image, 0x1_0000);
        let heap = down(elf - 0x700_0000, MIB);
        let start = down(heap - 256, MIB);
        for (at, value) in [
            (0x00, 0xdc3a_ae21_371a_60b3),
            (0x08, 1),
            (0x10, LEVELS),
            (0x18, image),
            (0x20, LOADER),
            (0x28, layout.size.into()),
            (0x30, layout.code.into()),
            (0x38, layout.data.into()),
            (0x40, layout.manifest.into()),
            (0x48, SIGNATURE),
            (0x50, 0x1000),
            (0x58, start - MIB),
            (0x60, start - MIB),
            (0x68, MIB),
            (0x70, start),
            (0x78, heap),
            (0x80, down(elf - heap, MIB)),
            (0x88, elf),
            (0x90, boot),
            (0x98, frts),
            (0xa0, frts_size),
            (0xa8, vga),
            (0xb0, fb),
            (0xb8, vga),
            (0xc0, MIB),
        ] {
            self.put64(META + at, value);
        }
    }
}
