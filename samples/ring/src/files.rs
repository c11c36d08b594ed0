// SPDX-License-Identifier: GPL-2.0-only

//! Files for who looks for a fault, in `/sys/kernel/debug/ferrite-ring/<device>`: what the registers
//! hold (`registers`), and what they are, for tools (`registers.json`).

use core::pin::Pin;

use kernel::debugfs::{Dir, Scope};
use kernel::device::Bound;
use kernel::global_lock;
use kernel::io::{dump, json};
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::seq_file::{SeqFile, Writer};
use kernel::sync::Arc;

use crate::Shared;
use crate::registers::REGISTERS;

global_lock! {
    /// The directory that the devices' directories are in; there while the module is.
    static TOP: Mutex<Option<Dir>> = None;
}

/// That the directory is there: when this is dropped it goes.
pub(crate) struct Top(());

impl Top {
    pub(crate) fn new() -> Result<Self> {
        *TOP.lock() = Some(Dir::new(c"ferrite-ring")?);
        Ok(Self(()))
    }
}

impl Drop for Top {
    fn drop(&mut self) {
        *TOP.lock() = None;
    }
}

/// A device's directory.
pub(crate) struct Files {
    _scope: Pin<KBox<Scope<Arc<Shared>>>>,
}

impl Files {
    /// Nobody needs them: if they cannot be made, the device works without.
    pub(crate) fn new(device: &Device<Bound>, shared: Arc<Shared>) -> Option<Self> {
        let top = TOP.lock().clone()?;
        let scope = top.scope(device.generic().name(), shared, |shared, dir| {
            dir.read_callback_file(c"registers", shared, hold)?;
            dir.read_callback_file(c"registers.json", shared, describe)
        });
        match KBox::pin_init(scope, GFP_KERNEL) {
            Ok(scope) => Some(Self { _scope: scope }),
            Err(error) => {
                dev_warn!(device, "no files in debugfs: {}", error);
                None
            }
        }
    }
}

/// What they hold. None of those that are read does anything then.
fn hold(shared: &Arc<Shared>, seq: &SeqFile) -> Result {
    let registers = shared.registers.try_access().ok_or(ENODEV)?;
    dump(&mut Writer::new(seq), &**registers, 0, REGISTERS).map_err(|_| EIO)
}

/// What they are.
fn describe(_: &Arc<Shared>, seq: &SeqFile) -> Result {
    json(&mut Writer::new(seq), REGISTERS).map_err(|_| EIO)
}
