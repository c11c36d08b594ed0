// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `GSP_RM_ALLOC` and `FREE`: the objects that a driver has the GSP make. There are clients, devices and
//! subdevices; a class that is not here is refused, and listed at the end.

use std::collections::BTreeMap;

use vgpu_facts::release::Release;

use super::super::Gpu;
use super::control::REFUSED;

/// What a driver has made, by client and handle.
pub(super) type Objects = BTreeMap<(u32, u32), Object>;

/// An object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Object {
    parent: u32,
    class: u32,
}

const NV01_ROOT: u32 = 0;
const NV01_DEVICE_0: u32 = 0x80;
const NV20_SUBDEVICE_0: u32 = 0x2080;

/// What stands before the parameters of GSP_RM_ALLOC, and the length of FREE.
const ALLOC: usize = 32;
const FREE: usize = 16;
/// Where the status is.
const ALLOC_STATUS: usize = 0x10;
const FREE_STATUS: usize = 0x0c;

/// A class: what an object of it is made in, and how long its parameters are.
fn class(number: u32, release: &Release) -> Option<(Option<u32>, usize)> {
    Some(match number {
        NV01_ROOT => (None, release.root_parameters),
        NV01_DEVICE_0 => (Some(NV01_ROOT), 56),
        NV20_SUBDEVICE_0 => (Some(NV01_DEVICE_0), 4),
        _ => return None,
    })
}

fn word(payload: &[u8], at: usize) -> Result<u32, String> {
    let bytes = payload.get(at..).and_then(|left| left.first_chunk());
    let word = bytes.map(|bytes| u32::from_le_bytes(*bytes));
    word.ok_or_else(|| format!("there is nothing at {at:#x}"))
}

/// What became of a request.
enum Outcome {
    Done,
    /// It is right, for all that is known, but nothing here can do it.
    Lacking(String),
}

impl Gpu {
    /// The reply to GSP_RM_ALLOC.
    pub(super) fn make_object(&mut self, payload: &[u8]) -> Vec<u8> {
        let outcome = self.try_make(payload);
        self.object_reply("GSP_RM_ALLOC", payload, ALLOC_STATUS, outcome)
    }

    /// The reply to FREE.
    pub(super) fn free_object(&mut self, payload: &[u8]) -> Vec<u8> {
        let outcome = self.try_free(payload);
        self.object_reply("FREE", payload, FREE_STATUS, outcome)
    }

    /// Whether there is such an object.
    pub(super) fn has_object(&self, client: u32, handle: u32) -> bool {
        self.rm.objects.contains_key(&(client, handle))
    }

    fn object_reply(
        &mut self,
        name: &str,
        payload: &[u8],
        status: usize,
        outcome: Result<Outcome, String>,
    ) -> Vec<u8> {
        let code = match outcome {
            Ok(Outcome::Done) => 0,
            Ok(Outcome::Lacking(text)) => {
                self.journal.lack(text);
                REFUSED
            }
            Err(text) => {
                self.journal.complain(format!("{name}: {text}"));
                REFUSED
            }
        };
        let mut reply = payload.to_vec();
        if let Some(place) = reply.get_mut(status..status + 4) {
            place.copy_from_slice(&u32::to_le_bytes(code));
        }
        reply
    }

    fn try_make(&mut self, payload: &[u8]) -> Result<Outcome, String> {
        let [client, parent, handle, number] = [
            word(payload, 0)?,
            word(payload, 4)?,
            word(payload, 8)?,
            word(payload, 0xc)?,
        ];
        let size = word(payload, 0x14)? as usize;
        if payload.len() != ALLOC + size {
            let there = payload.len().saturating_sub(ALLOC);
            return Err(format!("paramsSize is {size}, and there are {there} bytes"));
        }
        let Some((wanted, length)) = class(number, self.rm.release) else {
            return Ok(Outcome::Lacking(format!("class {number:#06x}")));
        };
        if size != length {
            return Err(format!(
                "class {number:#06x} has {length} bytes, not {size}"
            ));
        }
        let parent_class = self
            .rm
            .objects
            .get(&(client, parent))
            .map(|object| object.class);
        if wanted.is_some() && parent_class != wanted {
            return Err(format!(
                "class {number:#06x} in {parent:#x} of client {client:#x}, which is {parent_class:x?}"
            ));
        }
        if wanted.is_none() && handle != client {
            return Err(format!("client {handle:#x} is made in client {client:#x}"));
        }
        if self.has_object(client, handle) {
            return Err(format!(
                "there is {handle:#x} of client {client:#x} already"
            ));
        }
        let object = Object {
            parent,
            class: number,
        };
        self.rm.objects.insert((client, handle), object);
        Ok(Outcome::Done)
    }

    fn try_free(&mut self, payload: &[u8]) -> Result<Outcome, String> {
        if payload.len() != FREE {
            return Err(format!("{} bytes, not {FREE}", payload.len()));
        }
        let (client, handle) = (word(payload, 0)?, word(payload, 8)?);
        if self.rm.objects.remove(&(client, handle)).is_none() {
            return Err(format!("there is no {handle:#x} of client {client:#x}"));
        }
        // What is in it goes with it.
        let mut gone = vec![handle];
        while let Some(parent) = gone.pop() {
            self.rm.objects.retain(|(owner, child), object| {
                let goes = *owner == client && object.parent == parent && *child != parent;
                if goes {
                    gone.push(*child);
                }
                !goes
            });
        }
        Ok(Outcome::Done)
    }
}
