// SPDX-License-Identifier: GPL-2.0-only

//! Falcons: the card's own small processors.
//!
//! A run is: reset, load, start with two words in the mailboxes, wait for the halt, read the mailboxes. No
//! falcon is reset before the card has its page for flushes.

mod ga102;
mod tu102;

use core::marker::PhantomData;

use kernel::dma::Coherent;
use kernel::io::{Io, Origin, Register as _};
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::time::Delta;
use kernel::time::delay::udelay;
use nova_formats::vbios::fwsec::{Brom, Load};

use crate::boot::Fault;
use crate::gpu::Chipset;
use crate::registers::falcon::{
    NV_PFALCON_FALCON_BOOTVEC as BOOTVEC, NV_PFALCON_FALCON_CPUCTL as CPUCTL,
    NV_PFALCON_FALCON_CPUCTL_ALIAS as CPUCTL_ALIAS, NV_PFALCON_FALCON_ENGINE as ENGINE,
    NV_PFALCON_FALCON_MAILBOX0 as MAILBOX0, NV_PFALCON_FALCON_MAILBOX1 as MAILBOX1,
    NV_PFALCON_FALCON_OS as OS, NV_PFALCON_FALCON_RM as RM,
    NV_PRISCV_RISCV_CORE_SWITCH_RISCV_STATUS as RISCV_STATUS,
    NV_PRISCV_RISCV_CPUCTL as RISCV_CPUCTL, PFalcon, PFalcon2,
};
use crate::registers::{Bar0, NV_PMC_BOOT_0};
use crate::wait::wait_for;

/// The unit in which a falcon is loaded.
pub(crate) const BLOCK: u32 = 256;

/// How long a falcon may take for anything but a run. Some of it is over in microseconds.
const PATIENCE: Delta = Delta::from_secs(1);
/// How long it may run.
const RUN: Delta = Delta::from_secs(2);
/// How often it is looked at, at first.
const TICK: Delta = Delta::from_micros(10);

/// One of the falcons.
pub(crate) trait Engine: Origin<PFalcon> + Origin<PFalcon2> + 'static {}

impl<E: Origin<PFalcon> + Origin<PFalcon2> + 'static> Engine for E {}

/// A program that a falcon fetches, and its boot ROM checks (GA102 and later).
pub(crate) struct Fetched<'bound> {
    /// Patched and signed, in memory that the card reaches.
    pub(crate) image: Coherent<'bound, [u8]>,
    pub(crate) code: Load,
    pub(crate) data: Load,
    pub(crate) brom: Brom,
    pub(crate) entry: u32,
}

/// A piece of code for the ports.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    pub(crate) load: Load,
    /// Bits 23:8 of the address that its first block has.
    pub(crate) tag: u32,
    pub(crate) is_secure: bool,
}

impl Code {
    /// Code whose address is its place.
    pub(crate) const fn in_place(load: Load, is_secure: bool) -> Self {
        Self {
            load,
            tag: load.to / BLOCK,
            is_secure,
        }
    }
}

/// A program that is written into a falcon word by word (Turing, GA100).
pub(crate) struct Written<'bound> {
    pub(crate) bytes: KVVec<u8>,
    pub(crate) code: [Code; 2],
    pub(crate) data: Load,
    pub(crate) entry: u32,
    /// What it fetches when it runs.
    pub(crate) fetches: Option<Coherent<'bound, [u8]>>,
}

/// What a falcon runs.
pub(crate) enum Program<'bound> {
    Fetched(Fetched<'bound>),
    Written(Written<'bound>),
}

impl Program<'_> {
    fn entry(&self) -> u32 {
        match self {
            Self::Fetched(fetched) => fetched.entry,
            Self::Written(written) => written.entry,
        }
    }
}

/// A falcon.
pub(crate) struct Falcon<'bound, E> {
    bar: Arc<Bar0<'bound>>,
    has_brom: bool,
    _engine: PhantomData<E>,
}

impl<'bound, E: Engine> Falcon<'bound, E> {
    pub(crate) fn new(bar: Arc<Bar0<'bound>>, chipset: Chipset) -> Self {
        Self {
            bar,
            has_brom: chipset.has_brom(),
            _engine: PhantomData,
        }
    }

