// SPDX-License-Identifier: GPL-2.0-only

//! What the device does for whoever asks.

use core::sync::atomic::{AtomicBool, Ordering};

use kernel::devres::Devres;
use kernel::dma::{Coherent, DmaAddress};
use kernel::io::poll::read_poll_timeout;
use kernel::io::{Io, Register};
use kernel::new_mutex;
use kernel::pci::Bar;
use kernel::prelude::*;
use kernel::sync::{Arc, Completion, Mutex};
use kernel::time::{Delta, msecs_to_jiffies};

use crate::registers::{
    ACKNOWLEDGE, BUFFER, BUFFER_SIZE, DMA_COMMAND, DMA_COUNT, DMA_SOURCE, DMA_TARGET, FACTORIAL,
    IDENTIFICATION, PENDING, SIGNATURE, SIZE, STATUS,
};

/// How many bytes are moved at once.
pub(crate) const MOST: usize = BUFFER_SIZE / 2;

/// The memory through which bytes go to the device and come from it.
pub(crate) type Window<'bound> = Coherent<'bound, [u8; MOST]>;

type Registers = Bar<'static, SIZE>;

/// What the driver, the handler and open files share. It may outlive the binding, so what is the
/// device's is taken away at its end.
#[pin_data]
pub(crate) struct Shared {
    pub(crate) memory: Devres<Registers>,
    window: Devres<Window<'static>>,
    address: DmaAddress,
    /// The last result. The lock is held while the device works.
    #[pin]
    result: Mutex<u32>,
    #[pin]
    interrupted: Completion,
    is_gone: AtomicBool,
}

impl Shared {
    pub(crate) fn new(memory: Bar<'_, SIZE>, window: Window<'_>) -> Result<Arc<Self>> {
        let address = window.dma_address();
        let (memory, window) = (memory.into_devres()?, window.into_devres()?);
        let init = pin_init!(Self {
            memory,
            window,
            address,
            result <- new_mutex!(1),
            interrupted <- Completion::new(),
            is_gone: AtomicBool::new(false),
        });
        Arc::pin_init(init, GFP_KERNEL)
    }

    fn with<R>(&self, access: impl FnOnce(&Registers) -> R) -> Result<R> {
        self.memory.try_access_with(access).ok_or(ENODEV)
    }

    /// The device is bound, and answers: nobody's answer is all ones, on some machines zero.
    fn is_there(&self) -> Result {
        let id = self.with(|io| io.read(IDENTIFICATION))?;
        if self.is_gone.load(Ordering::SeqCst) || id.signature() != SIGNATURE {
            return Err(ENODEV);
        }
        Ok(())
    }

    /// The device does nothing. What was given up on may not be over, and until then the device hears
    /// nothing.
    fn is_idle(&self) -> Result {
        self.is_there()?;
        let is_idle = |io: &Registers| !io.read(STATUS).busy() && !io.read(DMA_COMMAND).run();
        if self.with(is_idle)? {
            Ok(())
        } else {
            Err(EBUSY)
        }
    }

    /// Has the device do something, and waits for its interrupt and until it is idle. The caller
    /// has the lock.
    fn run(&self, begin: impl FnOnce(&Registers), idle: impl Fn(&Registers) -> bool) -> Result {
        self.interrupted.reinit();
        // Looked at after `reinit`: who sets `is_gone` completes afterwards.
        self.is_idle()?;
        self.with(begin)?;
        let patience = msecs_to_jiffies(10_000);
        let answer = self.interrupted.wait_for_completion_timeout(patience);
        // A device that was pulled out does not answer either.
        self.is_there()?;
        answer?;
        let is_idle = || {
            self.is_there()?;
            self.with(&idle)
        };
        let (tick, limit) = (Delta::from_micros(100), Delta::from_secs(10));
        read_poll_timeout(is_idle, |is_idle| *is_idle, tick, limit)?;
        Ok(())
    }

