// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a reset begins anew: the registers with effects, and the ring.

use super::registers as reg;
use crate::fault::{Fault, Faults};
use crate::{Memory, NoMemory};

/// A descriptor, as the device has read it.
#[derive(Debug, Clone, Copy)]
struct Descriptor {
    source: u64,
    destination: u64,
    length: u32,
    operation: u8,
    reserved: u8,
    id: u16,
    key: u32,
    rest: u32,
}

/// How a descriptor came out.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    status: u16,
    length: u32,
    sum: u32,
}

#[derive(Debug, Default)]
pub(super) struct Engine {
    enabled: bool,
    halted: bool,
    events: u32,
    mask: u32,
    completed: u32,
    ring: u64,
    done: u64,
    size: u32,
    head: u16,
    tail: u16,
    coalesce: u32,
    error: u32,
    scratch: u32,
    /// Completions that no interrupt has told of.
    untold: u32,
    due_completion: bool,
    due_error: bool,
}

impl Engine {
    pub(super) fn read(&mut self, offset: u32) -> u32 {
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        match offset {
            reg::CONTROL => flag(self.enabled, reg::CONTROL_ENABLE),
            reg::STATUS => {
                reg::STATUS_READY
                    | flag(self.enabled, reg::STATUS_RUNNING)
                    | flag(self.halted, reg::STATUS_HALTED)
            }
            reg::EVENTS => self.events,
            reg::EVENT_MASK => self.mask,
            reg::COMPLETED => std::mem::take(&mut self.completed),
            reg::RING_LOW => low(self.ring),
            reg::RING_HIGH => high(self.ring),
            reg::DONE_LOW => low(self.done),
            reg::DONE_HIGH => high(self.done),
            reg::SIZE => self.size,
            reg::HEAD => u32::from(self.head),
            reg::COALESCE => self.coalesce,
            reg::ERROR => self.error,
            reg::SCRATCH => self.scratch,
            // What can only be written, and what is not there.
            _ => 0,
        }
    }

    pub(super) fn write(&mut self, offset: u32, value: u32) {
        match offset {
            reg::CONTROL => self.control(value),
            reg::EVENTS => self.events &= !value,
            reg::EVENT_MASK => self.mask = value & (reg::EVENT_COMPLETION | reg::EVENT_ERROR),
            reg::COALESCE => self.coalesce = value,
            reg::SCRATCH => self.scratch = value,
            reg::DOORBELL => self.doorbell(value),
            // The ring stays where it is while it runs.
            _ if self.enabled => {}
            reg::RING_LOW => set_low(&mut self.ring, value),
            reg::RING_HIGH => set_high(&mut self.ring, value),
            reg::DONE_LOW => set_low(&mut self.done, value),
            reg::DONE_HIGH => set_high(&mut self.done, value),
            reg::SIZE => self.size = value,
            _ => {}
        }
    }

    fn control(&mut self, value: u32) {
        let enable = value & reg::CONTROL_ENABLE != 0;
        if enable == self.enabled {
            return;
        }
        self.enabled = false;
        if !enable {
            return;
        }
        let size_fits = self.size.is_power_of_two() && (2..=reg::MAX_ENTRIES).contains(&self.size);
        if !size_fits || !(self.ring | self.done).is_multiple_of(64) {
            self.fail(reg::ERROR_RING);
            return;
        }
        (self.head, self.tail, self.untold) = (0, 0, 0);
        self.halted = false;
        self.error = 0;
        self.enabled = true;
    }

    fn doorbell(&mut self, value: u32) {
        let tail = u16::try_from(value);
        match tail {
            Ok(tail) if self.enabled && u32::from(tail.wrapping_sub(self.head)) <= self.size => {
                self.tail = tail;
            }
            _ => self.fail(reg::ERROR_DOORBELL),
        }
    }

    fn fail(&mut self, error: u32) {
        self.error = error;
        self.events |= reg::EVENT_ERROR;
        self.due_error = true;
    }

    /// Tells of a completion that there was not, if the ring runs.
    pub(super) fn cry(&mut self) {
        if self.enabled {
            self.events |= reg::EVENT_COMPLETION;
            self.due_completion = true;
        }
    }

    /// Whether an event that is not masked is there.
    pub(super) fn asserts(&self) -> bool {
        self.events & self.mask != 0
    }

    /// The messages that are to be sent now.
    pub(super) fn due(&mut self) -> Vec<u16> {
        let mut due = Vec::new();
        let completion = std::mem::take(&mut self.due_completion);
        if completion && self.mask & reg::EVENT_COMPLETION != 0 {
            due.push(reg::MESSAGE_COMPLETION);
        }
        if std::mem::take(&mut self.due_error) && self.mask & reg::EVENT_ERROR != 0 {
            due.push(reg::MESSAGE_ERROR);
        }
        due
    }

    pub(super) fn has_work(&self) -> bool {
        self.enabled && !self.halted && self.head != self.tail
    }

