// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The booters, which SEC2 runs: one that starts the GSP, and one that ends what is left of it.

use vgpu_facts::chip::{Chip, Family};
use vgpu_facts::falcon;
use vgpu_facts::release::Release;
use vgpu_facts::rom::SIGNATURE;

use super::Tagged;
use crate::synth::sign::{Terms, sign};
use crate::synth::{Bytes, noise};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Checks what the driver has set up for the GSP, and starts it.
    Load,
    /// Takes the write-protected region away.
    Unload,
}

impl Kind {
    /// Both.
    pub const ALL: &[Self] = &[Self::Load, Self::Unload];

    /// What its files are called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "booter_load",
            Self::Unload => "booter_unload",
        }
    }
}

/// How much of the code is not secure, and how much there is.
pub const OPEN: usize = 0x100;
const CODE: usize = 0x800;
const DATA: usize = 0x400;

/// A booter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booter {
    kind: Kind,
    family: Family,
    /// Which GSP's firmware it is for.
    pub release: &'static Release,
    /// Its code, that which is not secure first.
    pub code: Vec<u8>,
    data: Vec<u8>,
    /// Where in its data the signature goes.
    pub place: usize,
    /// How much of a signature it takes.
    pub signature: usize,
    /// Which microcode it is, and on which engines.
    pub terms: Terms,
    /// The versions that there are signatures for, in their order.
    pub versions: Vec<u32>,
}

/// The booter of a chip.
#[must_use]
pub fn booter(chip: &Chip, kind: Kind, release: &'static Release) -> Booter {
    let brom = chip.has_brom();
    let seed = u64::from(chip.code) << 8 | kind as u64 | super::seed(release);
    let mut code = noise(seed, CODE);
    // The part that is not secure is not even loaded from GA102 on.
    for at in [0, OPEN] {
        code[at..at + 16].fill(0);
        code[at..at + kind.name().len()].copy_from_slice(kind.name().as_bytes());
        code[at + 15] = release.index() as u8;
    }
    let place = if brom { 0x10 } else { 0x200 };
    let signature = if chip.family == Family::Turing {
        16
    } else {
        SIGNATURE
    };
    let mut data = noise(seed ^ 0xda7a, DATA);
    data[place..place + signature].fill(0);
    Booter {
        kind,
        family: chip.family,
        release,
        code,
        data,
        place,
        signature,
        terms: Terms {
            engines: falcon::SEC2.mask,
            id: if chip.family == Family::Turing { 13 } else { 3 },
            version: 0,
        },
        versions: if brom { vec![1, 0] } else { vec![0] },
    }
}

impl Booter {
    /// Which it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What its files are called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The right signature for a version.
    #[must_use]
    pub fn sign(&self, version: u32) -> Vec<u8> {
        let terms = Terms {
            version,
            ..self.terms
        };
        sign(&self.code[OPEN..], terms)[..self.signature].to_vec()
    }

    /// Those of a file. The vendor's for GA10x has room for version 0, and nothing there.
    fn signatures(&self) -> Vec<u8> {
        let all = self.versions.iter().map(|version| match version {
            0 if self.family == Family::Ampere => vec![0; self.signature],
            version => self.sign(*version),
        });
        all.flatten().collect()
    }

    fn blob(&self) -> Vec<u8> {
        [&self.code[..], &self.data].concat()
    }

    fn version(&self) -> u32 {
        self.versions[0]
    }

    /// The file of tagged blocks.
    #[must_use]
    pub fn tagged(&self) -> Vec<u8> {
        let mut file = Tagged::new();
        for (tag, value) in [
            (b"DAOF", CODE),
            (b"DASZ", DATA),
            (b"CDOF", 0),
            (b"CDSZ", OPEN),
            (b"PLOC", CODE + self.place),
            (b"FUSE", self.version() as usize),
            (b"ENID", self.terms.engines as usize),
            (b"UCID", self.terms.id.into()),
            (b"A0CO", OPEN),
            (b"A0CS", CODE - OPEN),
            (b"NSIG", self.versions.len()),
        ] {
            file.number(tag, value as u32);
        }
        file.block(b"SIGN", &self.signatures());
        file.block(b"BLOB", &self.blob());
        file.0.0
    }

    /// The file with the vendor's headers.
    #[must_use]
    pub fn with_header(&self) -> Vec<u8> {
        // Offsets are from the file's start, and this stands at 18.
        const BASE: usize = 0x18;
        const SIGNATURES: usize = 0x3c;
        let signatures = self.signatures();
        let words = SIGNATURES + signatures.len();
        let mut file = Bytes::default();
        let mut put = |at: usize, value: usize| file.put32(at - BASE, value as u32);
        let header = [
            SIGNATURES,
            signatures.len(),
            words,
            words + 4,
            words + 8,
            12,
            words + 20,
            words + 24,
            0x24,
        ];
        for (index, word) in header.into_iter().enumerate() {
            put(BASE + 4 * index, word);
        }
        let rest = [
            CODE + self.place,
            0,
            self.version() as usize,
            self.terms.engines as usize,
            self.terms.id.into(),
            self.versions.len(),
            0,
            OPEN,
            CODE,
            DATA,
            1,
            OPEN,
            CODE - OPEN,
            OPEN,
            0,
        ];
        for (index, word) in rest.into_iter().enumerate() {
            put(words + 4 * index, word);
        }
        file.put(SIGNATURES - BASE, &signatures);
        super::with_header(&file.0, &self.blob())
    }
}
