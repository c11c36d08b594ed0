// SPDX-License-Identifier: GPL-2.0-only

//! The steps of a boot: their names, how long they took, and what went wrong in them.

use kernel::device::{AsDevice, Bound};
use kernel::io::Io;
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::print::Text;
use kernel::time::{Delta, Instant, Monotonic};
use nova_formats::{self as formats, Part};

use crate::registers::{Bar0, NV_PMC_BOOT_0, Registers};

macro_rules! steps {
    ($($(#[$meta:meta])* $step:ident $name:literal,)*) => {
        /// A step of the boot; the order is that in which they are taken.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Step {
            $($(#[$meta])* $step,)*
        }

        impl Step {
            /// What the log and debugfs call it.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$step => $name,)*
                }
            }
        }
    };
}

steps! {
    /// The card is enabled and all of its memory claimed.
    Claim "claim",
    /// The chip is one that the driver knows.
    Identify "identify",
    /// The machine has memory that the card reaches.
    DmaMask "dma-mask",
    /// The card's own firmware has come up.
    Gfw "gfw-boot",
    /// Nobody's firmware is in its protected memory.
    Idle "idle",
    /// The card has a page to flush writes with.
    FlushPage "flush-page",
    /// How much memory the card has.
    Memory "memory",
    /// The ROM is read.
    Vbios "vbios",
    /// FWSEC is found in it, takes commands, and has a signature for this card.
    Fwsec "fwsec",
    /// The firmware is read, and made ready for the card's processors.
    Firmware "firmware",
    /// The machine has memory for the GSP's logs, queues and arguments.
    GspMemory "gsp-memory",
    /// FWSEC has set up the protected part of the memory.
    Frts "frts",
    /// The GSP knows where its arguments are.
    GspFalcon "gsp-falcon",
    /// The booter has put the GSP's firmware where it runs.
    Booter "booter",
    /// The GSP's RISC-V core runs.
    Riscv "riscv",
    /// The GSP is told of the machine, and of its settings.
    SystemInfo "system-info",
    /// What the GSP had the driver do is done.
    Sequencer "sequencer",
    /// The GSP is ready.
    InitDone "init-done",
    /// The GSP has told of the card.
    StaticInfo "static-info",
    /// What the GSP says from now on is heard.
    Events "events",
}

/// Why a step failed.
pub(crate) enum Fault {
    /// As the errno says.
    Errno(Error),
    /// Something that was parsed does not fit.
    Format(formats::Error),
    /// What it is, with the value that says so.
    Value(&'static str, u32, Error),
    /// What it is.
    Text(&'static str, Error),
}

impl Fault {
    /// Memory of the card's could not be claimed.
    pub(crate) fn in_use(error: Error) -> Self {
        match error {
            EBUSY => Self::Text("the card's memory is in use by somebody else", EBUSY),
            error => Self::Text("the card's memory cannot be used", error),
        }
    }

    /// What the caller gets.
    fn errno(&self) -> Error {
        match self {
            Self::Errno(error) | Self::Value(_, _, error) | Self::Text(_, error) => *error,
            Self::Format(error) if is_said(error.part) => EIO,
            Self::Format(_) => EINVAL,
        }
    }

    /// Warns of what went wrong, and what comes of it: the boot goes on, or is being undone.
    // Its text is not in the stack frames of those who have nothing to say.
    #[inline(never)]
    pub(crate) fn warn(&self, device: &impl AsDevice, then: &'static str) {
        let errno = self.errno();
        match self {
            Self::Value(what, value, _) => {
                dev_warn!(device, "{}: {:#x}: {}: {}", *what, *value, errno, then);
            }
            Self::Text(what, _) => dev_warn!(device, "{}: {}: {}", *what, errno, then),
            Self::Format(error) => {
                let what = of_format(error);
                dev_warn!(
                    device,
                    "{}: {}: {}",
                    what.as_str().unwrap_or("?"),
                    errno,
                    then
                );
            }
            Self::Errno(_) => dev_warn!(device, "{}: {}", errno, then),
        }
    }

    #[inline(never)]
    fn log(&self, device: &Device<Bound>, step: Step) {
        let (name, errno) = (step.name(), self.errno());
        match self {
            Self::Errno(_) => dev_err!(device, "{}: {}", name, errno),
            Self::Value(what, value, _) => {
                dev_err!(device, "{}: {}: {:#x}: {}", name, *what, *value, errno);
            }
            Self::Text(what, _) => dev_err!(device, "{}: {}: {}", name, *what, errno),
            Self::Format(error) => {
                let what = of_format(error);
                dev_err!(device, "{}: {}", name, what.as_str().unwrap_or("?"));
            }
        }
    }
}

/// Whether it is said by the GSP, rather than found in a file or the ROM.
fn is_said(part: Part) -> bool {
    use Part::{
        Command, Continuation, Control, Event, InterruptTable, QueueElement, QueuePointer,
        RpcHeader, Sequence, StaticInfo,
    };
    matches!(
        part,
        Command
            | Continuation
            | Control
            | Event
            | InterruptTable
            | QueueElement
            | QueuePointer
            | RpcHeader
            | Sequence
            | StaticInfo
    )
}

/// What is wrong, in a text.
fn of_format(error: &formats::Error) -> Text<192> {
    let (part, at, what) = (error.part.name(), error.at, error.what.text());
    let mut text = Text::new();
    write_text!(&mut text, "{} at {:#x} {}", part, at, what);
    if let Some(number) = error.what.number() {
        write_text!(&mut text, ": {:#x}", number);
    }
    text
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Errno(error)
    }
}

impl From<formats::Error> for Fault {
    fn from(error: formats::Error) -> Self {
        Self::Format(error)
    }
}

/// Whether the card answers. One that was pulled out, or hangs, reads as all ones, which this register
/// never is.
pub(crate) fn answers(bar: &Registers) -> bool {
    bar.read(NV_PMC_BOOT_0).is_there()
}

/// A boot that is under way.
pub(crate) struct Boot<'bound> {
    device: &'bound Device<Bound>,
    start: Instant<Monotonic>,
    taken: KVec<Taken>,
}

/// A step that was taken.
pub(crate) struct Taken {
    pub(crate) step: Step,
    pub(crate) time: Delta,
}

impl<'bound> Boot<'bound> {
    pub(crate) fn new(device: &'bound Device<Bound>) -> Self {
        Self {
            device,
            start: Instant::now(),
            taken: KVec::new(),
        }
    }

    /// Takes a step. What goes wrong is logged under its name.
    // Not all steps in one stack frame.
    #[inline(never)]
    pub(crate) fn step<T>(
        &mut self,
        step: Step,
        take: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<T> {
        let start = Instant::<Monotonic>::now();
        let value = take().map_err(|fault| {
            fault.log(self.device, step);
            fault.errno()
        })?;
        let time = start.elapsed();
        self.taken.push(Taken { step, time }, GFP_KERNEL)?;
        Ok(value)
    }

    /// As [`Self::step`], of a card whose registers are mapped: if it does not answer any more, then
    /// that is what went wrong.
    pub(crate) fn on_card<T>(
        &mut self,
        bar: &Bar0<'_>,
        step: Step,
        take: impl FnOnce() -> Result<T, Fault>,
    ) -> Result<T> {
        self.step(step, || {
            let taken = take();
            if answers(bar) {
                return taken;
            }
            Err(Fault::Text("the card does not answer", ENODEV))
        })
    }

    /// The steps that were taken, and how long it took since it began.
    pub(crate) fn into_taken(self) -> (KVec<Taken>, Delta) {
        (self.taken, self.start.elapsed())
    }
}
