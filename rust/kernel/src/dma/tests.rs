// SPDX-License-Identifier: GPL-2.0-only

mod coherent;
mod masks;
mod pools;
mod scattered;
mod streaming;
mod typestates;

use super::{DmaAddress, DmaMask};
use crate::device::{Bound, Device};
use crate::error::Result;
use crate::faux;

/// A device that reaches 32 bits of addresses.
fn device() -> Result<faux::Registration> {
    let registration = faux::Registration::new(c"ferrite-dma", None)?;
    registration
        .device()
        .dma_coerce_mask_and_coherent(DmaMask::new::<32>())?;
    Ok(registration)
}

/// What a device would read there; within a page.
fn device_reads<const N: usize>(device: &Device<Bound>, address: DmaAddress) -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: the tests ask for memory that is mapped for the device.
    unsafe {
        bindings::ferrite_dma_ktest_read(
            device.as_raw(),
            &raw const address,
            bytes.as_mut_ptr().cast(),
            N,
        )
    };
    bytes
}

/// What a device would do if it wrote there; within a page.
fn device_writes(device: &Device<Bound>, address: DmaAddress, bytes: &[u8]) {
    // SAFETY: the tests ask for memory that is mapped for the device.
    unsafe {
        bindings::ferrite_dma_ktest_write(
            device.as_raw(),
            &raw const address,
            bytes.as_ptr().cast(),
            bytes.len(),
        )
    };
}

/// Whether every mapping goes through a bounce buffer: `swiotlb=force`.
fn bounces(device: &Device<Bound>) -> bool {
    // SAFETY: the device is there.
    unsafe { bindings::ferrite_dma_ktest_bounces(device.as_raw()) }
}
