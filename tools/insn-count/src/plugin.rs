// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What QEMU loads, and calls.
//!
//! C header: `qemu-plugin.h`, as of version 7 of the interface, which no package has.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fs::File;
use std::io::Write as _;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::arguments::Arguments;
use crate::marker::{LENGTH, Marker};
use crate::recorder::{Recorder, error};

/// The version of the interface; QEMU looks for it by this name.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = 7;

/// `qemu_plugin_u64`: one counter of each CPU, in the CPU's part of a scoreboard.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Entry {
    board: *mut c_void,
    offset: usize,
}

/// `QEMU_PLUGIN_INLINE_ADD_U64`
const ADD: c_int = 0;
/// `QEMU_PLUGIN_CB_NO_REGS`
const NO_REGISTERS: c_int = 0;

type Translated = extern "C" fn(block: *mut c_void, userdata: *mut c_void);
type Executed = extern "C" fn(cpu: c_uint, userdata: *mut c_void);

unsafe extern "C" {
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: u64, callback: Translated, data: *mut c_void);
    fn qemu_plugin_tb_n_insns(block: *const c_void) -> usize;
    fn qemu_plugin_tb_get_insn(block: *const c_void, index: usize) -> *mut c_void;
    fn qemu_plugin_insn_data(insn: *const c_void, to: *mut c_void, length: usize) -> usize;
    fn qemu_plugin_insn_vaddr(insn: *const c_void) -> u64;
    fn qemu_plugin_scoreboard_new(size: usize) -> *mut c_void;
    fn qemu_plugin_u64_sum(entry: Entry) -> u64;
    fn qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
        insn: *mut c_void,
        operation: c_int,
        entry: Entry,
        operand: u64,
    );
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        insn: *mut c_void,
        callback: Executed,
        flags: c_int,
        data: *mut c_void,
    );
}

/// Tells this interface's order of a callback's arguments from that of earlier ones.
const COOKIE: usize = 0x4645_5252;

/// How many counters one scoreboard has. QEMU makes a scoreboard for sixteen CPUs at least.
const PER_BOARD: usize = 4096;

static STATE: Mutex<Option<State>> = Mutex::new(None);

struct State {
    recorder: Recorder,
    boards: Vec<Board>,
    out: File,
    refused: bool,
}

/// A scoreboard, which lives as long as QEMU does.
struct Board(*mut c_void);

// SAFETY:
// - It is a handle, which is only handed back to QEMU.
// - QEMU guards its scoreboards by a lock of its own, whichever thread asks.
unsafe impl Send for Board {}

impl State {
    /// The counter of a slot, with the scoreboard that it is in.
    fn entry(&mut self, slot: usize) -> Entry {
        while self.boards.len() <= slot / PER_BOARD {
            // SAFETY: it may be called at any time after the plugin's installation has begun; QEMU
            // aborts rather than return without memory.
            let board = unsafe { qemu_plugin_scoreboard_new(PER_BOARD * size_of::<u64>()) };
            self.boards.push(Board(board));
        }
        entry(&self.boards, slot)
    }

    fn marker(&mut self, marker: Marker) {
        let boards = &self.boards;
        let read = |slot: usize| {
            if slot / PER_BOARD >= boards.len() {
                return 0;
            }
            // SAFETY: the entry lies in a scoreboard of PER_BOARD counters, which is never freed.
            unsafe { qemu_plugin_u64_sum(entry(boards, slot)) }
        };
        if let Some(line) = self.recorder.marker(marker, read) {
            self.say(&line);
        }
    }

    /// Writes a line of the report. Whoever reads it misses what could not be written.
    fn say(&mut self, line: &str) {
        if let Err(error) = writeln!(self.out, "{line}") {
            eprintln!("insn-count: cannot write the report: {error}");
        }
    }
}

fn entry(boards: &[Board], slot: usize) -> Entry {
    Entry {
        board: boards[slot / PER_BOARD].0,
        offset: slot % PER_BOARD * size_of::<u64>(),
    }
}

fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the arguments and asks to be told of every translation.
///
/// # Safety
///
/// QEMU calls it, once, with `count` C strings in `words`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: u64,
    _info: *const c_void,
    count: c_int,
    words: *const *const c_char,
) -> c_int {
    let words = (0..usize::try_from(count).unwrap_or(0)).map(|index| {
        // SAFETY:
        // - The caller vouches for `count` pointers from `words` on.
        // - Each is a C string that outlives this call.
        unsafe { CStr::from_ptr(*words.add(index)) }
    });
    let words: Result<Vec<_>, _> = words.map(CStr::to_str).collect();
    let installed = words
        .map_err(|error| error.to_string())
        .and_then(Arguments::parse)
        .and_then(|arguments| {
            let out = File::create(&arguments.out)
                .map_err(|error| format!("{}: {error}", arguments.out.display()))?;
            Ok(State {
                recorder: Recorder::new(arguments.kernel),
                boards: Vec::new(),
                out,
                refused: false,
            })
        });
    match installed {
        Ok(new) => *state() = Some(new),
        Err(error) => {
            eprintln!("insn-count: {error}");
            return -1;
        }
    }
    // SAFETY:
    // - `id` is what QEMU calls this plugin.
    // - The callback is a function of this library, which stays loaded; its data is no pointer.
    unsafe {
        qemu_plugin_register_vcpu_tb_trans_cb(id, translated, ptr::without_provenance_mut(COOKIE));
    }
    0
}

/// QEMU has translated a block: gives its instructions a counter, and its markers a callback.
extern "C" fn translated(block: *mut c_void, userdata: *mut c_void) {
    let mut state = state();
    let Some(state) = state.as_mut() else { return };
    if userdata.addr() != COOKIE {
        if !std::mem::replace(&mut state.refused, true) {
            state.say(&error(
                "this QEMU passes other arguments than version 7 of its interface",
            ));
        }
        return;
    }
    // SAFETY: `block` is the block that is being translated, as the cookie has shown.
    let count = unsafe { qemu_plugin_tb_n_insns(block) };
    let mut counter = None;
    for index in 0..count {
        // SAFETY: as above, and it has more than `index` instructions.
        let insn = unsafe { qemu_plugin_tb_get_insn(block, index) };
        let counter = *counter.get_or_insert_with(|| {
            // SAFETY: `insn` is an instruction of the block that is being translated.
            let address = unsafe { qemu_plugin_insn_vaddr(insn) };
            let slot = state.recorder.slot(address);
            state.entry(slot)
        });
        // SAFETY:
        // - As above.
        // - The entry lies in a scoreboard that is never freed.
        unsafe { qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, ADD, counter, 1) };
        let mut bytes = [0; LENGTH];
        // SAFETY: as above, and there is room for as many bytes as are asked for.
        let length = unsafe { qemu_plugin_insn_data(insn, (&raw mut bytes).cast(), LENGTH) };
        if length != LENGTH {
            continue;
        }
        if let Some(marker) = Marker::read(&bytes) {
            let data = ptr::without_provenance_mut(marker.encode() as usize);
            // SAFETY: as above; the callback stays loaded, and its data is no pointer.
            unsafe { qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, NO_REGISTERS, data) };
        }
    }
}

/// A marker is executed.
extern "C" fn executed(_cpu: c_uint, userdata: *mut c_void) {
    let marker = u32::try_from(userdata.addr()).ok().and_then(Marker::decode);
    if let (Some(marker), Some(state)) = (marker, state().as_mut()) {
        state.marker(marker);
    }
}
