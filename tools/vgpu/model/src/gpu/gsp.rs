// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the GSP does once its core runs: it reads commands, has the driver run a sequence, says that it
//! is ready, answers, and suspends; all that in the words of its release.

mod control;
mod event;
mod objects;
mod queue;

use device_model::Memory;
use vgpu_facts::falcon;
use vgpu_facts::register::*;
use vgpu_facts::release::{R570, Release};

use super::Gpu;
use super::booter::{GSP, SEC2};
use super::interrupts::SWGEN0;
use crate::fault::Fault;

use event::Events;
use objects::Objects;
use queue::LARGEST;
pub(super) use queue::Queue;

const SET_SYSTEM_INFO: u32 = 72;
const SET_REGISTRY: u32 = 73;
const GET_STATIC_INFO: u32 = 65;
const UNLOADING: u32 = 47;
const RM_CONTROL: u32 = 76;
const RM_ALLOC: u32 = 103;
const FREE: u32 = 10;
const UPDATE_BAR_PDE: u32 = 70;
const CONTINUATION: u32 = 71;
const INIT_DONE: u32 = 0x1001;
const RUN_SEQUENCER: u32 = 0x1002;
const UNKNOWN: u32 = 0x1fff;

/// No command is longer, in all its elements.
const LONGEST: usize = 1 << 20;

/// The result in a message of a failure: there is no memory.
const FAILED: u32 = 0x51;

/// What the first mailbox has when it is suspended.
const SUSPENDED: u32 = 0x8000_0000;
/// What a resume is acknowledged with.
const RESUMED: u32 = 1 << 26;

/// What the sequence writes where, so that a driver that does not run it is found out.
const MARK_AT: u32 = NV_PBUS_SW_SCRATCH + 4 * 0x20;
const MARK: u32 = 0x5ec0_00ff;
const MARK_MASK: u32 = 0x0000_00f0;
const MARKED: u32 = 0x5ec0_005f;

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Its core does not run.
    #[default]
    Off,
    /// It waits to be told of the system and of its settings.
    Starting,
    /// The driver has a sequence to run.
    Sequencing,
    /// The driver has reset it in that sequence.
    Resuming,
    /// It answers.
    Ready,
    /// It has suspended.
    Suspended,
}

/// The GSP's firmware.
#[derive(Debug, Clone)]
pub(super) struct Rm {
    release: &'static Release,
    state: State,
    queue: Queue,
    told_system: bool,
    told_settings: bool,
    /// A command of which there is more to come, and what has come.
    begun: Option<(u32, Vec<u8>)>,
    /// Where what the driver may use of memory ends.
    usable: u64,
    /// What it still has to say.
    events: Events,
    /// What a driver has made.
    objects: Objects,
}

impl Default for Rm {
    fn default() -> Self {
        Self {
            release: &R570,
            state: State::Off,
            queue: Queue::default(),
            told_system: false,
            told_settings: false,
            begun: None,
            usable: 0,
            events: Events::default(),
            objects: Objects::default(),
        }
    }
}

impl Gpu {
    /// The core begins to run firmware of this release, with its arguments at this address.
    pub(super) fn rm_start(
        &mut self,
        release: &'static Release,
        libos: u64,
        usable: u64,
        memory: &impl Memory,
    ) {
        self.rm = Rm {
            release,
            state: State::Starting,
            usable,
            ..Rm::default()
        };
        self.gsp_speaks();
        match Queue::open(libos, &release.arguments, memory) {
            Ok(queue) => {
                self.rm.queue = queue;
                if let Err(text) = write_logs(libos, memory) {
                    self.journal.complain(format!("the GSP's logs: {text}"));
                }
            }
            Err(text) => {
                self.journal
                    .complain(format!("the GSP cannot start: {text}"));
                self.rm.state = State::Off;
            }
        }
        self.rm_work(memory);
    }

    /// The GSP is reset.
    pub(super) fn rm_reset(&mut self) {
        self.rm.state = match self.rm.state {
            State::Sequencing | State::Resuming => State::Resuming,
            _ => State::Off,
        };
    }

    /// SEC2 is started: whether that resumes the GSP.
    pub(super) fn rm_resume(&mut self, memory: &impl Memory) -> bool {
        if self.rm.state != State::Resuming {
            return false;
        }
        if self.kept(MARK_AT) != MARKED {
            self.journal.complain(format!(
                "the sequence was not run: {} is {:#x}, not {MARKED:#x}",
                name(MARK_AT),
                self.kept(MARK_AT)
            ));
        }
        self.plain.insert(NV_PGC6_BSI_SECURE_SCRATCH_14, RESUMED);
        self.falcons[SEC2].keep(falcon::MAILBOX0, 0);
        self.falcons[SEC2].halts(true);
        self.falcons[GSP].riscv = true;
        self.gsp_speaks();
        self.rm.state = State::Ready;
        self.journal.say("the GSP is resumed");
        if !self.faults.strikes(Fault::InitDoneMissing) {
            self.rm_send(INIT_DONE, &[], memory);
        }
        true
    }

