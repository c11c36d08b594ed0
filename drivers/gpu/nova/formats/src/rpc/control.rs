// SPDX-License-Identifier: GPL-2.0-only

//! `GSP_RM_CONTROL`: what an object of the GSP's is asked, or told. The reply is as long as the command, and
//! has its parameters in the same place.

use zerocopy::little_endian::U32;

use super::payload::RmControl;
use crate::bytes::{Bytes, put};
use crate::{Part, Result, What};

/// Where the parameters begin.
const PARAMS_AT: usize = size_of::<RmControl>();

/// A command to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// The client.
    pub client: u32,
    /// The object.
    pub object: u32,
    /// What it shall do.
    pub command: u32,
    /// How long its parameters are.
    pub params: u32,
}

impl Control {
    /// How long the payload is.
    #[must_use]
    pub fn size(&self) -> usize {
        PARAMS_AT.saturating_add(crate::bytes::index(self.params))
    }

    /// Writes what stands before the parameters into the start of the payload.
    ///
    /// # Errors
    ///
    /// There is no room.
    pub fn write(&self, payload: &mut [u8]) -> Result<()> {
        let header = RmControl {
            client: U32::new(self.client),
            object: U32::new(self.object),
            command: U32::new(self.command),
            status: U32::new(0),
            params_size: U32::new(self.params),
            flags: U32::new(0),
        };
        put(payload, 0, &header, Part::Control)
    }

    /// The parameters in the payload of the reply.
    ///
    /// # Errors
    ///
    /// It is the reply to another command, or too short, or the object refuses.
    pub fn reply<'a>(&self, payload: &'a [u8]) -> Result<&'a [u8]> {
        let bytes = Bytes::new(Part::Control, payload);
        let header: &RmControl = bytes.view(0)?;
        if header.command.get() != self.command {
            let found = u64::from(header.command.get());
            return Err(bytes.error(0x8, What::Value(found)));
        }
        if header.status.get() != 0 {
            let status = u64::from(header.status.get());
            return Err(bytes.error(0xc, What::Value(status)));
        }
        let size = crate::bytes::index(self.params);
        Ok(bytes.slice(PARAMS_AT, size)?.data())
    }
}
