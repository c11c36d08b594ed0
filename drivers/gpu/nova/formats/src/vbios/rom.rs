// SPDX-License-Identifier: GPL-2.0-only

//! The chain of images in the ROM.

use crate::bytes::{index, wide};
use crate::{Error, Part, Result, What};

/// How much of the ROM the card shows, in bytes.
pub const WINDOW: u32 = 0x10_0000;

/// "NVGI": something precedes the first image.
const IFR: u32 = 0x4947_564e;
/// "RFRD": the directory of an IFR header of version 3.
const IFR_DIRECTORY: u32 = 0x4452_4652;
/// What the directory is after.
const IFR_FLASH_STATUS: u32 = 0x1000;

const ROM_SIGNATURES: [u16; 3] = [0xaa55, 0xbb77, 0x4e56];
const PCIR_SIGNATURES: [[u8; 4]; 3] = [*b"PCIR", *b"NPDS", *b"RGIS"];
const NPDE: [u8; 4] = *b"NPDE";
const LAST: u8 = 0x80;
const UNIT: u32 = 512;

/// Something that the words of the ROM can be read from.
pub trait Prom {
    /// The word at `at`, a multiple of four; nothing, if it cannot be read.
    fn word(&mut self, at: u32) -> Option<u32>;
}

impl Prom for &[u8] {
    fn word(&mut self, at: u32) -> Option<u32> {
        self.get(index(at)..)?
            .first_chunk()
            .map(|bytes| u32::from_le_bytes(*bytes))
    }
}

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For a PC with a BIOS (0x00).
    PcAt,
    /// For a PC with EFI (0x03).
    Efi,
    /// NBSI (0x70); nothing follows it.
    Nbsi,
    /// Firmware for the card's own processors (0xe0).
    Fwsec,
    /// Something else.
    Other(u8),
}

impl From<u8> for Kind {
    fn from(code: u8) -> Self {
        match code {
            0x00 => Self::PcAt,
            0x03 => Self::Efi,
            0x70 => Self::Nbsi,
            0xe0 => Self::Fwsec,
            other => Self::Other(other),
        }
    }
}

/// A piece of the ROM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Where it begins, from the start of the ROM.
    pub at: u32,
    /// How long it is.
    pub size: u32,
}

/// An image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// What it is for.
    pub kind: Kind,
    /// Where it is.
    pub extent: Extent,
    /// The PCI vendor and device that it is for.
    pub ids: (u16, u16),
    /// Whether it is the last.
    pub last: bool,
}

/// What the chain of images holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rom {
    /// How many images there are.
    pub images: u32,
    /// The first image for PCs.
    pub pc_at: Extent,
    /// From the first FWSEC image to the end of the last image of any kind.
    pub fwsec: Extent,
}

/// Follows the chain.
///
/// # Errors
///
/// The chain is broken, or it lacks an image that is needed.
pub fn scan(prom: &mut impl Prom) -> Result<Rom> {
    let mut images = Images::new(prom)?;
    let (mut count, mut pc_at, mut fwsec, mut end) = (0_u32, None, None, 0);
    while let Some(image) = images.next_image()? {
        count = count.saturating_add(1);
        end = image.extent.at.saturating_add(image.extent.size);
        match image.kind {
            Kind::PcAt if pc_at.is_none() => pc_at = Some(image.extent),
            Kind::Fwsec if fwsec.is_none() => fwsec = Some(image.extent.at),
            _ => {}
        }
    }
    let missing = |part| Error {
        part,
        at: index(end),
        what: What::Missing,
    };
    let at = fwsec.ok_or(missing(Part::FwsecImage))?;
    Ok(Rom {
        images: count,
        pc_at: pc_at.ok_or(missing(Part::PcAtImage))?,
        fwsec: Extent {
            at,
            size: end.saturating_sub(at),
        },
    })
}