    /// Where what the firmware keeps for itself begins.
    pub(super) fn rm_reserved(&self) -> u64 {
        self.rm.usable
    }

    /// Whether the BARs go through the firmware's tables.
    pub(super) fn rm_has_tables(&self) -> bool {
        self.rm.state == State::Ready
    }

    /// Reads what commands there are, and does them.
    pub(super) fn rm_work(&mut self, memory: &impl Memory) {
        if matches!(
            self.rm.state,
            State::Off | State::Resuming | State::Suspended
        ) {
            return;
        }
        if self.faults.is(Fault::GspSilent) {
            return;
        }
        loop {
            match self.rm.queue.receive(memory) {
                Ok(None) => return,
                Ok(Some((function, payload))) => {
                    if let Some((function, payload)) = self.rm_whole(function, payload) {
                        self.rm_do(function, &payload, memory);
                    }
                }
                Err(text) => {
                    self.journal.complain(format!("the command queue: {text}"));
                    return;
                }
            }
        }
    }

    /// A command as a whole, with what continuation records have of it, once all of it has come.
    fn rm_whole(&mut self, function: u32, payload: Vec<u8>) -> Option<(u32, Vec<u8>)> {
        let is_more = payload.len() == LARGEST;
        let (function, payload) = match (function, self.rm.begun.take()) {
            (CONTINUATION, None) => {
                self.journal
                    .complain("a continuation record, and nothing that it goes on with");
                return None;
            }
            (CONTINUATION, Some((begun, mut all))) => {
                all.extend(payload);
                (begun, all)
            }
            (function, begun) => {
                if let Some((begun, _)) = begun {
                    self.journal.complain(format!(
                        "function {begun} is full, and function {function} comes rather than a continuation record"
                    ));
                }
                (function, payload)
            }
        };
        if payload.len() > LONGEST {
            self.journal
                .complain(format!("function {function} has more than {LONGEST} bytes"));
            return None;
        }
        if is_more {
            self.rm.begun = Some((function, payload));
            return None;
        }
        Some((function, payload))
    }

    fn rm_do(&mut self, function: u32, payload: &[u8], memory: &impl Memory) {
        self.journal.say(format!(
            "the GSP: function {function}, {} bytes",
            payload.len()
        ));
        match function {
            SET_SYSTEM_INFO => {
                self.rm.told_system = true;
                if let Err(text) = self.check_system(payload) {
                    self.journal.complain(format!("SET_SYSTEM_INFO: {text}"));
                }
            }
            SET_REGISTRY => {
                self.rm.told_settings = true;
                match settings(payload) {
                    Ok(text) => self.journal.say(format!("the GSP: settings {text}")),
                    Err(text) => self.journal.complain(format!("SET_REGISTRY: {text}")),
                }
            }
            GET_STATIC_INFO if self.rm.state == State::Ready => {
                let size = self.rm.release.info.size;
                if payload.len() != size {
                    self.journal.complain(format!(
                        "GET_GSP_STATIC_INFO has {} bytes, not {size}",
                        payload.len()
                    ));
                }
                let info = self.static_info();
                self.rm_send(function, &info, memory);
            }
            RM_CONTROL if self.rm.state == State::Ready => {
                let reply = self.control(payload);
                self.rm_send(function, &reply, memory);
            }
            RM_ALLOC if self.rm.state == State::Ready => {
                let reply = self.make_object(payload);
                self.rm_send(function, &reply, memory);
            }
            FREE if self.rm.state == State::Ready => {
                let reply = self.free_object(payload);
                self.rm_send(function, &reply, memory);
            }
            UPDATE_BAR_PDE if self.rm.state == State::Ready => {
                if let Err(text) = self.update_directory(payload) {
                    self.journal.complain(format!("UPDATE_BAR_PDE: {text}"));
                }
                self.rm_send(function, payload, memory);
            }
            UNLOADING => {
                if payload.len() != 8 {
                    self.journal
                        .complain("UNLOADING_GUEST_DRIVER does not have 8 bytes");
                }
                self.rm_send(function, payload, memory);
                if !self.faults.is(Fault::SuspendNever) {
                    self.falcons[GSP].keep(falcon::MAILBOX0, SUSPENDED);
                    self.rm.state = State::Suspended;
                    self.journal.say("the GSP has suspended");
                }
            }
            other => self.journal.complain(format!(
                "function {other} is not one that the GSP has, or not now ({:?})",
                self.rm.state
            )),
        }
        if self.rm.state == State::Starting && self.rm.told_system && self.rm.told_settings {
            self.rm.state = State::Sequencing;
            let sequence = sequence();
            self.rm_send(RUN_SEQUENCER, &sequence, memory);
        }
    }

