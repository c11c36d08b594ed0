// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The two queues in the guest's memory: commands from the driver, and what the GSP has to say.

use device_model::Memory;
use vgpu_facts::release::Arguments;

const PAGE: usize = 4096;
/// The pages of both queues, with the table of their addresses.
const PAGES: usize = 129;
/// The pages of a queue that hold messages.
const COUNT: u32 = 63;
const COMMANDS: usize = 0x1000;
const STATUS: usize = 0x4_1000;
const WRITE: usize = 0x10;
const READ: usize = 0x20;
const ENTRIES: usize = 0x1000;

/// What stands before the payload: the element's header, and the message's.
const ELEMENT: usize = 0x30;
const HEADER: usize = 0x50;
const MOST: usize = 0x1_0000;
/// The most that an element has of a payload; the rest comes in continuation records.
pub(super) const LARGEST: usize = MOST - HEADER;
const VERSION: u32 = 0x0300_0000;
const SIGNATURE: u32 = 0x4350_5256;

#[derive(Debug, Clone, Default)]
pub(in crate::gpu) struct Queue {
    /// Where the pages are.
    pages: Vec<u64>,
    /// Where it reads, and how many commands there were.
    read: u32,
    received: u32,
    /// Where it writes, and how many messages there were.
    write: u32,
    sent: u32,
}

