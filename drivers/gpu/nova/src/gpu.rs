// SPDX-License-Identifier: GPL-2.0-only

//! A card, and its boot step by step.

mod chipset;

pub(crate) use chipset::{Chipset, Spec};

use kernel::device::Bound;
use kernel::dma::DmaMask;
use kernel::io::Io;
use kernel::io::poll::read_poll_timeout;
use kernel::pci::{Device, Enabled};
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::time::Delta;

use crate::boot::{Boot, Fault, Step, answers};
use crate::fb::{self, Memory, SysmemFlush};
use crate::gsp::{Gsp, Image, Shared};
use crate::registers::{
    Bar0, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_0_GFW_BOOT as GFW_BOOT,
    NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK as GFW_BOOT_MASK,
};
use crate::report::{Card, Report};
use crate::vbios::Vbios;
use crate::wpr::{self, Programs, Quiet};

/// A card that is ours. What was changed in it is changed back when this is dropped.
pub(crate) struct Gpu<'bound> {
    /// Goes first: falcons are reset for it.
    _gsp: KBox<Gsp<'bound>>,
    _flush: Arc<SysmemFlush<'bound>>,
}

/// How wide the addresses are that these families produce.
const DMA_BITS: u32 = 47;

impl<'bound> Gpu<'bound> {
    /// Boots the card.
    #[inline(never)]
    pub(crate) fn new(
        device: &'bound Device<Bound>,
        enabled: &Arc<Enabled<'bound>>,
        bar: Bar0<'bound>,
        mut boot: Boot<'bound>,
    ) -> Result<(Self, Report)> {
        let spec = boot.on_card(&bar, Step::Identify, || Spec::new(&bar))?;
        let chipset = spec.chipset;
        let hal = fb::hal(chipset);
        boot.on_card(&bar, Step::DmaMask, || {
            let mask = DmaMask::new::<DMA_BITS>();
            Ok(device.generic().dma_set_mask_and_coherent(mask)?)
        })?;
        boot.on_card(&bar, Step::Gfw, || wait_for_gfw(&bar))?;
        boot.on_card(&bar, Step::Idle, || wpr::refuse(&bar))?;
        enabled.set_master();
        let bar = Arc::new(bar, GFP_KERNEL)?;
        let flush = boot.on_card(&bar, Step::FlushPage, || {
            SysmemFlush::new(device, bar.clone(), hal)
        })?;
        let flush = Arc::new(flush, GFP_KERNEL)?;
        let memory = boot.on_card(&bar, Step::Memory, || Memory::new(&bar, chipset))?;
        let vbios = boot.on_card(&bar, Step::Vbios, || Vbios::read(&bar))?;
        let fwsec = boot.on_card(&bar, Step::Fwsec, || Ok(vbios.fwsec(&bar)?.into()))?;
        // Its place does not depend on what else is in the memory.
        let frts = memory.layout(chipset, 0, 0).map_err(|_| EINVAL)?.frts;
        let (programs, image) = boot.on_card(&bar, Step::Firmware, || {
            let programs = Programs::new(device, &bar, chipset, &vbios, frts)?;
            Ok((programs, Image::new(device, chipset, &memory)?))
        })?;
        let shared = boot.on_card(&bar, Step::GspMemory, || Shared::new(device, &bar))?;
        let gsp = boot.on_card(&bar, Step::Frts, || {
            let (enabled, bar) = (enabled.clone(), bar.clone());
            let quiet = Quiet::new(device, enabled, bar.clone(), chipset, flush.clone());
            Gsp::new(device, quiet, bar, chipset, programs, frts, shared)
        })?;
        let (gsp, card) = start(&bar, &mut boot, gsp, &image, &memory)?;
        let (taken, ready) = boot.into_taken();
        let report = Report {
            spec,
            memory,
            vbios: vbios.version(),
            fwsec,
            frts,
            card,
            logs: gsp.logs(),
            channel: gsp.channel(),
            taken,
            ready,
        };
        report.log(device);
        let gpu = Self {
            _gsp: gsp,
            _flush: flush,
        };
        Ok((gpu, report))
    }
}

/// Starts the GSP. If a step fails, what was done is undone, while the image is still there.
#[inline(never)]
fn start<'bound>(
    bar: &Bar0<'bound>,
    boot: &mut Boot<'bound>,
    mut gsp: KBox<Gsp<'bound>>,
    image: &Image<'bound>,
    memory: &Memory,
) -> Result<(KBox<Gsp<'bound>>, KBox<Card>)> {
    boot.on_card(bar, Step::GspFalcon, || gsp.prepare())?;
    boot.on_card(bar, Step::Booter, || gsp.boot(image))?;
    boot.on_card(bar, Step::Riscv, || gsp.wait())?;
    boot.on_card(bar, Step::SystemInfo, || gsp.tell())?;
    boot.on_card(bar, Step::Sequencer, || gsp.wait_for_sequence())?;
    boot.on_card(bar, Step::InitDone, || gsp.wait_until_ready())?;
    let card = boot.on_card(bar, Step::StaticInfo, || gsp.card(memory.size))?;
    boot.on_card(bar, Step::Events, || gsp.listen())?;
    Ok((gsp, card))
}

/// What the card's own firmware says when it has come up.
const GFW_BOOT_COMPLETED: u8 = 0xff;

/// Waits until the card's own firmware has come up: before that most registers say nothing.
fn wait_for_gfw(bar: &Bar0<'_>) -> Result<(), Fault> {
    let progress = || {
        if !bar.read(GFW_BOOT_MASK).read_protection_level0() {
            return Ok(None);
        }
        let progress = bar.read(GFW_BOOT).progress();
        // All ones is what nobody answers, too.
        if progress == GFW_BOOT_COMPLETED && !answers(bar) {
            return Err(ENODEV);
        }
        Ok(Some(progress))
    };
    let is_up = |progress: &Option<u8>| *progress == Some(GFW_BOOT_COMPLETED);
    let (tick, limit) = (Delta::from_millis(1), Delta::from_secs(4));
    match read_poll_timeout(progress, is_up, tick, limit) {
        Ok(_) => Ok(()),
        Err(ETIMEDOUT) => Err(match progress()? {
            Some(progress) => Fault::Value("it does not come up", progress.into(), ETIMEDOUT),
            None => Fault::Text("how far it is stays locked", ETIMEDOUT),
        }),
        Err(error) => Err(error.into()),
    }
}