    /// Sends a message, in as many elements as it takes.
    fn rm_send(&mut self, function: u32, payload: &[u8], memory: &impl Memory) {
        let (first, rest) = payload.split_at(payload.len().min(LARGEST));
        self.rm_send_element(function, first, memory);
        for more in rest.chunks(LARGEST) {
            self.rm_send_element(CONTINUATION, more, memory);
        }
    }

    fn rm_send_element(&mut self, function: u32, payload: &[u8], memory: &impl Memory) {
        let mut function = function;
        if self.faults.strikes(Fault::MessageSkipped) {
            return;
        }
        if self.faults.strikes(Fault::MessageUnknown) {
            function = UNKNOWN;
        }
        let mut payload = payload;
        if self.faults.strikes(Fault::MessageTruncated) {
            payload = payload.get(..4).unwrap_or(payload);
        }
        let mut message = self.rm.queue.message(function, payload);
        if self.faults.strikes(Fault::MessageFailed) {
            // The same in both halves of 64 bits, so that the checksum stays right.
            message[0x40..0x44].copy_from_slice(&FAILED.to_le_bytes());
            message[0x44..0x48].copy_from_slice(&FAILED.to_le_bytes());
        }
        if self.faults.strikes(Fault::MessageChecksum) {
            message[0x20] ^= 1;
        }
        if self.faults.strikes(Fault::MessageLength) {
            message[0x38..0x3c].fill(0xff);
        }
        let times = if self.faults.strikes(Fault::MessageReplayed) {
            2
        } else {
            1
        };
        for _ in 0..times {
            if let Err(text) = self.rm.queue.send(&message, memory) {
                self.journal.complain(format!("the status queue: {text}"));
            }
        }
        if self.faults.strikes(Fault::PointerWild) {
            self.rm.queue.lose(memory);
        }
        let pending = self.falcons[GSP].kept(falcon::IRQSTAT) | SWGEN0;
        self.falcons[GSP].keep(falcon::IRQSTAT, pending);
    }

    /// Whether what a driver tells of the system is so.
    fn check_system(&self, payload: &[u8]) -> Result<(), String> {
        let layout = &self.rm.release.system;
        if payload.len() != layout.size {
            return Err(format!("{} bytes, not {}", payload.len(), layout.size));
        }
        let mut bars = [0; 24];
        self.config.read(0x10, &mut bars);
        let word = |bytes: &[u8], at: usize| {
            let bytes = bytes[at..at + 8].try_into().unwrap_or([0; 8]);
            u64::from_le_bytes(bytes)
        };
        for (what, at, wanted) in [
            ("gpuPhysAddr", 0x00, word(&bars, 0) & 0xffff_fff0),
            ("gpuPhysFbAddr", 0x08, word(&bars, 4) & !0xf),
            ("gpuPhysInstAddr", 0x10, word(&bars, 12) & !0xf),
            (
                "pciConfigMirrorBase and Size",
                layout.mirror,
                0x1000 << 32 | 0x8_8000,
            ),
        ] {
            let found = word(payload, at);
            if found != wanted {
                return Err(format!("{what} is {found:#x}, not {wanted:#x}"));
            }
        }
        let id = u64::from(self.chip.device) << 16 | 0x10de;
        let told = layout.ids.map(|at| word(payload, at) & 0xffff_ffff);
        if let Some(told) = told.filter(|told| *told != id) {
            return Err(format!("PCIDeviceID is {told:#x}, not {id:#x}"));
        }
        if word(payload, layout.max_user_va) == 0 {
            return Err("maxUserVa is 0".to_owned());
        }
        Ok(())
    }