impl Extent {
    /// Reads it into `out`, which must be as long as it is.
    ///
    /// # Errors
    ///
    /// `out` has another length, the place is not aligned to words, or the ROM cannot be read.
    pub fn read(self, prom: &mut impl Prom, out: &mut [u8]) -> Result<()> {
        let error = |at: u32, what| Error {
            part: Part::RomImage,
            at: index(at),
            what,
        };
        if out.len() != index(self.size) {
            let (needs, has) = (u64::from(self.size), wide(out.len()));
            return Err(error(self.at, What::NoRoom { needs, has }));
        }
        if !self.at.is_multiple_of(4) {
            return Err(error(self.at, What::Unaligned(u64::from(self.at))));
        }
        let mut at = self.at;
        for place in out.chunks_mut(4) {
            let word = prom.word(at).ok_or(error(at, What::Unreadable))?;
            for (to, from) in place.iter_mut().zip(word.to_le_bytes()) {
                *to = from;
            }
            at = at.saturating_add(4);
        }
        Ok(())
    }
}

/// The images, one after the other.
#[derive(Debug)]
pub struct Images<'p, P> {
    reader: Reader<'p, P>,
    /// Where the next one begins.
    next: Option<u32>,
}

impl<'p, P: Prom> Images<'p, P> {
    /// Begins with the first image, behind the IFR header if there is one.
    ///
    /// # Errors
    ///
    /// The IFR header is broken.
    pub fn new(prom: &'p mut P) -> Result<Self> {
        let mut reader = Reader { prom, last: None };
        let first = first_image(&mut reader)?;
        Ok(Self {
            reader,
            next: Some(first),
        })
    }

    /// The next image; nothing, after the last one.
    ///
    /// # Errors
    ///
    /// There is something else where an image must be; it is the end of the chain.
    pub fn next_image(&mut self) -> Result<Option<Image>> {
        let Some(at) = self.next.take() else {
            return Ok(None);
        };
        let image = image_at(&mut self.reader, at)?;
        if !image.last {
            self.next = at.checked_add(image.extent.size);
        }
        Ok(Some(image))
    }
}

/// Where the first image is.
fn first_image(reader: &mut Reader<'_, impl Prom>) -> Result<u32> {
    const FIXED: u32 = 4;
    const TOTAL: u32 = 8;
    let part = Part::Ifr;
    if reader.u32(part, 0)? != IFR {
        return Ok(0);
    }
    let fixed = reader.u32(part, FIXED)?;
    let (version, fixed_size) = ((fixed >> 8) & 0xff, (fixed >> 16) & 0x7fff);
    let (from, first) = match version {
        1 | 2 => {
            let from = fixed_size.saturating_add(4);
            (from, reader.u32(part, from)?)
        }
        3 => {
            let pointer = reader.u32(part, TOTAL)? & 0xf_ffff;
            let status = reader.u32(part, pointer)?;
            let directory = status
                .checked_add(IFR_FLASH_STATUS)
                .ok_or(reader.outside(part, pointer, status))?;
            let found = reader.u32(part, directory)?;
            if found != IFR_DIRECTORY {
                return Err(reader.error(part, directory, What::Signature(found)));
            }
            let from = directory.saturating_add(8);
            (from, reader.u32(part, from)?)
        }
        other => return Err(reader.error(part, FIXED, What::Version(other))),
    };
    if !first.is_multiple_of(4) {
        return Err(reader.error(part, from, What::Unaligned(u64::from(first))));
    }
    if first >= WINDOW {
        return Err(reader.outside(part, from, first));
    }
    Ok(first)
}

