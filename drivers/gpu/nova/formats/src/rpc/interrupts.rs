// SPDX-License-Identifier: GPL-2.0-only

//! Which interrupt is whose: the reply of an RM control that a driver needs before it can wait for the GSP
//! by interrupt.

use zerocopy::little_endian::{U16, U32};

use crate::bytes::{Bytes, index};
use crate::{Error, Part, Result, What};

/// `NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE`, the command of the RM control.
pub const GET_TABLE: u32 = 0x2080_0a5c;
/// How long its parameters are.
pub const TABLE_SIZE: u32 = 2068;
/// What stands for no interrupt.
const NONE: u32 = 0xffff_ffff;

layout! {
    /// The interrupts of an engine.
    pub struct Interrupt: 16 {
        /// Which engine.
        0x0 pub engine: U16,
        0x2 _gap: U16,
        /// Its bits in the old register for all interrupts.
        0x4 pub pmc_mask: U32,
        /// The vector by which it says that it waits.
        0x8 pub stall: U32,
        /// The vector by which it says that something is done.
        0xc pub non_stall: U32,
    }

    /// The subtrees of a kind of interrupts, the last of which is in it.
    pub struct Subtrees: 2 {
        /// The first.
        0x0 pub start: u8,
        /// The last.
        0x1 pub end: u8,
    }

    /// The reply.
    pub struct InterruptTable: 2068 {
        /// How many engines there are.
        0x000 pub count: U32,
        /// Room for them.
        0x004 pub interrupts: [Interrupt; 128],
        /// The subtrees of each kind.
        0x804 pub subtrees: [Subtrees; 7],
        0x812 _gap: [u8; 2],
    }
}

/// Where in the tree of interrupts a vector is: a bit of one of eight leaves. A pair of leaves is a bit of
/// the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vector(u8);

impl Vector {
    /// The vector of this number.
    ///
    /// # Errors
    ///
    /// No leaf has so many.
    pub fn new(number: u32) -> Result<Self> {
        let vector = u8::try_from(number).map(Self);
        vector.map_err(|_| error(4, What::Value(u64::from(number))))
    }

    /// Which leaf it is in: below 8.
    #[must_use]
    pub const fn leaf(self) -> usize {
        (self.0 / 32) as usize
    }

    /// Its bit in the leaf.
    #[must_use]
    pub const fn bit(self) -> u32 {
        1_u32.wrapping_shl(self.0 as u32)
    }

    /// The bit of its pair of leaves in the top.
    #[must_use]
    pub const fn pair(self) -> u32 {
        1_u32.wrapping_shl(self.0 as u32 / 64)
    }
}

impl InterruptTable {
    /// Reads the parameters of the reply.
    ///
    /// # Errors
    ///
    /// They are too short, or there are said to be more engines than there is room for.
    pub fn parse(params: &[u8]) -> Result<&Self> {
        let bytes = Bytes::new(Part::InterruptTable, params);
        let table: &Self = bytes.view(0)?;
        table.interrupts()?;
        Ok(table)
    }

    /// The engines that there are.
    ///
    /// # Errors
    ///
    /// There are said to be more than there is room for.
    pub fn interrupts(&self) -> Result<&[Interrupt]> {
        let count = self.count.get();
        self.interrupts
            .get(..index(count))
            .ok_or(error(0, What::Count(u64::from(count))))
    }

    /// The vector by which an engine says that it waits.
    ///
    /// # Errors
    ///
    /// The engine is not in the table, or has none, or one that cannot be.
    pub fn stall(&self, engine: u16) -> Result<Vector> {
        let vector = self
            .interrupts()?
            .iter()
            .find(|interrupt| interrupt.engine.get() == engine)
            .map(|interrupt| interrupt.stall.get())
            .filter(|vector| *vector != NONE)
            .ok_or(error(4, What::Missing))?;
        Vector::new(vector)
    }
}

const fn error(at: usize, what: What) -> Error {
    Error {
        part: Part::InterruptTable,
        at,
        what,
    }
}
