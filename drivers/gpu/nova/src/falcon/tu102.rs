// SPDX-License-Identifier: GPL-2.0-only

//! Turing and GA100: a falcon is loaded through its ports.

use core::iter::repeat_n;

use kernel::io::{Io, Register as _};
use kernel::prelude::*;
use nova_formats::vbios::fwsec::{BOOTLOADER_DMA_INDEX, Load};

use super::{BLOCK, Code, Engine, Written, ga102, too_far, wait};
use crate::boot::Fault;
use crate::registers::Bar0;
use crate::registers::falcon::{
    NV_PFALCON_FALCON_DMACTL as DMACTL, NV_PFALCON_FALCON_DMEMC as DMEMC,
    NV_PFALCON_FALCON_DMEMD as DMEMD, NV_PFALCON_FALCON_IMEMC as IMEMC,
    NV_PFALCON_FALCON_IMEMD as IMEMD, NV_PFALCON_FALCON_IMEMT as IMEMT,
    NV_PFALCON_FBIF_TRANSCFG as FBIF_TRANSCFG,
};

/// The way to memory that FWSEC's bootloader takes.
const WAY: usize = BOOTLOADER_DMA_INDEX as usize;
const BLOCK_BYTES: usize = BLOCK as usize;
const BLOCK_WORDS: usize = BLOCK_BYTES / 4;
/// A tag has 16 bits.
const TAGS: u32 = 1 << 16;

/// The machine's memory as the processors see it, by the bus's addresses.
pub(super) fn coherent() -> FBIF_TRANSCFG {
    FBIF_TRANSCFG::zeroed()
        .with_physical(true)
        .with_const_target::<1>()
}

/// Waits until the memory is clear.
pub(super) fn after_reset<E: Engine>(bar: &Bar0<'_>) -> Result<(), Fault> {
    wait("the falcon's memory does not become clear", || {
        let state = bar.read(DMACTL.of::<E>());
        !state.imem_scrubbing() && !state.dmem_scrubbing()
    })
}

/// Writes a program into it.
pub(super) fn load<E: Engine>(bar: &Bar0<'_>, program: &Written<'_>) -> Result<(), Fault> {
    ga102::allow_physical::<E>(bar);
    if program.fetches.is_some() {
        bar.write(FBIF_TRANSCFG.of::<E>().at::<WAY>(), coherent());
    }
    for code in program.code {
        write_code::<E>(bar, bytes(&program.bytes, code.load)?, code)?;
    }
    let port = DMEMC::zeroed().with_aincw(true);
    let port = port.try_with_offs(program.data.to);
    bar.write(DMEMC.of::<E>(), port.map_err(|_| too_far(program.data.to))?);
    for word in words(bytes(&program.bytes, program.data)?) {
        bar.write(DMEMD.of::<E>(), DMEMD::from_word(word));
    }
    Ok(())
}

/// Writes code by whole blocks, each of which has a tag.
fn write_code<E: Engine>(bar: &Bar0<'_>, bytes: &[u8], code: Code) -> Result<(), Fault> {
    let (to, blocks) = (code.load.to, code.load.size.div_ceil(BLOCK));
    let end = code.tag.checked_add(blocks).filter(|end| *end <= TAGS);
    let end = end.ok_or(too_far(to))?;
    let port = IMEMC::zeroed().with_aincw(true).with_secure(code.is_secure);
    let port = port.try_with_offs(to).map_err(|_| too_far(to))?;
    bar.write(IMEMC.of::<E>(), port);
    for (block, tag) in bytes.chunks(BLOCK_BYTES).zip(code.tag..end) {
        bar.write(IMEMT.of::<E>(), IMEMT::from_word(tag));
        let padded = Iterator::chain(words(block), repeat_n(0, BLOCK_WORDS));
        for word in padded.take(BLOCK_WORDS) {
            bar.write(IMEMD.of::<E>(), IMEMD::from_word(word));
        }
    }
    Ok(())
}

fn bytes(all: &[u8], piece: Load) -> Result<&[u8], Fault> {
    let range = || {
        let from = usize::try_from(piece.from).ok()?;
        let size = usize::try_from(piece.size).ok()?;
        all.get(from..from.checked_add(size)?)
    };
    let what = "a piece of microcode is not there, at";
    range().ok_or(Fault::Value(what, piece.from, EINVAL))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        u32::from_le_bytes(word)
    })
}
