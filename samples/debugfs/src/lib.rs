// SPDX-License-Identifier: GPL-2.0-only

//! Files for who debugs a driver: `/sys/kernel/debug/debugfs_sample`.
//!
//! A room has guests. Its directory shows its values, all guests as a list, and takes new ones. Writing
//! `N` to `control/room` closes the room, whoever has its files open; `Y` opens a new one.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::attribute::Input;
use kernel::debugfs::{Dir, Scope, ScopedDir};
use kernel::prelude::*;
use kernel::seq_file::{SeqFile, SeqOperations};
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::lock::MutexBackend;
use kernel::sync::{Guard, Mutex};
use kernel::{debugfs, new_mutex, seq_print};

module! {
    type: Sample,
    name: "debugfs_sample",
    authors: ["The Ferrite developers"],
    description: "Files in debugfs",
    license: "GPL",
}

/// What a reader of `about` gets.
static ABOUT: &[u8] = b"A room with guests.\n";
/// How many rooms there have been.
static ROOMS: Atomic<u32> = Atomic::new(0);

/// What the directory `room` is about.
#[pin_data]
struct Room {
    /// How many guests have come.
    visits: Atomic<u64>,
    /// How many may be there.
    limit: Atomic<u16>,
    open: Atomic<bool>,
    #[pin]
    guests: Mutex<KVec<u32>>,
    #[pin]
    sign: Mutex<[u8; 8]>,
}

impl Room {
    fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            visits: Atomic::new(0),
            limit: Atomic::new(10_000),
            open: Atomic::new(true),
            guests <- new_mutex!(KVec::new()),
            sign <- new_mutex!(*b"welcome\n"),
        }? Error)
    }

    /// So many guests come. `EBUSY` if the room is not open, `ENOSPC` if it is full.
    fn enter(&self, input: Input<'_>) -> Result {
        let count = input.parse::<u16>()?;
        if !self.open.load(Relaxed) {
            return Err(EBUSY);
        }
        let mut guests = self.guests.lock();
        for _ in 0..count {
            if guests.len() >= usize::from(self.limit.load(Relaxed)) {
                return Err(ENOSPC);
            }
            let number = u32::try_from(guests.len())?;
            guests.push(number, GFP_KERNEL)?;
            self.visits.add(1, Relaxed);
        }
        Ok(())
    }

    fn summary(&self, seq: &SeqFile) -> Result {
        let guests = self.guests.lock().len();
        let limit = self.limit.load(Relaxed);
        seq_print!(seq, "{guests} of {limit} guests\n");
        Ok(())
    }

    fn files<'data>(&'data self, dir: &ScopedDir<'data, '_>) -> Result {
        dir.read_only_file(c"visits", &self.visits)?;
        dir.read_write_file(c"limit", &self.limit)?;
        dir.read_write_file(c"open", &self.open)?;
        dir.read_callback_file(c"summary", self, Room::summary)?;
        dir.write_only_callback_file(c"enter", self, Room::enter)?;
        dir.seq_file(c"guests", self)?;
        dir.read_write_binary_file(c"sign", &self.sign)
    }
}

/// `guests`: one a line.
impl SeqOperations for Room {
    type Guard<'a> = Guard<'a, KVec<u32>, MutexBackend>;
    type Iter<'g> = core::slice::Iter<'g, u32>;

    fn lock(&self) -> Self::Guard<'_> {
        self.guests.lock()
    }

    fn iter<'g>(guests: &'g Self::Guard<'_>) -> Self::Iter<'g> {
        guests.iter()
    }

    fn show(guest: &&u32, seq: &SeqFile) -> Result {
        seq_print!(seq, "guest {guest}\n");
        Ok(())
    }
}

type RoomDirectory = Pin<KBox<Scope<Room>>>;

/// What the directory `control` is about.
#[pin_data]
struct Control {
    top: Dir,
    #[pin]
    room: Mutex<Option<RoomDirectory>>,
}

impl Control {
    fn new(top: Dir) -> Result<impl PinInit<Self, Error>> {
        let room = Self::new_room(&top)?;
        Ok(try_pin_init!(Self {
            top,
            room <- new_mutex!(Some(room)),
        }? Error))
    }

    fn new_room(top: &Dir) -> Result<RoomDirectory> {
        ROOMS.add(1, Relaxed);
        KBox::pin_init(top.scope(c"room", Room::new(), Room::files), GFP_KERNEL)
    }

    fn show(&self, seq: &SeqFile) -> Result {
        let room = self.room.lock();
        seq_print!(seq, "{}\n", if room.is_some() { "Y" } else { "N" });
        Ok(())
    }

    fn store(&self, input: Input<'_>) -> Result {
        let wanted = input.parse::<bool>()?;
        let mut room = self.room.lock();
        // Dropping a room waits for who is reading its files: they do not need this lock.
        *room = match room.take() {
            None if wanted => Some(Self::new_room(&self.top)?),
            there if wanted => there,
            _ => None,
        };
        Ok(())
    }
}

struct Sample {
    _control: Pin<KBox<Scope<Control>>>,
}

impl Module for Sample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        if !debugfs::is_enabled() {
            pr_info!("debugfs is off: nobody will see this");
        }
        let top = Dir::new(c"debugfs_sample")?;
        top.read_binary_file(c"about", &ABOUT)?;
        top.read_only_file(c"rooms", &ROOMS)?;
        let control = top.scope(c"control", Control::new(top.clone())?, |control, dir| {
            dir.read_write_callback_file(c"room", control, Control::show, Control::store)
        });
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