    fn static_info(&self) -> Vec<u8> {
        let layout = &self.rm.release.info;
        let mut info = vec![0; layout.size];
        let mut put = |at: usize, bytes: &[u8]| info[at..at + bytes.len()].copy_from_slice(bytes);
        let size = self.vram.size();
        let usable = self.rm.usable;
        // What the driver may use, if it has left itself something, and what is the firmware's.
        let regions = [
            (0, usable, 0, [1, 1, 0]),
            (usable, size, size - usable, [0, 0, 1]),
        ];
        let regions = regions.into_iter().filter(|(start, end, ..)| start < end);
        let mut count = 0_u32;
        for ((start, end, reserved, flags), at) in regions.zip((layout.regions + 8..).step_by(0x30))
        {
            put(at, &start.to_le_bytes());
            put(at + 8, &(end - 1).to_le_bytes());
            put(at + 0x10, &u64::to_le_bytes(reserved));
            put(at + 0x1c, &flags);
            count += 1;
        }
        if self.faults.is(Fault::RegionsHuge) {
            count = u32::MAX;
        }
        put(layout.regions, &count.to_le_bytes());
        put(layout.fb_length, &size.to_le_bytes());
        let card = format!("NVIDIA {}", self.chip.card);
        put(layout.name, card.as_bytes());
        put(layout.short_name, self.chip.name.as_bytes());
        if self.faults.is(Fault::NameEndless) {
            put(layout.name, &[b'A'; 64]);
        }
        let handles = [control::CLIENT, control::DEVICE, control::SUBDEVICE];
        if let Some(at) = layout.gpcs {
            put(at, &control::GPCS.to_le_bytes());
            for gpc in (0..32).filter(|gpc| control::GPCS >> gpc & 1 == 1) {
                let at = at + 4 + 8 * gpc as usize;
                put(at, &u32::to_le_bytes(gpc));
                put(at + 4, &control::TPCS.to_le_bytes());
            }
        }
        for (at, bar) in [(layout.bar_tables, 1), (layout.bar_tables + 8, 2)] {
            put(at, &self.own_directory(bar).to_le_bytes());
        }
        for (at, handle) in (layout.handles..).step_by(4).zip(handles) {
            put(at, &handle.to_le_bytes());
        }
        info
    }
}

/// Where the words of a log begin, behind its index and the places of its pages.
const LOG_WORDS: u64 = 17;

/// Writes the name of each log into it, as its first word.
fn write_logs(libos: u64, memory: &impl Memory) -> Result<(), String> {
    for (index, name) in (0..).zip([*b"LOGINIT\0", *b"LOGINTR\0", *b"LOGRM\0\0\0"]) {
        let mut address = [0; 8];
        let entry = libos + 32 * index + 8;
        let result = memory.read(entry, &mut address).and_then(|()| {
            let log = u64::from_le_bytes(address);
            // It was checked, but the guest may have changed it since.
            memory.write(log.saturating_add(8 * LOG_WORDS), &name)?;
            memory.write(log, &(LOG_WORDS + 1).to_le_bytes())
        });
        result.map_err(|_| format!("argument {index} is where there is no memory"))?;
    }
    Ok(())
}

/// A sequence with every opcode.
fn sequence() -> Vec<u8> {
    let words = [
        // Writes, changes some bits, and waits for what that leaves.
        vec![0, MARK_AT, MARK],
        vec![1, MARK_AT, MARK_MASK, 0x50],
        vec![2, MARK_AT, MARK_MASK, 0x50, 0, 0],
        vec![3, 10],
        vec![4, MARK_AT, 0],
        // Core: reset, start, wait until it halts, resume.
        vec![5],
        vec![6],
        vec![7],
        vec![8],
    ]
    .concat();
    let count = words.len() as u32;
    let mut all = vec![count, count];
    all.extend([0; 8]);
    all.extend(words);
    all.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// So much of a setting's name is shown, in bytes.
const LONGEST_NAME: usize = 64;

/// What the settings are, as text.
fn settings(payload: &[u8]) -> Result<String, String> {
    let word = |at: usize| {
        let bytes = payload.get(at..at + 4).and_then(|b| b.try_into().ok());
        let word = bytes.map(u32::from_le_bytes);
        word.ok_or_else(|| format!("there is nothing at {at:#x}"))
    };
    if word(0)? as usize != payload.len() {
        return Err(format!(
            "its size is {}, and it has {} bytes",
            word(0)?,
            payload.len()
        ));
    }
    let mut text = Vec::new();
    for index in 0..(word(4)? as usize).min(1000) {
        let at = 8 + 16 * index;
        let name = payload.get(word(at)? as usize..).unwrap_or_default();
        let end = name.iter().position(|byte| *byte == 0);
        let end = end.ok_or_else(|| format!("entry {index} has no name"))?;
        // Entries may share a long name, and there may be many of them.
        let name = String::from_utf8_lossy(&name[..end.min(LONGEST_NAME)]).into_owned();
        text.push(format!("{name}={:#x}", word(at + 8)?));
    }
    Ok(text.join(" "))
}
