// SPDX-License-Identifier: GPL-2.0-only

//! Files that configure a driver: `/sys/module/sysfs_sample/fan`.
//!
//! A fan has a speed, which is what was asked for, up to a limit, and a label of eight bytes. Writing
//! `N` to `control/fan` takes the fan away, whoever has its files open; `Y` brings a new one.
//! `control/turbo` says whether the fan can do more: then it has one file more.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::attribute::{Input, Output};
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::sync::Mutex;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sysfs::{Directory, Files, Parent};

module! {
    type: Sample,
    name: "sysfs_sample",
    authors: ["The Ferrite developers"],
    description: "Files in sysfs",
    license: "GPL",
}

/// What a reader of `model` gets.
static MODEL: &[u8] = b"Whisper 3\n";

/// What the directory `fan` is about.
#[pin_data]
struct Fan {
    speed: Atomic<u32>,
    limit: Atomic<u32>,
    turbo: Atomic<bool>,
    /// How far above the limit it goes, with turbo.
    boost: Atomic<u32>,
    #[pin]
    label: Mutex<[u8; 8]>,
}

impl Fan {
    fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            speed: Atomic::new(0),
            limit: Atomic::new(3000),
            turbo: Atomic::new(false),
            boost: Atomic::new(500),
            label <- new_mutex!(*b"nothing\n"),
        }? Error)
    }

    fn fastest(&self) -> u32 {
        let boost = if self.turbo.load(Relaxed) {
            self.boost.load(Relaxed)
        } else {
            0
        };
        self.limit.load(Relaxed).saturating_add(boost)
    }

    fn show_speed(&self, page: &mut Output<'_>) -> Result {
        page.integer(self.speed.load(Relaxed)).text(" rpm\n");
        Ok(())
    }

    /// `EDOM` for what is too fast.
    fn store_speed(&self, input: Input<'_>) -> Result {
        let speed = input.parse()?;
        if speed > self.fastest() {
            return Err(EDOM);
        }
        self.speed.store(speed, Relaxed);
        Ok(())
    }

    fn files<'data>(&'data self, files: &mut Files<'data>) -> Result {
        files.read_write_callback_file(c"speed", self, Fan::show_speed, Fan::store_speed)?;
        files.read_write_file(c"limit", &self.limit)?;
        files.read_write_binary_file(c"label", &self.label)?;
        files.read_binary_file(c"model", &MODEL)?;
        let turbo = |turbo: &Atomic<bool>| turbo.load(Relaxed);
        files.visible_if(&self.turbo, turbo, |files| {
            files.read_write_file(c"boost", &self.boost)
        })
    }
}

type FanDirectory = Pin<KBox<Directory<Fan>>>;

/// What the directory `control` is about.
#[pin_data]
struct Control {
    #[pin]
    fan: Mutex<Option<FanDirectory>>,
}

impl Control {
    fn new() -> Result<impl PinInit<Self, Error>> {
        let fan = Self::new_fan()?;
        Ok(try_pin_init!(Self { fan <- new_mutex!(Some(fan)) }? Error))
    }

    fn new_fan() -> Result<FanDirectory> {
        let fan = Directory::new(Parent::Module, c"fan", Fan::new(), Fan::files);
        KBox::pin_init(fan, GFP_KERNEL)
    }

    fn show(&self, page: &mut Output<'_>) -> Result {
        page.yes_no(self.fan.lock().is_some()).text("\n");
        Ok(())
    }

    fn store(&self, input: Input<'_>) -> Result {
        let wanted = input.parse::<bool>()?;
        let mut fan = self.fan.lock();
        // Dropping a fan waits for who is using its files: they do not need this lock.
        *fan = match fan.take() {
            None if wanted => Some(Self::new_fan()?),
            there if wanted => there,
            _ => None,
        };
        Ok(())
    }

    /// `ENODEV` if there is no fan.
    fn store_turbo(&self, input: Input<'_>) -> Result {
        let turbo = input.parse()?;
        let fan = self.fan.lock();
        let fan = fan.as_ref().ok_or(ENODEV)?;
        fan.turbo.store(turbo, Relaxed);
        fan.update()
    }
}

struct Sample {
    _control: Pin<KBox<Directory<Control>>>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let control = Directory::new(
            Parent::Module,
            c"control",
            Control::new()?,
            |control, files| {
                files.read_write_callback_file(c"fan", control, Control::show, Control::store)?;
                files.write_only_callback_file(c"turbo", control, Control::store_turbo)
            },
        );
        Ok(Self {
            _control: KBox::pin_init(control, GFP_KERNEL)?,
        })
    }
}

#[cfg(feature = "ktest")]
mod tests {
    use super::*;

    #[kernel_test]
    fn it_starts_and_stops() -> Result {
        let module = Sample::init(ThisModule::get())?;
        drop(module);
        Ok(())
    }
}