    /// A line about what failed: the program is told an errno only.
    fn said(&self, what: &str, outcome: Result) -> Result {
        outcome.inspect_err(|error| {
            dev_err!(self.memory.device(), "{} failed: {}", what, *error);
        })
    }

    pub(crate) fn result(&self) -> u32 {
        *self.result.lock()
    }

    pub(crate) fn factorial(&self, number: u32) -> Result {
        let mut result = self.result.lock();
        let begin = |io: &Registers| {
            io.write(STATUS, STATUS::zeroed().with_interrupt(true));
            io.write(FACTORIAL, FACTORIAL::zeroed().with_value(number));
        };
        let outcome = self.run(begin, |io| !io.read(STATUS).busy());
        self.said("a factorial", outcome)?;
        *result = self.with(|io| io.read(FACTORIAL))?.value();
        Ok(())
    }

    /// Brings bytes into the device's own memory: no more than [`MOST`].
    pub(crate) fn store(&self, offset: usize, bytes: &[u8]) -> Result {
        let _turn = self.result.lock();
        // A transfer that was given up on may still read from there.
        let outcome = self
            .is_idle()
            .and_then(|()| {
                self.window
                    .try_access_with(|window| {
                        let window = window.view().as_slice().range(..bytes.len())?;
                        window.copy_from_slice(bytes)
                    })
                    .ok_or(ENODEV)?
            })
            .and_then(|()| self.transfer(offset, bytes.len(), false));
        self.said("a transfer to the device", outcome)
    }

    /// Fetches bytes from there: no more than [`MOST`].
    pub(crate) fn fetch(&self, offset: usize, bytes: &mut [u8]) -> Result {
        let _turn = self.result.lock();
        let outcome = self.transfer(offset, bytes.len(), true);
        self.said("a transfer from the device", outcome)?;
        self.window
            .try_access_with(|window| {
                let window = window.view().as_slice().range(..bytes.len())?;
                window.copy_to_slice(bytes)
            })
            .ok_or(ENODEV)?
    }

    fn transfer(&self, offset: usize, len: usize, from_device: bool) -> Result {
        let here = u32::try_from(self.address)?;
        let there = BUFFER.wrapping_add(u32::try_from(offset)?);
        let (source, target) = if from_device {
            (there, here)
        } else {
            (here, there)
        };
        let count = DMA_COUNT::zeroed().with_bytes(u32::try_from(len)?);
        let command = DMA_COMMAND::zeroed()
            .with_interrupt(true)
            .with_from_device(from_device)
            .with_run(true);
        let begin = |io: &Registers| {
            io.write(DMA_SOURCE, DMA_SOURCE::zeroed().with_address(source));
            io.write(DMA_TARGET, DMA_TARGET::zeroed().with_address(target));
            io.write(DMA_COUNT, count);
            io.write(DMA_COMMAND, command);
        };
        self.run(begin, |io| !io.read(DMA_COMMAND).run())
    }

    /// The device has sent an interrupt, or another one on the same line has.
    pub(crate) fn interrupt(&self, io: &Registers) -> bool {
        let pending = io.read(PENDING).into_word();
        if pending == 0 || pending == u32::MAX {
            return false;
        }
        io.write(ACKNOWLEDGE, ACKNOWLEDGE::from_word(pending));
        self.interrupted.complete();
        true
    }

    /// Ends what waits for the device, and has it leave the memory alone.
    pub(crate) fn leave(&self) {
        self.is_gone.store(true, Ordering::SeqCst);
        self.interrupted.complete_all();
        // Whoever has the turn gives up, and nobody begins anything afterwards.
        let _turn = self.result.lock();
        let command = || self.with(|io| io.read(DMA_COMMAND));
        let is_idle = |command: &DMA_COMMAND| !command.run() || command.into_word() == u32::MAX;
        let (tick, limit) = (Delta::from_millis(1), Delta::from_secs(10));
        if read_poll_timeout(command, is_idle, tick, limit).is_err() {
            dev_err!(self.memory.device(), "its transfer does not end");
        }
    }
}