/// The image at `at`.
fn image_at(reader: &mut Reader<'_, impl Prom>, at: u32) -> Result<Image> {
    let signature = reader.u16(Part::RomImage, at)?;
    if !ROM_SIGNATURES.contains(&signature) {
        let what = What::Signature(u32::from(signature));
        return Err(reader.error(Part::RomImage, at, what));
    }
    let pointer = reader.u16(Part::RomImage, at.saturating_add(0x18))?;
    let pcir = at.saturating_add(u32::from(pointer));
    let part = Part::Pcir;
    let found = reader.bytes::<4>(part, pcir)?;
    if !PCIR_SIGNATURES.contains(&found) {
        let what = What::Signature(u32::from_le_bytes(found));
        return Err(reader.error(part, pcir, what));
    }
    let mut units = reader.u16(part, pcir.saturating_add(0x10))?;
    let kind = Kind::from(reader.byte(part, pcir.saturating_add(0x14))?);
    let mut flags = reader.byte(part, pcir.saturating_add(0x15))?;
    let length = reader.u16(part, pcir.saturating_add(0x0a))?;
    if let Some((its_units, its_flags)) = npde(reader, at, pointer, length) {
        (units, flags) = (its_units, its_flags);
    }
    let size = u32::from(units).saturating_mul(UNIT);
    if size == 0 {
        return Err(reader.error(part, pcir.saturating_add(0x10), What::Size(0)));
    }
    if at.checked_add(size).is_none_or(|end| end > WINDOW) {
        let (start, size) = (u64::from(at), u64::from(size));
        return Err(reader.error(part, pcir, What::Outside { start, size }));
    }
    let vendor = reader.u16(part, pcir.saturating_add(4))?;
    let device = reader.u16(part, pcir.saturating_add(6))?;
    Ok(Image {
        kind,
        extent: Extent { at, size },
        ids: (vendor, device),
        last: flags & LAST != 0 || kind == Kind::Nbsi,
    })
}

/// The length and the flags of an NPDE, which stand above those of PCIR. It is optional: what is not one
/// is none.
fn npde(
    reader: &mut Reader<'_, impl Prom>,
    image: u32,
    pcir: u16,
    pcir_length: u16,
) -> Option<(u16, u8)> {
    let part = Part::Npde;
    let behind = u32::from(pcir).saturating_add(u32::from(pcir_length));
    let at = image.saturating_add(behind.saturating_add(15) & !15);
    if reader.bytes::<4>(part, at).ok()? != NPDE {
        return None;
    }
    let units = reader.u16(part, at.saturating_add(8)).ok()?;
    let flags = reader.byte(part, at.saturating_add(10)).ok()?;
    (units != 0).then_some((units, flags))
}

/// Bytes from words. It keeps the last word, so that one is not read four times.
#[derive(Debug)]
struct Reader<'p, P> {
    prom: &'p mut P,
    last: Option<(u32, u32)>,
}

impl<P: Prom> Reader<'_, P> {
    fn error(&self, part: Part, at: u32, what: What) -> Error {
        Error {
            part,
            at: index(at),
            what,
        }
    }

    fn outside(&self, part: Part, at: u32, start: u32) -> Error {
        let start = u64::from(start);
        self.error(part, at, What::Outside { start, size: 1 })
    }

    fn word(&mut self, part: Part, at: u32) -> Result<u32> {
        if let Some((kept, word)) = self.last
            && kept == at
        {
            return Ok(word);
        }
        if at >= WINDOW {
            let what = What::Short { needs: 4, has: 0 };
            return Err(self.error(part, at, what));
        }
        let word = self.prom.word(at);
        let word = word.ok_or(self.error(part, at, What::Unreadable))?;
        self.last = Some((at, word));
        Ok(word)
    }

    fn byte(&mut self, part: Part, at: u32) -> Result<u8> {
        let [a, b, c, d] = self.word(part, at & !3)?.to_le_bytes();
        Ok(match at & 3 {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        })
    }

    fn bytes<const N: usize>(&mut self, part: Part, at: u32) -> Result<[u8; N]> {
        let (mut bytes, mut at) = ([0; N], at);
        for to in &mut bytes {
            *to = self.byte(part, at)?;
            at = at.saturating_add(1);
        }
        Ok(bytes)
    }

    fn u16(&mut self, part: Part, at: u32) -> Result<u16> {
        self.bytes(part, at).map(u16::from_le_bytes)
    }

    fn u32(&mut self, part: Part, at: u32) -> Result<u32> {
        self.bytes(part, at).map(u32::from_le_bytes)
    }
}
