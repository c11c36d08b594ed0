// SPDX-License-Identifier: GPL-2.0-only

//! The rings of descriptors and of completions.

use bitfield_struct::bitfield;
use kernel::device::{Bound, Device};
use kernel::dma::DmaAddress;
use kernel::io::poll::read_poll_timeout;
use kernel::io::{Io, Register};
use kernel::pci::{self, Bar};
use kernel::prelude::*;
use kernel::sync::barrier::{dma_rmb, dma_wmb};
use kernel::time::{Delta, Instant, Monotonic, msecs_to_jiffies};
use kernel::{dma_project, dma_read, dma_write};
use zerocopy::{FromBytes, IntoBytes};

use crate::registers::{
    CAPS, COALESCE, CONTROL, DONE_HIGH, DONE_LOW, DOORBELL, ERROR, EVENT_MASK, HEAD, ID, NAME,
    RING_HIGH, RING_LOW, SIZE, SPAN, STATUS, VERSION, is_gone,
};
use crate::{Shared, module_parameters};

/// How many descriptors are under way at once; a power of two.
pub(crate) const DEPTH: usize = 64;
/// How many bytes each moves.
pub(crate) const BLOCK: usize = 256;

/// What the device is to do.
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct Descriptor {
    source: u64,
    target: u64,
    len: u32,
    operation: u8,
    reserved: u8,
    id: u16,
    key: u32,
    rest: u32,
}

/// Operations.
pub(crate) const COPY: u8 = 1;
const XOR: u8 = 2;

/// What it has done.
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct Done {
    len: u32,
    sum: u32,
    reserved: u32,
    /// An [`Outcome`].
    what: u32,
}

/// The last word of a completion: all of it is written at once.
#[bitfield(u32, debug = false, default = false, new = false)]
struct Outcome {
    /// Turns over with each pass over the ring.
    #[bits(access = RO)]
    phase: bool,
    /// 0 if it went well.
    #[bits(15, access = RO)]
    status: u16,
    /// The descriptor's.
    #[bits(access = RO)]
    id: u16,
}

/// What a descriptor asks for, and the next one a step further on.
pub(crate) struct Job {
    pub(crate) source: DmaAddress,
    pub(crate) target: DmaAddress,
    pub(crate) len: usize,
    pub(crate) step: usize,
    pub(crate) operation: u8,
}

/// A device that is bound, with what its driver has for it.
pub(crate) struct Queue<'a> {
    pub(crate) device: &'a Device<Bound>,
    pub(crate) shared: &'a Shared,
}

impl<'a> Queue<'a> {
    pub(crate) fn registers(&self) -> Result<&'a Bar<'static, SPAN>> {
        self.shared.registers.access(self.device)
    }

    pub(crate) fn answers(&self) -> Result<bool> {
        Ok(self.registers()?.read(ID).into_word() == NAME)
    }

    /// The device still is what it was.
    fn is_there(&self) -> Result {
        if self.answers()? {
            return Ok(());
        }
        dev_err!(self.device, "the device is gone");
        Err(ENODEV)
    }

    /// The device forgets what it was told.
    pub(crate) fn reset(&self) -> Result {
        let registers = self.registers()?;
        self.is_there()?;
        registers.write(CONTROL, CONTROL::zeroed().with_reset(true));
        let ended = read_poll_timeout(
            || Ok(registers.read(CONTROL)),
            |control| is_gone(*control) || !control.reset(),
            Delta::from_micros(100),
            Delta::from_secs(5),
        );
        ended.inspect_err(|_| dev_err!(self.device, "its reset does not end"))?;
        self.is_there()
    }

    /// It is a device that this driver knows how to use.
    pub(crate) fn identify(&self) -> Result {
        let registers = self.registers()?;
        let version = registers.read(VERSION).into_word();
        let entries = registers.read(CAPS).entries();
        self.is_there()?;
        if version != 1 {
            dev_err!(self.device, "it is of version {}, not 1", version);
            return Err(ENODEV);
        }
        if usize::from(entries) < DEPTH {
            dev_err!(self.device, "its rings have {} entries at most", entries);
            return Err(ENODEV);
        }
        Ok(())
    }

