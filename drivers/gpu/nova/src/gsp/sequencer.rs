// SPDX-License-Identifier: GPL-2.0-only

//! The register accesses that the GSP asks for while it starts.

use kernel::io::Io;
use kernel::prelude::*;
use kernel::time::delay::fsleep;
use kernel::time::{Delta, Instant, Monotonic};
use nova_formats::sequencer::{Command, Register, Sequence};

use super::wait_for_riscv;
use crate::boot::Fault;
use crate::registers::{Bar0, NV_PGC6_BSI_SECURE_SCRATCH_14 as SCRATCH_14};
use crate::wait::wait_for;
use crate::wpr::Protected;

/// How often a register is looked at, at first.
const TICK: Delta = Delta::from_micros(10);
/// How long SEC2 may take to start the GSP again.
const RESUME: Delta = Delta::from_secs(2);
/// How long a list may take altogether, by the clock: no list keeps the driver for ever.
const PATIENCE: Delta = Delta::from_secs(20);

/// What a list is run with.
pub(super) struct Runner<'a, 'bound> {
    pub(super) bar: &'a Bar0<'bound>,
    pub(super) protected: &'a Protected<'bound>,
    /// Where the GSP's arguments are.
    pub(super) arguments: [u32; 2],
    /// What goes into the GSP's OS register.
    pub(super) version: u32,
}

impl Runner<'_, '_> {
    /// Runs all of a list, or what comes before the first thing that does not work.
    #[inline(never)]
    pub(super) fn run(&self, sequence: Sequence<'_>) -> Result<(), Fault> {
        let start = Instant::<Monotonic>::now();
        for command in sequence {
            // What a command may take is not what it takes: most polls are over at once.
            let left = PATIENCE - start.elapsed();
            let sleeps = match command {
                Command::Delay { microseconds } => Delta::from_micros(microseconds.into()),
                _ => Delta::ZERO,
            };
            if left <= sleeps {
                return Err(Fault::Text("the GSP has the driver wait too long", EIO));
            }
            self.obey(command, left)?;
        }
        Ok(())
    }

    fn obey(&self, command: Command, left: Delta) -> Result<(), Fault> {
        let gsp = self.protected.gsp();
        match command {
            Command::Write { register, value } => self.store(register, value),
            Command::Modify {
                register,
                mask,
                value,
            } => {
                let old = self.load(register)?;
                self.store(register, (old & !mask) | value)
            }
            Command::Poll {
                register,
                mask,
                value,
                timeout,
                ..
            } => {
                let limit = left.min(Delta::from_micros(timeout.into()));
                wait_for(|| self.load(register), |it| it & mask == value, TICK, limit)
                    .map(|_| ())
                    .map_err(|error| {
                        let what = "what the GSP waits for does not come, in the register";
                        Fault::Value(what, register.offset(), error)
                    })
            }
            Command::Delay { microseconds } => {
                fsleep(Delta::from_micros(microseconds.into()));
                Ok(())
            }
            // The list is all that would use it.
            Command::Store { register, .. } => self.load(register).map(|_| ()).map_err(Fault::from),
            Command::CoreReset => gsp.reset_for_dma(),
            Command::CoreStart => {
                gsp.begin();
                Ok(())
            }
            Command::CoreWaitForHalt => gsp.wait_for_halt(),
            Command::CoreResume => self.resume(),
        }
    }

    /// Has SEC2 start the GSP again.
    fn resume(&self) -> Result<(), Fault> {
        let (gsp, sec2) = (self.protected.gsp(), self.protected.sec2());
        gsp.reset()?;
        gsp.set_mailboxes(self.arguments);
        sec2.begin();
        let state = || Ok(self.bar.read(SCRATCH_14));
        let is_done = |state: &SCRATCH_14| state.boot_stage_3_handoff();
        wait_for(state, is_done, TICK, RESUME)
            .map_err(|error| Fault::Text("SEC2 does not start the GSP again", error))?;
        let [result, _] = sec2.mailboxes();
        if result != 0 {
            return Err(Fault::Value("SEC2 leaves in its mailbox", result, EIO));
        }
        gsp.set_version(self.version);
        wait_for_riscv(gsp)
    }

    fn load(&self, register: Register) -> Result<u32> {
        Ok(self.bar.load_raw(register.offset() as usize)?)
    }

    fn store(&self, register: Register, value: u32) -> Result<(), Fault> {
        self.bar
            .store_raw(register.offset() as usize, value)
            .map_err(|error| Fault::Errno(error.into()))
    }
}
