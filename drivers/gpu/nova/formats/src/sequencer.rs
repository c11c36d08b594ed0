// SPDX-License-Identifier: GPL-2.0-only

//! The register accesses that the GSP asks the driver for while it starts (`GSP_RUN_CPU_SEQUENCER`).
//!
//! All commands are decoded before the first is given out: a list that is broken in the middle is not
//! begun. Registers are known to lie in the card's 16 MiB of them and to be aligned.

use zerocopy::FromBytes as _;
use zerocopy::little_endian::U32;

use crate::bytes::{Bytes, index};
use crate::{Part, Result, What};

/// How many registers the list can have stored.
pub const SAVED: usize = 8;
/// The bytes of registers that a card has.
const REGISTERS: u32 = 16 << 20;

layout! {
    /// `rpc_run_cpu_sequencer`, before the commands.
    pub struct SequenceHeader: 40 {
        /// How many words there is room for.
        0x00 pub size: U32,
        /// How many words there are.
        0x04 pub words: U32,
        /// What [`Command::Store`] stores.
        0x08 pub saved: [U32; 8],
    }
}

/// A register of the card: aligned, and among those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register(u32);

impl Register {
    /// Where it is, from the start of the registers.
    #[must_use]
    pub const fn offset(self) -> u32 {
        self.0
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Write a register.
    Write {
        /// Which.
        register: Register,
        /// What.
        value: u32,
    },
    /// Change some bits of a register.
    Modify {
        /// Which.
        register: Register,
        /// The bits.
        mask: u32,
        /// What they are to be; bits beside the mask are set, too.
        value: u32,
    },
    /// Wait until some bits of a register are as they should.
    Poll {
        /// Which.
        register: Register,
        /// The bits.
        mask: u32,
        /// What they should be.
        value: u32,
        /// For how long, in microseconds.
        timeout: u32,
        /// What the GSP calls the error, if they never are.
        error: u32,
    },
    /// Wait.
    Delay {
        /// For how long, in microseconds.
        microseconds: u32,
    },
    /// Keep the value of a register.
    Store {
        /// Which.
        register: Register,
        /// As which of [`SAVED`].
        index: usize,
    },
    /// Reset the GSP's falcon.
    CoreReset,
    /// Start it.
    CoreStart,
    /// Wait until it has halted.
    CoreWaitForHalt,
    /// Start the GSP's RISC-V core again, with the help of SEC2.
    CoreResume,
}

/// How long [`Command::Poll`] waits when the list does not say, in microseconds.
pub const DEFAULT_TIMEOUT: u32 = 4_000_000;

/// A list of commands that can all be decoded.
#[derive(Clone, Copy)]
pub struct Sequence<'a> {
    commands: Bytes<'a>,
    count: u32,
}

impl core::fmt::Debug for Sequence<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Sequence")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl<'a> Sequence<'a> {
    /// Reads the payload of the event.
    ///
    /// # Errors
    ///
    /// It has fewer words than it says, a command is unknown or cut off, or a register or the index of a
    /// stored value cannot be.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let bytes = Bytes::new(Part::Sequence, payload);
        let header: &SequenceHeader = bytes.view(0)?;
        let words = header.words.get();
        if words > header.size.get() {
            return Err(bytes.error(4, What::Count(u64::from(words))));
        }
        let size = index(words).saturating_mul(size_of::<U32>());
        let commands = bytes
            .slice(size_of::<SequenceHeader>(), size)?
            .as_part(Part::Command);
        let (mut rest, mut count) = (commands, 0_u32);
        while rest.len() != 0 {
            (_, rest) = decode(rest)?;
            count = count.saturating_add(1);
        }
        Ok(Self { commands, count })
    }

    /// How many commands there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The commands.
    #[must_use]
    pub const fn commands(&self) -> Commands<'a> {
        Commands {
            rest: self.commands,
        }
    }
}

impl<'a> IntoIterator for Sequence<'a> {
    type Item = Command;
    type IntoIter = Commands<'a>;

    fn into_iter(self) -> Commands<'a> {
        self.commands()
    }
}

/// The commands, one after the other.
#[derive(Clone, Copy)]
pub struct Commands<'a> {
    rest: Bytes<'a>,
}

impl core::fmt::Debug for Commands<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Commands").finish_non_exhaustive()
    }
}

impl Iterator for Commands<'_> {
    type Item = Command;

    fn next(&mut self) -> Option<Command> {
        if self.rest.len() == 0 {
            return None;
        }
        // All of them have been decoded before.
        let (command, rest) = decode(self.rest).ok()?;
        self.rest = rest;
        Some(command)
    }
}

/// The first command, and what is behind it.
fn decode(bytes: Bytes<'_>) -> Result<(Command, Bytes<'_>)> {
    let operands = |count: usize| -> Result<&[U32]> {
        let operands = bytes.slice(4, count.saturating_mul(4))?;
        <[U32]>::ref_from_bytes(operands.data())
            .map_err(|_| operands.error(0, What::Size(crate::bytes::wide(operands.len()))))
    };
    let register = |offset: &U32| {
        let offset = offset.get();
        if offset < REGISTERS && offset.is_multiple_of(4) {
            return Ok(Register(offset));
        }
        Err(bytes.error(4, What::Value(u64::from(offset))))
    };
    let opcode = bytes.u32(0)?;
    let unknown = bytes.error(0, What::Value(u64::from(opcode)));
    let count = match opcode {
        0 | 4 => 2,
        1 => 3,
        2 => 5,
        3 => 1,
        5..=8 => 0,
        _ => return Err(unknown),
    };
    let command = match (opcode, operands(count)?) {
        (0, [at, value]) => Command::Write {
            register: register(at)?,
            value: value.get(),
        },
        (1, [at, mask, value]) => Command::Modify {
            register: register(at)?,
            mask: mask.get(),
            value: value.get(),
        },
        (2, [at, mask, value, timeout, error]) => Command::Poll {
            register: register(at)?,
            mask: mask.get(),
            value: value.get(),
            timeout: match timeout.get() {
                0 => DEFAULT_TIMEOUT,
                timeout => timeout,
            },
            error: error.get(),
        },
        (3, [microseconds]) => Command::Delay {
            microseconds: microseconds.get(),
        },
        (4, [at, slot]) => Command::Store {
            register: register(at)?,
            index: match index(slot.get()) {
                slot if slot < SAVED => slot,
                _ => return Err(bytes.error(8, What::Value(u64::from(slot.get())))),
            },
        },
        (5, []) => Command::CoreReset,
        (6, []) => Command::CoreStart,
        (7, []) => Command::CoreWaitForHalt,
        (8, []) => Command::CoreResume,
        _ => return Err(unknown),
    };
    let size = count.saturating_add(1).saturating_mul(4);
    let rest = bytes.slice(size, bytes.len().saturating_sub(size))?;
    Ok((command, rest))
}