    /// Has the device use the rings, from their first entries on.
    pub(crate) fn start(&self) -> Result {
        let registers = self.registers()?;
        let ring = self.shared.ring.access(self.device)?.dma_address();
        let completions = self.shared.done.access(self.device)?;
        for slot in 0..DEPTH {
            // What was done before a reset says nothing of what comes after it.
            dma_write!(completions, [slot]?.what, 0);
        }
        let done = completions.dma_address();
        registers.write(RING_LOW, RING_LOW::from_word(low(ring)));
        registers.write(RING_HIGH, RING_HIGH::from_word(high(ring)));
        registers.write(DONE_LOW, DONE_LOW::from_word(low(done)));
        registers.write(DONE_HIGH, DONE_HIGH::from_word(high(done)));
        registers.write(SIZE, SIZE::from_word(DEPTH as u32));
        registers.write(COALESCE, COALESCE::from_word(DEPTH as u32));
        let events = EVENT_MASK::zeroed();
        registers.write(EVENT_MASK, events.with_completion(true).with_error(true));
        registers.write(CONTROL, CONTROL::zeroed().with_enable(true));
        self.is_there()?;
        if !registers.read(STATUS).running() {
            let error = registers.read(ERROR).into_word();
            dev_err!(self.device, "it does not take the ring: {}", error);
            return Err(EIO);
        }
        Ok(())
    }

    /// The device leaves the memory alone from here on: it is reset, or else loses the bus.
    pub(crate) fn stop(&self, enabled: &pci::Enabled<'_>) {
        self.rest();
        // Without a word about one that is gone: that was said where it mattered.
        let is_stopped = self.answers() == Ok(true) && self.reset().is_ok();
        if !is_stopped {
            // It may be there, and go on all the same.
            enabled.clear_master();
        }
    }

    /// Fills the ring with descriptors of a job, and tells the device.
    pub(crate) fn submit(&self, round: u32, job: &Job) -> Result {
        let places = |slot: usize| {
            let offset = slot.wrapping_mul(job.step) as u64;
            let source = job.source.wrapping_add(offset);
            Ok((source, job.target.wrapping_add(offset)))
        };
        self.fill(round, job.len, job.operation, places)
    }

    /// Fills the ring, and tells the device. `places` says where a descriptor's bytes come from, and
    /// where they go.
    fn fill(
        &self,
        round: u32,
        len: usize,
        operation: u8,
        places: impl Fn(usize) -> Result<(DmaAddress, DmaAddress)>,
    ) -> Result {
        let ring = self.shared.ring.access(self.device)?;
        for slot in 0..DEPTH {
            let (source, target) = places(slot)?;
            let descriptor = Descriptor {
                source,
                target,
                len: len as u32,
                operation,
                reserved: 0,
                id: id(round, slot),
                key: key(round),
                rest: 0,
            };
            dma_write!(ring, [slot]?, descriptor);
        }
        dma_wmb();
        let doorbell = DOORBELL::zeroed().with_tail(tail(round));
        self.registers()?.write(DOORBELL, doorbell);
        Ok(())
    }

    /// Has the device move one block after the other, and waits for all of them.
    pub(crate) fn round(&self, round: u32, source: DmaAddress, target: DmaAddress) -> Result {
        let job = Job {
            source,
            target,
            len: BLOCK,
            step: BLOCK,
            operation: XOR,
        };
        self.submit(round, &job)?;
        self.end(round)
    }

    /// The same with blocks that lie anywhere.
    pub(crate) fn round_of_pieces(
        &self,
        round: u32,
        places: impl Fn(usize) -> Result<(DmaAddress, DmaAddress)>,
    ) -> Result {
        self.fill(round, BLOCK, XOR, places)?;
        self.end(round)
    }

    fn end(&self, round: u32) -> Result {
        self.wait(tail(round))?;
        (0..DEPTH).try_for_each(|slot| self.check(round, slot, BLOCK))
    }

