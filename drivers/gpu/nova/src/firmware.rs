// SPDX-License-Identifier: GPL-2.0-only

//! Files of firmware, in either of the formats that there are.

use kernel::device::Bound;
use kernel::firmware::Firmware;
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::str::CString;
use nova_formats::firmware::{Booter, FalconBootloader, RiscvBootloader, bin, elf, tlv};

use crate::boot::Fault;
use crate::gpu::Chipset;

/// The version whose interface the driver speaks.
pub(crate) const VERSION: &str = "570.144";

/// A file, and which of the formats it has.
pub(crate) struct File {
    contents: Firmware,
    is_tagged: bool,
}

impl File {
    /// Finds the file of tagged values, or else that with the vendor's headers.
    ///
    /// # Errors
    ///
    /// There is neither: `ENOENT`, and the kernel has logged the name of the second.
    pub(crate) fn request(
        device: &Device<Bound>,
        chipset: Chipset,
        name: &str,
    ) -> Result<Self, Fault> {
        Self::request_as(device, chipset, [name; 2])
    }

    /// As [`Self::request`], of a file whose name differs between the formats.
    pub(crate) fn request_as(
        device: &Device<Bound>,
        chipset: Chipset,
        [tagged, name]: [&str; 2],
    ) -> Result<Self, Fault> {
        let chip = chipset.directory();
        let tagged = CString::write(GFP_KERNEL, |to| {
            write_text!(to, "nvidia/{}/gsp/{}.tlv", chip, tagged);
        })?;
        let (contents, is_tagged) = match Firmware::request_nowarn(&tagged, device.generic()) {
            Ok(contents) => (contents, true),
            Err(ENOENT) => {
                let plain = CString::write(GFP_KERNEL, |to| {
                    write_text!(to, "nvidia/{}/gsp/{}-{}.bin", chip, name, VERSION);
                })?;
                (Firmware::request(&plain, device.generic())?, false)
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            contents,
            is_tagged,
        })
    }

    /// As a booter.
    pub(crate) fn booter(&self) -> Result<Booter<'_>, Fault> {
        Ok(if self.is_tagged {
            tlv::booter(self.contents.data())?
        } else {
            bin::booter(self.contents.data())?
        })
    }

    /// As FWSEC's bootloader.
    pub(crate) fn falcon_bootloader(&self) -> Result<FalconBootloader<'_>, Fault> {
        Ok(if self.is_tagged {
            tlv::falcon_bootloader(self.contents.data())?
        } else {
            bin::falcon_bootloader(self.contents.data())?
        })
    }

    /// As the bootloader of the GSP's RISC-V core.
    pub(crate) fn riscv_bootloader(&self) -> Result<RiscvBootloader<'_>, Fault> {
        Ok(if self.is_tagged {
            tlv::riscv_bootloader(self.contents.data())?
        } else {
            bin::riscv_bootloader(self.contents.data())?
        })
    }
}

/// The GSP's own firmware.
pub(crate) struct GspFirmware {
    /// As it shall be in memory.
    pub(crate) image: VVec<u8>,
    pub(crate) signature: KVVec<u8>,
}

/// Larger than any image there is; smaller than what a 32-bit machine has no room for.
const MOST: u64 = 96 << 20;

impl GspFirmware {
    /// Finds it. A file that holds nothing but the image is read to where it stays.
    #[inline(never)]
    pub(crate) fn request(device: &Device<Bound>, chipset: Chipset) -> Result<Self, Fault> {
        let file = File::request(device, chipset, "gsp")?;
        let data = file.contents.data();
        let mut signature = KVVec::new();
        if !file.is_tagged {
            let gsp = elf::gsp(data, chipset.signature_family())?;
            check(gsp.version)?;
            let mut image = VVec::new();
            image.extend_from_slice(gsp.image, GFP_KERNEL)?;
            signature.extend_from_slice(gsp.signature, GFP_KERNEL)?;
            return Ok(Self { image, signature });
        }
        let gsp = tlv::gsp(data)?;
        check(Some(gsp.version))?;
        signature.extend_from_slice(gsp.signature, GFP_KERNEL)?;
        let (chip, name) = (chipset.directory(), gsp.name);
        let path = CString::write(GFP_KERNEL, |to| {
            write_text!(to, "nvidia/{}/gsp/{}", chip, name);
        })?;
        let size = usize::try_from(gsp.size.min(MOST)).map_err(|_| EFBIG)?;
        let mut image = VVec::from_elem(0, size, GFP_KERNEL)?;
        let found = Firmware::request_into_buf(&path, device.generic(), &mut image)?;
        gsp.with(image.get(..found).ok_or(EIO)?)?;
        Ok(Self { image, signature })
    }
}

/// Whether the driver speaks its interface.
fn check(version: Option<&str>) -> Result<(), Fault> {
    match version {
        Some(VERSION) => Ok(()),
        _ => {
            let what = "the GSP's firmware is not of version 570.144";
            Err(Fault::Text(what, EINVAL))
        }
    }
}
