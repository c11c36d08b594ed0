// SPDX-License-Identifier: GPL-2.0-only

//! FWSEC, the firmware in the ROM that may set up the protected part of the card's memory.
//!
//! It runs on the GSP's falcon. A [`Fwsec`] is as it lies in the ROM; the driver copies [`Fwsec::ucode`]
//! into memory that the falcon can read, and writes there what it shall do ([`Fwsec::patch_command`]) and
//! the signature that fits the chip ([`Fwsec::patch_signature`]).

mod descriptor;

pub use descriptor::{DescV2, DescV3};

use zerocopy::FromBytes as _;
use zerocopy::little_endian::{U32, U64};

use crate::bytes::{Bytes, index, put, wide};
use crate::{Error, Part, Result, What, fuse};

/// A signature: RSA with 3072 bits.
pub type Signature = [u8; 384];

/// The application interface of the DMEM mapper.
const MAPPER: u32 = 4;

layout! {
    /// The head of the application interfaces.
    struct InterfaceHeader: 4 {
        0x0 version: u8,
        0x1 header_size: u8,
        0x2 entry_size: u8,
        0x3 entries: u8,
    }

    /// An application interface.
    struct Interface: 8 {
        0x0 id: U32,
        0x4 at: U32,
    }

    /// The interface that takes commands.
    pub struct Mapper: 64 {
        /// "DMAP".
        0x00 pub signature: U32,
        0x04 _version_and_size: U32,
        /// Where the command goes, from the start of the data.
        0x08 pub command_at: U32,
        /// How much room it has there.
        0x0c pub command_size: U32,
        0x10 _buffers: [U32; 7],
        /// Which command.
        0x2c pub command: U32,
        0x30 _features: [U32; 4],
    }

    /// Which ROM to use.
    struct ReadVbios: 24 {
        0x00 version: U32,
        0x04 size_of_this: U32,
        0x08 address: U64,
        0x10 size: U32,
        0x14 flags: U32,
    }

    /// Where to put the FRTS data.
    struct FrtsRegion: 20 {
        0x00 version: U32,
        0x04 size_of_this: U32,
        0x08 address: U32,
        0x0c size: U32,
        0x10 kind: U32,
    }

    /// What the falcon's bootloader is told of a FWSEC that it shall fetch (Turing, GA100).
    pub struct BootloaderDescriptor: 84 {
        0x00 _reserved: [u8; 16],
        0x10 _signature: [u8; 16],
        /// By which of the falcon's DMA settings.
        0x20 pub dma_index: U32,
        /// Where the code is.
        0x24 pub code_address: U64,
        /// Where its open part goes.
        0x2c pub open_at: U32,
        /// How long that is.
        0x30 pub open_size: U32,
        /// Where its secure part goes.
        0x34 pub secure_at: U32,
        /// How long that is.
        0x38 pub secure_size: U32,
        /// Where to begin.
        0x3c pub entry: U32,
        /// Where the data are.
        0x40 pub data_address: U64,
        /// How long they are.
        0x48 pub data_size: U32,
        0x4c _arguments: [U32; 2],
    }
}

/// Which of the falcon's DMA settings the bootloader uses.
pub const BOOTLOADER_DMA_INDEX: u32 = 4;

/// What FWSEC can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Set up the protected memory with the FRTS data in it.
    Frts {
        /// Where in the card's memory: a multiple of 4096.
        at: u64,
        /// How much: a multiple of 4096.
        size: u64,
    },
    /// What it does when the card is switched on.
    Sb,
}

impl Command {
    const fn number(self) -> u32 {
        match self {
            Self::Frts { .. } => 0x15,
            Self::Sb => 0x19,
        }
    }
}

/// A piece of firmware on its way into a falcon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Where it is in the microcode.
    pub from: u32,
    /// Where it goes in the falcon's memory.
    pub to: u32,
    /// How long it is.
    pub size: u32,
}

/// What the falcon's boot ROM needs to check a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brom {
    /// Where in the falcon's data the signature is.
    pub signature_at: u32,
    /// The engines that the firmware is for.
    pub engines: u16,
    /// Which firmware it is.
    pub ucode_id: u8,
}

/// A descriptor, of one version or the other.
#[derive(Clone, Copy, Debug)]
pub enum Descriptor<'a> {
    /// Turing and GA100.
    V2(&'a DescV2),
    /// GA102 and later.
    V3(&'a DescV3),
}

/// FWSEC in the ROM.
///
/// # Invariants
///
/// The pieces that [`Fwsec::imem`] and [`Fwsec::dmem`] name lie in `ucode`, and the place of the signature
/// in the data, if there are signatures.
#[derive(Clone, Copy, Debug)]
pub struct Fwsec<'a> {
    descriptor: Descriptor<'a>,
    signatures: &'a [Signature],
    ucode: &'a [u8],
    imem: Load,
    dmem: Load,
    interfaces: usize,
}