    /// The device is there, and has not stopped.
    pub(crate) fn is_running(&self) -> Result {
        let registers = self.registers()?;
        let status = registers.read(STATUS);
        self.is_there()?;
        if status.running() && !status.halted() {
            return Ok(());
        }
        let error = registers.read(ERROR).into_word();
        dev_err!(self.device, "it has stopped, with error {}", error);
        Err(EIO)
    }

    /// Looks every now and then whether the device is still there: one that is gone sends nothing, and
    /// one that sends something need not have done anything.
    fn wait(&self, tail: u16) -> Result {
        const LOOK_MS: u32 = 100;
        let registers = self.registers()?;
        let patience = Delta::from_millis(i64::from(module_parameters::timeout_ms.get()));
        let start = Instant::<Monotonic>::now();
        loop {
            // Asked before the device is, which has the last word.
            let is_last = start.elapsed() >= patience;
            let look = msecs_to_jiffies(LOOK_MS);
            let heard = self.shared.heard.wait_for_completion_timeout(look).is_ok();
            let left = tail.wrapping_sub(registers.read(HEAD).head());
            self.is_running()?;
            if heard && left == 0 {
                return Ok(());
            }
            if !is_last {
                continue;
            }
            if left == 0 {
                dev_err!(self.device, "all is done, and no interrupt came");
            } else {
                dev_err!(self.device, "it does nothing, with {} left to do", left);
            }
            return Err(ETIMEDOUT);
        }
    }

    /// What the device says of one descriptor.
    pub(crate) fn check(&self, round: u32, slot: usize, asked: usize) -> Result {
        let done = self.shared.done.access(self.device)?;
        let done = dma_project!(done, [slot]?);
        let outcome = Outcome::from_bits(dma_read!(done, .what));
        // The rest was written before that.
        dma_rmb();
        let len = dma_read!(done, .len);
        let wrong = if outcome.phase() != phase(round) {
            "it says done, and has not said what"
        } else if outcome.id() != id(round, slot) {
            "a completion has an id that was not asked for"
        } else if outcome.status() != 0 {
            "a descriptor was refused"
        } else if len as usize != asked {
            "a completion has a wrong length"
        } else {
            return Ok(());
        };
        dev_err!(
            self.device,
            "{}: id {}, status {}, {} bytes",
            wrong,
            outcome.id(),
            outcome.status(),
            len
        );
        Err(EIO)
    }

    /// The checksum in a completion.
    pub(crate) fn sum(&self, slot: usize) -> Result<u32> {
        let done = self.shared.done.access(self.device)?;
        Ok(dma_read!(done, [slot]?.sum))
    }

    /// Whether what came is what was to come, and the device has seen the same.
    pub(crate) fn compare(&self, round: u32, sent: &[u8], got: &[u8]) -> Result {
        let key = key(round).to_le_bytes();
        let blocks = sent.chunks(BLOCK).zip(got.chunks(BLOCK));
        for (slot, (sent, got)) in (0..DEPTH).zip(blocks) {
            let wanted = || {
                sent.iter()
                    .zip(key.iter().cycle())
                    .map(|(byte, key)| byte ^ key)
            };
            if checksum(wanted()) != self.sum(slot)? || !wanted().eq(got.iter().copied()) {
                dev_err!(self.device, "block {} is damaged", slot);
                return Err(EBADMSG);
            }
        }
        Ok(())
    }
}

/// FNV-1a.
pub(crate) fn checksum(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// How many descriptors there have been after a round, modulo 65536.
pub(crate) fn tail(round: u32) -> u16 {
    round.wrapping_add(1).wrapping_mul(DEPTH as u32) as u16
}

/// The phase of a round, which is a pass over the ring.
fn phase(round: u32) -> bool {
    round & 1 == 0
}

/// No two that are under way at once have the same. The upper bit is never there: with it, an id that
/// was damaged could be that of another.
fn id(round: u32, slot: usize) -> u16 {
    round.wrapping_mul(DEPTH as u32).wrapping_add(slot as u32) as u16 & 0x7fff
}

fn key(round: u32) -> u32 {
    round.wrapping_mul(0x0101_0101).wrapping_add(0x1234_5678)
}

fn low(address: u64) -> u32 {
    address as u32
}

fn high(address: u64) -> u32 {
    (address >> 32) as u32
}
