// SPDX-License-Identifier: GPL-2.0-only

//! What is wrong, and where.

use core::fmt;

/// What the functions of this crate return.
pub type Result<T> = core::result::Result<T, Error>;

/// Something does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// In which structure.
    pub part: Part,
    /// At which byte of what the function was given (a ROM, an image, a file, a message).
    pub at: usize,
    /// What is wrong there.
    pub what: What,
}

/// What is wrong with a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It needs more bytes than there are.
    Short {
        /// How many it needs.
        needs: usize,
        /// How many there are.
        has: usize,
    },
    /// It does not begin with what all of its kind begin with.
    Signature(u32),
    /// It is of a version that is not known.
    Version(u32),
    /// A value that is not allowed.
    Value(u64),
    /// A number of things that cannot be.
    Count(u64),
    /// A size that cannot be.
    Size(u64),
    /// Something that must lie at a multiple of a power of two does not.
    Unaligned(u64),
    /// It says that something lies where it cannot.
    Outside {
        /// Where it is said to begin.
        start: u64,
        /// How long it is said to be.
        size: u64,
    },
    /// Something that must be there is not.
    Missing,
    /// Something that may be there once is there more than once.
    Twice,
    /// What should be text is not.
    NotText,
    /// The sum over the bytes is not zero.
    Checksum(u32),
    /// It comes out of order.
    Order {
        /// The number that it should have.
        expected: u32,
        /// The number that it has.
        found: u32,
    },
    /// The memory to write it into is too small, or too little of the card's memory is left for it.
    NoRoom {
        /// How much it needs.
        needs: u64,
        /// How much there is.
        has: u64,
    },
    /// It could not be read.
    Unreadable,
}

impl What {
    /// What is wrong, without the numbers: for a place where nothing can be formatted.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Short { .. } => "ends too early",
            Self::Signature(_) => "has a wrong signature",
            Self::Version(_) => "has an unknown version",
            Self::Value(_) => "has a value that is not allowed",
            Self::Count(_) => "has a count that cannot be",
            Self::Size(_) => "has a size that cannot be",
            Self::Unaligned(_) => "is not aligned",
            Self::Outside { .. } => "points outside",
            Self::Missing => "is missing",
            Self::Twice => "is there twice",
            Self::NotText => "is not text",
            Self::Checksum(_) => "has a wrong checksum",
            Self::Order { .. } => "comes out of order",
            Self::NoRoom { .. } => "finds too little room",
            Self::Unreadable => "cannot be read",
        }
    }

    /// Whether it has come before, rather than too early.
    #[must_use]
    pub const fn is_repeated(self) -> bool {
        match self {
            Self::Order { expected, found } => found.wrapping_sub(expected) > i32::MAX as u32,
            _ => false,
        }
    }

    /// The number that goes with the text, if there is one.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::Signature(found) | Self::Version(found) | Self::Checksum(found) => {
                Some(found as u64)
            }
            Self::Value(found)
            | Self::Count(found)
            | Self::Size(found)
            | Self::Unaligned(found) => Some(found),
            Self::Short { needs, .. } => Some(needs as u64),
            Self::Outside { start, .. } => Some(start),
            Self::Order { found, .. } => Some(found as u64),
            Self::NoRoom { needs, .. } => Some(needs),
            Self::Missing | Self::Twice | Self::NotText | Self::Unreadable => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (part, at) = (self.part.name(), self.at);
        let text = self.what.text();
        write!(f, "{part} at {at:#x} {text}")?;
        match self.what {
            What::Short { needs, has } => write!(f, ": {needs:#x} bytes needed, {has:#x} there"),
            What::Outside { start, size } => write!(f, ": {size:#x} bytes at {start:#x}"),
            What::Order { expected, found } => write!(f, ": {found}, not {expected}"),
            What::NoRoom { needs, has } => write!(f, ": {needs:#x} bytes needed, {has:#x} there"),
            what => match what.number() {
                Some(number) => write!(f, ": {number:#x}"),
                None => Ok(()),
            },
        }
    }
}

impl core::error::Error for Error {}

macro_rules! parts {
    ($($(#[$meta:meta])* $part:ident $name:literal,)*) => {
        /// A structure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Part {
            $(#[doc = $name] $(#[$meta])* $part,)*
        }

        impl Part {
            /// What it is called.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$part => $name,)*
                }
            }
        }
    };
}

parts! {
    Ifr "the IFR header of the ROM",
    RomImage "a PCI ROM image",
    Pcir "a PCIR structure",
    Npde "an NPDE structure",
    PcAtImage "the PC-AT image of the ROM",
    FwsecImage "the FWSEC image of the ROM",
    BitHeader "the BIT header",
    BitToken "a BIT token",
    FalconData "the falcon data of BIT",
    PmuTable "the PMU table",
    PmuEntry "an entry of the PMU table",
    FwsecDescriptor "the FWSEC descriptor",
    FwsecSignatures "the signatures of FWSEC",
    FwsecUcode "the microcode of FWSEC",
    FwsecInterface "the application interface of FWSEC",
    FwsecMapper "the DMEM mapper of FWSEC",
    FwsecCommand "the command for FWSEC",
    BinHeader "the header of a firmware file",
    BooterHeader "the header of a booter file",
    BooterLoadHeader "the load header of a booter file",
    BooterSignatures "the signatures of a booter file",
    BooterUcode "the microcode of a booter file",
    RiscvHeader "the header of the RISC-V bootloader",
    FalconBootloader "the header of the falcon bootloader",
    Elf "the ELF header of the GSP firmware",
    ElfSection "an ELF section of the GSP firmware",
    Tlv "a TLV container",
    TlvBlock "a block of a TLV container",
    FrameBuffer "the layout of the frame buffer",
    WprMeta "the WPR metadata",
    Radix3 "a radix3 page table",
    LibosArgument "an argument of libos",
    LibosLog "a log of libos",
    QueuePointer "a pointer of a message queue",
    QueueElement "an element of a message queue",
    RpcHeader "the header of an RPC",
    Rpc "the payload of an RPC",
    Continuation "a continuation record",
    Registry "the table of registry values",
    StaticInfo "the GSP's static information",
    Control "an RM control",
    InterruptTable "the GSP's table of interrupts",
    Event "an event of the GSP",
    Sequence "the GSP's register sequence",
    Command "a command of the GSP's register sequence",
}
