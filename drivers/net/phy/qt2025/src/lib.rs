// SPDX-License-Identifier: GPL-2.0-only

//! Applied Micro QT2025: a 10GBASE SFP+ PHY, whose 8051 runs firmware that the driver uploads.
//!
//! The chip is set up while its 8051 is held in reset. It then runs from its boot ROM, which lets the
//! firmware into its memory, one byte a write; at last it is told to run that, and shows by a counter
//! that it does. From then on it is a PHY as clause 45 has it.
//!
//! The firmware is looked at before the chip is touched. Whatever fails afterwards leaves the 8051 in
//! reset, from where the next `probe` starts; so does what fails when phylib asks for the abilities of
//! the PHY, without which it is not bound.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::CStr;

use kernel::firmware::Firmware;
use kernel::io::poll::read_poll_timeout;
use kernel::module_phy_driver;
use kernel::net::phy::reg::{C45, Mmd};
use kernel::net::phy::{Device, DeviceId, Driver, Status};
use kernel::prelude::*;
use kernel::time::Delta;

module_phy_driver! {
    drivers: [Qt2025],
    table: QT2025_PHYS,
    name: "qt2025",
    authors: ["The Ferrite developers"],
    description: "Applied Micro QT2025 10GBASE SFP+ PHYs",
    license: "GPL",
    firmware: ["qt2025-2.0.3.3.fw"],
}

/// The messages name it, too.
const FIRMWARE: &CStr = c"qt2025-2.0.3.3.fw";
/// The memory for it: a part in each of two devices, from this register on, one byte a register.
const DEVICES: [Mmd; 2] = [Mmd::PCS, Mmd::PHYXS];
const MEMORY: u16 = 0x8000;
const PART: usize = 16 * 1024;
const WHOLE: usize = 24_576;
/// It is words of 16 bits.
const WORD: usize = 2;

/// The chip's revision in the high byte.
const REVISION: C45 = C45::new(Mmd::PMAPMD, 0xd001);
/// The 8051's reset.
const RESET: C45 = C45::new(Mmd::PMAPMD, 0xc300);
const HOLD: u16 = 0x0000;
const RELEASE: u16 = 0x0002;
/// Where the 8051 runs from.
const RUN: C45 = C45::new(Mmd::PCS, 0xe854);
const FROM_ROM: u16 = 0x00c0;
const FROM_MEMORY: u16 = 0x0040;
/// The firmware counts here, once it runs.
const HEARTBEAT: C45 = C45::new(Mmd::PCS, 0xd7fd);
/// What it shows before that: nothing has run; it starts.
const NOT_YET: [u16; 2] = [0x00, 0x10];

/// What has to be set before there is memory for the firmware: nearly all while the 8051 is in reset.
const SETUP: [(C45, u16); 11] = [
    (RESET, HOLD),
    // The frequency of the reference clock.
    (C45::new(Mmd::PMAPMD, 0xc302), 0x0004),
    // No loopback.
    (C45::new(Mmd::PMAPMD, 0xc319), 0x0038),
    // LAN, not WAN.
    (C45::new(Mmd::PMAPMD, 0xc31a), 0x0098),
    // The seed of a test pattern, by which the firmware is told something else.
    (C45::new(Mmd::PCS, 0x0026), 0x0e00),
    (C45::new(Mmd::PCS, 0x0027), 0x0893),
    (C45::new(Mmd::PCS, 0x0028), 0xa528),
    (C45::new(Mmd::PCS, 0x0029), 0x0003),
    // The clocks of both directions.
    (C45::new(Mmd::PMAPMD, 0xa30a), 0x06e1),
    (RESET, RELEASE),
    (RUN, FROM_ROM),
];

struct Qt2025;

#[vtable]
impl Driver for Qt2025 {
    const NAME: &'static CStr = c"QT2025 10Gpbs SFP+";
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x0043_a400);
    const STATUS: Status = Status::Clause45;

    fn probe(phy: &mut Device) -> Result {
        check_revision(phy)?;
        let firmware = firmware(phy)?;
        start(phy, firmware.data()).inspect_err(|error| not_started(phy, *error))
    }

    /// As phylib does it without; but if it fails, the PHY is not bound.
    fn get_features(phy: &mut Device) -> Result {
        phy.genphy_read_abilities::<C45>()
            .inspect_err(|error| not_started(phy, *error))
    }
}

fn check_revision(phy: &Device) -> Result {
    let revision = phy.read(REVISION)?;
    if revision >> 8 != 0xb3 {
        dev_err!(
            phy,
            "revision {:x} is not b3xx, which this driver is for",
            revision
        );
        return Err(ENODEV);
    }
    Ok(())
}

/// The firmware, of a size that it can have: whole words, one at least, and not larger than the memory
/// for it.
fn firmware(phy: &Device) -> Result<Firmware> {
    let firmware = Firmware::request(FIRMWARE, phy.generic())
        .inspect_err(|error| dev_err!(phy, "no firmware qt2025-2.0.3.3.fw: {}", *error))?;
    let size = firmware.size();
    if size < WORD || !size.is_multiple_of(WORD) {
        dev_err!(
            phy,
            "firmware qt2025-2.0.3.3.fw has {} bytes: it is not whole",
            size
        );
        return Err(EINVAL);
    }
    if size > WHOLE {
        dev_err!(
            phy,
            "firmware qt2025-2.0.3.3.fw has {} bytes, more than 24576",
            size
        );
        return Err(EFBIG);
    }
    Ok(firmware)
}

/// What has no driver does not run.
#[cold]
#[inline(never)]
fn not_started(phy: &Device, error: Error) {
    dev_err!(phy, "not started: {}", error);
    if let Err(error) = set(phy, &[(RESET, HOLD)]) {
        dev_err!(phy, "not even held in reset: {}", error);
    }
}

/// Sets the chip up, and brings the firmware to run.
fn start(phy: &Device, firmware: &[u8]) -> Result {
    set(phy, &SETUP)?;
    upload(phy, firmware)?;
    set(phy, &[(RUN, FROM_MEMORY)])?;
    read_poll_timeout(
        || phy.read(HEARTBEAT),
        |beat| !NOT_YET.contains(beat),
        Delta::from_millis(50),
        Delta::from_secs(3),
    )?;
    Ok(())
}

/// Writes registers, in this order.
// Once, and not written out for each register.
#[inline(never)]
fn set(phy: &Device, settings: &[(C45, u16)]) -> Result {
    for (register, value) in settings {
        phy.write(*register, *value)?;
    }
    Ok(())
}

// Not within `probe`, where on 32-bit x86 too few registers would be left for the loop.
#[inline(never)]
fn upload(phy: &Device, firmware: &[u8]) -> Result {
    for (mmd, part) in DEVICES.into_iter().zip(firmware.chunks(PART)) {
        for (number, byte) in (MEMORY..).zip(part) {
            phy.write(C45::new(mmd, number), u16::from(*byte))?;
        }
    }
    Ok(())
}
