// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `GSP_RM_CONTROL`: what a driver asks of the GSP's own objects.

use super::super::Gpu;
use crate::fault::Fault;

/// The GSP's own client, device and subdevice, as it calls them.
pub(super) const CLIENT: u32 = 0xc1e0_0001;
pub(super) const DEVICE: u32 = 0xbb;
pub(super) const SUBDEVICE: u32 = 0xcc;

/// A control: its number, how long its parameters are, and what those of the reply are.
type Command = (u32, usize, fn(&Gpu, &[u8]) -> Result<Vec<u8>, String>);

const COMMANDS: &[Command] = &[
    // NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE.
    (0x2080_0a5c, INTERRUPTS_SIZE, |gpu, _| Ok(gpu.interrupts())),
    // NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO.
    (0x2080_0137, 4, |_, _| Ok(GPCS.to_le_bytes().to_vec())),
    // NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO.
    (0x2080_0138, 8, |_, params| tpcs(params)),
    // NV2080_CTRL_CMD_INTERNAL_MEMSYS_GET_STATIC_CONFIG: nothing that is not the usual.
    (0x2080_0a1c, 40, |_, _| Ok(vec![0; 40])),
];

/// Its clusters of processors: one of four is fused off, so that their numbers have a hole.
pub(super) const GPCS: u32 = 0b1011;
/// What is in each of them, likewise.
pub(super) const TPCS: u32 = 0b0_1110;

/// Which processors there are in the cluster that the parameters name.
fn tpcs(params: &[u8]) -> Result<Vec<u8>, String> {
    let gpc = params
        .first_chunk()
        .map_or(u32::MAX, |b| u32::from_le_bytes(*b));
    if GPCS.checked_shr(gpc).unwrap_or(0) & 1 == 0 {
        return Err(format!("there is no GPC {gpc}"));
    }
    Ok([gpc.to_le_bytes(), TPCS.to_le_bytes()].concat())
}

const INTERRUPTS_SIZE: usize = 2068;

/// What stands before the parameters.
const HEADER: usize = 24;
const STATUS: usize = 0xc;
/// What is left in the status: it is not supported.
pub(super) const REFUSED: u32 = 0x56;

/// Engines in the table of interrupts.
const DISPLAY: u16 = 2;
const CE0: u16 = 15;
/// No interrupt.
const NONE: u32 = !0;

impl Gpu {
    /// The reply to a control: as the command, with the status and what was asked for.
    pub(super) fn control(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut reply = payload.to_vec();
        let status = match self.controlled(payload) {
            Ok(None) => REFUSED,
            Ok(Some(params)) => {
                reply.truncate(HEADER);
                reply.extend(params);
                0
            }
            Err(text) => {
                self.journal.complain(format!("GSP_RM_CONTROL: {text}"));
                REFUSED
            }
        };
        let is_refused = self.faults.strikes(Fault::ControlRefused);
        let status = if is_refused { REFUSED } else { status };
        if let Some(place) = reply.get_mut(STATUS..STATUS + 4) {
            place.copy_from_slice(&status.to_le_bytes());
        }
        reply
    }

    /// The parameters of the reply; none, if it is a control of the driver's own objects, which have none here.
    fn controlled(&mut self, payload: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let word = |at: usize| {
            let bytes = payload.get(at..at + 4).and_then(|b| b.try_into().ok());
            let word = bytes.map(u32::from_le_bytes);
            word.ok_or_else(|| format!("there is nothing at {at:#x}"))
        };
        let number = word(8)?;
        if self.has_object(word(0)?, word(4)?) {
            self.journal.lack(format!("control {number:#010x}"));
            return Ok(None);
        }
        let command = COMMANDS.iter().find(|(known, ..)| *known == number);
        let (_, size, answer) = command.ok_or(format!("cmd is {number:#x}, which is unknown"))?;
        for (what, at, wanted) in [
            ("hClient", 0x00, CLIENT),
            ("hObject", 0x04, SUBDEVICE),
            ("status", 0x0c, 0),
            ("paramsSize", 0x10, *size as u32),
            ("flags", 0x14, 0),
        ] {
            let found = word(at)?;
            if found != wanted {
                return Err(format!("{what} is {found:#x}, not {wanted:#x}"));
            }
        }
        if payload.len() != HEADER + size {
            return Err(format!(
                "{} bytes follow, not {size}",
                payload.len() - HEADER
            ));
        }
        answer(self, &payload[HEADER..]).map(Some)
    }

    /// The table of interrupts.
    fn interrupts(&self) -> Vec<u8> {
        let gsp = if self.faults.is(Fault::VectorWild) {
            0x100
        } else {
            self.chip.gsp_vector()
        };
        let mut table = vec![0; INTERRUPTS_SIZE];
        // The copy engine has no interrupt that waits; the display comes before the GSP.
        let mut entries = vec![(DISPLAY, 0x9a, NONE), (CE0, NONE, 0x03)];
        if !self.faults.is(Fault::VectorNone) {
            entries.push((self.rm.release.gsp_engine, gsp, NONE));
        }
        let mut put = |at: usize, value: u32| {
            table[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        put(0, entries.len() as u32);
        for (index, (engine, stall, other)) in entries.into_iter().enumerate() {
            let at = 4 + 16 * index;
            put(at, engine.into());
            put(at + 8, stall);
            put(at + 12, other);
        }
        table
    }
}
