// SPDX-License-Identifier: GPL-2.0-only

//! A directory in configfs: `/sys/kernel/config/bakery`.
//!
//! `mkdir` in it makes an oven, with files to configure it; `mkdir` in an oven's makes a tray. An oven
//! that is on can be neither changed nor given a program.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;

use kernel::attribute::{Input, Output};
use kernel::configfs::{
    AttributeOperations, BinAttributeOperations, DefaultGroups, GroupOperations, Item, ItemType,
    Subsystem,
};
use kernel::configfs_attrs;
use kernel::new_mutex;
use kernel::prelude::*;
use kernel::sync::{Arc, Mutex};

module! {
    type: Sample,
    name: "configfs_sample",
    authors: ["The Ferrite developers"],
    description: "A directory in configfs",
    license: "GPL",
}

struct Sample {
    _bakery: Subsystem<Bakery>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let bakery = Subsystem::new(c"bakery", init!(Bakery {}))?;
        Ok(Self { _bakery: bakery })
    }
}

/// The top: ovens are made in it.
struct Bakery {}

impl Item for Bakery {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Bakery,
        child: Oven,
        attributes: [features: 0],
    };
}

#[vtable]
impl AttributeOperations<0> for Bakery {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.text("degrees,power,program,log,trays\n");
        Ok(())
    }
}

#[vtable]
impl GroupOperations for Bakery {
    type Child = Oven;

    fn make_group(&self, name: &CStr) -> Result<impl PinInit<Oven, Error>> {
        pr_info!("a new oven: {}", name.to_str().map_err(|_| EINVAL)?);
        let log = Arc::pin_init(new_mutex!(0), GFP_KERNEL)?;
        Ok(try_pin_init!(Oven {
            settings <- new_mutex!(Settings { degrees: 180, power: false, program: KVec::new() }),
            log,
        }? Error))
    }

    fn drop_item(&self, oven: &Oven) {
        if oven.settings.lock().power {
            pr_info!("an oven is taken away while it is on");
        }
    }
}

struct Settings {
    degrees: u16,
    power: bool,
    program: KVec<u8>,
}

/// A directory that `mkdir` has made.
#[pin_data]
struct Oven {
    #[pin]
    settings: Mutex<Settings>,
    log: Arc<Mutex<u32>>,
}

impl Item for Oven {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Oven,
        child: Tray,
        attributes: [degrees: 0, power: 1],
        bin_attributes: [program: 0],
    };

    fn default_groups(&self, groups: &mut DefaultGroups<'_>) -> Result {
        let log = self.log.clone();
        groups.add(c"log", init!(Log { changes: log }))
    }
}

#[vtable]
impl AttributeOperations<0> for Oven {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.integer(self.settings.lock().degrees).text("\n");
        Ok(())
    }

    fn store(&self, page: Input<'_>) -> Result {
        let degrees = page.parse()?;
        let mut settings = self.settings.lock();
        if settings.power {
            return Err(EBUSY);
        }
        settings.degrees = degrees;
        drop(settings);
        let mut changes = self.log.lock();
        *changes = changes.saturating_add(1);
        Ok(())
    }
}

#[vtable]
impl AttributeOperations<1> for Oven {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.yes_no(self.settings.lock().power).text("\n");
        Ok(())
    }

    fn store(&self, page: Input<'_>) -> Result {
        self.settings.lock().power = page.parse()?;
        Ok(())
    }
}

#[vtable]
impl BinAttributeOperations<0> for Oven {
    const MAX_SIZE: usize = 8192;

    fn size(&self) -> Result<usize> {
        Ok(self.settings.lock().program.len())
    }

    fn read(&self, to: &mut [u8]) -> Result {
        let settings = self.settings.lock();
        to.iter_mut()
            .zip(&settings.program)
            .for_each(|(to, from)| *to = *from);
        Ok(())
    }

    fn write(&self, data: &[u8]) -> Result {
        let mut program = KVec::new();
        program.extend_from_slice(data, GFP_KERNEL)?;
        let mut settings = self.settings.lock();
        if settings.power {
            return Err(EBUSY);
        }
        settings.program = program;
        Ok(())
    }
}

#[vtable]
impl GroupOperations for Oven {
    type Child = Tray;

    fn make_item(&self, _name: &CStr) -> Result<impl PinInit<Tray, Error>> {
        if self.settings.lock().power {
            return Err(EBUSY);
        }
        Ok(try_pin_init!(Tray { content <- new_mutex!(KVec::new()) }? Error))
    }
}

/// A directory that comes with an oven.
struct Log {
    changes: Arc<Mutex<u32>>,
}

impl Item for Log {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Log,
        attributes: [changes: 0, reset: 1],
    };
}

#[vtable]
impl AttributeOperations<0> for Log {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.integer(*self.changes.lock()).text("\n");
        Ok(())
    }
}

#[vtable]
impl AttributeOperations<1> for Log {
    fn store(&self, _page: Input<'_>) -> Result {
        *self.changes.lock() = 0;
        Ok(())
    }
}

/// A directory that `mkdir` has made in an oven's: it has files only.
#[pin_data]
struct Tray {
    #[pin]
    content: Mutex<KVec<u8>>,
}

impl Item for Tray {
    const TYPE: &'static ItemType<Self> = configfs_attrs! {
        data: Tray,
        attributes: [content: 0],
    };
}

#[vtable]
impl AttributeOperations<0> for Tray {
    fn show(&self, page: &mut Output<'_>) -> Result {
        page.bytes(&self.content.lock());
        Ok(())
    }

    fn store(&self, page: Input<'_>) -> Result {
        let mut content = KVec::new();
        content.extend_from_slice(page.as_bytes(), GFP_KERNEL)?;
        *self.content.lock() = content;
        Ok(())
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