    /// Works off one descriptor; says how many bytes of data were moved.
    pub(super) fn step(
        &mut self,
        memory: &impl Memory,
        may_master: bool,
        faults: &mut Faults,
    ) -> u64 {
        let read = if may_master {
            self.fetch(memory)
        } else {
            Err(NoMemory(self.ring))
        };
        let Ok(mut descriptor) = read else {
            self.halted = true;
            self.fail(reg::ERROR_DESCRIPTOR_DMA);
            return 0;
        };
        if faults.strikes(Fault::CorruptDescriptor) {
            descriptor.operation ^= 0x80;
        }
        if faults.strikes(Fault::CorruptAddress) {
            descriptor.destination ^= 1 << 63;
        }
        let mut outcome = execute(memory, &descriptor);
        let moved = u64::from(outcome.length);
        let mut id = descriptor.id;
        if faults.strikes(Fault::CorruptData) {
            damage(memory, &descriptor, outcome);
        }
        if faults.strikes(Fault::CorruptId) {
            id ^= 0x8000;
        }
        if faults.strikes(Fault::CorruptLength) {
            outcome.length = outcome.length.wrapping_add(0x1000);
        }
        if self.complete(memory, id, outcome).is_err() {
            self.halted = true;
            self.fail(reg::ERROR_COMPLETION_DMA);
            return moved;
        }
        self.head = self.head.wrapping_add(1);
        self.completed = self.completed.wrapping_add(1);
        self.events |= reg::EVENT_COMPLETION;
        self.untold = self.untold.saturating_add(1);
        if self.untold >= self.coalesce.max(1) || self.head == self.tail {
            self.untold = 0;
            self.due_completion = true;
        }
        moved
    }

    /// Where the entry is that `head` stands for, in a ring of entries of `size` bytes.
    fn entry(&self, ring: u64, size: usize) -> Result<u64, NoMemory> {
        // `size` is a power of two, by `control`.
        let index = u64::from(u32::from(self.head) & self.size.wrapping_sub(1));
        let offset = index * size as u64;
        ring.checked_add(offset).ok_or(NoMemory(ring))
    }

    fn fetch(&self, memory: &impl Memory) -> Result<Descriptor, NoMemory> {
        let mut bytes = [0; reg::DESCRIPTOR];
        memory.read(self.entry(self.ring, reg::DESCRIPTOR)?, &mut bytes)?;
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let [s0, s1, d0, d1, length, what, key, rest] = words;
        let [operation, reserved, id0, id1] = what.to_le_bytes();
        Ok(Descriptor {
            source: u64::from(s1) << 32 | u64::from(s0),
            destination: u64::from(d1) << 32 | u64::from(d0),
            length,
            operation,
            reserved,
            id: u16::from_le_bytes([id0, id1]),
            key,
            rest,
        })
    }

    fn complete(&self, memory: &impl Memory, id: u16, outcome: Outcome) -> Result<(), NoMemory> {
        let at = self.entry(self.done, reg::COMPLETION)?;
        // The first pass over the ring writes ones, the next zeros, and so on.
        let pass = u32::from(self.head) / self.size.max(1);
        let phase = u32::from(pass.is_multiple_of(2));
        let mut bytes = Vec::with_capacity(12);
        bytes.extend(outcome.length.to_le_bytes());
        bytes.extend(outcome.sum.to_le_bytes());
        bytes.extend([0; 4]);
        memory.write(at, &bytes)?;
        // What says that it is there comes last, at once.
        let word = u32::from(id) << 16 | u32::from(outcome.status) << 1 | phase;
        memory.write(at + 12, &word.to_le_bytes())
    }
}

fn execute(memory: &impl Memory, descriptor: &Descriptor) -> Outcome {
    let refused = |status| Outcome {
        status,
        length: 0,
        sum: 0,
    };
    let &Descriptor {
        length, operation, ..
    } = descriptor;
    if descriptor.reserved != 0 || descriptor.rest != 0 {
        return refused(reg::DONE_RESERVED);
    }
    if ![reg::OP_COPY, reg::OP_XOR, reg::OP_SUM].contains(&operation) {
        return refused(reg::DONE_OPERATION);
    }
    if length == 0 || length > reg::MAX_LENGTH {
        return refused(reg::DONE_LENGTH);
    }
    let mut data = vec![0; length as usize];
    if memory.read(descriptor.source, &mut data).is_err() {
        return refused(reg::DONE_DMA);
    }
    if operation == reg::OP_XOR {
        for (byte, key) in data
            .iter_mut()
            .zip(descriptor.key.to_le_bytes().into_iter().cycle())
        {
            *byte ^= key;
        }
    }
    if operation != reg::OP_SUM && memory.write(descriptor.destination, &data).is_err() {
        return refused(reg::DONE_DMA);
    }
    Outcome {
        status: reg::DONE_OK,
        length,
        sum: checksum(&data),
    }
}

/// FNV-1a.
fn checksum(data: &[u8]) -> u32 {
    data.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// Turns over a bit of what was written.
fn damage(memory: &impl Memory, descriptor: &Descriptor, outcome: Outcome) {
    if outcome.status != reg::DONE_OK || descriptor.operation == reg::OP_SUM {
        return;
    }
    let at = descriptor
        .destination
        .wrapping_add(u64::from(descriptor.length / 2));
    let mut byte = [0];
    if memory.read(at, &mut byte).is_ok() {
        // It could be written a moment ago.
        let _ = memory.write(at, &[byte[0] ^ 0x10]);
    }
}

fn low(value: u64) -> u32 {
    (value & 0xffff_ffff) as u32
}

fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

fn set_low(value: &mut u64, part: u32) {
    *value = *value & !0xffff_ffff | u64::from(part);
}

fn set_high(value: &mut u64, part: u32) {
    *value = *value & 0xffff_ffff | u64::from(part) << 32;
}
