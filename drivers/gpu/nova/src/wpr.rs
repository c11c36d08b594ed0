// SPDX-License-Identifier: GPL-2.0-only

//! The protected region of the card's memory, *WPR2*: FWSEC sets it up, a booter takes it away.

mod program;

use kernel::device::Bound;
use kernel::io::Io;
use kernel::pci::{Device, Enabled};
use kernel::prelude::*;
use kernel::sync::Arc;
use nova_formats::fb::Region;
use nova_formats::vbios::fwsec::Command;

use crate::boot::{Fault, answers};
use crate::falcon::{Falcon, Program};
use crate::fb::SysmemFlush;
use crate::firmware::File;
use crate::gpu::Chipset;
use crate::registers::falcon::{Gsp, Sec2};
use crate::registers::{
    Bar0, NV_PBUS_SW_SCRATCH_0E_FRTS_ERR, NV_PFB_PRI_MMU_WPR2_ADDR_HI, NV_PFB_PRI_MMU_WPR2_ADDR_LO,
};
use crate::vbios::Vbios;

/// What the registers have of a place: bits 31:4, in 4 KiB.
fn place(pages: u32) -> u64 {
    // 28 bits, so this fits.
    u64::from(pages).wrapping_shl(12)
}

/// The region, if there is one.
fn region(bar: &Bar0<'_>) -> Option<Region> {
    let end = place(bar.read(NV_PFB_PRI_MMU_WPR2_ADDR_HI).hi_val());
    let start = place(bar.read(NV_PFB_PRI_MMU_WPR2_ADDR_LO).lo_val());
    (end != 0).then_some(Region { start, end })
}

/// Sees to it that there is no region: if there is, somebody's firmware may still run.
pub(crate) fn refuse(bar: &Bar0<'_>) -> Result<(), Fault> {
    if region(bar).is_some() {
        let what = "the card has protected memory already, and has to be reset";
        return Err(Fault::Text(what, EBUSY));
    }
    Ok(())
}

/// What is needed to set the region up, to have the GSP's firmware put there, and to take it away.
pub(crate) struct Programs<'bound> {
    /// Not GA100, where the booter alone sets it up.
    frts: Option<KBox<Program<'bound>>>,
    sb: KBox<Program<'bound>>,
    load: KBox<Program<'bound>>,
    unload: KBox<Program<'bound>>,
}

impl<'bound> Programs<'bound> {
    /// All of it, before anything runs: what cannot be undone is not begun.
    #[inline(never)]
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        bar: &Bar0<'_>,
        chipset: Chipset,
        vbios: &Vbios,
        frts: Region,
    ) -> Result<Self, Fault> {
        let loader = if chipset.has_brom() {
            None
        } else {
            Some(File::request(device, chipset, "gen_bootloader")?)
        };
        let booter = |name| {
            let file = File::request(device, chipset, name)?;
            program::booter(device, bar, chipset, &file.booter()?)
        };
        let fwsec = |command| {
            let (fwsec, ucode) = vbios.patched(bar, command)?;
            program::fwsec(device, &fwsec, &ucode, loader.as_ref())
        };
        let (at, size) = (frts.start, frts.size());
        Ok(Self {
            frts: match size {
                0 => None,
                _ => Some(fwsec(Command::Frts { at, size })?),
            },
            sb: fwsec(Command::Sb)?,
            load: booter("booter_load")?,
            unload: booter("booter_unload")?,
        })
    }
}

/// When this is dropped, the card cannot access the machine's memory any more.
pub(crate) struct Quiet<'bound> {
    device: &'bound Device<Bound>,
    enabled: Arc<Enabled<'bound>>,
    bar: Arc<Bar0<'bound>>,
    gsp: Falcon<'bound, Gsp>,
    flush: Arc<SysmemFlush<'bound>>,
}

impl<'bound> Quiet<'bound> {
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        enabled: Arc<Enabled<'bound>>,
        bar: Arc<Bar0<'bound>>,
        chipset: Chipset,
        flush: Arc<SysmemFlush<'bound>>,
    ) -> Self {
        Self {
            device,
            enabled,
            gsp: Falcon::new(bar.clone(), chipset),
            bar,
            flush,
        }
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // Whatever the registers say: those of a card that does not answer say nothing of its GSP, and a
        // falcon that did not halt may go on, too. What memory they know of goes next.
        self.enabled.clear_master();
        if answers(&self.bar) && self.gsp.riscv_runs() {
            dev_warn!(self.device, "the GSP still runs: the card has to be reset");
        }
    }
}

