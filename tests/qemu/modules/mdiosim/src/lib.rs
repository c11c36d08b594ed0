// SPDX-License-Identifier: GPL-2.0-only

//! An MDIO bus with simulated PHYs, each with a network device: a bench for drivers of PHYs, which
//! needs neither the chips nor a cable.
//!
//! The PHYs are at fixed addresses, and plugged in and out by way of debugfs, where the rest of what
//! happens to them is said, too. `/sys/kernel/debug/mdiosim` has:
//!
//! - `control`: one order a write: the name of a PHY and what happens to it (`Order` in `control.rs`);
//! - `trace`: each access of the bus since `trace on`, one a line;
//! - `image`: the firmware that the QT2025 has in its memory;
//! - `state`: what the 8051 of the QT2025 does.
//!
//! The models know the chips' facts, not their drivers: they share no code with those.

#![no_std]
#![forbid(unsafe_code)]

mod asix;
mod control;
mod qt2025;
mod sample;
#[cfg(feature = "ktest")]
mod tests;
mod trace;

use core::pin::Pin;

use asix::Asix;
use kernel::attribute::Blob;
use kernel::debugfs::Scope;
use kernel::net::mdio::{Bus, Clause, Interface, Operations};
use kernel::net::phy::reg::{C22, C45};
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::seq_print;
use kernel::sync::Mutex;
use qt2025::Qt2025;
use sample::Sample;
use trace::{Access, Log};

module! {
    type: Bench,
    name: "mdiosim",
    authors: ["The Ferrite developers"],
    description: "An MDIO bus with simulated PHYs",
    license: "GPL",
    params: {
        forget: bool { default: false, permissions: 0, description: "Forget the bus, with an AX88772C on it" },
    },
}

/// The PHYs, by their addresses.
const QT2025: u8 = 0;
const AX88772A: u8 = 1;
const AX88772C: u8 = 2;
const AX88796B: u8 = 3;
const SAMPLE: u8 = 4;

/// The chips on the bus.
struct Models {
    qt2025: Qt2025,
    asix: [Asix; 3],
    sample: Sample,
    faults: Faults,
}

/// When the bus fails.
#[derive(Clone, Copy)]
enum Faults {
    Never,
    /// After so many accesses, for ever.
    After(u32),
    /// After so many accesses, once.
    Once(u32),
}

impl Models {
    fn asix(&mut self, address: u8) -> Option<&mut Asix> {
        self.asix
            .get_mut(usize::from(address.checked_sub(AX88772A)?))
    }

    /// Whether the bus works this time.
    fn count(&mut self) -> Result {
        match &mut self.faults {
            Faults::Never => {}
            Faults::After(good) => *good = good.checked_sub(1).ok_or(EIO)?,
            Faults::Once(0) => {
                self.faults = Faults::Never;
                return Err(EIO);
            }
            Faults::Once(good) => *good = good.saturating_sub(1),
        }
        Ok(())
    }
}

/// What the bus is.
#[pin_data]
struct Chips {
    #[pin]
    models: Mutex<Models>,
    #[pin]
    trace: Log,
}

impl Chips {
    fn new() -> Result<impl PinInit<Self, Error>> {
        let models = Models {
            qt2025: Qt2025::new()?,
            asix: [
                Asix::new(0x003b_1861),
                Asix::new(0x003b_1881),
                Asix::new(0x003b_1841),
            ],
            sample: Sample::new(),
            faults: Faults::Never,
        };
        let trace = Log::new()?;
        Ok(try_pin_init!(Self {
            models <- new_mutex!(models),
            trace <- trace,
        }? Error))
    }

    /// Lets a chip answer, and writes down what it was asked and has answered.
    fn access(
        &self,
        access: Access,
        answer: impl FnOnce(&mut Models) -> Result<u16>,
    ) -> Result<u16> {
        let mut models = self.models.lock();
        let answer = models.count().and_then(|()| answer(&mut models));
        self.trace.add(access, answer);
        answer
    }
}

impl Operations for Chips {
    fn read(&self, address: u8, register: C22) -> Result<u16> {
        let access = Access::of_c22(address, register, None);
        self.access(access, |models| match models.asix(address) {
            Some(chip) => Ok(chip.read(register)),
            None if address == SAMPLE => Ok(models.sample.read(register)),
            None => Ok(0xffff),
        })
    }

    fn write(&self, address: u8, register: C22, value: u16) -> Result {
        let access = Access::of_c22(address, register, Some(value));
        let write = |models: &mut Models| {
            if let Some(chip) = models.asix(address) {
                chip.write(register, value);
            } else if address == SAMPLE {
                models.sample.write(register, value);
            }
            Ok(value)
        };
        self.access(access, write).map(|_| ())
    }

    fn read_c45(&self, address: u8, register: C45) -> Result<u16> {
        let access = Access::of_c45(address, register, None);
        self.access(access, |models| match address {
            QT2025 => Ok(models.qt2025.read(register)),
            _ => Ok(0xffff),
        })
    }

    fn write_c45(&self, address: u8, register: C45, value: u16) -> Result {
        let access = Access::of_c45(address, register, Some(value));
        let write = |models: &mut Models| {
            if address == QT2025 {
                models.qt2025.write(register, value);
            }
            Ok(value)
        };
        self.access(access, write).map(|_| ())
    }
}

/// The file `image`.
impl Blob for Chips {
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(self.models.lock().qt2025.image())
    }
}

struct Bench {
    /// Nothing if it is forgotten.
    _bus: Option<Pin<KBox<Scope<Bus<Chips>>>>>,
}

impl Module for Bench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let bus = Bus::new(c"mdiosim", Chips::new()?)?;
        if module_parameters::forget.get() {
            bus.add_phy(AX88772C, Clause::C22)?;
            bus.add_netdev(AX88772C, c"ax88772c", Interface::Internal)?;
            core::mem::forget(bus);
            return Ok(Self { _bus: None });
        }
        let scope = Scope::new(c"mdiosim", Ok::<_, Error>(bus), |bus: &Bus<Chips>, dir| {
            let chips = Pin::get_ref(bus.operations());
            dir.write_only_callback_file(c"control", bus, control::store)?;
            dir.seq_file(c"trace", &chips.trace)?;
            dir.read_binary_file(c"image", chips)?;
            dir.read_callback_file(c"state", chips, |chips, seq| {
                let state = chips.models.lock().qt2025.state();
                seq_print!(seq, "{}\n", state);
                Ok(())
            })
        });
        Ok(Self {
            _bus: Some(KBox::pin_init(scope, GFP_KERNEL)?),
        })
    }
}
