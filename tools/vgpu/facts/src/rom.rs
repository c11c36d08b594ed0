// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a VBIOS is made of.

/// "NVGI": what the header before the images begins with.
pub const IFR_SIGNATURE: u32 = 0x4947_564e;
/// "RFRD": what the directory of a header of version 3 begins with.
pub const IFR_DIRECTORY: u32 = 0x4452_4652;
/// How far behind the status that directory is.
pub const IFR_DIRECTORY_OFFSET: u32 = 0x1000;

/// What an image begins with.
pub const IMAGE_SIGNATURE: u16 = 0xaa55;
/// What an image of the vendor's own begins with: "VN".
pub const IMAGE_SIGNATURE_VENDOR: u16 = 0x4e56;
/// Where in it is said where the data structure is.
pub const IMAGE_DATA_POINTER: usize = 0x18;
/// The unit of its length.
pub const IMAGE_UNIT: usize = 512;

/// The code of an image for the PC's firmware.
pub const IMAGE_PC_AT: u8 = 0x00;
/// The code of an image for EFI.
pub const IMAGE_EFI: u8 = 0x03;
/// The code of an image with FWSEC.
pub const IMAGE_FWSEC: u8 = 0xe0;
/// The bit of the last image.
pub const IMAGE_LAST: u8 = 0x80;

/// How large the data structure is.
pub const PCIR_SIZE: usize = 0x18;
/// How large the vendor's extension of it is.
pub const NPDE_SIZE: usize = 0x0b;

/// What the table of tables begins with.
pub const BIT_PATTERN: [u8; 6] = [0xff, 0xb8, b'B', b'I', b'T', 0];
/// How large its header is.
pub const BIT_HEADER: u8 = 12;
/// How large each of its tokens is.
pub const BIT_TOKEN: u8 = 6;
/// The token of the version.
pub const TOKEN_VERSION: u8 = 0x69;
/// The token of the falcons' data.
pub const TOKEN_FALCON_DATA: u8 = 0x70;

/// FWSEC as it is in cards that are sold, in the table of microcode.
pub const APP_FWSEC: u8 = 0x85;
/// FWSEC for cards of the vendor's own.
pub const APP_FWSEC_DEBUG: u8 = 0x45;
/// The licence.
pub const APP_LICENCE: u8 = 0x05;

/// How large a descriptor of version 2 is.
pub const DESCRIPTOR_V2: u16 = 60;
/// How large a descriptor of version 3 is, without signatures.
pub const DESCRIPTOR_V3: u16 = 44;
/// How large a signature is.
pub const SIGNATURE: usize = 384;

/// The interface through which FWSEC takes commands.
pub const INTERFACE_DMEMMAPPER: u32 = 4;
/// The interface of the first initialisation.
pub const INTERFACE_DEVINIT: u32 = 1;
/// "DMAP".
pub const DMEMMAPPER_SIGNATURE: u32 = 0x5041_4d44;
/// How large the mapper is.
pub const DMEMMAPPER_SIZE: u16 = 64;
/// Where in it the command is.
pub const DMEMMAPPER_COMMAND: usize = 0x2c;
/// The command to set up the region for the firmware's secrets.
pub const COMMAND_FRTS: u32 = 0x15;
/// The command to end what the boot has left.
pub const COMMAND_SB: u32 = 0x19;