    /// Runs a program with these in the mailboxes, and returns what is in them when it has halted.
    pub(crate) fn run(
        &self,
        program: &Program<'_>,
        mailboxes: [u32; 2],
    ) -> Result<[u32; 2], Fault> {
        self.reset()?;
        match program {
            Program::Fetched(fetched) => ga102::load::<E>(&self.bar, fetched)?,
            Program::Written(written) => tu102::load::<E>(&self.bar, written)?,
        }
        let entry = BOOTVEC::zeroed().with_value(program.entry());
        self.bar.write(BOOTVEC.of::<E>(), entry);
        self.start(mailboxes)
    }

    /// Resets it, and waits until its memory is clear.
    pub(crate) fn reset(&self) -> Result<(), Fault> {
        if self.has_brom {
            ga102::before_reset::<E>(&self.bar);
        }
        let engine = ENGINE.of::<E>();
        self.bar.update(engine, |it| it.with_reset(true));
        udelay(Delta::from_micros(10));
        self.bar.update(engine, |it| it.with_reset(false));
        if self.has_brom {
            ga102::after_reset::<E>(&self.bar)?;
        } else {
            tu102::after_reset::<E>(&self.bar)?;
        }
        let boot_0 = self.bar.read(NV_PMC_BOOT_0).into_word();
        self.bar.write(RM.of::<E>(), RM::from_word(boot_0));
        Ok(())
    }

    /// As [`Self::reset`], and then it may use the bus's addresses.
    pub(crate) fn reset_for_dma(&self) -> Result<(), Fault> {
        self.reset()?;
        ga102::allow_physical::<E>(&self.bar);
        Ok(())
    }

    /// Starts it with these in the mailboxes, and returns what is in them when it has halted.
    pub(crate) fn start(&self, mailboxes: [u32; 2]) -> Result<[u32; 2], Fault> {
        self.set_mailboxes(mailboxes);
        self.begin();
        self.wait_for_halt()?;
        Ok(self.mailboxes())
    }

    pub(crate) fn set_mailboxes(&self, [first, second]: [u32; 2]) {
        let bar = &self.bar;
        bar.write(MAILBOX0.of::<E>(), MAILBOX0::from_word(first));
        bar.write(MAILBOX1.of::<E>(), MAILBOX1::from_word(second));
    }

    pub(crate) fn mailboxes(&self) -> [u32; 2] {
        [
            self.bar.read(MAILBOX0.of::<E>()).value(),
            self.bar.read(MAILBOX1.of::<E>()).value(),
        ]
    }

    /// Starts it; what it does then, it does by itself.
    pub(crate) fn begin(&self) {
        let (bar, control) = (&self.bar, CPUCTL.of::<E>());
        if bar.read(control).alias_en() {
            let start = CPUCTL_ALIAS::zeroed().with_startcpu(true);
            bar.write(CPUCTL_ALIAS.of::<E>(), start);
        } else {
            bar.write(control, CPUCTL::zeroed().with_startcpu(true));
        }
    }

    pub(crate) fn wait_for_halt(&self) -> Result<(), Fault> {
        let state = || Ok(self.bar.read(CPUCTL.of::<E>()));
        wait_for(state, |state| state.halted(), TICK, RUN)
            .map(|_| ())
            .map_err(|error| Fault::Text("the falcon does not halt", error))
    }

    /// Says which version the RISC-V core runs.
    pub(crate) fn set_version(&self, version: u32) {
        self.bar.write(OS.of::<E>(), OS::from_word(version));
    }

    /// Whether the RISC-V core runs.
    pub(crate) fn riscv_runs(&self) -> bool {
        if self.has_brom {
            self.bar.read(RISCV_CPUCTL.of::<E>()).active_stat()
        } else {
            self.bar.read(RISCV_STATUS.of::<E>()).active_stat()
        }
    }
}

/// Waits until it is so.
fn wait(what: &'static str, is_so: impl Fn() -> bool) -> Result<(), Fault> {
    wait_for(|| Ok(is_so()), |is_so| *is_so, TICK, PATIENCE)
        .map(|_| ())
        .map_err(|error| Fault::Text(what, error))
}

/// What does not fit into a falcon's memory.
fn too_far(at: u32) -> Fault {
    Fault::Value("microcode is for a place that no falcon has", at, EINVAL)
}