impl<'a> Fwsec<'a> {
    /// Reads the descriptor at `at` of the FWSEC image, with what belongs to it.
    ///
    /// # Errors
    ///
    /// The descriptor is of an unknown version, contradicts itself or the image ends too early.
    pub fn parse(image: &'a [u8], at: usize) -> Result<Self> {
        let bytes = Bytes::new(Part::FwsecDescriptor, image).from(at)?;
        let head = bytes.u32(0)?;
        if head & 1 == 0 {
            return Err(bytes.error(0, What::Signature(head)));
        }
        let size = index(head >> 16);
        let (descriptor, signatures) = match (head >> 8) & 0xff {
            2 => (Descriptor::V2(bytes.view(0)?), <&[Signature]>::default()),
            3 => {
                let descriptor: &DescV3 = bytes.view(0)?;
                let own = bytes.as_part(Part::FwsecSignatures);
                let count = index(descriptor.signature_count);
                let room = own.slice(
                    size_of::<DescV3>(),
                    size.saturating_sub(size_of::<DescV3>()),
                );
                (Descriptor::V3(descriptor), signatures(room?, count)?)
            }
            other => return Err(bytes.error(0, What::Version(other))),
        };
        let ranges = descriptor.ranges(bytes)?;
        if size < ranges.smallest {
            return Err(bytes.error(0, What::Size(wide(size))));
        }
        let ucode = bytes
            .as_part(Part::FwsecUcode)
            .slice(size, index(ranges.ucode))?;
        let fwsec = Self {
            descriptor,
            signatures,
            ucode: ucode.data(),
            imem: ranges.imem,
            dmem: ranges.dmem,
            interfaces: index(ranges.interfaces),
        };
        // INVARIANT: checked here for all of them.
        fwsec.piece(ucode, fwsec.imem)?;
        let data = fwsec.piece(ucode, fwsec.dmem)?;
        if let (Some(brom), false) = (fwsec.brom(), signatures.is_empty()) {
            data.slice(index(brom.signature_at), size_of::<Signature>())?;
        }
        Ok(fwsec)
    }

