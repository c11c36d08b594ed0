// SPDX-License-Identifier: GPL-2.0-only

//! Data that move as long as a device is bound: the handler's thread fills the ring again when all of
//! it is done.
//!
//! Nobody waits for these, so a device that says nothing any more is not noticed before it is unbound.

use kernel::devres::Devres;
use kernel::dma::{Coherent, CoherentBox};
use kernel::io::Io;
use kernel::prelude::*;

use crate::queue::{COPY, DEPTH, Job, Queue, checksum, tail};
use crate::registers::HEAD;

/// How many bytes a descriptor moves: so many that the device is busy nearly all of the time.
const BYTES: usize = 16 << 10;

type Bytes<'bound> = Coherent<'bound, [u8; BYTES]>;

/// What all descriptors ask for. The device's memory is given back with this, once it is stopped.
pub(crate) struct Load {
    job: Job,
    _source: Devres<Bytes<'static>>,
    target: Devres<Bytes<'static>>,
    wanted: KVec<u8>,
    got: KVec<u8>,
    sum: u32,
    round: u32,
    /// It goes on no more.
    rests: bool,
}

impl Queue<'_> {
    /// Begins with this round.
    pub(crate) fn set_out(&self, round: u32) -> Result {
        // The device is told of it when all of it is there.
        let mut source = CoherentBox::<[u8; BYTES]>::zeroed(self.device, GFP_KERNEL)?;
        let target = Bytes::zeroed(self.device, GFP_KERNEL)?;
        let mut wanted = KVec::from_elem(0_u8, BYTES, GFP_KERNEL)?;
        let bytes = source.iter_mut().zip(wanted.iter_mut());
        for (at, (byte, wanted)) in (0..BYTES).zip(bytes) {
            *byte = ((at as u32).wrapping_mul(0x9e37_79b1) >> 24) as u8;
            *wanted = *byte;
        }
        let source = Bytes::from(source);
        let job = Job {
            source: source.dma_address(),
            target: target.dma_address(),
            len: BYTES,
            step: 0,
            operation: COPY,
        };
        let load = Load {
            job,
            _source: source.into_devres()?,
            target: target.into_devres()?,
            sum: checksum(wanted.iter().copied()),
            wanted,
            got: KVec::from_elem(0_u8, BYTES, GFP_KERNEL)?,
            round,
            rests: false,
        };
        // Held until the device was told: its answer needs what is there then.
        let mut there = self.shared.load.lock();
        let load = there.insert(load);
        self.submit(round, &load.job)
    }

    /// The device has something to say.
    pub(crate) fn go_on(&self) {
        if let Some(load) = &mut *self.shared.load.lock()
            && !load.rests
            && self.proceed(load).is_err()
        {
            // Said already.
            load.rests = true;
        }
    }

    fn proceed(&self, load: &mut Load) -> Result {
        let head = self.registers()?.read(HEAD).head();
        self.is_running()?;
        if head != tail(load.round) {
            return Ok(());
        }
        for slot in 0..DEPTH {
            self.check(load.round, slot, BYTES)?;
            if self.sum(slot)? != load.sum {
                dev_err!(self.device, "block {} is damaged", slot);
                return Err(EBADMSG);
            }
        }
        let target = load.target.access(self.device)?;
        target.view().as_slice().copy_to_slice(&mut load.got)?;
        if *load.got != *load.wanted {
            dev_err!(self.device, "what was moved last is damaged");
            return Err(EBADMSG);
        }
        load.round = load.round.wrapping_add(1);
        self.submit(load.round, &load.job)
    }

    /// The device has forgotten its ring, and has it again, with whatever is to move.
    pub(crate) fn begin_anew(&self) -> Result {
        let mut load = self.shared.load.lock();
        self.start()?;
        let Some(load) = &mut *load else {
            return Ok(());
        };
        (load.round, load.rests) = (0, false);
        self.submit(load.round, &load.job)
    }

    /// Ends it: nothing is begun afterwards, and what is under way is the device's.
    pub(crate) fn rest(&self) {
        if let Some(load) = &mut *self.shared.load.lock()
            && !load.rests
        {
            load.rests = true;
            if let (Ok(true), Ok(registers)) = (self.answers(), self.registers()) {
                let left = tail(load.round).wrapping_sub(registers.read(HEAD).head());
                dev_info!(self.device, "it is stopped with {} left to do", left);
            }
        }
    }
}
