// SPDX-License-Identifier: GPL-2.0-only

//! The models by themselves.

use kernel::net::phy::reg::{C22, C45, Mmd, bits};
use kernel::prelude::*;

use crate::asix::Asix;
use crate::control::Order;
use crate::qt2025::Qt2025;
use crate::sample::Sample;

const RESET: C45 = C45::new(Mmd::PMAPMD, 0xc300);
const RUN: C45 = C45::new(Mmd::PCS, 0xe854);
const BEAT: C45 = C45::new(Mmd::PCS, 0xd7fd);

/// All that the chip wants, but for what it runs from.
fn set_up(chip: &mut Qt2025) {
    chip.write(RESET, 0);
    for (number, value) in [(0xc302, 4), (0xc319, 0x38), (0xc31a, 0x98), (0xa30a, 0x6e1)] {
        chip.write(C45::new(Mmd::PMAPMD, number), value);
    }
    for (number, value) in [(0x26, 0xe00), (0x27, 0x893), (0x28, 0xa528), (0x29, 3)] {
        chip.write(C45::new(Mmd::PCS, number), value);
    }
    chip.write(RESET, 2);
}

#[kernel_test]
fn firmware_runs_after_the_right_writes() -> Result {
    let mut chip = Qt2025::new()?;
    set_up(&mut chip);
    chip.write(RUN, 0xc0);
    for (number, byte) in (0x8000..).zip([7, 8, 9]) {
        chip.write(C45::new(Mmd::PCS, number), byte);
    }
    assert_eq!(chip.read(C45::new(Mmd::PCS, 0x8001)), 8);
    assert_eq!(chip.image(), [7, 8, 9]);
    chip.write(RUN, 0x40);
    assert_eq!(chip.state(), "runs");
    let beats = core::array::from_fn::<u16, 7, _>(|_| chip.read(BEAT));
    assert_eq!(beats, [0, 0, 0x10, 0x10, 0x10, 0x26, 0x27]);
    chip.set_link(true);
    let status = C45::new(Mmd::PMAPMD, 1);
    assert_eq!(chip.read(status), 0);
    assert_eq!(chip.read(status), 4);
    Ok(())
}

#[kernel_test]
fn it_hangs_after_wrong_ones() -> Result {
    let mut chip = Qt2025::new()?;
    // Not set up.
    chip.write(RESET, 0);
    chip.write(RESET, 2);
    assert_eq!(chip.state(), "hangs");
    // The firmware comes before the ROM runs.
    set_up(&mut chip);
    chip.write(C45::new(Mmd::PCS, 0x8000), 7);
    chip.write(RUN, 0xc0);
    chip.write(RUN, 0x40);
    assert_eq!(chip.state(), "hangs");
    // It has a hole.
    set_up(&mut chip);
    chip.write(RUN, 0xc0);
    chip.write(C45::new(Mmd::PCS, 0x8000), 7);
    chip.write(C45::new(Mmd::PCS, 0x8002), 7);
    chip.write(RUN, 0x40);
    assert_eq!(chip.state(), "hangs");
    assert_eq!(chip.read(BEAT), 0);
    Ok(())
}

#[kernel_test]
fn a_reset_needs_a_clear_register() {
    let mut chip = Asix::new(0x003b_1861);
    chip.write(C22::BMCR, bits::BMCR_RESET);
    for _ in 0..4 {
        assert_ne!(chip.read(C22::BMCR) & bits::BMCR_RESET, 0);
    }
    chip.write(C22::BMCR, 0);
    chip.write(C22::BMCR, bits::BMCR_RESET);
    assert_ne!(chip.read(C22::BMCR) & bits::BMCR_RESET, 0);
    assert_eq!(chip.read(C22::BMCR) & bits::BMCR_RESET, 0);
}

#[kernel_test]
fn a_partner_is_learnt_once() {
    let mut chip = Asix::new(0x003b_1861);
    chip.set_link(true);
    assert_eq!(chip.read(C22::LPA), 0x45e1);
    chip.set_link(false);
    chip.partner = 0x4021;
    chip.set_link(true);
    assert_eq!(chip.read(C22::LPA), 0x45e1);
    let again = bits::BMCR_ANENABLE | bits::BMCR_ANRESTART;
    chip.write(C22::BMCR, again);
    assert_eq!(chip.read(C22::LPA), 0x4021);
    assert_eq!(chip.read(C22::BMCR) & bits::BMCR_SPEED100, 0);
}

#[kernel_test]
fn a_mute_one_does_not_say_what_it_has_come_to() {
    let mut chip = Asix::new(0x003b_1861);
    chip.is_mute = true;
    chip.partner = 0x4041;
    let before = chip.read(C22::BMCR);
    chip.set_link(true);
    assert_eq!(
        (chip.read(C22::BMCR), chip.read(C22::LPA)),
        (before, 0x4041)
    );
    chip.is_mute = false;
    chip.set_link(true);
    assert_ne!(chip.read(C22::BMCR), before);
}

#[kernel_test]
fn what_may_not_negotiate_has_not_done_so() {
    let mut chip = Asix::new(0x003b_1861);
    chip.set_link(true);
    assert_ne!(chip.read(C22::BMSR) & bits::BMSR_ANEGCOMPLETE, 0);
    chip.write(C22::BMCR, 0);
    let status = chip.read(C22::BMSR);
    assert_eq!(status & bits::BMSR_ANEGCOMPLETE, 0);
    assert_ne!(status & bits::BMSR_LSTATUS, 0);
}

#[kernel_test]
fn a_line_is_raised_by_what_is_enabled() {
    let mut chip = Sample::new();
    let (enabled, events) = (
        C22::vendor_specific::<0x10>(),
        C22::vendor_specific::<0x11>(),
    );
    assert!(!chip.set_link(true));
    assert_eq!(chip.read(events), 1);
    chip.write(enabled, 1);
    assert!(chip.set_link(false));
    assert_eq!((chip.read(events), chip.read(events)), (1, 0));
    let cable = C22::vendor_specific::<0x14>();
    chip.write(enabled, 3);
    assert!(!chip.end_test());
    chip.faults = [0x10c, 0];
    chip.write(cable, 0x8000);
    assert_eq!(chip.read(cable), 0x8000);
    assert!(chip.end_test());
    assert_eq!((chip.read(cable), chip.read(events)), (0x10c, 2));
}

#[kernel_test]
fn what_is_no_order_is_einval() {
    let texts = [
        "",
        "qt2025",
        "qt2025 plug now",
        "qt2025 link",
        "qt2025 link maybe",
        "qt2025 link on off",
        "qt2025 revision b3x",
        "ax88772a partner 10000",
        "ax88772a mute",
        "sample faults 1",
        "sample faults 1 g",
        "sample disturb",
        "sample tested now",
        "bus fails",
        "bus fails once",
        "bus fails after -1",
        "trace",
        "trace on now",
    ];
    for text in texts {
        assert_eq!(Order::parse(text).err(), Some(EINVAL));
    }
    assert!(Order::parse("bus fails never").is_ok());
    assert!(Order::parse("sample faults 10c 0").is_ok());
    assert!(Order::parse(" ax88772c\tpartner 4101\n").is_ok());
}