/// The region, set up. When this is dropped, it is taken away.
pub(crate) struct Protected<'bound> {
    device: &'bound Device<Bound>,
    bar: Arc<Bar0<'bound>>,
    gsp: Falcon<'bound, Gsp>,
    sec2: Falcon<'bound, Sec2>,
    /// Goes before the programs do: falcons fetch them.
    quiet: Quiet<'bound>,
    programs: Programs<'bound>,
}

impl<'bound> Protected<'bound> {
    /// Has FWSEC set it up, where that is FWSEC's to do.
    #[inline(never)]
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        bar: Arc<Bar0<'bound>>,
        chipset: Chipset,
        quiet: Quiet<'bound>,
        programs: Programs<'bound>,
        frts: Region,
    ) -> Result<Self, Fault> {
        refuse(&bar)?;
        let protected = Self {
            device,
            gsp: Falcon::new(bar.clone(), chipset),
            sec2: Falcon::new(bar.clone(), chipset),
            bar,
            quiet,
            programs,
        };
        // From here on, dropping it undoes what was done.
        protected.set_up(frts)?;
        Ok(protected)
    }

    fn set_up(&self, frts: Region) -> Result<(), Fault> {
        let Some(program) = &self.programs.frts else {
            return Ok(());
        };
        let [result, _] = self.gsp.run(program, [0; 2])?;
        if result != 0 {
            return Err(Fault::Value("FWSEC leaves in its mailbox", result, EIO));
        }
        let error = self.bar.read(NV_PBUS_SW_SCRATCH_0E_FRTS_ERR);
        let error = u32::from(error.frts_err_code());
        if error != 0 {
            return Err(Fault::Value("FWSEC ends with the error", error, EIO));
        }
        match region(&self.bar) {
            None => Err(Fault::Text("FWSEC has protected nothing", EIO)),
            // Where it ends is not compared: whether the last page counts, nobody says.
            Some(found) if found.start != frts.start || found.end <= frts.start => {
                Err(Fault::Text("FWSEC has protected another region", EIO))
            }
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn gsp(&self) -> &Falcon<'bound, Gsp> {
        &self.gsp
    }

    pub(crate) fn sec2(&self) -> &Falcon<'bound, Sec2> {
        &self.sec2
    }

    /// Has the booter put the GSP's firmware into it, and start the GSP's RISC-V core: what goes where
    /// is said at this address.
    pub(crate) fn load(&self, meta: u64) -> Result<(), Fault> {
        let [result, _] = self.sec2.run(&self.programs.load, words(meta))?;
        if result != 0 {
            let what = "the booter leaves in its mailbox";
            return Err(Fault::Value(what, result, EIO));
        }
        Ok(())
    }

    /// Takes it away.
    fn take_away(&self) -> Result<(), Fault> {
        // What comes of this is not looked at, as by other drivers: the region tells.
        let sb = self.gsp.run(&self.programs.sb, [0; 2]).map(|_| ());
        if region(&self.bar).is_none() {
            return sb;
        }
        let [result, _] = self.sec2.run(&self.programs.unload, UNLOAD)?;
        if result != 0 {
            return Err(Fault::Value(
                "the booter leaves in its mailbox",
                result,
                EIO,
            ));
        }
        match region(&self.bar) {
            None => Ok(()),
            Some(_) => Err(Fault::Text("the region is still there", EBUSY)),
        }
    }
}

/// An address, as two mailboxes hold it.
pub(crate) fn words(address: u64) -> [u32; 2] {
    [address as u32, (address >> 32) as u32]
}

/// What a booter that takes the region away finds in its mailboxes.
const UNLOAD: [u32; 2] = [0xff; 2];

impl Drop for Protected<'_> {
    fn drop(&mut self) {
        if !answers(&self.bar) {
            return;
        }
        if self.quiet.flush.is_forgotten() {
            // Nothing is left to undo, and without the page no falcon may be reset.
            dev_warn!(self.device, "the card was reset by somebody else");
            return;
        }
        if let Err(fault) = self.take_away() {
            fault.warn(self.device, "the card has to be reset");
        }
    }
}
