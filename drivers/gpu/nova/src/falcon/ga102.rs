// SPDX-License-Identifier: GPL-2.0-only

//! GA102 and later: a falcon fetches what it shall run, its boot ROM checks that, and it shares its place
//! with a RISC-V core.

use kernel::io::poll::read_poll_timeout;
use kernel::io::{Io, Register as _};
use kernel::prelude::*;
use kernel::time::{Delta, Instant, Monotonic};
use nova_formats::vbios::fwsec::Load;

use super::{BLOCK, Engine, Fetched, TICK, too_far, wait};
use crate::boot::Fault;
use crate::registers::Bar0;
use crate::registers::falcon::{
    NV_PFALCON_FALCON_DMACTL as DMACTL, NV_PFALCON_FALCON_DMATRFBASE as DMATRFBASE,
    NV_PFALCON_FALCON_DMATRFBASE1 as DMATRFBASE1, NV_PFALCON_FALCON_DMATRFCMD as DMATRFCMD,
    NV_PFALCON_FALCON_DMATRFFBOFFS as DMATRFFBOFFS, NV_PFALCON_FALCON_DMATRFMOFFS as DMATRFMOFFS,
    NV_PFALCON_FALCON_HWCFG2 as HWCFG2, NV_PFALCON_FBIF_CTL as FBIF_CTL,
    NV_PFALCON_FBIF_TRANSCFG as FBIF_TRANSCFG, NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID as UCODE_ID,
    NV_PFALCON2_FALCON_BROM_ENGIDMASK as ENGIDMASK, NV_PFALCON2_FALCON_BROM_PARAADDR as PARAADDR,
    NV_PFALCON2_FALCON_MOD_SEL as MOD_SEL, NV_PRISCV_RISCV_BCR_CTRL as BCR_CTRL,
};

/// How long all blocks of a piece may take, some thousand at the most.
const FETCH: Delta = Delta::from_secs(10);

/// RSA with 3072 bits.
const RSA3K: u8 = 1;

/// Some chips say when a falcon can be reset; that they do not is no error.
pub(super) fn before_reset<E: Engine>(bar: &Bar0<'_>) {
    let state = || Ok(bar.read(HWCFG2.of::<E>()));
    let is_ready = |state: &HWCFG2| state.reset_ready();
    let _ = read_poll_timeout(state, is_ready, TICK, Delta::from_micros(150));
}

/// Waits until the memory is clear, and chooses the falcon rather than the RISC-V core.
pub(super) fn after_reset<E: Engine>(bar: &Bar0<'_>) -> Result<(), Fault> {
    wait("the falcon's memory does not become clear", || {
        !bar.read(HWCFG2.of::<E>()).mem_scrubbing()
    })?;
    if bar.read(BCR_CTRL.of::<E>()).core_select_riscv() {
        bar.write(BCR_CTRL.of::<E>(), BCR_CTRL::zeroed());
        wait("the falcon cannot be chosen", || {
            bar.read(BCR_CTRL.of::<E>()).valid()
        })?;
    }
    Ok(())
}

/// Has it fetch a program, and tells the boot ROM what to check.
pub(super) fn load<E: Engine>(bar: &Bar0<'_>, program: &Fetched<'_>) -> Result<(), Fault> {
    allow_physical::<E>(bar);
    let way = FBIF_TRANSCFG.of::<E>().at::<0>();
    bar.write(way, super::tu102::coherent());

    let address = program.image.dma_address();
    // Whoever masks addresses with 47 bits has nothing beyond bit 48.
    let high = DMATRFBASE1::zeroed().try_with_base((address >> 40) as u16);
    let high = high.map_err(|_| Fault::Text("the falcon cannot reach the program", EINVAL))?;
    let low = DMATRFBASE::zeroed().with_base((address >> 8) as u32);
    bar.write(DMATRFBASE.of::<E>(), low);
    bar.write(DMATRFBASE1.of::<E>(), high);

    let block = DMATRFCMD::zeroed().with_const_size::<6>();
    let size = program.image.size();
    let code = block.with_imem(true).with_sec(true);
    fetch::<E>(bar, program.code, size, code)?;
    fetch::<E>(bar, program.data, size, block)?;

    let brom = program.brom;
    let signature = PARAADDR::zeroed().with_value(brom.signature_at);
    let engines = ENGIDMASK::zeroed().with_value(brom.engines.into());
    let id = UCODE_ID::zeroed().with_ucode_id(brom.ucode_id);
    bar.write(PARAADDR.of::<E>(), signature);
    bar.write(ENGIDMASK.of::<E>(), engines);
    bar.write(UCODE_ID.of::<E>(), id);
    bar.write(MOD_SEL.of::<E>(), MOD_SEL::zeroed().with_algo(RSA3K));
    Ok(())
}

/// Lets a falcon use the bus's addresses.
pub(super) fn allow_physical<E: Engine>(bar: &Bar0<'_>) {
    bar.update(FBIF_CTL.of::<E>(), |it| it.with_allow_phys_no_ctx(true));
    bar.write(DMACTL.of::<E>(), DMACTL::zeroed());
}

/// Has it fetch one piece, a block at a time.
fn fetch<E: Engine>(
    bar: &Bar0<'_>,
    piece: Load,
    size: usize,
    command: DMATRFCMD,
) -> Result<(), Fault> {
    let blocks = piece.size.div_ceil(BLOCK);
    let end = u64::from(piece.from).saturating_add(u64::from(blocks).saturating_mul(BLOCK.into()));
    let is_there = usize::try_from(end).is_ok_and(|end| end <= size);
    if !is_there || !piece.from.is_multiple_of(BLOCK) {
        let what = "a piece of microcode has no whole blocks, at";
        return Err(Fault::Value(what, piece.from, EINVAL));
    }
    let start = Instant::<Monotonic>::now();
    for block in 0..blocks {
        if start.elapsed() >= FETCH {
            return Err(Fault::Text("the falcon fetches too slowly", ETIMEDOUT));
        }
        // Less than `end` is, and that lies in the image.
        let at = block.wrapping_mul(BLOCK);
        let to = piece.to.checked_add(at).ok_or(too_far(piece.to))?;
        let to = DMATRFMOFFS::zeroed().try_with_offs(to);
        let to = to.map_err(|_| too_far(piece.to))?;
        let from = DMATRFFBOFFS::zeroed().with_offs(piece.from.wrapping_add(at));
        bar.write(DMATRFMOFFS.of::<E>(), to);
        bar.write(DMATRFFBOFFS.of::<E>(), from);
        bar.write(DMATRFCMD.of::<E>(), command);
        wait("the falcon does not fetch", || {
            bar.read(DMATRFCMD.of::<E>()).idle()
        })?;
    }
    Ok(())
}
