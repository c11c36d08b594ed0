// SPDX-License-Identifier: GPL-2.0-only

//! Blocks that the device changes where they lie: one mapping for both ways.

use kernel::device::Bound;
use kernel::dma::{Bidirectional, Mapping};
use kernel::pci;
use kernel::prelude::*;

use crate::{Ring, SIZE, make_noise, module_parameters};

/// Fills the ring again and again, and looks at what has become of the blocks. Returns how often.
pub(crate) fn move_data(device: &pci::Device<Bound>, ring: &Ring<'_>) -> Result<u32> {
    let queue = ring.queue();
    let buffer = || KVec::from_elem(0_u8, SIZE, GFP_KERNEL);
    let mut sent = buffer()?;
    let mut blocks = Mapping::<_, Bidirectional>::new(device.generic(), buffer()?)?;
    let mut round = 0_u32;
    while round < module_parameters::rounds.get() {
        make_noise(round, &mut sent);
        let mut filled = blocks.sync_for_cpu();
        for (byte, noise) in filled.iter_mut().zip(&sent) {
            *byte = *noise;
        }
        blocks = filled.sync_for_device();
        let place = blocks.dma_address();
        queue
            .round(round, place, place)
            // The device may be anywhere, and the memory goes next.
            .inspect_err(|_| ring.stop())?;
        let got = blocks.sync_for_cpu();
        queue
            .compare(round, &sent, &got)
            .inspect_err(|_| ring.stop())?;
        round = round.wrapping_add(1);
        blocks = got.sync_for_device();
    }
    Ok(round)
}
