// SPDX-License-Identifier: GPL-2.0-only

//! The card's ROM, read into memory.

use kernel::io::Io;
use kernel::prelude::*;
use kernel::time::delay::might_sleep;
use nova_formats::vbios::fwsec::{Brom, Command};
use nova_formats::vbios::{self, Extent, Fwsec, Prom, bit, rom};

use crate::boot::{Fault, answers};
use crate::registers::{Bar0, NV_FUSE_OPT_FPF_GSP_UCODE_VERSION, PROM};

/// After how much of the ROM it is looked whether the card is still there, and others may run.
const PIECE: u32 = 4096;

/// The window through which the registers show the ROM.
struct Window<'a>(&'a Bar0<'a>);

impl Prom for Window<'_> {
    fn word(&mut self, at: u32) -> Option<u32> {
        if at >= rom::WINDOW {
            return None;
        }
        if at.is_multiple_of(PIECE) {
            // The ROM has up to 262144 words. Of a card that hangs, each takes until the bus gives up.
            might_sleep();
            if !answers(self.0) {
                return None;
            }
        }
        let offset = PROM.checked_add(at)?;
        self.0.load_raw(usize::try_from(offset).ok()?).ok()
    }
}

/// What of the ROM is needed.
pub(crate) struct Vbios {
    pc_at: KVVec<u8>,
    fwsec: KVVec<u8>,
}

impl Vbios {
    /// Reads it; that takes a while.
    #[inline(never)]
    pub(crate) fn read(bar: &Bar0<'_>) -> Result<Self, Fault> {
        let mut window = Window(bar);
        let rom = vbios::scan(&mut window)?;
        Ok(Self {
            pc_at: read(&mut window, rom.pc_at)?,
            fwsec: read(&mut window, rom.fwsec)?,
        })
    }

    /// FWSEC, as it lies in the ROM. It is tried whether it can be told what to do, and has a signature
    /// for this card: in a copy, which goes.
    pub(crate) fn fwsec(&self, bar: &Bar0<'_>) -> Result<Fwsec<'_>, Fault> {
        self.patched(bar, Command::Sb).map(|(fwsec, _)| fwsec)
    }

    /// FWSEC, and its microcode with a command in it, signed for this card.
    #[inline(never)]
    pub(crate) fn patched(
        &self,
        bar: &Bar0<'_>,
        command: Command,
    ) -> Result<(Fwsec<'_>, KVVec<u8>), Fault> {
        let fwsec = vbios::find(&self.pc_at, &self.fwsec)?;
        let mut ucode = KVVec::new();
        ucode.extend_from_slice(fwsec.ucode(), GFP_KERNEL)?;
        fwsec.patch_command(&mut ucode, command)?;
        if let Some(brom) = fwsec.brom()
            && let Some(signature) = fwsec.signature(fuse(bar, brom)?)?
        {
            fwsec.patch_signature(&mut ucode, signature)?;
        }
        Ok((fwsec, ucode))
    }

    /// Its version, as people know it.
    pub(crate) fn version(&self) -> Option<[u8; 5]> {
        bit::version(&self.pc_at)
    }
}

/// FWSEC is for the GSP.
const GSP: u16 = 0x400;

/// What the card's fuses ask of FWSEC.
fn fuse(bar: &Bar0<'_>, brom: Brom) -> Result<u32, Fault> {
    if brom.engines & GSP == 0 {
        let what = "FWSEC is not for the GSP, but for";
        return Err(Fault::Value(what, brom.engines.into(), EINVAL));
    }
    let index = usize::from(brom.ucode_id).checked_sub(1);
    let fuse = index.and_then(|index| NV_FUSE_OPT_FPF_GSP_UCODE_VERSION.get(index));
    let Some(fuse) = fuse else {
        let what = "no fuse is for this number of FWSEC's";
        return Err(Fault::Value(what, brom.ucode_id.into(), EINVAL));
    };
    Ok(bar.read(fuse).data().into())
}

fn read(window: &mut Window<'_>, extent: Extent) -> Result<KVVec<u8>, Fault> {
    // The ROM has 1 MiB at most, as `scan` has checked.
    let mut bytes = KVVec::from_elem(0, usize::try_from(extent.size).unwrap_or(0), GFP_KERNEL)?;
    extent.read(window, &mut bytes)?;
    Ok(bytes)
}