    fn piece<'b>(&self, ucode: Bytes<'b>, load: Load) -> Result<Bytes<'b>> {
        ucode.slice(index(load.from), index(load.size))
    }

    /// The descriptor.
    #[must_use]
    pub const fn descriptor(&self) -> Descriptor<'a> {
        self.descriptor
    }

    /// The code, and the data behind it, to be copied and patched.
    #[must_use]
    pub const fn ucode(&self) -> &'a [u8] {
        self.ucode
    }

    /// The signatures; there are none in a descriptor of version 2.
    #[must_use]
    pub const fn signatures(&self) -> &'a [Signature] {
        self.signatures
    }

    /// The code.
    #[must_use]
    pub const fn imem(&self) -> Load {
        self.imem
    }

    /// The data.
    #[must_use]
    pub const fn dmem(&self) -> Load {
        self.dmem
    }

    /// What the boot ROM needs, where there is one.
    #[must_use]
    pub const fn brom(&self) -> Option<Brom> {
        match self.descriptor {
            Descriptor::V2(_) => None,
            Descriptor::V3(descriptor) => Some(Brom {
                signature_at: descriptor.signature_at.get(),
                engines: descriptor.engines.get(),
                ucode_id: descriptor.ucode_id,
            }),
        }
    }

    /// The signature for a chip with this fuse register; nothing, if the firmware has none.
    ///
    /// # Errors
    ///
    /// There are signatures, but none for this chip.
    pub fn signature(&self, fuse_register: u32) -> Result<Option<&'a Signature>> {
        let Descriptor::V3(descriptor) = self.descriptor else {
            return Ok(None);
        };
        if self.signatures.is_empty() {
            return Ok(None);
        }
        fuse::by_versions(descriptor.signature_versions.get(), fuse_register)
            .and_then(|index| self.signatures.get(index))
            .map(Some)
            .ok_or(Error {
                part: Part::FwsecSignatures,
                at: 0,
                what: What::Version(fuse::version(fuse_register)),
            })
    }

    /// Puts a signature into a copy of the microcode.
    ///
    /// # Errors
    ///
    /// The firmware has no place for one, or `ucode` is shorter than the microcode.
    pub fn patch_signature(&self, ucode: &mut [u8], signature: &Signature) -> Result<()> {
        let brom = self.brom().ok_or(Error {
            part: Part::FwsecSignatures,
            at: 0,
            what: What::Missing,
        })?;
        let at = index(self.dmem.from).saturating_add(index(brom.signature_at));
        put(ucode, at, signature, Part::FwsecSignatures)
    }

    /// Puts a command into a copy of the microcode.
    ///
    /// # Errors
    ///
    /// The microcode has no interface that takes commands, or it lies outside of the data; the place in
    /// the command is not a multiple of 4096 or too far.
    pub fn patch_command(&self, ucode: &mut [u8], command: Command) -> Result<()> {
        let data = self.data_of(ucode)?;
        let at = self.mapper_at(data)?;
        let mapper = data.as_part(Part::FwsecMapper);
        let target = index(mapper.view::<Mapper>(at)?.command_at.get());
        // The longer of the commands decides, so that one place is as good for all of them.
        let size = size_of::<ReadVbios>().saturating_add(size_of::<FrtsRegion>());
        mapper.as_part(Part::FwsecCommand).slice(target, size)?;

        let region = match command {
            Command::Frts { at, size } => Some(FrtsRegion {
                version: U32::new(1),
                size_of_this: U32::new(20),
                address: pages(at)?,
                size: pages(size)?,
                kind: U32::new(2),
            }),
            Command::Sb => None,
        };
        let read = ReadVbios {
            version: U32::new(1),
            size_of_this: U32::new(24),
            address: U64::new(0),
            size: U32::new(0),
            flags: U32::new(2),
        };
        let start = index(self.dmem.from);
        let number_at = at.saturating_add(core::mem::offset_of!(Mapper, command));
        let number = U32::new(command.number());
        let place = |at: usize| start.saturating_add(at);
        put(ucode, place(number_at), &number, Part::FwsecMapper)?;
        put(ucode, place(target), &read, Part::FwsecCommand)?;
        match region {
            Some(region) => {
                let behind = target.saturating_add(size_of::<ReadVbios>());
                put(ucode, place(behind), &region, Part::FwsecCommand)
            }
            None => Ok(()),
        }
    }

    /// The interface that takes commands, in a copy of the microcode.
    ///
    /// # Errors
    ///
    /// As for [`Fwsec::patch_command`].
    pub fn mapper<'b>(&self, ucode: &'b [u8]) -> Result<&'b Mapper> {
        let data = self.data_of(ucode)?;
        data.as_part(Part::FwsecMapper).view(self.mapper_at(data)?)
    }

    /// What the falcon's bootloader is told, with the microcode at a bus address; nothing, if it is not the
    /// bootloader that loads this firmware.
    ///
    /// # Errors
    ///
    /// The address is too high for what belongs behind it.
    pub fn for_bootloader(&self, ucode: u64) -> Result<Option<BootloaderDescriptor>> {
        let Descriptor::V2(descriptor) = self.descriptor else {
            return Ok(None);
        };
        let error = |what| Error {
            part: Part::FwsecUcode,
            at: 0,
            what,
        };
        if !ucode.is_multiple_of(256) {
            return Err(error(What::Unaligned(ucode)));
        }
        let data_address = ucode
            .checked_add(u64::from(self.dmem.from))
            .ok_or(error(What::Value(ucode)))?;
        let secure = descriptor.secure();
        Ok(Some(BootloaderDescriptor {
            _reserved: [0; 16],
            _signature: [0; 16],
            dma_index: U32::new(BOOTLOADER_DMA_INDEX),
            code_address: U64::new(ucode),
            open_at: U32::new(self.imem.to),
            open_size: U32::new(self.imem.size.saturating_sub(secure.size)),
            secure_at: U32::new(secure.to),
            secure_size: U32::new(secure.size),
            entry: U32::new(0),
            data_address: U64::new(data_address),
            data_size: U32::new(self.dmem.size),
            _arguments: [U32::new(0); 2],
        }))
    }

    fn data_of<'b>(&self, ucode: &'b [u8]) -> Result<Bytes<'b>> {
        self.piece(Bytes::new(Part::FwsecInterface, ucode), self.dmem)
    }

    /// Where in the data the interface that takes commands is.
    fn mapper_at(&self, data: Bytes<'_>) -> Result<usize> {
        let table = self.interfaces;
        let header: &InterfaceHeader = data.view(table)?;
        if header.version != 1 {
            let what = What::Version(u32::from(header.version));
            return Err(data.error(table, what));
        }
        let (header_size, entry_size) = (index(header.header_size), index(header.entry_size));
        if header_size < size_of::<InterfaceHeader>() {
            return Err(data.error(table, What::Size(wide(header_size))));
        }
        if entry_size < size_of::<Interface>() {
            return Err(data.error(table, What::Size(wide(entry_size))));
        }
        let mut at = table.saturating_add(header_size);
        for _ in 0..header.entries {
            let interface: &Interface = data.view(at)?;
            if interface.id.get() == MAPPER {
                return Ok(index(interface.at.get()));
            }
            at = at.saturating_add(entry_size);
        }
        Err(data.error(table, What::Missing))
    }
}

fn signatures(room: Bytes<'_>, count: usize) -> Result<&[Signature]> {
    <[Signature]>::ref_from_prefix_with_elems(room.data(), count)
        .map(|(signatures, _)| signatures)
        .map_err(|_| {
            let needs = size_of::<Signature>().saturating_mul(count);
            let has = room.len();
            room.error(0, What::Short { needs, has })
        })
}

/// A place or a size in the card's memory, in pages.
fn pages(bytes: u64) -> Result<U32> {
    let error = |what| Error {
        part: Part::FwsecCommand,
        at: 0,
        what,
    };
    if !bytes.is_multiple_of(4096) {
        return Err(error(What::Unaligned(bytes)));
    }
    u32::try_from(bytes / 4096)
        .map(U32::new)
        .map_err(|_| error(What::Value(bytes)))
}
