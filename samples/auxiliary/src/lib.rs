// SPDX-License-Identifier: GPL-2.0-only

//! A device in parts: a board, whose lamp and meter are auxiliary devices with a driver of their
//! own.
//!
//! The driver of the board makes the parts when the board is bound, and keeps them in its data, so
//! that they go when it is unbound. Board and parts share a count of how often a part was bound.

#![no_std]
#![forbid(unsafe_code)]

use core::pin::Pin;

use kernel::auxiliary::{self, DeviceId, IdTable};
use kernel::device::{Bound, Core};
use kernel::driver::Registration;
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::{auxiliary_device_table, platform};

module! {
    type: AuxiliarySample,
    name: "auxiliary_sample",
    authors: ["The Ferrite developers"],
    description: "Auxiliary devices and their driver",
    license: "GPL",
}

/// What the board and its parts share.
struct Board {
    bindings: Atomic<u32>,
}

/// What the driver of the board keeps: its parts.
struct BoardData<'bound> {
    _lamp: auxiliary::Registration<'bound, Arc<Board>>,
    _meter: auxiliary::Registration<'bound, Arc<Board>>,
}

struct BoardDriver;

impl platform::Driver for BoardDriver {
    type IdInfo = ();
    type Data<'bound> = BoardData<'bound>;
    /// By its name.
    const ID_TABLE: Option<&'static platform::IdTable<()>> = None;

    fn probe<'bound>(
        device: &'bound platform::Device<Core<'_>>,
        _: Option<&'static ()>,
    ) -> Result<impl PinInit<BoardData<'bound>, Error>> {
        let device: &'bound platform::Device<Bound> = device;
        let bindings = Atomic::new(0);
        let board = Arc::new(Board { bindings }, GFP_KERNEL)?;
        let part =
            |name, id| auxiliary::Registration::new(device.generic(), name, id, board.clone());
        dev_info!(device, "a board with two parts");
        Ok(Ok(BoardData {
            _lamp: part(c"lamp", 0)?,
            _meter: part(c"meter", 1)?,
        }))
    }

    fn unbind<'bound>(device: &'bound platform::Device<Core<'_>>, _: Pin<&BoardData<'bound>>) {
        dev_info!(device, "the parts go with the board");
    }
}

auxiliary_device_table! {
    static PARTS: &str = [
        (DeviceId::new(c"auxiliary_sample", c"lamp"), "lights"),
        (DeviceId::new(c"auxiliary_sample", c"meter"), "measures"),
    ];
}

/// What the driver of the parts keeps for one.
struct Part<'bound> {
    board: &'bound Board,
    does: &'static str,
}

struct PartDriver;

impl auxiliary::Driver for PartDriver {
    type IdInfo = &'static str;
    type Data<'bound> = Part<'bound>;
    const ID_TABLE: &'static IdTable<&'static str> = &PARTS;

    fn probe<'bound>(
        device: &'bound auxiliary::Device<Core<'_>>,
        does: Option<&'static &'static str>,
    ) -> Result<impl PinInit<Part<'bound>, Error>> {
        let device: &'bound auxiliary::Device<Bound> = device;
        let board = device.registration_data::<Arc<Board>>()?;
        let does = does.ok_or(ENODEV)?;
        board.bindings.fetch_add(1, Relaxed);
        let of = device
            .generic()
            .parent()
            .map_or(c"?", |parent| parent.name());
        let of = of.to_str().unwrap_or("?");
        dev_info!(device, "number {} of {} {}", device.id(), of, *does);
        Ok(Ok(Part { board, does }))
    }

    fn unbind<'bound>(device: &'bound auxiliary::Device<Core<'_>>, part: Pin<&Part<'bound>>) {
        let bindings = part.board.bindings.load(Relaxed);
        dev_info!(device, "{} no more; {} bindings", part.does, bindings);
    }
}

/// The device goes before its driver, and that before the driver of the parts.
struct AuxiliarySample {
    _device: platform::DeviceRegistration,
    _board: Pin<KBox<Registration<platform::Adapter<BoardDriver>>>>,
    _parts: Pin<KBox<Registration<auxiliary::Adapter<PartDriver>>>>,
}

impl Module for AuxiliarySample {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let parts = KBox::pin_init(Registration::new(c"part"), GFP_KERNEL)?;
        let board = KBox::pin_init(Registration::new(c"ferrite-board"), GFP_KERNEL)?;
        let id = platform::Id::None;
        Ok(Self {
            _device: platform::DeviceRegistration::new(c"ferrite-board", id, None)?,
            _board: board,
            _parts: parts,
        })
    }
}
