// SPDX-License-Identifier: GPL-2.0-only

//! What happened on the bus.

use kernel::net::phy::reg::{C22, C45, Mmd};
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::seq_file::{SeqFile, SeqOperations};
use kernel::seq_print;
use kernel::sync::lock::MutexBackend;
use kernel::sync::{Guard, Mutex};

/// How many lines there may be.
const ROOM: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Register {
    Small(u8),
    Large(u8, u16),
    /// So many bytes of firmware, one after the other.
    Memory(u8, u32),
}

/// One access, before it is answered.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    address: u8,
    register: Register,
    written: Option<u16>,
}

impl Access {
    pub(crate) fn of_c22(address: u8, register: C22, written: Option<u16>) -> Self {
        Self {
            address,
            register: Register::Small(register.number()),
            written,
        }
    }

    pub(crate) fn of_c45(address: u8, register: C45, written: Option<u16>) -> Self {
        let (mmd, number) = (register.mmd(), register.number());
        let is_memory = matches!(mmd, Mmd::PCS | Mmd::PHYXS)
            && (0x8000..0xc000).contains(&number)
            && written.is_some();
        Self {
            address,
            register: if is_memory {
                Register::Memory(mmd.number(), 1)
            } else {
                Register::Large(mmd.number(), number)
            },
            written,
        }
    }
}

/// A line.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    access: Access,
    answer: Result<u16>,
}

/// The trace, while it is written.
#[pin_data]
pub(crate) struct Log {
    #[pin]
    trace: Mutex<Trace>,
}

impl Log {
    pub(crate) fn new() -> Result<impl PinInit<Self, Error>> {
        let trace = Trace::new()?;
        Ok(try_pin_init!(Self {
            trace <- new_mutex!(trace),
        }? Error))
    }

    pub(crate) fn set(&self, is_on: bool) {
        self.trace.lock().set(is_on);
    }

    pub(crate) fn add(&self, access: Access, answer: Result<u16>) {
        self.trace.lock().add(access, answer);
    }
}

pub(crate) struct Trace {
    is_on: bool,
    lines: KVVec<Line>,
    /// What had no room.
    lost: u32,
}

impl Trace {
    fn new() -> Result<Self> {
        Ok(Self {
            is_on: false,
            lines: KVVec::with_capacity(ROOM, GFP_KERNEL)?,
            lost: 0,
        })
    }

    /// Begins anew, or ends.
    fn set(&mut self, is_on: bool) {
        if is_on {
            self.lines.clear();
            self.lost = 0;
        }
        self.is_on = is_on;
    }

    /// Firmware makes one line for each of its two memories.
    fn add(&mut self, access: Access, answer: Result<u16>) {
        if !self.is_on {
            return;
        }
        if let (Register::Memory(mmd, _), Some(last)) = (access.register, self.lines.last_mut())
            && let Register::Memory(old, count) = &mut last.access.register
            && *old == mmd
            && last.answer.is_ok() == answer.is_ok()
        {
            *count = count.saturating_add(1);
            return;
        }
        if self
            .lines
            .push_within_capacity(Line { access, answer })
            .is_err()
        {
            self.lost = self.lost.saturating_add(1);
        }
    }
}

/// The file `trace`.
impl SeqOperations for Log {
    type Guard<'a> = Guard<'a, Trace, MutexBackend>;
    type Iter<'g> = core::slice::Iter<'g, Line>;

    fn lock(&self) -> Self::Guard<'_> {
        self.trace.lock()
    }

    fn iter<'g>(trace: &'g Self::Guard<'_>) -> Self::Iter<'g> {
        if trace.lost > 0 {
            pr_warn!("the trace has lost {} lines", trace.lost);
        }
        trace.lines.iter()
    }

    fn show(line: &&Line, seq: &SeqFile) -> Result {
        let Access {
            address,
            register,
            written,
        } = line.access;
        let what = if written.is_some() { "w" } else { "r" };
        seq_print!(seq, "{} {} ", address, what);
        match register {
            Register::Small(number) => seq_print!(seq, "{:x}", number),
            Register::Large(mmd, number) => seq_print!(seq, "{}.{:x}", mmd, number),
            Register::Memory(mmd, count) => seq_print!(seq, "{}.memory {}", mmd, count),
        }
        match (line.answer, register) {
            (Err(error), _) => seq_print!(seq, " {}\n", error),
            (Ok(_), Register::Memory(..)) => seq_print!(seq, "\n"),
            (Ok(value), _) => seq_print!(seq, " {:x}\n", value),
        }
        Ok(())
    }
}
