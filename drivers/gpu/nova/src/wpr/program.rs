// SPDX-License-Identifier: GPL-2.0-only

//! FWSEC and the booters, made ready for the falcons of a family.

use kernel::device::Bound;
use kernel::dma::Coherent;
use kernel::io::Io;
use kernel::pci::Device;
use kernel::prelude::*;
use nova_formats::firmware::Booter;
use nova_formats::vbios::Fwsec;
use nova_formats::vbios::fwsec::Load;
use zerocopy::IntoBytes as _;

use crate::boot::Fault;
use crate::falcon::{BLOCK, Code, Fetched, Program, Written};
use crate::firmware::File;
use crate::gpu::Chipset;
use crate::registers::{Bar0, NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION};

/// Nothing to load.
const NOTHING: Code = Code::in_place(
    Load {
        from: 0,
        to: 0,
        size: 0,
    },
    false,
);

/// FWSEC, with what was patched in its microcode.
#[inline(never)]
pub(super) fn fwsec<'bound>(
    device: &'bound Device<Bound>,
    fwsec: &Fwsec<'_>,
    ucode: &[u8],
    loader: Option<&File>,
) -> Result<KBox<Program<'bound>>, Fault> {
    let image = for_card(device, ucode)?;
    match (fwsec.brom(), loader) {
        (Some(brom), None) => boxed(Program::Fetched(Fetched {
            image,
            code: fwsec.imem(),
            data: fwsec.dmem(),
            brom,
            entry: 0,
        })),
        (None, Some(loader)) => by_loader(fwsec, image, loader),
        _ => Err(Fault::Text("FWSEC is not for this family", EINVAL)),
    }
}

/// What a falcon's code can fill.
const CODE_END: u32 = 0x1_0000;

/// The bootloader, with what it is told of FWSEC.
fn by_loader<'bound>(
    fwsec: &Fwsec<'_>,
    image: Coherent<'bound, [u8]>,
    loader: &File,
) -> Result<KBox<Program<'bound>>, Fault> {
    let none = Fault::Text("FWSEC is not for this family", EINVAL);
    let descriptor = fwsec.for_bootloader(image.dma_address())?.ok_or(none)?;
    let loader = loader.falcon_bootloader()?;
    // At the end of what the falcon has room for.
    let size = size(loader.code)?;
    let to = size.checked_next_multiple_of(BLOCK);
    let to = to.and_then(|size| CODE_END.checked_sub(size));
    let to = to.ok_or(Fault::Value("the bootloader is too long", size, EINVAL))?;
    let mut bytes = KVVec::new();
    bytes.extend_from_slice(loader.code, GFP_KERNEL)?;
    bytes.extend_from_slice(descriptor.as_bytes(), GFP_KERNEL)?;
    let code = Code {
        load: Load { from: 0, to, size },
        tag: loader.start_tag.into(),
        is_secure: false,
    };
    let data = Load {
        from: size,
        to: 0,
        size: self::size(descriptor.as_bytes())?,
    };
    boxed(Program::Written(Written {
        bytes,
        code: [code, NOTHING],
        data,
        entry: loader.entry(),
        fetches: Some(image),
    }))
}

/// A booter, with the signature that this card's fuses ask for.
#[inline(never)]
pub(super) fn booter<'bound>(
    device: &'bound Device<Bound>,
    bar: &Bar0<'_>,
    chipset: Chipset,
    booter: &Booter<'_>,
) -> Result<KBox<Program<'bound>>, Fault> {
    let brom = booter.brom();
    let fuse = if chipset.is_turing() {
        0
    } else {
        let index = usize::from(brom.ucode_id).checked_sub(1);
        let fuse = index.and_then(|index| NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION.get(index));
        let what = "no fuse is for this number of the booter's";
        let fuse = fuse.ok_or(Fault::Value(what, brom.ucode_id.into(), EINVAL))?;
        bar.read(fuse).data().into()
    };
    let mut bytes = KVVec::new();
    bytes.extend_from_slice(booter.ucode(), GFP_KERNEL)?;
    booter.patch_signature(&mut bytes, booter.signature(fuse)?)?;
    if chipset.has_brom() {
        let code = booter.secure();
        return boxed(Program::Fetched(Fetched {
            image: for_card(device, &bytes)?,
            code,
            data: booter.data(),
            brom,
            entry: code.from,
        }));
    }
    let (open, secure) = (booter.open(), booter.secure_in_place());
    boxed(Program::Written(Written {
        bytes,
        code: [Code::in_place(open, false), Code::in_place(secure, true)],
        data: booter.data(),
        entry: open.to,
        fetches: None,
    }))
}

/// Programs are too large for the stack of whoever holds several.
fn boxed(program: Program<'_>) -> Result<KBox<Program<'_>>, Fault> {
    Ok(KBox::new(program, GFP_KERNEL)?)
}

fn size(bytes: &[u8]) -> Result<u32> {
    u32::try_from(bytes.len()).map_err(|_| EFBIG)
}

/// These bytes in memory that the card reaches, with zeroes to the end of a block.
fn for_card<'bound>(
    device: &'bound Device<Bound>,
    bytes: &[u8],
) -> Result<Coherent<'bound, [u8]>, Fault> {
    let size = bytes.len().checked_next_multiple_of(BLOCK as usize);
    let image = Coherent::zeroed_slice(device.generic(), size.ok_or(EOVERFLOW)?, GFP_KERNEL)?;
    image.view().range(..bytes.len())?.copy_from_slice(bytes)?;
    Ok(image)
}
