// SPDX-License-Identifier: GPL-2.0-only

//! Blocks in pieces of a pool: each lies anywhere, and has no page of its own.

use kernel::device::Bound;
use kernel::dma::{Pool, PoolBox, PoolObject};
use kernel::pci;
use kernel::prelude::*;

use crate::queue::{BLOCK, DEPTH};
use crate::{Ring, SIZE, make_noise, module_parameters};

type Block = [u8; BLOCK];
type Pieces<'bound> = KVec<PoolObject<'bound, Block>>;

/// A piece for each descriptor; `fill` says what is in it.
fn pieces<'bound>(
    pool: Pool<'bound, Block>,
    mut fill: impl FnMut(usize, &mut PoolBox<'bound, Block>),
) -> Result<Pieces<'bound>> {
    let mut pieces = KVec::with_capacity(DEPTH, GFP_KERNEL)?;
    for slot in 0..DEPTH {
        let mut piece = pool.alloc(GFP_KERNEL)?;
        fill(slot, &mut piece);
        pieces.push(piece.into(), GFP_KERNEL)?;
    }
    Ok(pieces)
}

/// Fills the ring again and again, and looks at what comes out. Returns how often.
pub(crate) fn move_data(device: &pci::Device<Bound>, ring: &Ring<'_>) -> Result<u32> {
    let queue = ring.queue();
    let pool = Pool::<Block>::new(device.generic(), c"ferrite-ring", None)?;
    let mut sent = KVec::from_elem(0_u8, SIZE, GFP_KERNEL)?;
    let mut got = KVec::from_elem(0_u8, SIZE, GFP_KERNEL)?;
    let mut round = 0_u32;
    while round < module_parameters::rounds.get() {
        make_noise(round, &mut sent);
        let sources = pieces(pool, |slot, piece| {
            let block = sent.chunks_exact(BLOCK).nth(slot);
            for (byte, noise) in piece.iter_mut().zip(block.unwrap_or_default()) {
                *byte = *noise;
            }
        })?;
        let targets = pieces(pool, |_, _| ())?;
        let places = |slot: usize| {
            let (source, target) = (sources.get(slot), targets.get(slot));
            let source = source.ok_or(EINVAL)?.dma_address();
            Ok((source, target.ok_or(EINVAL)?.dma_address()))
        };
        queue
            .round_of_pieces(round, places)
            // The device may be anywhere, and the memory goes next.
            .inspect_err(|_| ring.stop())?;
        for (block, piece) in got.chunks_exact_mut(BLOCK).zip(targets.iter()) {
            piece.view().as_slice().copy_to_slice(block)?;
        }
        queue
            .compare(round, &sent, &got)
            .inspect_err(|_| ring.stop())?;
        round = round.wrapping_add(1);
    }
    Ok(round)
}