impl Queue {
    /// Finds the queues by the arguments.
    pub(super) fn open(
        libos: u64,
        layout: &Arguments,
        memory: &impl Memory,
    ) -> Result<Self, String> {
        let fetch = |what: &str, at: u64, into: &mut [u8]| {
            let read = memory.read(at, into);
            read.map_err(|_| format!("{what} is at {at:#x}, where there is no memory"))
        };
        let word = |bytes: &[u8], at: usize| {
            u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or([0; 8]))
        };
        let mut entry = [0; 32];
        fetch("RMARGS", libos + 96, &mut entry)?;
        let mut arguments = vec![0; layout.size];
        fetch("RMARGS", word(&entry, 8), &mut arguments)?;
        let mut all = vec![
            ("pageTableEntryCount", 0x08, PAGES),
            ("cmdQueueOffset", 0x10, COMMANDS),
            ("statQueueOffset", 0x18, STATUS),
        ];
        all.extend(layout.dmem_stack.map(|at| ("bDmemStack", at, 1)));
        if let Some([commands, status]) = layout.lockless {
            all.push(("locklessCmdQueueOffset", commands, 0));
            all.push(("locklessStatQueueOffset", status, 0));
        }
        for (what, at, wanted) in all {
            let found = word(&arguments, at);
            if found != wanted as u64 {
                return Err(format!("{what} of RMARGS is {found:#x}, not {wanted:#x}"));
            }
        }
        let mut table = vec![0; 8 * PAGES];
        fetch("the queues' table", word(&arguments, 0), &mut table)?;
        let pages: Vec<u64> = table.chunks(8).map(|entry| word(entry, 0)).collect();
        if pages[0] != word(&arguments, 0) {
            return Err("the queues' table does not begin with itself".to_owned());
        }
        if let Some(wrong) = pages
            .iter()
            .position(|p| *p == 0 || !p.is_multiple_of(PAGE as u64))
        {
            return Err(format!(
                "page {wrong} of the queues is at {:#x}",
                pages[wrong]
            ));
        }
        let queue = Self {
            pages,
            ..Self::default()
        };
        for (what, at, wanted) in [
            ("version", 0x00, 0),
            ("size", 0x04, 0x4_0000),
            ("msgSize", 0x08, 0x1000),
            ("msgCount", 0x0c, COUNT),
            ("flags", 0x14, 1),
            ("rxHdrOff", 0x18, READ as u32),
            ("entryOff", 0x1c, ENTRIES as u32),
        ] {
            let found = queue.word(COMMANDS + at, memory)?;
            if found != wanted {
                return Err(format!(
                    "{what} of the command queue is {found:#x}, not {wanted:#x}"
                ));
            }
        }
        Ok(queue)
    }

    fn address(&self, at: usize) -> Result<u64, String> {
        let page = self.pages.get(at / PAGE);
        let page = page.ok_or_else(|| format!("{at:#x} is past the queues"))?;
        Ok(page + (at % PAGE) as u64)
    }

    fn word(&self, at: usize, memory: &impl Memory) -> Result<u32, String> {
        let mut bytes = [0; 4];
        let address = self.address(at)?;
        let read = memory.read(address, &mut bytes);
        read.map_err(|_| format!("there is no memory at {address:#x}"))?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn set(&self, at: usize, bytes: &[u8], memory: &impl Memory) -> Result<(), String> {
        let address = self.address(at)?;
        let write = memory.write(address, bytes);
        write.map_err(|_| format!("there is no memory at {address:#x}"))
    }

    /// The next command, and what stands behind its header.
    pub(super) fn receive(
        &mut self,
        memory: &impl Memory,
    ) -> Result<Option<(u32, Vec<u8>)>, String> {
        let write = self.word(COMMANDS + WRITE, memory)?;
        if write >= COUNT {
            return Err(format!("its write pointer is {write}, of {COUNT}"));
        }
        let there = (write + COUNT - self.read) % COUNT;
        if there == 0 {
            return Ok(None);
        }
        let mut message = self.pages_from(1, memory)?;
        let word = |message: &[u8], at: usize| {
            u32::from_le_bytes(message[at..at + 4].try_into().unwrap_or([0; 4]))
        };
        let length = word(&message, 0x38) as usize;
        let all = ELEMENT.saturating_add(length);
        if length < HEADER - ELEMENT || all > MOST {
            return Err(format!("a command has length {length:#x}"));
        }
        let count = all.div_ceil(PAGE) as u32;
        if count > there {
            return Err(format!(
                "a command has {count} pages, and {there} are there"
            ));
        }
        message = self.pages_from(count, memory)?;
        for (what, at, wanted) in [
            ("seqNum", 0x24, self.received),
            ("elemCount", 0x28, count),
            ("header_version", 0x30, VERSION),
            ("signature", 0x34, SIGNATURE),
            ("rpc_result", 0x40, u32::MAX),
            ("rpc_result_private", 0x44, u32::MAX),
        ] {
            let found = word(&message, at);
            if found != wanted {
                return Err(format!(
                    "{what} of a command is {found:#x}, not {wanted:#x}"
                ));
            }
        }
        message.truncate(all);
        if checksum(&message) != 0 {
            return Err("the checksum of a command is wrong".to_owned());
        }
        self.received = self.received.wrapping_add(1);
        self.read = (self.read + count) % COUNT;
        // The GSP's place in the commands is in the other queue.
        self.set(STATUS + READ, &self.read.to_le_bytes(), memory)?;
        Ok(Some((word(&message, 0x3c), message.split_off(HEADER))))
    }

    fn pages_from(&self, count: u32, memory: &impl Memory) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; count as usize * PAGE];
        for (index, page) in bytes.chunks_mut(PAGE).enumerate() {
            let place = (self.read as usize + index) % COUNT as usize;
            let address = self.address(COMMANDS + ENTRIES + place * PAGE)?;
            let read = memory.read(address, page);
            read.map_err(|_| format!("there is no memory at {address:#x}"))?;
        }
        Ok(bytes)
    }

    /// A message, ready to be sent.
    pub(super) fn message(&mut self, function: u32, payload: &[u8]) -> Vec<u8> {
        let mut message = vec![0; HEADER];
        let length = HEADER - ELEMENT + payload.len();
        let pages = (ELEMENT + length).div_ceil(PAGE);
        for (at, value) in [
            (0x24, self.sent),
            (0x28, pages as u32),
            (0x30, VERSION),
            (0x34, SIGNATURE),
            (0x38, length as u32),
            (0x3c, function),
        ] {
            message[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        message.extend(payload);
        let sum = checksum(&message);
        message[0x20..0x24].copy_from_slice(&sum.to_le_bytes());
        self.sent = self.sent.wrapping_add(1);
        message
    }

    /// Whether there is room for a message with so long a payload, and as much again.
    pub(super) fn has_room(&self, payload: usize, memory: &impl Memory) -> bool {
        let Ok(read) = self.word(COMMANDS + READ, memory) else {
            return false;
        };
        let free = (read % COUNT + COUNT - self.write - 1) % COUNT;
        2 * (HEADER + payload).div_ceil(PAGE) <= free as usize
    }

    /// Leaves a write pointer that cannot be.
    pub(super) fn lose(&self, memory: &impl Memory) {
        // Where there is no memory the pointer is lost anyway.
        let _ = self.set(STATUS + WRITE, &(COUNT + 1).to_le_bytes(), memory);
    }

    /// Puts a message where the driver finds it.
    pub(super) fn send(&mut self, message: &[u8], memory: &impl Memory) -> Result<(), String> {
        if self.pages.is_empty() {
            return Err("there are no queues".to_owned());
        }
        // The driver's place in the messages is in the other queue.
        let read = self.word(COMMANDS + READ, memory)?;
        if read >= COUNT {
            return Err(format!("the driver's read pointer is {read}, of {COUNT}"));
        }
        let free = (read + COUNT - self.write - 1) % COUNT;
        let count = message.len().div_ceil(PAGE);
        if count > free as usize {
            return Err(format!("a message has {count} pages, and {free} are free"));
        }
        for (index, page) in message.chunks(PAGE).enumerate() {
            let place = (self.write as usize + index) % COUNT as usize;
            self.set(STATUS + ENTRIES + place * PAGE, page, memory)?;
        }
        self.write = (self.write + count as u32) % COUNT;
        self.set(STATUS + WRITE, &self.write.to_le_bytes(), memory)
    }
}

fn checksum(message: &[u8]) -> u32 {
    let sum = message.chunks(8).fold(0, |sum, chunk| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        sum ^ u64::from_le_bytes(bytes)
    });
    (sum >> 32) as u32 ^ sum as u32
}
