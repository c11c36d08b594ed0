// SPDX-License-Identifier: GPL-2.0-only

//! Long payloads.

use super::{LARGEST_PAYLOAD, Message};
use crate::bytes::put;
use crate::rpc::Function;
use crate::{Error, Part, Result, What};

/// A payload that comes in several elements.
#[derive(Debug)]
pub struct Assembly<'a> {
    out: &'a mut [u8],
    have: usize,
    complete: bool,
}

impl<'a> Assembly<'a> {
    /// Begins with the first element. `out` is as long as the payload can be.
    ///
    /// # Errors
    ///
    /// It is a continuation record, whose beginning is missing, or too long for `out`.
    pub fn begin(out: &'a mut [u8], first: &Message<'_>) -> Result<Self> {
        if first.header.function == Function::CONTINUATION_RECORD {
            return Err(error(What::Missing));
        }
        let mut assembly = Self {
            out,
            have: 0,
            complete: false,
        };
        assembly.append(first.payload)?;
        Ok(assembly)
    }

    /// Goes on with the next element.
    ///
    /// # Errors
    ///
    /// It is not a continuation record, there was nothing to come, or it is too long for what is left.
    pub fn push(&mut self, next: &Message<'_>) -> Result<()> {
        if next.header.function != Function::CONTINUATION_RECORD || self.complete {
            let Function(function) = next.header.function;
            return Err(error(What::Value(u64::from(function))));
        }
        self.append(next.payload)
    }

    /// Whether nothing more comes: the last element was not full, or all that was expected is there.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// What has come so far.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.out.get(..self.have).unwrap_or(&[])
    }

    fn append(&mut self, payload: &[u8]) -> Result<()> {
        put(self.out, self.have, payload, Part::Continuation)?;
        self.have = self.have.saturating_add(payload.len());
        self.complete = payload.len() < LARGEST_PAYLOAD || self.have >= self.out.len();
        Ok(())
    }
}

const fn error(what: What) -> Error {
    Error {
        part: Part::Continuation,
        at: 0x3c,
        what,
    }
}
